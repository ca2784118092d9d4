"""How good, and how sure: scores with intervals, and paired comparisons with a verdict.

The unit is the dialogue: intervals come from resampling dialogues (percentile bootstrap, Efron 1979), comparisons from
resampling the differences of pairs on the same dialogues (Koehn 2004, "Statistical Significance Tests for Machine
Translation Evaluation", https://aclanthology.org/W04-3250). Everything is seeded: same seed, same numbers.
The intervals stand in :mod:`labutils.evaluation.intervals`, the values in :mod:`labutils.evaluation.metrics`, bounds in
:mod:`labutils.evaluation.bounds`, summaries made wrong on purpose in :mod:`labutils.evaluation.probes`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from labutils.errors import LabError
from labutils.evaluation.intervals import (
    RESAMPLES,
    by_dialogue,
    dialogues_needed,
    fewest,
    finite,
    interval,
    mean_sd,
    wilson,
)
from labutils.evaluation.metrics import ACCURACY, DIRECTION, accuracy_values, same_length, summary_values
from labutils.evaluation.scores import Score, Scores, places, summarize
from labutils.i18n import _
from labutils.rouge import METRICS, References, protocol, rouge_scores

if TYPE_CHECKING:
    from rouge_score.tokenizers import Tokenizer

__all__ = [
    "Comparison", "Score", "Scores", "accuracy_scores", "accuracy_values", "by_dialogue", "compare", "compare_values",
    "dialogues_needed", "fewest", "interval", "same_baseline", "score_summaries", "score_table",
    "summarize", "summary_values", "wilson",
]  # fmt: skip

Values = Sequence[float] | np.ndarray
MARGIN = 0.02  # the smallest difference that matters, unless one is named: two points of ROUGE or accuracy


# --- scores --------------------------------------------------------------------------------------------------------
def score_summaries(
    predictions: Sequence[str],
    references: References,
    dialogues: Sequence[str] | None = None,
    multi: str = "mean",
    stemmer: bool = True,
    seed: int = 0,
    *,
    resamples: int = RESAMPLES,
    tokenizer: "Tokenizer | None" = None,
) -> Scores:
    """Score n summaries: ROUGE, length and unsupported names, each with its interval by dialogue.

    Args:
        predictions, references, multi, stemmer, tokenizer: as :func:`labutils.rouge.rouge` takes them.
        dialogues: the n dialogues; without them unsupported names are not counted.

    Raises:
        LabError: as :func:`labutils.rouge.rouge_scores`.
    """
    values = summary_values(predictions, references, dialogues, multi, stemmer, tokenizer=tokenizer)
    return summarize(values, seed, resamples, protocol(multi, stemmer, tokenizer))


def accuracy_scores(predictions: Sequence[str], targets: Sequence[str]) -> Scores:
    """Score n classifications: the share of exact matches, as :func:`accuracy_values` finds them, with its interval.

    Raises:
        LabError: ``"lengths"`` or ``"no_predictions"``.
    """
    return summarize({"accuracy": accuracy_values(predictions, targets)}, protocol=ACCURACY)


def score_table(systems: Mapping[str, Scores], metric: str = "rouge1") -> pd.DataFrame:
    """Return one row a system: the metric first with its low and high, then every other metric's value, then n."""
    rows = {}
    for system, scores in systems.items():
        first = scores[metric]
        others = {name: score.value for name, score in scores.items() if name != metric}
        rows[system] = {metric: first.value, "low": first.low, "high": first.high, **others, "n": first.n}
    return pd.DataFrame.from_dict(rows, orient="index")


# --- comparison ----------------------------------------------------------------------------------------------------
@dataclass(frozen=True, repr=False)
class Comparison:
    """Two systems on the same n dialogues.

    Attributes:
        difference: mean(a) - mean(b).  interval: (low, high) of it, by dialogue.
        code: ``"better"`` (a is, whichever way is good for this metric), ``"worse"``; ``"higher"``, ``"lower"`` where
            neither way is good. Where the interval holds 0: ``"no_difference"`` (the whole of it lies inside -margin to
            +margin) or ``"cannot_say"``. ``"too_few"`` (fewer dialogues, or fewer that differ, than could ever settle
            it), ``"same"`` (the very same outputs), ``"same_scores"`` (other outputs, equal scores).
        n: dialogues.  sd: standard deviation of the n differences.  a, b: the two means.
        names: what a and b are called in the sentence.  margin: the smallest difference that matters, or None.
    """

    difference: float
    interval: tuple[float, float]
    code: str
    n: int
    sd: float
    a: float
    b: float
    metric: str = "rouge1"
    names: tuple[str, str] = ("a", "b")
    margin: float | None = None

    @property
    def verdict(self) -> str:
        """The verdict in words, translated; code asks for ``.code``."""
        return {
            "better": _("better"),
            "worse": _("worse"),
            "higher": _("higher"),
            "lower": _("lower"),
            "no_difference": _("no difference larger than {margin:g}").format(margin=self.margin or 0),
            "cannot_say": _("cannot say"),
            "too_few": _("too few dialogues to say"),
            "same": _("the same outputs"),
            "same_scores": _("the same scores for different outputs"),
        }[self.code]

    def numbers(self, prefix: str = "") -> dict:
        """Return flat names for results.json: ``difference`` and ``difference_interval``."""
        return {f"{prefix}difference": self.difference, f"{prefix}difference_interval": list(self.interval)}

    def __repr__(self) -> str:
        # No equation: rounded, 0.35 - 0.26 would be 0.10. The verdict rests on 0, or on 0 and the margin.
        margin = self.margin if self.code in ("no_difference", "cannot_say") else None
        marks = (0.0, margin, -margin) if margin else (0.0,)
        to = places((self.difference, *self.interval), marks)
        return _(
            "{a} against {b}: {verdict} ({metric} {mean_a} against {mean_b}, difference {difference}, "
            "95 % interval [{low}, {high}], {n} pairs)"
        ).format(
            a=self.names[0], b=self.names[1], verdict=self.verdict, metric=self.metric, n=self.n,
            mean_a=f"{self.a:.{to}f}", mean_b=f"{self.b:.{to}f}", difference=f"{self.difference:+.{to}f}",
            low=f"{self.interval[0]:+.{to}f}", high=f"{self.interval[1]:+.{to}f}",
        )  # fmt: skip


