"""The card on many tasks at once (makers/pocket/measure/multitask.py): a table and a sentence for each part."""

from collections.abc import Sequence

import numpy as np

from makers.pocket.card.findings import Points, group_by
from makers.pocket.card.tables import number, outer, signed, spread, table
from makers.pocket.measure.experiments import Point


def by_seed(points: Points, key: str, case: str) -> dict[int, Point]:
    """Return {seed: its point} of the trainings whose ``key`` is ``case``."""
    return {point["seed"]: point for point in points if point[key] == case}


def in_company(points: Points) -> list[float]:
    """Return for each seed four tasks together minus its first task alone, on that task, with as many rows in all."""
    alone, together = (by_seed(points, "trained", case) for case in ("one", "four"))
    differences = []
    for seed, point in alone.items():
        [name] = point["tasks"]
        differences.append(together[seed]["scores"][name][0] - point["scores"][name][0])
    return differences


def tasks(points: Points) -> str:
    """Return what one task and four do for a held-out task, and what a task loses in company."""
    rows = [
        (
            trained,
            f"{sum(group[0]['rows'].values()):,}",
            outer([p["held_out"] for p in group], number),
            spread([p["offered"] for p in group]),
        )
        for (trained,), group in group_by(points, "trained").items()
    ]
    head = ("trained on", "examples", "accuracy on the held-out task", "answers that the question offers")
    one, four = (by_seed(points, "trained", case) for case in ("one", "four"))
    more = spread([four[seed]["held_out"][0] - one[seed]["held_out"][0] for seed in one], signed)
    return (
        f"{table(head, rows)}\n\nFour tasks minus one with as many examples, on the held-out task: {more} (lowest, highest "
        f"seed). A task among four minus the same task alone, with as many examples in all: {spread(in_company(points), signed)}."
    )


def mixing(points: Points) -> str:
    """Return each task's score by the way in which the rows are shared out."""
    names = list(points[0]["scores"])
    rows = [
        (
            way,
            ", ".join(f"{n} {count}" for n, count in group[0]["rows"].items()),
            *(outer([p["scores"][name] for p in group], number) for name in names),
            spread([mean_score(p) for p in group]),
        )
        for (way,), group in group_by(points, "mixing").items()
    ]
    return table(("shared out by", "rows", *names, "mean of the tasks"), rows)


def mean_score(point: Point) -> float:
    """Return the mean of a training's tasks, each of which weighs the same."""
    return float(np.mean([score[0] for score in point["scores"].values()]))


def mean(values: Sequence[float]) -> float:
    """Return the mean of the values of one test set."""
    return float(np.mean(values))


def support(points: Points) -> str:
    """Return the notes' scores on both kinds of dialogue after each second training."""
    rows = []
    for (second,), group in group_by(points, "second").items():
        for kind in ("everyday", "support"):
            values = [point["values"][kind] for point in group]
            kept = [spread([mean(v[m]) for v in values]) if m in values[0] else "-" for m in MEASURES]
            rows.append((second, kind, *kept))
    own, everyday = (by_seed(points, "second", case) for case in ("own", "everyday"))
    gain = [mean(own[s]["values"]["support"]["rouge1"]) - mean(everyday[s]["values"]["support"]["rouge1"]) for s in own]
    return (
        f"{table(('second training', 'asked on', *MEASURES), rows)}\n\nThe organisation's own chats minus as many everyday "
        f"ones, ROUGE-1 on support chats: {spread(gain, signed)} (lowest, highest seed)."
    )


MEASURES = ("rouge1", "request", "action", "unsupported_names", "length_words")
