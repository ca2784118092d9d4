"""The checks of the shipped dialogues.

A check is a function. Of one record: ``check(record) -> Iterator[(field, code, message)]``, listed in RECORD_CHECKS.
Of the whole set: ``check(entries) -> Iterator[Problem]``, listed in SET_CHECKS. What other sets need too is in
``common``.
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from labutils.dialogues.records import Field
from labutils.i18n import _
from labutils.machine import paths
from labutils.tasks import REGISTERS
from makers.records.checks import common, corpora, plainness
from makers.records.checks.overlaps import SharedRuns
from makers.records.checks.rules import Faults
from makers.records.problems import Entry, Problem, in_order, scan_splits

REFERENCES = {"train": 1, "validation": 1, "test": 3}
NEW = {
    "split": Field(),
    "register": Field(),
    "kind": Field(),
    "topic": Field(),
    "dialogue": Field(),
    "summary": Field(),
    "scenario": Field(required=False),
    "request": Field(required=False, blank=True),
    "action": Field(required=False, blank=True),
}
SHIPPED = {"id": Field(), "references": Field(list)} | {name: NEW[name] for name in NEW if name != "split"}
WORDS = {  # of each register
    "rich": {"dialogue": (60, 300), "summary": (10, 40), "topic": (1, 4), "request": (2, 16), "action": (1, 18)},
    "plain": {"dialogue": (60, 200), "summary": (12, 30), "topic": (1, 4), "request": (2, 16), "action": (1, 18)},
}
SUMMARY_OPENING = (3, 0.08)  # words, and the share of a split that may begin so: DialogSum's most frequent has 8 %
LONG, SHORT = 13, 8  # runs of words shared with another data set: never, and only where the language leaves no choice


def check_dialogues(folder: Path | str | None = None) -> list[Problem]:
    """Check a folder of train, validation and test.jsonl as shipped (default: ``data/dialogues``).

    Codes: those of :class:`labutils.dialogues.records.DataError`, and ``unknown-field register kind references length
    characters turns unsupported id duplicate-id near-duplicate opening plainness overlap``; the last as a note for runs
    of 8 to 12 words, and where no data set to compare with is there.
    """
    entries, problems = read_and_check(Path(folder or paths.data_dir() / "dialogues"))
    return in_order([*problems, *check_overlaps(entries)])


def read_and_check(folder: Path) -> tuple[list[Entry], list[Problem]]:
    """Return the dialogues of a folder and what is wrong with them, other data sets left aside."""
    entries, problems = load(folder)
    problems += common.check_fields(entries, SHIPPED)
    for entry in entries:
        problems += of_record(entry)
        if len(entry.record["references"]) != REFERENCES[entry.split]:
            message = _("{n} where {split} has {expected}")
            message = message.format(
                n=len(entry.record["references"]), split=entry.split, expected=REFERENCES[entry.split]
            )
            problems.append(entry.problem("references", "references", message))
    for check in SET_CHECKS[:-1]:
        problems += check(entries)
    for register in REGISTERS:
        rows = [entry for entry in entries if entry.record["register"] == register]
        problems += common.check_openings(rows, "summary", *SUMMARY_OPENING)
        problems += common.check_openings(rows, "dialogue")
    problems += plainness.check(entries)
    return entries, problems


def load(folder: Path) -> tuple[list[Entry], list[Problem]]:
    """Return the readable records of the split files that are there, and what could not be read."""
    return scan_splits(folder, SHIPPED)


# --- one record ----------------------------------------------------------------------------------------------------
def of_record(entry: Entry) -> list[Problem]:
    """Return what is wrong with one record, other records left aside."""
    faults = [entry.problem(*fault) for check in RECORD_CHECKS for fault in check(entry.record)]
    return [*faults, *common.check_characters([entry])]


def check_register(record: dict) -> Faults:
    """``register`` is one of REGISTERS."""
    if record["register"] not in REGISTERS:
        message = _("is {register!r}; it must be one of: {registers}")
        yield "register", "register", message.format(register=record["register"], registers=", ".join(REGISTERS))


def check_kind(record: dict) -> Faults:
    """``kind`` is everyday or service, and a service record says what was asked and what was agreed."""
    if record["kind"] not in ("everyday", "service"):
        yield "kind", "kind", _("is {kind!r}; it must be 'everyday' or 'service'").format(kind=record["kind"])
    for name in ("request", "action"):
        if record["kind"] == "service" and not record.get(name):
            yield name, "kind", _("a service record must have it")


def check_references(record: dict) -> Faults:
    """The first reference is the summary, and no two are the same."""
    if record["references"][:1] != [record["summary"]]:
        yield "references", "references", _("the first must be the summary")
    if len({reference.lower() for reference in record["references"]}) < len(record["references"]):
        yield "references", "references", _("two are the same")


def check_lengths(record: dict) -> Faults:
    """Lengths in words, speaker tags at the start of a turn not counted."""
    bounds = WORDS.get(record["register"], WORDS["rich"])
    texts = [(name, record[name]) for name in bounds if record.get(name)]
    for name, text in [*texts, *(("references", reference) for reference in record["references"][1:])]:
        least, most = bounds.get(name, bounds["summary"])
        n = len(re.sub(r"(?m)^#\w+#:", "", text).split())
        if not least <= n <= most:
            yield name, "length", _("{n} words; {least} to {most} are allowed").format(n=n, least=least, most=most)


def check_turns(record: dict) -> Faults:
    """Two speakers, ``#Person1#: `` and ``#Person2#: ``, take turns, four at least, one line each."""
    before, turns = None, record["dialogue"].split("\n")
    for number, turn in enumerate(turns, 1):
        speaker = re.match(r"(#Person[12]#): \S", turn)
        if not speaker:
            message = _("turn {n} does not begin with '#Person1#: ' or '#Person2#: ': {turn:.40}")
            yield "dialogue", "turns", message.format(n=number, turn=turn)
        elif speaker[1] == before:
            yield "dialogue", "turns", _("turn {n} is {who} again").format(n=number, who=before)
        before = speaker and speaker[1]
    if len(turns) < 4:
        yield "dialogue", "turns", _("{n} turns; 4 at least").format(n=len(turns))


