"""Gain against forgetting: trainings as points, which of them no other beats, and comparing at equal gain.

Whoever learns nothing forgets nothing, so ways of training are compared where they gain the same; Biderman et al. (2024),
"LoRA Learns Less and Forgets Less" (arXiv:2405.09673), draw one against the other.
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from labutils.errors import LabError
from labutils.evaluation.scores import Score
from labutils.i18n import _


@dataclass(frozen=True)
class TradeOff:
    """One training as a point: gain on the new task, and mean forgetting over the old ones, each with its interval."""

    name: str
    gain: Score
    forgetting: Score


def frontier(points: Sequence[TradeOff]) -> list[TradeOff]:
    """Return the points that no other beats in both (Pareto): none has at least their gain and less forgetting."""

    def beaten(p: TradeOff, q: TradeOff) -> bool:
        no_worse = q.gain.value >= p.gain.value and q.forgetting.value <= p.forgetting.value
        return no_worse and (q.gain.value > p.gain.value or q.forgetting.value < p.forgetting.value)

    kept = [p for p in points if not any(beaten(p, q) for q in points)]
    return sorted(kept, key=lambda p: p.gain.value)


def at_equal_gain(validation: Mapping[tuple[str, float], float]) -> dict[str, float]:
    """Choose each way's learning rate by validation scores alone, so that the ways can be compared at equal gain.

    The lowest of the ways' best scores is one that every way can reach; each way takes the gentlest rate that does.

    Args:
        validation: (way, learning rate) -> score on the new task's validation records.
    """
    best: dict[str, float] = {}
    for (way, _rate), score in validation.items():
        best[way] = max(score, best.get(way, score))
    target = min(best.values())
    return {way: min(rate for (w, rate), score in validation.items() if w == way and score >= target) for way in best}


def forgetting_at(points: Sequence[tuple[float, float]], gain: float) -> float:
    """Read off straight lines between a way's trainings with how little forgetting it reaches a gain.

    Args:
        points: (gain, forgetting) of one way, in the order of its learning rates.

    Raises:
        LabError: code ``"gain"``: none of them gains so much.
    """
    reached = [lost for gained, lost in points if gained >= gain]
    for (left, lost), (right, lost_next) in pairwise(points):
        if min(left, right) < gain < max(left, right):
            reached.append(lost + (lost_next - lost) * (gain - left) / (right - left))
    if not reached:
        raise LabError("gain", _("no training gains {gain:g}").format(gain=gain))
    return min(reached)


def at_common_gain(curves: Mapping[Hashable, Sequence[tuple[float, float]]]) -> tuple[float, dict]:
    """Return the largest gain that all of some ways reach, and with how little forgetting each of them does.

    Args:
        curves: for each way (or way and seed) its points, as :func:`forgetting_at` takes them.
    """
    gain = min(max(gained for gained, _lost in points) for points in curves.values())
    return gain, {way: forgetting_at(points, gain) for way, points in curves.items()}
