"""What phenomena.py measured, read and counted for the card; sections.py and losses.py write it as Markdown."""

import json
from collections import defaultdict
from pathlib import Path

import numpy as np

from labutils.evaluation import tradeoffs
from makers.pocket.measure import phenomena

PARTS = ("summaries", "dialogsum", "curve", "ways", "phrasing")


def measured(folder, weights):
    """{part: its file's content}, whole or not: of these weights and of today's data and settings, at full size."""
    wanted = {part: {"weights": weights, "data": phenomena.data_digest(part), "scale": None} for part in PARTS}
    paths = {part: Path(folder) / f"{part}.json" for part in PARTS}
    found = {part: json.loads(path.read_text(encoding="utf-8")) for part, path in paths.items() if path.is_file()}
    return {part: facts for part, facts in found.items() if wanted[part].items() <= facts.items()}


def missing(part, facts):
    """How many trainings of a part its file lacks, and how many there are in all."""
    keys = ("seed", *phenomena.AXES[part])
    known = {tuple(point[key] for key in keys) for point in facts["points"]}
    cases = phenomena.cases(part, sorted({*phenomena.SEEDS, *facts["seeds"]}))
    return sum(tuple(case.values()) not in known for case in cases), len(cases)


def read(folder, weights):
    """{part: its file's content} of the parts that are measured to their end."""
    return {part: facts for part, facts in measured(folder, weights).items() if not missing(part, facts)[0]}


def grouped(points, *keys):
    """{(values of the keys): the points that share them}, in their order."""
    found = defaultdict(list)
    for point in points:
        found[tuple(point[key] for key in keys)].append(point)
    return found


def chosen(points):
    """{way: rate}: at equal gain, by validation alone, from the means over the seeds."""
    return tradeoffs.at_equal_gain(
        {
            key: np.mean([p["validation"] for p in group])
            for key, group in grouped(points, "way", "learning_rate").items()
        }
    )


def seeds(number, total):
    """So many of the seeds, in words."""
    return "the one seed" if total == 1 else f"all {total} seeds" if number == total else f"{number} of {total} seeds"


def in_seeds(intervals, above, below):
    """In how many seeds [value, low, high] lies on one side of 0, in words: "above in 2 of 3 seeds, not settled in 1"."""
    total = len(intervals)
    counts = {
        above: sum(low > 0 for _value, low, _high in intervals),
        below: sum(high < 0 for _value, _low, high in intervals),
    }
    parts = [f"{side} in {seeds(count, total)}" for side, count in counts.items() if count]
    rest = total - sum(counts.values())
    if not parts:
        return "not settled in any seed"
    return ", ".join([*parts, f"not settled in {rest}"] if rest else parts)
