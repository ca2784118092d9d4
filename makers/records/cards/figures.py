"""The figures in the cards' sentences, counted from the records, so that no sentence outlives them."""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from statistics import mean

from labutils import tasks
from makers.records.cards import nearest

Rows = Mapping[str, list[dict]]  # of each file of a set


def added(first: int, also: Callable[[Rows], dict]) -> Callable[[Rows], dict]:
    """Return what counts the records of train after the ``first``, and what ``also`` counts."""
    return lambda rows: {"added": len(rows["train"]) - first, **also(rows)}


def dialogues(rows: Rows) -> dict:
    """Return how long dialogues and references are, beside DialogSum's, and who begins."""
    every = [row["dialogue"] for found in rows.values() for row in found]
    theirs = nearest.peers()["words"]
    words = [
        f"{nearest.words_spoken(found):.1f} in {split} (DialogSum {theirs[split]:.1f})" for split, found in rows.items()
    ]
    by_place = list(zip(*(row["references"] for row in rows["test"]), strict=True))
    means = [mean(len(text.split()) for text in texts) for texts in by_place]
    return {
        "all": len(every),
        "within": mean(100 <= len(text.split()) <= 170 for text in every),
        "first": sum(text.startswith("#Person1#") for text in every),
        "words": "on average " + ", ".join(words),
        "references": f"{mean(means):.1f}",
        "thrice": ", ".join(f"{value:.1f}" for value in means),
        "their_references": f"{theirs['references']:.1f}",
    }


def plain_dialogues(rows: Rows) -> dict:
    """Return how alike the plain dialogues are: turns, words, who begins."""
    every = [row["dialogue"] for found in rows.values() for row in found]
    words = [len(re.sub(r"(?m)^#\w+#:", "", text).split()) for text in every]
    begun = [row["dialogue"].startswith("#Person1#") for split in ("validation", "test") for row in rows[split]]
    return {
        "turns": mean(len(text.split("\n")) in (8, 9) for text in every),
        "middle": mean(80 <= n <= 140 for n in words),
        "first": mean(begun),
    }


def products(rows: Rows) -> dict:
    """Return how many products test has, and how many of them train has too."""
    train, test = ({row["product"] for row in rows[split]} for split in ("train", "test"))
    return {"products": len(test), "shared": len(train & test)}


def entities(rows: Rows) -> dict:
    """Return how often a name of test has another type in train, and the types of Charlie in train."""
    types = defaultdict(set)
    for row in rows["train"]:
        for kind, name in tasks.parse_entities(row["entities"]):
            types[name].add(kind)
    seen = [
        (kind, name) for row in rows["test"] for kind, name in tasks.parse_entities(row["entities"]) if name in types
    ]
    train = [pair for row in rows["train"] for pair in tasks.parse_entities(row["entities"])]
    charlie = Counter(kind for kind, name in train if name.split()[0].lower() == "charlie")
    return {
        "seen": len(seen),
        "other": sum(types[name] != {kind} for kind, name in seen),
        "charlie": ", ".join(f"{kind} {count}" for kind, count in sorted(charlie.items())),
    }


def labels(field: str) -> Callable[[Rows], dict]:
    """Return what counts the labels of a set."""
    return lambda rows: {"labels": len({row[field] for row in rows["train"]})}


def passages(rows: Rows) -> dict:
    """Return how many passages of each split have two questions, three ..."""
    said = []
    for split, found in rows.items():
        counts = Counter(Counter(row["passage"] for row in found).values())
        said.append(f"{split} " + ", ".join(f"{number} passages with {n}" for n, number in sorted(counts.items())))
    return {"passages": "; ".join(said)}


def replies(rows: Rows) -> dict:
    """Return how many service dialogues there are, and how many of them give a record."""
    service = [row for split in rows for row in nearest.shipped(split) if row["kind"] == "service"]
    return {"given": sum(map(len, rows.values())), "service": len(service)}
