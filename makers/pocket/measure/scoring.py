"""Greedy answers and their scores on the held-out rows of the corpus's tasks."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from labutils.config import profile
from labutils.evaluation.intervals import bootstrap
from labutils.evaluation.metrics import accuracy_values
from labutils.evaluation.scores import summarize
from labutils.generation import generate
from labutils.interfaces import Model, Tokenizer
from labutils.tasks import Task
from makers.pocket.recipe.corpus import Splits
from makers.pocket.recipe.rows import entry_for, phrasings, render

BATCH = profile("pocket").eval_batch_size
# Suite name: (measure, [(set, task, rows)]). The rows are the first of the task's test rows.
SUITE = {
    "topic": ("accuracy", [("cl_benchmark", "topic", 300)]),
    "intent": (
        "accuracy",
        [
            ("banking77_intent", "intent", 100),
            ("clinc150_intent", "intent", 100),
            ("multidogo_intent", "intent", 100),
            ("sgd_active_intent", "intent", 100),
        ],
    ),
    "emotion": ("accuracy", [("goemotions_single", "emotion", 200), ("topical_chat_emotion", "emotion", 100)]),
    "slots": ("pairs_f1", [("sgd_slot_tagging", "slot_ner", 200), ("restaurant8k_slots", "slot_ner", 100)]),
    "entities": ("pairs_f1", [("ner_btc", "ner", 200), ("ner_wikigold", "ner", 100), ("ner_wnut17", "ner", 100)]),
}


def task_answers(
    model: Model, tokenizer: Tokenizer, task: Task, records: Sequence[dict], template: int = 0
) -> list[str]:
    """Return a model's greedy answers to a task's records, asked in the phrasing number ``template``."""
    prompts = [task.prompt(record, template) for record in records]
    return generate(model, tokenizer, prompts, task.max_new_tokens, BATCH)


def suite_examples(corpus: Splits, name: str, limit: int | None = None) -> tuple[list[str], list[str]]:
    """Return (prompts, targets) of one suite task in each set's first phrasing, without tags."""
    entries, prompts, targets = phrasings(), [], []
    for source, task, count in SUITE[name][1]:
        entry = entry_for(entries, (source, task))
        if entry is None or (source, task) not in corpus:
            continue
        for row in corpus[source, task][1][: min(count, limit or count)]:
            prompt, target = render(entry, row, 0)
            prompts.append(prompt)
            targets.append(target)
    return prompts, targets


def accuracy(answers: Sequence[str], targets: Sequence[str]) -> float:
    """Return the share of answers equal to the target, case and outer punctuation aside (0 to 1)."""
    return float(accuracy_values(answers, targets).mean())


def pairs(text: str) -> Counter[str]:
    """Read "type: value; type: value" as a multiset of lower-case pairs; any other text holds none.

    Stricter than labutils.evaluation.metrics.parse_entities, which lab 06 teaches: the corpus writes a space after the
    colon, and its values may end in a full stop. By the other reading the stored F1 would move by .002 and .003.
    """
    parts = (part.strip().lower() for part in text.split(";"))
    return Counter(part for part in parts if ": " in part)


def pair_counts(answers: Sequence[str], targets: Sequence[str]) -> np.ndarray:
    """Return for each row the number of pairs in both, in the answer and in the target, shape (rows, 3)."""
    rows = [(pairs(answer), pairs(target)) for answer, target in zip(answers, targets, strict=True)]
    return np.array([((answer & target).total(), answer.total(), target.total()) for answer, target in rows])


def micro_f1(counts: np.ndarray) -> np.ndarray:
    """Return the F1 of sums of :func:`pair_counts`, shape (..., 3) -> (...); 0 where there is no pair."""
    hits, answered, expected = np.moveaxis(np.asarray(counts, dtype=float), -1, 0)
    return 2 * hits / np.maximum(answered + expected, 1)


def pairs_f1(answers: Sequence[str], targets: Sequence[str]) -> float:
    """Return the micro-averaged F1 of the type-and-value pairs over all rows (0 to 1)."""
    return float(micro_f1(pair_counts(answers, targets).sum(axis=0)))


def pairs_interval(answers: Sequence[str], targets: Sequence[str], seed: int = 0) -> list[float]:
    """Return [F1, low, high]: micro-averaged, 95 %, the rows resampled."""
    counts = pair_counts(answers, targets)
    low, high = bootstrap(lambda draws: micro_f1(draws.sum(axis=1)), counts, seed=seed)
    return rounded(micro_f1(counts.sum(axis=0)), low, high)


def rounded(value: Any, low: Any, high: Any) -> list[float]:
    """Return a value and its interval as results.json keeps them: [value, low, high], four decimals."""
    return [round(float(number), 4) for number in (value, low, high)]


def interval(values: np.ndarray, metric: str = "value") -> list[float]:
    """Return [mean, low, high] of values, one a record, at 95 %; ``metric`` as :func:`summarize` takes names."""
    score = summarize({metric: values})[metric]
    return rounded(score.value, score.low, score.high)


MEASURES = {"accuracy": accuracy, "pairs_f1": pairs_f1}
ROOM = {"accuracy": 20, "pairs_f1": 64}  # tokens for an answer: no label is longer than 20


def suite_answers(
    model: Model, tokenizer: Tokenizer, corpus: Splits, name: str, limit: int | None = None
) -> tuple[list[str], list[str]]:
    """Return (answers, targets) of a model on one suite task, both empty where the corpus lacks the task."""
    prompts, targets = suite_examples(corpus, name, limit)
    return generate(model, tokenizer, prompts, ROOM[SUITE[name][0]], BATCH), targets


def suite_scores(model: Model, tokenizer: Tokenizer, corpus: Splits, limit: int | None = None) -> dict[str, float]:
    """Return {suite task: score} of one model."""
    scores = {}
    for name, (measure, _sources) in SUITE.items():
        answers, targets = suite_answers(model, tokenizer, corpus, name, limit)
        if targets:
            scores[name] = round(MEASURES[measure](answers, targets), 4)
    return scores


def suite_intervals(
    model: Model, tokenizer: Tokenizer, corpus: Splits, limit: int | None = None
) -> dict[str, list[float]]:
    """Return {suite task: [score, low, high]} of the tasks scored by pairs; an accuracy's interval needs no answers."""
    intervals = {}
    for name in (name for name, (measure, _sources) in SUITE.items() if measure == "pairs_f1"):
        answers, targets = suite_answers(model, tokenizer, corpus, name, limit)
        if targets:
            intervals[name] = pairs_interval(answers, targets)
    return intervals


def majority_scores(corpus: Splits, limit: int | None = None) -> tuple[dict[str, float], dict[str, int]]:
    """Return {suite task: score of always giving the most frequent training answer of its set}, and the rows scored."""
    entries, scores, rows = phrasings(), {}, {}
    for name, (measure, sources) in SUITE.items():
        answers: list[str] = []
        targets: list[str] = []
        for source, task, count in sources:
            entry = entry_for(entries, (source, task))
            if entry is None or (source, task) not in corpus:
                continue
            train, test = corpus[source, task]
            labels = Counter(render(entry, row, 0)[1] for row in train)
            part = [render(entry, row, 0)[1] for row in test[: min(count, limit or count)]]
            answers += [labels.most_common(1)[0][0]] * len(part)
            targets += part
        if targets:
            scores[name], rows[name] = round(MEASURES[measure](answers, targets), 4), len(targets)
    return scores, rows
