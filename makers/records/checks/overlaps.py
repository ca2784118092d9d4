"""Runs of words that texts share: near-duplicates within a set, and runs that other data sets hold too.

Words are compared as :func:`labutils.words.words` gives them, without speaker tags such as ``#Person1#``.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

import numpy as np

from labutils.words import words

_TAG = re.compile(r"#\w+#")
BORDER = ""  # between two texts: no word, so no run goes over it
_FACTOR = np.uint64(0x9E3779B97F4A7C15)  # odd, so that multiplying loses nothing modulo 2**64


def spoken(text: str) -> str:
    """Return a text without its speaker tags."""
    return _TAG.sub(" ", text)


def spoken_words(text: str) -> list[str]:
    """Return the words of a text that runs are made of."""
    return words(spoken(text))


def near_duplicates(
    texts: Sequence[str], n: int = 5, share: float = 0.15, common: int = 50
) -> list[tuple[int, int, float]]:
    """Return ``(i, j, part)`` for every pair i < j of texts that share ``share`` of the shorter one's runs of n words.

    Runs that more than ``common`` texts hold ("thank you very much indeed") say nothing about a pair and do not count.
    """
    grams = [{tuple(row[k : k + n]) for k in range(len(row) - n + 1)} for row in map(spoken_words, texts)]
    holders: dict[tuple, list[int]] = defaultdict(list)
    for i, distinct in enumerate(grams):
        for gram in distinct:
            holders[gram].append(i)
    pairs: Counter[tuple[int, int]] = Counter()
    for ids in holders.values():
        if 1 < len(ids) <= common:
            pairs.update((a, b) for k, a in enumerate(ids) for b in ids[k + 1 :])
    shares = ((i, j, count / min(len(grams[i]), len(grams[j]))) for (i, j), count in pairs.items())
    return sorted(pair for pair in shares if pair[2] >= share)


class SharedRuns:
    """Which runs of words of some texts stand in other texts too, millions of words of them, in seconds.

    Only the words of ``texts`` are numbered, a run is one number made of its words' numbers, and numpy looks up all
    runs of a reference text at once.
    """

    def __init__(self, texts: Iterable[str], sizes: Sequence[int] = (8, 13)):
        self._numbers = _Numbers()
        rows = [np.array([self._numbers.add(word) for word in spoken_words(text)], np.uint64) for text in texts]
        self._runs = {
            n: np.unique(np.concatenate([_runs(ids, n) for ids in [*rows, np.zeros(0, np.uint64)]])) for n in sizes
        }
        self._shared = {n: np.zeros(0, np.uint64) for n in sizes}

    def look_in(self, references: Iterable[str]) -> None:
        """Look for the runs in more texts; no run goes over the border of two of them."""
        numbers = [self._numbers[word] for text in references for word in (*spoken_words(text), BORDER)]
        ids = np.array(numbers, np.uint64)
        for n, runs in self._runs.items():
            hits = np.intersect1d(runs, _runs(ids, n))
            self._shared[n] = np.union1d(self._shared[n], hits)

    def of(self, text: str, n: int) -> list[str]:
        """Return the runs of ``n`` words of a text that others share, those that begin word after word as one."""
        tokens = spoken_words(text)
        ids = np.array([self._numbers[word] for word in tokens], np.uint64)
        starts = np.flatnonzero(np.isin(_runs(ids, n), self._shared[n]))
        joined: list[list[int]] = []
        for start in starts.tolist():
            if joined and start + n == joined[-1][1] + 1:
                joined[-1][1] = start + n
            else:
                joined.append([start, start + n])
        return [" ".join(tokens[a:b]) for a, b in joined]


class _Numbers(dict):
    """Words to numbers from 1; 0 for a word of no text of ours, which ends a run."""

    def add(self, word: str) -> int:
        return self.setdefault(word, len(self) + 1)

    def __missing__(self, word: str) -> int:
        return 0


def _runs(ids: np.ndarray, n: int) -> np.ndarray:
    """Return one number for each run of ``n`` words, shape (len(ids) - n + 1,); 0 where a foreign word is in it."""
    count = len(ids) - n + 1
    if count < 1:
        return np.zeros(0, np.uint64)
    ids = ids.astype(np.uint64)
    mixed, foreign = np.zeros(count, np.uint64), np.zeros(count, bool)
    for k in range(n):
        part = ids[k : k + count]
        mixed = (mixed ^ part) * _FACTOR
        mixed ^= mixed >> np.uint64(29)
        foreign |= part == 0
    mixed[foreign] = 0
    return mixed
