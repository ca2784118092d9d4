"""Lab 06: the walk between the weights before and after a training, from measured points."""

from collections.abc import Mapping
from dataclasses import dataclass

from labutils.errors import LabError
from labutils.i18n import _
from labutils.widgets.blocks import Bars, Block, Sentence, Table
from labutils.widgets.panel import Panel, steps

Points = Mapping[
    float, tuple[float, float]
]  # share of the trained weights -> scores: (new task, mean of the old tasks)


@dataclass(frozen=True)
class Place:
    """A share of the way, its scores, and how much of gain and loss is left there; None: there was none to keep."""

    share: float
    new: float
    old: float
    gain_kept: float | None
    loss_undone: float | None


def place(points: Points, share: float) -> Place:
    """Return what was measured at a share, against both ends.

    Raises:
        LabError: code ``"walk"``: an end is missing (shares 0 and 1), or the share was not measured.
    """
    missing = [end for end in (0.0, 1.0, share) if end not in points]
    if missing:
        told = ", ".join(f"{value:g}" for value in sorted(points)) or _("none")
        text = _("the walk has no point at share {share:g}; there are: {told}")
        raise LabError("walk", text.format(share=missing[0], told=told))
    (new_before, old_before), (new_after, old_after), (new, old) = points[0.0], points[1.0], points[share]
    gain, loss = new_after - new_before, old_before - old_after
    kept = (new - new_before) / gain if gain > 0 else None
    undone = (old - old_after) / loss if loss > 0 else None
    return Place(share, new, old, kept, undone)


def _sentence(here: Place) -> str:
    gain = _("nothing was gained on the new task")
    if here.gain_kept is not None:
        gain = _("{share:.0%} of the gain is kept").format(share=here.gain_kept)
    loss = _("nothing was lost on the old tasks")
    if here.loss_undone is not None:
        loss = _("{share:.0%} of the loss is undone").format(share=here.loss_undone)
    return _("At share {share:g}: {gain}, {loss}.").format(share=here.share, gain=gain, loss=loss)


def walk(points: Points, share: float | None = None) -> Panel:
    """Return a slider over the measured shares between the old weights (0) and the trained ones (1).

    Args:
        points: {share: (score on the new task, mean score on the old tasks)}, with 0 and 1 among the shares.
        share: the first one; default: the one nearest to the middle.

    Raises:
        LabError: code ``"walk"``, as :func:`place`.
    """
    shares = sorted(points)
    first = share if share is not None else min(shares, key=lambda value: abs(value - 0.5), default=0.5)
    place(points, first)

    def result(share: float) -> list[Block]:
        here = place(points, share)
        bars = [(_("new task"), here.new, f"{here.new:.2f}"), (_("old tasks"), here.old, f"{here.old:.2f}")]
        rows = [
            (f"{value:g}", f"{points[value][0]:.2f}", f"{points[value][1]:.2f}", _("here") if value == share else "")
            for value in shares
        ]
        table = Table(_("All measured points"), (_("share"), _("new task"), _("old tasks"), ""), rows)
        return [Sentence(_sentence(here), strong=True), Bars(_("Scores, 0 to 1"), bars), table]

    options = [(f"{value:g}", value) for value in shares]
    slider = steps(_("Share of the way (0: old weights, 1: trained)"), options, first)
    return Panel(_("How far should one go from the old weights to the trained ones?"), {"share": slider}, result)
