"""Checks of the shipped data, and the way in for new dialogues.

- ``python -m makers.records``: check all of ``data`` but the model's weights
- ``python -m makers.records --folder F --set NAME``: check one folder as the set NAME (default: dialogues)
- ``python -m makers.records add FILE``: check new dialogues, append the good ones under ids of their own
- ``python -m makers.records add-references FILE``: second and third summaries of test dialogues
- ``python -m makers.records compose-reply``: cut ``data/tasks/reply`` from the dialogues, after any change of them
- ``python -m makers.records cards``: write the card of every set

New records: ``{"split", "register", "kind", "topic", "dialogue", "summary"}`` and, where kind is service, ``"request"``
and ``"action"``; ``"scenario"`` if you like. New references: ``{"id", "references": [...]}``. Both as JSON Lines or
CSV.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

from labutils.i18n import _
from labutils.machine import paths
from makers.records.checks import chats, common, corpora, dialogues, materials, plain_facts, suite, support
from makers.records.checks.adding import add, add_references
from makers.records.checks.chats import check_chats
from makers.records.checks.dialogues import check_dialogues
from makers.records.checks.plain_facts import check_facts
from makers.records.checks.suite import check_task
from makers.records.checks.support import check_support
from makers.records.problems import SPLITS, Entry, Problem, in_order

__all__ = [
    "Problem",
    "add",
    "add_references",
    "check_all",
    "check_chats",
    "check_dialogues",
    "check_facts",
    "check_set",
    "check_support",
    "check_task",
]

DIALOGUES = {  # records of each register and split, at least
    "rich": dict(zip(SPLITS, (600, 80, 120), strict=True)),
    "plain": dict(zip(SPLITS, (1000, 100, 150), strict=True)),
}
SERVICE = {"train": 150, "test": 40}  # of them service chats
SCENARIOS = 60  # different ones


def check_set(name: str, folder: Path | str | None = None) -> list[Problem]:
    """Check one set: ``dialogues``, ``chats``, ``support``, ``facts`` or ``tasks/NAME``."""
    if name.startswith("tasks/"):
        return check_task(name.removeprefix("tasks/"), folder)
    checks = {"dialogues": check_dialogues, "chats": check_chats, "support": check_support, "facts": check_facts}
    return checks[name](folder)


def check_all(corpus: bool = True, data: Path | None = None) -> list[Problem]:
    """Check all shipped data; a set or a file that is not there is a fault.

    ``corpus=False`` leaves out the comparison with the open corpus, which takes most of a minute.
    """
    data = data or paths.data_dir()
    entries, problems = dialogues.read_and_check(data / "dialogues")
    problems += check_dialogue_counts(entries)
    for name in suite.SETS:
        records, faults = suite.read_and_check(name, data / "tasks" / name)
        problems += faults
        entries += records if name != "reply" else []  # cut from the dialogues: compared already
    for name, read in (("chats", chats.read_and_check), ("support", support.read_and_check)):
        records, faults = read(data / name)
        problems += [*faults, *chats.check_apart(records, entries)]
        entries += records
    records, faults = plain_facts.read_and_check(data / "facts")
    entries, problems = entries + records, problems + faults
    problems += materials.check(data)
    problems += dialogues.check_overlaps(entries, corpora.NAMES if corpus else corpora.SMALL)
    return in_order(problems)


def check_dialogue_counts(entries: Sequence[Entry]) -> Iterator[Problem]:
    """Enough dialogues, service chats among them, and scenarios where they are named."""
    for register, sizes in DIALOGUES.items():
        yield from common.check_sizes(entries, sizes, "register", (register,))
    yield from common.check_sizes(entries, SERVICE, "kind", ("service",))
    scenarios = {entry.record["scenario"] for entry in entries if entry.record.get("scenario")}
    if 0 < len(scenarios) < SCENARIOS:
        message = _("{n} different ones; {least} at least").format(n=len(scenarios), least=SCENARIOS)
        yield entries[-1].problem("scenario", "size", message)


def set_names() -> list[str]:
    """Return the names of all sets that are checked."""
    return ["dialogues", "chats", "support", *(f"tasks/{name}" for name in suite.SETS), "facts"]
