"""``labs run``: execute labs with papermill and leave the executed notebook, figures and ``results.json``."""

import contextlib
import json
import os
import time
from dataclasses import dataclass
from pathlib import Path

import papermill
import yaml

from labutils import notebooks
from labutils.errors import LabError
from labutils.i18n import _
from labutils.machine import environment

SENTINEL = "complete"  # the last cell prints "lab 03 complete"
FOLDERS = ("DIALOGSUM_DIR", "SAMSUM_DIR", "MODELS_DIR")


@dataclass(frozen=True)
class Outcome:
    """What came of one lab: ``error`` is "" when every cell ran to the end."""

    lab: str
    seconds: float
    notebook: Path
    error: str = ""

    @property
    def ok(self) -> bool:
        """Whether every cell of the lab ran to its end."""
        return not self.error


def parse_parameters(pairs: list[str]) -> dict:
    """Read ``name=value`` pairs; values are YAML (``500``, ``true``, ``[1, 2]``, ``dialogsum``).

    Raises:
        LabError: code ``"parameter"``.
    """
    found = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or not name.isidentifier():
            raise LabError("parameter", _("-p {pair!r} is not of the form name=value").format(pair=pair))
        found[name] = _value(yaml.safe_load(value))
    return found


def _value(value):
    """YAML 1.1 reads 1e-3 as text; a number is meant."""
    if isinstance(value, str):
        with contextlib.suppress(ValueError):
            number = float(value)
            return int(number) if number.is_integer() and "." not in value else number
    return value


def lab_parameters(path: Path) -> dict[str, str]:
    """Return the names and defaults of a lab's parameters cell (as source text)."""
    return {name: info["default"] for name, info in papermill.inspect_notebook(str(path)).items()}


def _chosen_parameters(paths: list[Path], parameters: dict) -> dict[Path, dict]:
    known = {path: lab_parameters(path) for path in paths}
    for name in parameters:
        if not any(name in has for has in known.values()):
            every = ", ".join(sorted(set().union(*known.values())))
            raise LabError(
                "parameter",
                _("no chosen lab has a parameter {name!r}; they have: {every}").format(name=name, every=every),
            )
    return {path: {name: value for name, value in parameters.items() if name in has} for path, has in known.items()}


def settle_folders() -> None:
    """Make the folders in the environment absolute: a kernel starts in another folder than the command."""
    for name in FOLDERS:
        if os.environ.get(name):
            os.environ[name] = str(Path(os.environ[name]).resolve())


def _settled(value):
    """Return a parameter as a kernel needs it: the path of what is there made absolute, anything else as it is."""
    if isinstance(value, str) and Path(value).expanduser().exists():
        return str(Path(value).expanduser().resolve())
    return value


def run(labs: list[str], out: Path, parameters: dict | None = None, folder: Path | None = None) -> list[Outcome]:
    """Execute labs in their order; a lab that fails does not keep the next from running.

    Args:
        labs: numbers; none means all.  out: folder for the results.  parameters: for the labs that have them.
        folder: where the notebooks lie (default: the shipped ones).
    """
    settle_folders()
    paths = notebooks.find(labs, folder)
    chosen = _chosen_parameters(paths, {name: _settled(value) for name, value in (parameters or {}).items()})
    out = out.resolve()
    outcomes = []
    for i, path in enumerate(paths, 1):
        print(
            _("[{i}/{n}] lab {lab}: {name}").format(i=i, n=len(paths), lab=notebooks.number(path), name=path.stem),
            flush=True,
        )
        outcome = run_one(path, out / notebooks.number(path), chosen[path])
        print(_("    done in {s:.0f} s").format(s=outcome.seconds) if outcome.ok else outcome.error, flush=True)
        outcomes.append(outcome)
        write_outcomes(out, outcomes)  # after each: the report of a stopped run knows the labs that ran
    return outcomes


def run_one(path: Path, folder: Path, parameters: dict) -> Outcome:
    """Execute one lab into its own folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "results.json").unlink(missing_ok=True)
    target = folder / path.name
    os.environ["LABS_RUNS"] = str(folder.parent)  # the kernel inherits it
    environment.prepare_kernels()
    start = time.perf_counter()
    error = ""
    try:
        papermill.execute_notebook(
            str(path), str(target), parameters=parameters, cwd=str(folder), kernel_name="python3",
            start_timeout=120,
        )  # fmt: skip
    except papermill.PapermillExecutionError as failure:
        error = _explain(failure, target)
    except Exception as failure:  # a kernel that dies or never starts comes as one of several types
        error = _("lab stopped: {kind}: {text}; what ran lies in {path}").format(
            kind=type(failure).__name__, text=str(failure)[:300], path=target
        )
    error = error or missing_parts(target, folder)
    return Outcome(notebooks.number(path), time.perf_counter() - start, target, error)


def _explain(failure: papermill.PapermillExecutionError, target: Path) -> str:
    source = "\n".join(f"      {line}" for line in failure.source.strip().splitlines())
    return _("    FAILED in cell {cell}:\n{source}\n    {name}: {text}\n    what ran lies in {path}").format(
        cell=failure.exec_count, source=source, name=failure.ename, text=failure.evalue, path=target
    )


def missing_parts(target: Path, folder: Path) -> str:
    """Return what an execution that raised nothing still lacks ("" if nothing): papermill alone takes
    ``sys.exit(0)`` in a cell and a kernel that died for success."""
    notebook = notebooks.read(target)
    code = [cell for cell in notebook.cells if cell.cell_type == "code" and cell.source.strip()]
    skipped = sum(cell.execution_count is None for cell in code)
    if skipped:
        return _("    FAILED: {n} of {all} cells did not run; see {path}").format(n=skipped, all=len(code), path=target)
    if not code or SENTINEL not in notebooks.text_outputs(code[-1]):
        return _("    FAILED: the last cell does not say that the lab is complete; see {path}").format(path=target)
    if not (folder / "results.json").is_file():
        return _("    FAILED: the lab left no results.json in {folder}").format(folder=folder)
    return ""


def write_outcomes(out: Path, outcomes: list[Outcome]) -> None:
    """Record which labs passed, for the report; labs of earlier runs in the same folder stay listed."""
    path = out / "outcomes.json"
    known = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    for outcome in outcomes:
        known[outcome.lab] = {
            "ok": outcome.ok, "seconds": round(outcome.seconds, 1), "error": outcome.error,
            "notebook": str(outcome.notebook.relative_to(out)),
        }  # fmt: skip
    path.write_text(json.dumps(dict(sorted(known.items())), indent=1), encoding="utf-8")
