"""Lab 06's challenges: a share by validation, and a plan with sixty old rows."""

import pytest

from labutils.exercises import lab06

POINTS = {0.0: (0.5, 0.9), 0.4: (0.6, 0.89), 0.6: (0.69, 0.85), 0.8: (0.7, 0.6), 1.0: (0.7, 0.3)}
NAMES = ("topic", "intent")
PLAN = {"topic": 30, "intent": 30}


@pytest.fixture(autouse=True)
def runs(tmp_path, monkeypatch):
    monkeypatch.setenv("LABS_RUNS", str(tmp_path))


@pytest.mark.parametrize(
    ("share", "code"),
    [(..., "not_attempted"), (0.6, "passed"), (0.5, "not_measured"), (0.4, "gain_lost"), (0.0, "gain_lost"),
     (0.8, "too_far"), (1, "too_far"), ("0.6", "not_measured")],
)  # fmt: skip
def test_a_share_is_judged_by_what_it_keeps(share, code):
    assert lab06.q2.check(share, POINTS).code == code


def test_the_shown_solution_is_the_smallest_share_that_keeps_nine_tenths():
    assert eval(lab06.q2.example, {"points": POINTS}) == lab06.smallest_share(POINTS) == 0.6


def test_where_nothing_was_gained_the_old_weights_are_the_answer():
    flat = {0.0: (0.5, 0.9), 0.5: (0.4, 0.8), 1.0: (0.4, 0.3)}
    assert lab06.smallest_share(flat) == 0.0
    assert lab06.q2.check(0, flat).passed and lab06.q2.check(1.0, flat).code == "too_far"


@pytest.mark.parametrize(
    ("outcome", "code"),
    [((1.0, 0.95), "passed"), ((0.9, 0.9), "passed"), ((1.0, 0.5), "forgets"), ((0.7, 0.95), "learns_too_little")],
)
def test_a_plan_is_judged_by_both_tasks(outcome, code):
    assert lab06.q4.check(PLAN, NAMES, lambda plan: outcome).code == code


def test_a_plan_with_too_many_rows_is_not_trained():
    def never(plan):
        raise AssertionError

    assert lab06.q4.check({"topic": 31, "intent": 30, "times": 9}, NAMES, never).code == "too_many"


def test_a_plan_without_old_rows_is_the_walk_and_is_not_trained():
    def never(plan):
        raise AssertionError

    assert lab06.q4.check({"share": 0.4}, NAMES, never).code == "no_rows"
    assert lab06.q4.check(dict.fromkeys(NAMES, 0) | {"share": 0.4}, NAMES, never).code == "no_rows"


def test_a_share_in_quotes_is_told_to_be_a_number():
    assert "without quotes" in lab06.q2.check("0.6", POINTS).message


def test_a_plan_that_leaves_a_task_out_is_told_so():
    assert "no row of intent" in lab06.q4.check({"topic": 60}, NAMES, lambda plan: (1.0, 0.5)).message
