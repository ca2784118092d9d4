"""The data sets that ours are compared with: DialogSum, SAMSum and the open corpus, where this machine has them.

Each lies in ``../shared/NAME`` or where ``NAME_DIR`` says (DIALOGSUM_DIR, SAMSUM_DIR, CORPUS_DIR).
"""

import gzip
import json
import lzma
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from labutils.dialogues import textfiles
from labutils.machine import paths

NAMES = ("dialogsum", "samsum", "corpus")
SMALL = NAMES[:2]  # seconds; the corpus takes most of a minute
BATCH = 8_000_000  # characters looked through at once
OPEN: dict[str, Callable[..., Any]] = {".xz": lzma.open, ".gz": gzip.open}


def folder(name: str) -> Path:
    """Return the folder of a data set to compare with; it need not be there."""
    beside = Path(__file__).resolve().parents[4] / "shared" / name
    return Path(os.environ.get(f"{name.upper()}_DIR", beside))


def batches(name: str) -> Iterator[list[str]]:
    """Yield the texts of a data set in lists of some megabytes; nothing where it is not there."""
    batch, size = [], 0
    for text in _corpus() if name == "corpus" else _dialogues(name):
        batch.append(text)
        size += len(text)
        if size > BATCH:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def read_runs() -> str:
    """Return the runs of ``data/read_overlaps.txt``, which were read and accepted, each with a space at both ends."""
    path = paths.data_dir() / "read_overlaps.txt"
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    return "".join(f" {line} \n" for line in lines if not line.startswith("#"))


def _dialogues(name: str) -> Iterator[str]:
    for path in sorted(folder(name).glob("*")):
        if path.suffix in textfiles.ENDINGS:
            for _line, row, error in textfiles.parse(path):
                if not error:
                    yield from (text for key, text in row.items() if key.startswith(("dialogue", "summary")))


def _corpus() -> Iterator[str]:
    for path in sorted(folder("corpus").glob("*")):
        kind = path.suffixes[:1]
        if kind in ([".jsonl"], [".txt"]):
            with OPEN.get(path.suffix, open)(path, "rt", encoding="utf-8", errors="replace") as lines:
                for line in lines:
                    yield from _texts(json.loads(line)) if kind == [".jsonl"] else (line,)


def _texts(row: dict) -> Iterator[str]:
    """Yield every text of a corpus row but the names of its set and task."""
    for key, value in row.items():
        if key not in ("set", "task"):
            yield from (text for text in (value if isinstance(value, list) else [value]) if isinstance(text, str))
