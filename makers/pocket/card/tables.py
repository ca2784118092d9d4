"""Markdown of the cards: tables and numbers."""

import re

import numpy as np

from labutils.files import markdown_table as table

__all__ = ["bounded", "listed", "number", "outer", "signed", "spread", "table"]


def number(value):
    """.734 for a fraction, -.012 for a loss, a dash for what was not measured."""
    return "-" if value is None else re.sub(r"^(-?)0\.", r"\1.", signed(value).removeprefix("+"))


def signed(value):
    """+0.734: a difference. What rounds to nothing has no minus."""
    return f"{round(float(value), 3) + 0.0:+.3f}"


def bounded(score, shown=number):
    """[value, low, high] as "value [low, high]", a dash for what was not measured."""
    return "-" if score is None else "{} [{}, {}]".format(*map(shown, score))


def outer(intervals, shown=signed):
    """Mean over the seeds of [value, low, high], [the lowest low, the highest high]."""
    values, lows, highs = zip(*intervals, strict=True)
    return bounded((np.mean(values), min(lows), max(highs)), shown)


def spread(values, shown=number):
    """Mean [lowest, highest] over the seeds."""
    return bounded((np.mean(values), min(values), max(values)), shown)


def listed(names, none="none"):
    """Names in a row, or the word for none."""
    return ", ".join(map(str, names)) or none
