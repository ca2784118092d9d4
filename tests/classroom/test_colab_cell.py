"""The first cell of a Colab edition, beside an imitated google.colab."""

import os
import subprocess
import sys
import types
from importlib import metadata
from pathlib import Path

import pytest

from labutils.classroom import colab
from labutils.doctor import checks
from labutils.errors import LabError
from labutils.lab import Lab
from labutils.machine import colab as machine

from editions import URL, make_wheel


class Colab:
    """An imitated google.colab: what the first cell does there is written down instead of done."""

    def __init__(self, monkeypatch, tmp_path, installed: bool = False, pip: int = 0, drive: bool = True):
        self.pip_calls, self.constraints, self.mounted, self.asked, self.mended = [], "", [], [], 0
        self.pip, self.drive, self.folder = pip, drive, tmp_path / "drive"
        google, package = types.ModuleType("google"), types.ModuleType("google.colab")
        package.drive = types.SimpleNamespace(mount=self.mount)
        package.files = types.SimpleNamespace(upload=lambda: self.asked.append("upload"))
        for name, module in (("google", google), ("google.colab", package)):
            monkeypatch.setitem(sys.modules, name, module)
        there = [one for one in metadata.distributions() if installed or one.metadata["Name"] != "finetune-labs"]
        monkeypatch.setattr(metadata, "distributions", lambda: there)
        monkeypatch.setattr(subprocess, "run", self.run)
        monkeypatch.setattr(machine, "mend_torchao", self.mend)
        monkeypatch.setenv("LABS_RUNS", "")  # so that it is as before after the test
        monkeypatch.delenv("LABS_RUNS")
        monkeypatch.chdir(tmp_path)

    def mount(self, place):
        if not self.drive:
            raise ValueError("mount failed")
        self.mounted.append(place)

    def run(self, command, **_options):
        self.pip_calls.append(command)
        self.constraints = Path(command[command.index("--constraint") + 1]).read_text()
        return subprocess.CompletedProcess(command, self.pip, "", "No matching distribution")

    def mend(self):
        self.mended += 1

    def first_cell(self, source: colab.Source, drive_folder: str = ""):
        code = colab.first_cell(source).replace("/content/drive", self.folder.as_posix())
        code = code.replace('drive_folder = ""', f"drive_folder = {drive_folder!r}")
        exec(compile(code, "cell", "exec"), {})


def test_the_first_cell_installs_beside_what_is_there(monkeypatch, tmp_path):
    there = Colab(monkeypatch, tmp_path)
    there.first_cell(colab.from_repository(URL, "v1"))
    [command] = there.pip_calls
    assert command[:4] == [sys.executable, "-m", "pip", "install"]
    assert command[-1] == f"finetune-labs[colab] @ git+{URL}@v1"
    kept = set(there.constraints.split())
    assert {
        f"{name}=={metadata.version(name)}" for name in ("torch", "numpy", "pandas", "ipython", "ipywidgets")
    } <= kept
    assert there.mended == 1 and there.mounted == [] and "LABS_RUNS" not in os.environ


def test_the_first_cell_does_nothing_elsewhere(monkeypatch, tmp_path):
    there = Colab(monkeypatch, tmp_path)
    monkeypatch.delitem(sys.modules, "google.colab")
    there.first_cell(colab.from_repository(URL), "mine")
    assert there.pip_calls == there.mounted == [] and there.mended == 0 and "LABS_RUNS" not in os.environ


def test_the_first_cell_installs_nothing_where_the_course_is(monkeypatch, tmp_path):
    there = Colab(monkeypatch, tmp_path, installed=True)
    there.first_cell(colab.from_repository(URL), "mine")  # after a restart of the session: the variable is lost then
    assert there.pip_calls == [] and there.mended == 0
    assert os.environ["LABS_RUNS"] == str(there.folder / "MyDrive" / "mine")


