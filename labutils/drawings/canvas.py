"""A sheet to draw on: boxes, texts and arrows in tenths of an inch, x to the right and y down from the upper left corner."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from labutils.pictures import BLACK, DARK, WIDTH, Picture, contrast, plain_texts

if TYPE_CHECKING:
    from matplotlib.patches import Patch

ACROSS = 10 * WIDTH  # a sheet's width
SIZE = 10.5  # of letters, in points
LINE = 1.75  # from one line of text to the next, at that size
CUT = "…"
IGNORED = "-100"  # a label that counts nothing: its box is dashed


def pale(colour: str, share: float = 0.18) -> str:
    """Return a colour thinned with white: a ground for dark text, seen by the full colour around it."""
    from matplotlib import colors

    red, green, blue = (share * part + 1 - share for part in colors.to_rgb(colour))
    return colors.to_hex((red, green, blue))


class Sheet:
    """A drawing of ``height`` tenths of an inch, as wide as every figure; :meth:`picture` ends it."""

    def __init__(self, height: float):
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        self.figure = Figure(figsize=(WIDTH, height / 10), dpi=100)
        self.axes = self.figure.add_axes((0, 0, 1, 1))
        self.axes.set(xlim=(0, ACROSS), ylim=(height, 0))
        self.axes.axis("off")
        self._renderer = FigureCanvasAgg(self.figure).get_renderer()

    def width(self, text: str, size: float = SIZE, bold: bool = False) -> float:
        """Return how wide a line of text is."""
        from matplotlib.font_manager import FontProperties

        font = FontProperties(size=size, weight="bold" if bold else "normal")
        return self._renderer.get_text_width_height_descent(text, font, ismath=False)[0] / 10

    def cut(self, text: str, width: float, size: float = SIZE, bold: bool = False) -> str:
        """Return a line of text, cut where it would be wider."""
        if self.width(text, size, bold) <= width:
            return text
        while text and self.width(text + CUT, size, bold) > width:
            text = text[:-1]
        return text + CUT

    def lines(self, text: str, width: float, most: int = 99, size: float = SIZE, bold: bool = False) -> list[str]:
        """Return a text in lines that fit a width; a mark says where more than ``most`` lines were cut."""
        rows: list[str] = []
        for paragraph in text.split("\n"):
            row = ""
            for word in paragraph.split() or [paragraph]:
                longer = f"{row} {word}" if row else word
                if row and self.width(longer, size, bold) > width:
                    rows.append(row)
                    longer = word
                row = longer
            rows.append(row)
        if len(rows) > most:
            rows = [*rows[: most - 1], rows[most - 1] + " " + CUT]
        return [self.cut(row, width, size, bold) for row in rows]

    def text(
        self, x: float, y: float, text: str, *, size: float = SIZE, colour: str = BLACK, bold: bool = False,
        align: str = "center", level: str = "center", ground: bool = False,
    ) -> None:  # fmt: skip
        """Write a text; ``align``: "left", "center" or "right" of x; ``level``: "top", "center" or "bottom" at y.

        ``ground``: white behind it, where a line would cross it.
        """
        weight = "bold" if bold else "normal"
        if level == "center" and "\n" not in text:  # words in a row stand on one line, with or without a tail like g's
            y, level = y + 0.05 * size, "baseline"
        box = {"facecolor": "white", "edgecolor": "none", "pad": 1} if ground else None
        self.axes.text(
            x,
            y,
            text,
            fontsize=size,
            color=colour,
            ha=align,
            va=level,
            weight=weight,
            linespacing=1.25,
            zorder=5,
            bbox=box,
        )

    def box(
        self, x: float, y: float, width: float, height: float, text: str = "", *, colour: str = DARK, full: bool = False,
        size: float = SIZE, bold: bool = False, dashed: bool = False, hatch: str = "", round_corners: bool = True,
    ) -> None:  # fmt: skip
        """Draw a box from its upper left corner, with its text in the middle, wrapped and cut to fit.

        ``full``: in the colour itself, else edged by it on a pale ground.
        """
        from matplotlib.patches import FancyBboxPatch, Rectangle

        ground = colour if full else pale(colour)
        style: dict[str, Any] = {"facecolor": ground, "edgecolor": "white" if full else colour, "hatch": hatch}
        style |= {"linewidth": 0.6 if full else 1.3, "linestyle": "--" if dashed else "-", "zorder": 2}
        shape: Patch
        if round_corners:
            shape = FancyBboxPatch((x, y), width, height, boxstyle="round,pad=0,rounding_size=0.7", **style)
        else:
            shape = Rectangle((x, y), width, height, **style)
        self.axes.add_patch(shape)
        if text:
            most = max(1, int((height - 0.4) / (LINE * size / SIZE)))
            shown = "\n".join(self.lines(text, width - 1, most, size, bold))
            light = contrast("white", ground) > contrast(BLACK, ground)
            self.text(x + width / 2, y + height / 2, shown, size=size, bold=bold, colour="white" if light else BLACK)

    def arrow(
        self, start: tuple[float, float], end: tuple[float, float], *, colour: str = DARK, bend: float = 0.0,
        dashed: bool = False,
    ) -> None:  # fmt: skip
        """Draw an arrow; ``bend``: share of its length that it bows out."""
        from matplotlib.patches import FancyArrowPatch

        style: dict[str, Any] = {
            "arrowstyle": "-|>",
            "mutation_scale": 13,
            "color": colour,
            "linewidth": 1.6,
            "shrinkA": 0,
            "shrinkB": 0,
        }
        line: dict[str, Any] = {"linestyle": "--" if dashed else "-", "connectionstyle": f"arc3,rad={bend}"}
        self.axes.add_patch(FancyArrowPatch(start, end, zorder=3, **style, **line))

    def flow(
        self, x: float, y: float, width: float, words: Sequence[tuple[str, str]], *, bold: Sequence[bool] = (),
        size: float = SIZE,
    ) -> float:  # fmt: skip
        """Write (word, colour) pairs as small boxes from left to right, in as many lines as they need; return the y below.

        ``bold``: for each word whether its letters are bold.
        """
        left, height = x, 2.4
        for i, (whole, colour) in enumerate(words):
            heavy = bool(bold and bold[i])
            word = self.cut(whole, width - 1, size, heavy)
            wide = self.width(word, size, heavy) + 1.0
            if left + wide > x + width and left > x:
                left, y = x, y + height + 0.4
            self.box(left, y, wide, height, colour=colour, dashed=word == IGNORED)
            self.text(left + wide / 2, y + height / 2, word, size=size, bold=heavy)
            left += wide + 0.4
        return y + height + 0.4

    def picture(self, alt: str, table: pd.DataFrame | None = None, height: float | None = None) -> Picture:
        """Return the drawing with its words; ``height``: where it ends, when it is known only now."""
        if height is not None:
            self.figure.set_figheight(height / 10)
            self.axes.set_ylim(height, 0)
        return Picture(plain_texts(self.figure), alt, table)
