"""What phenomena.py measured, as Markdown for the card: means over the seeds, the range in brackets."""

import json
from collections import defaultdict
from pathlib import Path

import numpy as np

from labutils import forgetting

from .tables import number, table

PARTS = ("summaries", "dialogsum", "curve", "ways", "phrasing")


def read(folder, weights):
    """{part: its file's content}, without the parts that were not measured, or on other weights than these."""
    paths = {part: Path(folder) / f"{part}.json" for part in PARTS}
    found = {part: json.loads(path.read_text(encoding="utf-8")) for part, path in paths.items() if path.is_file()}
    return {part: facts for part, facts in found.items() if facts["weights"] == weights}


def spread(values):
    """Mean [lowest, highest] over the seeds."""
    return f"{number(np.mean(values))} [{number(min(values))}, {number(max(values))}]"


def grouped(points, *keys):
    """{(values of the keys): the points that share them}, in their order."""
    found = defaultdict(list)
    for point in points:
        found[tuple(point[key] for key in keys)].append(point)
    return found


def summaries_table(points):
    """ROUGE-1 by training dialogues, against the first three turns."""
    rows = [
        (
            f"{size:,}",
            spread([p["score"] for p in group]),
            number(group[0]["lead"]),
            f"{np.mean([p['over_lead'][0] for p in group]):+.3f}",
            f"{sum(p['over_lead'][1] > 0 for p in group)} of {len(group)}",
        )
        for (size,), group in grouped(points, "rows").items()
    ]
    return table(("dialogues", "ROUGE-1", "LEAD-3", "difference", "seeds whose paired interval lies above 0"), rows)


def curve_table(points):
    """Accuracy on the new task by examples and method."""
    rows = [
        (
            method,
            size,
            spread([p["score"] for p in group]),
            spread([p["likelihood"] for p in group]),
            number(group[0]["majority"]),
        )
        for (method, size), group in grouped(points, "method", "examples").items()
    ]
    return table(("method", "reviews", "generated", "by likelihood", "majority answer"), rows)


def chosen(points):
    """{way: rate}: at equal gain, by validation alone, from the means over the seeds."""
    return forgetting.at_equal_gain(
        {
            key: np.mean([p["validation"] for p in group])
            for key, group in grouped(points, "way", "learning_rate").items()
        }
    )


def kinds(group):
    """Share of the new task's, invalid and wrong answers among all answers to old tasks, mean over tasks and seeds."""
    found = [answers for point in group for answers in point["kinds"].values()]
    return [number(np.mean([answers[kind] for answers in found])) for kind in ("new task's", "invalid", "wrong")]


def ways_table(points):
    """Every way at every rate; the rate that validation chose is marked."""
    picked = chosen(points)
    rows = [
        (
            way,
            f"{rate:.2g}" + (" (chosen)" if picked[way] == rate else ""),
            spread([p["validation"] for p in group]),
            spread([p["gain"] for p in group]),
            spread([p["forgetting"] for p in group]),
            *kinds(group),
        )
        for (way, rate), group in grouped(points, "way", "learning_rate").items()
    ]
    head = ("way", "rate", "validation", "gain", "forgetting", "new task's answers", "invalid", "wrong")
    return table(head, rows)


def phrasing_table(points):
    """Accuracy in a trained and in an unseen phrasing."""
    rows = [
        (
            number_of,
            spread([p["seen"][0] for p in group]),
            spread([p["unseen"][0] for p in group]),
            f"{np.mean([p['cost'][0] for p in group]):+.3f}",
        )
        for (number_of,), group in grouped(points, "number").items()
    ]
    return table(("phrasings trained", "trained phrasing", "unseen phrasing", "cost"), rows)


TITLES = {
    "summaries": "Summaries of the shipped test dialogues, by training dialogues (full fine-tuning)",
    "dialogsum": "Summaries of the real DialogSum's 500 test dialogues, mean of 3 references (full fine-tuning)",
    "curve": "A new task, sentiment of reviews, by training reviews",
    "ways": "What it costs the old tasks (entities, topic, intent), and the ways out. Rates are chosen on the new task's "
    "validation records alone, the ways compared at equal gain: each takes the rate whose validation score lies nearest to "
    "what every way can reach",
    "phrasing": "A phrasing that was never trained",
}
TABLES = {
    "summaries": summaries_table,
    "dialogsum": summaries_table,
    "curve": curve_table,
    "ways": ways_table,
    "phrasing": phrasing_table,
}


def text(folder, weights):
    """All tables with their titles, commands and seconds; a sentence where nothing was measured on these weights."""
    parts = [
        f"**{TITLES[part]}.**\n\n{TABLES[part](facts['points'])}\n\n"
        f"Seeds {', '.join(map(str, facts['seeds']))}; {facts['seconds']:.0f} s on {facts['machine']}, {facts['date']}: "
        f"`{facts['command']}`."
        for part, facts in read(folder, weights).items()
    ]
    return "\n\n".join(parts) or "Not yet measured on these weights."
