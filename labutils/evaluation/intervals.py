"""Intervals and sample sizes: how far a mean over n dialogues can be trusted. NumPy only, seeded."""

import math
from collections.abc import Callable, Sequence
from statistics import NormalDist
from typing import Protocol, runtime_checkable

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from labutils.errors import LabError
from labutils.i18n import _

RESAMPLES = 1000
_BLOCK = 2_000_000  # resampled values held at once: 16 MB


@runtime_checkable
class Spread(Protocol):
    """A difference that was measured, and the standard deviation of its pairs; a ``Comparison`` is one."""

    @property
    def difference(self) -> float: ...
    @property
    def sd(self) -> float: ...


def interval(values: ArrayLike, seed: int = 0, level: float = 0.95, resamples: int = RESAMPLES) -> tuple[float, float]:
    """Return the percentile bootstrap interval of the mean (Efron 1979).

    Args:
        values: shape (n,), one value per dialogue. Rows that share a dialogue go through :func:`by_dialogue` first:
            they are not independent, and counting them as if they were makes the interval too narrow.
        level: share of such intervals that hold the true mean, if n is not small (below 20 they are too narrow).

    Returns:
        low, high.

    Raises:
        LabError: ``"no_values"``: nothing to resample, or not one finite number per dialogue.
    """
    return bootstrap(lambda drawn: drawn.mean(axis=1), finite(values), seed=seed, level=level, resamples=resamples)


def bootstrap(
    statistic: Callable[..., np.ndarray],
    *samples: ArrayLike,
    seed: int = 0,
    level: float = 0.95,
    resamples: int = RESAMPLES,
) -> tuple[float, float]:
    """Return the percentile bootstrap interval of any statistic of one or more samples, each resampled by itself.

    Args:
        statistic: takes as many arrays as there are samples, of shape (draws, n, ...): each row is a sample drawn anew,
            as long as the first; returns the statistic of each row, shape (draws,).
        samples: arrays of shape (n, ...), n > 0, one row a dialogue (or record); their lengths may differ.

    Returns:
        low, high.

    Raises:
        LabError: ``"no_values"``: there is no sample, or an empty one.
    """
    rng, arrays = np.random.default_rng(seed), [np.asarray(sample) for sample in samples]
    if not arrays or not all(map(len, arrays)):
        raise LabError("no_values", _("there is nothing to resample: a sample is empty; give each one value or more"))
    rows = max(1, _BLOCK // sum(map(len, arrays)))
    values = []
    for done in range(0, resamples, rows):
        block = min(rows, resamples - done)
        values.append(statistic(*(sample[rng.integers(len(sample), size=(block, len(sample)))] for sample in arrays)))
    low, high = np.quantile(np.concatenate(values), [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def wilson(hits: int, n: int, level: float = 0.95) -> tuple[float, float]:
    """Return the interval (low, high), 0 to 1, of a share of right answers: ``hits`` of ``n`` (Wilson 1927).

    A bootstrap of forty right answers out of forty can only give [1, 1], as if no error were possible.

    Raises:
        LabError: code ``"no_values"``: there is no answer, or there are more hits than answers.
    """
    if not 0 <= hits <= n or not n:
        raise LabError(
            "no_values", _("{hits} of {n} answers are no share; give one answer or more").format(hits=hits, n=n)
        )
    z, share = _z(level), hits / n
    centre, spread = hits + z * z / 2, z * math.sqrt(hits * (1 - share) + z * z / 4)
    return min(share, max(0.0, (centre - spread) / (n + z * z))), max(share, min(1.0, (centre + spread) / (n + z * z)))


def by_dialogue(values: ArrayLike, ids: Sequence) -> np.ndarray:
    """Return one value per dialogue: the mean of its rows. Shapes (rows,) -> (dialogues,), in order of appearance."""
    values = np.asarray(values, dtype=float)
    if len(values) != len(ids):
        raise LabError("lengths", _("{a} values, but {b} ids; give one id a row").format(a=len(values), b=len(ids)))
    groups, _names = pd.factorize(pd.Series(list(ids)), use_na_sentinel=False)
    return pd.Series(values).groupby(groups).mean().to_numpy()


def finite(values: ArrayLike) -> np.ndarray:
    """Return the values as a float array of shape (n,), n > 0; raise ``"no_values"`` where that cannot be."""
    values = np.asarray(values, dtype=float)
    if values.ndim != 1 or not len(values) or not np.isfinite(values).all():
        text = _("an interval needs one finite number per dialogue, not {shape} values of which {bad} are no numbers")
        bad = int((~np.isfinite(values)).sum())
        raise LabError("no_values", text.format(shape="x".join(map(str, values.shape)), bad=bad))
    return values


def mean_sd(values: ArrayLike) -> tuple[float, float]:
    """Return mean and standard deviation (n - 1) of the values; the latter is 0 for a single one."""
    values = finite(values)
    return float(values.mean()), float(values.std(ddof=1)) if len(values) > 1 else 0.0


def dialogues_needed(
    pairs: ArrayLike | Spread, difference: float | None = None, power: float = 0.8, level: float = 0.95
) -> float:
    """Return how many dialogues it takes to tell a difference: its interval would exclude 0 with chance ``power``.

    n = ((z_level + z_power) * sd / difference)^2, the normal approximation for paired means (Cohen 1988, chapter 2).

    Args:
        pairs: a :class:`labutils.evaluation.Comparison`, or the differences per dialogue, shape (n,): they tell
            how much pairs vary.
        difference: the one to tell; by default the one that was measured.

    Returns:
        A whole number, at least the six of :func:`fewest`, or infinity for a difference of 0.
    """
    measured, sd = (pairs.difference, pairs.sd) if isinstance(pairs, Spread) else mean_sd(pairs)
    difference = measured if difference is None else difference
    if difference == 0:
        return math.inf
    z = _z(level) + NormalDist().inv_cdf(power)
    return max(fewest(level), math.ceil((z * sd / difference) ** 2))


def fewest(level: float = 0.95) -> int:
    """Return the least number of dialogues that could settle anything: 6 at 95 %.

    If a is as good as b, five coins fall on a's side all together once in 32 times, on one side once in 16: more often
    than the 1 in 20 that is allowed. A bootstrap of so few pairs does not know that and would call it settled.
    """
    return math.ceil(1 - math.log2(1 - level))


def _z(share: float) -> float:
    return NormalDist().inv_cdf((1 + share) / 2)
