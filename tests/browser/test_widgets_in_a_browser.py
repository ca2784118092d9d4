"""Every widget by mouse and by keyboard; what a person sees of it in both themes; and that no text becomes markup."""

import pytest

from learner import DARK, LIGHT, Keyboard, Mouse
from readable import misfits, pale

pytestmark = pytest.mark.slow

SETUP = """
import pandas as pd
from labutils import drawings, models, plots, tasks, widgets
from labutils.lab import Lab
from labutils.prompts import Template
lab = Lab("00")
"""
RECORDS = '[{"text": "A kettle that leaks.", "label": "negative"}, {"text": "A fine lamp.", "label": "positive"}]'
WIDGETS = {  # name: (code, what is done with which control, words that come of it)
    "prompt box": (
        'pair = {name: models.load_model(f"pocket-{name}") for name in ("base", "instruct")}\n'
        'widgets.prompt_box(pair, "Where does a cat sleep?", ["What is your name?"])',
        [("choose", "select", "What is your name?"), ("press", "button", "")], "My name is Pocket",
    ),
    "prompt box, written": (
        'widgets.prompt_box({"instruct": pair["instruct"]}, "Where does a cat sleep?")',
        [("write", "textarea", "What is your name?"), ("press", "button", "")], "My name is Pocket",
    ),
    "workbench": (
        f'widgets.template_workbench([Template("t", "t", "Say it: {{{{ text }}}}", "{{{{ label }}}}", "x")], {RECORDS})',
        [("choose", "select >> nth=1", "record 1"), ("write", "textarea", "Is it good? {{ text }}")],
        "Is it good? A fine lamp.",
    ),
    "rate": (
        'widgets.step_rate(lambda rate: (2.0, 2.0 - rate * 100 + (rate * 100) ** 2, {"red": 0.5}), rate=1e-4)',
        [("slide", ".widget-slider", "")], "Rate 10: the loss rises from 2.000 to 999002.000",
    ),
    "shared words": (
        'widgets.shared_words("the cat sat", "a cat sit")',
        [("write", "textarea", "a cat sits"), ("press", "input[type=checkbox]", "")], "precision 2/3 = 0.67",
    ),
    "which card": (
        'widgets.which_card("flan-t5-small")', [("slide", ".widget-slider >> nth=1", "")],
        "LoRA, rank 256, base in 32 bits: ",
    ),
    "walk": (
        "widgets.walk({0.0: (0.4, 0.8), 0.5: (0.7, 0.75), 1.0: (0.8, 0.5)})", [("slide", ".widget-slider", "")],
        "At share 1: 100% of the gain is kept, 0% of the loss is undone.",
    ),
    "costs": ("widgets.costs()", [("write", "input[type=number]", "777")], "At 777 a month nothing is saved."),
    "planner": (
        "widgets.planner()",
        [("slide", ".widget-slider", ""), ("press", "input[type=checkbox]", ""), ("choose", "select", "LoRA, rank 8")],
        "It takes 45.1 GiB; the smallest card that holds it is the H100.",
    ),
}  # fmt: skip


def open_widgets(learner):
    """Open a notebook with every widget, c1 and so on, and run it."""
    learner.make("widgets.ipynb", SETUP, *(code for code, _actions, _words in WIDGETS.values()))
    learner.run(*(f"c{i}" for i in range(len(WIDGETS) + 1)))
    for i in range(1, len(WIDGETS) + 1):
        learner.cell(f"c{i}").locator(".widget-html-content").last.wait_for()


@pytest.mark.parametrize("hand", [Mouse, Keyboard])
def test_every_widget_answers(learner, hand):
    open_widgets(learner)
    for i, (name, (_code, actions, words)) in enumerate(WIDGETS.items(), 1):
        hands, shown = hand(learner, f"c{i}"), learner.cell(f"c{i}").locator(".widget-html-content").last
        assert words not in shown.inner_text(), name
        for verb, selector, value in actions:
            getattr(hands, verb)(selector, value)
        seen = "([node, words]) => node.innerText.includes(words)"
        learner.page.wait_for_function(seen, arg=[shown.element_handle(), words])
        learner.photograph(f"widget-{name.replace(' ', '-')}", f"c{i}")
        if name == "prompt box":  # for the picture of the course
            learner.cell(f"c{i}").locator(".widget-vbox").first.screenshot(path=learner.pictures / "widget.png")


