"""``labs run``: execute labs with papermill and leave the executed notebook, figures and ``results.json``."""

import contextlib
import os
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from labutils import notebooks, parameters
from labutils.errors import LabError
from labutils.i18n import _
from labutils.log import logger
from labutils.machine import children, environment, locks
from labutils.machine import paths as places
from labutils.notebooks import outcomes, side_by_side
from labutils.notebooks.outcomes import Outcome

if TYPE_CHECKING:
    from papermill.exceptions import PapermillExecutionError

SENTINEL = "complete"  # the last cell prints "lab 03 complete"
FOLDERS = ("DIALOGSUM_DIR", "SAMSUM_DIR", "MODELS_DIR")
LOCK = "run.lock"
# A kernel's ports are chosen free and taken a second later; another kernel may have got one first. Nothing has run then.
STARTS, NOT_STARTED = 3, "Kernel died before replying to kernel_info"
ROOM = 64 * 2**20  # bytes: the executed notebooks, figures and results of all labs; trainings ask for more themselves


def lab_parameters(path: Path) -> dict[str, str]:
    """Return the names of a lab's parameters and their annotations ("" where there is none)."""
    import papermill

    kinds = {name: info["inferred_type_name"] for name, info in papermill.inspect_notebook(str(path)).items()}
    return {name: "" if kind == "None" else kind for name, kind in kinds.items()}


def _chosen_parameters(paths: Iterable[Path], values: Mapping, texts: Mapping[str, str]) -> dict[Path, dict]:
    """Return for each lab those values that it has parameters for, the texts read as it declares them."""
    kinds = {path: lab_parameters(path) for path in paths}
    for name in (*values, *texts):
        if not any(name in has for has in kinds.values()):
            every = ", ".join(sorted(set().union(*kinds.values())))
            text = _("no chosen lab has a parameter {name!r}; they have: {every}")
            raise LabError("parameter", text.format(name=name, every=every))
    settled = {name: _settled(value) for name, value in values.items()}
    return {
        path: {name: value for name, value in settled.items() if name in has}
        | {
            name: parameters.read(name, text, has[name], paths=name != "profile")
            for name, text in texts.items() if name in has
        }
        for path, has in kinds.items()
    }  # fmt: skip


def settle_folders() -> None:
    """Make the folders in the environment absolute: a kernel starts in another folder than the command."""
    for name in FOLDERS:
        if os.environ.get(name):
            os.environ[name] = str(Path(os.environ[name]).resolve())


def _settled(value: object) -> object:
    """Return a parameter as a kernel needs it: the path of what is there made absolute, anything else as it is."""
    return (parameters.existing(value) or value) if isinstance(value, str) else value


def run(
    labs: Sequence[str],
    out: Path,
    values: Mapping[str, object] | None = None,
    folder: Path | None = None,
    texts: Mapping[str, str] | None = None,
    jobs: int = 1,
) -> list[Outcome]:
    """Execute labs in their order; a lab that fails does not keep the others from running.

    Args:
        labs: numbers; none means all.  out: folder for the results.  values: parameters, for the labs that have them.
        folder: where the notebooks lie (default: the shipped ones).
        texts: parameters as they stand on a command line; each lab's annotations say what they mean.
        jobs: how many run at a time, the cores shared among them. A lab waits for
            those that it goes on from.

    Raises:
        LabError: codes ``"extra"``, ``"lab"``, ``"parameter"``, ``"folder"``, ``"disk"``, ``"locked"``, ``"jobs"``: before a lab is
            executed.
    """
    environment.need(*environment.LABS)
    if jobs < 1:
        raise LabError("jobs", _("{n} labs at a time are asked for; at least 1 runs").format(n=jobs))
    settle_folders()
    paths = notebooks.find(labs, folder)
    chosen = _chosen_parameters(paths, values or {}, texts or {})
    out = out.resolve()
    places.check_free_space(out, ROOM, _("a run"))
    with contextlib.ExitStack() as held:
        places.make(out)
        locks.hold(out / LOCK, held)
        return _run_all(paths, out, chosen, min(jobs, len(paths)))


