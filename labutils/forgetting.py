"""Catastrophic forgetting: what a model could do before a training, and what it can do after it.

Forgetting of a task = score before - score after, positive is worse; gain on the new task = score after - before. Both
are means of paired differences over the same test records, with intervals. McCloskey and Cohen (1989) named the effect;
Biderman et al. (2024), "LoRA Learns Less and Forgets Less" (arXiv:2405.09673), draw one against the other.
"""

import json
import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import torch

from labutils import log, prompts
from labutils.errors import LabError
from labutils.evaluation.comparison import Comparison, compare_values
from labutils.evaluation.intervals import bootstrap
from labutils.evaluation.scores import Score, summarize
from labutils.evaluation.tradeoffs import TradeOff
from labutils.files import sha256
from labutils.generation import generate, label_log_likelihoods
from labutils.i18n import _
from labutils.interfaces import Model, Tokenizer
from labutils.machine import paths
from labutils.tasks import Task
from labutils.words import normalize

GENERATED, LIKELIHOOD = "generated", "likelihood"
KINDS = ("right", "new task's", "invalid", "wrong")  # of answers, see answer_kinds


@dataclass(frozen=True)
class Answers:
    """What one checkpoint answered on one task's test records, and the value of each answer, shape (n,)."""

    texts: list[str]
    values: np.ndarray

    @property
    def score(self) -> Score:
        """The mean with its interval."""
        return summarize({"value": self.values})["value"]


class Matrix:
    """Task x checkpoint: every checkpoint's answers on every task, measured on the same records in the same order.

    Args:
        by: ``"generated"``, or ``"likelihood"``: each answer is the most likely of the task's labels. A task without labels is
            left out then, which is said.

    Raises:
        LabError: codes ``"by"``, and ``"labels"``: by likelihood none of the tasks is left.
    """

    def __init__(self, tasks: Sequence[Task], by: str = GENERATED, batch_size: int = 32):
        if by not in (GENERATED, LIKELIHOOD):
            raise LabError("by", _("answers are measured by 'generated' or 'likelihood', not {by!r}").format(by=by))
        free = [task.name for task in tasks if by == LIKELIHOOD and not task.labels]
        if free and len(free) == len(tasks):
            text = _(
                "by likelihood a task needs labels, and none of these has any: {names}; measure them by 'generated'"
            )
            raise LabError("labels", text.format(names=", ".join(free)))
        if free:
            text = _("by likelihood a task needs labels; left out of the matrix: {names}")
            log.once(text.format(names=", ".join(free)))
        self.tasks = {task.name: task for task in tasks if task.name not in free}
        self.by, self.batch_size = by, batch_size
        self.cells: dict[tuple[str, str], Answers] = {}
        self.checkpoints: list[str] = []

    def add(self, checkpoint: str, model: Model, tokenizer: Tokenizer) -> "Matrix":
        """Measure a checkpoint on every task; return the matrix itself."""
        if checkpoint in self.checkpoints:
            raise LabError("checkpoint_twice", _("{name!r} is in the matrix already").format(name=checkpoint))
        for name, task in self.tasks.items():
            texts = _answers(task, model, tokenizer, self.by, self.batch_size)
            values = task.values(texts, task.test)[task.metric]
            self.cells[name, checkpoint] = Answers(texts, np.asarray(values, dtype=float))
        self.checkpoints.append(checkpoint)
        return self

    def __getitem__(self, place: tuple[str, str]) -> Answers:
        task, checkpoint = place
        if (task, checkpoint) not in self.cells:
            text = _("the matrix holds no {task!r} at {checkpoint!r}; tasks: {tasks}; checkpoints: {checkpoints}")
            shown = {"tasks": ", ".join(self.tasks), "checkpoints": ", ".join(self.checkpoints)}
            raise LabError("cell", text.format(task=task, checkpoint=checkpoint, **shown))
        return self.cells[task, checkpoint]

    def table(self) -> pd.DataFrame:
        """Return the scores: one row a task, one column a checkpoint."""
        rows = {name: {c: self.cells[name, c].score.value for c in self.checkpoints} for name in self.tasks}
        return pd.DataFrame(rows).T[self.checkpoints]

    def change(self, task: str, before: str, after: str, seed: int = 0) -> Comparison:
        """Return after minus before on one task, paired by record: a gain where positive, forgetting where negative."""
        a, b = self[task, after].values, self[task, before].values
        return compare_values(a, b, metric=self.tasks[task].metric, seed=seed, names=(after, before))


