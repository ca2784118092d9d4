"""Drawings of data: a record on its way to labels, labels shifted in the decoder, shots that fill the context."""

from collections.abc import Callable, Mapping, Sequence

import pandas as pd

from labutils.drawings.canvas import ACROSS, CUT, IGNORED, Sheet
from labutils.i18n import _
from labutils.pictures import BLUE, DARK, GREEN, GREY, OCHRE, PALETTE, VERMILION, Picture
from labutils.pictures.words import number

Piece = tuple[str, str]  # the field that a text comes from ("" of a template's own words), the text


def _fitting(sheet: Sheet, columns: Sequence[float], room: float) -> int:
    """Return how many columns of such widths stand side by side."""
    total = 0.0
    for i, width in enumerate(columns):
        total += width + 0.4
        if total > room:
            return i
    return len(columns)


def _columns(sheet: Sheet, pairs: list[Piece], room: float, last: int) -> tuple[list[Piece], list[float]]:
    """Return pairs of texts with the widths of their columns; too many lose their middle, not the ``last`` ones."""
    pairs = [(sheet.cut(a, 12), sheet.cut(b, 12)) for a, b in pairs]
    widths = [max(sheet.width(text) for text in pair) + 1.2 for pair in pairs]
    fit = _fitting(sheet, widths, room)
    if fit == len(pairs):
        return pairs, widths
    while fit > last and sum(widths[: fit - last] + widths[-last:]) + 0.4 * (fit + 1) + 2.4 > room:
        fit -= 1
    return [*pairs[: fit - last], (CUT, CUT), *pairs[-last:]], [*widths[: fit - last], 2.4, *widths[-last:]]


def shifted_labels(source: Sequence[str], target: Sequence[str], padding: int = 2, start: str = "<pad>") -> Picture:
    """Draw an encoder-decoder in training: what each side reads, and the labels; padding is -100 and counts nothing.

    Args:
        source, target: tokens as a tokenizer gives them, the target's with its end ("</s>").
        padding: how many places the batch pads the target.  start: the token that the decoder begins with.
    """
    sheet = Sheet(31.5)
    labels = [*target, *[IGNORED] * padding]
    reads = [start, *("<pad>" if label == IGNORED else label for label in labels[:-1])]
    left, room = 12.0, ACROSS - 13
    words = [sheet.cut(token, 14) for token in source]
    shown = _fitting(sheet, [sheet.width(word) + 1 for word in words], room - 3)
    words = words if shown == len(words) else [*words[:shown], CUT]
    for y, text in ((2.2, _("encoder\nreads")), (15.2, _("decoder\nreads")), (27.2, _("labels"))):
        sheet.text(1, y, text, align="left", bold=True)
    sheet.flow(left, 1, room, [(word, BLUE) for word in words])
    sheet.arrow((left + 3, 3.7), (left + 3, 6.2), colour=BLUE)
    sheet.box(left, 6.5, room, 3.4, _("encoder"), colour=BLUE, bold=True)
    sheet.arrow((left + room - 2, 10.2), (left + room - 2, 19.7), colour=BLUE)
    sheet.box(left, 20, room, 3.4, _("decoder: sees what the encoder read, and its own tokens before"), colour=GREEN)
    pairs, widths = _columns(sheet, list(zip(reads, labels, strict=True)), room - 4.5, padding + 1)
    x = left
    for (read, label), width in zip(pairs, widths, strict=True):
        ignored = label == IGNORED
        sheet.box(x, 14, width, 2.4, read, colour=GREY if ignored else GREEN, dashed=ignored)
        sheet.box(x, 26, width, 2.4, label, colour=GREY if ignored else VERMILION, dashed=ignored)
        if not ignored:
            sheet.arrow((x + width / 2, 16.6), (x + width / 2, 19.8))
            sheet.arrow((x + width / 2, 23.6), (x + width / 2, 25.8))
        x += width + 0.4
    if padding:
        sheet.text(x - 0.4, 30, _("-100: counts nothing in the loss"), align="right" if x > 40 else "left")
    alt = _(
        "The encoder reads {source}. The decoder reads {reads} and should say {labels}: each label is the next token. -100 stands "
        "where there is only padding and counts nothing."
    ).format(source=" ".join(source), reads=" ".join(reads), labels=" ".join(labels))
    return sheet.picture(alt, pd.DataFrame({_("decoder reads"): reads, _("label"): labels}))


