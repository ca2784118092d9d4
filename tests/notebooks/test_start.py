"""A learner's copies of the labs, which nothing writes over, and the JupyterLab that `labs start` opens on them."""

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

import psutil
import pytest

from labutils import cli, notebooks
from labutils.notebooks import start

NOTEBOOK = ".jp-Notebook.jp-mod-commandMode:not(.jp-mod-readWrite) :focus"  # where a key is a command of JupyterLab's


def test_every_key_that_is_a_command_beside_the_cells_is_left_to_a_control():
    commands = pytest.importorskip("jupyterlab.commands", reason="JupyterLab is not installed")
    schemas = Path(commands.get_app_dir()) / "schemas"
    if not schemas.is_dir():
        pytest.skip(f"no schemas of JupyterLab in {schemas}")
    overrides = json.loads((start.CONFIG / "labconfig" / "default_setting_overrides.json").read_text())
    left = overrides["@jupyterlab/shortcuts-extension:shortcuts"]["shortcuts"]
    assert all(not rule["preventDefault"] and rule["selector"] != NOTEBOOK for rule in left)
    taken = set()
    for path in schemas.glob("@jupyterlab/*/*.json"):
        for shortcut in json.loads(path.read_text()).get("jupyter.lab.shortcuts", []):
            keys = tuple(shortcut["keys"])
            if (
                shortcut["selector"] == NOTEBOOK and keys and not any(" " in key for key in keys)
            ):  # "Shift M" has a space
                taken.add(keys)
    assert ("D", "D") in taken  # else JupyterLab has changed its selectors, and the test sees none
    assert taken <= {tuple(rule["keys"]) for rule in left}


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


def test_every_lab_file_is_found_by_number(folder):
    assert [p.name for p in notebooks.find(["92", "91"], folder)] == ["91_first.ipynb", "92_second.ipynb"]
    assert start.copy_labs  # imported by the command line only


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


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
    assert "encryption" not in out and "extension was" not in out, out  # what no learner needs to read


def test_jupyterlab_as_root_is_said_before_anything_is_done(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(os, "geteuid", lambda: 0, raising=False)
    begun = []
    monkeypatch.setattr(start.children, "run", lambda command: begun.append(command) or 0)
    assert cli.main(["start", str(tmp_path / "mine")]) == 2
    assert "--allow-root" in capsys.readouterr().err and not (tmp_path / "mine").exists()
    assert cli.main(["start", str(tmp_path / "mine"), "--allow-root", "--", "--port=9999"]) == 0
    assert begun[0][-2:] == ["--allow-root", "--port=9999"]


@pytest.mark.parametrize("option", ["--log-level=INFO", "--debug", "--Application.log_level=DEBUG"])
def test_an_option_of_the_learners_is_not_given_twice(option):
    """JupyterLab ends where --log-level stands beside its longer name: it takes one value."""
    ours = start._unless_set([option])
    assert not any("log_level" in one for one in ours)
    assert "--Application.log_level=WARN" in start._unless_set(["--port=9999"])
    theirs = start._unless_set(["--KernelManager.transport_encryption=disabled"])
    assert not any("transport_encryption" in one for one in theirs)
