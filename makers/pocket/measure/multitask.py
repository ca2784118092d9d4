"""Many tasks at once, as experiments: a task that was held out, the rows that each task needs, how rows are shared out,
and a second training on an organisation's own chats.

The first two begin with the base model, since the instruct model was taught most of the suite. Each function returns a
function of a seed and a case, as in experiments.py; all trainings of one part take the same number of steps.
"""

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np

from labutils import chats, mixtures, tasks
from labutils.config import TrainingSettings
from labutils.tasks import Task
from labutils.words import normalize
from makers.pocket.measure.experiments import NEW, RATES, Point, subset
from makers.pocket.measure.models import Loader
from makers.pocket.measure.scoring import interval, task_answers
from makers.pocket.measure.trials import tune

POOL = ("intent", "topic", "questions", "entities")  # each seed begins with another one
ROWS, PASSED = 400, 800  # training records in all, and how many a training passes: fifty batches
TRAININGS = {"one": 1, "four": len(POOL)}  # how many tasks of the pool
TESTED, ASKED = 40, 100  # test records that are asked, at most: of a trained task, of the held-out one
SIZES = {"intent": 400, "topic": 100, "questions": 25}  # training records that the mixtures draw from
CAP, MIXED = 100, 240  # no task counts as larger than this; records of a mixture
CAPS: dict[str, int | None] = {"size": None, "cap": CAP, "equal": mixtures.EQUAL}
FIRST, NOTES_PASSED = 96, 3  # everyday dialogues of the first training, passes over them
NOTED = 40  # test dialogues of each kind that are noted down, at most


def settings(part: str) -> tuple:
    """Return the settings that a part of this module depends on; none for a part of experiments.py."""
    return {
        "tasks": (POOL, ROWS, PASSED, TRAININGS, TESTED, ASKED),
        "mixing": (SIZES, CAPS, MIXED, PASSED, TESTED),
        "support": (FIRST, NOTES_PASSED, NOTED),
    }.get(part, ())


def fit(load: Loader, task: Task, seed: int, passed: int = PASSED) -> tuple[Any, Any]:
    """Train a fresh model on a task until it has passed so many records; return (model, tokenizer)."""
    model, tokenizer = load()
    settings = TrainingSettings(seed=seed, learning_rate=RATES["full"], epochs=passed / len(task.train))
    return tune(model, tokenizer, task, settings).model, tokenizer


def asked(model: Any, tokenizer: Any, task: Task) -> np.ndarray:
    """Return the task's metric of a model's answer to each of its test records, shape (records,)."""
    answers = task_answers(model, tokenizer, task, task.test)
    return np.asarray(task.values(answers, task.test)[task.metric], dtype=float)


def held_out(load: Loader, scale: int | None) -> Callable[..., Point]:
    """What one task and four do for a task that was in neither; and what a task loses among four, with as many rows in all."""
    new = tasks.load_task(NEW).take(test=scale or ASKED)
    pool = [tasks.load_task(name).take(test=scale or TESTED) for name in POOL]

    def point(seed: int, trained: str) -> Point:
        number = TRAININGS[trained]
        first = seed % len(pool)
        chosen = [*pool[first:], *pool[:first]][:number]
        parts = mixtures.counts(ROWS, dict.fromkeys((task.name for task in chosen), 1 / len(chosen)))
        model, tokenizer = fit(load, mixtures.mix(chosen, parts, seed, slice(-1)), seed)
        answers = task_answers(model, tokenizer, new, new.test)
        right = np.asarray(new.values(answers, new.test)[new.metric], dtype=float)
        labels = {normalize(label) for label in new.labels}
        return {
            "tasks": [task.name for task in chosen],
            "rows": parts,
            "held_out": interval(right, new.metric),
            "right": "".join(str(int(value)) for value in right),
            "offered": float(np.mean([normalize(answer) in labels for answer in answers])),
            "scores": {task.name: interval(asked(model, tokenizer, task)) for task in chosen},
        }

    return point


def mixing(load: Loader, scale: int | None) -> Callable[..., Point]:
    """Three tasks of very different size in one training of fixed length: by size, by size up to a cap, all alike."""
    pool = [tasks.load_task(name).take(test=scale or TESTED) for name in SIZES]

    def point(seed: int, mixing: str) -> Point:
        parts = mixtures.counts(MIXED, mixtures.shares(SIZES, CAPS[mixing]))
        few = [subset(task, seed, SIZES[task.name]) for task in pool]
        model, tokenizer = fit(load, mixtures.mix(few, parts, seed, slice(-1)), seed)
        return {"rows": parts, "scores": {task.name: interval(asked(model, tokenizer, task)) for task in pool}}

    return point


def rounded(values: chats.Values) -> dict[str, list[float]]:
    """Return each measure's values as JSON keeps them, one a note: the lab pairs them by chat."""
    return {name: [round(float(value), 4) for value in column] for name, column in values.items()}


def support(load: Loader, scale: int | None) -> Callable[..., Point]:
    """Notes on everyday dialogues and on support chats after a first training on the former, and after a second one."""
    kinds = chats.chat_tasks(scale or NOTED)
    number = min(len(kinds["support"].train), FIRST)
    first: dict[int, dict] = {}

    def train(task: Task, seed: int, state: dict | None) -> tuple[Any, Any]:
        model, tokenizer = load()
        if state is not None:
            model.load_state_dict(state)
        settings = TrainingSettings(seed=seed, learning_rate=RATES["full"], epochs=NOTES_PASSED)
        return tune(model, tokenizer, task, settings).model, tokenizer

    def point(seed: int, second: str) -> Point:
        friends = subset(kinds["everyday"], seed, FIRST + number)
        if seed not in first:
            first.clear()
            model, tokenizer = train(friends.take(train=FIRST), seed, None)
            first[seed] = {name: value.clone() for name, value in model.state_dict().items()}
        rows = {
            "everyday": friends.train[FIRST:],
            "own": subset(kinds["support"], seed, number).train,
        }
        if second == "none":
            model, tokenizer = load()
            model.load_state_dict(first[seed])
        else:
            task = dataclasses.replace(kinds["everyday"], train=rows[second])
            model, tokenizer = train(task, seed, first[seed])
        answers = {kind: task_answers(model, tokenizer, task, task.test) for kind, task in kinds.items()}
        values = {kind: rounded(chats.note_values(texts, kinds[kind].test)) for kind, texts in answers.items()}
        return {"rows": len(rows.get(second, [])), "values": values, "answers": answers["support"]}

    return point
