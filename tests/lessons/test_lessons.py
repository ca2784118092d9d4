"""Predictions and bets: answered before, settled after, kept over a restart; with widgets and without."""

import sys

import pytest

from labutils.errors import LabError
from labutils.evaluation import claims
from labutils.lessons import progress
from labutils.lessons.bets import Bets
from labutils.lessons.predictions import Predictions

RANGES = {"low": (0.0, 0.5), "high": (0.5, 1.01)}
KEY = "difference_interval"
CLAIM = "practice-helps"


def code_of(call, *args, **kwargs) -> str:
    with pytest.raises(LabError) as caught:
        call(*args, **kwargs)
    return caught.value.code


@pytest.fixture(autouse=True)
def one_claim(monkeypatch):
    """A file of claims that holds one, of lab 01."""
    claim = claims.Claim(CLAIM, "01", "Practice helps.", True, (KEY,), (("interval_above", 0.0),), "It is measured.")
    monkeypatch.setattr(claims, "load_claims", lambda: [claim])


@pytest.fixture
def shown(monkeypatch):
    """What is displayed: (widget, text for front ends without widgets)."""
    pairs: list[tuple] = []
    monkeypatch.setattr("labutils.lessons.controls._show", lambda widget, text: pairs.append((widget, text)))
    return pairs


def test_a_prediction_is_kept_and_settled_by_a_number(tmp_path, shown, capsys):
    asked = Predictions(tmp_path)
    asked.ask("q", "How many?", RANGES, answer="high")
    asked.settle("q", 0.74)
    assert asked.tally() == (1, 1, 1) and "As you predicted: high (0.74)" in capsys.readouterr().out
    assert Predictions(tmp_path).tally() == (1, 1, 1)


def test_a_question_is_shown_as_a_widget_with_its_text_beside_it(tmp_path, monkeypatch):
    bundles: list[dict] = []
    monkeypatch.setattr("IPython.display.display", lambda data, raw: bundles.append(data))
    Predictions(tmp_path).ask("q", "Which?", ["a", "b"])
    assert set(bundles[0]) == {"application/vnd.jupyter.widget-view+json", "text/plain"}


def test_a_click_answers_and_a_restart_keeps_it(tmp_path, shown):
    asked = Predictions(tmp_path)
    asked.ask("q", "Which?", ["a", "b"])
    shown[-1][0].value = "b"
    again = Predictions(tmp_path)
    again.ask("q", "Which?", ["a", "b"])
    assert shown[-1][0].value == "b" and again.settle("q", "b") is True


def test_who_knows_the_result_no_longer_predicts_it(tmp_path, shown, capsys):
    asked = Predictions(tmp_path)
    asked.ask("q", "Which?", ["a", "b"], answer=1)
    assert asked.settle("q", "b") is False
    asked.ask("q", "Which?", ["a", "b"], answer=2)
    assert asked.entries["q"]["answer"] == "a" and "settled in an earlier run: b" in capsys.readouterr().out
    asked.ask("q", "Another?", ["a", "c"])
    assert asked.entries["q"]["answer"] is None  # another question of that key


def test_an_unanswered_question_is_shown_and_not_counted(tmp_path, shown, capsys):
    asked = Predictions(tmp_path)
    asked.ask("q", "Which?", ["a", "b"])
    assert asked.settle("q", "a") is None and asked.tally() == (0, 0, 1)
    assert "1  a" in shown[-1][1] and "no prediction" in capsys.readouterr().out


def test_without_ipywidgets_the_choices_are_printed(tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "ipywidgets", None)
    Predictions(tmp_path).ask("q", "Which?", ["a", "b"])
    Bets("01", tmp_path).place(CLAIM)
    out = capsys.readouterr().out
    assert "2  b" in out and "confidence=70" in out


@pytest.mark.parametrize(("choices", "answer", "code"), [
    (["a"], None, "choices"), (["a", "b"], 3, "answer"), (["a", "b"], 0, "answer"), (["a", "b"], True, "answer"), (["a", "b"], "c", "answer"),
])  # fmt: skip
def test_a_question_that_cannot_be_asked_or_answered_is_named(tmp_path, shown, choices, answer, code):
    assert code_of(Predictions(tmp_path).ask, "q", "Which?", choices, answer=answer) == code


def test_an_outcome_that_no_choice_stands_for_is_named(tmp_path, shown):
    asked = Predictions(tmp_path)
    assert code_of(asked.settle, "q", "a") == "question"
    asked.ask("q", "How many?", {"low": (0, 0.5)} | {"mid": (0.5, 0.6)})
    assert code_of(asked.settle, "q", 0.7) == code_of(asked.settle, "q", "none") == "outcome"


@pytest.mark.parametrize(("interval", "score", "word"), [
    ([0.1, 0.2], 0.09, "it held"), ([-0.2, -0.1], 0.49, "did not hold"), ([-0.1, 0.1], None, "too little"),
])  # fmt: skip
def test_a_bet_is_settled_by_the_labs_numbers(tmp_path, shown, interval, score, word):
    bets = Bets("01", tmp_path)
    bets.place(CLAIM, confidence=70)
    [sentence] = bets.settle({KEY: interval})
    assert word in sentence and "70 %" in sentence
    assert bets.score() == (None if score is None else pytest.approx(score))
    bets.place(CLAIM, confidence=5)  # too late
    assert Bets("01", tmp_path).entries[CLAIM]["confidence"] == 70


def test_the_slider_places_a_bet(tmp_path, shown):
    Bets("01", tmp_path).place(CLAIM)
    shown[-1][0].value = 85
    assert Bets("01", tmp_path).entries[CLAIM]["confidence"] == 85


@pytest.mark.parametrize(("claim", "confidence", "code"), [
    ("no-such", None, "claim"), (CLAIM, 101, "confidence"), (CLAIM, -1, "confidence"), (CLAIM, "sure", "confidence"), (CLAIM, True, "confidence"),
])  # fmt: skip
def test_a_bet_that_cannot_be_placed_is_named(tmp_path, shown, claim, confidence, code):
    assert code_of(Bets("01", tmp_path).place, claim, confidence) == code


@pytest.mark.parametrize("left", ["", '{"q": ', '["not", "this"]', '{"q": 1}', '{"q": {}}', "\x00"])
def test_a_damaged_file_of_the_learners_stops_no_lab_and_is_kept(tmp_path, shown, left, monkeypatch, caplog):
    """The first cell of the lab ended in a traceback, at each further run."""
    monkeypatch.setenv("LABS_RUNS", str(tmp_path))
    for path in (tmp_path / "predictions.json", tmp_path / "bets.json", tmp_path / "progress.json"):
        path.write_text(left)
    asked, bets = Predictions(tmp_path), Bets("01", tmp_path)
    asked.ask("q", "How many?", RANGES, answer="high")
    bets.place(CLAIM, 70)
    progress.note("mean", "passed")
    assert Predictions(tmp_path).entries["q"]["answer"] == "high" and progress.solved(["mean"]) == 1
    assert Bets("01", tmp_path).entries[CLAIM]["confidence"] == 70
    assert (tmp_path / "predictions.broken.json").read_text() == (tmp_path / "bets.broken.json").read_text() == left
    assert len(caplog.records) == 3
