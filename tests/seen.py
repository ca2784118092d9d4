"""What a person sees of a picture: texts that are cut, cover each other, or are too small or too pale; shapes too pale."""

import itertools

from matplotlib import colors
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.lines import Line2D
from matplotlib.patches import FancyArrowPatch, Patch
from matplotlib.text import Text

from labutils.pictures import contrast

SMALLEST, PALEST_SHAPE, PALEST_TEXT = 9, 3, 4.5  # points; contrasts of WCAG 2.2
SLACK = 1.5  # pixels, of 700 that a picture is wide


def faults(picture):
    """Return what is wrong with a picture as the page shows it, each in words."""
    figure = picture.figure
    figure.set_dpi(100)
    FigureCanvasAgg(figure).draw()
    hidden = set(_not_drawn(figure))
    texts = [t for t in figure.findobj(Text) if t.get_text().strip() and t.get_visible() and id(t) not in hidden]
    boxes = {id(text): text.get_window_extent() for text in texts}
    return [
        *_pale_shapes(figure),
        *(f"pale: {t.get_text()!r}" for t in texts if contrast(*_colours(t, figure)) < PALEST_TEXT),
        *(f"small: {t.get_text()!r}" for t in texts if t.get_fontsize() < SMALLEST),
        *(f"cut: {t.get_text()!r}" for t in texts if not _inside(boxes[id(t)], figure.bbox)),
        *(
            f"out of its box: {t.get_text()!r}"
            for t in texts
            if (patch := _below(t, figure)) and not _inside(boxes[id(t)], patch.get_window_extent())
        ),
        *(
            f"on each other: {a.get_text()!r} {b.get_text()!r}"
            for a, b in itertools.combinations(texts, 2)
            if _overlap(boxes[id(a)], boxes[id(b)])
        ),
    ]


def _not_drawn(figure):
    """Return the ids of tick labels that matplotlib keeps and does not draw: beyond an axis's ends, or of no axis."""
    for axes in figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            low, high = sorted(axis.get_view_interval())
            for label, place in zip(axis.get_ticklabels(), axis.get_ticklocs(), strict=True):
                if not axes.axison or not low <= place <= high:
                    yield id(label)


def _inside(inner, outer):
    return (
        inner.x0 >= outer.x0 - SLACK and inner.x1 <= outer.x1 + SLACK
        and inner.y0 >= outer.y0 - SLACK and inner.y1 <= outer.y1 + SLACK
    )  # fmt: skip


def _overlap(a, b):
    return min(a.x1, b.x1) - max(a.x0, b.x0) > SLACK and min(a.y1, b.y1) - max(a.y0, b.y0) > SLACK


def _patches(figure):
    own = {id(figure.patch), *(id(axes.patch) for axes in figure.axes)}
    return [
        patch
        for patch in figure.findobj(Patch)
        if id(patch) not in own and not isinstance(patch, FancyArrowPatch) and patch.get_visible()
        and patch.get_window_extent().width > 1
    ]  # fmt: skip


def _on_white(colour):
    red, green, blue, alpha = colors.to_rgba(colour)
    return tuple(alpha * part + 1 - alpha for part in (red, green, blue))


def _below(text, figure):
    """Return the uppermost shape that a text stands on."""
    box = text.get_window_extent()
    x, y = (box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2
    there = [
        p
        for p in _patches(figure)
        if p.get_window_extent().contains(x, y) and p.get_fill() and colors.to_rgba(p.get_facecolor())[3]
    ]
    return max(there, key=lambda patch: patch.get_zorder(), default=None)


def _colours(text, figure):
    """Return the colours of a text and of what lies behind it."""
    own, patch = text.get_bbox_patch(), _below(text, figure)
    behind = (own or patch).get_facecolor() if own or patch else "white"
    return _on_white(text.get_color()), _on_white(behind)


def _pale_shapes(figure):
    for patch in _patches(figure):
        face = _on_white(patch.get_facecolor()) if patch.get_fill() else (1, 1, 1)
        edge = _on_white(patch.get_edgecolor()) if patch.get_linewidth() else (1, 1, 1)
        white = face == edge == (1, 1, 1)
        if not white and max(contrast(face), contrast(edge)) < PALEST_SHAPE:
            yield f"pale: {patch}"
    for line in (line for line in figure.findobj(Line2D) if line.get_visible()):
        if line.get_linestyle() != "None" and contrast(_on_white(line.get_color())) < PALEST_SHAPE:
            yield f"pale: {line}"
        if line.get_alpha() not in (None, 1) or line.get_linewidth() < 0.8:
            yield f"thin or pale: {line}"
