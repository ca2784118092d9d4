"""The files that phenomena.py wrote, read and counted for the card; sections.py and losses.py write it as Markdown."""

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from labutils.evaluation import tradeoffs
from labutils.files import read_json
from makers.pocket.card.tables import Interval
from makers.pocket.measure import phenomena
from makers.pocket.measure.experiments import Point

PARTS = (
    "summaries",
    "dialogsum",
    "dialogsum_all",
    "curve",
    "ways",
    "walk",
    "phrasing",
    "tasks",
    "mixing",
    "support",
    *phenomena.COMPANY,
)
Facts = dict[str, Any]  # a part's file: its points, and how they were measured
Points = Sequence[Point]


def current_parts(folder: Path, weights: str) -> dict[str, Facts]:
    """Return {part: its facts} of the files measured on these weights, today's data and settings, at full size."""
    parts = {}
    for part in PARTS:
        facts = read_json(folder / f"{part}.json")
        conditions = {"weights": weights, "data": phenomena.data_digest(part), "scale": None}
        if facts is not None and conditions.items() <= facts.items():
            parts[part] = facts
    return parts


def progress(part: str, facts: Facts) -> tuple[int, int]:
    """Return how many trainings of a part its file holds, and how many there are in all."""
    keys = ("seed", *phenomena.AXES[part])
    points = {tuple(point[key] for key in keys) for point in facts["points"]}
    cases = phenomena.cases(part, sorted({*phenomena.SEEDS, *facts["seeds"]}))
    return sum(tuple(case.values()) in points for case in cases), len(cases)


def complete_parts(folder: Path, weights: str) -> dict[str, Facts]:
    """Return {part: its facts} of the parts that are measured to their end."""
    parts = current_parts(folder, weights)
    complete = {}
    for part, facts in parts.items():
        count, total = progress(part, facts)
        if count == total:
            complete[part] = facts
    return complete


def group_by(points: Points, *keys: str) -> dict[tuple, list[Point]]:
    """Return {(values of the keys): the points that share them}, in their order."""
    groups = defaultdict(list)
    for point in points:
        groups[tuple(point[key] for key in keys)].append(point)
    return groups


def chosen_rates(points: Points) -> dict[str, float]:
    """Return {way: rate}: at equal gain, by validation alone, from the means over the seeds."""
    means = {}
    for (way, rate), group in group_by(points, "way", "learning_rate").items():
        means[way, rate] = float(np.mean([point["validation"] for point in group]))
    return tradeoffs.at_equal_gain(means)


def count_of_seeds(count: int, total: int) -> str:
    """Return so many of the seeds, in words."""
    if total == 1:
        return "the one seed"
    return f"all {total} seeds" if count == total else f"{count} of {total} seeds"


def in_seeds(intervals: Sequence[Interval], above: str, below: str) -> str:
    """Return in how many seeds [value, low, high] lies on one side of 0: "above in 2 of 3 seeds, not settled in 1"."""
    total = len(intervals)
    counts = {
        above: sum(low > 0 for _value, low, _high in intervals),
        below: sum(high < 0 for _value, _low, high in intervals),
    }
    parts = [f"{side} in {count_of_seeds(count, total)}" for side, count in counts.items() if count]
    rest = total - sum(counts.values())
    if not parts:
        return "not settled in any seed"
    return ", ".join([*parts, f"not settled in {rest}"] if rest else parts)
