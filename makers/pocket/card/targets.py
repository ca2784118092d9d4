"""What the full training on two CPU cores was to reach, beside what it reached."""

import numpy as np

from makers.pocket.card import findings
from makers.pocket.card.tables import number, table

SUITE = {"topic": 0.84, "intent": 0.55, "slots": 0.55, "entities": 0.30}
SHIPPED = {"entities": 0.60, "questions": 0.35, "topic": 0.80, "intent": 0.75}


def single(name, aim, got):
    """A row of one measured score."""
    return name, number(aim), number(got), "-" if got is None else "reached" if got >= aim else "missed"


def by_seeds(name, aim, points, reached, key="score"):
    """A row of a score over seeds: reached if every seed reaches it, else by how many it is.

    `points`: the trainings, one a seed; `reached`: whether one of them reaches the aim.
    """
    if not points:
        return name, number(aim), "-", "-"
    hits, total = sum(map(reached, points)), len(points)
    word = "reached" if hits == total else "missed" if not hits else f"reached in {findings.seeds(hits, total)}"
    return name, number(aim), number(np.mean([point[key] for point in points])), word


def of(found, part, **where):
    """The points of a part that agree with `where`, none where the part was not measured."""
    points = found.get(part, {}).get("points", [])
    return [point for point in points if all(point[name] == value for name, value in where.items())]


def rows_of(results, found):
    """[(name, aim, measured, verdict)]; `found` are the parts that findings.read gives."""
    suite, shipped = results["suite"].get("instruct", {}), results.get("shipped", {}).get("instruct", {})
    rows = [single(f"{name}, held-out rows of the corpus", aim, suite.get(name)) for name, aim in SUITE.items()]
    rows += [single(f"{name}, shipped suite", aim, shipped.get(name, [None])[0]) for name, aim in SHIPPED.items()]
    few = of(found, "summaries", examples=500)
    rows.append(
        by_seeds(
            "ROUGE-1 after 500 shipped dialogues (aim: above LEAD-3 by the paired interval)",
            few[0]["lead"] if few else None,
            few,
            lambda point: point["over_lead"][1] > 0,
        )
    )
    for name, aim, examples in (("1,000 DialogSum dialogues", 0.32, 1000), ("all of DialogSum's train", 0.37, 0)):
        points = of(found, "dialogsum", examples=examples)
        rows.append(by_seeds(f"ROUGE-1 after {name}", aim, points, lambda point, aim=aim: point["score"] >= aim))
    points = of(found, "curve", method="full", examples=1000)
    trial = results.get("sentiment", {})
    rows.append(single("sentiment after 1,000 pros and cons of the corpus (two classes)", 0.78, trial.get("after")))
    rate = f" (the only rate measured: {points[0]['learning_rate']:.2g})" if points else ""
    name = f"sentiment after 1,000 shipped reviews (three classes), full, at its usual rate{rate}"
    return [*rows, by_seeds(name, 0.78, points, lambda point: point["score"] >= 0.78)]


def text(results, found):
    """The table of aims, reached and missed."""
    return table(("figure", "aim", "measured", ""), rows_of(results, found))
