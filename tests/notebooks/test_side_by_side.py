"""Labs side by side: at a time, in their order where one goes on from another, and ended together."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import psutil
import pytest

from labutils import notebooks
from labutils.errors import LabError
from labutils.notebooks import report, run, side_by_side

from small_labs import notebook

ROOT = Path(__file__).parents[2]
WAIT = """
import time
Path("../{mine}").touch()
for _ in range(600):
    if Path("../{other}").exists():
        break
    time.sleep(0.1)
assert Path("../{other}").exists()
print("threads", os.environ.get("OMP_NUM_THREADS"))
"""


@pytest.fixture
def folder(tmp_path):
    """Return a function that writes labs: each its cells of code by its number."""

    def write(**cells):
        there = tmp_path / "labs"
        there.mkdir(exist_ok=True)
        for lab, sources in cells.items():
            nbformat.write(notebook(lab[1:], *sources), there / f"{lab[1:]}_lab.ipynb")
        return there

    return write


def test_two_labs_run_at_a_time_and_share_the_cores(folder, tmp_path, monkeypatch):
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.setattr(side_by_side, "cores", lambda: 6)
    labs = folder(n91=[WAIT.format(mine="a", other="b")], n92=[WAIT.format(mine="b", other="a")])
    outcomes = run.run([], tmp_path / "out", {"size": 5}, labs, jobs=2)
    assert [(o.lab, o.error) for o in outcomes] == [("91", ""), ("92", "")]
    for outcome in outcomes:
        assert "threads 3" in outcome.notebook.read_text()
    assert "OMP_NUM_THREADS" not in os.environ


def test_side_by_side_leaves_what_one_after_the_other_leaves(folder, tmp_path):
    left = {}
    for jobs in (1, 3):
        out = tmp_path / str(jobs)
        run.run([], out, {}, folder(n91=[], n92=["raise ValueError('the cause')"], n93=["print(7)"]), jobs=jobs)
        entries = json.loads((out / "outcomes.json").read_text())
        kept = [(lab, e["ok"], e["error"].replace(str(out), ""), e["notebook"]) for lab, e in entries.items()]
        files = sorted(path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file())
        left[jobs] = kept, files, "2 of 3 labs" in report.write(out).read_text()
    assert left[1] == left[3] and left[3][2]


@pytest.mark.parametrize("source", ["raise ValueError", "import os; os._exit(0)", "import sys; sys.exit(0)"])
def test_a_lab_that_fails_stops_no_other(folder, tmp_path, source):
    labs = folder(n91=[source], n92=[], n93=['# lab.checkpoint("91")'])
    assert [o.ok for o in run.run([], tmp_path / "out", {}, labs, jobs=2)] == [False, True, True]


def test_a_lab_waits_for_what_it_goes_on_from(folder, tmp_path):
    after = 'lab = None  # lab.checkpoint("91", "full")\nassert Path("../91/results.json").exists()'
    labs = folder(n91=["import time; time.sleep(1)"], n92=[after], n93=[])
    assert all(o.ok for o in run.run([], tmp_path / "out", {}, labs, jobs=3))


def test_what_the_shipped_labs_wait_for():
    paths = notebooks.find()
    waits = {notebooks.number(p): {notebooks.number(q) for q in w} for p, w in side_by_side.needed(paths).items()}
    numbers = [notebooks.number(path) for path in paths]
    assert {lab: before for lab, before in waits.items() if before} == {"04": {"03"}, "09": set(numbers) - {"09"}}


INTERRUPTED = """
import sys
from pathlib import Path
from labutils.machine import children
from labutils.notebooks import run
with children.ended_by_signals():
    run.run([], Path(sys.argv[2]), {}, Path(sys.argv[1]), jobs=2)
"""
SLEEP = "print(os.getpid(), file=open('../kernel', 'a'))\nimport time\ntime.sleep(600)"


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interruption_ends_all_kernels(folder, tmp_path, number):
    out = tmp_path / "out"
    labs = folder(n91=[SLEEP.replace("../", f"{tmp_path}/")], n92=[SLEEP.replace("../", f"{tmp_path}/")], n93=[])
    values = os.environ | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen([sys.executable, "-c", INTERRUPTED, str(labs), str(out)], env=values) as process:
        kernels = tmp_path / "kernel"
        while process.poll() is None and not (kernels.exists() and kernels.read_text().count("\n") == 2):
            time.sleep(0.1)
        process.send_signal(number)
        assert process.wait(timeout=120) != 0
    assert not [pid for pid in kernels.read_text().split() if psutil.pid_exists(int(pid))]
    assert {lab: e["ok"] for lab, e in json.loads((out / "outcomes.json").read_text()).items()} == {
        "91": False, "92": False, "93": False,
    }  # fmt: skip
    assert "0 of 3 labs" in report.write(out).read_text()


KILLED = INTERRUPTED.replace("jobs=2", "jobs=int(sys.argv[3])")
STARTED = """
import subprocess, sys, time
asleep = [sys.executable, "-c", "import time; time.sleep(600)"]
there = [os.getpid(), subprocess.Popen(asleep).pid, subprocess.Popen(asleep, start_new_session=True).pid]
print(*there, file=open(FILE, "a"), flush=True)
time.sleep(600)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL")
@pytest.mark.parametrize("jobs", [1, 2])
def test_a_kill_ends_all_kernels_and_what_their_cells_started(folder, tmp_path, jobs):
    """Kernels ended only where init adopts them; what a cell had started ran on, in its session or another."""
    pids, source = tmp_path / "pids", STARTED.replace("FILE", repr(str(tmp_path / "pids")))
    labs = folder(**{f"n9{i}": [source] for i in range(jobs)})
    command = [sys.executable, "-c", KILLED, str(labs), str(tmp_path / "out"), str(jobs)]
    with subprocess.Popen(command, env=os.environ | {"PYTHONPATH": str(ROOT)}) as process:
        while process.poll() is None and not (pids.exists() and pids.read_text().count("\n") == jobs):
            time.sleep(0.1)
        process.kill()
    started = [int(pid) for pid in pids.read_text().split()]
    assert len(started) == 3 * jobs
    until = time.monotonic() + 60
    while time.monotonic() < until and any(map(runs, started)):
        time.sleep(0.1)
    assert not [pid for pid in started if runs(pid)]


def runs(pid):
    """Whether a process is at work; one that has ended, and that nobody has asked for its status, is not."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_no_lab_at_a_time_is_refused(folder, tmp_path):
    with pytest.raises(LabError) as caught:
        run.run([], tmp_path / "out", {}, folder(n91=[]), jobs=0)
    assert caught.value.code == "jobs" and not (tmp_path / "out").exists()
