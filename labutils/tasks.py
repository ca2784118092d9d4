"""The task suite: each task knows its records, its templates and how its answers are scored."""

import dataclasses
import functools
import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from labutils import prompts
from labutils.dialogues import given, records
from labutils.dialogues.loading import load_dialogues
from labutils.dialogues.records import Field
from labutils.dialogues.sources import SPLITS
from labutils.errors import LabError
from labutils.evaluation import fields, metrics
from labutils.evaluation.metrics import parse_entities  # noqa: F401 - lab 06 takes it from here
from labutils.evaluation.scores import Scores, summarize
from labutils.i18n import _
from labutils.machine import paths
from labutils.rouge import PROTOCOL, rouge_scores
from labutils.words import normalize  # noqa: F401 - and this

Measure = Callable[[list[str], list[dict]], dict[str, np.ndarray]]
REGISTER = "plain"  # of topic, intent, questions and entities


@dataclass(frozen=True)
class Task:
    """Records, templates and scores of one task.

    Attributes:
        train, validation, test: lists of records (dicts).
        templates: ways to put a record into words; the first is used wherever one is enough.
        measure: (predictions, records) -> for each metric an array (n,) of values, one a record, 0 to 1.
        metric: the main one of them.
        report: like measure, with the columns that only a finished score shows (``None``: those of measure).
        protocol: one sentence that says how the scores are made.
        labels: the closed set of answers of a classification, or ().
        max_new_tokens: room for an answer.
    """

    name: str
    train: list[dict]
    validation: list[dict]
    test: list[dict]
    templates: list[prompts.Template]
    measure: Measure
    metric: str
    labels: tuple[str, ...] = ()
    max_new_tokens: int = 24
    report: Measure | None = None
    protocol: str = ""

    def __post_init__(self) -> None:
        splits = all(_holds(part, Mapping) for part in (self.train, self.validation, self.test))
        if not (splits and _holds(self.templates, prompts.Template) and callable(self.measure)):
            raise LabError("task", _("a task must have lists of dicts as its splits, templates, and a measure to call"))

    def split(self, name: str) -> list[dict]:
        """Return the records of ``"train"``, ``"validation"`` or ``"test"``."""
        if name not in SPLITS:
            raise LabError("split", _("there is no split {name!r}; choose train, validation or test").format(name=name))
        return getattr(self, name)

    def prompt(self, record: dict, template: int = 0) -> str:
        """Return a record's prompt."""
        return prompts.render(self.templates[template], record)[0]

    def target(self, record: dict, template: int = 0) -> str:
        """Return a record's right answer."""
        return prompts.render(self.templates[template], record)[1]

    def most_frequent(self) -> str:
        """Return the most frequent answer of train, the first in the alphabet of several: what needs no reading."""
        counts = Counter(self.target(record) for record in self.train)
        return min(counts, key=lambda answer: (-counts[answer], answer))

    def values(self, predictions: list[str], rows: list[dict]) -> dict[str, np.ndarray]:
        """Score each prediction: for each metric an array (n,). What a training validates and chooses by."""
        if len(predictions) != len(rows):
            raise LabError("lengths", _("{p} predictions for {r} records").format(p=len(predictions), r=len(rows)))
        return metrics.checked_values(self.measure(predictions, rows), len(rows), self.name)

    def score(self, predictions: list[str], split: str = "test", seed: int = 0) -> Scores:
        """Score predictions for the first ``len(predictions)`` records of a split, with 95 % intervals.

        For dialogues the same as :func:`labutils.evaluation.score_summaries`: ROUGE, length and unsupported names.
        """
        rows = self.split(split)[: len(predictions)]
        values = self.values(predictions, rows) if self.report is None else self.report(predictions, rows)
        return summarize(values, seed=seed, protocol=self.protocol)

    def draw(self, number: int, rng: random.Random) -> list[dict]:
        """Return so many training records in random order; of too few each comes several times, evenly.

        Raises:
            LabError: code ``"no_data"``: there is none to draw.
        """
        if number and not self.train:
            raise LabError("no_data", _("{task} has no training records").format(task=self.name))
        times = -(-number // len(self.train)) if number else 0
        return [row for _time in range(times) for row in rng.sample(self.train, len(self.train))][:number]

    def take(self, train: int | None = None, validation: int | None = None, test: int | None = None) -> "Task":
        """Return the task with only the first so many records of each split."""
        return dataclasses.replace(
            self, train=self.train[:train], validation=self.validation[:validation], test=self.test[:test]
        )


def _holds(part: object, kind: type) -> bool:
    return isinstance(part, Sequence) and all(isinstance(one, kind) for one in part)


# --- metrics -------------------------------------------------------------------------------------------------------
def _accuracy(target: Callable[[dict], str]) -> Measure:
    return lambda predictions, rows: {"accuracy": metrics.accuracy_values(predictions, list(map(target, rows)))}


def _rouge(references: Callable[[dict], list[str]]) -> Measure:
    return lambda predictions, rows: rouge_scores(predictions, list(map(references, rows)))


def _by_pair(f1: Callable[[str, str], float], target: Callable[[dict], str]) -> Measure:
    def measure(predictions: list[str], rows: Sequence[dict]) -> dict[str, np.ndarray]:
        return {"f1": np.array([f1(p, target(row)) for p, row in zip(predictions, rows, strict=True)])}

    return measure


_token_f1 = functools.partial(_by_pair, metrics.token_f1)
_entity_f1 = functools.partial(_by_pair, metrics.entity_f1)
PROTOCOLS = {
    _accuracy: metrics.ACCURACY,
    _rouge: PROTOCOL,
    _token_f1: metrics.TOKEN_F1,
    _entity_f1: metrics.ENTITY_F1,
}


# --- the suite -----------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class _Spec:
    folder: str
    metric: str
    kind: Callable
    labels: tuple[str, ...] = ()
    max_new_tokens: int = 24


_TEXT, _FLAG = Field(), Field(bool, required=False)
_COMMON = {"id": _TEXT, "origin": _TEXT}
REGISTERS = ("rich", "plain")  # plain is everyday English, rich the hard case
FIELDS = {  # of each folder in data/tasks
    "opinions": dict.fromkeys(("product", "text", "opinion"), _TEXT),
    "reviews": dict.fromkeys(("product", "title", "body", "description"), _TEXT) | {"stars": Field(int), "hard": _FLAG},
    "entities": dict.fromkeys(("text", "entities", "register"), _TEXT),
    "questions": dict.fromkeys(("passage", "question", "answer", "register"), _TEXT),
    "topic": dict.fromkeys(("text", "topic", "register"), _TEXT),
    "intent": dict.fromkeys(("message", "intent", "register"), _TEXT),
    "code": {"python": _TEXT, "javascript": _TEXT, "inputs": Field(list, items=list)},
    "grammar": {"wrong": _TEXT, "right": _TEXT},
    "reply": dict.fromkeys(("dialogue", "reply", "source"), _TEXT),
}
SUPPORT = {"id": _TEXT, "dialogue": _TEXT, "summary": _TEXT, "request": Field(list), "action": Field(list)}
FIELDS = {folder: _COMMON | fields for folder, fields in FIELDS.items()}
SENTIMENTS = ("negative", "neutral", "positive")
SUITE = {
    "opinions": _Spec("opinions", "accuracy", _accuracy, ("negative", "positive"), 6),
    "sentiment": _Spec("reviews", "accuracy", _accuracy, SENTIMENTS, 6),
    "rating": _Spec("reviews", "accuracy", _accuracy, ("1", "2", "3", "4", "5"), 6),
    "describe_review": _Spec("reviews", "rouge1", _rouge, (), 40),
    "write_review": _Spec("reviews", "rouge1", _rouge, (), 80),
    "entities": _Spec("entities", "f1", _entity_f1, (), 48),
    "questions": _Spec("questions", "f1", _token_f1, (), 24),
    "topic": _Spec("topic", "accuracy", _accuracy, (), 8),
    "intent": _Spec("intent", "accuracy", _accuracy, (), 12),
    "code": _Spec("code", "accuracy", _accuracy, (), 96),
    "grammar": _Spec("grammar", "accuracy", _accuracy, (), 48),
    "reply": _Spec("reply", "rouge1", _rouge, (), 48),
}


def names() -> list[str]:
    """Return the tasks of the suite whose records are shipped, ``summarize`` last."""
    shipped = paths.data_dir() / "tasks"
    there = [name for name, spec in SUITE.items() if (shipped / spec.folder / "test.jsonl").is_file()]
    return [*there, "summarize"]


def load_task(name: str, register: str = REGISTER) -> Task:
    """Load a task of the suite; ``"summarize"`` (or ``"dialogues"``) is the profile's dialogues, ``"support"`` :func:`support`.

    Args:
        register: ``"rich"``, ``"plain"`` or ``"all"``: which records of topic, intent, questions and entities; the
            other tasks have one register. A split that has no record of it keeps those it has.

    Raises:
        LabError: no such task (code ``"task"``) or register (``"register"``).
    """
    if register not in (*REGISTERS, "all"):
        message = _("there is no register {register!r}; choose one of: {choices}")
        raise LabError("register", message.format(register=register, choices=", ".join((*REGISTERS, "all"))))
    if name in ("summarize", "dialogues"):
        return summarization(load_dialogues("auto"))
    if name == "support":
        return support()
    if name not in names():
        raise LabError(
            "task", _("there is no task {name!r}; there are: {choices}").format(name=name, choices=", ".join(names()))
        )
    spec = SUITE[name]
    templates = prompts.load_templates(name)
    splits = _splits(spec.folder, register)

    def target(record: dict) -> str:
        return prompts.render(templates[0], record)[1]

    measure = spec.kind(lambda record: [target(record)]) if spec.kind is _rouge else spec.kind(target)
    labels = spec.labels
    if spec.metric == "accuracy" and not labels and name in ("topic", "intent"):
        labels = tuple(sorted({target(record) for record in splits["train"]}))
    return Task(
        name, splits["train"], splits["validation"], splits["test"], templates=templates, measure=measure, metric=spec.metric, labels=labels,
        max_new_tokens=spec.max_new_tokens, protocol=PROTOCOLS[spec.kind],
    )  # fmt: skip


@functools.cache
def _read(folder: str) -> dict[str, tuple[dict, ...]]:
    base = paths.data_dir() / "tasks" / folder
    return {s: tuple(records.read(base / f"{s}.jsonl", FIELDS[folder])) for s in SPLITS}


def _splits(folder: str, register: str) -> dict[str, list[dict]]:
    def chosen(rows: Sequence[dict]) -> list[dict]:
        return [row for row in rows if register in ("all", row.get("register", register))] or list(rows)

    return {split: chosen(rows) for split, rows in _read(folder).items()}


def summarization(dataset: Mapping, templates: list[prompts.Template] | None = None) -> Task:
    """Make the summarization task of a dialogue data set (:func:`labutils.dialogues.load_dialogues`).

    Its scores are ROUGE under the headline protocol: mean over the references, stemmed. Training validates by ROUGE
    alone; length and unsupported names come in :meth:`Task.score`.

    Raises:
        LabError: code ``"dataset"``: it lacks a split, or a record lacks a dialogue or its references.
    """
    texts = ("dialogue",) if templates else ("dialogue", "summary")  # templates of one's own may have another target
    splits = {split: given.checked_rows(dataset, split, texts) for split in SPLITS}

    def report(predictions: list[str], rows: Sequence[dict]) -> dict[str, np.ndarray]:
        references, dialogues = ([row[name] for row in rows] for name in ("references", "dialogue"))
        return metrics.summary_values(predictions, references, dialogues)

    return Task(
        "summarize", splits["train"], splits["validation"], splits["test"], metric="rouge1", max_new_tokens=64, report=report,
        templates=templates or prompts.load_templates("summarize"), measure=_rouge(lambda record: record["references"]),
        protocol=PROTOCOL,
    )  # fmt: skip


def support() -> Task:
    """Load ``data/support``: chats of Merrow, an invented parcel service, with its customers, and the notes on them.

    Its records have ``request`` and ``action``, lists of key words. Its scores are those of :func:`summarization`, and
    ``request`` and ``action`` (:func:`labutils.evaluation.field_scores`), which training validates by too.
    """
    folder = paths.data_dir() / "support"
    read = {split: records.read(folder / f"{split}.jsonl", SUPPORT) for split in SPLITS}
    splits = {split: [row | {"references": [row["summary"]]} for row in rows] for split, rows in read.items()}
    task = summarization(splits, prompts.load_templates("support"))

    def with_fields(values: Measure) -> Measure:
        return lambda predictions, rows: values(predictions, rows) | fields.field_values(predictions, rows)

    return dataclasses.replace(
        task, name="support", measure=with_fields(task.measure), report=with_fields(task.report or task.measure),
        protocol=f"{PROTOCOL} {fields.PROTOCOL}",
    )  # fmt: skip
