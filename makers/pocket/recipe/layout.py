"""Lay the corpus out once: one uint16 array of tokens per group, memory-mapped by the training loop."""

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from tokenizers import Tokenizer

from labutils.errors import LabError
from labutils.files import write_text
from labutils.i18n import _
from makers.pocket.recipe.corpus import GROUPS, digest, documents
from makers.pocket.recipe.tokenizer import EOS, NEWLINE

Item = TypeVar("Item")

CHUNK = 2000  # documents encoded at a time
DEV_OF = 200  # one document of 200 is kept for the held-out loss


def batched(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    """Lists of at most `size` items."""
    held: list[Item] = []
    for item in items:
        held.append(item)
        if len(held) == size:
            yield held
            held = []
    if held:
        yield held


def encode(tokenizer: Tokenizer, texts: Sequence[str]) -> np.ndarray:
    """Texts -> one uint16 array in which </s> ends each text."""
    ids = [encoding.ids + [EOS] for encoding in tokenizer.encode_batch_fast(texts, add_special_tokens=False)]
    return np.concatenate([np.asarray(part, dtype=np.uint16) for part in ids])


def lay_out(tokenizer: Tokenizer, corpus: Path | str, folder: Path | str, scale: float = 1.0) -> dict[str, Any]:
    """Write <group>.bin for each group and dev.bin -> {"tokens": {group: count}}; skipped when done."""
    folder = Path(folder)
    done = folder / "layout.json"
    if done.is_file():
        return json.loads(done.read_text())
    folder.mkdir(parents=True, exist_ok=True)
    names = [*GROUPS, "dev"]
    tokens = dict.fromkeys(names, 0)
    with ExitStack() as opened:
        files = {name: opened.enter_context((folder / f"{name}.bin").open("wb")) for name in names}
        for chunk in batched(documents(corpus, scale), CHUNK):
            by_name: dict[str, list[str]] = {}
            for group, text in chunk:
                name = "dev" if int(digest(text), 16) % DEV_OF == 0 else group
                by_name.setdefault(name, []).append(text)
            for name, texts in by_name.items():
                ids = encode(tokenizer, texts)
                tokens[name] += len(ids)
                files[name].write(ids.tobytes())
    write_text(done, json.dumps({"tokens": tokens, "scale": scale}, indent=2) + "\n")
    return {"tokens": tokens, "scale": scale}


class TokenGroups:
    """The laid-out groups: arrays of tokens (uint16) and of positions where a line begins (int64)."""

    def __init__(self, folder: Path | str) -> None:
        folder = Path(folder)
        tokens = json.loads((folder / "layout.json").read_text())["tokens"]
        self.names = [name for name in GROUPS if tokens[name] > 1000]
        if not self.names:
            text = _("{folder}: no group of more than 1,000 tokens, nothing to train on; take a larger --scale")
            raise LabError("corpus", text.format(folder=folder))
        self.arrays = [np.memmap(folder / f"{name}.bin", dtype=np.uint16, mode="r") for name in self.names]
        weights = np.array([GROUPS[name][0] for name in self.names], dtype=np.float64)
        self.weights = weights / weights.sum()
        self.lines = [self._line_starts(array) for array in self.arrays]

    @staticmethod
    def _line_starts(array: np.ndarray) -> np.ndarray:
        ends = np.flatnonzero((array == NEWLINE) | (array == EOS))
        return np.concatenate([[0], ends[:-1] + 1])

    def windows(self, generator: np.random.Generator, count: int, length: int) -> np.ndarray:
        """`count` windows of `length` tokens -> int64 array (count, length); three quarters begin with a line."""
        chosen = generator.choice(len(self.names), size=count, p=self.weights)
        places, snapped = generator.random(count), generator.random(count) < 0.75
        rows = np.empty((count, length), dtype=np.int64)
        for row, (group, place, snap) in enumerate(zip(chosen, places, snapped, strict=True)):
            array = self.arrays[group]
            start = int(place * (len(array) - length))
            if snap:
                lines = self.lines[group]
                start = int(lines[max(np.searchsorted(lines, start, side="right") - 1, 0)])
            rows[row] = array[start : start + length]
        return rows
