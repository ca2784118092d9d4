"""Data in words: the parts of a figure's alt text, and the tables that stand beside them."""

import re
from collections.abc import Mapping, Sequence
from textwrap import wrap

import numpy as np
import pandas as pd

from labutils.i18n import _

LONG = 8  # points: the alt text names the ends of a longer line, and its lowest and highest


def wrapped(text: str, letters: int) -> str:
    """Return a text in lines of so many letters; what stands in brackets, as "(6 of 6)", stays together."""
    together = re.sub(r"\([^()]{1,14}\)", lambda match: match[0].replace(" ", "\u00a0"), text)
    return "\n".join(wrap(together, max(letters, 8), break_long_words=len(text) > 2 * letters)) or text


def number(value: float) -> str:
    """Return a number as a person reads it: counts whole, scores with two decimals, small ones with their first digit."""
    if isinstance(value, (int, np.integer)) or abs(value) >= 100:
        return f"{value:,.0f}"
    if value and abs(value) < 0.005:
        return f"{value:.1g}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def valued(values: Mapping[str, float], spans: Mapping | None = None) -> str:
    """Return names with their values, and the intervals of those that have one."""
    return "; ".join(f"{name} {number(v)}{span((spans or {}).get(name))}" for name, v in values.items())


def span(ends: Sequence[float] | None) -> str:
    """Return an interval as it follows its value, nothing where there is none."""
    return "" if ends is None else f" [{number(ends[0])}, {number(ends[1])}]"


def of_groups(sentence: str, what: str, groups: Mapping, intervals: Mapping | None = None) -> tuple[str, pd.DataFrame]:
    """Return alt text and table of group -> {series -> value}."""
    parts = [f"{name}: {valued(row, (intervals or {}).get(name)).replace('; ', ', ')}" for name, row in groups.items()]
    table = pd.DataFrame({name: dict(row) for name, row in groups.items()}).T
    for i, end in enumerate((_("low"), _("high")) if intervals else ()):
        for series in list(next(iter(groups.values()))):
            table[f"{series}, {end}"] = [(intervals or {})[name][series][i] for name in groups]
    return sentence.format(what=what, values="; ".join(parts)), table


def course(x: Sequence, y: Sequence) -> str:
    """Return a line in words: all its points where they are few, else its ends, its lowest and its highest."""
    x, y = list(x), [float(value) for value in y]
    if len(set(y)) == 1:
        return _("{value} throughout").format(value=number(y[0]))
    places = range(len(x))
    if len(x) > LONG:
        places = sorted({0, int(np.nanargmin(y)), int(np.nanargmax(y)), len(x) - 1})  # type: ignore[assignment]
    return ", ".join(_("{y} at {x}").format(y=number(y[i]), x=f"{x[i]:g}") for i in places)


def line_table(curves: Mapping, xlabel: str, ylabel: str, bands: Mapping) -> pd.DataFrame:
    """Return one row an x where the curves share them, else one row a point."""
    xs = [list(x) for x, _y in curves.values()]
    if all(x == xs[0] for x in xs):
        columns = {}
        for name, (_x, y) in curves.items():
            columns[name] = list(y)
            if name in bands:
                columns |= {
                    f"{name}, {end}": list(side) for end, side in zip(("low", "high"), bands[name], strict=True)
                }
        return pd.DataFrame(columns, index=pd.Index(xs[0], name=xlabel))
    rows = [(name, x, y) for name, curve in curves.items() for x, y in zip(*curve, strict=True)]
    return pd.DataFrame(rows, columns=["line", xlabel or "x", ylabel or "y"])
