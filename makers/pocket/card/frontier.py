"""Gain against forgetting of every way at every rate: what no other training beats, and its picture for the card."""

from pathlib import Path

import numpy as np

from labutils import plots
from labutils.evaluation import tradeoffs
from labutils.evaluation.scores import Score
from makers.pocket.card.findings import chosen, grouped
from makers.pocket.card.tables import number

PICTURE = "frontier.svg"


def over_seeds(group, key):
    """Mean of a figure over the seeds, with the lowest and the highest bound of their intervals."""
    lows, highs = zip(*(point[f"{key}_interval"] for point in group), strict=True)
    return Score(float(np.mean([point[key] for point in group])), min(lows), max(highs), len(group))


def trainings(points):
    """{(way, rate): its gain and forgetting, means over the seeds}."""
    return {
        (way, rate): tradeoffs.TradeOff(f"{way} {rate:.2g}", over_seeds(group, "gain"), over_seeds(group, "forgetting"))
        for (way, rate), group in grouped(points, "way", "learning_rate").items()
    }


def unbeaten(points):
    """[(way, rate)] that no other beats in mean gain and mean forgetting, by their gain."""
    found = trainings(points)
    names = {point.name: key for key, point in found.items()}
    return [names[point.name] for point in tradeoffs.frontier(list(found.values()))]


def described(points):
    """The picture in words: gain and forgetting of each way at the chosen rate."""
    found, picked = trainings(points), chosen(points)
    parts = [
        f"{way} {rate:.2g} gains {number(found[way, rate].gain.value)}, forgets {number(found[way, rate].forgetting.value)}"
        for way, rate in picked.items()
    ]
    return (
        "Gain on the new task against mean forgetting of the old ones. At the chosen rates: " + "; ".join(parts) + "."
    )


def write(points, folder):
    """Draw the trainings into folder/frontier.svg, the same bytes from the same points."""
    import matplotlib as mpl

    found, picked, ways = trainings(points), chosen(points), {}
    for (way, _rate), point in found.items():
        ways.setdefault(way, []).append(point)
    figure = plots.trade_offs(
        ways, "gain on the new task", "mean forgetting of the old tasks", [found[item] for item in picked.items()]
    )
    with mpl.rc_context({"svg.hashsalt": PICTURE, "svg.fonttype": "none"}):
        figure.savefig(Path(folder) / PICTURE, format="svg", metadata={"Date": None, "Creator": None})