def mean_change(matrix: Matrix, tasks: Sequence[str], before: str, after: str, seed: int = 0) -> Score:
    """Return after minus before, averaged over several tasks, each of which weighs the same.

    The interval resamples the paired differences within each task; ``n`` counts the records of all of them.
    """
    differences = [matrix[task, after].values - matrix[task, before].values for task in tasks]
    if not differences:
        raise LabError("old_tasks", _("there is no task to average over; name at least one"))
    low, high = bootstrap(lambda *drawn: np.mean([d.mean(axis=1) for d in drawn], axis=0), *differences, seed=seed)
    value = float(np.mean([values.mean() for values in differences]))
    return Score(value, low, high, sum(map(len, differences)))


def _answers(task: Task, model: Model, tokenizer: Tokenizer, by: str, batch_size: int) -> list[str]:
    prompts = [task.prompt(record) for record in task.test]
    if by == GENERATED:
        return generate(model, tokenizer, prompts, max_new_tokens=task.max_new_tokens, batch_size=batch_size)
    chances = label_log_likelihoods(model, tokenizer, prompts, list(task.labels))
    return [task.labels[best] for best in chances.argmax(axis=1)]


def majority(task: Task) -> Answers:
    """Return the constant answer as if a model had given it: the most frequent target of the train split."""
    texts = [task.most_frequent()] * len(task.test)
    return Answers(texts, np.asarray(task.values(texts, task.test)[task.metric], dtype=float))


def answer_kinds(task: Task, answers: Answers, new_labels: Sequence[str] | Callable[[str], bool]) -> dict[str, float]:
    """Return the share of each of KINDS among a task's answers; they add up to one.

    right: full marks. Of the rest: the *new task's* answers (one of ``new_labels``, or what this function says yes to,
    where the new task has no labels), *invalid* ones (for a task with
    labels: none of them; for entities: neither ``type: name`` nor ``none``; otherwise: nothing at all), and answers of
    the right form that are merely wrong. A model that gives the new task's answers has not necessarily lost the old
    task: it may only be silenced (see :func:`interpolate`).
    """
    labels = {normalize(label) for label in task.labels}
    new = new_labels if callable(new_labels) else {normalize(label) for label in new_labels}.__contains__
    counts = dict.fromkeys(KINDS, 0)
    for text, value in zip(answers.texts, answers.values, strict=True):
        said = normalize(text)
        if value == 1:
            kind = "right"
        elif said not in labels and new(said):
            kind = "new task's"
        elif not said or (labels and said not in labels) or (task.name == "entities" and ":" not in text):
            kind = "wrong" if task.name == "entities" and said == "none" else "invalid"
        else:
            kind = "wrong"
        counts[kind] += 1
    return {kind: count / max(len(answers.texts), 1) for kind, count in counts.items()}


def interpolate(
    model: Model, before: Mapping[str, torch.Tensor], after: Mapping[str, torch.Tensor], share: float
) -> Model:
    """Set a model's weights to (1 - share) * before + share * after, in place; return the model.

    Wortsman et al. (2022), "Robust fine-tuning of zero-shot models" (arXiv:2109.01903), do this to keep what the model
    could do before. ``share`` 0 gives the weights before, 1 those after, exactly; values outside go on along the line.

    Args:
        before, after: state dicts of the same model (``copy.deepcopy(model.state_dict())``).
    """
    if set(before) != set(after):
        strange = sorted(set(before) ^ set(after))[:3]
        raise LabError("states", _("the two states differ in {names}; one model's, please").format(names=strange))
    mixed = {
        name: torch.lerp(value, after[name], share) if value.is_floating_point() else value
        for name, value in before.items()
    }
    ends = {0: before, 1: after}
    model.load_state_dict(ends[int(share)] if share in ends else mixed)
    return model


