"""Running, normalising, verifying and reporting on small notebooks made here."""

import concurrent.futures
import contextlib
import errno
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import nbformat
import psutil
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

from labutils import cli, log, notebooks
from labutils.errors import LabError
from labutils.lab import Lab
from labutils.notebooks import normalize, report, run, start, verify

from small_labs import RESULTS, notebook


@pytest.fixture(autouse=True)
def shown(monkeypatch):
    """What the library says is printed, as by the command line."""
    log.show()


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


@pytest.mark.parametrize("name", ["results.json", "figure_1.png", "start.json"])
def test_a_lab_in_jupyterlab_writes_over_nothing_that_no_lab_wrote(name, tmp_path, monkeypatch):
    """`runs` is a folder of many programs."""
    monkeypatch.setenv("LABS_RUNS", str(tmp_path))
    (tmp_path / "03").mkdir()
    (tmp_path / "03" / name).write_text("mine")
    with pytest.raises(LabError, match=name) as caught:
        Lab("03", "pocket")
    assert caught.value.code == "folder" and (tmp_path / "03" / name).read_text() == "mine"


@pytest.mark.parametrize(
    "wrong", [{"key_numbers": 5}, {"seconds": "x"}, {"sentence": [1]}, {"figures": {}}, {"numbers": []}]
)
def test_results_of_another_shape_are_left_out_of_the_report(wrong, folder, tmp_path, capsys):
    run.run(["91"], tmp_path, {}, folder)
    path = tmp_path / "91" / "results.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | wrong))
    assert "<h2>91 " in report.write(tmp_path).read_text()
    assert "is left out" in capsys.readouterr().out


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


def test_the_report_covers_what_a_learner_ran(tmp_path, monkeypatch, capsys):
    """Run in JupyterLab a lab leaves its results, and no outcome of a run."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LABS_RUNS", raising=False)
    assert cli.main(["report"]) == 2 and "runs" in capsys.readouterr().err
    monkeypatch.setenv("LABS_RUNS", str(tmp_path / "runs"))
    lab = Lab("03", profile="pocket")
    lab.record(score=0.5)
    lab.finish()
    assert cli.main(["report"]) == 0
    page = (tmp_path / "runs" / "index.html").read_text()
    assert "1 of 1 labs" in page and "Full fine-tuning" in page and "score" in page
    (tmp_path / "runs" / "03" / "results.json").write_text("{")
    assert cli.main(["report"]) == 0
    assert "0 of 1 labs" in (tmp_path / "runs" / "index.html").read_text()


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


def test_build_then_verify_then_build_changes_nothing(folder):
    assert all(outcome.ok for outcome in normalize.build([], folder))
    before = {path.name: path.read_text() for path in notebooks.find(folder=folder)}
    assert verify.verify(folder=folder) == []
    normalize.build([], folder)
    assert before == {path.name: path.read_text() for path in notebooks.find(folder=folder)}


def test_a_build_names_no_folder_of_its_own(folder):
    """A training that is interrupted says where its checkpoints lie; in a build that is a folder for a while."""
    where = "from labutils.machine import paths\nprint('saved in', paths.runs_dir() / '91')\n" + RESULTS.format(
        lab="91"
    )
    nbformat.write(notebook("91", where), folder / "91_first.ipynb")
    said = [notebooks.text_outputs(cell) for cell in built(folder).cells if cell.get("outputs")]
    assert any(text.startswith("saved in runs/91\n") for text in said), said


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


def test_resets_in_one_second_lose_nothing(tmp_path, folder, monkeypatch):
    """The second safety copy had the first one's name, and was the fresh lab."""
    monkeypatch.setattr(notebooks.paths, "labs_dir", lambda: folder)
    monkeypatch.setattr(start.time, "strftime", lambda form: "20261101-120000")
    start.copy_labs(tmp_path / "mine")
    works = []
    for n in range(3):
        works.append(f"work {n}")
        (tmp_path / "mine" / "91_first.ipynb").write_text(works[-1])
        _fresh, kept = start.reset("91", tmp_path / "mine")
        assert kept.read_text() == works[-1]
    assert sorted(p.read_text() for p in (tmp_path / "mine").glob("91_first.2*.ipynb")) == works


