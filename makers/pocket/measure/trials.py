"""Fine-tuning trials of a shipped model: it is trained a little on one task, and answers it before and after."""

import dataclasses
import random
import tempfile
from dataclasses import dataclass
from typing import Any

import numpy as np

from labutils import forgetting, tasks
from labutils.config import TrainingSettings
from labutils.dialogues.loading import load_dialogues
from labutils.evaluation.comparison import compare_values
from labutils.evaluation.metrics import accuracy_values
from labutils.interfaces import Model, Tokenizer
from labutils.prompts import Template
from labutils.tasks import Task
from labutils.training.fine_tuning import fine_tune
from labutils.training.history import History
from makers.pocket.measure.models import Loader
from makers.pocket.measure.scoring import interval, rounded, task_answers
from makers.pocket.recipe.corpus import Splits

SENTIMENT_SET = ("product_pros_cons", "sentiment")  # no training of the shipped models has its labels
SENTIMENT = Template("line", "sentiment", "Is this review positive or negative?\n{{ input }}", "{{ target }}")
DIALOGUES = "pocket"  # the source that dialogues_trial loads


@dataclass(frozen=True)
class Trial:
    """One training and the task's metric of each test record before and after it, both shape (records,)."""

    facts: dict[str, Any]  # examples, epochs, lr, seed, train_s
    before: np.ndarray
    after: np.ndarray
    model: Any
    tokenizer: Tokenizer


def tune(model: Model, tokenizer: Tokenizer, task: Task, settings: TrainingSettings) -> History:
    """Train as the labs train, on all of a task's train records to the last step; no record chooses a checkpoint."""
    with tempfile.TemporaryDirectory(prefix="trial-") as folder:
        unwatched = dataclasses.replace(task, validation=[])
        return fine_tune(model, tokenizer, unwatched, settings, output_dir=folder, quiet=True)


def values_of(model: Model, tokenizer: Tokenizer, task: Task, records: list[dict], template: int = 0) -> np.ndarray:
    """Return the task's metric of a model's answer to each record, shape (records,)."""
    answers = task_answers(model, tokenizer, task, records, template)
    return np.asarray(task.values(answers, records)[task.metric], dtype=float)


def run(load: Loader, task: Task, settings: TrainingSettings) -> Trial:
    """Answer the test records, train on the train records, and answer again."""
    model, tokenizer = load()
    before = values_of(model, tokenizer, task, task.test)
    history = tune(model, tokenizer, task, settings)
    facts = {
        "examples": len(task.train),
        "epochs": settings.epochs,
        "lr": settings.learning_rate,
        "seed": settings.seed,
        "train_s": round(history.train_s, 1),
    }
    tuned: Any = history.model
    return Trial(facts, before, values_of(tuned, tokenizer, task, task.test), tuned, tokenizer)


def sentiment_task(corpus: Splits, examples: int, tests: int, seed: int = 0) -> Task:
    """Return the corpus's one-line pros and cons as a task: ``examples`` drawn by the seed, the first ``tests``."""
    train, test = corpus[SENTIMENT_SET]
    return Task(
        "pros_and_cons",
        train=random.Random(seed).sample(train, min(examples, len(train))),
        validation=[],
        test=test[:tests],
        templates=[SENTIMENT],
        measure=lambda answers, rows: {"accuracy": accuracy_values(answers, [row["target"] for row in rows])},
        metric="accuracy",
        max_new_tokens=8,
    )


def sentiment_trial(load: Loader, corpus: Splits, examples: int = 1000, tests: int = 200) -> tuple[dict, Trial]:
    """Tune on one-line pros and cons.

    Returns:
        The trial's facts with the accuracy before, after and of the majority answer, and the trial, whose model can
        be asked what it forgot.
    """
    task = sentiment_task(corpus, examples, tests)
    trial = run(load, task, TrainingSettings(epochs=2, learning_rate=3e-4))
    accuracies = {
        "before": trial.before.mean(),
        "after": trial.after.mean(),
        "majority": forgetting.majority(task).values.mean(),
    }
    facts = trial.facts | {"test_rows": len(task.test)}
    return facts | {name: round(float(value), 4) for name, value in accuracies.items()}, trial


def dialogues_trial(load: Loader, examples: int, tests: int | None = None) -> dict[str, Any]:
    """Tune on the first shipped dialogues, summarize the test dialogues; return ROUGE-1 before, after, and the gain."""
    task = tasks.summarization(load_dialogues(DIALOGUES)).take(train=examples, test=tests)
    trial = run(load, task, TrainingSettings(epochs=3, learning_rate=1e-3))
    gain = compare_values(trial.after, trial.before, task.metric)
    return trial.facts | {
        "test_dialogues": len(task.test),
        "before": interval(trial.before, task.metric),
        "after": interval(trial.after, task.metric),
        "gain": rounded(gain.difference, *gain.interval),
    }
