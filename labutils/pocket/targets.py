"""What the full training on two CPU cores was to reach, beside what it reached."""

import numpy as np

from . import findings
from .tables import number, table

SUITE = {"topic": 0.84, "intent": 0.55, "slots": 0.55, "entities": 0.30}
SHIPPED = {"entities": 0.60, "questions": 0.35, "topic": 0.80, "intent": 0.75}


def mean(points, key="score", **where):
    """Mean of a figure over the points that agree with `where`, None without any."""
    found = [point[key] for point in points if all(point[name] == value for name, value in where.items())]
    return float(np.mean(found)) if found else None


def rows_of(results, found):
    """[(name, aim, reached or None)]; `found` are the parts that findings.read gives."""
    points = {part: found.get(part, {}).get("points", []) for part in findings.PARTS}
    suite, shipped = results["suite"].get("instruct", {}), results.get("shipped", {}).get("instruct", {})
    rows = [(f"{name}, held-out rows of the corpus", aim, suite.get(name)) for name, aim in SUITE.items()]
    rows += [(f"{name}, shipped suite", aim, shipped.get(name, [None])[0]) for name, aim in SHIPPED.items()]
    lead = mean(points["summaries"], "lead")
    return [
        *rows,
        ("ROUGE-1 after 500 shipped dialogues (aim: LEAD-3)", lead, mean(points["summaries"], examples=500)),
        ("ROUGE-1 after 1,000 DialogSum dialogues", 0.32, mean(points["dialogsum"], examples=1000)),
        ("ROUGE-1 after all of DialogSum's train", 0.37, mean(points["dialogsum"], examples=0)),
        ("sentiment after 1,000 reviews, full", 0.78, mean(points["curve"], method="full", examples=1000)),
    ]


def text(results, found):
    """The table of aims, reached and missed."""
    rows = [
        (name, number(aim), number(got), "-" if None in (aim, got) else "reached" if got >= aim else "missed")
        for name, aim, got in rows_of(results, found)
    ]
    return table(("figure", "aim", "measured", ""), rows)
