"""Files of records, one JSON object a line: read without checks, written in one step."""

import json
from collections.abc import Iterable
from pathlib import Path

from labutils.files import write_text


def read(path: Path) -> list[dict]:
    """Return the records of a file that is known to be whole; :func:`makers.records.problems.scan` checks one.

    Not by ``splitlines``: a text may hold other ends of lines than ours (U+2028, U+0085), and JSON leaves them as they are.
    """
    return [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line.strip()]


def write(path: Path, records: Iterable[dict]) -> None:
    """Write a file whole or not at all; its folder is made where there is none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_text(path, "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records))
