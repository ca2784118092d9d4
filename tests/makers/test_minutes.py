"""The minutes of README and of the notebooks are reckoned, and add up what they say."""

import nbformat
import pytest

from labutils import exercises, notebooks
from labutils.notebooks import lesson
from makers import minutes

v4 = nbformat.v4
README = minutes.README.read_text(encoding="utf-8")


def page():
    """A lab of 260 words, 20 shown lines, four things to look at, two exercises; half of it behind the core path."""
    write = "def mean_token_loss(log_p, labels):\n    ..."
    choose = "answer_rate_by_validation = ..."
    return v4.new_notebook(cells=[
        v4.new_markdown_cell("Core path: parts 1 to 1. " + "word " * 124),
        v4.new_code_cell('lab.predict("a", "?", ["b", "c"])\nlab.figure(plots.bars(x), "t")\n' + "x = 1\n" * 15),
        v4.new_code_cell(write, metadata={"tags": [notebooks.EXERCISE]}),
        v4.new_markdown_cell("## 2. " + "word " * 128),
        v4.new_code_cell('lab.bet("claim")', metadata={"jupyter": {"source_hidden": True}}),
        v4.new_code_cell("widgets.walk(points)", metadata={"jupyter": {"source_hidden": True}}),
        v4.new_code_cell(choose, metadata={"tags": [notebooks.EXERCISE]}),
    ])  # fmt: skip


def test_readme_shows_what_is_reckoned():
    """If this fails: python -m makers.minutes"""
    assert minutes.filled(README) == README


@pytest.mark.parametrize("lab", [notebooks.number(path) for path in notebooks.find()])
def test_each_row_of_readme_and_each_notebook_says_the_same(lab):
    core, whole = minutes.of_lab(lab)
    [row] = [row for row in minutes.ROW.finditer(README) if row["lab"] == lab]
    assert row[0].endswith(f"| {minutes.said(core, whole)} |")
    [path] = notebooks.find([lab])
    assert notebooks.read(path).metadata.finetune_labs["minutes"] == whole.all
    assert 0 < core.all <= whole.all


def test_the_parts_are_counted():
    known = exercises.load("03")
    whole = minutes.reckon(page(), known, 90.0)
    assert whole == minutes.Minutes(machine=1.5, reading=260 / 130, code=20 / 20, looking=4, exercises=5 + 2)
    assert whole.all == 15  # 15.5 in steps of five


def test_the_core_path_ends_where_the_first_cell_says():
    core = minutes.reckon(lesson.core_path(page()), exercises.load("03"), 0.0)
    assert (core.reading, core.looking, core.exercises) == (1.0, 2, 5)


def test_each_kind_of_exercise_has_its_minutes():
    kinds = {exercise.kind for path in notebooks.find() for exercise in exercises.load(notebooks.number(path))}
    assert kinds <= set(minutes.KINDS)


@pytest.mark.parametrize("path", notebooks.find(), ids=notebooks.number)
def test_each_exercise_of_a_lab_is_found(path):
    lab = notebooks.number(path)
    known = exercises.load(lab)
    assert list(minutes.exercises_of(notebooks.read(path), known)) == known


@pytest.mark.parametrize(("results", "machine"), [
    ({"seconds": 120.0}, 2.0),
    ({"seconds": 120.0, "cpu_seconds": 60.0}, 1.0),  # a busy machine
    ({"seconds": 120.0, "cpu_seconds": 200.0}, 2.0),  # two cores at work
    ({}, 0.0),  # never built
])  # fmt: skip
def test_a_busy_machine_is_not_the_labs_fault(monkeypatch, results, machine):
    monkeypatch.setattr(lesson, "stored", lambda lab: results | ({"core_share": 0.5} if results else {}))
    core, whole = minutes.of_lab("03")
    assert (core.machine, whole.machine) == pytest.approx((machine / 2, machine))