def mixture(new: Task, old: Sequence[Task], share: float, seed: int = 0) -> Task:
    """Return the new task with rows of old tasks among its training records: ``share`` of all rows, as many of each.

    A small share is *rehearsal* (Robins, 1995); with ``share`` = old / (old + 1) every task has as many rows as the new
    one: a multi-task mixture. An old task with too few rows gives each of them several times. Training rows are rendered
    with their own task's templates in turn; validation and test are the new task's, with its first template.

    Raises:
        LabError: ``"share"``: it is not in 0 to 1 (1 left out), or there are no old tasks to take rows from; ``"no_data"``: an
            old task has no training record.
    """
    if not 0 <= share < 1 or (share and not old):
        text = _("share is {share!r} of {n} old tasks; it must be from 0 to below 1, and needs an old task")
        raise LabError("share", text.format(share=share, n=len(old)))
    wanted = round(len(new.train) * share / (1 - share))
    counts = [wanted // len(old) + (i < wanted % len(old)) for i in range(len(old))] if old else []
    rng = random.Random(seed)
    rows = _rendered(new, new.train)
    for task, count in zip(old, counts, strict=True):
        rows += _rendered(task, task.draw(count, rng))
    plain = prompts.Template("mixture", new.name, "{{ prompt }}", "{{ target }}")
    validation, test = (_rendered(new, records, templates=1) for records in (new.validation, new.test))
    return replace(new, train=rows, validation=validation, test=test, templates=[plain])


def _rendered(task: Task, records: Sequence[dict], templates: int = 0) -> list[dict]:
    turns = [(record, i % (templates or len(task.templates))) for i, record in enumerate(records)]
    return [
        record | {"task": task.name, "prompt": task.prompt(record, i), "target": task.target(record, i)}
        for record, i in turns
    ]


def stored(name: str, seeds: int = 2) -> dict | None:
    """Return what the project measured beforehand on the shipped weights, ``data/trainings/<name>.json``, or None.

    None where it is not there, where it was measured on other weights than those that are shipped now, and where it is
    a rehearsal on few records or not whole.

    Args:
        seeds: how many at least; 1 where one training takes hours (``dialogsum_all``).

    Such a file says how it was made: ``command``, ``core_seconds``, ``machine``, ``date``, ``seeds`` and ``points``, a list
    of plain records (one a training).
    """
    path = paths.data_dir() / "trainings" / f"{name}.json"
    measured = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    weights = paths.data_dir() / "pocket-t5" / "instruct" / "model.safetensors"
    same = measured and measured["weights"] == sha256(weights)
    return measured if same and measured["scale"] is None and _whole(measured["points"], seeds) else None


def _whole(points: Sequence[Mapping], seeds: int) -> bool:
    """Whether so many seeds were measured, each whole: one after another, so a stop leaves the last one short."""
    counts = list(Counter(point["seed"] for point in points).values())
    return len(counts) >= seeds and counts[-1:] == counts[:1]


def trade_off(matrix: Matrix, before: str, after: str, new_task: str, name: str = "", seed: int = 0) -> TradeOff:
    """Return gain against forgetting of one training.

    Forgetting is the mean over the old tasks of the paired loss (each task weighs the same); its interval resamples
    the records within each task.
    """
    gained = matrix.change(new_task, before, after, seed)
    old = [task for task in matrix.tasks if task != new_task]
    if not old:
        raise LabError("old_tasks", _("there is no old task in the matrix beside {new!r}").format(new=new_task))
    lost = mean_change(matrix, old, after, before, seed)
    return TradeOff(name or after, Score(gained.difference, *gained.interval, gained.n), lost)