def test_two_processes_that_reset_at_once_lose_nothing(tmp_path, folder, monkeypatch):
    monkeypatch.setattr(notebooks.paths, "labs_dir", lambda: folder)
    start.copy_labs(tmp_path / "mine")
    for n in range(20):
        (tmp_path / "mine" / "91_first.ipynb").write_text(f"work {n}")
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda _: start.reset("91", tmp_path / "mine"), range(4)))
    kept = [p.read_text() for p in (tmp_path / "mine").glob("91_first.2*.ipynb")]
    assert {f"work {n}" for n in range(20)} <= set(kept)
    assert notebooks.read(tmp_path / "mine" / "91_first.ipynb").cells


def test_reset_finds_the_learners_folder_or_says_that_there_is_none(tmp_path, folder, monkeypatch, capsys):
    """In another folder it made a new my-labs without a word, and inside my-labs a second one."""
    monkeypatch.setattr(notebooks.paths, "labs_dir", lambda: folder)
    monkeypatch.chdir(tmp_path)
    assert cli.main(["reset", "91"]) == 2 and "my-labs" in capsys.readouterr().err
    assert not Path("my-labs").exists()
    assert cli.main(["start", "--no-browser"]) == 0 and Path("my-labs/91_first.ipynb").is_file()
    monkeypatch.chdir(tmp_path / "my-labs")
    assert cli.main(["reset", "91"]) == 0 and cli.main(["start", "--no-browser"]) == 0
    assert not Path("my-labs").exists() and len(list(Path().glob("91_first.2*.ipynb"))) == 1
    monkeypatch.chdir(folder)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert cli.main(["reset", "91"]) == 2
    assert before == {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_reset_on_a_full_disk_leaves_the_learners_lab_where_it_was(tmp_path, folder, monkeypatch, capsys):
    monkeypatch.setattr(notebooks.paths, "labs_dir", lambda: folder)
    mine, real = tmp_path / "91_first.ipynb", Path.open
    mine.write_text("my work")

    def full(path, mode="r", *args, **kwargs):
        if path == mine and mode == "xb" and not path.exists():
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(path, mode, *args, **kwargs)

    monkeypatch.setattr(Path, "open", full)
    assert cli.main(["reset", "91", str(tmp_path)]) == 2
    assert "91_first.ipynb needs" in capsys.readouterr().err and mine.read_text() == "my work"
    assert [path.name for path in tmp_path.glob("91*")] == [mine.name]


def test_half_a_file_of_a_full_disk_does_not_pass_for_the_learners(tmp_path, folder, monkeypatch):
    monkeypatch.setattr(notebooks.paths, "labs_dir", lambda: folder)
    (tmp_path / "mine").mkdir()
    real = Path.open

    def full(path, mode="r", *args, **kwargs):
        file = real(path, mode, *args, **kwargs)
        if path.name == "92_second.ipynb" and "x" in mode:
            monkeypatch.setattr(Path, "open", real)

            class Full:
                def __enter__(self):
                    return self

                def __exit__(self, *exc):
                    file.close()

                def write(self, content):
                    file.write(content[:10])
                    raise OSError(errno.ENOSPC, "No space left on device", str(path))

            return Full()
        return file

    monkeypatch.setattr(Path, "open", full)
    assert cli.main(["start", str(tmp_path / "mine"), "--no-browser"]) == 2
    assert not (tmp_path / "mine" / "92_second.ipynb").exists()
    assert start.copy_labs(tmp_path / "mine") == (["92_second.ipynb"], ["91_first.ipynb"])


LAB_SERVER = """
import sys
from labutils import cli
sys.exit(cli.main())
"""


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 0), (signal.SIGTERM, 143)])
def test_one_signal_ends_the_server_and_its_kernels(tmp_path, number, status):
    """Ctrl-C ended the server in the middle of its own question, and left its kernels."""
    port = free_port()
    options = [f"--ServerApp.port={port}", "--ServerApp.open_browser=False", "--ServerApp.token=x"]
    command = [sys.executable, "-c", LAB_SERVER, "start", str(tmp_path / "mine"), "--allow-root", "--", *options]
    kept = {name: value for name, value in os.environ.items() if not name.startswith("JUPYTER")}
    kept |= {f"JUPYTER_{kind}_DIR": str(tmp_path / kind) for kind in ("CONFIG", "DATA", "RUNTIME")}
    pipe = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    with subprocess.Popen(command, env=kept, start_new_session=True, **pipe) as process, contextlib.ExitStack() as last:
        last.callback(process.kill)
        request = urllib.request.Request(f"http://127.0.0.1:{port}/api/kernels?token=x", data=b'{"name": "python3"}')
        deadline = time.time() + 120
        while time.time() < deadline and process.poll() is None:
            with contextlib.suppress(OSError), urllib.request.urlopen(request, timeout=60) as answer:
                assert answer.status == 201
                break
            time.sleep(0.3)
        started = psutil.Process(process.pid).children(recursive=True)
        assert len(started) >= 2, process.communicate(timeout=30)  # the server and a kernel
        process.send_signal(number)
        out, _ = process.communicate(timeout=60)
    assert process.returncode == status, out
    assert not psutil.wait_procs(started, timeout=20)[1]
    assert (tmp_path / "mine").is_dir()


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


