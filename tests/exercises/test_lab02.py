"""Lab 02: a fourth instruction, the six broken batches, and a learner's own file."""

import json

import pytest
import torch

from labutils.batches import IGNORE
from labutils.dialogues import records
from labutils.exercises import lab02
from labutils.prompts import lint
from labutils.tasks import load_task

ROWS = load_task("rating").train[:5]
RATE = ("How many stars, from 1 to 5?\n\n{{ body }}\n\nStars:", "{{ stars }}")


@pytest.fixture(autouse=True)
def runs(tmp_path, monkeypatch):
    monkeypatch.setenv("LABS_RUNS", str(tmp_path / "runs"))


# --- 1: a fourth instruction ----------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (..., "not_attempted"), ("{{ body }}", "form"), (("{{ body }}",), "form"), ((1, 2), "form"),
        (("Find a title for this: {{ body }}", "{{ title }}"), "passed"),
        (("Is the buyer happy? {{ body }}", '{{ "yes" if stars > 3 else "no" }}'), "passed"),
        (("Find a title. {{ title }} {{ body }}", "{{ title }}"), "leak"),
        (("Who wrote this? {{ body }}", "{{ author }}"), "missing_field"),
        (("Find a title for this: {{ body }", "{{ title }}"), "template_syntax"),
        (("Find a title for this: {{ body | nothing }}", "{{ title }}"), "template_syntax"),
        (("Find a title for this", "{{ title }}"), "one_prompt"),
        (("{{ body }} Title:", "{{ title }}"), "no_instruction"),
        (("What is this about? {{ body }}", "a product"), "one_answer"),
        (RATE, "same_task"),
    ],
)  # fmt: skip
def test_an_instruction_is_judged_by_what_it_asks(answer, code):
    assert lab02.q1.check(answer, ROWS).code == code


def test_a_message_shows_the_braces_that_a_learner_has_to_write():
    assert "as {{ title }}" in str(lab02.q1.check(("Find a title for this", "{{ title }}"), ROWS))
    assert '{"path": ' in str(lab02.q4.check({})) and "{{" not in str(lab02.q4.check({}))


def test_the_shown_instruction_passes():
    assert lab02.q1.check(eval(lab02.q1.example), ROWS).passed


# --- 3: six broken batches ------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def made():
    from transformers import AutoTokenizer

    from labutils import models

    tokenizer = AutoTokenizer.from_pretrained(models.resolve_name("pocket-instruct"))
    topic, opinions = load_task("topic").take(test=4), load_task("opinions").take(test=4)
    return topic, opinions, tokenizer, {
        fault: lab02.pair_of_batches(fault, topic, opinions, tokenizer) for fault in sorted(lab02.PLANTED.values())
    }  # fmt: skip


def differing(pair):
    twin, broken = pair
    return {
        name for name in twin if twin[name].shape != broken[name].shape or not torch.equal(twin[name], broken[name])
    }


def first_prompts(made, fault):
    *_tasks, tokenizer, pairs = made
    return tuple(
        tokenizer.decode(each["input_ids"][0][each["attention_mask"][0].bool()], skip_special_tokens=True)
        for each in pairs[fault]
    )


def test_each_fault_changes_only_what_it_is_named_for(made):
    pairs = made[-1]
    assert {fault: differing(pair) for fault, pair in pairs.items()} == {
        fault: {"labels"} if fault == 5 else {"attention_mask"} if fault == 6 else {"input_ids", "attention_mask"}
        for fault in range(1, 7)
    }
    for twin, broken in pairs.values():
        assert set(twin) == set(broken) == {"input_ids", "attention_mask", "labels"}
        assert twin["input_ids"].shape == twin["attention_mask"].shape and len(twin["labels"]) == 4


def test_the_prompts_of_the_planted_faults(made):
    topic, opinions, *_rest = made
    text = topic.test[0]["text"]
    sound, leaked = first_prompts(made, 1)
    assert leaked.startswith(f"Archive: {opinions.target(opinions.test[0])}") and "Archive" not in sound
    sound, among = first_prompts(made, 2)
    assert sound.count(text) == 1 and among.count(text) == 2 and topic.train[0]["text"] in sound
    sound, hole = first_prompts(made, 3)
    assert text in sound and text not in hole
    sound, cut = first_prompts(made, 4)
    assert sound.startswith(cut[:-6]) and len(cut) < len(sound)


