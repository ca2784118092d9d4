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
    shapes = _shapes(figure)
    below = {key: _below(box, shapes) for key, box in boxes.items()}
    return [
        *_pale_shapes(figure, shapes),
        *(f"pale: {t.get_text()!r}" for t in texts if contrast(*_colours(t, below[id(t)])) < PALEST_TEXT),
        *(f"small: {t.get_text()!r}" for t in texts if t.get_fontsize() < SMALLEST),
        *(f"cut: {t.get_text()!r}" for t in texts if not _inside(boxes[id(t)], figure.bbox)),
        *(
            f"out of its box: {t.get_text()!r}"
            for t in texts
            if (shape := below[id(t)]) and not t.get_bbox_patch() and not _inside(boxes[id(t)], shape[1])
        ),
        *(
            f"on each other: {a.get_text()!r} {b.get_text()!r}"
            for a, b in itertools.combinations(texts, 2)
            if _overlap(boxes[id(a)], boxes[id(b)]) and not (_leans(a) and _leans(b))
        ),
    ]


def _leans(text):
    """Whether a text is turned, as the labels of one axis are: the upright boxes around them overlap, they do not."""
    return text.get_rotation() % 90 != 0


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


def _shapes(figure):
    """Return (shape, extent in pixels) of what is drawn, the grounds of the figure and its axes left out."""
    own = {id(figure.patch), *(id(axes.patch) for axes in figure.axes)}
    patches = (p for p in figure.findobj(Patch) if id(p) not in own and not isinstance(p, FancyArrowPatch))
    shapes = [(patch, patch.get_window_extent()) for patch in patches if patch.get_visible()]
    return [(patch, extent) for patch, extent in shapes if extent.width > 1]


def _on_white(colour):
    red, green, blue, alpha = colors.to_rgba(colour)
    return tuple(alpha * part + 1 - alpha for part in (red, green, blue))


def _below(box, shapes):
    """Return the uppermost (shape, extent) that a text stands on, None where it stands on white."""
    x, y = (box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2
    there = [s for s in shapes if s[1].contains(x, y) and s[0].get_fill() and colors.to_rgba(s[0].get_facecolor())[3]]
    return max(there, key=lambda shape: shape[0].get_zorder(), default=None)


def _colours(text, shape):
    """Return the colours of a text and of what lies behind it."""
    own = text.get_bbox_patch() or (shape and shape[0])
    return _on_white(text.get_color()), _on_white(own.get_facecolor() if own else "white")


def _pale_shapes(figure, shapes):
    for patch, _extent in shapes:
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
