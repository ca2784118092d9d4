"""A picture and its words: what every figure and drawing is to a lab, and its colours by role."""

import functools
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ParamSpec

import pandas as pd

if TYPE_CHECKING:  # what draws brings matplotlib, which takes 1 s to import, with the first figure
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure
    from matplotlib.text import Text

from labutils.words import whole

WIDTH = 7.0  # inches: the figures of a lab are equally wide, and 700 pixels wide in the page

BLUE, VERMILION, GREEN, PINK, OCHRE, PURPLE, TEAL = (
    "#0072B2", "#D55E00", "#00805E", "#B5568C", "#8F6400", "#5B3A99", "#2B7F93",
)  # fmt: skip
GREY, DARK, BLACK = "#707070", "#444444", "#1A1A1A"

# One colour for one role in all labs. Each has a contrast of 3 or more on white; two that stand in one figure differ in
# lightness or in hue for the usual colour blindnesses (after Okabe and Ito, 2008), and markers, hatches or labels say it too.
ROLES = {
    "base": GREY, "untrained": GREY, "zero-shot": GREY, "before": GREY, "tuned": BLUE, "after": BLUE,
    "full": VERMILION, "lora": GREEN, "rehearsal": PINK, "mixture": OCHRE, "walk": PURPLE,
    "floor": DARK, "majority": DARK, "constant": DARK, "lead": DARK, "people": BLACK, "human": BLACK,
    "old": TEAL, "new": VERMILION, "training": BLUE, "validation": VERMILION,
    "right": BLUE, "wrong": GREY, "voice": VERMILION,
    "weights": BLUE, "gradients": VERMILION, "optimizer": OCHRE, "activations": TEAL,
}  # fmt: skip
PALETTE = (BLUE, VERMILION, GREEN, PINK, OCHRE, PURPLE, TEAL, GREY)


Given = ParamSpec("Given")  # what a kind of figure is called with


@dataclass(frozen=True)
class Picture:
    """A figure, what it shows in words, and the data drawn."""

    figure: "Figure"
    alt: str
    table: pd.DataFrame | None = None

    @property
    def axes(self) -> "list[Axes]":
        """The figure's axes, for what a kind of plot does not offer."""
        return self.figure.axes


def of_whole_texts(draw: Callable[Given, Picture]) -> Callable[Given, Picture]:
    """Give a kind of figure its texts without half characters, which neither a table nor a file takes."""

    def told(value: Any) -> Any:
        if isinstance(value, Mapping):
            return {told(name): told(inner) for name, inner in value.items()}
        return whole(value) if isinstance(value, str) else value

    @functools.wraps(draw)
    def drawn(*args: Given.args, **kwargs: Given.kwargs) -> Picture:
        return draw(*map(told, args), **told(kwargs))

    return drawn


def role(name: str) -> str | None:
    """Return the first role that stands in a name as a word: "LoRA, r = 8" is of "lora"; None where there is none."""
    words = re.findall(r"[a-z]+(?:-[a-z]+)?", name.lower())
    return next((word for word in words if word in ROLES), None)


def colours(names: Iterable[str]) -> dict[str, str]:
    """Return a colour for each name: its role's, or one that no other has."""
    names = list(names)
    given: dict[str, str] = {}
    for name in names:
        colour = ROLES.get(role(name) or "")
        if colour and colour not in given.values():
            given[name] = colour
    free = [colour for colour in PALETTE if colour not in given.values()]
    others = [name for name in names if name not in given]
    return given | {name: (free or PALETTE)[i % len(free or PALETTE)] for i, name in enumerate(others)}


def contrast(one: str, other: str = "white") -> float:
    """Return the contrast of two colours, 1 to 21, as WCAG 2.2 defines it (3 for shapes, 4.5 for text)."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    from matplotlib import colors

    parts = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colors.to_rgb(colour))
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), parts, strict=True))


def by_logarithm(axes: "Axes", values: list[float]) -> None:
    """Set the axis of x to logarithms; few values are written as they are, since nobody reads 6 x 10^0 as 6."""
    axes.set_xscale("log")
    if len(values) <= 8:
        axes.set_xticks(values, [f"{value:,g}" for value in values])
        axes.minorticks_off()


def plain_texts(figure: "Figure") -> "Figure":
    """Draw titles, labels, legends and named ticks as they are, and return the figure.

    A model's tokens stand there: matplotlib takes what lies between two dollars for a formula, and fails on ``$$``. The
    ticks of numbers stay formulas (10 to the power of something). Half a character is drawn as U+FFFD.
    """
    from matplotlib.text import Text

    numbers = {id(label) for axes in figure.axes for axis in (axes.xaxis, axes.yaxis) for label in _numbers(axis)}
    for text in figure.findobj(Text):
        if isinstance(text, Text) and id(text) not in numbers:
            text.set_parse_math(False)
            text.set_text(whole(text.get_text()))
    return figure


def _numbers(axis: "Axis") -> "list[Text]":
    """Return the labels of an axis's ticks that matplotlib writes by itself."""
    from matplotlib.category import StrCategoryFormatter
    from matplotlib.ticker import FixedFormatter, FuncFormatter

    given = isinstance(axis.get_major_formatter(), (FixedFormatter, FuncFormatter, StrCategoryFormatter))
    return [*([] if given else axis.get_ticklabels()), *axis.get_ticklabels(minor=True)]
