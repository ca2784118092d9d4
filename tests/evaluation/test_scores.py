"""Scores of summaries and of classifications: values, intervals, tables."""

import json

import pytest

from labutils.evaluation.comparison import Score, Scores, accuracy_scores, score_summaries, score_table, summarize
from labutils.rouge import PROTOCOL, rouge

from toys import Words, code_of

TEXTS = ["Anna takes a seat.", "A cat"]
REFERENCES = [["Tom sat down.", "Tom sits."], ["A dog ran", "The dog ran off"]]
DIALOGUES = ["#Person1#: Sit down, Tom.", "#Person1#: A dog!"]


def test_scores_hold_rouge_length_and_unsupported_names():
    scores = score_summaries(TEXTS, REFERENCES, DIALOGUES)
    assert {name: scores[name].value for name in rouge(TEXTS, REFERENCES)} == rouge(TEXTS, REFERENCES)
    assert (scores["length_words"].value, scores["unsupported_names"].value) == (3.0, 0.5)
    assert all(score.low <= score.value <= score.high and score.n == 2 for score in scores.values())
    assert scores.protocol == PROTOCOL
    assert "unsupported_names" not in score_summaries(TEXTS, REFERENCES)


def test_scores_in_another_language_name_their_tokenizer():
    texts = ["今天 天气", "собака"]
    scores = score_summaries(texts, texts, tokenizer=Words())
    assert scores["rouge1"].value == 1 and "Words" in scores.protocol != PROTOCOL


def test_scores_are_reproducible():
    assert score_summaries(TEXTS, REFERENCES, seed=1) == score_summaries(TEXTS, REFERENCES, seed=1)


def test_scores_as_table_numbers_and_text():
    scores = score_summaries(TEXTS, REFERENCES)
    assert list(scores.table().columns) == ["value", "low", "high", "n"]
    assert scores.table().loc["length_words", "value"] == 3.0
    flat = scores.numbers("tuned_")
    assert flat["tuned_rouge1"] == scores["rouge1"].value
    assert flat["tuned_rouge1_interval"] == [scores["rouge1"].low, scores["rouge1"].high]
    assert PROTOCOL in str(scores)
    assert "rougeLsum" in repr(scores)
    assert json.dumps(flat)


def test_yes_or_no_values_get_an_interval_with_width():
    score = summarize({"invented": [0.0] * 40})["invented"]
    assert (score.value, score.low) == (0, 0)
    assert 0.05 < score.high < 0.1
    assert code_of(summarize, {"rouge1": []}) == "no_values"


def test_html_holds_no_unescaped_text():
    evil = "<img onerror=alert(1)>"
    page = Scores({evil: Score(0.5, 0.4, 0.6, 10)}, protocol=evil)._repr_html_()
    assert "<img" not in page
    assert page.count("&lt;img") == 2


def test_score_table_puts_systems_side_by_side():
    scores = score_summaries(TEXTS, REFERENCES)
    table = score_table({"a": scores, "b": scores}, metric="rougeL")
    assert list(table.index) == ["a", "b"]
    assert list(table.columns[:3]) == ["rougeL", "low", "high"]
    assert table.loc["a", "n"] == 2


def test_scores_refuse_dialogues_of_other_rows():
    assert code_of(score_summaries, TEXTS, REFERENCES, DIALOGUES[:1]) == "lengths"
    assert code_of(score_summaries, [], []) == "no_predictions"


def test_accuracy_forgives_case_and_outer_punctuation():
    scores = accuracy_scores([" Positive.", "negative", "neutral  one"], ["positive", "positive", "Neutral one!"])
    assert scores["accuracy"].value == pytest.approx(2 / 3)
    assert accuracy_scores(["a"] * 40, ["a"] * 40)["accuracy"].low < 0.95  # forty of forty is no proof of all
    assert code_of(accuracy_scores, ["a"], []) == "lengths"
