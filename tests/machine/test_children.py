"""Processes that were started end with who started them, killed or not."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from labutils.machine import children

ROOT = Path(__file__).parents[2]


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_a_signal_that_is_ignored_stays_ignored():
    """nohup labs train ... & goes on when its terminal is closed."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with children.ended_by_signals():
            assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
            with pytest.raises(SystemExit) as caught:
                signal.raise_signal(signal.SIGTERM)
        assert caught.value.code == 128 + signal.SIGTERM
    finally:
        signal.signal(signal.SIGHUP, before)


LAUNCHER = """
import os, signal, subprocess, sys
worker = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
print(worker.pid, file=open(sys.argv[1], "w"), flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="who adopts an orphan is known on Linux alone")
def test_what_a_killed_program_leaves_behind_is_ended(tmp_path):
    """A launcher that the system killed left its workers training, and the others were said to be stopped."""
    assert children.run([sys.executable, "-c", LAUNCHER, str(tmp_path / "pid")]) == -signal.SIGKILL
    assert not psutil.pid_exists(int((tmp_path / "pid").read_text()))


LEAVES = """
import os, signal, subprocess, sys
from labutils.machine import children
with children.swept():
    asleep = "import time; time.sleep(600)"
    again = f"import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', {asleep!r}], start_new_session=True); "
    child = subprocess.Popen([sys.executable, "-c", again + f"open({sys.argv[1]!r}, 'w'); " + asleep])
    while not os.path.exists(sys.argv[1]):
        pass
    if sys.argv[2] == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL")
@pytest.mark.parametrize(("way", "left"), [("killed", 0), ("in order", 2)])
def test_what_a_killed_process_started_ends_and_what_one_left_in_order_stays(tmp_path, way, left):
    """Its child, and the child's in a session of its own. They are told by a variable that they inherit."""
    there = str(tmp_path / "started")
    subprocess.run(
        [sys.executable, "-c", LEAVES, there, way],
        env=os.environ | {"PYTHONPATH": str(ROOT), "PYTEST_MARK": there},
        check=False,
    )

    def found():
        marked = [p for p in psutil.process_iter(["environ"]) if (p.info["environ"] or {}).get("PYTEST_MARK") == there]
        return [p for p in marked if p.status() != psutil.STATUS_ZOMBIE]

    until = time.monotonic() + (30 if way == "killed" else 2)
    while time.monotonic() < until and len(found()) != (left if way == "killed" else -1):
        time.sleep(0.1)
    try:
        assert len(found()) == left
    finally:
        for process in found():
            process.kill()