def test_widgets_are_readable_named_and_not_wider_than_the_page_in_both_themes(learner):
    open_widgets(learner)
    for theme in (DARK, LIGHT):
        learner.theme(theme)
        assert not pale(learner.page), theme
        assert not misfits(learner.page), theme
        learner.photograph_whole(f"widgets-{theme.split()[1].lower()}")


def test_a_letter_in_a_drop_down_list_is_no_command_of_the_notebook(learner):
    learner.make("letters.ipynb", "import ipywidgets\nipywidgets.Dropdown(options=['one', 'raw', 'xylophone'])", "2")
    learner.run("c0")
    hands = Keyboard(learner, "c0")
    control = hands.at("select")
    for key, value in (
        ("x", "xylophone"),
        ("ArrowUp", "raw"),
        ("d", "raw"),
        ("d", "raw"),
        ("r", "raw"),
        ("ArrowDown", "xylophone"),
    ):
        learner.page.keyboard.press(key)
        assert control.evaluate("node => node.value") == value, key
    kinds = "() => window.jupyterapp.shell.currentWidget.content.widgets.map(cell => cell.model.type)"
    assert learner.page.evaluate(kinds) == ["code", "code"]


HOSTILE = "<b id='marker'>cat</b><img src=x onerror='window.marked = 1'><script>window.marked = 2</script>"
DIALOGUES = """
import json
from pathlib import Path
folder = lab.folder / "hostile"
folder.mkdir(exist_ok=True)
row = {"dialogue": f"#Person1#: Do you like it? {hostile}\\n#Person2#: I do, it is a fine lamp.", "summary": hostile, "topic": hostile}
for split in ("train", "validation", "test"):
    rows = [row | {"id": f"{split}{i}", "dialogue": f"#Person1#: {split} {i}.\\n" + row["dialogue"]} for i in range(3)]
    (folder / f"{split}.jsonl").write_text("\\n".join(map(json.dumps, rows)))
"""


def test_no_text_of_records_models_or_figures_becomes_markup(learner):
    cells = [
        SETUP + f"hostile = {HOSTILE!r}",
        DIALOGUES,
        "from labutils.dialogues import load_dialogues\ndata = load_dialogues(str(folder))\nprint(data)\ndata['train'][0]",
        "notes = tasks.summarization(data)\nprint(notes.prompt(notes.test[0]))\npd.DataFrame(list(data['train']))",
        'widgets.template_workbench([Template("t", "t", "{{ dialogue }} {{ topic }}", "{{ summary }}", "x")], list(data["test"]))',
        "widgets.shared_words(hostile, hostile)",
        # what a model answers, and the tokens that it finds likely
        "from labutils.widgets import prompt\n"
        "prompt.generate = lambda model, tokenizer, prompts, *rest: [hostile]\n"
        "prompt.next_token_probabilities = lambda *rest: pd.DataFrame({'token': [hostile], 'probability': [0.5]})\n"
        "model, tokenizer = models.load_model('pocket-base')\n"
        "widgets.prompt_box({hostile: (model, tokenizer)}, 'Say it.')",
        "lab.figure(plots.bars({hostile: 0.5}, hostile), hostile)",
        "lab.figure(drawings.shared_words(hostile, hostile), hostile)",
        "from labutils import evaluation\nevaluation.summarize({'rouge1': [0.5, 0.6]}, protocol=hostile)",
        'lab.predict("q", hostile, [hostile, "no"])',
    ]
    learner.make("markup.ipynb", *cells)
    learner.run(*(f"c{i}" for i in range(len(cells))))
    learner.cell(f"c{len(cells) - 1}").locator("input[type=radio]").first.wait_for()
    learner.cell("c4").locator(".widget-html-content").last.wait_for()
    assert learner.page.evaluate("window.marked === undefined")
    assert not learner.page.locator("#marker").count()
    learner.photograph_whole("markup")


def test_the_marker_would_be_seen(learner):
    """The test above proves nothing unless markup that does get through leaves its mark."""
    learner.make("through.ipynb", f"from IPython.display import HTML\nHTML({HOSTILE!r})")
    learner.run("c0")
    learner.page.wait_for_function("window.marked !== undefined")
