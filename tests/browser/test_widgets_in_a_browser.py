"""Every widget, driven by keyboard; what a person sees of it in both themes; and that no text becomes markup."""

import pytest

pytestmark = pytest.mark.slow

SETUP = """
import pandas as pd
from labutils import drawings, models, plots, tasks, widgets
from labutils.lab import Lab
from labutils.prompts import Template
lab = Lab("00")
"""
HOSTILE = "<b id='marker'>cat</b><img src=x onerror='window.marked = 1'>"
RECORDS = '[{"text": "A kettle that leaks.", "label": "negative"}, {"text": "A fine lamp.", "label": "positive"}]'
WIDGETS = {  # name: (code, the control, keys)
    "prompt box": (
        'pair = {name: models.load_model(f"pocket-{name}") for name in ("base", "instruct")}\n'
        'widgets.prompt_box(pair, "What is your name?")',
        "textarea", ["Control+a", "Where does a cat sleep?", "Tab", "Enter"],
    ),
    "workbench": (
        f'widgets.template_workbench([Template("t", "t", "Say it: {{{{ text }}}}", "{{{{ label }}}}", "x")], {RECORDS})',
        "select >> nth=1", ["ArrowDown"],
    ),
    "rate": (
        'widgets.step_rate(lambda rate: (2.0, 2.0 - rate * 100 + (rate * 100) ** 2, {"red": 0.5}), rate=1e-4)',
        ".noUi-handle", ["ArrowRight"],
    ),
    "shared words": ('widgets.shared_words("the cat sat", "a cat sits")', "textarea >> nth=0", ["Control+a", "a dog", "Tab"]),
    "which card": ('widgets.which_card("flan-t5-xl")', ".noUi-handle >> nth=0", ["ArrowRight"]),
    "walk": ("widgets.walk({0.0: (0.4, 0.8), 0.5: (0.7, 0.75), 1.0: (0.8, 0.5)})", ".noUi-handle", ["ArrowRight"]),
    "costs": ("widgets.costs()", "input >> nth=0", ["Control+a", "777", "Tab"]),
    "planner": ("widgets.planner()", ".noUi-handle >> nth=0", ["ArrowRight"]),
}  # fmt: skip
NAMELESS = """cell => [...cell.querySelectorAll('input, textarea, select, button, .noUi-handle')].filter(node =>
    !node.labels?.length && !node.getAttribute('aria-label') && !node.getAttribute('aria-labelledby')
    && !node.textContent.trim() && !node.closest('.jupyter-widgets')?.querySelector('label')?.textContent.trim()
).map(node => node.outerHTML.slice(0, 120))"""
TOO_WIDE = """cell => [...cell.querySelectorAll('.jp-OutputArea-output, table, img')].filter(node =>
    node.scrollWidth > node.clientWidth + 2 && getComputedStyle(node).display !== 'inline'
    || node.getBoundingClientRect().right > cell.getBoundingClientRect().right + 2).map(node => node.outerHTML.slice(0, 120))"""


@pytest.fixture
def open_widgets(learner):
    """A notebook with every widget, c1 and so on, all run."""
    learner.make("widgets.ipynb", SETUP, *(code for code, _control, _keys in WIDGETS.values()))
    learner.run(*(f"c{i}" for i in range(len(WIDGETS) + 1)))
    return learner


def test_every_widget_answers_to_the_keyboard_and_fits(open_widgets):
    learner = open_widgets
    for i, (name, (_code, control, keys)) in enumerate(WIDGETS.items(), 1):
        cell = learner.cell(f"c{i}")
        shown = cell.locator(".widget-html-content").last
        shown.wait_for()
        before = shown.inner_text()
        cell.locator(control).focus()
        for key in keys:
            keyboard = learner.page.keyboard
            keyboard.press(key) if key[0].isupper() and " " not in key else keyboard.type(key)
        told = "([node, before]) => !['', before].includes(node.innerText) && !node.innerText.includes('Working')"
        learner.page.wait_for_function(told, arg=[shown.element_handle(), before])
        assert not cell.evaluate(NAMELESS), name
        assert not cell.evaluate(TOO_WIDE), name
        learner.photograph(f"widget-{name.replace(' ', '-')}", f"c{i}")


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
def test_the_words_of_widgets_and_figures_are_readable_in_both_themes(open_widgets, theme):
    learner = open_widgets
    learner.write("c0", SETUP + 'lab.figure(plots.bars({"a": 0.5}, "share"), "Half of it")')
    learner.run("c0")
    learner.command("apputils:change-theme", theme=theme)
    learner.page.wait_for_function("name => document.body.dataset.jpThemeName === name", arg=theme)
    for selector in (".widget-html-content", "figure"):
        pale = [(text, round(ratio, 2)) for text, ratio in learner.contrasts(selector) if ratio < 4.5]
        assert not pale, (selector, pale)
    learner.photograph(f"theme-{theme.split()[1].lower()}", "c3")
    if theme.endswith("Light"):  # for the picture of the course
        learner.cell("c3").locator(".widget-vbox").first.screenshot(path=learner.pictures / "widget.png")
    learner.command("apputils:change-theme", theme="JupyterLab Light")


def test_no_text_of_records_models_or_figures_becomes_markup(learner):
    learner.make(
        "markup.ipynb",
        SETUP + f"hostile = {HOSTILE!r}",
        'widgets.template_workbench([Template("t", "t", "{{ text }}", "{{ text }}", "x")], [{"text": hostile}])',
        "widgets.shared_words(hostile, hostile)",
        "lab.figure(plots.bars({hostile: 0.5}, hostile), hostile)",
        "lab.figure(drawings.shared_words(hostile, hostile), hostile)",
        'lab.predict("q", hostile, [hostile, "no"])',
    )
    learner.run(*(f"c{i}" for i in range(6)))
    learner.cell("c5").locator("input[type=radio]").first.wait_for()
    assert learner.page.evaluate("window.marked === undefined")
    assert not learner.page.locator("#marker").count()