def test_jupyterlab_as_root_is_said_before_anything_is_done(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(os, "geteuid", lambda: 0, raising=False)
    begun = []
    monkeypatch.setattr(start.children, "run", lambda command: begun.append(command) or 0)
    assert cli.main(["start", str(tmp_path / "mine")]) == 2
    assert "--allow-root" in capsys.readouterr().err and not (tmp_path / "mine").exists()
    assert cli.main(["start", str(tmp_path / "mine"), "--allow-root", "--", "--port=9999"]) == 0
    assert begun[0][-2:] == ["--allow-root", "--port=9999"]


@pytest.mark.parametrize("page", ["ascii", "cp1252"])
def test_a_narrow_code_page_shows_what_it_can(tmp_path, page):
    """The message was a UnicodeEncodeError."""
    kept = os.environ | {"PYTHONIOENCODING": page, "PYTHONUTF8": "0"}
    for arguments in (
        ["report", "--out", str(tmp_path / "läufe 犬")],
        ["start", str(tmp_path / "läufe 犬"), "--no-browser"],
    ):
        command = [sys.executable, "-m", "labutils.cli", *arguments]
        done = subprocess.run(command, env=kept, capture_output=True, text=True, encoding=page, check=False)
        assert "Error" not in done.stderr and "72ac" in done.stdout + done.stderr, done.stderr


def test_the_command_line_says_what_is_wrong(tmp_path, capsys):
    assert cli.main(["report", "--out", str(tmp_path)]) == 2
    assert "labs run" in capsys.readouterr().err


@pytest.mark.parametrize("call", [
    "train|", "train|x|--model|", "train|x|--task|", "train|x|--dialogues| ", "train|x|--config|", "run|--out|", "report|--out|",
    "bench|--out|", "bench|--shape|", "start|", "reset|00|", "reset|", "run|",
])  # fmt: skip
def test_an_empty_name_is_not_the_default(call, capsys):
    """An unset variable of a script was: results went to the working directory, a training took other dialogues."""
    with pytest.raises(SystemExit) as caught:
        cli.main(call.split("|"))
    assert caught.value.code == 2 and "empty" in capsys.readouterr().err


@pytest.mark.parametrize("call", ["run|91|--out|", "start|--no-browser|", "bench|--tiny|--out|"])
@pytest.mark.parametrize("below", ["", "/x"])
def test_a_file_where_a_folder_is_to_be_is_one_sentence(call, below, folder, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(notebooks.paths, "labs_dir", lambda: folder)
    (tmp_path / "file").write_text("mine")
    assert cli.main(f"{call}{tmp_path}/file{below}".split("|")) == 2
    assert str(tmp_path / "file") in capsys.readouterr().err and (tmp_path / "file").read_text() == "mine"


def test_every_lab_file_is_found_by_number(folder):
    assert [p.name for p in notebooks.find(["92", "91"], folder)] == ["91_first.ipynb", "92_second.ipynb"]
    assert start.copy_labs  # imported by the command line only
