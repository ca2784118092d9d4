"""Greedy answers and their scores on the held-out rows of the corpus's tasks."""

from collections import Counter

import numpy as np
import torch

from labutils.evaluation.intervals import bootstrap
from labutils.evaluation.metrics import accuracy_values
from makers.pocket.recipe.rows import entry_for, phrasings, render

# Suite name: (measure, [(set, task, rows)]). The rows are the first of the task's test rows (POCKET.md, point 7).
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


@torch.no_grad()
def generate(model, tokenizer, prompts, max_new_tokens=64, batch=32):
    """Greedy answers in the order of the prompts; batches of prompts of like length."""
    model.eval()
    order = sorted(range(len(prompts)), key=lambda place: len(prompts[place]))
    answers = [""] * len(prompts)
    for start in range(0, len(order), batch):
        part = order[start : start + batch]
        inputs = tokenizer(
            [prompts[place] for place in part], padding=True, truncation=True, max_length=512, return_tensors="pt"
        )
        out = model.generate(**inputs, max_new_tokens=max_new_tokens, do_sample=False, num_beams=1)
        for place, text in zip(part, tokenizer.batch_decode(out, skip_special_tokens=True), strict=True):
            answers[place] = text.strip()
    return answers


def suite_examples(tasks, name, limit=None):
    """(prompts, targets) of one suite task in each set's first phrasing, without tags."""
    known, prompts, targets = phrasings(), [], []
    for source, task, count in SUITE[name][1]:
        if (source, task) not in tasks:
            continue
        entry = entry_for(known, (source, task))
        for row in tasks[source, task][1][: min(count, limit or count)]:
            prompt, target = render(entry, row, 0)
            prompts.append(prompt)
            targets.append(target)
    return prompts, targets


def accuracy(answers, targets):
    """Share of answers equal to the target, case and outer punctuation aside (0 to 1)."""
    return float(accuracy_values(answers, targets).mean())


def pairs(text):
    """ "type: value; type: value" -> a multiset of lower-case pairs; anything else holds none.

    Stricter than labutils.evaluation.metrics.parse_entities, which lab 06 teaches: the corpus writes a space after the
    colon, and its values may end in a full stop. By the other reading the stored F1 would move by .002 and .003.
    """
    parts = [part.strip().lower() for part in text.split(";")]
    return Counter(part for part in parts if ": " in part)


def pair_counts(answers, targets):
    """For each row the pairs that are right, that were said and that were wanted, shape (rows, 3)."""
    rows = (map(pairs, row) for row in zip(answers, targets, strict=True))
    return np.array([((mine & true).total(), mine.total(), true.total()) for mine, true in rows])


def pairs_f1(answers, targets):
    """Micro-averaged F1 of the type-and-value pairs over all rows (0 to 1); 0 where nothing is said."""
    return float(micro_f1(pair_counts(answers, targets).sum(axis=0)))


def micro_f1(counts):
    """F1 from sums of right, said and wanted pairs, shape (.., 3)."""
    hits, said, wanted = np.moveaxis(np.asarray(counts, dtype=float), -1, 0)
    return 2 * hits / np.maximum(said + wanted, 1)


def pairs_interval(answers, targets, seed=0):
    """[F1, low, high]: micro-averaged, 95 %, the rows resampled."""
    counts = pair_counts(answers, targets)
    low, high = bootstrap(lambda drawn: micro_f1(drawn.sum(axis=1)), counts, seed=seed)
    return [round(float(part), 4) for part in (micro_f1(counts.sum(axis=0)), low, high)]


MEASURES = {"accuracy": accuracy, "pairs_f1": pairs_f1}
ROOM = {"accuracy": 20, "pairs_f1": 64}  # tokens for an answer: no label is longer than 20


def suite_scores(model, tokenizer, tasks, limit=None):
    """{suite task: score} of one model."""
    scores = {}
    for name, (measure, _) in SUITE.items():
        prompts, targets = suite_examples(tasks, name, limit)
        if targets:
            scores[name] = round(MEASURES[measure](generate(model, tokenizer, prompts, ROOM[measure]), targets), 4)
    return scores


def suite_intervals(model, tokenizer, tasks, limit=None):
    """{suite task: [score, low, high]} of the tasks that are scored by pairs; an accuracy's interval needs no answers."""
    scores = {}
    for name, (measure, _) in SUITE.items():
        prompts, targets = suite_examples(tasks, name, limit)
        if targets and measure == "pairs_f1":
            scores[name] = pairs_interval(generate(model, tokenizer, prompts, ROOM[measure]), targets)
    return scores


def majority_scores(tasks, limit=None):
    """{suite task: score of always giving the most frequent training answer of that set} and the rows scored."""
    known, scores, rows = phrasings(), {}, {}
    for name, (measure, sources) in SUITE.items():
        answers, targets = [], []
        for source, task, count in sources:
            if (source, task) in tasks:
                entry = entry_for(known, (source, task))
                train, test = tasks[source, task]
                labels = Counter(render(entry, row, 0)[1] for row in train)
                wanted = [render(entry, row, 0)[1] for row in test[: min(count, limit or count)]]
                answers += [labels.most_common(1)[0][0]] * len(wanted)
                targets += wanted
        if targets:
            scores[name], rows[name] = round(MEASURES[measure](answers, targets), 4), len(targets)
    return scores, rows
