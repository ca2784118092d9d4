"""Lab: its folder and where it goes on from. What a learner does in one: tests/lessons/test_a_lab.py"""

import pytest

from labutils.errors import LabError
from labutils.lab import Lab


@pytest.mark.parametrize("name", ["results.json", "figure_1.png", "start.json"])
def test_a_lab_in_jupyterlab_writes_over_nothing_that_no_lab_wrote(name, tmp_path, monkeypatch):
    """`runs` is a folder of many programs."""
    monkeypatch.setenv("LABS_RUNS", str(tmp_path))
    (tmp_path / "03").mkdir()
    (tmp_path / "03" / name).write_text("mine")
    with pytest.raises(LabError, match=name) as caught:
        Lab("03", "pocket")
    assert caught.value.code == "folder" and (tmp_path / "03" / name).read_text() == "mine"
