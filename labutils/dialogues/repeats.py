"""Dialogues that a data set holds more than once: counted, and the rows that must leave so that no split knows another."""

import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from labutils.dialogues import in_memory
from labutils.i18n import _
from labutils.words import words


@dataclass(frozen=True)
class Duplicates:
    """Repeated dialogues of a data set, compared by their words (case and punctuation aside).

    Attributes:
        rows, distinct: for each split, its rows and the different dialogues among them.
        shared: for each pair of splits, the different dialogues that both hold.
        dropped: for each split, the ids of the rows that :func:`load_dialogues` took out.
    """

    rows: dict[str, int]
    distinct: dict[str, int]
    shared: dict[tuple[str, str], int]
    dropped: dict[str, list[str]] = field(default_factory=dict)

    def __str__(self) -> str:
        counts = [
            _("{split}: {rows} rows, {distinct} distinct").format(split=s, rows=n, distinct=self.distinct[s])
            for s, n in self.rows.items()
        ]
        shared = [_("{a} and {b} share {n}").format(a=a, b=b, n=n) for (a, b), n in self.shared.items() if n]
        dropped = [_("{n} taken out of {split}").format(n=len(ids), split=s) for s, ids in self.dropped.items() if ids]
        return "; ".join(counts + shared + dropped)


def duplicates(data: "Mapping[str, Iterable[Mapping]]") -> Duplicates:
    """Count the repeated dialogues of a data set: a DatasetDict, or any mapping of splits to records or to columns."""
    keys = {}
    for split, rows in data.items():
        texts = rows["dialogue"] if in_memory.is_dataset(rows) else [row["dialogue"] for row in rows]
        keys[split] = [words_of(text) for text in texts]
    return counted(keys, {})


def words_of(text: str) -> str:
    """Return a text's words in lower case with single spaces: what two dialogues are compared by."""
    return " ".join(words(text)) or text


def counted(keys: dict[str, list[str]], dropped: dict[str, list[str]]) -> Duplicates:
    """Count repeats by what each split's dialogues are compared by."""
    sets = {split: set(texts) for split, texts in keys.items()}
    shared = {(a, b): len(sets[a] & sets[b]) for a, b in itertools.combinations(keys, 2)}
    counts = {split: len(texts) for split, texts in keys.items()}
    return Duplicates(counts, {split: len(texts) for split, texts in sets.items()}, shared, dropped)


def taken_out(keys: dict[str, list[str]], drop_repeats: bool) -> dict[str, set[int]]:
    """Return the row numbers that leave each split: test keeps all, validation gives way to test, train to both."""
    out: dict[str, set[int]] = {}
    for split, later in (("train", ("validation", "test")), ("validation", ("test",)), ("test", ())):
        leaks = {key for other in later for key in keys[other]}
        out[split] = {i for i, key in enumerate(keys[split]) if key in leaks}
    if drop_repeats:
        first: dict[str, int] = {}
        out["train"] |= {i for i, key in enumerate(keys["train"]) if first.setdefault(key, i) != i}
    return out