@pytest.mark.parametrize(("written", "place"), [
    ("mine", "MyDrive/mine"), (" a/b/ ", "MyDrive/a/b"), ("{drive}/MyDrive/mine", "MyDrive/mine"),
    ("MyDrive/mine", "MyDrive/mine"), ("/mine", "MyDrive/mine"), ("Shareddrives/class/x", "Shareddrives/class/x"),
    ("MyDriveOld", "MyDrive/MyDriveOld"),
])  # fmt: skip
def test_a_folder_of_drive_keeps_the_results(monkeypatch, tmp_path, written, place):
    there = Colab(monkeypatch, tmp_path)
    there.first_cell(colab.from_repository(URL), written.format(drive=there.folder.as_posix()))
    assert there.mounted == [there.folder.as_posix()] and os.environ["LABS_RUNS"] == str(there.folder / place)


def test_a_drive_that_is_refused_stops_before_anything_is_installed(monkeypatch, tmp_path):
    there = Colab(monkeypatch, tmp_path, drive=False)
    with pytest.raises(RuntimeError, match="leave drive_folder empty"):
        there.first_cell(colab.from_repository(URL), "mine")
    assert there.pip_calls == [] and "LABS_RUNS" not in os.environ


def test_a_failed_install_shows_what_pip_says(monkeypatch, tmp_path):
    there = Colab(monkeypatch, tmp_path, pip=1)
    with pytest.raises(RuntimeError, match="No matching distribution"):
        there.first_cell(colab.from_repository(URL))
    assert there.mended == 0


@pytest.mark.parametrize("lies", ["here", "drive", "nowhere"])
def test_a_wheel_is_looked_for_and_asked_for(monkeypatch, tmp_path, lies):
    source = colab.from_wheel(make_wheel(tmp_path))
    there = Colab(monkeypatch, tmp_path)
    there.folder.mkdir()
    folder = {"here": tmp_path, "drive": there.folder / "MyDrive" / "mine"}.get(lies, tmp_path)
    folder.mkdir(parents=True, exist_ok=True)
    cell, wheel = colab.first_cell(source), source.wheel.rename(folder / source.wheel.name)
    monkeypatch.setattr(colab, "first_cell", lambda source: cell)
    if lies == "nowhere":
        wheel.unlink()
    there.first_cell(source, "mine" if lies == "drive" else "")
    assert there.asked == (["upload"] if lies == "nowhere" else [])
    [command] = there.pip_calls
    assert command[-1].startswith(f"finetune-labs[colab] @ {wheel.as_uri()}#sha256=")


def test_the_banner_says_where_results_go(monkeypatch, tmp_path, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LABS_RUNS", raising=False)
    monkeypatch.delenv("COLAB_RELEASE_TAG", raising=False)
    assert machine.banner() == ""
    monkeypatch.setenv("COLAB_RELEASE_TAG", "release-colab")
    Lab("04", profile="pocket")
    assert "name a folder of Google Drive" in capsys.readouterr().out
    monkeypatch.setenv("LABS_RUNS", str(tmp_path / "drive"))
    Lab("04", profile="pocket")
    assert str(tmp_path / "drive") in capsys.readouterr().out
    assert checks.notebooks().ok


def test_a_torchao_that_peft_refuses_is_uninstalled(monkeypatch):
    calls, faults = [], ["LabError: torchao 0.10.0 is too old", ""]

    def run(command, **_options):
        calls.append(command)
        if "pip" in command:
            return subprocess.CompletedProcess(command, 0)
        fault = faults.pop(0)
        return subprocess.CompletedProcess(command, bool(fault), "", f"Traceback\n{fault}\n")

    monkeypatch.setattr(subprocess, "run", run)
    assert machine.mend_torchao()
    assert calls[1][-2:] == ["--quiet", "torchao"] and len(calls) == 3
    faults[:] = [""]
    assert not machine.mend_torchao() and len(calls) == 4
    faults[:] = ["x", "still"]
    with pytest.raises(LabError) as caught:
        machine.mend_torchao()
    assert caught.value.code == "torchao" and "still" in str(caught.value)