def compare(
    a: Sequence[str], b: Sequence[str], references: References, metric: str="rouge1", seed: int=0, multi: str="mean", *,
    stemmer: bool=True, resamples: int=RESAMPLES, names: tuple[str, str]=("a", "b"), baseline: tuple[str, str] | None=None, margin: float | None=MARGIN, tokenizer: "Tokenizer | None" = None,
) -> Comparison:  # fmt: skip
    """Compare two systems' outputs on the same dialogues.

    Args:
        a, b: n outputs each, in the order of ``references``.
        metric: one of rouge1, rouge2, rougeL, rougeLsum, or accuracy (then references are the n right answers).
        names: what to call them in the printed sentence.
        baseline: (fingerprint before, fingerprint after) of the model that made the baseline's outputs.
        margin: as :func:`compare_values` takes it.  stemmer, tokenizer: as :func:`labutils.rouge.rouge`.

    Raises:
        LabError: ``"lengths"``, ``"metric"``, ``"margin"``, ``"baseline_changed"``, and as :func:`labutils.rouge.rouge_scores`.
    """
    if baseline is not None:
        same_baseline(*baseline)
    same_length(a, b, names[0], names[1])
    if metric != "accuracy" and metric not in METRICS:
        text = _("metric is {value!r}; it must be one of: {choices}")
        raise LabError("metric", text.format(value=metric, choices=", ".join([*METRICS, "accuracy"])))
    score_a, score_b = (
        accuracy_values(outputs, references)
        if metric == "accuracy"
        else rouge_scores(outputs, references, multi, stemmer, tokenizer=tokenizer)[metric]
        for outputs in (a, b)
    )
    result = compare_values(score_a, score_b, metric, seed, resamples, names=names, margin=margin)
    return replace(result, code="same") if list(a) == list(b) else result


def compare_values(
    a: Values,
    b: Values,
    metric: str = "rouge1",
    seed: int = 0,
    resamples: int = RESAMPLES,
    *,
    names: tuple[str, str] = ("a", "b"),
    margin: float | None = MARGIN,
) -> Comparison:
    """Compare two systems by their values per dialogue, arrays of shape (n,).

    Args:
        metric: what the values are; higher is better but for those of :data:`labutils.evaluation.metrics.DIRECTION`.
        margin: the smallest difference that matters, in the unit of the values: an interval inside -margin to +margin
            is "no difference larger than that", another one that holds 0 "cannot say". None: no difference is too small
            to matter, and every interval that holds 0 has the code ``"too_few"`` (as in results stored before).

    Raises:
        LabError: ``"lengths"``, ``"no_predictions"``, ``"no_values"``, ``"margin"`` (not above 0).
    """
    if margin is not None and not margin > 0:
        text = _("margin is {margin!r}; give the smallest difference that matters, above 0, or None")
        raise LabError("margin", text.format(margin=margin))
    same_length(a, b, names[0], names[1])
    a, b = finite(a), finite(b)
    differences = a - b
    bounds = interval(differences, seed, resamples=resamples)
    mean, sd = mean_sd(differences)
    means = float(a.mean()), float(b.mean())
    code = _code(differences, bounds, margin, DIRECTION.get(metric, 1))
    return Comparison(mean, bounds, code, len(a), sd, *means, metric, (names[0], names[1]), margin)


def same_baseline(before: str, after: str) -> bool:
    """Return True if the two fingerprints are equal: the baseline is still the model it was.

    Raises:
        LabError: ``"baseline_changed"``: it was trained or wrapped in the meantime; the comparison would mean nothing.
    """
    if before != after:
        text = _("the baseline's weights changed (fingerprint {before}, now {after}): load it anew and generate again")
        raise LabError("baseline_changed", text.format(before=before, after=after))
    return True


def _code(differences: np.ndarray, bounds: tuple[float, float], margin: float | None, direction: int) -> str:
    low, high = bounds
    enough = np.count_nonzero(differences) >= fewest()
    if not differences.any():
        return "same_scores"
    if enough and not low <= 0 <= high:
        if not direction:
            return "higher" if low > 0 else "lower"
        return "better" if low * direction > 0 else "worse"
    if margin is None or len(differences) < fewest():
        return "too_few"
    if -margin < low and high < margin:
        return "no_difference"
    return "cannot_say" if enough else "too_few"
