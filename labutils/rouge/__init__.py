"""ROUGE: exact, deterministic, several references, fast.

ROUGE counts the words (ROUGE-1), word pairs (ROUGE-2) and the longest common subsequence (ROUGE-L) that a summary
shares with a person's (Lin 2004, "ROUGE: A Package for Automatic Evaluation of Summaries",
https://aclanthology.org/W04-1013). Tokens, stems and formulas are those of the ``rouge_score`` library, and the
numbers are equal to its own to the last digit; :mod:`labutils.rouge.pairs` says what makes them cheap.

The library's words are of a to z and 0 to 9 only: it is made for English. Where a text loses letters by that, a warning
says so; for another language give a ``tokenizer``, an object as ``rouge_score`` takes it.

>>> rouge(["The dog sat."], [["A dog sat down.", "The dog is sitting."]])["rouge2"]
0.2
"""

import functools
import itertools
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from labutils import config
from labutils.errors import LabError
from labutils.i18n import _
from labutils.rouge.inputs import LostLetters, checked, warn_of_lost_letters
from labutils.rouge.pairs import f_measures, rouge_tokens

if TYPE_CHECKING:
    from rouge_score.tokenizers import Tokenizer  # the library's own, and with it nltk, takes .7 s to import

__all__ = [
    "METRICS", "MULTI", "PROTOCOL", "LostLetters", "Rouge", "protocol", "rouge", "rouge_scores", "rouge_tokens",
]  # fmt: skip

References = Sequence[str] | Sequence[Sequence[str]]  # one reference or several for each prediction
METRICS = ("rouge1", "rouge2", "rougeL", "rougeLsum")
MULTI = ("mean", "max", "first")


def protocol(multi: str = "mean", stemmer: bool = True, tokenizer: "Tokenizer | None" = None) -> str:
    """Return one sentence that says how the scores were made: two ROUGE figures compare only under one protocol."""
    stems = _("Porter stemmer on") if stemmer else _("no stemmer")
    taken = {
        "mean": _("mean over the references"),
        "max": _("best of the references"),
        "first": _("first reference only"),
    }[_checked_multi(multi)]
    if tokenizer is not None:
        sentence = _("ROUGE, 0 to 1: tokeniser {name}, F-measure, {taken}, mean over dialogues.")
        return sentence.format(name=type(tokenizer).__name__, taken=taken)
    sentence = _("ROUGE, 0 to 1: rouge_score's tokeniser, {stems}, F-measure, {taken}, mean over dialogues.")
    return sentence.format(stems=stems, taken=taken)


def rouge(
    predictions: Sequence[str],
    references: References,
    multi: str = "mean",
    stemmer: bool = True,
    *,
    tokenizer: "Tokenizer | None" = None,
) -> dict[str, float]:
    """Score summaries against one or more references each.

    Args:
        predictions: n summaries.
        references: n strings, or n lists of strings (their lengths may differ, none may be empty).
        multi: what to do with several references: ``"mean"`` (the headline protocol), ``"max"`` (the best one, per
            metric, as ``rouge_score.score_multi`` does) or ``"first"``.
        stemmer: reduce words to their stems before comparing (Porter 1980), so that "asks" meets "asked".
        tokenizer: for other languages than English, an object as ``rouge_score`` takes it: ``tokenize(text)`` returns
            the list of the words that are compared. Whether it stems is its own matter: ``stemmer`` does nothing then.

    Returns:
        rouge1, rouge2, rougeL, rougeLsum: plain means over the n summaries of the F-measure, 0 to 1.

    Raises:
        LabError: codes as in :func:`rouge_scores`.
    """
    scores = rouge_scores(predictions, references, multi, stemmer, tokenizer=tokenizer)
    return {name: float(values.mean()) for name, values in scores.items()}


def rouge_scores(
    predictions: Sequence[str],
    references: References,
    multi: str = "mean",
    stemmer: bool = True,
    *,
    tokenizer: "Tokenizer | None" = None,
) -> dict[str, np.ndarray]:
    """Score each summary: like :func:`rouge`, before the mean is taken. Intervals and pairings need these.

    Returns:
        For each metric a float array of shape (n,), in the order given.

    Raises:
        LabError: ``"multi"`` unknown protocol, ``"lengths"`` not as many references as predictions,
            ``"no_predictions"`` nothing to score, ``"no_references"`` a summary without reference, ``"not_text"``
            something that is not a string, ``"settings"`` a stemmer that is not True or False, ``"tokenizer"`` one that does not give lists of strings.

    Warns:
        LostLetters: once, where a text has letters that no token holds.
    """
    _checked_multi(multi)
    config.check_truth(stemmer=stemmer)
    predictions, references = checked(predictions, references)
    warn_of_lost_letters([*predictions, *itertools.chain(*references)], tokenizer)
    score = functools.partial(f_measures, stemmer=stemmer) if tokenizer is None else _by_library(tokenizer)
    scores = np.empty((len(predictions), len(METRICS)))
    for row, (prediction, group) in enumerate(zip(predictions, references, strict=True)):
        taken = group[:1] if multi == "first" else group
        pairs = np.array([score(reference, prediction) for reference in taken])
        scores[row] = pairs.max(axis=0) if multi == "max" else pairs.mean(axis=0)
    return dict(zip(METRICS, scores.T.copy(), strict=True))


def _by_library(tokenizer: "Tokenizer") -> Callable[[str, str], list[float]]:
    from rouge_score.rouge_scorer import RougeScorer

    scorer = RougeScorer(METRICS, tokenizer=tokenizer)
    return lambda reference, prediction: [x.fmeasure for x in scorer.score(reference, prediction).values()]


def _checked_multi(multi: str) -> str:
    if multi not in MULTI:
        text = _("multi is {value!r}; it must be one of: {choices}")
        raise LabError("multi", text.format(value=multi, choices=", ".join(MULTI)))
    return multi


PROTOCOL = protocol()


def __getattr__(name: str) -> object:  # late: evaluate takes seconds to import, and few need it
    if name == "Rouge":
        from labutils.rouge.metric import Rouge

        return Rouge
    raise AttributeError(name)
