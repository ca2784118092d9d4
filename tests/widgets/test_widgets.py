"""The widgets driven as a person does: change a value, press the button, read the result."""

import math

import pytest

from labutils.planning.planner import DEVICES, SHAPES
from labutils.prompts import Template, render
from labutils.rouge import rouge
from labutils.widgets import (
    costs,
    planner,
    prompt_box,
    shared_words,
    step_rate,
    template_workbench,
    walk,
    which_card,
)  # fmt: skip
from labutils.widgets.between import place
from labutils.widgets.cards import on_card, smallest
from labutils.widgets.money import Case, latency_rows
from labutils.widgets.overlap import overlap
from labutils.widgets.plan import memory
from labutils.widgets.prompt import reply
from labutils.widgets.rate import verdict
from labutils.widgets.workbench import label_rows

from toys import code_of, lively_model, make_tiny_model, word_tokenizer

HOSTILE = "<b>cat</b><script>alert(1)</script>"


def html(panel):
    return panel.children[-1].value


# --- 01 prompt box -------------------------------------------------------------------------------------------------
def test_a_reply_holds_the_answer_and_the_likeliest_first_tokens(tiny):
    found = reply(*tiny, "anna likes red", top=5)
    chances = [p for _token, p in found.first_tokens]
    assert len(chances) == 5 and chances == sorted(chances, reverse=True) and 0 < sum(chances) <= 1


def test_an_empty_and_a_too_long_prompt_are_refused(tiny):
    assert code_of(reply, *tiny, "  \n") == "prompt"
    assert code_of(reply, *tiny, "anna " * 600) == "too_long"


def test_the_prompt_box_shows_both_models_and_answers_at_the_button():
    tokenizer = word_tokenizer()
    panel = prompt_box({"base": (make_tiny_model(), tokenizer), "tuned": (lively_model(1), tokenizer)}, "who likes red")
    first = panel.text
    assert "--- base ---" in first and "--- tuned ---" in first
    panel.controls["prompt"].value = "what sees the dog"
    assert panel.text == first
    panel.button.click()
    assert panel.text != first
    panel.controls["prompt"].value = " "
    panel.button.click()
    assert len(panel.text.splitlines()) == 1


def test_an_example_goes_into_the_prompt(tiny):
    panel = prompt_box({"base": tiny}, "who likes red", prompts=["a cat"])
    panel.controls["example"].value = "a cat"
    assert panel.controls["prompt"].value == "a cat"


def test_what_a_model_says_is_no_markup(tiny, monkeypatch):
    monkeypatch.setattr("labutils.widgets.prompt.generate", lambda *_args: [HOSTILE])
    panel = prompt_box({"base": tiny}, "who likes red")
    assert "<script" not in html(panel) and "&lt;script&gt;" in html(panel) and HOSTILE in panel.text


def test_a_box_without_models_is_refused():
    assert code_of(prompt_box, {}) == "models"


# --- 02 template workbench -----------------------------------------------------------------------------------------
TEMPLATES = [
    Template("ask", "toy", "{{ text }} what ?", "{{ answer }}"),
    Template("tell", "toy", "a {{ text }}", "the {{ answer }}"),
]
RECORDS = [{"id": "train_1", "text": "anna likes red", "answer": "anna red"}, {"text": HOSTILE, "answer": "ben"}]


def bench():
    return template_workbench(TEMPLATES, RECORDS, word_tokenizer())


def test_labels_are_shifted_for_the_decoder_and_padded_with_minus_100():
    rows = label_rows([3, 13, 1], word_tokenizer(), 5)
    assert [row[2] for row in rows] == ["3", "13", "1", "-100", "-100"]
    assert [row[1] for row in rows[1:]] == ["anna", rows[1][3], "</s>", "<pad>"]


def test_the_bench_renders_the_chosen_template_and_record():
    panel = bench()
    assert "anna likes red what ?" in panel.text and "-100" in panel.text
    panel.controls["template"].value = 1
    assert panel.controls["prompt"].value == "a {{ text }}" and "a anna likes red" in panel.text
    panel.controls["record"].value = 1
    assert "<script" not in html(panel) and HOSTILE in panel.text


def test_an_edited_template_is_rendered_and_padding_follows_the_batch():
    panel = bench()
    panel.controls["prompt"].value = "dog {{ text }}"
    assert "dog anna likes red" in panel.text
    panel.controls["longest"].value = 1
    assert "-100" not in panel.text


@pytest.mark.parametrize(
    "prompt", ["{{ text", "{{ nobody }}", "{{ 1 / 0 }}", "{{ text() }}", "{{ text | nofilter }}", "{{ ''.__class__ }}",
               "{% for x in range(10 ** 9) %}{% endfor %}", "{{ text.x.y }}", "{% include 'x' %}"],
)  # fmt: skip
def test_a_broken_template_is_one_sentence(prompt):
    code_of(render, Template("x", "toy", prompt, "{{ answer }}"), RECORDS[0])
    panel = bench()
    panel.controls["prompt"].value = prompt
    assert len(panel.text.splitlines()) == 1 and "Traceback" not in panel.text
    panel.controls["prompt"].value = "{{ text }}"
    assert "anna likes red" in panel.text


