"""Lab 01's prompt box, driven as a person does: change a value, press the button, read the result."""

from labutils.widgets import prompt_box
from labutils.widgets.prompt import reply

from toys import HOSTILE, code_of, html, lively_model, make_tiny_model, word_tokenizer


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
