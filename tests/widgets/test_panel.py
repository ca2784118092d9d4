"""Controls and their result: printed once, shown after each change, errors as sentences."""

import ipywidgets
import pytest

from labutils import widgets
from labutils.errors import LabError
from labutils.widgets.blocks import Sentence
from labutils.widgets.panel import Panel, area, choice, number, steps, switch, whole


def halves(**values):
    if values["n"] == 1:
        raise LabError("n", "one cannot be halved")
    return [Sentence(f"half is {4 / values['n']:g}")]


def field(value=2):
    return ipywidgets.IntText(value=value, description="n")


def test_the_first_result_is_printed_and_later_ones_are_not(capsys):
    panel = Panel("Halve", {"n": field()}, halves)
    assert capsys.readouterr().out == "Halve\nhalf is 2\n"
    panel.controls["n"].value = 4
    assert panel.text == "half is 1" and capsys.readouterr().out == ""


def test_a_learners_error_is_a_sentence_from_the_start_and_after_a_change(capsys):
    panel = Panel("Halve", {"n": field(1)}, halves)
    assert panel.text == "one cannot be halved" and "one cannot" in capsys.readouterr().out
    panel.controls["n"].value = 2
    assert panel.text == "half is 2"


def test_any_other_exception_is_a_sentence_too_and_the_widget_lives_on():
    panel = Panel("Halve", {"n": field()}, halves)
    panel.controls["n"].value = 0
    assert "ZeroDivisionError" in panel.text and "Traceback" not in panel.text
    panel.controls["n"].value = 8
    assert panel.text == "half is 0.5"


def test_with_a_button_nothing_changes_before_it_is_pressed():
    panel = Panel("Halve", {"n": field()}, halves, button="Do")
    panel.controls["n"].value = 4
    assert panel.text == "half is 2"
    panel.button.click()
    assert panel.text == "half is 1"


def test_the_html_is_that_of_the_present_text():
    panel = Panel("Halve", {"n": field()}, halves)
    panel.controls["n"].value = 4
    assert panel.children[-1].value.count("half is 1") == 1


def test_its_plain_text_says_what_it_is():
    assert repr(Panel("Halve", {"n": field()}, halves)).startswith("Halve")


CONTROLS = [
    area("name", "x"),
    choice("name", ["a", "b"], "a"),
    steps("name", [1, 2], 1),
    whole("name", 1, 0, 2),
    number("name", 1.0),
    switch("name", True),
]


@pytest.mark.parametrize("control", CONTROLS, ids=lambda control: type(control).__name__)
def test_each_control_has_a_description_that_is_not_cut(control):
    assert control.description == "name"
    assert getattr(control.style, "description_width", "initial") == "initial"


def test_a_long_description_takes_no_room_from_the_value():
    short, long = (number(text, 1.0) for text in ("Price", "Hosted model: price of a million prompt tokens"))
    room = [float(control.layout.width.removesuffix("em")) - len(control.description) / 2 for control in (short, long)]
    assert min(room) >= 10


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0.0, 0.0), (12.3456789, 12.35), (0.000123456, 0.0001235), (1_234_567.0, 1_234_567.0), (-1.23456, -1.235)],
)
def test_a_measured_number_begins_with_the_digits_that_have_room(value, shown):
    assert number("requests", value, least=-10).value == shown


@pytest.mark.skipif("tooltip" not in ipywidgets.DOMWidget.class_trait_names(), reason="ipywidgets 7 has no tooltip")
@pytest.mark.parametrize("control", CONTROLS, ids=lambda control: type(control).__name__)
def test_no_control_says_null_when_the_mouse_is_on_it(control):
    assert control.tooltip == "name"


def test_the_eight_are_there_and_come_late():
    assert len(widgets.__all__) == 8 and set(dir(widgets)) == set(widgets.__all__)
    assert all(callable(getattr(widgets, name)) for name in widgets.__all__)
