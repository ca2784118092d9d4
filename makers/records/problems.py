"""A record and where it stands, a problem and where it is: what all checks share."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from labutils.dialogues import records
from labutils.dialogues.records import DataError, Field
from labutils.i18n import _

SPLITS = ("train", "validation", "test")


@dataclass(frozen=True)
class Problem:
    """What is wrong with one field of one record; a ``note`` is to be read by a person and is no fault."""

    file: str
    line: int
    field: str
    message: str
    code: str
    note: bool = False

    def __str__(self) -> str:
        kind = _("note") if self.note else self.code
        place = self.file + (f":{self.line}" if self.line else "")  # a file that is not there has no line
        return ": ".join(filter(None, (place, self.field, self.message))) + f" [{kind}]"


@dataclass(frozen=True)
class Entry:
    """A record and where it stands. A new one says its split itself."""

    file: str
    line: int
    split: str
    record: dict

    def problem(self, field: str, code: str, message: str, note: bool = False) -> Problem:
        """Return a problem of this record."""
        return Problem(self.file, self.line, field, message, code, note)

    def texts(self) -> Iterator[tuple[str, str]]:
        """Yield the name and the text of each field: of a dialogue, only of the dialogue and of each reference."""
        if "references" not in self.record:
            for name, value in self.record.items():
                yield from ((name, text) for text in (value if isinstance(value, list) else [value]) if name != "id")
            return
        yield "dialogue", self.record["dialogue"]
        for reference in self.record["references"]:
            yield ("summary" if reference == self.record["summary"] else "references"), reference


def in_order(problems: Iterable[Problem]) -> list[Problem]:
    """Return problems by file and line."""
    return sorted(problems, key=lambda problem: (problem.file, problem.line))


def scan(path: Path, fields: Mapping[str, Field], split: str = "") -> tuple[list[Entry], list[Problem]]:
    """Return the readable records of one file, and what could not be read.

    Args:
        split: of all records of the file; without it each record says its split itself.
    """
    entries: list[Entry] = []
    problems: list[Problem] = []
    try:
        for row in records.scan(path, fields):
            problems += [_unread(error) for error in row.errors]
            if not row.errors:
                record = row.record
                if not split and "summary" in record:  # a new dialogue
                    record = {"references": [record["summary"]], **record}
                entries.append(Entry(str(path), row.line, split or record.get("split", ""), record))
    except DataError as error:
        problems.append(_unread(error))
    return entries, problems


def scan_splits(folder: Path, fields: Mapping[str, Field]) -> tuple[list[Entry], list[Problem]]:
    """Return the readable records of a folder's train, validation and test.jsonl, and what could not be read."""
    parts = [scan(folder / f"{split}.jsonl", fields, split) for split in SPLITS]
    entries = [entry for part, _problems in parts for entry in part]
    return entries, [problem for _entries, part in parts for problem in part]


def _unread(error: DataError) -> Problem:
    return Problem(error.file, error.line or 0, error.field or "", str(error), error.code)
