"""Files of dialogues that tests write and read again."""

import csv
import json

import pytest

from labutils.dialogues.records import DataError, read

GOOD = {"id": "1", "dialogue": "A: Hi.\nB: Bye.", "summary": "They greet."}


def jsonl(path, *records):
    """Write records as JSON Lines."""
    path.write_text("".join(json.dumps(r) + "\n" for r in records), encoding="utf-8")
    return path


def table(path, header, *lines):
    """Write a header and lines of cells as CSV."""
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([header, *lines])
    return path


def caught(path, **more):
    """Return (code, line, field) of the error that a file is; its message names them."""
    with pytest.raises(DataError) as info:
        read(path, **more)
    error = info.value
    assert error.file == str(path)
    assert str(path) in str(error) and (not error.line or str(error.line) in str(error))
    assert not error.field or error.field in str(error)
    return error.code, error.line, error.field
