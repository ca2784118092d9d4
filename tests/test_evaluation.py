"""Scores, intervals, bounds and verdicts: properties on made values, figures on published outputs."""

import csv
import json
import math

import numpy as np
import pytest

from labutils import intervals
from labutils.bounds import bounds, constant_sentence, human_scores, lead
from labutils.evaluation import (
    Score,
    Scores,
    accuracy_scores,
    by_dialogue,
    compare,
    compare_values,
    dialogues_needed,
    fewest,
    interval,
    same_baseline,
    score_summaries,
    score_table,
    summarize,
    wilson,
)
from labutils.i18n import LabError
from labutils.probes import negate, swap_names
from labutils.rouge import PROTOCOL, rouge, rouge_scores

from toys import shared


def code_of(call, *args, **kwargs):
    with pytest.raises(LabError) as caught:
        call(*args, **kwargs)
    return caught.value.code


# --- intervals -----------------------------------------------------------------------------------------------------
def test_same_seed_same_interval():
    values = np.random.default_rng(0).random(200)
    assert interval(values, seed=3) == interval(values, seed=3) != interval(values, seed=4)


def test_interval_is_that_of_the_mean():
    values = np.random.default_rng(0).normal(10, 2, 400)
    low, high = interval(values, resamples=5000)
    assert (low + high) / 2 == pytest.approx(values.mean(), abs=0.02)
    assert high - low == pytest.approx(2 * 1.96 * values.std() / math.sqrt(400), rel=0.05)


def test_interval_holds_the_true_mean_as_often_as_it_says():
    rng = np.random.default_rng(1)
    held = [low <= 0 <= high for low, high in (interval(rng.normal(size=80), seed=i) for i in range(400))]
    assert 0.91 <= np.mean(held) <= 0.98


def test_interval_of_equal_values_has_no_width():
    assert interval([0.25] * 7) == (0.25, 0.25)


def test_large_samples_are_resampled_in_blocks(monkeypatch):
    values = np.random.default_rng(0).random(500)
    monkeypatch.setattr(intervals, "_BLOCK", 500 * 300)
    low, high = interval(values)
    assert low < values.mean() < high


def test_rows_of_one_dialogue_count_once():
    values = np.random.default_rng(0).random(50)
    rows, ids = np.repeat(values, 3), np.repeat([f"test_{i}" for i in range(50)], 3)
    assert interval(by_dialogue(rows, ids)) == interval(values)
    wide, narrow = interval(values), interval(rows)
    assert wide[1] - wide[0] > 1.5 * (narrow[1] - narrow[0])


def test_by_dialogue_keeps_order_and_takes_ragged_groups():
    assert by_dialogue([1, 2, 3, 5], ["b", "a", "b", "b"]).tolist() == [3, 2]
    assert code_of(by_dialogue, [1, 2], ["a"]) == "lengths"


@pytest.mark.parametrize("values", [[], [1, float("nan")], [[1, 2]], [float("inf")]])
def test_interval_needs_numbers(values):
    assert code_of(interval, values) == "no_values"


def test_wilson_on_the_edges():
    assert wilson(0, 10) == pytest.approx((0, 0.2775), abs=1e-4)
    assert wilson(10, 10) == pytest.approx((0.7225, 1), abs=1e-4)
    assert wilson(50, 100) == pytest.approx((0.4038, 0.5962), abs=1e-4)


# --- scores --------------------------------------------------------------------------------------------------------
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


# --- comparison ----------------------------------------------------------------------------------------------------
GOOD = ["the dog ran off"] * 20
BAD = ["the dog"] * 20
TRUTH = ["the dog ran off"] * 20


def test_verdicts():
    better, worse = compare(GOOD, BAD, TRUTH), compare(BAD, GOOD, TRUTH)
    assert (better.code, better.verdict) == ("better", "better")
    assert (worse.code, worse.verdict) == ("worse", "worse")
    assert better.difference == -worse.difference == pytest.approx(1 / 3)
    assert better.interval == pytest.approx((1 / 3, 1 / 3))


def test_noise_is_too_few():
    noise = np.random.default_rng(0).normal(0.001, 0.1, 60)
    result = compare_values(noise, np.zeros(60))
    assert (result.code, result.verdict) == ("too_few", "too few dialogues to say")
    assert result.interval[0] <= 0 <= result.interval[1]


def test_no_verdict_from_fewer_than_six():
    assert fewest() == 6
    assert compare(GOOD[:5], BAD[:5], TRUTH[:5]).code == "too_few"
    assert compare(GOOD[:6], BAD[:6], TRUTH[:6]).code == "better"
    few_differ = [*GOOD[:5], *BAD[:15]]
    assert compare(few_differ, BAD, TRUTH).code == "too_few"


