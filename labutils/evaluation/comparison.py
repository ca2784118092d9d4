"""How good, and how sure: scores with intervals, and paired comparisons with a verdict.

The unit is the dialogue: intervals come from resampling dialogues (percentile bootstrap, Efron 1979), comparisons from
resampling the differences of pairs on the same dialogues (Koehn 2004, "Statistical Significance Tests for Machine
Translation Evaluation", https://aclanthology.org/W04-3250). Everything is seeded: same seed, same numbers.
The intervals stand in :mod:`labutils.evaluation.intervals`, the values in :mod:`labutils.evaluation.metrics`, bounds in
:mod:`labutils.evaluation.bounds`, summaries made wrong on purpose in :mod:`labutils.evaluation.probes`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

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
from labutils.evaluation.metrics import ACCURACY, accuracy_values, same_length, summary_values
from labutils.evaluation.scores import Score, Scores, summarize
from labutils.i18n import _
from labutils.rouge import METRICS, protocol, rouge_scores

__all__ = [
    "Comparison", "Score", "Scores", "accuracy_scores", "accuracy_values", "by_dialogue", "compare", "compare_values",
    "dialogues_needed", "fewest", "interval", "same_baseline", "score_summaries", "score_table",
    "summarize", "summary_values", "wilson",
]  # fmt: skip


# --- scores --------------------------------------------------------------------------------------------------------
def score_summaries(
    predictions, references, dialogues=None, multi="mean", stemmer=True, seed=0, *, resamples=RESAMPLES, tokenizer=None
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
        code: ``"better"`` (a is), ``"worse"``, ``"too_few"`` (the interval holds 0, or fewer dialogues differ than
            could ever settle it), ``"same"`` (the very same outputs), ``"same_scores"`` (other outputs, equal scores).
        n: dialogues.  sd: standard deviation of the n differences.  a, b: the two means.
        names: what a and b are called in the sentence.
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

    @property
    def verdict(self) -> str:
        """The verdict in words, translated; code asks for ``.code``."""
        return {
            "better": _("better"),
            "worse": _("worse"),
            "too_few": _("too few dialogues to say"),
            "same": _("the same outputs"),
            "same_scores": _("the same scores for different outputs"),
        }[self.code]

    def numbers(self, prefix: str = "") -> dict:
        """Return flat names for results.json: ``difference`` and ``difference_interval``."""
        return {f"{prefix}difference": self.difference, f"{prefix}difference_interval": list(self.interval)}

    def __repr__(self):
        return _(
            "{a} against {b}: {verdict} ({metric} {mean_a:.4f} - {mean_b:.4f} = {difference:+.4f}, "
            "95 % interval [{low:+.4f}, {high:+.4f}], {n} dialogues, paired)"
        ).format(
            a=self.names[0], b=self.names[1], verdict=self.verdict, metric=self.metric, mean_a=self.a, mean_b=self.b,
            difference=self.difference, low=self.interval[0], high=self.interval[1], n=self.n,
        )  # fmt: skip


def compare(
    a, b, references, metric="rouge1", seed=0, multi="mean", *,
    stemmer=True, resamples=RESAMPLES, names=("a", "b"), baseline=None,
) -> Comparison:  # fmt: skip
    """Compare two systems' outputs on the same dialogues.

    Args:
        a, b: n outputs each, in the order of ``references``.
        metric: one of rouge1, rouge2, rougeL, rougeLsum, or accuracy (then references are the n right answers).
        names: what to call them in the printed sentence.
        baseline: (fingerprint before, fingerprint after) of the model that made the baseline's outputs.

    Raises:
        LabError: ``"lengths"``, ``"metric"``, ``"baseline_changed"``, and as :func:`labutils.rouge.rouge_scores`.
    """
    if baseline is not None:
        same_baseline(*baseline)
    same_length(a, b, names[0], names[1])
    score_a, score_b = (_metric_values(outputs, references, metric, multi, stemmer) for outputs in (a, b))
    result = compare_values(score_a, score_b, metric, seed, resamples, names=names)
    return replace(result, code="same") if list(a) == list(b) else result


def compare_values(a, b, metric="rouge1", seed=0, resamples=RESAMPLES, *, names=("a", "b")) -> Comparison:
    """Compare two systems by their values per dialogue, arrays of shape (n,); higher counts as better."""
    same_length(a, b, names[0], names[1])
    a, b = finite(a), finite(b)
    differences = a - b
    bounds = interval(differences, seed, resamples=resamples)
    mean, sd = mean_sd(differences)
    means = float(a.mean()), float(b.mean())
    return Comparison(mean, bounds, _code(differences, bounds), len(a), sd, *means, metric, tuple(names))


def same_baseline(before: str, after: str) -> bool:
    """Return True if the two fingerprints are equal: the baseline is still the model it was.

    Raises:
        LabError: ``"baseline_changed"``: it was trained or wrapped in the meantime; the comparison would mean nothing.
    """
    if before != after:
        text = _("the baseline's weights changed (fingerprint {before}, now {after}): load it anew and generate again")
        raise LabError("baseline_changed", text.format(before=before, after=after))
    return True


def _code(differences: np.ndarray, bounds: tuple[float, float]) -> str:
    if not differences.any():
        return "same_scores"
    if np.count_nonzero(differences) < fewest() or bounds[0] <= 0 <= bounds[1]:
        return "too_few"
    return "better" if bounds[0] > 0 else "worse"


def _metric_values(outputs, references, metric: str, multi: str, stemmer: bool) -> np.ndarray:
    if metric == "accuracy":
        return accuracy_values(outputs, references)
    if metric not in METRICS:
        known = ", ".join([*METRICS, "accuracy"])
        text = _("metric is {value!r}; it must be one of: {known}")
        raise LabError("metric", text.format(value=metric, known=known))
    return rouge_scores(outputs, references, multi, stemmer)[metric]
