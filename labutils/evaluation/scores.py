"""Scores: for each metric the mean, its interval and the number of dialogues; what every scoring returns."""

import html
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from labutils.evaluation.intervals import RESAMPLES, finite, interval, wilson

MOST_PLACES = 4


def places(numbers: Iterable[float], marks: Iterable[float] = (0.0,)) -> int:
    """Return how many decimals to show: two, or more where two would hide on which side of a mark a number lies.

    -0.0024 shown as -0.00 would not say whether an interval holds 0; it gets three decimals, four at most.
    """
    numbers, marks = list(numbers), list(marks)
    for count in range(2, MOST_PLACES):
        shown = [round(number, count) for number in numbers]
        pairs = [(a, b, mark) for a, b in zip(numbers, shown, strict=True) for mark in marks]
        if all((a > mark) == (b > mark) and (a < mark) == (b < mark) for a, b, mark in pairs):
            return count
    return MOST_PLACES


@dataclass(frozen=True)
class Score:
    """One metric: the plain mean over n dialogues, and its 95 % interval from low to high."""

    value: float
    low: float
    high: float
    n: int

    def __str__(self) -> str:
        to = places((self.value, self.low, self.high))
        return f"{self.value:.{to}f} [{self.low:.{to}f}, {self.high:.{to}f}]"


@dataclass(frozen=True, repr=False)
class Scores(Mapping):
    """Metric name -> :class:`Score`, with the protocol they were made by. ``scores["rouge1"].value`` is a number."""

    scores: Mapping[str, Score]
    protocol: str = ""

    def __getitem__(self, name: str) -> Score:
        return self.scores[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.scores)

    def __len__(self) -> int:
        return len(self.scores)

    def table(self) -> pd.DataFrame:
        """Return a data frame: one row a metric, columns value, low, high, n."""
        return pd.DataFrame({name: vars(score) for name, score in self.items()}).T.astype({"n": int})

    def numbers(self, prefix: str = "") -> dict:
        """Return flat names for results.json: ``rouge1`` the value, ``rouge1_interval`` the list [low, high]."""
        flat = {}
        for name, score in self.items():
            flat[prefix + name] = score.value
            flat[f"{prefix}{name}_interval"] = [score.low, score.high]
        return flat

    def __repr__(self) -> str:
        return "\n".join(filter(None, [self.table().to_string(float_format="{:.4f}".format), self.protocol]))

    def _repr_html_(self) -> str:
        return self.table().to_html(float_format="{:.4f}".format) + f"<p>{html.escape(self.protocol)}</p>"


def summarize(values: Mapping, seed: int = 0, resamples: int = RESAMPLES, protocol: str = "") -> Scores:
    """Return :class:`Scores` of ``values``: for each metric an array of shape (n,), one value per dialogue.

    Intervals are bootstrapped; where every value is 0 or 1, as in right and wrong answers, they are Wilson's (but not
    for ROUGE, whose values are no counts of hits even where all are 0).
    """
    scores = {}
    for name, given in values.items():
        column = finite(given)
        share = not name.startswith("rouge") and np.isin(column, (0, 1)).all()
        low, high = wilson(int(column.sum()), len(column)) if share else interval(column, seed, resamples=resamples)
        scores[name] = Score(float(column.mean()), low, high, len(column))
    return Scores(scores, protocol)
