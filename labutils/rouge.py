"""ROUGE: exact, deterministic, several references, fast.

ROUGE counts the words (ROUGE-1), word pairs (ROUGE-2) and the longest common subsequence (ROUGE-L) that a summary
shares with a person's (Lin 2004, "ROUGE: A Package for Automatic Evaluation of Summaries",
https://aclanthology.org/W04-1013). Tokens, stems and formulas are those of the ``rouge_score`` library, and the
numbers are equal to its own to the last digit. Three things make them cheap: each stem and each text is worked out
once, and the subsequence is found 60 words at a time in the bits of one integer.

>>> rouge(["The dog sat."], [["A dog sat down.", "The dog is sitting."]])["rouge2"]
0.2
"""

import functools
import itertools
import types
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from rouge_score import rouge_scorer, scoring
from rouge_score import tokenize as rouge_tokenize

from labutils.errors import LabError
from labutils.i18n import _

METRICS = ("rouge1", "rouge2", "rougeL", "rougeLsum")
MULTI = ("mean", "max", "first")


def protocol(multi: str = "mean", stemmer: bool = True) -> str:
    """Return one sentence that says how the scores were made: two ROUGE figures compare only under one protocol."""
    stems = _("Porter stemmer on") if stemmer else _("no stemmer")
    taken = {
        "mean": _("mean over the references"),
        "max": _("best of the references"),
        "first": _("first reference only"),
    }[_known_multi(multi)]
    sentence = _("ROUGE, 0 to 1: rouge_score's tokeniser, {stems}, F-measure, {taken}, mean over dialogues.")
    return sentence.format(stems=stems, taken=taken)


def rouge(predictions: Sequence[str], references: Sequence, multi: str = "mean", stemmer: bool = True) -> dict:
    """Score summaries against one or more references each.

    Args:
        predictions: n summaries.
        references: n strings, or n lists of strings (their lengths may differ, none may be empty).
        multi: what to do with several references: ``"mean"`` (the headline protocol), ``"max"`` (the best one, per
            metric, as ``rouge_score.score_multi`` does) or ``"first"``.
        stemmer: reduce words to their stems before comparing (Porter 1980), so that "asks" meets "asked".

    Returns:
        rouge1, rouge2, rougeL, rougeLsum: plain means over the n summaries of the F-measure, 0 to 1.

    Raises:
        LabError: codes as in :func:`rouge_scores`.
    """
    scores = rouge_scores(predictions, references, multi, stemmer)
    return {name: float(values.mean()) for name, values in scores.items()}


def rouge_scores(predictions: Sequence[str], references: Sequence, multi: str = "mean", stemmer: bool = True) -> dict:
    """Score each summary: like :func:`rouge`, before the mean is taken. Intervals and pairings need these.

    Returns:
        For each metric a float array of shape (n,), in the order given.

    Raises:
        LabError: ``"multi"`` unknown protocol, ``"lengths"`` not as many references as predictions,
            ``"no_predictions"`` nothing to score, ``"no_references"`` a summary without reference, ``"not_text"``
            something that is not a string.
    """
    _known_multi(multi)
    predictions, references = _checked(predictions, references)
    scores = np.empty((len(predictions), len(METRICS)))
    for row, (prediction, group) in enumerate(zip(predictions, references, strict=True)):
        taken = group[:1] if multi == "first" else group
        pairs = np.array([_pair(reference, prediction, stemmer) for reference in taken])
        scores[row] = pairs.max(axis=0) if multi == "max" else pairs.mean(axis=0)
    return dict(zip(METRICS, scores.T.copy(), strict=True))


def rouge_tokens(text: str, stemmer: bool = True) -> list[str]:
    """Return the tokens that ROUGE compares: lower case, a to z and digits only, stems of words over 3 letters."""
    return rouge_tokenize.tokenize(text, _cached_stemmer() if stemmer else None)


# --- input ---------------------------------------------------------------------------------------------------------
def _known_multi(multi: str) -> str:
    if multi not in MULTI:
        raise LabError(
            "multi", _("multi is {value!r}; it must be one of: {known}").format(value=multi, known=", ".join(MULTI))
        )
    return multi


def _checked(predictions, references) -> tuple[list[str], list[list[str]]]:
    """Return predictions and, for each, its list of references; raise where something is missing or no text."""
    predictions = _listed(predictions, "predictions")
    references = _listed(references, "references")
    if len(predictions) != len(references):
        raise LabError(
            "lengths",
            _(
                "{predictions} predictions, but references for {references}; give one entry of references for each"
            ).format(predictions=len(predictions), references=len(references)),
        )
    if not predictions:
        raise LabError("no_predictions", _("there is nothing to score: predictions is empty; generate summaries first"))
    groups = [[group] if isinstance(group, str) else _group(group, row) for row, group in enumerate(references)]
    for row, (prediction, group) in enumerate(zip(predictions, groups, strict=True)):
        _all_text([prediction], "predictions", row)
        _all_text(group, "references", row)
    return predictions, groups


def _listed(texts, where: str) -> list:
    if isinstance(texts, str) or not hasattr(texts, "__iter__"):
        raise LabError(
            "not_text",
            _("{where} must be a list of strings, not {kind}; put a single one in brackets: [text]").format(
                where=where, kind=type(texts).__name__
            ),
        )
    return list(texts)


def _group(group, row: int) -> list:
    if not hasattr(group, "__iter__"):
        _all_text([group], "references", row)
    group = list(group)
    if not group:
        raise LabError(
            "no_references",
            _("references[{row}] is an empty list; give one reference or more, or drop that row").format(row=row),
        )
    return group


