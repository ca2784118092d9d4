"""What the labs show, as experiments: what a task needs, what it costs the others, what a phrasing costs.

An experiment is a function of a loader and a scale (at most so many test and validation records; None: all). It returns
a function that runs one training, of a seed and a case, and returns its point: a plain record for JSON.
"""

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from labutils import forgetting, tasks
from labutils.config import TrainingSettings, profile
from labutils.dialogues.loading import load_dialogues
from labutils.evaluation.bounds import constant_sentence, lead
from labutils.evaluation.comparison import Comparison, compare_values
from labutils.tasks import Task
from makers.pocket.measure.models import Loader
from makers.pocket.measure.scoring import BATCH, interval, task_answers
from makers.pocket.measure.trials import tune, values_of

NEW, OLD = "opinions", ("entities", "topic", "intent")
WAYS = {  # method, share of old rows in the mixture
    "full": ("full", 0.0),
    "LoRA": ("lora", 0.0),
    "rehearsal 30%": ("full", 0.3),
    "mixture": ("full", len(OLD) / (len(OLD) + 1)),  # as many rows of each old task as of the new one
}
EXAMPLES, EPOCHS, SUMMARY_EPOCHS = 500, {"full": 3, "lora": 6}, 3  # LoRA's validation loss turns later
PASSED = 1600  # records that a training of fewer than EXAMPLES passes at least: a hundred batches
RATES = {"full": profile("pocket").learning_rate_full, "lora": profile("pocket").learning_rate_lora}
HIGHEST = {"full": 3e-3, "lora": 3e-2}  # the rate of factor 1 of the ways: beyond the best one of each method
Point = dict[str, Any]
Experiment = Callable[[Loader, int | None], Callable[..., Point]]


def subset(task: Task, seed: int, number: int) -> Task:
    """Return the task with ``number`` of its train records (0: all), drawn by the seed; sets of one seed are nested."""
    order = np.random.default_rng(seed).permutation(len(task.train))
    return dataclasses.replace(task, train=[task.train[i] for i in order[: number or None]])


def train(load: Loader, task: Task, seed: int, method: str = "full", **settings: Any) -> tuple[Any, Any]:
    """Train a fresh model on all of a task's train records; return (model, tokenizer)."""
    model, tokenizer = load()
    settings = {"learning_rate": RATES[method], "epochs": EPOCHS[method]} | settings
    return tune(model, tokenizer, task, TrainingSettings(method=method, seed=seed, **settings)).model, tokenizer


def with_interval(comparison: Comparison) -> list[float]:
    """Return [difference, low, high]."""
    return [comparison.difference, *comparison.interval]


