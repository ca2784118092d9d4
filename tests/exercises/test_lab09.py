"""Lab 09's exercises: the cheapest plan that fits, a step in parts, which sentence follows."""

import pytest
import torch

from labutils.exercises import lab09

COSTS = {
    ("small", 1, False): None, ("small", 4, False): None, ("small", 4, True): 50.0,
    ("large", 1, False): None, ("large", 4, False): 30.0, ("large", 16, False): 30.0, ("large", 1, True): 40.0,
    ("huge", 1, False): 33.0, ("huge", 1, True): 44.0,
}  # fmt: skip


@pytest.fixture(autouse=True)
def runs(tmp_path, monkeypatch):
    monkeypatch.setenv("LABS_RUNS", str(tmp_path))


@pytest.mark.parametrize(
    ("plan", "code"),
    [(..., "not_attempted"), (("large", 4, False), "passed"), (["large", 16, False], "passed"), (("small", 1, False), "does_not_fit"),
     (("large", 1, True), "computes_twice"), (("huge", 1, False), "too_dear"), (("small", 4, True), "too_dear"),
     (("T4", 1, True), "no_plan"), (3, "error")],
)  # fmt: skip
def test_a_plan_is_judged_by_what_it_costs_and_whether_it_fits(plan, code):
    assert lab09.q1.check(plan, COSTS).code == code


def test_the_shown_solution_is_the_cheapest_plan():
    assert eval(lab09.q1.example, {"costs": COSTS}) == lab09.cheapest(COSTS) == ("large", 4, False)


def test_a_plan_for_nothing_is_the_cheapest():
    assert lab09.cheapest({("a", 1, False): 0.0, ("b", 1, False): 1.0}) == ("a", 1, False)


def test_a_step_of_the_reference_is_that_of_the_whole_batch():
    for weight, parts, rate in lab09.q2.cases():
        x, y = (torch.cat(side).tolist() for side in zip(*parts, strict=True))
        mean = sum(2 * (float(weight.detach()) * a - b) * a for a, b in zip(x, y, strict=True)) / len(x)
        assert float(lab09.step_in_parts(weight, parts, rate)) == pytest.approx(
            float(weight.detach()) - rate * mean, abs=1e-5
        )


def test_only_the_right_sentence_passes():
    assert {letter: lab09.q3.check(letter).passed for letter in "abcd"} == {
        "a": False,
        "b": False,
        "c": True,
        "d": False,
    }
