"""Checkpoints: which of them are whole, whose they are, and what a training may touch in its folder.

A save may be cut short by a kill or a full disk, and a disk may flip a bit. So a checkpoint counts only once it is *sealed*:
written under another name, then a manifest with the size and sha256 of each of its files and the training that it belongs to,
then renamed. What bears no seal of ours was written by somebody else, and is neither read, nor renamed, nor removed. What
somebody put into a sealed folder is moved beside it before the folder is removed.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from labutils.errors import LabError
from labutils.files import FULL, read_json, write_json
from labutils.i18n import _
from labutils.log import logger
from labutils.machine.seals import SEAL, belongs, fault, manifest, seal, strangers

RUN = "run.json"
FINISHED = "finished.json"
BEST = "best"
STATE = "state"  # folder inside a checkpoint: optimizer, schedule, random numbers, progress
PROGRESS = f"{STATE}/progress.json"
PARTIAL = ".partial"  # ending of a checkpoint that is being written
MIB = 2**20


def run_digest(run: dict) -> str:
    """Return a short name of a training, the same for the same settings, data and starting weights."""
    return hashlib.sha256(json.dumps(run, sort_keys=True).encode()).hexdigest()[:16]


# --- the folder of a training --------------------------------------------------------------------------------------
def step_of(folder: Path) -> int:
    """Return the step at which a checkpoint was written."""
    return int(folder.name.removeprefix("checkpoint-"))


def all_checkpoints(output_dir: Path) -> list[Path]:
    """Return the checkpoint folders of a run, newest first; those without a seal are somebody else's."""
    numbered = [p for p in output_dir.glob("checkpoint-*") if p.name.removeprefix("checkpoint-").isdigit()]
    return sorted((p for p in numbered if (p / SEAL).is_file()), key=step_of, reverse=True)


def last_good(output_dir: Path, run: str | None = None) -> tuple[Path | None, dict[str, str]]:
    """Return the newest checkpoint that a training can go on from, and what is wrong with newer ones.

    The weights that were best until then lie in another checkpoint: it must be whole, too. ``run``: see :func:`run_digest`;
    checkpoints of other trainings are passed over. A broken one is renamed to ``<name>.broken``, and nothing is lost.
    """
    broken: dict[str, str] = {}
    for folder in all_checkpoints(output_dir):
        if run is not None and manifest(folder) is not None and not belongs(folder, run):
            continue
        reason = fault(folder) or _fault_of_best(folder)
        if reason is None:
            return folder, broken
        broken[folder.name] = reason
    return None, broken


def _best_of(folder: Path) -> int | None:
    """Return the step of the checkpoint that was the best when this one was written; None: it knows of none."""
    return (read_json(folder / PROGRESS) or {}).get("best_step")


def _fault_of_best(folder: Path) -> str | None:
    try:
        best = _best_of(folder)
    except (ValueError, AttributeError):
        return _("its progress cannot be read")
    other = folder.with_name(f"checkpoint-{best}")
    if best in (None, step_of(folder)):
        return None
    reason = fault(other)
    return _("{name}, the best until then: {reason}").format(name=other.name, reason=reason) if reason else None


def set_aside(folder: Path) -> Path:
    """Rename a broken checkpoint, so that nothing takes it for one and nothing is lost -> its new place."""
    names = (f"{folder.name}.broken{number}" for number in ("", *map(str, range(2, 10_000))))
    aside = next(p for p in map(folder.with_name, names) if not p.exists())
    return folder.rename(aside)


def discard(folder: Path) -> None:
    """Remove a sealed folder; what its user put into it is kept beside it: see :func:`_keep`."""
    if folder.is_symlink():
        folder.unlink()
        return
    _keep(folder, strangers(folder))
    shutil.rmtree(folder, ignore_errors=True)


def _keep(folder: Path, paths: Sequence[Path]) -> None:
    """Move what is in a folder, and not of its training, into ``kept-<name>`` beside the folder, and say it."""
    if not paths:
        return
    names = (f"kept-{folder.name}{number}" for number in ("", *(f"-{n}" for n in range(2, 10_000))))
    kept = next(p for p in map(folder.with_name, names) if not os.path.lexists(p))
    for path in paths:
        target = kept / path.relative_to(folder)
        target.parent.mkdir(parents=True, exist_ok=True)
        path.rename(target)
    text = _(
        "the training no longer needs {folder}, or its state; what was put there since ({names}) is kept in {kept}"
    )
    listed = ", ".join(path.relative_to(folder).as_posix() for path in paths[:5]) + (", ..." if paths[5:] else "")
    logger.warning(text.format(folder=folder, names=listed, kept=kept))


