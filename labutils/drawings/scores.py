"""Drawings of scores and answers: shared words, the scale from floor to people, answers before and after, documents."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence

import pandas as pd

from labutils.drawings.canvas import ACROSS, Sheet
from labutils.errors import LabError
from labutils.i18n import _
from labutils.pictures import BLUE, DARK, GREEN, GREY, ROLES, VERMILION, Picture, colours
from labutils.pictures.words import number, valued
from labutils.rouge.pairs import rouge_tokens

KINDS = ("right", "voice", "wrong")


def _marked(text: str, counted: Counter) -> list[tuple[str, bool]]:
    """Return a text's words, each with whether ROUGE-1 counts it as shared; ``counted`` is used up."""
    marked = []
    for word in text.split():
        stems = rouge_tokens(word)
        shared = [stem for stem in stems if counted[stem] > 0]
        counted.subtract(shared)
        marked.append((word, bool(shared)))
    return marked


def shared_words(prediction: str, reference: str) -> Picture:
    """Draw a prediction and a reference, the words coloured that ROUGE-1 counts as shared (stems, each once)."""
    predicted, wanted = Counter(rouge_tokens(prediction)), Counter(rouge_tokens(reference))
    shared = predicted & wanted
    hits, n, m = shared.total(), predicted.total(), wanted.total()
    precision, recall = hits / max(n, 1), hits / max(m, 1)
    f = 2 * precision * recall / (precision + recall) if hits else 0.0
    sheet, y = Sheet(80), 1.0
    for name, text in ((_("prediction"), prediction), (_("reference"), reference)):
        sheet.text(1, y + 1.2, name, align="left", bold=True)
        words = _marked(text, shared.copy())
        pairs = [(word, BLUE if hit else GREY) for word, hit in words] or [("", GREY)]
        y = sheet.flow(13, y, ACROSS - 14, pairs, bold=[hit for _word, hit in words]) + 1.4
    figures = _(
        "{hits} shared, of {n} in the prediction (precision {p}) and {m} in the reference (recall {r}): ROUGE-1 {f}"
    )
    said = figures.format(hits=hits, n=n, m=m, p=number(precision), r=number(recall), f=number(f))
    rows = sheet.lines(said, ACROSS - 4)
    sheet.text(1, y, "\n".join(rows), align="left", level="top")
    both = sorted(shared.elements())
    alt = _("Prediction: “{prediction}” Reference: “{reference}” Shared words coloured: {words}. {said}.").format(
        prediction=prediction, reference=reference, words=", ".join(both) or _("none"), said=said
    )
    table = pd.DataFrame({_("shared"): [hits], _("precision"): [precision], _("recall"): [recall], "ROUGE-1": [f]})
    return sheet.picture(alt, table, height=y + 1.9 * len(rows) + 0.8)


def scale(scores: Mapping[str, float], metric: str = "ROUGE-1") -> Picture:
    """Draw named scores on one line from 0, the constant sentence and people among them."""
    ordered = dict(sorted(scores.items(), key=lambda pair: pair[1]))
    sheet, colour = Sheet(7.8 + 2.6 * len(ordered)), colours(ordered)
    top = next((end for end in (0.1, 0.2, 0.4, 0.6, 0.8, 1.0) if max(ordered.values()) <= end), max(ordered.values()))
    line, left = 1.5 + 2.6 * len(ordered), 2.0
    labels = {name: sheet.cut(f"{name} {number(value)}", 40, bold=True) for name, value in ordered.items()}
    rooms = [
        (ACROSS - left - 2 - sheet.width(labels[name], bold=True)) * top / max(value, 1e-9)
        for name, value in ordered.items()
    ]
    unit = min(ACROSS - 6.0, *rooms) / top  # every label ends on the sheet
    sheet.arrow((left, line), (left + top * unit + 2, line))
    for i in range(5):
        x = left + i * top * unit / 4
        sheet.axes.plot([x, x], [line, line + 0.9], color=DARK, linewidth=1.2)
        sheet.text(x, line + 2.4, number(top * i / 4) if i else "0", size=9.5)
    for i, (name, value) in enumerate(ordered.items()):  # the lowest on the tallest line: no line crosses a label
        x, y = left + value * unit, 1.4 + 2.6 * i
        sheet.axes.plot([x, x], [line, y], color=colour[name], linewidth=1.4, zorder=2)
        sheet.axes.plot(x, line, marker="os^DvPX<"[i % 8], markersize=10, color=colour[name], zorder=4)
        sheet.text(x + 0.7, y, labels[name], align="left", bold=True)
    sheet.text(left, line + 4.6, metric, align="left")
    alt = _("A scale of {metric} from 0 to {top}: {scores}.").format(
        metric=metric, top=number(top), scores=valued(ordered)
    )
    return sheet.picture(alt, pd.DataFrame({metric: ordered}))


