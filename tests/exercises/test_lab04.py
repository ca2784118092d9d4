"""Lab 04's challenges: one sentence against LEAD-3, and what follows from five intervals."""

from types import SimpleNamespace

import pytest

from labutils import files
from labutils.exercises import lab04

TURNS = "#Person1#: Can you bring my suitcase?\n#Person2#: I can bring it.\n#Person1#: Good.\n#Person2#: At nine."
ROWS = [{"dialogue": TURNS, "references": ["#Person2# will bring the suitcase to #Person1# at nine."]}] * 8


@pytest.fixture(autouse=True)
def runs(tmp_path, monkeypatch):
    monkeypatch.setenv("LABS_RUNS", str(tmp_path))


@pytest.mark.parametrize(
    ("sentence", "code"),
    [(..., "not_attempted"), (7, "error"), ("#Person2# will bring the suitcase to #Person1#", "passed"), ("So it is", "no_hole"),
     ("{last}", "below"), ("{second} turn", "hole"), ("{} {first}", "hole"), ("Here. {first}", "sentences"), ("", "no_hole"),
     ("an open { brace", "error")],
)  # fmt: skip
def test_a_sentence_is_judged_by_rouge_against_lead_3(tmp_path, sentence, code):
    assert lab04.q2.check(sentence, ROWS, tmp_path).code == code


def test_the_holes_are_filled_with_the_first_and_the_last_turn():
    assert lab04.filled("{last} {first}", TURNS) == "At nine. Can you bring my suitcase?"
    assert lab04.filled("{first}", "") == "" and lab04.filled("{first}", "no speaker") == "no speaker"


def test_the_best_sentence_is_kept(tmp_path):
    good = "#Person2# will bring the suitcase to #Person1# at nine."
    lab04.q2.check(good, ROWS, tmp_path)
    assert "best so far: 1.000" in lab04.q2.check("{last}", ROWS, tmp_path).message
    assert files.read_json(tmp_path / lab04.BEST) == {"score": 1.0, "sentence": good}


def test_two_scores_that_differ_are_told_apart(tmp_path, monkeypatch):
    """At three digits both were 0.319, and the message said "right"."""
    pair = SimpleNamespace(a=0.31932, b=0.31928, difference=0.00004)
    monkeypatch.setattr(lab04, "compare", lambda *texts: pair)
    said = lab04.q2.check("{first}", ROWS, tmp_path).message
    assert "right: 0.31932, LEAD-3 has 0.31928" in said


@pytest.mark.parametrize(
    ("changes", "code"),
    [({}, "passed"), ({"A": 2}, "chose_A_2"), ({"B": 5}, "chose_B_5"), ({"C": 4}, "chose_C_4"), ({"D": 1}, "chose_D_1"),
     ({"E": 1}, "chose_E_1"), ({"B": 6}, "never_6"), ({"C": 7}, "never_7"), ({"A": 9}, "sentence"), ({"F": 1}, "intervals")],
)  # fmt: skip
def test_a_wrong_sentence_is_diagnosed(changes, code):
    assert lab04.q3.check(lab04.FOLLOWS | changes).code == code


def test_what_follows_is_what_the_verdicts_of_comparisons_say():
    for name, (low, high) in lab04.INTERVALS.items():
        follows = lab04.FOLLOWS[name]
        assert (follows in (1, 2)) == (low > 0) and (follows == 3) == (high < 0)
        assert (follows in (2, 4)) == (low > -0.02 and high < 0.02)
