"""Drawings of the course: its map, the life cycle of a project, and the figures of FLAN."""

from collections.abc import Sequence

import pandas as pd

from labutils.drawings.canvas import ACROSS, Sheet
from labutils.i18n import _
from labutils.pictures import BLUE, GREEN, GREY, OCHRE, PURPLE, VERMILION, Picture
from labutils.pictures.words import number

CORE = 7  # labs 00 to 06
ROW = 4  # labs of the map side by side


def course(labs: Sequence[tuple[str, str]], here: str = "") -> Picture:
    """Draw the course as a way through its labs, the extension dashed.

    Args:
        labs: (number, title), in order; the first seven are the core.  here: the number of the lab that one reads.
    """
    rows = -(-len(labs) // ROW)
    wide, high, step, down = 14.4, 9.0, 18.0, 12.5
    sheet = Sheet(rows * down + 2.5)
    places = []
    for i in range(len(labs)):
        row, column = divmod(i, ROW)
        column = column if row % 2 == 0 else ROW - 1 - column  # there and back, like furrows
        places.append((0.8 + column * step, 1 + row * down))
    for i, ((lab, title), (x, y)) in enumerate(zip(labs, places, strict=True)):
        core, now = i < CORE, lab == here
        colour = VERMILION if now else BLUE if core else PURPLE
        sheet.box(x, y, wide, high, f"{lab}\n{title}", colour=colour, dashed=not core, bold=now)
        if i:
            before = places[i - 1]
            if before[1] != y:
                sheet.arrow((x + wide / 2, before[1] + high + 0.3), (x + wide / 2, y - 0.3))
            elif before[0] < x:
                sheet.arrow((before[0] + wide + 0.3, y + high / 2), (x - 0.3, y + high / 2))
            else:
                sheet.arrow((before[0] - 0.3, y + high / 2), (x + wide + 0.3, y + high / 2))
    y = rows * down + 1
    sheet.text(1, y, _("solid: the core"), align="left", colour=BLUE, bold=True)
    sheet.text(20, y, _("dashed: the extension"), align="left", colour=PURPLE, bold=True)
    if here:
        sheet.text(45, y, _("you are in {lab}").format(lab=here), align="left", bold=True)
    said = "; ".join(f"{lab} {title}" for lab, title in labs)
    text = _("A way through {n} labs: {labs}. The first {core} are the core, the others the extension.")
    alt = text.format(n=len(labs), labs=said, core=min(CORE, len(labs))) + (
        f" {_('You are in')} {here}." if here else ""
    )
    return sheet.picture(alt, pd.DataFrame(labs, columns=[_("lab"), _("title")]))


STAGES = (  # of a project: name, its steps, the labs on it
    (_("Scope"), (_("what is it for?"), _("what is good?")), _("labs 00, 04")),
    (_("Select"), (_("take a model"), _("or train one anew")), _("lab 01")),
    (_("Adapt"), (_("prompt"), _("fine-tune"), _("align"), _("evaluate")), _("labs 01 to 08")),
    (_("Integrate"), (_("make it small, fast"), _("serve, watch it")), _("labs 08, 09")),
)


def life_cycle() -> Picture:
    """Draw the four stages of a generative-AI project and the labs that belong to each."""
    sheet = Sheet(30)
    wide, step = 14.4, 17.8
    for i, ((name, steps, labs), colour) in enumerate(zip(STAGES, (GREY, BLUE, VERMILION, GREEN), strict=True)):
        x = 1 + i * step
        sheet.box(x, 1, wide, 4.4, name, colour=colour, bold=True, size=13)
        for j, text in enumerate(steps):
            sheet.box(x, 6.2 + 4.2 * j, wide, 3.6, text, colour=colour, size=10)
        sheet.text(x + wide / 2, 24.6, labs, bold=True)
        if i:
            sheet.arrow((x - step + wide + 0.3, 3.2), (x - 0.3, 3.2))
    middle = 1 + 2 * step + wide / 2
    sheet.arrow((middle + 5, 26.2), (middle - 5, 26.2), bend=-0.35)
    sheet.text(middle - 8, 27.6, _("again, until it is good enough"), align="right")
    said = "; ".join(f"{name}: {', '.join(steps)} ({labs})" for name, steps, labs in STAGES)
    alt = _(
        "The life cycle of a generative-AI project in four stages: {stages}. The third goes round until it is good enough."
    )
    rows = [(name, ", ".join(steps), labs) for name, steps, labs in STAGES]
    return sheet.picture(alt.format(stages=said), pd.DataFrame(rows, columns=[_("stage"), _("steps"), _("labs")]))


DATA_SETS, CATEGORIES = (
    473,
    146,
)  # Chung et al., 2022, "Scaling Instruction-Finetuned Language Models", arXiv:2210.11416
EXAMPLES = (50_000, 100_000)  # what multi-task tuning is said to need


def flan() -> Picture:
    """Draw FLAN: the dessert after the main course, and its 473 data sets as dots, SAMSum one of them."""
    sheet = Sheet(37.5)
    sheet.box(1, 1, 27, 8.5, _("main course\npre-training: PaLM, T5"), colour=GREY, bold=True, size=12)
    sheet.arrow((28.5, 5.2), (32.5, 5.2))
    sheet.box(33, 2.2, 16, 6, _("dessert\nFLAN"), colour=OCHRE, bold=True, size=12)
    sheet.arrow((49.5, 5.2), (53.5, 5.2))
    sheet.box(54, 1, 15, 8.5, "FLAN-PaLM\nFLAN-T5", colour=BLUE, bold=True, size=12)
    across, left, top = 43, 2.0, 16.0
    gap = (ACROSS - 4) / (across - 1)
    places = [(left + i % across * gap, top + i // across * gap) for i in range(DATA_SETS)]
    one = across * 5 + 21
    x, y = zip(*(place for i, place in enumerate(places) if i != one), strict=True)
    sheet.axes.plot(x, y, linestyle="none", marker="o", markersize=5.5, color=OCHRE)
    sheet.axes.plot(*places[one], linestyle="none", marker="D", markersize=10, color=VERMILION)
    bottom = top + 10 * gap
    numbers = _("{n} data sets in {m} categories").format(n=DATA_SETS, m=CATEGORIES)
    sheet.text(1, 13, numbers, align="left", bold=True, size=13)
    sheet.text(1, bottom + 2.4, _("◆ one is SAMSum, of the Muffin collection"), align="left")
    low, high = (number(n) for n in EXAMPLES)
    much = _("many tasks need many examples: {low} to {high}").format(low=low, high=high)
    sheet.text(1, bottom + 4.8, much, align="left")
    alt = _(
        "FLAN, the dessert after the main course: pre-trained models, PaLM and T5, are tuned on instructions and become "
        "FLAN-PaLM and FLAN-T5. A dot for each of its {n} data sets, in {m} categories; one is SAMSum, of the Muffin "
        "collection. Many tasks need many examples: {low} to {high}."
    ).format(n=DATA_SETS, m=CATEGORIES, low=low, high=high)
    rows = {
        _("data sets"): DATA_SETS,
        _("categories"): CATEGORIES,
        _("examples, from"): EXAMPLES[0],
        _("to"): EXAMPLES[1],
    }
    return sheet.picture(alt, pd.DataFrame({_("number"): rows}))