RECORD_CHECKS = (check_register, check_kind, check_references, check_lengths, check_turns)


# --- the set -------------------------------------------------------------------------------------------------------
def check_ids(entries: Sequence[Entry]) -> Iterator[Problem]:
    """``split_N``, every id once; a new record has none yet."""
    yield from common.check_ids([entry for entry in entries if "id" in entry.record])


def check_support(entries: Sequence[Entry]) -> Iterator[Problem]:
    """Names, speakers and numbers of each reference, of the request and of the action stand in the dialogue."""

    def texts(entry: Entry) -> list[tuple[str, str]]:
        service = [(field, entry.record[field]) for field in ("request", "action") if entry.record.get(field)]
        return [*(pair for pair in entry.texts() if pair[0] != "dialogue"), *service]

    yield from common.check_support(entries, ("dialogue",), texts)


def check_near_duplicates(entries: Sequence[Entry]) -> Iterator[Problem]:
    """No two dialogues share 15 % of their runs of five words; the later one is reported."""
    yield from common.check_near(entries, "dialogue")


def check_overlaps(entries: Sequence[Entry], names: Sequence[str] = corpora.SMALL) -> Iterator[Problem]:
    """Nothing is copied from the data sets ``names``: no run of 13 words; a run of 8 that nobody has read is a note."""
    places = [(entry, field, text) for entry in entries for field, text in entry.texts() if isinstance(text, str)]
    runs = SharedRuns((text for _entry, _field, text in places), (SHORT, LONG))
    absent = [name for name in names if not _search(name, runs)]
    accepted = corpora.read_runs()
    if entries and absent:
        message = _("not compared with {names}, which is not on this machine; set {variables}").format(
            names=", ".join(absent), variables=", ".join(f"{name.upper()}_DIR" for name in absent)
        )
        yield Problem(entries[0].file, 0, "", message, "overlap", note=True)
    for entry, field, text in places:
        long_runs = runs.of(text, LONG)
        for run in long_runs or [run for run in runs.of(text, SHORT) if f" {run} " not in accepted]:
            message = _("shared with {names}: {run}").format(names=" or ".join(names), run=run)
            yield entry.problem(field, "overlap", message, note=not long_runs)


def _search(name: str, runs: SharedRuns) -> bool:
    """Look for the runs in the texts of a data set; return whether it is there."""
    batches = 0
    for texts in corpora.batches(name):
        runs.look_in(texts)
        batches += 1
    return batches > 0


SET_CHECKS = (check_ids, check_support, check_near_duplicates, check_overlaps)
