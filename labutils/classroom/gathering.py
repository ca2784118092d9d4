"""A folder of hand-ins: who is in it, what cannot be read and why, what is there twice."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from labutils.classroom import handins
from labutils.classroom.handins import HandIn
from labutils.classroom.runs import Run
from labutils.errors import LabError
from labutils.i18n import _

MARK = b'name="generator" content="labs class"'  # in each page that is ours


@dataclass(frozen=True)
class Gathered:
    """What a folder holds.

    Attributes:
        hand_ins: each student once, under a name of its own, in the order of the names.
        unread: (file or folder, why it cannot be taken).
        notes: a sentence for each thing that was settled on the way: copies, equal names, parts left out.
    """

    hand_ins: tuple[HandIn, ...]
    unread: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]


def gather(folder: Path) -> Gathered:
    """Read the hand-ins of a class: each a file, or a folder with such a file or with the results of runs in it.

    Raises:
        LabError: code ``"class_folder"``: there is no such folder, nothing is in it, or it is one student's.
    """
    if not folder.is_dir():
        raise LabError("class_folder", _("there is no folder {folder}; name the one with the hand-ins")
                       .format(folder=folder))  # fmt: skip
    if (folder / handins.RESULTS).exists() or list(folder.glob(f"[0-9][0-9]/{handins.RESULTS}")):
        text = _("{folder} holds the runs of one student; put that folder into one of the class, and name the class's")
        raise LabError("class_folder", text.format(folder=folder))
    hand_ins: list[HandIn] = []
    unread: list[tuple[str, str]] = []
    entries = [path for path in sorted(folder.iterdir()) if not _is_no_hand_in(path)]
    for path in entries:
        for file in _files(path):
            try:
                hand_ins.append(
                    handins.read(file) if file.is_file() else handins.collect(file, handins.named(file.name))
                )
            except (LabError, OSError) as error:
                unread.append((file.relative_to(folder).as_posix(), str(error)))
    if not entries:
        text = _("nothing is in {folder}; put each student's file of `labs hand-in`, or folder of runs, into it")
        raise LabError("class_folder", text.format(folder=folder))
    notes = [_("{name}: {note}").format(name=one.name, note=note) for one in hand_ins for note in one.notes]
    hand_ins = _once(hand_ins, notes)
    return Gathered(tuple(_told_apart(hand_ins, notes)), tuple(unread), tuple(notes))


def _is_no_hand_in(path: Path) -> bool:
    """Whether an entry is hidden, or a page of ours."""
    if path.name.startswith((".", "__MACOSX")):
        return True
    try:
        return path.suffix == ".html" and path.is_file() and MARK in path.read_bytes()
    except OSError:
        return False


def _files(path: Path) -> Iterator[Path]:
    """Yield the hand-ins that an entry stands for: the files of `labs hand-in` below a folder, else the folder itself."""
    inside = sorted(path.rglob(f"*{handins.ENDING}")) if path.is_dir() else []
    yield from inside or [path]


def _once(hand_ins: list[HandIn], notes: list[str]) -> list[HandIn]:
    """Leave out what is there twice: equal hand-ins, and the smaller of two that one person made one after the other."""
    kept: list[HandIn] = []
    for one in sorted(hand_ins, key=_fullness, reverse=True):
        double = next((other for other in kept if _covers(other, one)), None)
        if double is None:
            kept.append(one)
        elif double.name == one.name:
            notes.append(_("{name} handed in twice; the fuller one counts").format(name=one.name))
        else:
            text = _("{name}'s runs are {other}'s, to the last digit; they count once, as {other}'s")
            notes.append(text.format(name=one.name, other=double.name))
    return sorted(kept, key=lambda one: (one.name.casefold(), handins.same(one)))


def _fullness(one: HandIn) -> tuple[int, int, int]:
    checks = one.exercises.values()
    return len(one.runs), sum(entry["passed"] for entry in checks), sum(entry["tries"] for entry in checks)


def _covers(fuller: HandIn, one: HandIn) -> bool:
    """Whether all runs of one hand-in are in another, the same to the last digit of their times and numbers."""
    return bool(one.runs) and set(map(_key, one.runs)) <= set(map(_key, fuller.runs))


def _key(run: Run) -> str:
    return json.dumps(asdict(run), sort_keys=True)


def _told_apart(hand_ins: list[HandIn], notes: list[str]) -> Iterator[HandIn]:
    """Yield the hand-ins, those of one name with a number behind it."""
    counts = Counter(one.name.casefold() for one in hand_ins)
    seen: Counter[str] = Counter()
    for one in hand_ins:
        name = one.name.casefold()
        seen[name] += 1
        if counts[name] == 1:
            yield one
            continue
        if seen[name] == 1:
            text = _("{n} hand-ins are called {name}: they are shown with numbers; take one out if it is an older one")
            notes.append(text.format(n=counts[name], name=one.name))
        yield replace(one, name=f"{one.name} ({seen[name]})")
