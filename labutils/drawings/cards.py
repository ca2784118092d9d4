"""The drawing of a plan: which card holds which training of which model."""

from collections.abc import Mapping, Sequence

import pandas as pd

from labutils.drawings.canvas import ACROSS, Sheet
from labutils.i18n import _
from labutils.pictures import BLUE, GREEN, GREY, OCHRE, PURPLE, TEAL, VERMILION, Picture

SHADES = (GREEN, TEAL, BLUE, PURPLE, OCHRE, VERMILION)  # from the smallest card to the largest

Needs = tuple[str, float]  # the card's name, "" where none is large enough, and the GiB that are needed


def cards(grid: Mapping[str, Mapping[str, Needs]], order: Sequence[str]) -> Picture:
    """Draw the smallest card that holds each training: way -> {model -> (card, GiB)}, the same models each.

    Args:
        order: the cards' names, the smallest first; a card that stands in none of the cells is left out of no key.
    """
    models = list(next(iter(grid.values())))
    shade = dict(zip(order, SHADES, strict=False))
    left, top, high = 17.0, 5.0, 5.4
    wide = (ACROSS - left - 1) / len(models)
    sheet = Sheet(top + high * len(grid) + 0.6)
    for j, model in enumerate(models):
        for k, line in enumerate(sheet.lines(model, wide - 1, 2, bold=True)):
            sheet.text(left + (j + 0.5) * wide, 1.5 + 2 * k, line, bold=True)
    for i, (way, row) in enumerate(grid.items()):
        y = top + i * high
        sheet.text(left - 1, y + high / 2 - 0.3, "\n".join(sheet.lines(way, left - 2, 3)), align="right")
        for j, (card, gib) in enumerate(row.values()):
            colour = next((shade[name] for name in shade if card.endswith(name)), GREY)
            text = f"{card or _('no card')}\n{_rounded(gib)} GiB"
            sheet.box(
                left + j * wide + 0.3, y, wide - 0.6, high - 0.7, text, colour=colour, dashed=not card, bold=bool(card)
            )
    names = {model: model.split("\n")[0] for model in models}
    said = "; ".join(
        f"{way}: "
        + ", ".join(
            f"{names[model]} {card or _('no card')} ({_rounded(gib)} GiB)" for model, (card, gib) in row.items()
        )
        for way, row in grid.items()
    )
    alt = _(
        "A grid: for each way of training, a row, and each model, a column, the smallest card that holds it. {cells}."
    )
    table = pd.DataFrame({way: {names[model]: f"{card or '-'}, {_rounded(gib)} GiB" for model, (card, gib) in row.items()}
                          for way, row in grid.items()}).T  # fmt: skip
    return sheet.picture(alt.format(cells=said), table)


def _rounded(gib: float) -> str:
    return f"{gib:,.0f}" if gib >= 10 else f"{gib:.1f}"
