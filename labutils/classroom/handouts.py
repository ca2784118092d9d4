"""Checkpoints to hand to who falls behind: `labs give DIR` and `labs take DIR`, with a digest of each file.

A handout holds the trainings that a lab, or a later one, loads instead of repeating; nothing that a learner answered.
"""

import re
import secrets
import shutil
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from labutils import files
from labutils.errors import LabError
from labutils.i18n import _
from labutils.lab import START
from labutils.machine import paths
from labutils.training import checkpoints
from labutils.training.checkpoints import BEST, FINISHED, RUN, SEAL

MARK = "labs give"  # in the manifest of each handout
USUAL = ("03", "04", "05", "06")  # labs whose trainings are handed out where none are named
TRIALS = frozenset({"tried", "short", "plan"})  # trainings that a lab repeats, whatever is there
PLACE = re.compile(rf"\d\d/({re.escape(START)}|[\w.-]+/({BEST}/[\w.-]+|{FINISHED}|{RUN}))")


def give(target: Path, source: Path, labs: Sequence[str] = ()) -> list[str]:
    """Copy finished trainings of a run into a new folder, sealed; returns their names, as ``"03/full"``.

    Args:
        source: the folder of the run.  labs: their numbers; none means those of :data:`USUAL` that are there.

    Raises:
        LabError: codes ``"no_training"`` (a lab has none that is finished), ``"damaged"``, ``"disk"``, ``"folder"`` (something is
            at the target).
    """
    of_lab = {lab: _trainings(source / lab) for lab in labs or USUAL}
    names = [f"{lab}/{name}" for lab, trainings in of_lab.items() for name in trainings]
    missing = [lab for lab in labs if not of_lab[lab]]
    if not names or missing:
        text = _("in {source} no training of lab {labs} is finished; run it first: labs run {first} --out {source}")
        wanted = missing or USUAL[:1]
        raise LabError("no_training", text.format(source=source, labs=", ".join(wanted), first=" ".join(wanted)))
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise LabError("folder", _("{target} is there, and would be written over; name a new folder")
                       .format(target=target))  # fmt: skip
    every = [path for name in names for path in _parts(source / name)]
    every += sorted({source / name[:2] / START for name in names})
    paths.check_free_space(target, sum(path.stat().st_size for path in every), _("the handout"))
    paths.make(target.parent)
    draft = target.with_name(f".{target.name}.{secrets.token_hex(4)}.tmp")
    try:
        for path in every:
            _copy(path, draft / path.relative_to(source))
        checkpoints.seal(draft, MARK)
        if target.exists():
            target.rmdir()
        draft.rename(target)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    return names


def _trainings(lab: Path) -> list[str]:
    """Return the finished trainings in a lab's folder, [] where its start is not told: no lab would trust them.

    Raises:
        LabError: code ``"damaged"``: one is not as it was written.
    """
    folders = sorted(path for path in lab.iterdir() if path.is_dir()) if (lab / START).is_file() else []
    return [path.name for path in folders if path.name not in TRIALS and checkpoints.finished(path) is not None]


def _parts(training: Path) -> list[Path]:
    """Return the files of a finished training; its lock, what is half written and what its user put there stay."""
    theirs = checkpoints.strangers(training / BEST)
    best = [path for path in sorted((training / BEST).iterdir()) if path.is_file() and path not in theirs]
    return best + [path for path in (training / FINISHED, training / RUN) if path.is_file()]


def _copy(path: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with files.room(target, path.stat().st_size):
        shutil.copyfile(path, target)


def take(given: Path, into: Path) -> tuple[list[str], list[str]]:
    """Check a handout and copy its trainings into a learner's folder of runs, never over what is there.

    Returns:
        (names taken, names that were there already, the same to the last bit).

    Raises:
        LabError: codes ``"handout"`` (no folder of ``labs give``), ``"handout_damaged"`` (a file is missing, or is not as
            it was written), ``"there"`` (another training has the name), ``"disk"``. Nothing is written then.
    """
    listed = _listed(given)
    if reason := checkpoints.fault(given):
        text = _(
            "the handout in {given} is damaged: {reason}; copy it again from where you have it, and nothing was taken"
        )
        raise LabError("handout_damaged", text.format(given=given, reason=reason))
    units: dict[str, list[str]] = {}
    for name in listed:
        units.setdefault("/".join(name.split("/")[:2]), []).append(name)
    new = [unit for unit in units if not (into / unit).exists()]
    there = [unit for unit in units if unit not in new]
    if others := [unit for unit in there if not all(_same(given / name, into / name) for name in units[unit])]:
        text = _("{places} is there already and is another than the handout's; nothing was taken. To take it, give yours "
                 "another name first")  # fmt: skip
        raise LabError("there", text.format(places=", ".join(str(into / unit) for unit in others)))
    paths.check_free_space(into, sum(listed[name][0] for unit in new for name in units[unit]), _("the handout"))
    for unit in sorted(
        new, key=lambda unit: unit.endswith(START), reverse=True
    ):  # the start first: it is trusted by it
        _take(given, into, unit, {name: listed[name][1] for name in units[unit]})
    return ([unit for unit in new if not unit.endswith(START)], [unit for unit in there if not unit.endswith(START)])


def _listed(given: Path) -> dict[str, list]:
    """Return the files of a handout with their sizes and digests, as its manifest has them."""
    manifest = checkpoints.manifest(given)
    if manifest is None or manifest["run"] != MARK or not manifest["files"]:
        damaged = (given / SEAL).is_file() and manifest is None
        text = _("the list of files of the handout in {given} cannot be read; copy it again") if damaged else _(
            "{given} is no folder of `labs give`: name the one that your teacher gave you")  # fmt: skip
        raise LabError("handout_damaged" if damaged else "handout", text.format(given=given))
    strange = [name for name in manifest["files"] if not PLACE.fullmatch(name) or ".." in PurePosixPath(name).parts]
    if strange:
        text = _("{given} holds what no handout has ({name}); nothing was taken")
        raise LabError("handout", text.format(given=given, name=strange[0]))
    return manifest["files"]


def _same(one: Path, other: Path) -> bool:
    """Whether two files say the same: the start by its content, whatever the spaces; others to the last bit."""
    if not other.is_file():
        return False
    if one.name == START:
        try:
            return files.parse_json(one.read_bytes()) == files.parse_json(other.read_bytes())
        except ValueError:
            return False
    return one.stat().st_size == other.stat().st_size and files.sha256(one) == files.sha256(other)


def _take(given: Path, into: Path, unit: str, digests: dict[str, str]) -> None:
    """Copy a training, or a lab's start, under another name, look at the copy, and give it its name."""
    target = into / unit
    paths.make(target.parent)
    draft = target.with_name(f".{target.name}.{secrets.token_hex(4)}.tmp")
    try:
        for name, digest in digests.items():
            part = draft / name.removeprefix(f"{unit}/") if name != unit else draft
            _copy(given / name, part)
            if files.sha256(part) != digest:
                text = _("{file} was changed while it was copied; nothing of it was kept, call the same again")
                raise LabError("handout_damaged", text.format(file=name))
        draft.rename(target)
    except BaseException:
        shutil.rmtree(draft) if draft.is_dir() else draft.unlink(missing_ok=True)
        raise