def answers(before: Sequence[str], after: Sequence[str]) -> Picture:
    """Draw the answers to one list of questions before and after a training, a cell each, in the same order.

    Args:
        before, after: kinds: "right", "voice" (wrong, in the new task's words) or "wrong".

    Raises:
        LabError: code ``"kind"``: another kind, or lists of different lengths.
    """
    other = sorted({*before, *after} - set(KINDS))
    if other or len(before) != len(after) or not before:
        text = _("two lists of one length are needed, of the kinds {kinds}; there are {n} and {m} and also {other}")
        raise LabError("kind", text.format(kinds=", ".join(KINDS), n=len(before), m=len(after), other=other or "-"))
    names = dict(zip(KINDS, (_("right"), _("wrong, in the new task's words"), _("wrong otherwise")), strict=True))
    hatches = dict(zip(KINDS, ("", "//", ".."), strict=True))
    columns = min(len(before), max(8, math.ceil(math.sqrt(1.7 * len(before)))))
    cell = min(32.0 / columns, 4.0)
    rows = math.ceil(len(before) / columns)
    bottom = 5 + rows * cell
    sheet = Sheet(bottom + 4)
    for x, title, kinds in ((1.5, _("before"), before), (36.5, _("after"), after)):
        right = _("{title}: {n} of {m} right").format(title=title, n=list(kinds).count("right"), m=len(kinds))
        sheet.text(x, 2, right, align="left", bold=True, size=12)
        for i, kind in enumerate(kinds):
            place = (x + i % columns * cell, 4 + i // columns * cell)
            sheet.box(*place, cell, cell, colour=ROLES[kind], full=True, hatch=hatches[kind], round_corners=False)
    x = 1.5
    for kind, name in names.items():
        sheet.box(x, bottom + 0.8, 2.2, 2.2, colour=ROLES[kind], full=True, hatch=hatches[kind], round_corners=False)
        sheet.text(x + 2.8, bottom + 1.9, name, align="left")
        x += sheet.width(name) + 6
    counts = {when: {names[k]: list(kinds).count(k) for k in KINDS}
              for when, kinds in ((_("before"), before), (_("after"), after))}  # fmt: skip
    said = "; ".join(f"{when}: {valued(row).replace('; ', ', ')}" for when, row in counts.items())
    alt = _("A grid of {n} answers, before and after the training. {said}.").format(n=len(before), said=said)
    return sheet.picture(alt, pd.DataFrame(counts).T)


def documents(question: str, cases: Mapping[str, tuple[str, str, bool]]) -> Picture:
    """Draw what a model answers with the right document, with a wrong one and with none.

    Args:
        cases: name -> (the document's text or "", the answer, whether it is right), three or so.
    """
    row = 8.5
    sheet = Sheet(5.5 + row * len(cases))
    sheet.text(
        1,
        2,
        sheet.cut(_("question: {question}").format(question=question), ACROSS - 2, bold=True),
        align="left",
        bold=True,
    )
    for i, (name, (text, answer, right)) in enumerate(cases.items()):
        y, middle = 4.5 + i * row, 4.5 + i * row + 3.2
        sheet.text(1, middle, "\n".join(sheet.lines(name, 9.5, 3)), align="left", bold=True)
        sheet.box(11.5, y, 23, 6.4, text or _("(no document)"), colour=GREEN if text else GREY, dashed=not text)
        sheet.arrow((34.8, middle), (37.7, middle))
        sheet.box(38, y, 7.5, 6.4, _("model"), colour=BLUE)
        sheet.arrow((45.8, middle), (48.7, middle))
        mark = _("right") if right else _("wrong")
        said = "\n".join([*sheet.lines(answer, 19, 2), f"({mark})"])
        sheet.box(49, y, 20, 6.4, said, colour=BLUE if right else VERMILION, dashed=not right)
    parts = (
        _("{name}, “{text}”: {answer} ({mark})").format(
            name=name, text=text, answer=answer, mark=_("right") if right else _("wrong")
        )
        for name, (text, answer, right) in cases.items()
    )
    alt = _("The question “{question}” with: {said}.").format(question=question, said="; ".join(parts))
    columns = [_("document"), _("answer"), _("right")]
    return sheet.picture(alt, pd.DataFrame(list(cases.values()), index=list(cases), columns=columns))