def _all_text(texts: list, where: str, row: int) -> None:
    for text in texts:
        if not isinstance(text, str):
            raise LabError(
                "not_text",
                _("{where}[{row}] holds {value!r} ({kind}), not a string; replace it or drop that row").format(
                    where=where, row=row, value=text, kind=type(text).__name__
                ),
            )


# --- one pair ------------------------------------------------------------------------------------------------------
class _Text(NamedTuple):
    """What scoring needs of one text, worked out once."""

    tokens: tuple[str, ...]
    unigrams: Counter
    bigrams: Counter
    positions: dict[str, int]  # bit i of positions[token] is set where tokens[i] == token
    lines: int  # lines that hold a token: ROUGE-Lsum takes each as a sentence


@functools.cache
def _cached_stemmer():
    """The stemmer rouge_score uses, with a memory: a few thousand words make up all summaries."""
    from nltk.stem.porter import PorterStemmer

    return types.SimpleNamespace(stem=functools.lru_cache(maxsize=1 << 17)(PorterStemmer().stem))


@functools.lru_cache(maxsize=1 << 13)  # holds the references of a test set and a few systems' outputs
def _prepared(text: str, stemmer: bool) -> _Text:
    tokens = tuple(rouge_tokens(text, stemmer))
    positions: dict[str, int] = {}
    for i, token in enumerate(tokens):
        positions[token] = positions.get(token, 0) | 1 << i
    lines = 1 if "\n" not in text else sum(bool(rouge_tokens(line, stemmer)) for line in text.split("\n"))
    return _Text(tokens, Counter(tokens), Counter(itertools.pairwise(tokens)), positions, lines)


def _pair(reference: str, prediction: str, stemmer: bool) -> tuple[float, float, float, float]:
    """Return the F-measures of one pair, in the order of METRICS."""
    ref, pred = _prepared(reference, stemmer), _prepared(prediction, stemmer)
    n_ref, n_pred = len(ref.tokens), len(pred.tokens)
    rouge1 = _f(_shared(ref.unigrams, pred.unigrams), n_ref, n_pred)
    rouge2 = _f(_shared(ref.bigrams, pred.bigrams), n_ref - 1, n_pred - 1)
    rouge_l = _f(_lcs_length(ref.positions, n_ref, pred.tokens), n_ref, n_pred)
    # With one line on each side the summary-level score is the sentence-level one. Several lines need the union of
    # particular subsequences; which of several equally long ones is taken matters, so the library itself decides.
    several = ref.lines > 1 or pred.lines > 1
    return rouge1, rouge2, rouge_l, _lsum(reference, prediction, stemmer) if several else rouge_l


def _f(hits: int, n_ref: int, n_pred: int) -> float:
    return scoring.fmeasure(hits / max(n_pred, 1), hits / max(n_ref, 1)) if hits else 0.0


def _shared(ref: Counter, pred: Counter) -> int:
    """Count n-grams in both, each as often as it stands in the text that has fewer of it."""
    return sum(min(count, pred[gram]) for gram, count in ref.items() if gram in pred)


def _lcs_length(positions: dict[str, int], n_ref: int, tokens: Sequence[str]) -> int:
    """Return the length of the longest common subsequence.

    One row of the classic table is one integer: bit i is 0 where the row grows from i to i + 1 (Hyyrö 2004,
    "Bit-parallel LCS-length computation revisited"). One addition moves the whole row on by one token.
    """
    everything = (1 << n_ref) - 1
    row = everything
    for token in tokens:
        match = row & positions.get(token, 0)
        row = ((row + match) | (row - match)) & everything
    return n_ref - row.bit_count()


def _lsum(reference: str, prediction: str, stemmer: bool) -> float:
    return _lsum_scorer(stemmer).score(reference, prediction)["rougeLsum"].fmeasure


@functools.cache
def _lsum_scorer(stemmer: bool) -> rouge_scorer.RougeScorer:
    tokenizer = types.SimpleNamespace(tokenize=functools.partial(rouge_tokens, stemmer=stemmer))
    return rouge_scorer.RougeScorer(["rougeLsum"], tokenizer=tokenizer)


PROTOCOL = protocol()


# --- evaluate ------------------------------------------------------------------------------------------------------
@functools.cache
def _metric_class() -> type:
    import datasets
    import evaluate

    text = datasets.Value("string")

    class Rouge(evaluate.Metric):
        """:func:`rouge` as an ``evaluate.Metric``: ``Rouge().compute(predictions=..., references=...)``, offline.

        ``multi`` and ``stemmer`` may be given to ``compute``. Nothing is written to disk unless
        ``keep_in_memory=False`` says so.
        """

        def __init__(self, *args, keep_in_memory=True, **kwargs):
            super().__init__(*args, keep_in_memory=keep_in_memory, **kwargs)

        def _info(self):
            several = datasets.Features(predictions=text, references=datasets.Sequence(text))
            single = datasets.Features(predictions=text, references=text)
            return evaluate.MetricInfo(description=PROTOCOL, citation=_LIN, features=[several, single])

        def compute(self, *, predictions=None, references=None, **kwargs):
            """Score what is given here, or what ``add`` and ``add_batch`` collected; errors as in :func:`rouge`."""
            if predictions is not None and references is not None:
                predictions, references = _checked(predictions, references)
            return super().compute(predictions=predictions, references=references, **kwargs)

        def _compute(self, predictions, references, multi="mean", stemmer=True):
            return rouge(predictions, references, multi, stemmer)

    Rouge.__qualname__ = "Rouge"
    return Rouge


_LIN = "Chin-Yew Lin (2004). ROUGE: A Package for Automatic Evaluation of Summaries. Text Summarization Branches Out."


def __getattr__(name):  # late: evaluate takes seconds to import, and few need it
    if name == "Rouge":
        return _metric_class()
    raise AttributeError(name)
