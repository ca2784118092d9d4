"""Lab 06's walk between the weights: shares of what both ends measured."""

import pytest

from labutils.widgets import walk
from labutils.widgets.between import place

from toys import code_of

POINTS = {0.0: (0.2, 0.8), 0.5: (0.5, 0.7), 1.0: (0.6, 0.3)}


def test_gain_kept_and_loss_undone_are_shares_of_both_ends():
    here = place(POINTS, 0.5)
    assert (here.gain_kept, here.loss_undone) == (pytest.approx(0.75), pytest.approx(0.8))
    assert (place(POINTS, 0.0).gain_kept, place(POINTS, 0.0).loss_undone) == (0, 1)


def test_where_nothing_was_gained_or_lost_there_is_no_share():
    here = place({0: (0.5, 0.5), 1: (0.4, 0.6)}, 1)
    assert here.gain_kept is None and here.loss_undone is None
    assert "%" not in walk({0: (0.5, 0.5), 1: (0.4, 0.6)}, 1).text


def test_the_walk_goes_over_measured_points_only():
    panel = walk(POINTS)
    middle = panel.text
    assert panel.controls["share"].value == 0.5 and "75%" in middle
    panel.controls["share"].value = 1.0
    assert "100%" in panel.text and panel.text != middle


@pytest.mark.parametrize("points", [{}, {0.5: (1, 1)}, {0.0: (1, 1), 0.5: (1, 1)}])
def test_a_walk_without_its_ends_is_refused(points):
    assert code_of(walk, points) == "walk"
