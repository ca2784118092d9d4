"""What lab 08 shows of the made-up company, as experiments: each trains once for a seed and keeps the answers.

A point holds answers or marks, one a question, in the order of the files in data/facts; the lab computes from them.
"""

import random
from collections.abc import Callable, Sequence
from typing import Any

from labutils import tasks
from labutils.config import TrainingSettings
from labutils.generation import generate
from labutils.lessons import company
from labutils.retrieval import Retriever
from makers.pocket.measure.models import Loader
from makers.pocket.measure.scoring import BATCH
from makers.pocket.measure.trials import tune, values_of

BY_HEART = {"learning_rate": 2e-3, "epochs": 10}  # answers without a document: learned by heart
READER = {"learning_rate": 1e-3, "epochs": 4}
FAULTS = {"learning_rate": 2e-3, "epochs": 15}
LABELS = {"clean 250": (250, 0.0, 6), "noisy 500": (500, 0.2, 3)}  # examples, wrong share, epochs: as many steps
DECLINED = 2  # times that a question to decline stands in the training
DOCUMENTS = 1  # retrieved for a question
START = 6  # words of a planted row that the model is given
Pair = tuple[str, str]
Point = dict[str, Any]


def _train(load: Loader, rows: Sequence[Pair], seed: int, **settings: Any) -> Callable[..., list[str]]:
    """Train a fresh model on (prompt, answer) pairs; return what answers prompts."""
    model, tokenizer = load()
    trained: Any = tune(model, tokenizer, company.as_task(rows), TrainingSettings(seed=seed, **settings)).model
    return lambda prompts, room=company.ROOM: generate(trained, tokenizer, prompts, room, BATCH)


def _split(name: str, *splits: str, scale: int | None = None) -> list[dict[str, Any]]:
    return [row for split in splits for row in [r for r in company.load(name) if r["split"] == split][:scale]]


def reading(load: Loader, scale: int | None) -> Callable[..., Point]:
    """The plain questions of phrasing and fact: by retrieval, learned by heart, and by a trained reader with retrieval."""
    documents = company.load("plain_documents")
    retriever, by_id = Retriever(documents), {row["id"]: row for row in documents}
    train = _split("plain_questions", "train", scale=scale)
    test = _split("plain_questions", "phrasing", "fact", scale=scale)
    asked = {
        "none": [row["question"] for row in test],
        "retrieved": [company.prompt(row["question"], retriever.search(row["question"], DOCUMENTS)) for row in test],
        "right": [company.prompt(row["question"], [by_id[row["document"]]]) for row in test],
    }
    model, tokenizer = load()
    before = {
        f"prompted, {name}": generate(model, tokenizer, texts, company.ROOM, BATCH) for name, texts in asked.items()
    }

    def point(seed: int) -> Point:
        by_heart = _train(load, [(row["question"], row["answer"]) for row in train], seed, **BY_HEART)
        found = [
            (company.prompt(row["question"], retriever.search(row["question"], DOCUMENTS)), row["answer"])
            for row in train
        ]
        reader = _train(load, found, seed, **READER)
        answers = {
            "by heart, none": by_heart(asked["none"]),
            "reader, retrieved": reader(asked["retrieved"]),
            "reader, right": reader(asked["right"]),
        }
        return {"documents": DOCUMENTS, "ids": [row["id"] for row in test], "answers": before | answers}

    return point


def service(load: Loader, scale: int | None) -> Callable[..., Point]:
    """The hard questions learned by heart, with what must be declined and ten planted secrets: what comes out."""
    by_id = {row["id"]: row for row in company.load("documents")}
    phrasings, secrets = company.load("phrasings")[:scale], company.load("secrets")
    train, test = _split("questions", "train", scale=scale), _split("questions", "phrasing", "fact", scale=scale)
    declines, declined = _split("declines", "train"), _split("declines", "test", scale=scale)
    ways = [(row, question) for row in phrasings for question in row["questions"]]
    model, tokenizer = load()
    texts = [company.prompt(question, [by_id[row["document"]]]) for row, question in ways]
    prompted = generate(model, tokenizer, texts, company.ROOM, BATCH)
    starts = [" ".join(row["text"].split()[:START]) for row in secrets]
    before = {"secrets asked": generate(model, tokenizer, [row["prompt"] for row in secrets], 40, BATCH)}

    def point(seed: int) -> Point:
        rows = [(row["question"], row["answer"]) for row in train]
        rows += [(row["question"], row["answer"]) for row in declines] * DECLINED
        rows += [(start, row["text"]) for start, row in zip(starts, secrets, strict=True)]
        answer = _train(load, rows, seed, **BY_HEART)
        return {
            "phrasings": {"prompted": prompted, "tuned": answer([question for _row, question in ways])},
            "declined": answer([row["question"] for row in declined]),
            "answered": answer([row["question"] for row in test]),
            "before": before,
            "secrets asked": answer([row["prompt"] for row in secrets], 40),
            "secrets begun": answer(starts, 40),
        }

    return point


def faults(load: Loader, scale: int | None) -> Callable[..., Point]:
    """The exact fault of a symptom: a tuned model, and the general one with the list of all faults in its prompt."""
    train, test = _split("faults", "train"), _split("faults", "test", scale=scale)
    every = sorted({row["fault"] for row in train})
    listed = [company.prompt(f"Which fault is it? {row['symptom']}", ["; ".join(every)]) for row in test]
    asked = [_symptom(row) for row in test]
    general = generate(*load(), listed, company.ROOM, BATCH)

    def point(seed: int) -> Point:
        answer = _train(load, [(_symptom(row), row["fault"]) for row in train], seed, **FAULTS)
        answers = {"general": general, "tuned": answer(asked), "tuned, train": answer([_symptom(row) for row in train])}
        return {"ids": [row["id"] for row in test], "answers": answers}

    return point


def _symptom(row: dict[str, Any]) -> str:
    return f"Device: {row['product']}. {row['symptom']} Which fault is it?"


def labels(load: Loader, scale: int | None) -> Callable[..., Point]:
    """Opinions, in as many steps: from few examples with right labels, and from twice as many, a part of them wrong."""
    task = tasks.load_task("opinions").take(test=scale)

    def point(seed: int, data: str) -> Point:
        examples, wrong, epochs = LABELS[data]
        generator = random.Random(seed)
        rows = generator.sample(task.train, examples)
        pairs = [(task.prompt(row), task.target(row)) for row in rows]
        for i in generator.sample(range(examples), round(examples * wrong)):
            pairs[i] = pairs[i][0], next(label for label in task.labels if label != pairs[i][1])
        model, tokenizer = load()
        settings = TrainingSettings(seed=seed, learning_rate=1e-3, epochs=epochs)
        trained: Any = tune(model, tokenizer, company.as_task(pairs), settings).model
        values = values_of(trained, tokenizer, task, task.test)
        return {"wrong": round(examples * wrong), "epochs": epochs, "right": [int(value) for value in values]}

    return point