# --- writing -------------------------------------------------------------------------------------------------------
@contextmanager
def room_on_disk(folder: Path, needed: int) -> Iterator[None]:
    """Turn whatever a full disk raises (it has many names) into one error; the half-written folder goes.

    Raises:
        LabError: code ``"disk"``.
    """
    try:
        yield
    except Exception as error:
        free = shutil.disk_usage(folder.parent).free
        full = error.code == "disk" if isinstance(error, LabError) else free < needed
        if not full and not (isinstance(error, OSError) and error.errno in FULL):
            raise
        shutil.rmtree(folder, ignore_errors=True)
        text = _("the disk is full: {folder} needs {needed} MiB and {free} MiB are free. What was there before is "
                 "kept; make room and call the same again: a training goes on from its last checkpoint")  # fmt: skip
        text = text.format(folder=folder.parent, needed=-(-needed // MIB), free=free // MIB)
        raise LabError("disk", text) from error


def remove(partial: Path) -> None:
    """Remove a half-written checkpoint, if there is one."""
    if partial.name.endswith(PARTIAL):
        shutil.rmtree(partial, ignore_errors=True)


def complete(partial: Path, run: str) -> Path:
    """Seal a checkpoint that was written as ``checkpoint-<n>.partial`` and give it its name -> the folder.

    Raises:
        LabError: code ``"foreign"``: a folder of that name came into being that is not of this training.
    """
    folder = partial.with_name(partial.name.removesuffix(PARTIAL))
    _make_way(folder, run)  # a training that went on from an older checkpoint comes by here again
    seal(partial, run)
    return partial.rename(folder)


def _make_way(folder: Path, run: str) -> None:
    """Remove a folder of this training; what another wrote there while this one ran stays, and stops it."""
    if belongs(folder, run):
        discard(folder)
    elif os.path.lexists(folder):
        text = _("{folder} was written by another program while this training ran. Move it, and call the same again: it goes on "
                 "from the last checkpoint")  # fmt: skip
        raise LabError("foreign", text.format(folder=folder))


def prune(output_dir: Path, run: str, keep: int) -> None:
    """Remove this training's older checkpoints: the newest ``keep`` stay, and what was the best at each of them.

    Without its best an older one could not be gone on from, should the newest be damaged.
    """
    ours = [folder for folder in all_checkpoints(output_dir) if belongs(folder, run)]
    bests = {_best_of(folder) for folder in ours[:keep]}
    for folder in ours[keep:]:
        if step_of(folder) not in bests:
            discard(folder)


def finish(output_dir: Path, chosen: Path, history: dict, run: str = "") -> None:
    """Keep the chosen checkpoint's weights as ``best``, drop the training state, and mark the run finished.

    Raises:
        LabError: code ``"foreign"``: see :func:`complete`.
    """
    best = output_dir / BEST
    _make_way(best, run)
    theirs = strangers(chosen) if manifest(chosen) else []
    _keep(chosen, [path for path in theirs if chosen / STATE in path.parents])
    shutil.rmtree(chosen / STATE, ignore_errors=True)
    write_json(chosen / FINISHED, history)
    seal(chosen, run, theirs)
    chosen.rename(best)
    write_json(output_dir / FINISHED, history)
    for folder in all_checkpoints(output_dir):
        if belongs(folder, run):
            discard(folder)
    for partial in output_dir.glob(f"checkpoint-*{PARTIAL}"):
        remove(partial)


def finished(output_dir: Path) -> dict | None:
    """Return the stored history of a finished run, or None.

    Raises:
        LabError: code ``"damaged"``: its weights are not as they were written, and there is no other copy of them.
    """
    best = output_dir / BEST
    if not (output_dir / FINISHED).exists() and not best.exists():
        return None
    reason = fault(best)
    if reason is None:
        return read_json(best / FINISHED)  # the copy under the seal: the other one may be damaged
    if all_checkpoints(output_dir):
        return None  # it ended between naming the best and marking the run finished
    text = _("the finished training in {folder} is damaged ({reason}), and no other copy of its weights is there; pass "
             "resume=False to train again, or bring the folder back from elsewhere")  # fmt: skip
    raise LabError("damaged", text.format(folder=output_dir, reason=reason))
