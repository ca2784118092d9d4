"""Lab 03's rate of one step: the rates tried, and what each does to the loss."""

import math

from labutils.widgets import step_rate
from labutils.widgets.rate import verdict

from toys import HOSTILE, code_of, html


def loss_at(rate):
    return 2.0, (2.0 - rate if rate < 1 else math.nan), {HOSTILE: min(rate, 1.0)}


def test_the_rates_tried_are_listed_and_a_loss_that_is_no_number_is_said():
    panel = step_rate(loss_at, rates=(0.1, 0.5, 10.0), rate=0.1)
    panel.controls["rate"].value = 0.5
    assert "1.900" in panel.text and "1.500" in panel.text and "<script" not in html(panel)
    panel.controls["rate"].value = 10.0
    assert "nan" not in panel.text and panel.text.splitlines()[0] == verdict(10.0, 2.0, math.nan)


def test_the_verdict_tells_falling_rising_and_unchanged_apart():
    assert len({verdict(0.1, 2.0, after) for after in (1.0, 2.0, 3.0, math.inf)}) == 4


def test_a_first_rate_outside_the_list_is_refused():
    assert code_of(step_rate, loss_at, (0.1, 0.5), 0.2) == "rates"
    assert code_of(step_rate, loss_at, ()) == "rates"