def test_a_target_that_stands_in_the_prompt_is_named():
    panel = template_workbench(
        TEMPLATES, [{"text": "anna likes red cat", "answer": "anna likes red"}], word_tokenizer()
    )
    clean = bench()
    assert panel.text.count("Check: ") == 1 and panel.text.split("Check: ")[1] != clean.text.split("Check: ")[1]


def test_an_empty_target_shows_no_labels():
    panel = bench()
    panel.controls["target"].value = ""
    assert "-100" not in panel.text


def test_a_bench_without_records_is_refused():
    assert code_of(template_workbench, TEMPLATES, [], word_tokenizer()) == "workbench"


# --- 03 rate of one step -------------------------------------------------------------------------------------------
def loss_at(rate):
    return 2.0, (2.0 - rate if rate < 1 else math.nan), {HOSTILE: min(rate, 1.0)}


def test_the_rates_tried_are_listed_and_a_loss_that_is_no_number_is_said():
    panel = step_rate(loss_at, rates=(0.1, 0.5, 10.0), rate=0.1)
    panel.controls["rate"].value = 0.5
    assert "1.900" in panel.text and "1.500" in panel.text and "<script" not in html(panel)
    panel.controls["rate"].value = 10.0
    assert "nan" not in panel.text and panel.text.splitlines()[0] == verdict(10.0, 2.0, math.nan)


def test_the_verdict_tells_falling_rising_and_unchanged_apart():
    assert len({verdict(0.1, 2.0, after) for after in (1.0, 2.0, 3.0, math.inf)}) == 4


def test_a_first_rate_outside_the_list_is_refused():
    assert code_of(step_rate, loss_at, (0.1, 0.5), 0.2) == "rates"
    assert code_of(step_rate, loss_at, ()) == "rates"


# --- 04 shared words -----------------------------------------------------------------------------------------------
PAIRS = [
    ("The cat sat on the mat.", "the the the"),
    ("It's Bob's cats: they asked!", "A cat asks Bob; it's fine"),
    ("", "a"),
    ("ÄÖ straße 7:30 İstanbul", "um 7:30 in der Strasse"),
]


@pytest.mark.parametrize("stemmer", [True, False])
@pytest.mark.parametrize(("prediction", "reference"), PAIRS)
@pytest.mark.filterwarnings("ignore::labutils.rouge.LostLetters")
def test_the_counted_score_is_rouge_1(prediction, reference, stemmer):
    found = overlap(prediction, reference, stemmer)
    assert found.f_measure == pytest.approx(rouge([prediction], [reference], stemmer=stemmer)["rouge1"])
    for parts in (found.prediction, found.reference):
        assert sum(on for _part, on in parts) == found.shared
    assert "".join(part for part, _on in found.reference) == reference


def test_shared_words_follow_the_texts_and_the_box():
    panel = shared_words("she asks", "he asked")
    assert "[asks]" in panel.text and "[asked]" in panel.text
    panel.controls["stemmer"].value = False
    assert "[asks]" not in panel.text
    panel.controls["prediction"].value = HOSTILE
    assert "<script" not in html(panel) and "<b>cat" not in html(panel)


# --- 05 which card -------------------------------------------------------------------------------------------------
def card_for(**changes):
    usual = {"size": "flan-t5-xl", "method": "lora", "r": 8, "bits": 32, "batch_size": 2, "tokens": (64, 16)}
    return smallest(lambda card: on_card(card, **(usual | changes)))


def test_fewer_bits_and_lora_take_no_larger_card():
    memory_of = {card.name: card.memory_gib for card in DEVICES.values()}
    four, all_bits, full = (card_for(**way) for way in ({"bits": 4}, {}, {"method": "full"}))
    assert memory_of[four.name] <= memory_of[all_bits.name] < memory_of[full.name]


def test_the_card_follows_size_rank_and_bits():
    panel = which_card(size="pocket", batch_size=2, tokens=(32, 8), sizes=("pocket", "flan-t5-small"))
    texts = [panel.text]
    for name, value in (("r", 64), ("bits", 4), ("size", "flan-t5-small")):
        panel.controls[name].value = value
        texts.append(panel.text)
    assert len(set(texts)) == 4 and all(name in texts[0] for name in DEVICES)


# --- 06 walk -------------------------------------------------------------------------------------------------------
POINTS = {0.0: (0.2, 0.8), 0.5: (0.5, 0.7), 1.0: (0.6, 0.3)}


