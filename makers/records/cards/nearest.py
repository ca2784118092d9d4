"""How near the test dialogues are to the training dialogues, beside the same of DialogSum.

DialogSum's figures cannot be had on a machine without it: ``python -m makers.records cards`` writes them to
``data/dialogues/peers.json`` where it is, and the card takes them from there everywhere.
"""

import functools
import itertools
import json
import random
import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path
from statistics import mean

import numpy as np

from labutils.dialogues import textfiles
from labutils.evaluation import bounds
from labutils.files import write_text
from labutils.machine import paths
from labutils.rouge import rouge_tokens
from makers.records import jsonl
from makers.records.checks import corpora

DRAWS = 8  # one draw of 120 and 600 moves the median by a tenth
TEST, TRAIN = 120, 600  # dialogues compared
METRICS = ("rouge1", "rouge2", "rougeL")
QUANTILES = (0, 10, 25, 50, 75, 90, 100)


def nearest_rouge2(test: Sequence[str], train: Sequence[str]) -> list[float]:
    """Return for each test dialogue the ROUGE-2 F-measure of the training dialogue nearest to it, tags taken off."""
    lengths: list[int] = []
    holders: dict[tuple[str, str], list[tuple[int, int]]] = defaultdict(list)
    for i, bag in enumerate(map(_pairs, train)):
        lengths.append(bag.total())
        for pair, count in bag.items():
            holders[pair].append((i, count))
    scores = []
    for bag in map(_pairs, test):
        shared = np.zeros(len(lengths))
        for pair, count in bag.items():
            for i, other in holders.get(pair, ()):
                shared[i] += min(count, other)
        scores.append(float((2 * shared / (np.array(lengths) + bag.total())).max()))
    return scores


def _pairs(dialogue: str) -> Counter[tuple[str, str]]:
    tokens = rouge_tokens(re.sub(r"#\w+#:?", " ", dialogue))
    return Counter(itertools.pairwise(tokens))


@functools.cache
def compare(test: tuple[str, ...], train: tuple[str, ...]) -> list[float]:
    """Return, sorted, how near 120 test dialogues are to 600 training dialogues; of more, DRAWS draws together."""
    if len(test) <= TEST and len(train) <= TRAIN:
        return sorted(round(value, 4) for value in nearest_rouge2(test, train))
    values = []
    for seed in range(DRAWS):
        draw = random.Random(seed)
        values += nearest_rouge2(draw.sample(test, min(TEST, len(test))), draw.sample(train, min(TRAIN, len(train))))
    return sorted(round(value, 4) for value in values)


def trivial_scores(rows: Sequence[dict], train_summaries: Sequence[str]) -> dict[str, dict[str, float]]:
    """Return ROUGE of the first three turns, of one training summary for all, and of people measured by each other."""
    answers = bounds.bounds(rows, train_summaries, resamples=1)  # means alone are shown, so no interval is drawn
    return {name: {metric: round(scores[metric].value, 4) for metric in METRICS} for name, scores in answers.items()}


def at_quantiles(values: Sequence[float]) -> list[float]:
    """Return the values at QUANTILES."""
    return [float(value) for value in np.percentile(values, QUANTILES)]


def above(ours: Sequence[float], theirs: Sequence[float]) -> list[int]:
    """Return the percentiles at which ours lie above theirs."""
    pairs = zip(np.percentile(ours, range(101)), np.percentile(theirs, range(101)), strict=True)
    return [percentile for percentile, (our_value, their_value) in enumerate(pairs) if our_value > their_value]


def chance_above(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """Return the probability that one of ours lies above one of theirs, ties half (Mann and Whitney's U as a share)."""
    column, row = np.asarray(ours)[:, None], np.asarray(theirs)
    return float(np.mean(column > row) + np.mean(column == row) / 2)


def largest_gap(ours: Sequence[float], theirs: Sequence[float], first: int = 0) -> float:
    """Return by how much ours lies above theirs at most, at a percentile from the ``first`` on."""
    places = range(first, 101)
    return float((np.percentile(ours, places) - np.percentile(theirs, places)).max())


def length_correlation(test: Sequence[dict], train: Sequence[dict]) -> float:
    """Return Pearson's correlation of a test dialogue's words with how near its nearest training dialogue is."""
    near = nearest_rouge2(*([row["dialogue"] for row in rows] for rows in (test, train)))
    return float(np.corrcoef([words_spoken([row]) for row in test], near)[0, 1])


def words_spoken(rows: Sequence[dict]) -> float:
    """Return the mean number of words of the dialogues, speaker tags taken off."""
    return mean(len(re.sub(r"#\w+#:", " ", row["dialogue"]).split()) for row in rows)


def peers_path() -> Path:
    """Return where DialogSum's figures lie."""
    return paths.data_dir() / "dialogues" / "peers.json"


def peers() -> dict:
    """Return DialogSum's figures."""
    return json.loads(peers_path().read_text(encoding="utf-8"))


def shipped(split: str, register: str = "rich") -> list[dict]:
    """Return the shipped dialogues of a split and register."""
    records = jsonl.read(paths.data_dir() / "dialogues" / f"{split}.jsonl")
    return [record for record in records if record["register"] == register]


def write_peers(path: Path) -> None:
    """Write DialogSum's figures to ``path``; without DialogSum on this machine they stay as they are."""
    rows = {split: _dialogsum(name) for split, name in (("train", "train"), ("validation", "dev"), ("test", "test"))}
    if not all(rows.values()):
        return
    figures = {
        "of": "DialogSum (Chen et al. 2021): figures only, none of its text",
        "command": "python -m makers.records cards",
        "seeds": list(range(DRAWS)),
        "nearest_rouge2": compare(*(tuple(row["dialogue"] for row in rows[split]) for split in ("test", "train"))),
        "words": {split: round(words_spoken(records), 2) for split, records in rows.items()}
        | {"references": round(mean(len(text.split()) for row in rows["test"] for text in row["references"]), 2)},
        "scores": trivial_scores(rows["test"], [row["references"][0] for row in rows["train"]]),
    }
    write_text(path, json.dumps(figures) + "\n")


def _dialogsum(split: str) -> list[dict]:
    path = corpora.folder("dialogsum") / f"dialogsum.{split}.jsonl"
    if not path.is_file():
        return []
    rows = []
    for _line, row, error in textfiles.parse(path):
        if not error:
            references = [row[key] for key in ("summary", "summary1", "summary2", "summary3") if row.get(key)]
            rows.append({"dialogue": row["dialogue"], "references": references})
    return rows
