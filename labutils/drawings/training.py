"""Drawings of a training: one step, its memory, the walk between two weights, and a primer of five terms."""

import math
from collections.abc import Mapping

import numpy as np
import pandas as pd

from labutils.drawings.canvas import ACROSS, Sheet
from labutils.i18n import _
from labutils.pictures import BLUE, DARK, GREEN, GREY, PURPLE, TEAL, VERMILION, Picture, colours
from labutils.pictures.words import number, valued

REVIEW = {"negative": 0.6, "neutral": 0.2, "positive": 0.2}


def training_step(
    probabilities: Mapping[str, float] = REVIEW, label: str = "positive", prompt: str = "Great kettle! Positive?"
) -> Picture:
    """Draw one step: prompt, model, probabilities of the answers, loss of the label, gradient, new weights.

    Args:
        probabilities: answer -> probability, three or four.
    """
    loss = -math.log(max(probabilities[label], 1e-12))
    sheet = Sheet(33)
    sheet.box(1, 4, 14, 11, f"{_('prompt')}\n“{prompt}”")
    sheet.box(20.5, 4, 12.5, 11, _("model"), colour=BLUE, bold=True, size=13)
    sheet.box(38.5, 1, 18, 14, colour=GREY)
    sheet.text(47.5, 2.8, _("probabilities"))
    step = 9.6 / len(probabilities)
    for i, (answer, p) in enumerate(probabilities.items()):
        y = 4.6 + i * step
        sheet.text(
            39.3, y + 1.1, sheet.cut(answer, 7.6, 9.5, answer == label), size=9.5, align="left", bold=answer == label
        )
        sheet.box(
            47.8, y, max(4.6 * p, 0.2), 2.2, colour=BLUE if answer == label else GREY, full=True, round_corners=False
        )
        sheet.text(48.5 + max(4.6 * p, 0.2), y + 1.1, number(p), size=9, align="left")
    sheet.box(61, 4, 8, 11, f"{_('loss')}\n{number(loss)}", colour=VERMILION, bold=True)
    sheet.box(48, 22, 21, 8, _("gradient: which way each weight should move"), colour=VERMILION)
    sheet.box(16, 22, 21.5, 8, _("new weights = weights − rate × gradient"), colour=GREEN)
    for start, end in (
        ((15.3, 9.5), (20.2, 9.5)), ((33.3, 9.5), (38.2, 9.5)), ((56.8, 9.5), (60.7, 9.5)), ((65, 15.3), (65, 21.7)),
        ((47.7, 26), (37.8, 26)), ((26.75, 21.7), (26.75, 15.3)),
    ):  # fmt: skip
        sheet.arrow(start, end)
    named = sheet.cut(_("label: {label}").format(label=label), 12, 9.5, bold=True)
    sheet.text(69.3, 2, named, bold=True, align="right", size=9.5)
    sheet.text(25.8, 18.5, _("again"), align="right")
    alt = _(
        "One training step as a circle: a prompt goes into the model; it gives probabilities ({probabilities}); the label {label} "
        "makes a loss of {loss}; the gradient says which way each weight should move; the new weights go into the model again."
    ).format(probabilities=valued(probabilities), label=label, loss=number(loss))
    return sheet.picture(alt, pd.DataFrame({_("probability"): dict(probabilities)}))


def memory(trainings: Mapping[str, Mapping[str, float]], cards: Mapping[str, float]) -> Picture:
    """Draw what trainings take, as stacked blocks, against what cards have.

    Args:
        trainings: name -> {"weights", "gradients", "optimizer", "activations" -> GiB}, the same parts each.
        cards: name -> GiB.
    """
    parts = list(next(iter(trainings.values())))
    colour, totals = colours(parts), {name: sum(row.values()) for name, row in trainings.items()}
    most = max(*totals.values(), *cards.values())
    left, right, top = 16.0, ACROSS - 10, 6.5 + 2.2 * len(cards)
    scale, row = (right - left) / most, 5.5
    bottom = top + row * len(trainings)
    sheet = Sheet(bottom + 1)
    x = left
    for i, part in enumerate(parts):
        sheet.box(
            x, 1.2, 2.2, 2, colour=colour[part], full=True, hatch=("", "//", "..", "xx")[i % 4], round_corners=False
        )
        sheet.text(x + 2.8, 2.2, part, align="left")
        x += sheet.width(part) + 5
    for i, (card, size) in enumerate(sorted(cards.items(), key=lambda pair: -pair[1])):
        y, at = 5.2 + 2.2 * i, left + size * scale
        sheet.axes.plot([at, at], [y + 1, bottom], color=DARK, linestyle="--", linewidth=1.8, zorder=4)
        sheet.text(at - 0.6 if at > left + 12 else at + 0.6, y, f"{card}: {number(size)} GiB", bold=True, ground=True,
                   align="right" if at > left + 12 else "left")  # fmt: skip
        sheet.axes.plot([at], [y], marker="v", color=DARK, markersize=6, zorder=4)
    for i, (name, row_of) in enumerate(trainings.items()):
        y, x = top + i * row, left
        sheet.text(left - 1, y + 1.9, "\n".join(sheet.lines(name, left - 2, 2)), align="right")
        for j, (part, size) in enumerate(row_of.items()):
            hatch = ("", "//", "..", "xx")[j % 4]
            sheet.box(x, y, size * scale, 3.8, colour=colour[part], full=True, hatch=hatch, round_corners=False)
            x += size * scale
        sheet.text(x + 0.6, y + 1.9, f"{number(totals[name])} GiB", align="left", bold=True, ground=True)
    said = "; ".join(
        f"{name} {number(totals[name])} ({valued(row_of).replace('; ', ', ')})" for name, row_of in trainings.items()
    )
    alt = _("Memory in GiB as stacked blocks: {trainings}. Cards: {cards}.").format(trainings=said, cards=valued(cards))
    table = pd.DataFrame({name: dict(row_of) for name, row_of in trainings.items()}).T
    return sheet.picture(alt, table.join(pd.Series(totals, name=_("sum"))))


