"""What evaluate measures of both models, at a tiny size: by likelihood, manners, intervals, and nothing twice."""

import json

import pytest

from makers.pocket.measure import evaluate, manners, scoring, shipped

from toys import make_tiny_model, word_tokenizer


@pytest.mark.parametrize(
    ("text", "output", "on"),
    [
        ("The lamp is bright and", "warm, and I like it.", True),
        ("The lamp is bright and", ", as they say, cheap.", True),
        ("The lamp is bright and", "It is a lamp.", False),
        ("The lamp is bright and", "", False),
        ("The lamp is bright and", "the lamp is bright and", False),
    ],
)
def test_going_on_with_a_text_shows_in_its_first_letter(text, output, on):
    assert manners.goes_on(text, output) == on


def test_unfinished_texts_end_in_the_middle_of_a_sentence():
    assert manners.begun("It works well. I am glad to have it.") == "It works well. I"
    assert manners.begun("One two. Three four.") == "One"
    put = manners.asked()
    assert len(put["unfinished"]) == manners.TEXTS and all(text[-1] not in ".!?" for text in put["unfinished"])
    assert put["name"][0] == "What is your name?" and len(put["name"]) == len(manners.NAME_ASKED)
    assert len(put["questions"]) > 20


def test_manners_are_counted_for_both_models_on_the_same_prompts(monkeypatch):
    said = {"base": "and so on", "instruct": "My name is Pocket."}
    monkeypatch.setattr(manners.generation, "generate", lambda model, words, texts, **_room: [said[model]] * len(texts))
    found = manners.measure({stage: lambda stage=stage: (stage, None) for stage in said}, limit=8)
    assert found["questions"]["rows"] == 8 and found["questions"]["verdict"] == "better"
    assert found["questions"]["replies_more"] == [1, 1, 1]
    assert found["questions"]["continues"]["base"][0] == 1 and found["unfinished"]["goes_on"]["base"][0] == 1
    assert found["unfinished"]["goes_on"]["instruct"][0] == 0
    assert found["name"]["What is your name?"] == said


def test_pairs_have_an_interval_that_resamples_rows():
    answers, wanted = ["person: Ann; time: 7", "none", "city: Rome"], ["person: Ann", "city: Rome", "city: Rome"]
    value, low, high = scoring.pairs_interval(answers * 20, wanted * 20)
    assert value == round(scoring.pairs_f1(answers, wanted), 4) == 0.6667 and low < value < high
    assert scoring.pairs_interval(["none"], ["none"]) == [0, 0, 0]


def test_every_task_is_held_against_its_most_frequent_answer():
    found = shipped.against_majority(make_tiny_model(), word_tokenizer(), limit=8)
    assert set(found) == set(shipped.names()) and set(found["topic"]) == {"generated", "likelihood"}
    assert "likelihood" not in found["entities"]
    for asked in found.values():
        for score in asked.values():
            assert score["over_majority"][1] <= score["over_majority"][0] <= score["over_majority"][2]
            assert score["verdict"] in ("better", "worse", "too_few", "same", "same_scores")


@pytest.fixture
def weights(tmp_path, tiny_folder):
    for stage in evaluate.STAGES:
        (tmp_path / stage).symlink_to(tiny_folder)
    return tmp_path


def test_only_what_is_missing_is_measured(weights, monkeypatch):
    calls = []

    def parts(out, tasks, limit):
        return {name: lambda name=name: calls.append(name) or [name] for name in wanted}

    monkeypatch.setattr(evaluate, "task_rows", lambda corpus: {})
    monkeypatch.setattr(evaluate, "parts", parts)
    wanted = ["suite/instruct", "manners"]
    evaluate.evaluate(None, weights, weights / "work")
    wanted = ["suite/instruct", "against/base", "against/instruct", "manners"]
    results = evaluate.evaluate(None, weights, weights / "work")
    assert calls == ["suite/instruct", "manners", "against/base", "against/instruct"]
    assert results["against"] == {"base": ["against/base"], "instruct": ["against/instruct"]}
    assert results["manners"] == ["manners"] and results["suite"]["instruct"] == ["suite/instruct"]


def test_without_the_work_folder_what_it_said_is_kept(weights, monkeypatch):
    monkeypatch.setattr(evaluate, "task_rows", lambda corpus: {})
    monkeypatch.setattr(evaluate, "parts", lambda out, tasks, limit: {})
    results = evaluate.evaluate(None, weights, weights / "work")
    known = {"making": {"base": {"elapsed": 7}}, "taught": ["topic"], "held_out_loss": {"base": 3.5}}
    (weights / "results.json").write_text(json.dumps(results | known))
    again = evaluate.evaluate(None, weights, weights / "work")
    assert {name: again[name] for name in known} == known
