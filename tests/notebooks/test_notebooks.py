"""Running, normalising, verifying and reporting on small notebooks made here."""

import json
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from labutils import cli, notebooks
from labutils.errors import LabError
from labutils.notebooks import normalize, report, run, start, verify

HEAD = "from pathlib import Path\nimport json, os\n"
RESULTS = (
    "folder = Path(os.environ['LABS_RUNS']) / '{lab}'\n"
    "(folder / 'results.json').write_text(json.dumps(dict(lab='{lab}', profile='pocket', numbers=dict(size=size, bad='<script>'), "
    "models=dict(base='b', tuned='<i>t'), dialogues='pocket', seed=0, figures=[])))\nprint('lab {lab} complete')"
)


def notebook(lab: str, *middle: str):
    cells = [
        new_markdown_cell("# A lab"),
        new_code_cell("size: int = 3", metadata={"tags": ["parameters"]}),
        new_markdown_cell("Text."),
        new_code_cell(HEAD + "print(size * 2)", metadata={"tags": ["nbval-check-output"]}),
        *(new_code_cell(source) for source in middle),
        new_markdown_cell("The end."),
        new_code_cell(RESULTS.format(lab=lab)),
    ]
    return new_notebook(cells=cells, metadata=normalize.KERNEL)


@pytest.fixture
def folder(tmp_path) -> Path:
    """Two labs that run, as they would be committed but not yet executed; their numbers have no exercises."""
    there = tmp_path / "labs"
    there.mkdir()
    for lab, name in (("91", "91_first.ipynb"), ("92", "92_second.ipynb")):
        made = notebook(lab)
        made.metadata["finetune_labs"] = {"title": "LoRA & more"} if lab == "92" else {}
        nbformat.write(made, there / name)
    return there


def test_run_leaves_notebook_results_and_report(folder, tmp_path, capsys):
    out = tmp_path / "out"
    outcomes = run.run([], out, {"size": 5}, folder)
    assert [o.lab for o in outcomes] == ["91", "92"] and all(o.ok for o in outcomes), capsys.readouterr().out
    assert json.loads((out / "92" / "results.json").read_text())["numbers"]["size"] == 5
    assert "10" in notebooks.text_outputs(notebooks.read(out / "91" / "91_first.ipynb").cells[4])
    page = report.write(out).read_text()
    assert "2 of 2 labs" in page and "&lt;script&gt;" in page and "<script>" not in page and "<i>t" not in page
    assert "<h2>91 First</h2>" in page and "<h2>92 LoRA &amp; more</h2>" in page


