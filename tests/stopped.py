"""A training that tests stop and go on with."""

import contextlib
from multiprocessing.synchronize import Event
from pathlib import Path

import numpy as np

from labutils.models import fingerprint
from labutils.prompts import Template
from labutils.tasks import Task
from labutils.training.folder import lock

from toys import make_tiny_model, toy_records, tune, word_tokenizer


def killable(folder: Path):
    """The training that the kill test runs in a process of its own: dropout on, so that its random state matters too."""
    history = tune(make_tiny_model(), word_tokenizer(), uneven_task(), folder, epochs=3, dropout=0.1, saves_per_epoch=2)
    print(fingerprint(history.model), history.resumed_from)


def again(path):
    """The same training in a folder, whether one was begun there or not."""
    return tune(make_tiny_model(), word_tokenizer(), uneven_task(), path, epochs=3)


def hold(folder: Path, ready: Event, done: Event) -> None:
    """Hold the lock of a training's folder, in a process of its own, until told that it is done (60 s at most)."""
    with contextlib.ExitStack() as held:
        lock(folder, held)
        ready.set()
        done.wait(60)


def uneven_task() -> Task:
    """43 training records, which fill no last batch."""

    def measure(predictions, rows):
        return {"accuracy": np.array([float(p == row["answer"]) for p, row in zip(predictions, rows, strict=True)])}

    template = Template("toy", "toy", "{{ text }} answer :", "{{ answer }}")
    splits = [toy_records(n, split) for n, split in ((43, "train"), (8, "validation"), (8, "test"))]
    return Task("toy", *splits, templates=[template], measure=measure, metric="accuracy", max_new_tokens=4)
