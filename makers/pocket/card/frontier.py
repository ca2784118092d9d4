"""Gain against forgetting of every way at every rate: what no other training beats, and its picture for the card."""

from pathlib import Path

import numpy as np

from labutils import files, plots
from labutils.evaluation import tradeoffs
from labutils.evaluation.scores import Score
from labutils.evaluation.tradeoffs import TradeOff
from makers.pocket.card.findings import Points, chosen_rates, group_by
from makers.pocket.card.tables import number

PICTURE = "frontier.svg"


def over_seeds(group: Points, key: str) -> Score:
    """Return the mean of a figure over the seeds, with the lowest and the highest bound of their intervals."""
    lows, highs = zip(*(point[f"{key}_interval"] for point in group), strict=True)
    return Score(float(np.mean([point[key] for point in group])), min(lows), max(highs), len(group))


def trainings(points: Points) -> dict[tuple, TradeOff]:
    """Return {(way, rate): its gain and forgetting, means over the seeds}."""
    return {
        (way, rate): TradeOff(f"{way} {rate:.2g}", over_seeds(group, "gain"), over_seeds(group, "forgetting"))
        for (way, rate), group in group_by(points, "way", "learning_rate").items()
    }


def unbeaten(points: Points) -> list[tuple]:
    """Return the (way, rate) pairs that no other beats in mean gain and mean forgetting, by their gain."""
    by_key = trainings(points)
    keys = {training.name: key for key, training in by_key.items()}
    return [keys[training.name] for training in tradeoffs.frontier(list(by_key.values()))]


def alt_text(points: Points) -> str:
    """Return the picture in words: gain and forgetting of each way at the chosen rate."""
    by_key = trainings(points)
    parts = []
    for way, rate in chosen_rates(points).items():
        gain, forgetting = by_key[way, rate].gain.value, by_key[way, rate].forgetting.value
        parts.append(f"{way} {rate:.2g} gains {number(gain)}, forgets {number(forgetting)}")
    axes = "Gain on the new task against mean forgetting of the old ones."
    return f"{axes} At the chosen rates: {'; '.join(parts)}."


def write(points: Points, folder: Path) -> None:
    """Draw the trainings into folder/frontier.svg, the same bytes from the same points."""
    import matplotlib as mpl

    by_key = trainings(points)
    by_way: dict[str, list[TradeOff]] = {}
    for (way, _rate), training in by_key.items():
        by_way.setdefault(way, []).append(training)
    chosen = [by_key[way, rate] for way, rate in chosen_rates(points).items()]
    picture = plots.trade_offs(by_way, "gain on the new task", "mean forgetting of the old tasks", chosen)
    with (
        mpl.rc_context({"svg.hashsalt": PICTURE, "svg.fonttype": "none"}),
        files.in_one_step(folder / PICTURE) as buffer,
    ):
        picture.figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
