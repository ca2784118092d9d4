"""The checks of ``data/support``: customers' chats with Merrow, an invented parcel service, and the notes on them."""

import itertools
from collections.abc import Sequence
from pathlib import Path

from labutils.evaluation.fields import FIELDS
from labutils.i18n import _
from labutils.machine import paths
from labutils.tasks import SUPPORT
from makers.records.checks import chats, common, rules
from makers.records.checks.dialogues import SUMMARY_OPENING, check_overlaps
from makers.records.checks.rules import Faults, Rules
from makers.records.problems import SPLITS, Entry, Problem, in_order, scan_splits

ENTRIES = (1, 3)  # of a field


def check_support(folder: Path | str | None = None) -> list[Problem]:
    """Check a folder of support chats as shipped (default: ``data/support``), other data sets included."""
    entries, problems = read_and_check(Path(folder or paths.data_dir() / "support"))
    return in_order([*problems, *check_overlaps(entries)])


def read_and_check(folder: Path) -> tuple[list[Entry], list[Problem]]:
    """Return the chats of a folder and what is wrong with them, other data sets left aside.

    Codes: those of :class:`labutils.dialogues.records.DataError`, and ``unknown-field size id duplicate-id length
    characters turns names entries unsupported duplicate near-duplicate opening``.
    """
    entries, problems = scan_splits(folder, SUPPORT)
    problems += rules.check(entries, RULES, SUPPORT)
    problems += chats.check_turns(entries)
    problems += common.check_openings(entries, "summary", *SUMMARY_OPENING)
    return entries, problems


def check_record(record: dict) -> Faults:
    """Two speakers take turns and stand in the note; the entries of request and action stand in chat and note."""
    turns = record["dialogue"].split("\n")
    speakers = [turn.split(":")[0] for turn in turns]
    if len(set(speakers)) != 2 or any(a == b for a, b in itertools.pairwise(speakers)):
        yield "dialogue", "turns", _("two people must speak in turn")
    for name in sorted(set(speakers)):
        if not common.is_run(name, record["summary"]):
            yield "summary", "names", _("does not name {name}").format(name=name)
    for field in FIELDS:
        yield from _check_entries(record, field, {name.lower() for name in speakers})


def _check_entries(record: dict, field: str, speakers: set[str]) -> Faults:
    entries = record[field]
    if not ENTRIES[0] <= len(entries) <= ENTRIES[1]:
        message = _("{n} entries; {least} to {most} are allowed")
        yield field, "entries", message.format(n=len(entries), least=ENTRIES[0], most=ENTRIES[1])
    for entry in entries:
        for name in ("dialogue", "summary"):
            if not common.is_run(entry, record[name].lower()):
                yield field, "entries", _("{entry!r} does not stand in the {name}").format(entry=entry, name=name)
        if entry in speakers:
            yield field, "entries", _("{entry!r} is a speaker").format(entry=entry)
    double = sorted({entry for entry in entries if entries.count(entry) > 1 or entry in _others(record, field)})
    if double:
        yield field, "entries", _("twice in request and action: {entries}").format(entries=", ".join(double))


def _others(record: dict, field: str) -> Sequence[str]:
    return record["request"] if field == "action" else ()


RULES = Rules(
    dict(zip(SPLITS, (200, 30, 80), strict=True)),
    {"dialogue": (50, 110), "summary": (12, 26), "request": (1, 2), "action": (1, 2)},
    same=(("dialogue",), ("summary",)),
    near={"dialogue": chats.NEAR, "summary": 0.3},
    openings=("dialogue",),
    supported={"summary": ("dialogue",)},
    record=check_record,
)