def walk(share: float = 0.5) -> Picture:
    """Draw the straight way from the weights before a training to those after it, and a stop at ``share`` of it."""
    from matplotlib.patches import Ellipse

    sheet = Sheet(31)
    start, end, y = 15.0, 55.0, 17.0
    for x, colour, hatch in ((22.0, TEAL, ""), (48.0, VERMILION, "")):
        ground = Ellipse((x, y), 40, 21, facecolor="none", edgecolor=colour, linewidth=2, hatch=hatch, zorder=1)
        sheet.axes.add_patch(ground)
    sheet.text(14, 3.4, _("the old tasks work here"), bold=True)
    sheet.text(56, 3.4, _("the new task works here"), bold=True)
    sheet.arrow((start, y), (end - 0.9, y), colour=PURPLE)
    stop = start + share * (end - start)
    for x, marker, colour in ((start, "o", TEAL), (end, "s", VERMILION), (stop, "D", PURPLE)):
        sheet.axes.plot([x], [y], marker=marker, markersize=12, color=colour, zorder=4)
    sheet.text(start, y + 3.4, _("before"))
    sheet.text(end, y + 3.4, _("after"))
    sheet.text(min(max(stop, 25), 45), y - 3.2, _("share {share}").format(share=number(share)), bold=True)
    sheet.text(35, 29.4, _("weights = (1 − share) × before + share × after"))
    alt = _(
        "A straight way from the weights before the training to those after it, with a stop at share {share}. Around the "
        "start lies the region where the old tasks work, around the end the one where the new task works; they overlap."
    ).format(share=number(share))
    return sheet.picture(alt)


def primer() -> Picture:
    """Draw a tensor, its shape, softmax, a gradient and a step, one small panel each."""
    sheet = Sheet(43)
    panels = {
        _("tensor: numbers in a grid"): (1.0, 1.0), _("shape: rows, columns"): (24.0, 1.0),
        _("softmax: scores to shares"): (47.0, 1.0), _("gradient: the slope here"): (1.0, 22.5),
        _("step: a little downhill"): (36.0, 22.5),
    }  # fmt: skip
    for i, (name, (x, y)) in enumerate(panels.items()):
        width = 22.0 if i < 3 else 33.0
        sheet.box(x, y, width, 19.5, colour=GREY)
        sheet.text(x + width / 2, y + 2, name, size=10, bold=True)
    values = ((0.2, 1.5, -0.3), (0.7, 0.0, 2.1))
    for x in (3.0, 26.0):
        for i, row in enumerate(values):
            for j, value in enumerate(row):
                text = f"{value:g}" if x < 24 else ""
                sheet.box(x + 3 + 4.2 * j, 6 + 3.4 * i, 4.2, 3.4, text, colour=BLUE, round_corners=False)
    sheet.text(12, 16.5, _("2 rows, 3 columns"))
    sheet.text(27.5, 9.4, "2", bold=True)
    sheet.text(35.3, 14.3, "3", bold=True)
    sheet.text(35, 17.5, "(2, 3)", bold=True)
    scores = np.array([2.0, 1.0, 0.0])
    shares = np.exp(scores) / np.exp(scores).sum()
    for i, (score, share) in enumerate(zip(scores, shares, strict=True)):
        sheet.text(51, 6.6 + 4 * i, f"{score:g}")
        sheet.arrow((52.5, 6.6 + 4 * i), (55, 6.6 + 4 * i))
        sheet.box(56, 5.2 + 4 * i, 7 * share, 2.8, colour=BLUE, full=True, round_corners=False)
        sheet.text(56.8 + 7 * share, 6.6 + 4 * i, number(share.item()), align="left")
    sheet.text(58, 18.5, _("together 1.00"))
    for x in (1.0, 36.0):
        w = np.linspace(-1, 1, 60)
        sheet.axes.plot(x + 16.5 + 13 * w, 39 - 11.5 * w**2, color=DARK, linewidth=2, zorder=3)
        sheet.text(x + 16.5, 40.6, _("weight"))
        sheet.text(x + 1, 33, _("loss"), align="left")
    at = 0.75
    where = (17.5 + 13 * at, 39 - 11.5 * at**2)
    rise = -2 * 11.5 * at / 13
    sheet.axes.plot(
        [where[0] - 4, where[0] + 2], [where[1] - 4 * rise, where[1] + 2 * rise], color=VERMILION, linewidth=2.2
    )
    sheet.axes.plot(*where, marker="o", color=VERMILION, markersize=9, zorder=4)
    sheet.text(18, 29, _("steep: move far"))
    for at, marker, colour in ((0.75, "o", VERMILION), (0.35, "D", GREEN)):
        sheet.axes.plot(52.5 + 13 * at, 39 - 11.5 * at**2, marker=marker, color=colour, markersize=9, zorder=4)
    sheet.arrow((61.2, 32.3), (57.7, 36.6), colour=GREEN, bend=0.25)
    sheet.text(52.5, 29, _("− rate × gradient"))
    alt = _(
        "Five panels. Tensor: a grid of six numbers. Shape: 2 rows and 3 columns, (2, 3). Softmax: the scores 2, 1, 0 become the "
        "shares {shares}, together 1. Gradient: the slope of the loss at a weight. Step: the weight moves a little downhill, by "
        "the rate times the gradient."
    ).format(shares=", ".join(number(share.item()) for share in shares))
    return sheet.picture(alt)
