"""Labs that are run: what each leaves, and each way in which one does not come to its end."""

import errno
import json
import os
import sys
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from labutils import cli, notebooks
from labutils.errors import LabError
from labutils.notebooks import normalize, report, run

from small_labs import RESULTS, notebook

pytestmark = pytest.mark.usefixtures("shown")


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


def test_an_interrupted_run_is_not_reported_as_passed(folder, tmp_path, monkeypatch):
    """After a second run that was interrupted the report still said that all labs ran to their end."""
    out = tmp_path / "out"
    run.run(["91"], out, {}, folder)
    assert "1 of 1 labs" in report.write(out).read_text()

    def interrupt(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr("papermill.execute_notebook", interrupt)
    with pytest.raises(KeyboardInterrupt):
        run.run([], out, {}, folder)
    assert "0 of 2 labs" in report.write(out).read_text()


@pytest.mark.parametrize("left", ["", "[]", '{"91": {"ok": true}}', '{"91": {"ok": tr'])
def test_outcomes_that_a_full_disk_cut_stop_no_later_run(folder, tmp_path, left, capsys):
    out = tmp_path / "out"
    run.run(["91"], out, {}, folder)
    (out / "outcomes.json").write_text(left)
    assert cli.main(["report", "--out", str(out)]) == 2
    run.run(["92"], out, {}, folder)
    assert "outcomes.broken.json" in capsys.readouterr().out
    assert (out / "outcomes.broken.json").read_text() == left
    assert "<h2>92 " in report.write(out).read_text()


def test_a_full_disk_leaves_the_outcomes_as_they_were(folder, tmp_path, monkeypatch):
    out = tmp_path / "out"
    run.run(["91"], out, {}, folder)
    before = (out / "outcomes.json").read_bytes()

    def full(*args):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(LabError, match=r"\.json needs 1 KiB") as caught:
        run.run(["91"], out, {}, folder)
    assert caught.value.code == "disk" and (out / "outcomes.json").read_bytes() == before


def test_a_run_writes_over_nothing_that_is_not_its_own(folder, tmp_path):
    names = (
        "index.html",
        "outcomes.json",
        "91",
        "91/91_first.ipynb",
        "91/results.json",
        "91/start.json",
        "91/figure_1.png",
    )
    for name in (*names, "outcomes.json/theirs", "91/results.json/theirs"):
        out = tmp_path / name.replace("/", "-")
        (out / name).parent.mkdir(parents=True)
        (out / name).write_text("mine")
        with pytest.raises(LabError) as caught:
            run.run(["91"], out, {}, folder)
        assert caught.value.code == "folder" and str(out / name.removesuffix("/theirs")) in str(caught.value)
        assert (out / name).read_text() == "mine"


def test_two_runs_into_one_folder_at_once_are_refused(folder, tmp_path, monkeypatch):
    inner = []

    def again(*args, **kwargs):
        with pytest.raises(LabError) as caught:
            run.run(["92"], tmp_path / "out", {}, folder)
        inner.append(caught.value)
        raise RuntimeError("enough")

    monkeypatch.setattr("papermill.execute_notebook", again)
    assert not run.run(["91"], tmp_path / "out", {}, folder)[0].ok
    assert [error.code for error in inner] == ["locked"] and str(os.getpid()) in str(inner[0])
    monkeypatch.undo()
    assert run.run(["91"], tmp_path / "out", {}, folder)[0].ok


DYING = """
from pathlib import Path
tries = Path(__file__).with_name("tries")
with tries.open("a") as file:
    file.write("x")
if len(tries.read_text()) <= {died}:
    raise SystemExit("Address already in use")
from ipykernel import kernelapp
kernelapp.launch_new_instance()
"""


@pytest.mark.parametrize(("died", "ok"), [(1, True), (2, True), (9, False)])
def test_a_kernel_that_dies_at_its_start_is_started_again(folder, tmp_path, monkeypatch, died, ok):
    """As where many kernels begin at once, and one finds its port in use."""
    (tmp_path / "ipykernel_launcher.py").write_text(DYING.format(died=died))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    [outcome] = run.run(["91"], tmp_path / "out", {}, folder)
    assert outcome.ok == ok and len((tmp_path / "tries").read_text()) == 3 - (died == 1), outcome.error


def test_another_kernel_of_the_name_is_not_taken_in_silence(folder, tmp_path, monkeypatch, capsys):
    other = tmp_path / "others" / "kernels" / "python3"
    other.mkdir(parents=True)
    argv = [sys.executable, "-c", "raise SystemExit(3)", "{connection_file}"]
    (other / "kernel.json").write_text(json.dumps({"argv": argv, "display_name": "x", "language": "python"}))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "others"))
    [outcome] = run.run(["91"], tmp_path / "out", {}, folder)
    shown = capsys.readouterr().out
    assert str(other) in shown and outcome.ok, shown


def test_unknown_labs_and_parameters_are_errors(folder, tmp_path):
    for call, code in (
        (lambda: run.run(["7"], tmp_path, {}, folder), "lab"),
        (lambda: run.run([], tmp_path, {"sise": 1}, folder), "parameter"),
    ):
        with pytest.raises(LabError) as caught:
            call()
        assert caught.value.code == code


def test_a_labs_annotations_say_what_a_parameter_means(folder, tmp_path, monkeypatch):
    """`-p rehearsal=0.2` reached a lab as a number, where it splits a text; a file 2026-11-01 arrived as a date."""
    monkeypatch.chdir(tmp_path)
    Path("2026-11-01").write_text("x")
    cells = [
        new_code_cell(
            "size: int = 3\nrates: str = '1'\nfile: str = 'auto'\nrate: float = 0.1\nquick: bool = False\nodd = 1",
            metadata={"tags": ["parameters"]},
        ),
        new_code_cell(
            "from pathlib import Path\nimport json, os\n"
            "assert (size, rates, rate, quick, odd) == (1000, '0.2', 2.0, True, [1, 2]), (size, rates, rate, quick, odd)\n"
            "assert Path(file).is_absolute() and Path(file).name == '2026-11-01', file"
        ),
        new_code_cell(RESULTS.format(lab="91")),
    ]
    nbformat.write(new_notebook(cells=cells, metadata=normalize.KERNEL), folder / "91_first.ipynb")
    texts = {"size": "1e3", "rates": "0.2", "file": "2026-11-01", "rate": "2", "quick": "yes", "odd": "[1, 2]"}
    [outcome] = run.run(["91"], tmp_path / "out", {}, folder, texts)
    assert outcome.ok, outcome.error