def record_way(
    record: Mapping[str, str], prompt: Sequence[Piece], answer: Sequence[Piece],
    tokens: Callable[[str], Sequence[str]] = str.split, padding: int = 2,
) -> Picture:  # fmt: skip
    """Draw a record's way: table, prompt and answer by a template, tokens, labels; a field has one colour all the way.

    Args:
        record: field -> text.  prompt, answer: the pieces of the rendered template, in order.
        tokens: a tokenizer's ``tokenize``.  padding: how many places of the labels are -100.
    """
    sheet = Sheet(100)
    colour = {"": GREY} | {field: PALETTE[i % len(PALETTE)] for i, field in enumerate(record)}
    left, room = 10.0, ACROSS - 11
    y = 1.0
    sheet.text(1, y + 2.4, _("record"), align="left", bold=True)
    wide = (room - 0.6 * (len(record) - 1)) / len(record)
    for i, (field, text) in enumerate(record.items()):
        x = left + i * (wide + 0.6)
        sheet.text(x + wide / 2, y + 1, sheet.cut(field, wide, bold=True), bold=True)
        sheet.box(x, y + 2.4, wide, 6, text, colour=colour[field])
    y = _down(sheet, y + 8.8, _("template"))
    rows: list[tuple[str, str, str]] = []
    for name, pieces in ((_("prompt"), prompt), (_("answer"), answer)):
        sheet.text(1, y + 1.2, name, align="left", bold=True)
        y = sheet.flow(left, y, room, [(word, colour[field]) for field, text in pieces for word in text.split()]) + 0.4
    y = _down(sheet, y, _("tokenizer"))
    read = [(token, colour[field]) for field, text in prompt for token in tokens(text)]
    sheet.text(1, y + 1.2, _("inputs"), align="left", bold=True)
    y = sheet.flow(left, y, room, read) + 0.4
    said = [(token, colour[field]) for field, text in answer for token in tokens(text)] + [("</s>", DARK)]
    sheet.text(1, y + 1.2, _("labels"), align="left", bold=True)
    y = sheet.flow(left, y, room, [*said, *[(IGNORED, GREY)] * padding])
    for field, text in record.items():
        rows.append((_("record"), field, text))
    rows += [(_("inputs"), "", " ".join(t for t, _c in read)), (_("labels"), "", " ".join(t for t, _c in said))]
    alt = _(
        "A record ({record}) becomes by a template the prompt “{prompt}” and the answer “{answer}”, by the tokenizer {n} input "
        "tokens and {m} labels; {padding} places of padding are -100. Each field keeps its colour."
    ).format(
        record="; ".join(f"{field}: {text}" for field, text in record.items()), prompt=" ".join(t for _f, t in prompt),
        answer=" ".join(t for _f, t in answer), n=len(read), m=len(said), padding=padding,
    )  # fmt: skip
    return sheet.picture(alt, pd.DataFrame(rows, columns=[_("stage"), _("field"), _("text")]), height=y + 0.6)


def _down(sheet: Sheet, y: float, by: str) -> float:
    """Draw an arrow to the next stage with the name of what does it; return where that stage begins."""
    sheet.arrow((ACROSS / 2, y), (ACROSS / 2, y + 2.8))
    sheet.text(ACROSS / 2 + 1.4, y + 1.3, by, align="left")
    return y + 3.4


def _shots(k: int) -> str:
    return _("1 shot") if k == 1 else _("{k} shots").format(k=k)


def context(lengths: Sequence[int], window: int = 512, question: int = 0) -> Picture:
    """Draw a context filling with shots: one bar for each number of shots, and what no longer fits.

    Args:
        lengths: tokens of each shot.  window: the most tokens that the model was trained to read.
        question: tokens of the question itself.
    """
    totals = [question + sum(lengths[:k]) for k in range(len(lengths) + 1)]
    left, right, row = 10.0, ACROSS - 15.0, 3.4
    scale = (right - left) / max(window, *totals)
    end, bottom = left + window * scale, 4 + row * len(totals)
    sheet = Sheet(bottom + 3.6)
    sheet.text(min(end, right + 4), 1.6, _("context: {n} tokens").format(n=number(window)), bold=True, align="right")
    for k, total in enumerate(totals):
        y, x = 4 + row * k, left
        sheet.text(left - 0.8, y + 1.2, _shots(k), align="right")
        for i, length in enumerate([*lengths[:k], question]):
            asked, beyond = i == k, min(max(0.0, x + length * scale - end), length * scale)
            inside = length * scale - beyond
            if inside:
                colour, hatch = (OCHRE, "") if asked else (BLUE, "//" if i % 2 else "")
                sheet.box(x, y, inside, 2.4, colour=colour, full=True, hatch=hatch, round_corners=False)
            if beyond:
                sheet.box(x + inside, y, beyond, 2.4, colour=VERMILION, full=True, hatch="xx", round_corners=False)
            x += length * scale
        rest = window - total
        text = _("{n} left").format(n=number(rest)) if rest >= 0 else _("{n} too many").format(n=number(-rest))
        sheet.text(max(x, end) + 0.8, y + 1.2, text, align="left", bold=rest < 0)
    sheet.axes.plot([end, end], [2.9, bottom], color=DARK, linestyle="--", linewidth=1.6, zorder=4)
    x = left
    for colour, hatch, text in ((BLUE, "//", _("shots")), (OCHRE, "", _("question")), (VERMILION, "xx", _("cut off"))):
        sheet.box(x, bottom + 0.8, 2.4, 2, colour=colour, full=True, hatch=hatch, round_corners=False)
        sheet.text(x + 3, bottom + 1.8, text, align="left")
        x += sheet.width(text) + 6
    said = "; ".join(_("{shots} {n} tokens").format(shots=_shots(k), n=number(total)) for k, total in enumerate(totals))
    alt = _("A context of {window} tokens filling with shots, the question last: {said}.")
    table = pd.DataFrame({_("tokens"): totals, _("left"): [window - total for total in totals]})
    return sheet.picture(alt.format(window=number(window), said=said), table.rename_axis(_("shots")))
