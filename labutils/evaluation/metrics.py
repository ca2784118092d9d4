"""Metrics: one value a row, of answers against right answers or of summaries against references; arrays of shape (n,).

Each is 0 to 1 unless it says otherwise. :func:`labutils.evaluation.scores.summarize` makes means with intervals of
them, :func:`labutils.evaluation.comparison.compare_values` a verdict.
"""

import re
from collections import Counter
from collections.abc import Hashable, Mapping, Sequence, Sized
from typing import TYPE_CHECKING

import numpy as np

from labutils.errors import LabError
from labutils.evaluation.invented import unsupported_names
from labutils.i18n import _
from labutils.rouge import References, rouge_scores
from labutils.words import normalize

if TYPE_CHECKING:
    from rouge_score.tokenizers import Tokenizer

# Which way is good: -1 less is better, 0 neither. More is better for every other metric.
DIRECTION = {"unsupported_names": -1, "invented": -1, "length_words": 0}

# How answers are scored, in one sentence; for summaries it is labutils.rouge.protocol.
ACCURACY = _("Accuracy, 0 to 1: share of exact matches, case and outer punctuation aside.")
TOKEN_F1 = _("F1, 0 to 1: words shared with the right answer, case and outer punctuation aside, mean over records.")
ENTITY_F1 = _("F1, 0 to 1: pairs of type and name shared with the right answer, case aside, mean over records.")


def checked_values(values: object, number: int, task: str) -> dict[str, np.ndarray]:
    """Return what a task's own measure gave: for each metric an array (number,).

    Raises:
        LabError: code ``"measure"``: it is nothing of the kind.
    """
    if not isinstance(values, Mapping) or any(np.shape(one) != (number,) for one in values.values()):
        text = _("the measure of task {name!r} must give, for each metric, {n} values, one a record")
        raise LabError("measure", text.format(name=task, n=number))
    return {metric: np.asarray(one) for metric, one in values.items()}


def same_length(a: Sized, b: Sized, what_a: str, what_b: str) -> None:
    """Raise unless both hold the same number of entries, and at least one."""
    if len(a) != len(b):
        text = _("{a} {what_a}, but {b} {what_b}; they must be of the same rows, in the same order")
        raise LabError("lengths", text.format(a=len(a), what_a=what_a, b=len(b), what_b=what_b))
    if not len(a):
        raise LabError("no_predictions", _("there is nothing to score: {what} is empty").format(what=what_a))


# --- answers -------------------------------------------------------------------------------------------------------
def accuracy_values(predictions: Sequence[str], targets: Sequence) -> np.ndarray:
    """Return 1.0 where prediction and target are equal after :func:`labutils.words.normalize`, else 0.0; shape (n,)."""
    same_length(predictions, targets, "predictions", "targets")
    return np.array([normalize(p) == normalize(t) for p, t in zip(predictions, targets, strict=True)], dtype=float)


def f1(said: Sequence[Hashable], wanted: Sequence[Hashable]) -> float:
    """Return the F1 of two collections, repeats counted; two empty ones agree."""
    if not said and not wanted:
        return 1.0
    common = sum((Counter(said) & Counter(wanted)).values())
    return 2 * common / (len(said) + len(wanted))


def token_f1(prediction: str, target: str) -> float:
    """Return the F1 of two answers' words: of their normal forms, between spaces, so that "7:30" is one word."""
    return f1(normalize(prediction).split(), normalize(target).split())


def parse_entities(answer: str) -> list[tuple[str, str]]:
    """Read ``"person: Ana; pet: Charlie"`` into ``[("person", "ana"), ("pet", "charlie")]``; other text is no entity."""
    parts = (part.split(":", 1) for part in re.split(r"[;\n]", answer) if ":" in part)
    return [(normalize(kind), normalize(name)) for kind, name in parts if name.strip()]


def entity_f1(prediction: str, target: str) -> float:
    """Return the F1 of two answers' pairs of type and name, as :func:`parse_entities` reads them."""
    return f1(parse_entities(prediction), parse_entities(target))


# --- summaries -----------------------------------------------------------------------------------------------------
def summary_values(
    predictions: Sequence[str],
    references: References,
    dialogues: Sequence[str] | None = None,
    multi: str = "mean",
    stemmer: bool = True,
    *,
    tokenizer: "Tokenizer | None" = None,
) -> dict[str, np.ndarray]:
    """Return for each metric an array of shape (n,): what :func:`labutils.evaluation.score_summaries` averages.

    rouge1, rouge2, rougeL, rougeLsum (0 to 1); length_words (words between spaces); and with ``dialogues``
    unsupported_names: names and numbers in the summary that its dialogue does not hold (a count).
    """
    values = rouge_scores(predictions, references, multi, stemmer, tokenizer=tokenizer)
    values["length_words"] = np.array([len(text.split()) for text in predictions], dtype=float)
    if dialogues is not None:
        same_length(predictions, dialogues, "predictions", "dialogues")
        pairs = zip(predictions, dialogues, strict=True)
        values["unsupported_names"] = np.array([len(unsupported_names(*pair)) for pair in pairs], dtype=float)
    return values
