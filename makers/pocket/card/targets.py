"""What the second edition was to reach, beside what it reached."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np

from makers.pocket.card.findings import Facts, Points, count_of_seeds
from makers.pocket.card.tables import number, table
from makers.pocket.measure.experiments import Point

SHIPPED = {"topic": 0.75, "intent": 0.70, "entities": 0.60, "questions": 0.35}
PLAIN = {"topic": 0.85, "intent": 0.80, "entities": 0.70, "questions": 0.50}
ZERO_SHOT = 0.24  # ROUGE-1 on DialogSum's 500 test dialogues
DIALOGSUM = {1000: ("1,000 DialogSum dialogues", 0.325), 0: ("all of DialogSum's train", 0.375)}
OPINIONS = {200: 0.75, 1000: 0.87}
OVER, FIT = 0.05, 0.03  # of 1,000 shipped dialogues: over each bound, and with their own references over others'
Row = tuple[str, str, str, str]  # name, aim, measured, verdict


def score_row(name: str, aim: float, score: float | None) -> Row:
    """Return the row of one measured score."""
    return name, number(aim), number(score), "-" if score is None else "reached" if score >= aim else "missed"


def seeds_row(name: str, aim: float | None, points: Points, reaches: Callable[[Point], bool]) -> Row:
    """Return the row of a score over seeds: reached if every seed reaches it, else by how many it is.

    Args:
        points: the trainings, one a seed.
        reaches: whether one of them reaches the aim.
    """
    if not points:
        return name, number(aim), "-", "-"
    hits, total = sum(map(reaches, points)), len(points)
    verdict = "reached" if hits == total else "missed" if not hits else f"reached in {count_of_seeds(hits, total)}"
    return name, number(aim), number(float(np.mean([point["score"] for point in points]))), verdict


def points_of(parts: Mapping[str, Facts], part: str, **axes: Any) -> Points:
    """Return the points of a part that agree with ``axes``, none where the part was not measured."""
    points = parts.get(part, {}).get("points", [])
    return [point for point in points if all(point[name] == value for name, value in axes.items())]


def _scores(aim: float, point: Point) -> bool:
    return point["score"] >= aim


def rows_of(results: dict[str, Any], parts: Mapping[str, Facts]) -> list[Row]:
    """Return a row for each aim; ``parts`` are those of :func:`findings.complete_parts`."""
    shipped, rows = results.get("shipped", {}), []
    for register, aims in (("instruct", SHIPPED), ("instruct, plain", PLAIN)):
        what = "plain records" if "plain" in register else "all records"
        scores = shipped.get(register, {})
        rows += [
            score_row(f"{name}, shipped suite, {what}", aim, scores.get(name, [None])[0]) for name, aim in aims.items()
        ]
    points = points_of(parts, "dialogsum", examples=1000)
    rows.append(score_row("ROUGE-1 on DialogSum, zero-shot", ZERO_SHOT, points[0]["before"][0] if points else None))
    for examples, (what, aim) in DIALOGSUM.items():
        points = points_of(parts, "dialogsum" if examples else "dialogsum_all", examples=examples)
        rows.append(seeds_row(f"ROUGE-1 after {what}", aim, points, partial(_scores, aim)))
    points = points_of(parts, "summaries", examples=1000)
    for key, bound in (("over_lead", "LEAD-3"), ("over_constant", "the constant sentence")):
        name = f"1,000 shipped dialogues: ROUGE-1 over {bound} (the interval above 0 with every seed)"
        rows.append(difference_row(name, OVER, points, key))
    rows.append(
        difference_row("the same: ROUGE-2 with its own references over another's of the topic", FIT, points, "fit")
    )
    for examples, aim in OPINIONS.items():
        points = points_of(parts, "curve", method="full", examples=examples)
        rows.append(seeds_row(f"opinions after {examples:,}, full", aim, points, partial(_scores, aim)))
    return rows


def difference_row(name: str, aim: float, points: Points, key: str) -> Row:
    """Return the row of a paired difference: reached if its mean is the aim or more and each seed's interval above 0."""
    if not points:
        return name, number(aim), "-", "-"
    mean = float(np.mean([point[key][0] for point in points]))
    settled = sum(point[key][1] > 0 for point in points)
    good = mean >= aim and settled == len(points)
    verdict = "reached" if good else f"missed (above 0 in {count_of_seeds(settled, len(points))})"
    return name, number(aim), number(mean), verdict


def text(results: dict[str, Any], parts: Mapping[str, Facts]) -> str:
    """Return the table of aims, reached and missed."""
    return table(("figure", "aim", "measured", ""), rows_of(results, parts))
