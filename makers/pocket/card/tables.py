"""Markdown of the cards: tables and numbers."""

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from labutils.files import markdown_table as table

__all__ = ["Interval", "bounded", "listed", "number", "outer", "signed", "spread", "table"]

Interval = Sequence[float]  # value, low, high
Format = Callable[[Any], str]


def number(value: float | None) -> str:
    """Return .734 for a fraction, -.012 for a loss, a dash for what was not measured."""
    return "-" if value is None else re.sub(r"^(-?)0\.", r"\1.", signed(value).removeprefix("+"))


def signed(value: float) -> str:
    """Return a difference as +0.734. What rounds to nothing has no minus."""
    return f"{round(float(value), 3) + 0.0:+.3f}"


def bounded(score: Interval | None, form: Format = number) -> str:
    """Return [value, low, high] as "value [low, high]", a dash for what was not measured."""
    return "-" if score is None else "{} [{}, {}]".format(*map(form, score))


def outer(intervals: Iterable[Interval], form: Format = signed) -> str:
    """Return the mean over the seeds of [value, low, high], with the lowest low and the highest high."""
    values, lows, highs = zip(*intervals, strict=True)
    return bounded((float(np.mean(values)), min(lows), max(highs)), form)


def spread(values: Sequence[float], form: Format = number) -> str:
    """Return the mean over the seeds with the lowest and the highest value."""
    return bounded((float(np.mean(values)), min(values), max(values)), form)


def listed(names: Iterable[object], none: str = "none") -> str:
    """Return names in a row, or the word for none."""
    return ", ".join(map(str, names)) or none
