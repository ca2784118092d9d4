"""The class's figures: how many have which value of a number, and how sure they were beside what held."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from labutils.classroom.merging import Number
from labutils.i18n import _
from labutils.notebooks.report import short
from labutils.pictures import DARK, OCHRE, ROLES, WIDTH, Picture, plain_texts
from labutils.regression.ranges import ROUNDING, Range

MOST_BARS = 15


def span(expected: Range) -> str:
    """Return a range in words; one that only allows for rounding as the one number that it stands around."""
    middle = round((expected.low + expected.high) / 2, 6)
    if expected.high - expected.low <= 2.1 * ROUNDING * abs(middle):
        return short(middle)
    return _("{low} to {high}").format(low=short(expected.low), high=short(expected.high))


def edges(values: np.ndarray) -> np.ndarray:
    """Return the edges of a histogram's bars: around whole numbers where all values are whole and near each other."""
    low, high = float(values.min()), float(values.max())
    if np.all(values == np.round(values)) and high - low < MOST_BARS:
        return np.arange(low - 0.5, high + 1.0)
    if low == high:
        half = max(abs(low) * 0.05, 1e-6)
        return np.array([low - half, low + half])
    n = min(max(len(np.histogram_bin_edges(values, "auto")) - 1, 6), MOST_BARS)
    return np.linspace(low, high, n + 1)


def histogram(number: Number, label: str) -> Picture:
    """Draw how many students have which value, the project's expected range behind, who lies outside hatched."""
    figure = Figure(figsize=(WIDTH, 2.6), layout="constrained")
    axes = figure.add_subplot()
    values = np.array(list(number.values.values()))
    bars, out = edges(values), [who in {*number.outside, *number.far} for who in number.values]
    inside, outside = np.histogram(values[~np.array(out)], bars)[0], np.histogram(values[np.array(out)], bars)[0]
    if number.stored:
        low, high = number.stored.low, number.stored.high
        axes.axvspan(low, high, color=OCHRE, alpha=0.18, linewidth=0, label=_("expected range"))
        for end in (low, high):
            axes.axvline(end, color=OCHRE, linewidth=1.4, linestyle="--", zorder=0.9)
    centres, widths = (bars[:-1] + bars[1:]) / 2, np.diff(bars) * 0.92
    if inside.any():
        axes.bar(centres, inside, widths, color=ROLES["right"], label=_("students"))
    if outside.any():
        axes.bar(
            centres, outside, widths, inside, color=ROLES["voice"], hatch="//", edgecolor="white", linewidth=0.6,
            label=_("outside"),
        )  # fmt: skip
    axes.set_xlabel(label)
    axes.set_ylabel(_("students"))
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    _ticks(axes, values, bars)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, ncols=3, loc="lower left", bbox_to_anchor=(0, 1), borderaxespad=0.2)
    return Picture(plain_texts(figure), _alt(number, label), None)


def _ticks(axes: Axes, values: np.ndarray, bars: np.ndarray) -> None:
    """Name whole numbers whole, and leave air around a single bar: over the whole width it would look like many."""
    if bars[1] - bars[0] == 1 and np.all(values == np.round(values)):
        low, high = int(values.min()), int(values.max())
        if high - low < 4:
            low, high = low - 2, high + 2
        axes.set_xticks(range(low, high + 1))
        left, right = axes.get_xlim()
        axes.set_xlim(min(left, low - 0.6), max(right, high + 0.6))
    elif len(bars) == 2:
        width = bars[1] - bars[0]
        axes.set_xlim(bars[0] - 3 * width, bars[1] + 3 * width)


def _alt(number: Number, label: str) -> str:
    low, middle, high = map(short, number.spread)
    text = _("Histogram of {what} over {n} students: lowest {low}, median {middle}, highest {high}.")
    parts = [text.format(what=label, n=len(number.values), low=low, middle=middle, high=high)]
    if number.stored:
        text = _("Expected {range}; outside: {n}.")
        parts.append(text.format(range=span(number.stored), n=len(number.outside)))
    return " ".join(parts)


def calibration(curve: pd.DataFrame) -> Picture:
    """Draw the mean chance that was said against the share that held, a point for each range of confidence."""
    figure = Figure(figsize=(WIDTH * 0.62, 3.6), layout="constrained")
    axes = figure.add_subplot()
    axes.plot([0, 1], [0, 1], color=DARK, linestyle="--", linewidth=1.2, label=_("as sure as right"))
    axes.plot(curve["said"], curve["held"], color=ROLES["right"], marker="o", linewidth=1.8, label=_("the class"))
    for row in curve.itertuples():
        text = _("{n} bets").format(n=row.bets)
        axes.annotate(text, (row.said, row.held), xytext=(7, -11), textcoords="offset points", color=DARK)  # type: ignore[arg-type]
    axes.set_xlim(-0.03, 1.12)
    axes.set_ylim(-0.08, 1.05)
    axes.set_xlabel(_("mean chance that was said"))
    axes.set_ylabel(_("share that held"))
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, ncols=2, loc="lower left", bbox_to_anchor=(0, 1), borderaxespad=0.2)
    points = "; ".join(
        _("said {said}, held {held} ({n} bets)").format(said=short(row.said), held=short(row.held), n=row.bets)  # type: ignore[arg-type]
        for row in curve.itertuples()
    )  # fmt: skip
    alt = _("Line, share of claims that held by the mean chance that was said: {points}.").format(points=points)
    return Picture(plain_texts(figure), alt, curve)
