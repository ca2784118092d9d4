"""Figures: plain matplotlib, one idea each; a lab shows them with ``lab.figure`` (title, table, alt text)."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.category import StrCategoryFormatter
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.ticker import FixedFormatter, FuncFormatter

# Colours that people with the usual colour blindnesses tell apart (Okabe and Ito, 2008), and markers beside them.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
MARKERS = ("o", "s", "^", "D", "v", "P")


def plain_texts(figure: Figure) -> Figure:
    """Draw titles, labels, legends and named ticks as they are, and return the figure.

    A model's tokens stand there: matplotlib takes what lies between two dollars for a formula, and fails on ``$$``. The
    ticks of numbers stay formulas (10 to the power of something).
    """
    numbers = {id(label) for axes in figure.axes for axis in (axes.xaxis, axes.yaxis) for label in _numbers(axis)}
    for text in figure.findobj(Text):
        if isinstance(text, Text) and id(text) not in numbers:
            text.set_parse_math(False)
    return figure


def _numbers(axis: Axis) -> list[Text]:
    """Return the labels of an axis's ticks that matplotlib writes by itself."""
    given = isinstance(axis.get_major_formatter(), (FixedFormatter, FuncFormatter, StrCategoryFormatter))
    return [*([] if given else axis.get_ticklabels()), *axis.get_ticklabels(minor=True)]


def _axes(width: float, height: float, xlabel: str, ylabel: str) -> Axes:
    axes = Figure(figsize=(width, height), layout="constrained").add_subplot()
    axes.set_xlabel(xlabel)
    axes.set_ylabel(ylabel)
    axes.spines[["top", "right"]].set_visible(False)
    return axes


def _done(axes: Axes) -> Figure:
    assert isinstance(axes.figure, Figure)  # no part of another
    return plain_texts(axes.figure)


def scores(systems: Mapping, metric: str = "rouge1", bounds: Mapping | None = None) -> Figure:
    """Draw a point with its 95 % interval for each system, and a dashed line for each bound.

    Args:
        systems: name -> :class:`labutils.evaluation.scores.Scores` (or anything whose ``[metric]`` has value, low, high).
        bounds: name -> Scores, drawn as lines (LEAD-3, constant, human).
    """
    names = list(systems)
    axes = _axes(6.4, 1.2 + 0.42 * len(names), metric, "")
    for i, name in enumerate(names):
        score = systems[name][metric]
        error = [[score.value - score.low], [score.high - score.value]]
        axes.errorbar(score.value, i, xerr=error, fmt=MARKERS[i % 6], color=COLOURS[i % 6], capsize=4)
    for i, (name, bound) in enumerate((bounds or {}).items()):
        style = ("--", ":", "-.")[i % 3]
        axes.axvline(bound[metric].value, color="#444444", linestyle=style, linewidth=1.4, label=name)
    if bounds:  # beside the axes: two bounds may lie so close that labels on the lines would cover each other
        axes.legend(frameon=False, fontsize=8, loc="center left", bbox_to_anchor=(1.0, 0.5))
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(-0.6, len(names) - 0.4)
    return _done(axes)


def bars(values: Mapping[str, float], xlabel: str, ylabel: str = "", intervals: Mapping | None = None) -> Figure:
    """Draw a horizontal bar for each name; ``intervals``: name -> (low, high)."""
    names = list(values)
    axes = _axes(6.4, 1.0 + 0.36 * len(names), xlabel, ylabel)
    axes.barh(names, [values[name] for name in names], color=COLOURS[0])
    for i, name in enumerate(names):
        if intervals and name in intervals:
            low, high = intervals[name]
            axes.plot([low, high], [i, i], color="black", linewidth=1.5)
    axes.invert_yaxis()
    return _done(axes)