def test_gain_kept_and_loss_undone_are_shares_of_both_ends():
    here = place(POINTS, 0.5)
    assert (here.gain_kept, here.loss_undone) == (pytest.approx(0.75), pytest.approx(0.8))
    assert (place(POINTS, 0.0).gain_kept, place(POINTS, 0.0).loss_undone) == (0, 1)


def test_where_nothing_was_gained_or_lost_there_is_no_share():
    here = place({0: (0.5, 0.5), 1: (0.4, 0.6)}, 1)
    assert here.gain_kept is None and here.loss_undone is None
    assert "%" not in walk({0: (0.5, 0.5), 1: (0.4, 0.6)}, 1).text


def test_the_walk_goes_over_measured_points_only():
    panel = walk(POINTS)
    middle = panel.text
    assert panel.controls["share"].value == 0.5 and "75%" in middle
    panel.controls["share"].value = 1.0
    assert "100%" in panel.text and panel.text != middle


@pytest.mark.parametrize("points", [{}, {0.5: (1, 1)}, {0.0: (1, 1), 0.5: (1, 1)}])
def test_a_walk_without_its_ends_is_refused(points):
    assert code_of(walk, points) == "walk"


# --- 08 costs ------------------------------------------------------------------------------------------------------
CASE = Case(1.0, 4.0, 800, 50, server_price=1.0, requests_per_second=1.0, peak=1.0, preparation=1000.0)


def test_a_request_costs_its_tokens_and_a_server_its_hours():
    assert CASE.request == pytest.approx(0.001) and CASE.hosted(1000) == pytest.approx(1.0)
    assert CASE.own(1) == 730 and CASE.servers(CASE.capacity + 1) == 2


def test_at_break_even_both_cost_the_same():
    point = CASE.break_even()
    assert CASE.hosted(point) == pytest.approx(CASE.own(point))
    assert CASE.months_to_pay(point / 2) is None
    assert CASE.months_to_pay(2 * point) == pytest.approx(1000 / 730)


@pytest.mark.parametrize("changes", [{"input_price": 0.0, "output_price": 0.0}, {"requests_per_second": 0.001}])
def test_where_a_server_never_pays_there_is_no_break_even(changes):
    assert Case(**(vars(CASE) | changes)).break_even() is None


@pytest.mark.parametrize("changes", [{"input_price": -1.0}, {"requests_per_second": 0.0}, {"peak": math.nan}])
def test_an_impossible_price_is_refused(changes):
    assert code_of(Case, **(vars(CASE) | changes)) == "price"


def test_latency_is_held_to_its_limit_at_p95():
    rows = latency_rows({"own": [0.1] * 100, "hosted": [0.1] * 90 + [1.0] * 10}, 200)
    assert [row[3] for row in rows] == ["yes", "no"] and rows[1][1:3] == ("100 ms", "1000 ms")
    assert code_of(latency_rows, {"own": []}, 200) == "latencies"


def test_costs_follow_prices_volume_and_limit():
    panel = costs({HOSTILE: [0.1, 0.3]}, CASE, requests=100_000)
    texts = [panel.text]
    for name, value in (("requests", 2_000_000), ("server_price", 3.0), ("limit_ms", 400.0), ("input_price", 0.0)):
        panel.controls[name].value = value
        texts.append(panel.text)
    assert len(set(texts)) == 5 and "<script" not in html(panel)
    panel.controls["output_price"].value = 0.0
    panel.controls["server_price"].value = 0.0
    assert "nan" not in panel.text and "Error" not in panel.text


def test_without_measured_requests_there_is_no_latency():
    assert "limit_ms" not in costs().controls and "p95" not in costs().text


# --- 09 planner ----------------------------------------------------------------------------------------------------
def test_what_makes_a_training_smaller_makes_the_plan_smaller():
    usual = {
        "size": "flan-t5-small", "method": "full", "precision": "fp32", "batch": 64, "parts": 1, "checkpointing": False,
        "bits": 32, "optimizer": "adamw", "tokens": (128, 32),
    }  # fmt: skip
    peak = memory(**usual).peak_mib
    ways = (
        {"parts": 4},
        {"checkpointing": True},
        {"optimizer": "adamw_8bit"},
        {"method": "lora"},
        {"precision": "bf16"},
    )
    for way in ways:
        assert memory(**(usual | way)).peak_mib < peak, way
    lora = usual | {"method": "lora"}
    assert memory(**(lora | {"bits": 4})).weights_mib < memory(**lora).weights_mib


def test_the_planner_names_parts_and_cards_and_refuses_what_does_not_go():
    panel = planner(size="pocket", batch_size=4, tokens=(32, 8))
    assert all(name in panel.text for name in DEVICES) and panel.text.count("GiB") > 10
    panel.controls["bits"].value = 4
    assert len(panel.text.splitlines()) == 1
    panel.controls["method"].value = "lora"
    assert len(panel.text.splitlines()) > 5
    panel.controls["parts"].value = 32
    assert len(panel.text.splitlines()) == 1
    assert set(SHAPES) == set(panel.controls["size"].options)
