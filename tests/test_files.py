"""Files: the same bytes on every machine, and written in one step."""

import subprocess
from pathlib import Path

import pytest

from labutils import files

ROOT = Path(__file__).parents[1]


def test_files_are_the_same_bytes_on_every_machine(tmp_path):
    """A checkout with CRLF failed twelve tests by their sums."""
    names = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False).stdout
    if not names:
        pytest.skip("no git checkout here")
    command = ["git", "check-attr", "--stdin", "-z", "text", "eol"]
    done = subprocess.run(command, cwd=ROOT, input=names, capture_output=True, text=True, check=True)
    words = done.stdout.split("\0")
    attributes = {}
    for path, name, value in zip(words[::3], words[1::3], words[2::3], strict=False):
        attributes.setdefault(path, {})[name] = value
    text = {path for path, has in attributes.items() if has["text"] != "unset"}
    assert {path for path in text if attributes[path]["eol"] != "lf"} == set()
    binary = {path for path in attributes if b"\0" in (ROOT / path).read_bytes()[:8192]}
    assert binary <= attributes.keys() - text
    files.write_text(tmp_path / "x", "a\nb\n")
    assert (tmp_path / "x").read_bytes() == b"a\nb\n"


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError])
def test_what_another_library_writes_comes_in_one_step(error, tmp_path):
    path = tmp_path / "x.svg"
    path.write_bytes(b"before")
    with pytest.raises(error), files.in_one_step(path) as buffer:
        buffer.write(b"half")
        raise error
    assert path.read_bytes() == b"before"
    with files.in_one_step(path) as buffer:
        buffer.write(b"whole")
    assert path.read_bytes() == b"whole" and [*tmp_path.iterdir()] == [path]
