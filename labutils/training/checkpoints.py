"""Checkpoints: which of them are whole, and whose run they belong to.

The trainer's saves are not atomic: a full disk or a kill leaves a broken newest folder beside a good older one, and a
missing optimizer file is silently passed over on resume. So a checkpoint counts only once it is *sealed*: a manifest
with the size and sha256 of each of its files, written last and in one step.
"""

import hashlib
import json
import shutil
from pathlib import Path

from labutils.errors import LabError
from labutils.files import write_json
from labutils.i18n import _

SEAL = "complete.json"
RUN = "run.json"
FINISHED = "finished.json"
BEST = "best"
STATE_FILES = (
    "optimizer*",
    "scheduler.pt",
    "rng_state*.pth",
    "trainer_state.json",
    "training_args.bin",
    "*_fsdp_0",
    SEAL,
)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def seal(folder: Path) -> None:
    """Record every file of a checkpoint that was written to its end."""
    paths = [p for p in sorted(folder.rglob("*")) if p.is_file() and p.name != SEAL]
    files = {p.relative_to(folder).as_posix(): [p.stat().st_size, _digest(p)] for p in paths}
    write_json(folder / SEAL, files)


def fault(folder: Path) -> str | None:
    """Return what is wrong with a checkpoint, or None if it is whole."""
    try:
        files = json.loads((folder / SEAL).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return _("its saving was not finished")
    except (OSError, ValueError):
        return _("its manifest cannot be read")
    for name, (size, digest) in files.items():
        path = folder / name
        if not path.is_file():
            return _("{file} is missing").format(file=name)
        if path.stat().st_size != size or _digest(path) != digest:
            return _("{file} is not as it was written ({size} bytes)").format(file=name, size=path.stat().st_size)
    return None


def _step(folder: Path) -> int:
    return int(folder.name.removeprefix("checkpoint-"))


def all_checkpoints(output_dir: Path) -> list[Path]:
    """Return the checkpoint folders of a run, newest first."""
    found = [p for p in output_dir.glob("checkpoint-*") if p.name.removeprefix("checkpoint-").isdigit()]
    return sorted(found, key=_step, reverse=True)


def last_good(output_dir: Path) -> tuple[Path | None, dict[str, str]]:
    """Return the newest whole checkpoint, and for each broken newer one its name and what is wrong with it.

    A broken one is renamed to ``<name>.broken``, so that nothing takes it for a checkpoint and nothing is lost.
    """
    broken: dict[str, str] = {}
    for folder in all_checkpoints(output_dir):
        reason = fault(folder)
        if reason is None:
            return folder, broken
        broken[folder.name] = reason
        aside = folder.with_name(f"{folder.name}.broken")
        shutil.rmtree(aside, ignore_errors=True)
        folder.rename(aside)
    return None, broken


def claim(output_dir: Path, run: dict, anew: bool = False) -> None:
    """Make ``output_dir`` this run's folder, or check that it already is; ``anew``: another run there gives way.

    Raises:
        LabError: it holds another run (code ``"other_run"``): other settings, data or starting weights.
    """
    output_dir.mkdir(parents=True, exist_ok=True)
    path = output_dir / RUN
    if path.is_file():
        before = json.loads(path.read_text(encoding="utf-8"))
        differing = sorted(key for key in run.keys() | before.keys() if run.get(key) != before.get(key))
        empty = (
            not all_checkpoints(output_dir) and not (output_dir / BEST).is_dir()
        )  # it ended before its first checkpoint
        if differing and (anew or empty):
            clear(output_dir)
        elif differing:
            raise LabError(
                "other_run",
                _(
                    "{folder} holds another training (it differs in: {keys}); choose another output_dir, or pass "
                    "resume=False to start anew there"
                ).format(folder=output_dir, keys=", ".join(differing)),
            )
    write_json(path, run)


def clear(output_dir: Path) -> None:
    """Remove what a run wrote into ``output_dir``, and nothing else."""
    for folder in (*output_dir.glob("checkpoint-*"), output_dir / BEST):
        shutil.rmtree(folder, ignore_errors=True)
    for name in (RUN, FINISHED):
        (output_dir / name).unlink(missing_ok=True)


def finish(output_dir: Path, chosen: Path, history: dict) -> None:
    """Keep the chosen checkpoint's weights as ``best``, drop the training state, and mark the run finished."""
    best = output_dir / BEST
    shutil.rmtree(best, ignore_errors=True)
    chosen.rename(best)
    for pattern in STATE_FILES:
        for path in best.glob(pattern):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    for folder in output_dir.glob("checkpoint-*"):
        shutil.rmtree(folder, ignore_errors=True)
    write_json(output_dir / FINISHED, history)


def finished(output_dir: Path) -> dict | None:
    """Return the stored history of a finished run, or None."""
    path = output_dir / FINISHED
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() and (output_dir / BEST).is_dir() else None