def test_a_relative_path_means_the_same_in_a_kernel(folder, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("mine.csv").write_text("x")
    code = "from pathlib import Path\nassert Path(size).is_file(), size"
    made = notebook("91", code)
    nbformat.write(made, folder / "91_first.ipynb")
    [outcome] = run.run(["91"], tmp_path / "out", {"size": "mine.csv"}, folder)
    assert "is_file" not in outcome.error, outcome.error


@pytest.mark.parametrize(("source", "expected"), [
    ("raise ValueError('the cause')", "the cause"),
    ("import sys; sys.exit(0)", "did not run"),
    ("import os; os._exit(0)", "stopped"),
])  # fmt: skip
def test_a_lab_that_does_not_end_is_a_failure(folder, tmp_path, source, expected, capsys):
    nbformat.write(notebook("92", source), folder / "92_second.ipynb")
    outcomes = run.run([], tmp_path / "out", {}, folder)
    assert [o.ok for o in outcomes] == [True, False]
    shown = capsys.readouterr().out
    assert expected in outcomes[1].error and "92_second.ipynb" in outcomes[1].error and outcomes[1].error in shown
    assert (tmp_path / "out" / "92" / "92_second.ipynb").is_file()
    assert "failed" in report.write(tmp_path / "out").read_text()


def test_a_lab_without_its_last_words_is_a_failure(folder, tmp_path):
    book = notebook("91")
    book.cells.pop()
    nbformat.write(book, folder / "91_first.ipynb")
    [outcome] = run.run(["91"], tmp_path / "out", {}, folder)
    assert not outcome.ok and "complete" in outcome.error


def test_unknown_labs_and_parameters_are_errors(folder, tmp_path):
    for call, code in (
        (lambda: run.run(["7"], tmp_path, {}, folder), "lab"),
        (lambda: run.run([], tmp_path, {"sise": 1}, folder), "parameter"),
    ):
        with pytest.raises(LabError) as caught:
            call()
        assert caught.value.code == code


def test_parameters_are_read_as_yaml():
    found = run.parse_parameters(["a=1", "b=true", "c=x=y", "d=[1, 2]", "e=1e-3"])
    assert found == {"a": 1, "b": True, "c": "x=y", "d": [1, 2], "e": 0.001}
    with pytest.raises(LabError):
        run.parse_parameters(["a"])


def test_build_then_verify_then_build_changes_nothing(folder):
    assert all(outcome.ok for outcome in normalize.build([], folder))
    before = {path.name: path.read_text() for path in notebooks.find(folder=folder)}
    assert verify.verify(folder=folder) == []
    normalize.build([], folder)
    assert before == {path.name: path.read_text() for path in notebooks.find(folder=folder)}


def test_a_failed_build_leaves_the_committed_lab(folder):
    nbformat.write(notebook("92", "1 / 0"), folder / "92_second.ipynb")
    before = (folder / "92_second.ipynb").read_text()
    assert [o.ok for o in normalize.build([], folder)] == [True, False]
    assert (folder / "92_second.ipynb").read_text() == before


def built(folder) -> nbformat.NotebookNode:
    normalize.build(["91"], folder)
    return notebooks.read(folder / "91_first.ipynb")


def spoil_tag(book):
    book.cells[1].metadata["tags"] = []


def spoil_sentinel(book):
    book.cells[-1].outputs = []


def spoil_unchecked(book):
    book.cells[3].metadata["tags"] = []


def spoil_empty_check(book):
    book.cells[3].outputs = []


def spoil_path(book):
    book.cells[3].outputs[0].text = "saved in /home/ann/x"


def spoil_error(book):
    book.cells[3].outputs.append(new_output("error", ename="E", evalue="e", traceback=[]))


def spoil_count(book):
    book.cells[3].execution_count = None


def spoil_widgets(book):
    book.metadata["widgets"] = {}


def spoil_length(book):
    book.cells[3].source = "\n".join(["x = 1"] * 26)


def spoil_rhythm(book):
    book.cells[2] = new_code_cell("1", execution_count=9)


def spoil_exercise(book):
    book.cells.insert(3, new_code_cell("def nobody():\n    ...", metadata={"tags": ["exercise"]}, execution_count=9))


@pytest.mark.parametrize("spoil", [v for k, v in list(globals().items()) if k.startswith("spoil_")])
def test_each_fault_of_a_committed_lab_is_found(folder, spoil):
    book = built(folder)
    assert verify.faults(folder / "91_first.ipynb") == []
    spoil(book)
    normal = book if spoil is spoil_widgets else normalize.normalize(book)
    (folder / "91_first.ipynb").write_text(nbformat.writes(normal, indent=1).rstrip("\n") + "\n")
    assert verify.faults(folder / "91_first.ipynb")


def test_stderr_and_widget_views_go_results_stay():
    cell = new_code_cell("x", execution_count=1)
    cell.outputs = [
        new_output("stream", name="stderr", text="bar"),
        new_output("stream", name="stdout", text="a"),
        new_output("stream", name="stdout", text="b"),
        new_output("display_data", {"application/vnd.jupyter.widget-view+json": {}, "text/plain": "w"}),
        new_output("display_data", {"image/png": "AA=="}, metadata={"image/png": {"alt": "text"}}),
    ]
    normal = normalize.normalize(new_notebook(cells=[cell])).cells[0]
    assert [o.output_type for o in normal.outputs] == ["stream", "display_data"]
    assert normal.outputs[0].text == "ab" and normal.outputs[1].metadata["image/png"]["alt"] == "text"


def test_jupyterlab_asks_the_network_for_nothing():
    from jupyterlab.labapp import LabApp

    app = LabApp()
    app.parse_command_line(list(start.QUIET))
    assert app.news_url is None and app.check_for_updates_class.__name__ == "NeverCheckForUpdate"


def test_start_never_copies_over_work(tmp_path, folder, monkeypatch, capsys):
    monkeypatch.setattr(notebooks.paths, "labs_dir", lambda: folder)
    mine = tmp_path / "mine"
    assert cli.main(["start", str(mine), "--no-browser"]) == 0
    (mine / "91_first.ipynb").write_text("my work")
    assert cli.main(["start", str(mine), "--no-browser"]) == 0
    assert (mine / "91_first.ipynb").read_text() == "my work"
    assert cli.main(["reset", "91", str(mine)]) == 0
    assert notebooks.read(mine / "91_first.ipynb").cells
    assert [p.read_text() for p in mine.glob("91_first.2*.ipynb")] == ["my work"]


def test_the_command_line_says_what_is_wrong(tmp_path, capsys):
    assert cli.main(["report", "--out", str(tmp_path)]) == 2
    assert "labs run" in capsys.readouterr().err


def test_every_lab_file_is_found_by_number(folder):
    assert [p.name for p in notebooks.find(["92", "91"], folder)] == ["91_first.ipynb", "92_second.ipynb"]
    assert start.copy_labs  # imported by the command line only
