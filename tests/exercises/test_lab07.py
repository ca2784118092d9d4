"""Lab 07's challenge: a phrasing that divides two models."""

import numpy as np
import pytest

from labutils.errors import LabError
from labutils.exercises import lab07

TRAINED = ["Product: {{ product }}\nOpinion: {{ text }}\nPositive or negative?"]
MINE = "Of {{ product }} they say: {{ text }}. Good or bad?"


@pytest.fixture(autouse=True)
def runs(tmp_path, monkeypatch):
    monkeypatch.setenv("LABS_RUNS", str(tmp_path))


@pytest.mark.parametrize(
    ("accuracies", "code"),
    [
        ((0.5, 0.8), "passed"),
        ((0.5, 0.6), "luck"),
        ((0.5, 0.55), "too_near"),
        ((0.7, 0.5), "too_near"),
        ((0, 1), "passed"),
    ],
)
def test_a_phrasing_is_judged_by_how_far_it_divides_the_models(accuracies, code):
    check = lab07.q1.check(MINE, TRAINED, 0.1, lambda phrasing: accuracies)
    assert check.code == code
    assert f"{accuracies[0]:.0%}" in check.message


def test_with_more_records_a_smaller_gap_is_enough():
    codes = [lab07.q1.check(MINE, TRAINED, 0.1, lambda phrasing: (0.5, 0.6), n).code for n in (40, 100, 400)]
    assert codes == ["luck", "luck", "passed"]
    assert "40 records" in lab07.q1.check(MINE, TRAINED, 0.1, lambda phrasing: (0.5, 0.6), 40).message


def test_of_two_models_that_are_equally_good_few_pass_by_luck():
    draws = np.random.default_rng(0).binomial(lab07.RECORDS, 0.6, size=(1000, 2)) / lab07.RECORDS
    lucky = [
        lab07._judge_phrasing(MINE, TRAINED, 0.1, lambda phrasing, pair=pair: tuple(pair)).passed for pair in draws
    ]
    assert np.mean(draws[:, 1] - draws[:, 0] >= 0.1) > 0.15  # what half of the lab's gap alone lets pass
    assert np.mean(lucky) < 0.04


@pytest.mark.parametrize(
    ("phrasing", "code"),
    [
        (..., "not_attempted"),
        (7, "no_text"),
        ("Good or bad? {{ text }}", "field_missing"),
        ("product:  {{ product }} opinion: {{ text }} positive or negative?", "not_new"),
    ],
)
def test_a_phrasing_of_the_wrong_form_is_asked_of_no_model(phrasing, code):
    def never(phrasing):
        raise AssertionError

    assert lab07.q1.check(phrasing, TRAINED, 0.1, never).code == code


def test_a_template_that_cannot_be_filled_is_said():
    def measure(phrasing):
        raise LabError("template_field", "template mine: 'prize' is undefined")

    check = lab07.q1.check(MINE + "{{ prize }}", TRAINED, 0.1, measure)
    assert check.code == "template" and "prize" in check.message


def test_the_shown_solution_takes_the_idea_that_divides_most():
    scores = {"a": (0.5, 0.6), "b": (0.2, 0.7), "c": (0.9, 0.9)}
    assert eval(lab07.q1.example, {"ideas": list(scores), "asked_so": scores.get}) == "b"


def test_the_shares_of_a_mixture_are_the_library_s():
    from labutils import mixtures

    for sizes, cap in lab07.q2.cases():
        assert lab07.mixing_shares(sizes, cap) == pytest.approx(mixtures.shares(sizes, cap))