def test_padding_counts_in_the_labels_and_in_the_mask(made):
    twin, broken = made[-1][5]
    assert twin["labels"].shape[1] == lab02.LABELS
    assert (twin["labels"] == IGNORE).any() and not (broken["labels"] == IGNORE).any()
    twin, broken = made[-1][6]
    assert twin["input_ids"].shape[1] == lab02.WIDTH
    assert bool(broken["attention_mask"].all()) and not bool(twin["attention_mask"].all())


def test_the_linter_knows_the_leak_of_a_longer_answer():
    template = lab02.leaking(load_task("describe_review").templates[0])
    assert [finding.code for finding in lint(template, ROWS[0])] == ["target_leak"]


SWAPPED = lab02.PLANTED | {"A": lab02.PLANTED["B"], "B": lab02.PLANTED["A"]}


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (..., "not_attempted"), (dict(lab02.PLANTED), "passed"), ({"A": 1}, "batches"), ("abcdef", "batches"),
        (lab02.PLANTED | {"C": 8}, "fault"), (SWAPPED, "batch_A"), (lab02.PLANTED | {"F": 7}, "batch_F"),
        (lab02.PLANTED | {"D": 2}, "batch_D"),
    ],
)  # fmt: skip
def test_a_diagnosis_is_led_to_the_first_batch_that_is_wrong(answer, code):
    assert lab02.q3.check(answer).code == code


def test_each_batch_has_one_fault_and_one_fault_is_not_planted():
    assert len(set(lab02.PLANTED.values())) == len(lab02.PLANTED) == len(lab02.FAULTS) - 1
    assert set(lab02._OVERLOOKED) == set(lab02.PLANTED)


# --- 4: a file of one's own -----------------------------------------------------------------------------------------
def own(path, prompt=RATE[0], target=RATE[1]):
    return lab02.q4.check({"path": path, "prompt": prompt, "target": target}).code


def test_the_shops_file_has_three_faults_and_the_mended_one_none(tmp_path):
    shop = tmp_path / "shop.csv"
    shop.write_text(lab02.SHOP, encoding="utf-8")
    fields = {name: records.Field(int if name == "stars" else str) for name in ("product", "stars", "title", "body")}
    assert [(error.line, error.code) for error in records.errors(shop, fields)] == [
        (3, "wrong-type"), (4, "empty-value"), (5, "ragged"),
    ]  # fmt: skip
    mended = lab02.write_mended(tmp_path)
    assert records.errors(mended, fields) == [] and len(records.read(mended, fields)) == 5
    assert own(shop) == "file_empty-value" and own(mended) == "passed"


def test_a_file_of_json_lines_and_its_faults(tmp_path):
    path = tmp_path / "mine.jsonl"
    rows = [{"body": f"text {i}", "stars": i} for i in range(1, 5)]
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    assert own(path) == "passed"
    assert own(path, target="{{ mark }}") == "file_missing-column"
    assert own(path, prompt="How many stars here? {{ stars }}") == "leak"
    assert own(path, prompt="{{ body") == "template_syntax"
    path.write_text("\n".join(map(json.dumps, rows[:2])), encoding="utf-8")
    assert own(path) == "few"
    path.write_text('{"body": "x", "stars": 1}\n{"body": ', encoding="utf-8")
    assert own(path) == "file_malformed"
    assert own(tmp_path / "none.csv") == "file_missing-file"
    assert lab02.q4.check("mine.csv").code == "form" and lab02.q4.check(...).code == "not_attempted"


def test_a_template_that_reckons_with_a_field_is_judged_by_its_records():
    """Its instruction was looked for with empty fields, with which nothing can be reckoned."""
    rows = [{"id": f"r{i}", "stars": i, "title": f"Broke {i} times"} for i in (1, 2)]
    asked = "Write a title for a review that gives one star more than this: {{ stars + 1 }}."
    assert lab02.instruction_faults(asked, "{{ title }}", rows) is None
