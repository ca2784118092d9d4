"""The budget of a lesson, and figures in prose held against what the lab recorded."""

import nbformat
import pytest

from labutils.notebooks import lesson, progress, start

v4 = nbformat.v4


def notebook(*cells):
    return v4.new_notebook(cells=list(cells))


def quoted(text, numbers):
    return list(lesson.misquoted(notebook(v4.new_markdown_cell(text)), numbers))


@pytest.mark.parametrize("text", [
    ".74<!--a-->", "0.74<!--a-->", "74 %<!--a-->", "+.74<!--a-->", "[.7<!--b[0]-->, .8<!--b[1]-->]", "1,000<!--n-->", "-.05<!--c-->", "by .05<!--c-->",
])  # fmt: skip
def test_a_figure_that_the_results_bear_out(text):
    assert quoted(text, {"a": 0.7412, "b": [0.703, 0.798], "n": 1000, "c": -0.05}) == []


@pytest.mark.parametrize(
    "text", [".75<!--a-->", "75 %<!--a-->", "-.74<!--a-->", ".74<!--missing-->", ".7<!--b-->", ".7<!--a[0]-->"]
)
def test_a_figure_that_they_do_not(text):
    [fault] = quoted(text, {"a": 0.7412, "b": [0.7, 0.8]})
    assert fault.startswith("cell ")


def test_what_a_learner_sees_is_counted():
    hidden = v4.new_code_cell("a = 1\nb = 2", metadata={"jupyter": {"source_hidden": True}})
    stub = v4.new_code_cell("def f():\n    ...", metadata={"tags": ["exercise"]})
    cells = [
        v4.new_markdown_cell("four words of prose <!--not one-->"),
        hidden,
        v4.new_code_cell("lab.figure(drawings.x())\n\ny = 1"),
        stub,
    ]
    counts = lesson.measure(notebook(*cells))
    assert counts == {
        "cells": 4, "words": 4, "lines": 4, "charts": 0, "drawings": 1, "exercises": 1, "first_exercise": 4, "first_result": 3,
    }  # fmt: skip


def test_each_excess_and_each_missing_part_is_named():
    cells = [v4.new_markdown_cell("word " * 20), *(v4.new_code_cell("plots.bars()") for _ in range(3))]
    faults = list(
        lesson.over_budget(
            notebook(*cells),
            lesson.Budget(cells=3, words=19, lines=2, charts=2, exercises=1, first_exercise=2, first_result=1),
        )
    )
    assert len(faults) == 8  # cells, words, lines, charts, the two firsts, no drawing, no core path


@pytest.mark.parametrize(("said", "core"), [
    ("Core path: parts 1 to 2", ["said", "one", "two", "before more "]),
    ("parts 1 and 1", ["said", "one", ""]),
    ("no word of it", ["said", "one", "two", "before more ## More", "after"]),
])  # fmt: skip
def test_the_core_path_is_what_the_first_cell_names(said, core):
    texts = [said, "one", "## 2. two", "before more\n## More", "after"]
    parts = lesson.core_path(notebook(*(v4.new_markdown_cell(text) for text in texts))).cells
    found = [cell.source.replace("## 2. ", "").replace("\n", " ") for cell in parts]
    assert found == [said, *core[1:]]


def test_a_question_that_its_own_cell_settles_cannot_be_answered():
    asked, settled = 'lab.predict(\n    "a", "?", ["b", "c"])', 'lab.settle("a", "b")'
    assert list(lesson.answered_at_once(notebook(v4.new_code_cell(asked), v4.new_code_cell(settled)))) == []
    [fault] = lesson.answered_at_once(notebook(v4.new_code_cell(f"{asked}\n{settled}")))
    assert " a " in fault


def test_a_build_keeps_the_processors_seconds_and_the_core_paths_share(tmp_path, monkeypatch):
    from labutils.machine import paths

    monkeypatch.setattr(paths, "data_dir", lambda: tmp_path)
    results = dict.fromkeys(lesson.KEPT, 1)
    lesson.store("03", results | {"cpu_seconds": 2, "other": 3}, core_share=0.61234)
    assert lesson.stored("03") == results | {"cpu_seconds": 2, "core_share": 0.612}


@pytest.mark.parametrize(("durations", "share"), [((1.0, 2.0, 3.0), 0.5), ((None, None, None), None)])
def test_the_core_paths_share_of_the_seconds(durations, share):
    from labutils.notebooks import normalize

    cells = [v4.new_markdown_cell("parts 1 to 1"), v4.new_code_cell(), v4.new_code_cell(), v4.new_markdown_cell("# More"),
             v4.new_code_cell()]  # fmt: skip
    code = [cell for cell in cells if cell.cell_type == "code"]
    for cell, duration in zip(code, durations, strict=True):
        cell.metadata["papermill"] = {"duration": duration}
    assert normalize._core_share(notebook(*cells)) == share


def test_a_learner_gets_the_labs_without_outputs(tmp_path):
    start.copy_labs(tmp_path / "mine")
    for path in (tmp_path / "mine").glob("*.ipynb"):
        cells = [c for c in nbformat.read(path, 4).cells if c.cell_type == "code"]
        assert cells and not any(c.outputs or c.execution_count for c in cells)


def test_progress_lists_each_lab_and_what_was_solved(tmp_path, monkeypatch):
    from labutils.exercises import Exercise, load

    monkeypatch.setenv("LABS_RUNS", str(tmp_path))
    first = next(exercise for exercise in load("03") if isinstance(exercise, Exercise))
    first.check(first.reference)
    page = progress.page()
    assert "03 " in page and f"{first.name}: solved (1 checks)" in page and "not tried" in page
