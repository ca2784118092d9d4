"""Drawings of LoRA: a weight matrix beside its two small ones, to scale, and adapters that share one base."""

from collections.abc import Mapping

import pandas as pd

from labutils.drawings.canvas import ACROSS, Sheet
from labutils.i18n import _
from labutils.pictures import DARK, GREEN, GREY, PALETTE, Picture

LONGEST = 22.0  # tenths of an inch, the longer side of W
THINNEST = 0.5  # a smaller side would not be seen


def low_rank(d_out: int, d_in: int, r: int) -> Picture:
    """Draw W (d_out, d_in), frozen, beside B (d_out, r) and A (r, d_in), which are trained, to scale."""
    scale = min(LONGEST / max(d_out, d_in), (ACROSS - 20) / (2 * d_in + r))
    high, wide, thin = (max(size * scale, THINNEST) for size in (d_out, d_in, r))
    full, small = d_out * d_in, r * (d_out + d_in)
    sheet = Sheet(max(high, 8) + 8)
    middle = 4 + max(high, 8) / 2
    top, left = middle - high / 2, 8.0
    sheet.box(left, top, wide, high, colour=GREY, round_corners=False)
    inside = min(wide, high) >= 3
    if inside:
        sheet.text(left + wide / 2, middle, "W", bold=True, size=16)
    sheet.text(left + wide / 2, top - 1.4, f"{d_in:,}")
    sheet.text(left - 1, middle, f"{d_out:,}" if inside else f"W\n{d_out:,}", align="right")
    x = left + wide + 4
    sheet.text(x - 2, middle, "+", bold=True, size=18)
    sheet.box(x + 2.6, top, thin, high, colour=GREEN, full=True, round_corners=False)
    sheet.text(x + 1.8, middle, "B", bold=True, size=16, align="right")
    sheet.text(x + 2.6 + thin / 2, top - 1.4, _("r = {r}").format(r=r))
    beside = x + 2.6 + thin + 4
    sheet.text(beside - 2, middle, "×", bold=True, size=16)
    sheet.box(beside, middle - thin / 2, wide, thin, colour=GREEN, full=True, round_corners=False)
    sheet.text(beside + wide / 2, middle - thin / 2 - 2, "A", bold=True, size=16)
    sheet.text(beside + wide / 2, middle + thin / 2 + 1.6, f"{d_in:,}")
    y = max(4 + max(high, 8), middle + 4) + 2
    sheet.text(left, y, _("frozen: {n}").format(n=f"{full:,}"), align="left", bold=True)
    trained = _("trained: {n}, that is {share:.1%}").format(n=f"{small:,}", share=small / full)
    sheet.text(max(x, left + 24), y, trained, align="left", bold=True)
    alt = _(
        "Drawn to scale: the matrix W of {d_out} by {d_in}, {full} numbers, frozen; beside it B of {d_out} by {r} and A of {r} by "
        "{d_in}, together {small} numbers, {share:.1%}, trained."
    ).format(d_out=f"{d_out:,}", d_in=f"{d_in:,}", r=r, full=f"{full:,}", small=f"{small:,}", share=small / full)
    rows = {"W": (d_out, d_in, full), "B": (d_out, r, d_out * r), "A": (r, d_in, r * d_in)}
    return sheet.picture(alt, pd.DataFrame(rows, index=[_("rows"), _("columns"), _("numbers")]).T)


def two_adapters(adapters: Mapping[str, str], base: str, question: str = "") -> Picture:
    """Draw one frozen base and the adapters that are switched on it, each with its answer.

    Args:
        adapters: name -> what the model answers with it.  base: what it answers with none.
    """
    rows = {_("no adapter"): base} | dict(adapters)
    height = 7.0
    sheet = Sheet(3.4 + height * len(rows))
    sheet.box(16, 3, 12, height * len(rows) - 1, _("base\n(frozen)"), colour=GREY, bold=True, size=13)
    middle = 3 + (height * len(rows) - 1) / 2
    if question:
        sheet.box(1, middle - 5, 11, 10, question)
        sheet.arrow((12.3, middle), (15.7, middle))
    sheet.text(36.5, 1.2, _("switched on"), bold=True)
    sheet.text(58, 1.2, _("answer"), bold=True)
    for i, (name, answer) in enumerate(rows.items()):
        y = 3 + i * height + 0.4
        colour = DARK if i == 0 else PALETTE[i + 1]
        sheet.box(30, y, 13, height - 1.8, name, colour=colour, dashed=i == 0, bold=i > 0)
        sheet.arrow((28.3, y + 2.6), (29.7, y + 2.6))
        sheet.arrow((43.3, y + 2.6), (46.7, y + 2.6), colour=colour)
        sheet.box(47, y, 22, height - 1.8, answer, colour=colour)
    said = "; ".join(f"{name}: {answer}" for name, answer in rows.items())
    alt = _("One frozen base; adapters are switched on it, one at a time. Answers{question}: {said}.").format(
        question=f" ({question})" if question else "", said=said
    )
    return sheet.picture(alt, pd.DataFrame({_("answer"): rows}))
