"""Lab 05's judged exercise: a rate is bracketed by worse ones on either side, and each way to miss that is told."""

import pytest

from labutils.exercises import lab05

EDGE = {0.001: 0.9, 0.003: 0.6}
CLOSED = EDGE | {0.009: 0.5, 0.03: 0.7}


@pytest.mark.parametrize(
    ("answer", "tried", "code"),
    [
        (..., EDGE, "not_attempted"),
        (0.01, EDGE, "not_tried"),
        (0.001, EDGE, "not_lowest"),
        (0.003, EDGE, "edge"),
        (0.009, EDGE | {0.009: 0.5}, "edge"),
        (0.001, {0.001: 0.5, 0.003: 0.6, 0.009: 0.9}, "edge"),
        (0.03, CLOSED, "not_lowest"),
        (0.009, CLOSED, "passed"),
        (0.003 * 3, EDGE | {0.003 * 3: 0.5, 0.027: 0.7}, "passed"),  # a product is no exact 0.009
        ("0.009", CLOSED, "error"),
    ],
)
def test_a_rate_is_bracketed_by_worse_ones_on_either_side(answer, tried, code):
    assert lab05.q2.check(answer, tried).code == code


def test_the_edge_names_the_next_rate_to_try():
    assert "0.009" in lab05.q2.check(0.003, EDGE).message
    assert "0.000333" in lab05.q2.check(0.001, {0.001: 0.5, 0.003: 0.6}).message


@pytest.mark.parametrize("best", [0.0001, 0.009, 0.2])
def test_the_shown_solution_goes_beyond_an_edge_until_the_rate_is_bracketed(best):
    scope = {"tried": {}, "short_training": lambda rate: abs(rate - best)}
    scope["tried"] |= {rate: scope["short_training"](rate) for rate in (0.001, 0.003)}
    exec(lab05.q2.source(), scope)
    assert lab05.q2.check(scope["answer_bracketed_rate"], scope["tried"]).passed
