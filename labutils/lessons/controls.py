"""Radio buttons and a slider that ask, where the front end shows widgets; else their text, which says how to answer.

Only what ipywidgets 7.7 and 8 share is used: Colab has 7.7.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from labutils.i18n import _

if TYPE_CHECKING:
    from ipywidgets import DOMWidget

VIEW = "application/vnd.jupyter.widget-view+json"


def radio(choices: Sequence[str], chosen: str | None, act: Callable[[str], object]) -> None:
    """Show one radio button a choice; ``act`` gets the text of the one that is clicked."""
    numbered = "\n".join(f"  {i}  {choice}" for i, choice in enumerate(choices, 1))
    text = (
        numbered
        + "\n"
        + _("(click one, or end the call with your answer, lab.predict(..., answer=1), and run the cell again)")
    )
    try:
        import ipywidgets
    except ImportError:
        print(text)
        return
    from labutils.widgets.panel import shown_in_full

    look = shown_in_full(_("Predict:"), 0) | {"layout": {"width": "100%"}}
    buttons = ipywidgets.RadioButtons(options=list(choices), value=chosen, **look)
    buttons.observe(lambda change: act(change["new"]), names="value")
    _show(buttons, text)


def slider(value: int | None, act: Callable[[int], object], description: str) -> None:
    """Show a slider from 0 to 100 in steps of 5; ``act`` gets the number where it is let go."""
    text = _("(move the slider, or end the call with it, lab.bet(..., confidence=70), and run the cell again)")
    try:
        import ipywidgets
    except ImportError:
        print(text)
        return
    from labutils.widgets.panel import shown_in_full

    first = 50 if value is None else value
    look = shown_in_full(description, 24)
    moved = ipywidgets.IntSlider(value=first, min=0, max=100, step=5, continuous_update=False, **look)
    moved.observe(lambda change: act(change["new"]), names="value")
    _show(moved, text)


def _show(widget: "DOMWidget", text: str) -> None:
    """Display a widget with a text for front ends, exports and readers that show none."""
    from IPython.display import display

    view = {"version_major": 2, "version_minor": 0, "model_id": widget.model_id}
    display({VIEW: view, "text/plain": text}, raw=True)
