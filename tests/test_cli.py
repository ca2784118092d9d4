"""The command line: what is wrong is one sentence and an exit status, on any terminal."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from labutils import cli, notebooks

from small_labs import two_labs


@pytest.fixture
def folder(tmp_path) -> Path:
    """Two labs that run, as they would be committed but not yet executed."""
    return two_labs(tmp_path / "labs")


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
