"""Checkpoints: killed and resumed, truncated, of another training."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from labutils.errors import LabError
from labutils.models import fingerprint
from labutils.training import checkpoints

from toys import make_tiny_model, tune

pytestmark = pytest.mark.slow

RUN = """
import sys, time
from pathlib import Path
sys.path.insert(0, {tests!r})
import stopped
from labutils.training import loop
slow = float(sys.argv[2])
step = loop.Loop.step
def slow_step(self, *args, **kwargs):
    time.sleep(slow)
    return step(self, *args, **kwargs)
loop.Loop.step = slow_step
stopped.killable(Path(sys.argv[1]))
"""


def start_run(folder: Path, slow: float) -> subprocess.Popen:
    code = RUN.format(tests=str(Path(__file__).parents[1]))
    return subprocess.Popen(
        [sys.executable, "-c", code, str(folder), str(slow)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def finished_run(folder: Path) -> list[str]:
    run = start_run(folder, 0)
    out, err = run.communicate(timeout=300)
    assert run.returncode == 0, err
    return out.split()


def kill_after_a_checkpoint(folder: Path, number: int = 1) -> None:
    run = start_run(folder, 0.3)
    deadline = time.time() + 200
    while len([p for p in folder.glob("checkpoint-*") if checkpoints.fault(p) is None]) < number:
        assert run.poll() is None, run.stderr.read()
        assert time.time() < deadline
        time.sleep(0.02)
    run.send_signal(signal.SIGKILL)
    run.communicate()


def test_killed_and_resumed_ends_with_the_same_weights(tmp_path):
    whole, nothing = finished_run(tmp_path / "whole")
    assert nothing == "None"
    kill_after_a_checkpoint(tmp_path / "killed")
    resumed, where = finished_run(tmp_path / "killed")
    assert where.startswith("checkpoint-")
    assert resumed == whole


def test_a_truncated_checkpoint_is_passed_over(tmp_path):
    """With its newest checkpoint cut short a run goes on from the one before, and still ends with the same weights."""
    whole, _nothing = finished_run(tmp_path / "whole")
    folder = tmp_path / "killed"
    kill_after_a_checkpoint(folder, number=2)
    newest = checkpoints.all_checkpoints(folder)[0]
    weights = newest / "model.safetensors"
    os.truncate(weights, weights.stat().st_size // 2)
    *lines, resumed, where = finished_run(folder)
    assert resumed == whole
    assert int(where.split("-")[1]) < int(newest.name.split("-")[1])
    assert newest.name in lines and "model.safetensors" in lines  # it says which is broken, and why


def test_faults_of_a_checkpoint_are_named(tmp_path):
    folder = tmp_path / "checkpoint-1"
    folder.mkdir()
    (folder / "model.safetensors").write_bytes(b"weights")
    (folder / "optimizer.pt").write_bytes(b"moments")
    assert checkpoints.fault(folder)  # not sealed
    checkpoints.seal(folder)
    assert checkpoints.fault(folder) is None
    (folder / "optimizer.pt").write_bytes(b"")
    assert "optimizer.pt" in checkpoints.fault(folder)
    (folder / "optimizer.pt").unlink()
    assert "optimizer.pt" in checkpoints.fault(folder)


def test_a_finished_training_is_loaded_not_repeated(tiny, toy_task, tmp_path):
    first = tune(*tiny, toy_task, tmp_path)
    again = tune(make_tiny_model(), tiny[1], toy_task, tmp_path)
    assert again.resumed_from == "finished"
    assert fingerprint(again.model) == fingerprint(first.model)
    assert again.log["loss"].dropna().tolist() == first.log["loss"].dropna().tolist()


def test_another_training_in_the_same_folder_is_refused(tiny, toy_task, tmp_path):
    tune(*tiny, toy_task, tmp_path, epochs=1)
    with pytest.raises(LabError) as caught:
        tune(make_tiny_model(), tiny[1], toy_task, tmp_path, epochs=1, learning_rate=1e-4)
    assert caught.value.code == "other_run"
    assert "settings" in str(caught.value)


def test_another_training_gives_way_where_the_caller_says_so(tiny, toy_task, tmp_path):
    tune(*tiny, toy_task, tmp_path, epochs=1)
    other = tune(make_tiny_model(), tiny[1], toy_task, tmp_path, epochs=1, learning_rate=1e-4, resume="same")
    assert other.resumed_from is None
    same = tune(make_tiny_model(), tiny[1], toy_task, tmp_path, epochs=1, learning_rate=1e-4, resume="same")
    assert same.resumed_from == "finished"
