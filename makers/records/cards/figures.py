"""The figures in the cards' sentences, counted from the records: a sentence cannot fall behind them."""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from statistics import mean

from labutils.evaluation.metrics import parse_entities
from makers.records.cards import nearest

Rows = Mapping[str, list[dict]]  # of each file of a set


def added(first: int, also: Callable[[Rows], dict]) -> Callable[[Rows], dict]:
    """Return a function that counts the records of train after the ``first``, and what ``also`` counts."""
    return lambda rows: {"added": len(rows["train"]) - first, **also(rows)}


def dialogues(rows: Rows) -> dict:
    """Return how long dialogues and references are, beside DialogSum's, and who begins."""
    texts = [row["dialogue"] for records in rows.values() for row in records]
    theirs = nearest.peers()["words"]
    words = [
        f"{nearest.words_spoken(records):.1f} in {split} (DialogSum {theirs[split]:.1f})"
        for split, records in rows.items()
    ]
    by_place = list(zip(*(row["references"] for row in rows["test"]), strict=True))
    means = [mean(len(text.split()) for text in references) for references in by_place]
    return {
        "all": len(texts),
        "within": mean(100 <= len(text.split()) <= 170 for text in texts),
        "first": sum(text.startswith("#Person1#") for text in texts),
        "words": "on average " + ", ".join(words),
        "references": f"{mean(means):.1f}",
        "thrice": ", ".join(f"{value:.1f}" for value in means),
        "their_references": f"{theirs['references']:.1f}",
    }


def plain_dialogues(rows: Rows) -> dict:
    """Return how alike the plain dialogues are: turns, words, who begins."""
    texts = [row["dialogue"] for records in rows.values() for row in records]
    words = [len(re.sub(r"(?m)^#\w+#:", "", text).split()) for text in texts]
    held_out = [row["dialogue"] for split in ("validation", "test") for row in rows[split]]
    return {
        "turns": mean(len(text.split("\n")) in (8, 9) for text in texts),
        "middle": mean(80 <= n <= 140 for n in words),
        "first": mean(text.startswith("#Person1#") for text in held_out),
    }


def products(rows: Rows) -> dict:
    """Return how many products test has, and how many of them train has too."""
    train, test = ({row["product"] for row in rows[split]} for split in ("train", "test"))
    return {"products": len(test), "shared": len(train & test)}


def entities(rows: Rows) -> dict:
    """Return how often a name of test has another type in train, and the types of Charlie in train."""
    types = defaultdict(set)
    for row in rows["train"]:
        for kind, name in parse_entities(row["entities"]):
            types[name].add(kind)
    test = [pair for row in rows["test"] for pair in parse_entities(row["entities"])]
    seen = [(kind, name) for kind, name in test if name in types]
    train = [pair for row in rows["train"] for pair in parse_entities(row["entities"])]
    charlie = Counter(kind for kind, name in train if name.split()[0].lower() == "charlie")
    return {
        "seen": len(seen),
        "other": sum(types[name] != {kind} for kind, name in seen),
        "charlie": ", ".join(f"{kind} {count}" for kind, count in sorted(charlie.items())),
    }


def labels(field: str) -> Callable[[Rows], dict]:
    """Return a function that counts the labels of a set."""
    return lambda rows: {"labels": len({row[field] for row in rows["train"]})}


def passages(rows: Rows) -> dict:
    """Return how many passages of each split have two questions, three ..."""
    parts = []
    for split, records in rows.items():
        counts = Counter(Counter(row["passage"] for row in records).values())
        parts.append(f"{split} " + ", ".join(f"{number} passages with {n}" for n, number in sorted(counts.items())))
    return {"passages": "; ".join(parts)}


def replies(rows: Rows) -> dict:
    """Return how many service dialogues there are, and how many of them give a record."""
    service = [row for split in rows for row in nearest.shipped(split) if row["kind"] == "service"]
    return {"given": sum(map(len, rows.values())), "service": len(service)}


def support(rows: Rows) -> dict:
    """Return how far the notes of train are from those of test, and how many of train the second author wrote."""
    words, entries = (
        {split: mean(count(row) for row in rows[split]) for split in ("train", "test")}
        for count in (lambda row: len(row["summary"].split()), lambda row: len(row["action"]))
    )
    return {
        "test": len(rows["test"]),
        "shorter": words["test"] - words["train"],
        "fewer": entries["test"] - entries["train"],
        "firms": len(rows["train"]) - 155,
    }