def test_null_is_called_settled_in_about_one_of_twenty():
    rng = np.random.default_rng(2)
    codes = [compare_values(rng.normal(size=60), rng.normal(size=60), seed=i).code for i in range(300)]
    assert np.mean([code != "too_few" for code in codes]) <= 0.09


def test_same_outputs_and_same_scores():
    same = compare(GOOD, list(GOOD), TRUTH)
    assert (same.code, same.difference, same.interval) == ("same", 0.0, (0.0, 0.0))
    assert "the same outputs" in str(same)
    other_order = ["ran off the dog"] * 20
    assert compare(GOOD, other_order, TRUTH).code == "same_scores"
    assert compare(GOOD, other_order, TRUTH, metric="rougeL").code == "better"


def test_comparison_is_one_sentence_with_its_numbers():
    result = compare(GOOD, BAD, TRUTH, names=("full", "LoRA"))
    assert "\n" not in str(result)
    assert all(part in str(result) for part in ("full", "LoRA", "better", "+0.3333", "20"))
    assert result.numbers("lora_") == {
        "lora_difference": result.difference,
        "lora_difference_interval": list(result.interval),
    }


def test_comparison_is_paired():
    rng = np.random.default_rng(0)
    hard = rng.random(200)  # dialogues differ far more than systems do
    result = compare_values(hard + 0.02 + rng.normal(0, 0.02, 200), hard)
    assert result.code == "better"
    assert result.interval[1] - result.interval[0] < 0.2 * np.subtract(*interval(hard)[::-1])


def test_comparison_of_classifications():
    result = compare(["yes"] * 10, ["no"] * 10, ["Yes."] * 10, metric="accuracy")
    assert (result.a, result.b, result.code) == (1.0, 0.0, "better")


def test_comparison_refuses_what_cannot_be_compared():
    assert code_of(compare, GOOD, BAD[:3], TRUTH) == "lengths"
    assert code_of(compare, GOOD, BAD, TRUTH[:3]) == "lengths"
    assert code_of(compare, GOOD, BAD, TRUTH, metric="bleu") == "metric"
    assert code_of(compare, [], [], []) == "no_predictions"


def test_changed_baseline_is_refused():
    assert same_baseline("a1", "a1")
    assert code_of(same_baseline, "a1", "b2") == "baseline_changed"
    assert code_of(compare, GOOD, BAD, TRUTH, baseline=("a1", "b2")) == "baseline_changed"
    assert compare(GOOD, BAD, TRUTH, baseline=("a1", "a1")).code == "better"


def test_dialogues_needed_is_the_number_that_settles_it():
    rng = np.random.default_rng(0)
    values = rng.normal(0.02, 0.1, 300)
    needed = dialogues_needed(values, difference=0.02)
    assert needed == pytest.approx((2.8016 * values.std(ddof=1) / 0.02) ** 2, abs=1)
    trials = [rng.normal(0.02, values.std(ddof=1), needed) for _ in range(300)]
    settled = [compare_values(trial, np.zeros(needed), seed=i).code == "better" for i, trial in enumerate(trials)]
    assert 0.72 <= np.mean(settled) <= 0.88
    assert dialogues_needed(compare_values(values, np.zeros(300)), 0.02) == needed


def test_dialogues_needed_at_the_ends():
    assert dialogues_needed([0.0, 0.0]) == math.inf
    assert dialogues_needed(compare(GOOD, BAD, TRUTH)) == 6
    assert dialogues_needed([0.1, -0.1, 0.2], difference=0.01) > dialogues_needed([0.1, -0.1, 0.2], difference=0.1)


# --- bounds --------------------------------------------------------------------------------------------------------
def test_lead_is_the_first_turns():
    dialogue = "#Person1#: One.\n\n#Person2#: Two.\r\n#Person1#: Three.\n#Person2#: Four."
    assert lead(dialogue) == "#Person1#: One.\n#Person2#: Two.\n#Person1#: Three."
    assert lead(dialogue, 1) == "#Person1#: One."
    assert lead("") == ""


def test_constant_sentence_is_the_best_training_summary():
    rng = np.random.default_rng(0)
    words = ["anna", "tom", "asks", "the", "a", "dog", "for", "to", "about", "tells", "help", "and", "plan"]
    train = [" ".join(rng.choice(words, rng.integers(1, 12))) for _ in range(40)] + ["", "..."]
    best = max(train, key=lambda text: rouge([text] * len(train), train)["rouge1"])
    assert constant_sentence(train) == best == constant_sentence(train, seed=5)
    assert code_of(constant_sentence, []) == "no_references"


