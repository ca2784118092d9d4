"""Lab 03: one training step at a learning rate of one's own choice."""

import math
from collections.abc import Callable, Mapping, Sequence

from labutils.errors import LabError
from labutils.i18n import _
from labutils.widgets.blocks import Bars, Block, Sentence, Table
from labutils.widgets.panel import Panel, steps

RATES = tuple(float(f"{digit}e{power}") for power in range(-6, 1) for digit in (1, 3)) + (10.0,)

Step = tuple[float, float, Mapping[str, float]]  # loss before, loss after, word -> probability after


def verdict(rate: float, before: float, after: float) -> str:
    """Say what the step did to the loss."""
    if not math.isfinite(after):
        return _("Rate {rate:g}: the loss is no number any more; the step was far too large.").format(rate=rate)
    change = round(after, 3) - round(before, 3)
    if change == 0:
        text = _("Rate {rate:g}: the loss stays at {before:.3f}; so small a step changes nothing that one sees.")
    elif change < 0:
        text = _("Rate {rate:g}: the loss falls from {before:.3f} to {after:.3f}.")
    else:
        text = _("Rate {rate:g}: the loss rises from {before:.3f} to {after:.3f}; the step was too large.")
    return text.format(rate=rate, before=before, after=after)


def _shown(value: float) -> str:
    return f"{value:.3f}" if math.isfinite(value) else _("no number")


def step_rate(loss_at: Callable[[float], Step], rates: Sequence[float] = RATES, rate: float | None = None) -> Panel:
    """Return a slider for the learning rate of one step, with a list of the rates that were tried.

    Args:
        loss_at: takes a rate, does one step from the same start each time, and returns the loss before and after it
            and {word: probability after the step}; a few seconds at most.
        rates: to choose from, increasing.  rate: the first one; default: the middle one.

    Raises:
        LabError: code ``"rates"``: there are none, or ``rate`` is none of them.
    """
    values = sorted(float(value) for value in rates)
    if not values or (rate is not None and rate not in values):
        told = ", ".join(f"{value:g}" for value in values)
        raise LabError("rates", _("the first rate is {rate}; it must be one of: {told}").format(rate=rate, told=told))
    tried: dict[float, tuple[float, float]] = {}

    def result(rate: float) -> list[Block]:
        before, after, probabilities = loss_at(rate)
        tried[rate] = (float(before), float(after))
        blocks: list[Block] = [Sentence(verdict(rate, *tried[rate]), strong=True)]
        words = [(word, float(p), _shown(float(p))) for word, p in probabilities.items()]
        if words:
            finite = [(word, p if math.isfinite(p) else 0.0, told) for word, p, told in words]
            blocks.append(Bars(_("probability after the step"), finite))
        rows = [(f"{r:g}", _shown(old), _shown(new)) for r, (old, new) in sorted(tried.items())]
        return [*blocks, Table(_("rates tried so far"), (_("rate"), _("loss before"), _("loss after")), rows)]

    first = values[len(values) // 2] if rate is None else rate
    slider = steps(_("Learning rate of the step"), [(f"{value:g}", value) for value in values], first)
    return Panel(_("How large may one step be?"), {"rate": slider}, result)