def _run_all(paths: Sequence[Path], out: Path, chosen: Mapping[Path, Mapping[str, object]], jobs: int) -> list[Outcome]:
    targets = {notebooks.number(path): out / notebooks.number(path) / path.name for path in paths}
    outcomes.begin(out, targets)

    def begin(path: Path) -> None:
        lab, i = notebooks.number(path), paths.index(path) + 1
        logger.info(_("[{i}/{n}] lab {lab}: {name}").format(i=i, n=len(paths), lab=lab, name=path.stem))
        outcomes.write(out, [Outcome(lab, 0.0, targets[lab], outcomes.STOPPED)])

    def work(path: Path) -> Outcome:
        return _execute(path, out / notebooks.number(path), chosen[path], progress=jobs == 1)

    def end(path: Path, outcome: Outcome) -> None:
        text = _("    lab {lab}: done in {s:.0f} s") if outcome.ok else _("    lab {lab}: failed after {s:.0f} s")
        logger.info(text.format(lab=outcome.lab, s=outcome.seconds))
        if not outcome.ok:
            logger.info(outcome.error)
        outcomes.write(out, [outcome])  # after each: the report of a stopped run knows the labs that ran

    with _kernels(out, jobs):
        if jobs > 1:
            return side_by_side.run(paths, jobs, work, begin, end)
        done = []
        for path in paths:
            begin(path)
            done.append(work(path))
            end(path, done[-1])
        return done


def run_one(path: Path, folder: Path, values: Mapping[str, object]) -> Outcome:
    """Execute one lab into its own folder."""
    with _kernels(folder.parent):
        return _execute(path, folder, values)


def _execute(path: Path, folder: Path, values: Mapping[str, object], progress: bool = True) -> Outcome:
    import papermill
    from traitlets.config import Config

    def execute(starts: int = STARTS) -> None:
        try:
            papermill.execute_notebook(
                str(path), str(target), parameters=dict(values), cwd=str(folder), kernel_name=environment.KERNEL,
                start_timeout=120, progress_bar=progress, config=Config({"KernelManager": environment.channels()}),
            )  # fmt: skip
        except RuntimeError as failure:
            if starts == 1 or NOT_STARTED not in str(failure):
                raise
            execute(starts - 1)

    folder.mkdir(parents=True, exist_ok=True)
    (folder / "results.json").unlink(missing_ok=True)
    target = folder / path.name
    start = time.perf_counter()
    error = ""
    try:
        execute()
    except papermill.PapermillExecutionError as failure:
        error = _explain(failure, target)
    except Exception as failure:  # a kernel that dies or never starts comes as one of several types
        error = _("    FAILED: lab stopped: {kind}: {text}; what ran lies in {path}").format(
            kind=type(failure).__name__, text=str(failure)[:300], path=target
        )
    error = error or missing_parts(target, folder)
    return Outcome(notebooks.number(path), time.perf_counter() - start, target, error)


@contextlib.contextmanager
def _kernels(runs: Path, jobs: int = 1) -> Iterator[None]:
    """Set what the kernels that are started meanwhile inherit: their settings, the folder of runs, their threads.

    They end with this process, however it ends.
    """
    _say_kernel(environment.prepare_kernels())
    names = {"LABS_RUNS": str(runs)}
    if jobs > 1 and "OMP_NUM_THREADS" not in os.environ:
        names["OMP_NUM_THREADS"] = str(max(1, side_by_side.cores() // jobs))
    before = {name: os.environ.get(name) for name in names}
    os.environ.update(names)
    try:
        with children.swept():
            yield
    finally:
        for name, value in before.items():
            os.environ.pop(name)
            if value is not None:
                os.environ[name] = value


def _say_kernel(others: Sequence[str]) -> None:
    """Say which kernel is taken where there are several of the name."""
    from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel

    if not others:
        return
    try:
        taken = KernelSpecManager().get_kernel_spec(environment.KERNEL).resource_dir
    except NoSuchKernel:  # papermill says it
        return
    text = _("JUPYTER_PATH names other kernels {kernel!r}: {others}; taken is the one in {taken}")
    logger.warning(text.format(kernel=environment.KERNEL, others=", ".join(others), taken=taken))


def _explain(failure: "PapermillExecutionError", target: Path) -> str:
    source = "\n".join(f"      {line}" for line in failure.source.strip().splitlines())
    return _("    FAILED in cell {cell}:\n{source}\n    {name}: {text}\n    what ran lies in {path}").format(
        cell=failure.exec_count, source=source, name=failure.ename, text=failure.evalue, path=target
    )


def missing_parts(target: Path, folder: Path) -> str:
    """Return what an execution that raised nothing still lacks ("" if nothing): papermill alone takes
    ``sys.exit(0)`` in a cell and a kernel that died for success."""
    try:
        notebook = notebooks.read(target)
    except LabError as error:
        return _("    FAILED: {error}").format(error=error)
    code = [cell for cell in notebook.cells if cell.cell_type == "code" and cell.source.strip()]
    skipped = sum(cell.execution_count is None for cell in code)
    if skipped:
        return _("    FAILED: {n} of {all} cells did not run; see {path}").format(n=skipped, all=len(code), path=target)
    if not code or SENTINEL not in notebooks.text_outputs(code[-1]):
        return _("    FAILED: the last cell does not say that the lab is complete; see {path}").format(path=target)
    if not (folder / "results.json").is_file():
        return _("    FAILED: the lab left no results.json in {folder}").format(folder=folder)
    return ""