def grouped_bars(
    groups: Mapping[str, Mapping[str, float]], ylabel: str, xlabel: str = "", intervals: Mapping | None = None
) -> Figure:
    """Draw groups of bars side by side: group -> {series -> value}; every group has the same series.

    ``intervals``: group -> {series -> (low, high)}, drawn as lines on the bars.
    """
    series = list(next(iter(groups.values())))
    axes = _axes(6.4, 3.4, xlabel, ylabel)
    width = 0.8 / len(series)
    for i, name in enumerate(series):
        places = np.arange(len(groups)) + (i - (len(series) - 1) / 2) * width
        axes.bar(places, [group[name] for group in groups.values()], width, label=name, color=COLOURS[i % 6])
        for place, group in zip(places, groups if intervals else (), strict=False):
            axes.plot([place, place], (intervals or {})[group][name], color="black", linewidth=1)
    axes.set_xticks(range(len(groups)), list(groups))
    axes.legend(frameon=False)
    return _done(axes)


def lines(
    curves: Mapping[str, tuple[Sequence, Sequence]], xlabel: str, ylabel: str, bands: Mapping | None = None
) -> Figure:
    """Draw curves: name -> (x, y); ``bands``: name -> (low, high) sequences drawn around them."""
    axes = _axes(6.4, 3.4, xlabel, ylabel)
    for i, (name, (x, y)) in enumerate(curves.items()):
        axes.plot(x, y, color=COLOURS[i % 6], marker=MARKERS[i % 6], markersize=4, label=name)
        if bands and name in bands:
            low, high = bands[name]
            axes.fill_between(x, low, high, color=COLOURS[i % 6], alpha=0.2)
    if len(curves) > 1:
        axes.legend(frameon=False)
    return _done(axes)


def trade_offs(ways: Mapping[str, Sequence], xlabel: str, ylabel: str, chosen: Sequence | None = None) -> Figure:
    """Draw each way's trainings as points of gain (right is better) against forgetting (up is worse), with intervals.

    Args:
        ways: name -> :class:`labutils.evaluation.tradeoffs.TradeOff` points (whatever has ``.gain`` and ``.forgetting``, each
            with value, low, high), joined by a thin line in order of their gain.
        chosen: those of the points that get a ring.
    """
    axes = _axes(6.4, 4.4, xlabel, ylabel)
    for i, (name, trainings) in enumerate(ways.items()):
        points = sorted(trainings, key=lambda point: point.gain.value)
        x, y = ([getattr(point, axis).value for point in points] for axis in ("gain", "forgetting"))
        for point in points:
            gain, lost = point.gain, point.forgetting
            axes.plot([gain.low, gain.high], [lost.value] * 2, color=COLOURS[i % 6], linewidth=0.6, alpha=0.6)
            axes.plot([gain.value] * 2, [lost.low, lost.high], color=COLOURS[i % 6], linewidth=0.6, alpha=0.6)
        axes.plot(x, y, linewidth=1, marker=MARKERS[i % 6], color=COLOURS[i % 6], label=name)
    for point in chosen or ():
        where = point.gain.value, point.forgetting.value
        axes.plot(*where, marker="o", markersize=14, markerfacecolor="none", markeredgecolor="black", linestyle="none")
    axes.axhline(0, color="#444444", linewidth=0.8, linestyle=":")
    axes.legend(frameon=False, fontsize=8, loc="center left", bbox_to_anchor=(1.0, 0.5))
    return _done(axes)


def histogram(values: Mapping[str, Sequence[float]], xlabel: str, ylabel: str = "", bins: int = 20) -> Figure:
    """Draw one outline for each sample, over common bins, as shares of the sample."""
    axes = _axes(6.4, 3.2, xlabel, ylabel or "share")
    edges = np.histogram_bin_edges(np.concatenate([np.asarray(v, dtype=float) for v in values.values()]), bins)
    for i, (name, sample) in enumerate(values.items()):
        weights = np.full(len(sample), 1 / len(sample))
        axes.hist(
            sample, list(edges), weights=weights, histtype="step", linewidth=1.8, color=COLOURS[i % 6], label=name
        )
    axes.legend(frameon=False)
    return _done(axes)