def test_people_are_measured_by_the_others():
    references = [["a dog ran", "a dog sat", "the dog"], ["alone"], ["a cat", "the cat ran off"]]
    scores = human_scores(references, resamples=200)
    first = [rouge([group[i]], [group[:i] + group[i + 1 :]])["rouge1"] for group in references[:1] for i in range(3)]
    last = rouge(["a cat"], ["the cat ran off"])["rouge1"]
    assert scores["rouge1"].value == pytest.approx((np.mean(first) + last) / 2)
    assert scores["rouge1"].n == 2
    assert code_of(human_scores, [["alone"], "alone"]) == "no_references"


def test_bounds_of_a_split():
    rows = [{"dialogue": d, "summary": r[0], "references": r} for d, r in zip(DIALOGUES, REFERENCES, strict=True)]
    found = bounds(rows, ["Tom sat.", "A dog ran."])
    assert list(found) == ["lead", "constant", "human"]
    assert found["lead"]["rouge1"].value == rouge(DIALOGUES, REFERENCES)["rouge1"]
    assert found["human"]["unsupported_names"].value == 0
    single = bounds([{"dialogue": "#Person1#: Hi.", "summary": "A greeting."}], ["A greeting."])
    assert list(single) == ["lead", "constant"]


# --- probes --------------------------------------------------------------------------------------------------------
def test_swapped_names_keep_rouge_1():
    right = "#Person1# asks #Person2# for #Person2#'s key and #Person1#'s bill."
    wrong = swap_names(right)
    assert wrong == "#Person2# asks #Person1# for #Person1#'s key and #Person2#'s bill."
    assert swap_names(wrong) == right
    assert rouge([wrong], [right])["rouge1"] == 1.0
    assert swap_names("Ann tells Anna.", "Ann", "Anna") == "Anna tells Ann."
    assert code_of(swap_names, right, "Ann", "Ann") == "names"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Tom is late. Ann is not.", "Tom is late. Ann is."),
        ("She can't go.", "She can go."),
        ("She won't go.", "She will go."),
        ("She doesn't go.", "She does go."),
        ("The shop is open.", "The shop is not open."),
        ("Ms. Dawson helps #Person1#.", "Ms. Dawson never helps #Person1#."),
        ("#Person1# and Tom talk.", "#Person1# and Tom never talk."),
        ("They talk.", "They never talk."),
        ("The shop sells tea.", "It is not true that The shop sells tea."),
        ("", ""),
    ],
)
def test_negation(text, expected):
    assert negate(text) == expected


# --- published outputs ---------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def dialogsum():
    rows = map(json.loads, (shared("dialogsum") / "dialogsum.test.jsonl").read_text(encoding="utf-8").splitlines())
    return [{"dialogue": r["dialogue"], "references": [r[f"summary{i}"] for i in (1, 2, 3)]} for r in rows]


@pytest.fixture(scope="module")
def course():
    """ROUGE-1 of the three columns, one value a dialogue (its three rows averaged)."""
    with (shared("anchors") / "flan_t5_base_course.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    people = [row["human_baseline_summaries"] for row in rows]
    ids = [i // 3 for i in range(len(rows))]
    names = ("original", "instruct", "peft")
    outputs = {name: [row[f"{name}_model_summaries"] for row in rows] for name in names}
    return {name: by_dialogue(rouge_scores(texts, people)["rouge1"], ids) for name, texts in outputs.items()}


@pytest.mark.parametrize(
    ("column", "expected"), [("original", (0.222, 0.245)), ("instruct", (0.413, 0.431)), ("peft", (0.399, 0.417))]
)
def test_intervals_of_published_outputs(course, column, expected):
    assert len(course[column]) == 500
    assert interval(course[column]) == pytest.approx(expected, abs=0.002)


def test_full_against_lora_of_the_course(course):
    result = compare_values(course["instruct"], course["peft"], resamples=10_000)
    assert (result.code, result.n, round(result.difference, 4)) == ("better", 500, 0.0133)
    assert result.interval == pytest.approx((0.0059, 0.0202), abs=0.001)


def test_bounds_of_dialogsum(dialogsum):
    lines = (shared("dialogsum") / "dialogsum.train.jsonl").read_text(encoding="utf-8").splitlines()
    train = [json.loads(line)["summary"] for line in lines]
    found = bounds(dialogsum, train, resamples=200)
    measured = {name: round(scores["rouge1"].value, 4) for name, scores in found.items()}
    assert measured == {"lead": 0.2695, "constant": 0.2659, "human": 0.5337}
    assert found["human"]["length_words"].value == pytest.approx(18.75, abs=0.01)
