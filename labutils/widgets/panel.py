"""Controls above, their result below: what all widgets of the labs share, within the API of ipywidgets 7.7 and 8."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import ipywidgets

from labutils.errors import LabError
from labutils.i18n import _
from labutils.log import logger
from labutils.widgets.blocks import Block, Sentence, as_html, as_text


class Panel(ipywidgets.VBox):
    """Named controls and the result for their values; the first result is printed too.

    Args:
        title: what it is for, in a sentence; also its plain text where no widget can be shown.
        controls: name -> widget with a ``description``.
        result: called with the controls' values by name; returns blocks. A :class:`LabError` is shown as its sentence.
        button: where given, the result changes when the button of this description is pressed, not with every change.

    Attributes:
        controls, button: to be driven by code as by a person.  text: the present result as plain text.
    """

    def __init__(
        self,
        title: str,
        controls: Mapping[str, Any],
        result: Callable[..., Iterable[Block]],
        button: str = "",
    ):
        self.title, self.controls, self._result, self.text = title, dict(controls), result, ""
        self.button = ipywidgets.Button(description=button, layout={"width": "auto"}) if button else None
        self._shown = ipywidgets.HTML()
        parts = [*self.controls.values(), *([self.button] if self.button else []), self._shown]
        super().__init__([ipywidgets.HTML(as_html([Sentence(title, strong=True)])), *parts])
        self._show(list(self._blocks()))
        print(f"{title}\n{self.text}", flush=True)
        if self.button:
            self.button.on_click(self.refresh)
        else:
            for control in self.controls.values():
                control.observe(self.refresh, names="value")

    def __repr__(self) -> str:
        return _("{title} (a widget: run the cell in Jupyter to use it)").format(title=self.title)

    def _blocks(self) -> Iterable[Block]:
        try:
            return list(self._result(**{name: control.value for name, control in self.controls.items()}))
        except LabError as error:
            return [Sentence(str(error), strong=True)]

    def _show(self, blocks: list[Block]) -> None:
        self.text, self._shown.value = as_text(blocks), as_html(blocks)

    def refresh(self, _event: object = None) -> None:
        """Show the result for the present values; no exception leaves it: in a browser nobody would see it."""
        if self.button:
            self._show([Sentence(_("Working ..."))])
        try:
            blocks = list(self._blocks())
        except Exception as error:
            logger.debug("a widget's result failed", exc_info=True)
            text = _("This could not be computed ({kind}: {error}). Change a value and try again.")
            blocks = [Sentence(text.format(kind=type(error).__name__, error=error), strong=True)]
        self._show(blocks)


# --- controls: each has a description in full and takes the keyboard ------------------------------------------------
def shown_in_full(description: str, width: int) -> dict[str, Any]:
    """Return what a control needs beside its value: its description in full, and ``width`` em for the control itself.

    A control that gets one width for both is squeezed by a long description until its value is out of sight. ipywidgets 8
    writes "null" over a control that has no tooltip; 7.7 has none to write over it.
    """
    letters = 0.55  # em: a letter's mean width, with some room
    look: dict[str, Any] = {
        "description": description,
        "style": {"description_width": "initial"},
        "layout": {"width": f"{width + letters * len(description):.0f}em", "max_width": "100%"},
    }
    return look | ({"tooltip": description} if "tooltip" in ipywidgets.DOMWidget.class_trait_names() else {})


def area(description: str, value: str, rows: int = 4) -> "ipywidgets.Textarea":
    """Return a field for several lines; it counts as changed when it is left."""
    return ipywidgets.Textarea(value=value, rows=rows, continuous_update=False, **shown_in_full(description, 34))


def choice(description: str, options: Sequence, value: object) -> "ipywidgets.Dropdown":
    """Return a drop-down list of texts, or of (text, value)."""
    return ipywidgets.Dropdown(options=list(options), value=value, **shown_in_full(description, 24))


def steps(description: str, options: Sequence, value: object) -> "ipywidgets.SelectionSlider":
    """Return a slider over a few values, or (text, value): the arrow keys go from one to the next."""
    return ipywidgets.SelectionSlider(
        options=list(options), value=value, continuous_update=False, **shown_in_full(description, 24)
    )


def whole(description: str, value: int, least: int, most: int) -> "ipywidgets.BoundedIntText":
    """Return a field for a whole number; what lies outside is set to the nearest bound."""
    return ipywidgets.BoundedIntText(value=value, min=least, max=most, **shown_in_full(description, 10))


def number(description: str, value: float, least: float = 0.0, most: float = 1e12) -> "ipywidgets.BoundedFloatText":
    """Return a field for a number; what lies outside is set to the nearest bound.

    A measured number begins at four digits: seventeen have no room in the field, and what is reckoned with is what it shows.
    """
    places = max(0, 3 - math.floor(math.log10(abs(value)))) if value else 0
    return ipywidgets.BoundedFloatText(
        value=round(value, places), min=least, max=most, **shown_in_full(description, 10)
    )


def switch(description: str, value: bool) -> "ipywidgets.Checkbox":
    """Return a box to tick."""
    return ipywidgets.Checkbox(value=value, indent=False, **shown_in_full(description, 10))
