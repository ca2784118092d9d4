"""Adding to the shipped dialogues: what passes the checks is appended, the rest is refused."""

from dataclasses import replace
from pathlib import Path

from labutils.dialogues.records import Field
from labutils.errors import LabError
from labutils.i18n import _
from labutils.machine import paths
from makers.records import jsonl
from makers.records.checks.dialogues import NEW, REFERENCES, SET_CHECKS, check_support, load, of_record
from makers.records.problems import SPLITS, Entry, Problem, scan

ORDER = ("id", "dialogue", "topic", "summary", "references", "kind", "scenario", "request", "action", "register")


def add(file: Path | str, folder: Path | str | None = None) -> tuple[list[str], list[Problem]]:
    """Append the good records of ``file`` to the split each names; return their ids and the problems of the others.

    Ids go on from the highest (train_0, train_1 ...). A dialogue that is in the set already is passed over, so that a
    mended file can be given again. A test record starts with one reference: see :func:`add_references`.

    Raises:
        LabError: the set itself cannot be read.
    """
    folder = Path(folder or paths.data_dir() / "dialogues")
    present = _present(folder)
    fresh, problems = scan(Path(file), NEW)
    dialogues = {entry.record["dialogue"] for entry in present}
    fresh = [entry for entry in fresh if entry.record["dialogue"] not in dialogues]
    for entry in fresh:
        problems += of_record(entry)
        if entry.split not in SPLITS:
            message = _("is {split!r}; it must be one of: {splits}")
            message = message.format(split=entry.split, splits=", ".join(SPLITS))
            problems.append(entry.problem("split", "split", message))
        for name in set(entry.record) - {*ORDER, "split"}:  # it would be lost on saving
            problems.append(entry.problem(name, "unknown-field", _("there is no such field; take it out")))
    for check in SET_CHECKS:
        problems += [problem for problem in check([*present, *fresh]) if problem.file == str(file)]
    refused = {problem.line for problem in problems if not problem.note}
    named = _named([entry for entry in fresh if entry.line not in refused], present)
    _save(folder, [*present, *named], {entry.split for entry in named})
    return [entry.record["id"] for entry in named], sorted(problems, key=lambda problem: problem.line)


def add_references(file: Path | str, folder: Path | str | None = None) -> tuple[list[str], list[Problem]]:
    """Add reference summaries to test dialogues; return the ids that got some and the problems of the other rows.

    A row that adds nothing new is passed over, so that a mended file can be given again.

    Raises:
        LabError: the set itself cannot be read.
    """
    folder = Path(folder or paths.data_dir() / "dialogues")
    entries = _present(folder)
    places = {entry.record["id"]: place for place, entry in enumerate(entries)}
    rows, problems = scan(Path(file), {"id": Field(), "references": Field(list)}, split="test")
    done = []
    for row in rows:
        place = places.get(row.record["id"])
        faults, changed = _with_references(row, None if place is None else entries[place])
        problems += faults
        if place is not None and changed:
            entries[place] = changed
            done.append(row.record["id"])
    _save(folder, entries, {"test"} if done else set())
    return done, problems


def _with_references(row: Entry, old: Entry | None) -> tuple[list[Problem], Entry | None]:
    """Return the problems of one row, or the entry with its references added (None: nothing new)."""
    if old is None or old.split != "test":
        return [row.problem("id", "id", _("{id} is no test dialogue").format(id=row.record["id"]))], None
    references = old.record["references"]
    new = [text for text in row.record["references"] if text not in references]
    if len(references) + len(new) > REFERENCES["test"]:
        message = _("{id} has {n} references already; {most} is all")
        message = message.format(id=row.record["id"], n=len(references), most=REFERENCES["test"])
        return [row.problem("references", "references", message)], None
    changed = replace(row, record={**old.record, "references": [*references, *new]})
    faults = of_record(changed) + list(check_support([changed]))
    return faults, None if faults or not new else replace(old, record=changed.record)


def _present(folder: Path) -> list[Entry]:
    """Return the records of the set; a split that has no file yet is empty, one that cannot be read stops the work."""
    entries, problems = load(folder)
    damaged = [problem for problem in problems if problem.code not in ("missing-file", "empty-file")]
    if damaged:
        raise LabError("dialogues", _("the set itself must be mended first: {problem}").format(problem=damaged[0]))
    return entries


def _named(entries: list[Entry], present: list[Entry]) -> list[Entry]:
    """Give new entries the ids after the highest of their split."""
    last = dict.fromkeys(SPLITS, -1)
    for entry in present:
        number = entry.record["id"].rpartition("_")[2]
        last[entry.split] = max(last[entry.split], int(number) if number.isdigit() else -1)
    named = []
    for entry in entries:
        last[entry.split] += 1
        named.append(replace(entry, record={**entry.record, "id": f"{entry.split}_{last[entry.split]}"}))
    return named


def _save(folder: Path, entries: list[Entry], splits: set[str]) -> None:
    """Write each of ``splits`` whole or not at all."""
    for split in splits:
        rows = [entry.record for entry in entries if entry.split == split]
        jsonl.write(folder / f"{split}.jsonl", ({name: row[name] for name in ORDER if row.get(name)} for row in rows))
