"""Paired comparisons and their verdicts, on made values and on published outputs."""

import csv
import math

import numpy as np
import pytest

from labutils.evaluation.comparison import (
    Comparison,
    Score,
    by_dialogue,
    compare,
    compare_values,
    dialogues_needed,
    fewest,
    interval,
    same_baseline,
)
from labutils.rouge import rouge_scores

from toys import Words, code_of, shared

GOOD = ["the dog ran off"] * 20
BAD = ["the dog"] * 20
TRUTH = ["the dog ran off"] * 20


def test_verdicts():
    better, worse = compare(GOOD, BAD, TRUTH), compare(BAD, GOOD, TRUTH)
    assert (better.code, better.verdict) == ("better", "better")
    assert (worse.code, worse.verdict) == ("worse", "worse")
    assert better.difference == -worse.difference == pytest.approx(1 / 3)
    assert better.interval == pytest.approx((1 / 3, 1 / 3))


def test_noise_settles_nothing():
    noise = np.random.default_rng(0).normal(0.001, 0.1, 60)
    result = compare_values(noise, np.zeros(60))
    assert result.interval[0] <= 0 <= result.interval[1] and result.code == "cannot_say"
    plain = compare_values(noise, np.zeros(60), margin=None)
    assert (plain.code, plain.verdict) == ("too_few", "too few dialogues to say")
    assert (plain.difference, plain.interval) == (result.difference, result.interval)


def test_an_interval_inside_the_margin_is_no_difference():
    noise = np.random.default_rng(0).normal(0.001, 0.1, 60)
    low, high = compare_values(noise, np.zeros(60)).interval
    outer = max(-low, high)
    codes = {factor: compare_values(noise, np.zeros(60), margin=outer * factor).code for factor in (0.5, 1, 1.01, 2)}
    assert codes == {0.5: "cannot_say", 1: "cannot_say", 1.01: "no_difference", 2: "no_difference"}
    assert "0.04" in compare_values(noise, np.zeros(60), margin=0.04).verdict
    assert compare_values(noise[:5] / 100, np.zeros(5)).code == "too_few"  # near zero, but five say nothing
    assert compare_values(noise / 100 + 0.01, np.zeros(60)).code == "better"  # small, and settled


def test_a_few_that_differ_by_little_among_many_are_no_difference():
    few = np.zeros(200)
    few[:3] = 0.1
    assert compare_values(few, np.zeros(200)).code == "no_difference"
    assert compare_values(few * 10, np.zeros(200)).code == "too_few"


@pytest.mark.parametrize("margin", [0, -0.1, float("nan")])
def test_a_margin_is_a_difference(margin):
    assert code_of(compare_values, [0.1] * 9, [0.2] * 9, margin=margin) == "margin"


def test_the_verdict_knows_which_way_is_good():
    inventor, honest = np.array([2.0, 1, 3, 2, 1, 2, 3, 1]), np.zeros(8)
    result = compare_values(inventor, honest, "unsupported_names")
    assert (result.code, result.verdict) == ("worse", "worse") and result.difference > 0
    assert compare_values(honest, inventor, metric="unsupported_names").code == "better"
    assert compare_values(inventor, honest, "rouge1").code == "better"
    longer, shorter = (compare_values(*pair, "length_words") for pair in ((inventor, honest), (honest, inventor)))
    assert (longer.code, longer.verdict, shorter.code) == ("higher", "higher", "lower")


def test_no_verdict_from_fewer_than_six():
    assert fewest() == 6
    assert compare(GOOD[:5], BAD[:5], TRUTH[:5]).code == "too_few"
    assert compare(GOOD[:6], BAD[:6], TRUTH[:6]).code == "better"
    few_differ = [*GOOD[:5], *BAD[:15]]
    assert compare(few_differ, BAD, TRUTH).code == "too_few"


def test_null_is_called_settled_in_about_one_of_twenty():
    rng = np.random.default_rng(2)
    codes = [compare_values(rng.normal(size=60), rng.normal(size=60), seed=i).code for i in range(300)]
    assert np.mean([code in ("better", "worse") for code in codes]) <= 0.09
    assert set(codes) <= {"better", "worse", "cannot_say"}


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
    assert all(part in str(result) for part in ("full", "LoRA", "better", "+0.33", "20"))
    assert result.numbers("lora_") == {
        "lora_difference": result.difference,
        "lora_difference_interval": list(result.interval),
    }


@pytest.mark.parametrize(("low", "high", "code", "shown"), [
    (0.2, 0.376667, "better", "[+0.20, +0.38]"),
    (-0.0024, 0.0249, "cannot_say", "[-0.002, +0.025]"),  # -0.00 would not say that it holds 0
    (0.0013, 0.0059, "better", "[+0.001, +0.006]"),
    (-0.0151, 0.0196, "no_difference", "[-0.0151, +0.0196]"),  # +0.020 would not say that it lies inside 0.02
    (0.00001, 0.3, "better", "[+0.0000, +0.3000]"),  # four at most
])  # fmt: skip
def test_two_decimals_and_more_where_the_verdict_rests_on_them(low, high, code, shown):
    said = repr(Comparison((low + high) / 2, (low, high), code, 9, 0.1, 0.5, 0.4, margin=0.02))
    assert shown in said


def test_a_score_is_shown_with_two_decimals():
    assert str(Score(0.4271, 0.3512, 0.5, 9)) == "0.43 [0.35, 0.50]"
    assert str(Score(0.004, 0.001, 0.5, 9)) == "0.004 [0.001, 0.500]"


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


def test_a_comparison_in_another_language_takes_a_tokenizer():
    truth, other = ["собака убежала домой"] * 8, ["кошка спит на диване"] * 8
    assert compare(truth, other, truth, tokenizer=Words()).difference == 1


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


# --- published outputs -----------------------------------------------------------------------------------------------
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
