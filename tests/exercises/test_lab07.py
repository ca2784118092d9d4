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
        ((0.5, 0.6), "passed"),
        ((0.5, 0.55), "too_near"),
        ((0.7, 0.5), "too_near"),
        ((0, 1), "passed"),
    ],
)
def test_a_phrasing_is_judged_by_how_far_it_divides_the_models(accuracies, code):
    check = lab07.q1.check(MINE, TRAINED, 0.1, lambda phrasing: accuracies)
    assert check.code == code
    assert f"{accuracies[0]:.0%}" in check.message


def test_a_gap_that_may_be_luck_is_called_so():
    def said(gap, records=40):
        return lab07.q1.check(MINE, TRAINED, 0.1, lambda phrasing: (0.5, 0.5 + gap), records).message

    assert "may be luck" in said(0.1) and "40 records" in said(0.1) and "may be luck" not in said(0.3)
    assert "may be luck" in said(0.1, 100) and "may be luck" not in said(0.1, 400)


def test_of_two_models_that_are_equally_good_few_gaps_pass_for_more_than_luck():
    draws = np.random.default_rng(0).binomial(lab07.RECORDS, 0.6, size=(1000, 2)) / lab07.RECORDS
    checks = [lab07._judge_phrasing(MINE, TRAINED, 0.1, lambda phrasing, pair=pair: tuple(pair)) for pair in draws]
    passed = [check for check in checks if check.passed]
    assert len(passed) > 150  # half of the lab's gap alone
    assert sum("luck" not in check.message for check in passed) < 40


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
