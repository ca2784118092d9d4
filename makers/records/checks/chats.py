"""The checks of ``data/chats``: everyday chats with notes, for the shipped model's training and no lab's."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from labutils.dialogues.records import Field
from labutils.i18n import _
from labutils.machine import paths
from makers.records.checks import common, rules
from makers.records.checks.dialogues import SUMMARY_OPENING, check_overlaps
from makers.records.checks.overlaps import near_duplicates
from makers.records.checks.rules import Rules
from makers.records.problems import Entry, Problem, in_order, scan

FIELDS = {"id": Field(), "dialogue": Field(), "summary": Field()}
SPEAKERS = (2, 3)
NEAR = 0.12  # of the runs of five words that two chats, or a chat and a dialogue, may share
RULES = Rules(
    {"train": 500},
    {"dialogue": (20, 180), "summary": (8, 35)},
    same=(("dialogue",),),
    near={"dialogue": NEAR},
    openings=("dialogue",),
    supported={"summary": ("dialogue",)},
)


def check_chats(folder: Path | str | None = None) -> list[Problem]:
    """Check a folder of chats as shipped (default: ``data/chats``), other data sets included."""
    entries, problems = read_and_check(Path(folder or paths.data_dir() / "chats"))
    return in_order([*problems, *check_overlaps(entries)])


def read_and_check(folder: Path) -> tuple[list[Entry], list[Problem]]:
    """Return the chats of ``train.jsonl`` and what is wrong with them, other data sets left aside.

    Codes: those of :class:`labutils.dialogues.records.DataError`, and ``unknown-field size id duplicate-id length
    characters turns unsupported duplicate near-duplicate opening``.
    """
    entries, problems = scan(folder / "train.jsonl", FIELDS, "train")
    problems += rules.check(entries, RULES, FIELDS)
    problems += check_turns(entries)
    problems += common.check_openings(entries, "summary", *SUMMARY_OPENING)
    return entries, problems


def check_turns(entries: Sequence[Entry]) -> Iterator[Problem]:
    """Two or three speakers, each turn ``Name: text`` on a line of its own, three turns at least."""
    for entry in entries:
        turns = entry.record["dialogue"].split("\n")
        names = [match and match[1] for match in (re.match(r"([A-Z][A-Za-z]+): \S", turn) for turn in turns)]
        if None in names:
            message = _("turn {n} does not begin with 'Name: '")
            yield entry.problem("dialogue", "turns", message.format(n=names.index(None) + 1))
        if not SPEAKERS[0] <= len(set(names)) <= SPEAKERS[1]:
            message = _("{n} speakers; {least} or {most} are allowed")
            message = message.format(n=len(set(names)), least=SPEAKERS[0], most=SPEAKERS[1])
            yield entry.problem("dialogue", "turns", message)
        if len(turns) < 3:
            yield entry.problem("dialogue", "turns", _("{n} turns; 3 at least").format(n=len(turns)))


def check_apart(chats: Sequence[Entry], others: Sequence[Entry]) -> Iterator[Problem]:
    """No chat is near a dialogue that a lab trains or tests with, or near a chat of another set."""
    dialogues = [entry for entry in others if "dialogue" in entry.record]
    pool = [*dialogues, *chats]
    for i, j, share in near_duplicates([entry.record["dialogue"] for entry in pool], share=NEAR):
        if i < len(dialogues) <= j:
            message = _("shares {share:.0%} of its runs of five words with {file}:{line}")
            message = message.format(share=share, file=pool[i].file, line=pool[i].line)
            yield pool[j].problem("dialogue", "near-duplicate", message)
