"""Figures: plain matplotlib, one idea each. Each kind makes its alt text and its table from the data that it draws."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from labutils import pictures
from labutils.i18n import _
from labutils.pictures import DARK, ROLES, WIDTH, Picture, colours, of_whole_texts, plain_texts, role, words

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = [
    "ROLES", "Picture", "bars", "grouped_bars", "histogram", "lines", "plain_texts", "scores", "stacked_bars", "trade_offs",
]  # fmt: skip

MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<")
HATCHES = ("", "//", "..", "xx", "\\\\", "++", "oo", "--")
SHARES = ("share", "probability", "accuracy", "0 to 1")  # an axis that says one of these runs from 0 to 1 at most
LETTERS = 84  # that stand side by side over the whole width


def _axes(height: float, xlabel: str, ylabel: str) -> "Axes":
    from matplotlib.figure import Figure

    axes = Figure(figsize=(WIDTH, height), layout="constrained").add_subplot()
    axes.set_xlabel(xlabel)
    axes.set_ylabel(ylabel)
    axes.spines[["top", "right"]].set_visible(False)
    return axes


def _done(axes: "Axes", alt: str, table: pd.DataFrame) -> Picture:
    from matplotlib.figure import Figure

    assert isinstance(axes.figure, Figure)  # no part of another
    return Picture(plain_texts(axes.figure), alt, table)


def _rows(names: Sequence[str]) -> tuple[list[str], float]:
    """Return the labels of rows, and inches that the rows take at least."""
    labels = [words.wrapped(name, 28) for name in names]
    return labels, len(labels) * (0.2 + 0.19 * max(label.count("\n") + 1 for label in labels))


def _legend(axes: "Axes", names: Sequence[str]) -> None:
    """Put the legend above the axes, in as many columns as fit: on the data it would cover some."""
    columns = max(1, LETTERS // (max(map(len, names)) + 7))
    axes.legend(frameon=False, ncols=columns, loc="lower left", bbox_to_anchor=(0, 1), borderaxespad=0.2)


def _is_share(label: str) -> bool:
    return any(word in label for word in SHARES)


def _interval(axes: "Axes", x: Sequence[float], y: Sequence[float], colour: str = DARK, cap: str = "|") -> None:
    from matplotlib.patheffects import withStroke

    halo: dict[str, Any] = {}
    if colour == DARK:  # it is seen on a bar, too
        halo["path_effects"] = [withStroke(linewidth=3.4, foreground="white")]
    axes.plot(x, y, color=colour, linewidth=1.6, marker=cap, markersize=7, **halo)


@of_whole_texts
def scores(systems: Mapping, metric: str = "rouge1", bounds: Mapping | None = None) -> Picture:
    """Draw a point with its 95 % interval for each system, and a line for each bound.

    Args:
        systems: name -> :class:`labutils.evaluation.scores.Scores` (or anything whose ``[metric]`` has value, low, high).
        bounds: name -> Scores, drawn as lines (LEAD-3, constant, human).
    """
    names, values = list(systems), {name: score[metric] for name, score in systems.items()}
    lines_at = {name: bound[metric] for name, bound in (bounds or {}).items()}
    labels, height = _rows(names)
    axes = _axes(1.2 + height + 0.25 * bool(bounds), metric, "")
    colour = colours(names)
    for i, (name, score) in enumerate(values.items()):
        _interval(axes, [score.low, score.high], [i, i], colour[name])
        axes.plot(score.value, i, marker=MARKERS[i % 8], markersize=8, color=colour[name], linestyle="none")
    for i, (name, bound) in enumerate(lines_at.items()):
        axes.axvline(bound.value, color=DARK, linestyle=("--", ":", "-.")[i % 3], linewidth=1.8, label=name)
    if bounds:
        _legend(axes, list(lines_at))
    axes.set_yticks(range(len(names)), labels)
    axes.set_ylim(len(names) - 0.4, -0.6)
    alt = _("{metric}, points with 95 % intervals: {points}.").format(
        metric=metric,
        points=words.valued({n: s.value for n, s in values.items()}, {n: (s.low, s.high) for n, s in values.items()}),
    )
    if bounds:
        alt += " " + _("Lines: {lines}.").format(
            lines=words.valued({name: bound.value for name, bound in lines_at.items()})
        )
    rows = {name: {metric: score.value, "low": score.low, "high": score.high} for name, score in values.items()}
    rows |= {name: {metric: bound.value} for name, bound in lines_at.items()}
    return _done(axes, alt, pd.DataFrame(rows).T)


@of_whole_texts
def bars(values: Mapping[str, float], xlabel: str, ylabel: str = "", intervals: Mapping | None = None) -> Picture:
    """Draw a horizontal bar for each name; ``intervals``: name -> (low, high)."""
    names, spans = list(values), dict(intervals or {})
    labels, height = _rows(names)
    axes = _axes(1.0 + height, xlabel, ylabel)
    bar_colours = [ROLES.get(role(name) or "", ROLES["tuned"]) for name in names]
    axes.barh(range(len(names)), list(values.values()), color=bar_colours)
    for i, (name, value) in enumerate(values.items()):
        low, high = spans.get(name, (value, value))
        if name in spans:
            _interval(axes, [low, high], [i, i])
        end = max(value, high, 0.0)
        axes.annotate(words.number(value), (end, i), xytext=(6, 0), textcoords="offset points", va="center", color=DARK)
    axes.set_yticks(range(len(names)), labels)
    axes.invert_yaxis()
    axes.margins(x=0.1)  # room for the numbers
    if _is_share(xlabel):
        axes.set_xlim(0, 1)
    alt = _("Bars, {what}: {values}.").format(what=xlabel or ylabel, values=words.valued(values, spans))
    table = pd.DataFrame({xlabel or _("value"): dict(values)}, index=names)
    if spans:
        table["low"], table["high"] = ([spans.get(n, (np.nan,) * 2)[i] for n in names] for i in (0, 1))
    return _done(axes, alt, table)


@of_whole_texts
def grouped_bars(
    groups: Mapping[str, Mapping[str, float]], ylabel: str, xlabel: str = "", intervals: Mapping | None = None
) -> Picture:
    """Draw groups of bars side by side: group -> {series -> value}; every group has the same series.

    ``intervals``: group -> {series -> (low, high)}, drawn as lines on the bars.
    """
    series = list(next(iter(groups.values())))
    letters = (LETTERS - 8) // len(groups)
    labels = [words.wrapped(name, letters) for name in groups]
    axes = _axes(3.4 + 0.2 * max(label.count("\n") + 1 for label in labels), xlabel, ylabel)
    width, colour = 0.8 / len(series), colours(series)
    for i, name in enumerate(series):
        places = np.arange(len(groups)) + (i - (len(series) - 1) / 2) * width
        heights = [group[name] for group in groups.values()]
        axes.bar(
            places,
            heights,
            width,
            label=name,
            color=colour[name],
            hatch=HATCHES[i % 8],
            edgecolor="white",
            linewidth=0.6,
        )
        for place, group in zip(places, groups if intervals else (), strict=False):
            _interval(axes, [place, place], (intervals or {})[group][name], cap="_")
    leaning = any(len(line) > letters for label in labels for line in label.split("\n"))
    axes.set_xticks(range(len(groups)), [words.wrapped(name, 24) for name in groups] if leaning else labels)
    if leaning:
        for label in axes.get_xticklabels():
            label.set(rotation=30, rotation_mode="anchor", horizontalalignment="right")
    _legend(axes, series)
    if _is_share(ylabel):
        axes.set_ylim(0, 1)
    return _done(axes, *words.of_groups(_("Groups of bars, {what}: {values}."), ylabel, groups, intervals))


@of_whole_texts
def stacked_bars(groups: Mapping[str, Mapping[str, float]], xlabel: str, ylabel: str = "") -> Picture:
    """Draw one horizontal bar for each group, made of its kinds: group -> {kind -> share or count}, the same kinds each."""
    kinds = list(next(iter(groups.values())))
    labels, height = _rows(list(groups))
    axes = _axes(1.3 + 1.2 * height, xlabel, ylabel)
    colour, left = colours(kinds), np.zeros(len(groups))
    widest = max(sum(group.values()) for group in groups.values())
    for i, kind in enumerate(kinds):
        values = np.array([group[kind] for group in groups.values()])
        axes.barh(
            range(len(groups)), values, 0.7, left, label=kind, color=colour[kind], hatch=HATCHES[i % 8], edgecolor="white",
            linewidth=0.6,
        )  # fmt: skip
        for row, value in enumerate(values):
            if value >= 0.08 * widest:
                box = {"facecolor": "white", "edgecolor": "none", "pad": 2}
                axes.text(left[row] + value / 2, row, words.number(value.item()), ha="center", va="center", bbox=box)
        left += values
    axes.set_yticks(range(len(groups)), labels)
    axes.invert_yaxis()
    _legend(axes, kinds)
    if _is_share(xlabel):
        axes.set_xlim(0, 1)
    return _done(axes, *words.of_groups(_("Stacked bars, {what}: {values}."), xlabel, groups))


@of_whole_texts
def lines(
    curves: Mapping[str, tuple[Sequence, Sequence]],
    xlabel: str,
    ylabel: str,
    bands: Mapping | None = None,
    logarithmic: bool = False,
) -> Picture:
    """Draw curves: name -> (x, y); ``bands``: name -> (low, high) sequences drawn around them.

    A floor (majority answer, constant sentence) is dashed. ``logarithmic``: x by its logarithm, with the measured values
    as its marks where they are few.
    """
    axes = _axes(3.6, xlabel, ylabel)
    colour = colours(curves)
    for i, (name, (x, y)) in enumerate(curves.items()):
        style = {"linestyle": "--"} if colour[name] == DARK else {"marker": MARKERS[i % 8], "markersize": 5.5}
        axes.plot(x, y, color=colour[name], linewidth=1.8, label=name, clip_on=False, **style)
        if bands and name in bands:
            low, high = bands[name]
            axes.fill_between(x, low, high, color=colour[name], alpha=0.15, linewidth=0)
            for edge in (low, high):
                axes.plot(x, edge, color=colour[name], linewidth=0.9, linestyle=":")
    if logarithmic:
        pictures.by_logarithm(axes, sorted({float(value) for x, _y in curves.values() for value in x}))
    if _is_share(ylabel):
        low, high = axes.get_ylim()
        axes.set_ylim(max(low, 0), min(high, 1))
    if len(curves) > 1:
        _legend(axes, list(curves))
    said = "; ".join(f"{name} {words.course(x, y)}" for name, (x, y) in curves.items())
    alt = _("Lines, {what}: {values}.").format(what=_("{y} by {x}").format(y=ylabel, x=xlabel), values=said)
    return _done(axes, alt, words.line_table(curves, xlabel, ylabel, bands or {}))


@of_whole_texts
def trade_offs(ways: Mapping[str, Sequence], xlabel: str, ylabel: str, chosen: Sequence | None = None) -> Picture:
    """Draw each way's trainings as points of gain (right is better) against forgetting (up is worse), with intervals.

    Args:
        ways: name -> :class:`labutils.evaluation.tradeoffs.TradeOff` points (whatever has ``.gain`` and ``.forgetting``, each
            with value, low, high), joined by a line in the order in which they are given, such as that of a rate.
        chosen: those of the points that get a ring.
    """
    axes = _axes(4.6, xlabel, ylabel)
    colour, said, rows = colours(ways), [], []
    for i, (name, trainings) in enumerate(ways.items()):
        points = list(trainings)
        x, y = ([getattr(point, axis).value for point in points] for axis in ("gain", "forgetting"))
        for point in points:
            gain, lost = point.gain, point.forgetting
            axes.plot([gain.low, gain.high], [lost.value] * 2, color=colour[name], linewidth=1, linestyle=(0, (1, 1.5)))
            axes.plot([gain.value] * 2, [lost.low, lost.high], color=colour[name], linewidth=1, linestyle=(0, (1, 1.5)))
            rows.append((name, gain.value, gain.low, gain.high, lost.value, lost.low, lost.high))
        axes.plot(x, y, linewidth=1.8, marker=MARKERS[i % 8], markersize=7, color=colour[name], label=name)
        pairs = (
            _("{gain} and {lost}").format(gain=words.number(a), lost=words.number(b)) for a, b in zip(x, y, strict=True)
        )
        said.append(f"{name} " + ", ".join(pairs))
    for point in chosen or ():
        where = point.gain.value, point.forgetting.value
        axes.plot(*where, marker="o", markersize=14, markerfacecolor="none", markeredgecolor="black", linestyle="none")
    axes.axhline(0, color=DARK, linewidth=1, linestyle=":")
    _legend(axes, list(ways))
    alt = _("Points, {x} and {y}: {values}.").format(x=xlabel, y=ylabel, values="; ".join(said))
    columns = [_("way"), xlabel, f"{xlabel}, low", f"{xlabel}, high", ylabel, f"{ylabel}, low", f"{ylabel}, high"]
    return _done(axes, alt, pd.DataFrame(rows, columns=columns))


@of_whole_texts
def histogram(values: Mapping[str, Sequence[float]], xlabel: str, ylabel: str = "", bins: int = 20) -> Picture:
    """Draw one outline for each sample, over common bins, as shares of the sample."""
    axes = _axes(3.4, xlabel, ylabel or _("share"))
    samples = {name: np.asarray(sample, dtype=float) for name, sample in values.items()}
    edges, colour = np.histogram_bin_edges(np.concatenate(list(samples.values())), bins), colours(samples)
    for i, (name, sample) in enumerate(samples.items()):
        weights, style = np.full(len(sample), 1 / len(sample)), ("-", "--", "-.", ":")[i % 4]
        axes.hist(
            sample, list(edges), weights=weights, histtype="step", linewidth=2, linestyle=style, color=colour[name],
            label=name,
        )  # fmt: skip
    _legend(axes, list(samples))
    table = pd.DataFrame({
        name: {"mean": s.mean(), "2.5 %": np.quantile(s, 0.025), "97.5 %": np.quantile(s, 0.975)} for name, s in samples.items()
    }).T  # fmt: skip
    parts = {str(name): (row["2.5 %"], row["97.5 %"]) for name, row in table.iterrows()}
    means = words.valued({str(name): value for name, value in table["mean"].items()}, parts)
    alt = _("Histogram, {what}; mean, and where 95 % lie: {values}.").format(what=xlabel, values=means)
    return _done(axes, alt, table)
