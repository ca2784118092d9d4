"""Lab 02's template workbench: what the chosen template makes of a record, and one sentence where it makes nothing."""

import pytest

from labutils.prompts import Template, render
from labutils.widgets import template_workbench
from labutils.widgets.workbench import label_rows

from toys import HOSTILE, code_of, html, word_tokenizer

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
