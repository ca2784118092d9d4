"""What the full training on two CPU cores was to reach, beside what it reached."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np

from makers.pocket.card.findings import Facts, Points, count_of_seeds
from makers.pocket.card.tables import number, table
from makers.pocket.measure.experiments import Point

SUITE = {"topic": 0.84, "intent": 0.55, "slots": 0.55, "entities": 0.30}
SHIPPED = {"entities": 0.60, "questions": 0.35, "topic": 0.80, "intent": 0.75}
DIALOGSUM = {1000: ("1,000 DialogSum dialogues", 0.32), 0: ("all of DialogSum's train", 0.37)}
SENTIMENT = 0.78
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
    suite, shipped = results["suite"].get("instruct", {}), results.get("shipped", {}).get("instruct", {})
    rows = [score_row(f"{name}, held-out rows of the corpus", aim, suite.get(name)) for name, aim in SUITE.items()]
    rows += [score_row(f"{name}, shipped suite", aim, shipped.get(name, [None])[0]) for name, aim in SHIPPED.items()]
    points = points_of(parts, "summaries", examples=500)
    name = "ROUGE-1 after 500 shipped dialogues (aim: above LEAD-3 by the paired interval)"
    lead = points[0]["lead"] if points else None
    rows.append(seeds_row(name, lead, points, lambda point: point["over_lead"][1] > 0))
    for examples, (what, aim) in DIALOGSUM.items():
        points = points_of(parts, "dialogsum", examples=examples)
        rows.append(seeds_row(f"ROUGE-1 after {what}", aim, points, partial(_scores, aim)))
    accuracy = results.get("sentiment", {}).get("after")
    rows.append(score_row("sentiment after 1,000 pros and cons of the corpus (two classes)", SENTIMENT, accuracy))
    points = points_of(parts, "curve", method="full", examples=1000)
    rate = f" (the only rate measured: {points[0]['learning_rate']:.2g})" if points else ""
    name = f"sentiment after 1,000 shipped reviews (three classes), full, at its usual rate{rate}"
    return [*rows, seeds_row(name, SENTIMENT, points, partial(_scores, SENTIMENT))]


def text(results: dict[str, Any], parts: Mapping[str, Facts]) -> str:
    """Return the table of aims, reached and missed."""
    return table(("figure", "aim", "measured", ""), rows_of(results, parts))