def curve(load: Loader, scale: int | None) -> Callable[..., Point]:
    """Accuracy on the new task by training examples, generated and by likelihood, and what the old tasks lose."""
    new, matrix = _before(load, scale)
    majority = forgetting.majority(new)

    def point(seed: int, method: str, examples: int) -> Point:
        epochs = max(EPOCHS[method], -(-PASSED // examples))
        model, tokenizer = train(load, subset(new, seed, examples), seed, method, epochs=epochs)
        name = f"{method} {examples} {seed}"
        generated = matrix.add(name, model, tokenizer)[NEW, name]
        likeliest = forgetting.Matrix([new], by=forgetting.LIKELIHOOD).add("after", model, tokenizer)[NEW, "after"]
        return {
            "learning_rate": RATES[method],
            "epochs": epochs,
            "score": generated.score.value,
            "interval": interval(generated.values),
            "likelihood": likeliest.score.value,
            "likelihood_interval": interval(likeliest.values),
            "majority": majority.score.value,
            "over_majority": with_interval(compare_values(generated.values, majority.values, new.metric, seed=seed)),
            **outcome(matrix, name, new, seed),
        }

    return point


def ways(load: Loader, scale: int | None) -> Callable[..., Point]:
    """Gain on the new task against forgetting of the old ones: each way at each rate, with validation scores."""
    new, matrix = _before(load, scale)
    old = [task for name, task in matrix.tasks.items() if name != NEW]

    def point(seed: int, way: str, factor: float) -> Point:
        method, share = WAYS[way]
        mixture = forgetting.mixture(subset(new, seed, EXAMPLES), old, share, seed)
        rate, name = factor * HIGHEST[method], f"{way} {factor} {seed}"
        model, tokenizer = train(load, mixture, seed, method, learning_rate=rate)
        matrix.add(name, model, tokenizer)
        return {
            "learning_rate": rate,
            "rows": len(mixture.train),
            "validation": _mean_score(model, tokenizer, new, scale),
            **outcome(matrix, name, new, seed),
        }

    return point


def walk(load: Loader, scale: int | None) -> Callable[..., Point]:
    """The weights between before and after a full training on the new task (Wortsman et al., 2022, arXiv:2109.01903).

    A point holds the validation scores of the new task and of the old ones, by which a share is to be chosen.
    """
    new, matrix = _before(load, scale)
    old = [task for name, task in matrix.tasks.items() if name != NEW]
    trained: dict[int, tuple[Any, Any, dict, dict]] = {}

    def point(seed: int, share: float) -> Point:
        if seed not in trained:
            trained.clear()  # one seed's weights at a time
            first = {name: value.clone() for name, value in load()[0].state_dict().items()}
            model, tokenizer = train(load, subset(new, seed, EXAMPLES), seed)
            trained[seed] = model, tokenizer, first, {k: v.clone() for k, v in model.state_dict().items()}
        model, tokenizer, before, after = trained[seed]
        forgetting.interpolate(model, before, after, share)
        name = f"{share} {seed}"
        matrix.add(name, model, tokenizer)
        return {
            "validation": _mean_score(model, tokenizer, new, scale),
            "validation_old": float(np.mean([_mean_score(model, tokenizer, task, scale) for task in old])),
            **outcome(matrix, name, new, seed),
        }

    return point


def _mean_score(model: Any, tokenizer: Any, task: Task, scale: int | None) -> float:
    """Return the mean of a task's metric over its validation records."""
    return float(values_of(model, tokenizer, task, task.validation[:scale]).mean())


def _before(load: Loader, scale: int | None) -> tuple[Task, forgetting.Matrix]:
    """Return the new task, and the matrix of it and the old ones with the model before any training."""
    new, *old = (tasks.load_task(name).take(test=scale) for name in (NEW, *OLD))
    return new, forgetting.Matrix([new, *old], batch_size=BATCH).add("before", *load())


def outcome(matrix: forgetting.Matrix, after: str, new: Task, seed: int) -> Point:
    """Return gain, mean forgetting and, for each old task, the score after and the kinds of its answers."""
    point = forgetting.trade_off(matrix, "before", after, NEW, seed=seed)
    return {
        "gain": point.gain.value,
        "gain_interval": [point.gain.low, point.gain.high],
        "forgetting": point.forgetting.value,
        "forgetting_interval": [point.forgetting.low, point.forgetting.high],
        "before": {name: matrix[name, "before"].score.value for name in matrix.tasks},
        "after": {name: matrix[name, after].score.value for name in matrix.tasks},
        "kinds": {
            name: forgetting.answer_kinds(task, matrix[name, after], new.labels)
            for name, task in matrix.tasks.items()
            if name != NEW
        },
    }


def summaries(load: Loader, scale: int | None, source: str = "pocket") -> Callable[..., Point]:
    """ROUGE-1 on test dialogues by training dialogues: before, against two bounds, and against swapped references."""
    data = load_dialogues(source)
    task = tasks.summarization(data).take(test=scale)
    topics = [row["topic"] for row in data["test"]][:scale]
    bounds = {
        "lead": [lead(record["dialogue"]) for record in task.test],
        "constant": [constant_sentence([row["summary"] for row in task.train], 0)] * len(task.test),
    }
    values = {name: _rouge(task, texts, "rouge1") for name, texts in bounds.items()}
    before = _rouge(task, task_answers(*load(), task, task.test), "rouge1")

    def point(seed: int, examples: int) -> Point:
        few = subset(task, seed, examples)
        model, tokenizer = train(load, few, seed, epochs=SUMMARY_EPOCHS)
        answers = task_answers(model, tokenizer, task, task.test)
        scores = _rouge(task, answers, "rouge1")
        over = {name: compare_values(scores, bound, "rouge1", seed=seed) for name, bound in values.items()}
        return {
            "rows": len(few.train),
            "learning_rate": RATES["full"],
            "before": interval(before),
            "score": float(scores.mean()),
            "interval": interval(scores),
            **{name: float(bound.mean()) for name, bound in values.items()},
            **{f"over_{name}": with_interval(comparison) for name, comparison in over.items()},
            "verdict": over["lead"].code,
            "fit": with_interval(fit(task, answers, topics, seed)),
        }

    return point


def fit(task: Task, answers: Sequence[str], topics: Sequence[str], seed: int) -> Comparison:
    """ROUGE-2 of each summary with its own references, minus that with another dialogue's, of the same topic if there is one.

    What a model writes whatever the dialogue says scores the same with both.
    """
    same = _rouge(task, answers, "rouge2")
    others = _rouge(dataclasses.replace(task, test=[task.test[i] for i in partners(topics, seed)]), answers, "rouge2")
    return compare_values(same, others, "rouge2", seed=seed)


def partners(topics: Sequence[str], seed: int) -> list[int]:
    """Return for each dialogue the place of another one: the next of its topic in a seeded circle, else the next of all."""
    order = [int(i) for i in np.random.default_rng(seed).permutation(len(topics))]
    following = dict(zip(order, [*order[1:], order[0]], strict=True))
    for topic in sorted(set(topics)):
        circle = [i for i in order if topics[i] == topic]
        if len(circle) > 1:
            following |= dict(zip(circle, [*circle[1:], circle[0]], strict=True))
    return [following[i] for i in range(len(topics))]


def _rouge(task: Task, answers: Sequence[str], metric: str) -> np.ndarray:
    return np.asarray(task.values(list(answers), task.test)[metric], dtype=float)


def dialogsum(load: Loader, scale: int | None) -> Callable[..., Point]:
    """The same on the real DialogSum, from the folder in DIALOGSUM_DIR."""
    return summaries(load, scale, "dialogsum")


def phrasing(load: Loader, scale: int | None) -> Callable[..., Point]:
    """Accuracy in a phrasing that was trained and in one never seen, after training on one phrasing or on many."""
    task = tasks.load_task(NEW).take(test=scale)

    def point(seed: int, phrasings: str) -> Point:
        templates = task.templates[:1] if phrasings == "one" else task.templates[:-1]
        few = dataclasses.replace(subset(task, seed, EXAMPLES), templates=templates)
        model, tokenizer = train(load, few, seed)
        seen, unseen = (values_of(model, tokenizer, task, task.test, place) for place in (0, -1))
        return {
            "number": len(templates),
            "seen": interval(seen),
            "unseen": interval(unseen),
            "cost": with_interval(compare_values(seen, unseen, task.metric, seed=seed)),
        }

    return point
