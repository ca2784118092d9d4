"""Files that are written in one step, and tables as Markdown."""

import json
import os
from collections.abc import Iterable
from pathlib import Path


def write_json(path: Path, content: dict) -> None:
    """Write a file in one step: a reader sees the old content or the new, never a part."""
    draft = path.with_suffix(".tmp")
    with draft.open("w", encoding="utf-8") as file:
        json.dump(content, file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def read_json(path: Path) -> dict | None:
    """Return a file's content, or None where there is no such file."""
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None


def markdown_table(head: Iterable, rows: Iterable[Iterable]) -> str:
    """Return a Markdown table; cells are written as ``str`` does."""
    head = list(head)
    lines = [head, *rows]
    shown = ["| " + " | ".join(map(str, cells)) + " |" for cells in lines]
    return "\n".join([shown[0], "|" + "---|" * len(head), *shown[1:]])
