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
    assert manners.first_half("It works well. I am glad to have it.") == "It works well. I"
    assert manners.first_half("One two. Three four.") == "One"
    prompts = manners.load_prompts()
    assert len(prompts["unfinished"]) == manners.TEXTS and all(text[-1] not in ".!?" for text in prompts["unfinished"])
    assert prompts["name"][0] == "What is your name?" and len(prompts["name"]) == len(manners.NAME_PROMPTS)
    assert len(prompts["questions"]) > 20


def test_manners_are_counted_for_both_models_on_the_same_prompts(monkeypatch):
    outputs = {"base": "and so on", "instruct": "My name is Pocket."}
    generate = lambda model, words, texts, **_room: [outputs[model]] * len(texts)  # noqa: E731
    monkeypatch.setattr(manners.generation, "generate", generate)
    results = manners.measure({stage: lambda stage=stage: (stage, None) for stage in outputs}, limit=8)
    assert results["questions"]["rows"] == 8 and results["questions"]["verdict"] == "better"
    assert results["questions"]["replies_more"] == [1, 1, 1]
    assert results["questions"]["continues"]["base"][0] == 1 and results["unfinished"]["goes_on"]["base"][0] == 1
    assert results["unfinished"]["goes_on"]["instruct"][0] == 0
    assert results["name"]["What is your name?"] == outputs


def test_pairs_have_an_interval_that_resamples_rows():
    answers, targets = ["person: Ann; time: 7", "none", "city: Rome"], ["person: Ann", "city: Rome", "city: Rome"]
    value, low, high = scoring.pairs_interval(answers * 20, targets * 20)
    assert value == round(scoring.pairs_f1(answers, targets), 4) == 0.6667 and low < value < high
    assert scoring.pairs_interval(["none"], ["none"]) == [0, 0, 0]


def test_every_task_is_held_against_its_most_frequent_answer():
    results = shipped.against_majority(make_tiny_model(), word_tokenizer(), limit=8)
    assert set(results) == set(shipped.names()) and set(results["topic"]) == {"generated", "likelihood"}
    assert "likelihood" not in results["entities"]
    for ways in results.values():
        for score in ways.values():
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
        return {name: lambda name=name: calls.append(name) or [name] for name in names}

    monkeypatch.setattr(evaluate, "task_rows", lambda corpus: {})
    monkeypatch.setattr(evaluate, "parts", parts)
    names = ["suite/instruct", "manners"]
    evaluate.evaluate(None, weights, weights / "work")
    names = ["suite/instruct", "against/base", "against/instruct", "manners"]
    results = evaluate.evaluate(None, weights, weights / "work")
    assert calls == ["suite/instruct", "manners", "against/base", "against/instruct"]
    assert results["against"] == {"base": ["against/base"], "instruct": ["against/instruct"]}
    assert results["manners"] == ["manners"] and results["suite"]["instruct"] == ["suite/instruct"]


def test_without_the_work_folder_what_it_said_is_kept(weights, monkeypatch):
    monkeypatch.setattr(evaluate, "task_rows", lambda corpus: {})
    monkeypatch.setattr(evaluate, "parts", lambda out, tasks, limit: {})
    results = evaluate.evaluate(None, weights, weights / "work")
    notes = {"making": {"base": {"elapsed": 7}}, "taught": ["topic"], "held_out_loss": {"base": 3.5}}
    (weights / "results.json").write_text(json.dumps(results | notes))
    again = evaluate.evaluate(None, weights, weights / "work")
    assert {name: again[name] for name in notes} == notes
