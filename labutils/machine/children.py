"""A program that is started from here ends with us, whatever ends us, and with it all that it started."""

import contextlib
import ctypes
import functools
import os
import secrets
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

GRACE_S = 10.0  # that processes have to end by themselves once they are told to


@contextlib.contextmanager
def ended_by_signals() -> Iterator[None]:
    """Turn a scheduler's and a closed terminal's signals into SystemExit, so that what is to be left in order is.

    The exit status is 128 + the signal's number, as a shell gives it. What is ignored (nohup) stays ignored.
    """

    def stop(number: int, _frame: object) -> None:
        raise SystemExit(128 + number)

    numbers = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    numbers = [number for number in numbers if signal.getsignal(number) != signal.SIG_IGN]
    before = {number: signal.signal(number, stop) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def swept() -> Iterator[None]:
    """Let what is started meanwhile, and all that it starts, end soon after this process if this process is killed.

    A kill (SIGKILL, a memory that is full) runs no code of ours, and a kernel that dies with us ends none of what its cells
    started. So another process waits, and finds them by a variable that they inherit: see :mod:`labutils.machine.sweeper`.
    """
    mark = f"LABS_STARTED_BY_{os.getpid()}_{secrets.token_hex(4)}"
    script = str(Path(__file__).with_name("sweeper.py"))
    sweeper = subprocess.Popen(
        [sys.executable, "-P", script, mark], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL, start_new_session=True,  # what a terminal sends to all is not for it
        creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
    )  # fmt: skip
    os.environ[mark] = "1"
    try:
        yield
    finally:
        os.environ.pop(mark)
        sweeper.communicate(b"in order")


def run(command: Sequence[str], environment: Mapping[str, str] | None = None) -> int:
    """Run a program to its end and return its exit status.

    It gets a session of its own: a Ctrl-C in the terminal reaches this process alone, which then ends the program and
    all that it started. An interruption here, of whatever kind, leaves none of them running.
    """
    _adopt()
    before = _descendants()
    bound = _end_with_parent()  # one call of the C library between fork and exec, which threads do not disturb
    child = subprocess.Popen(command, env=environment, start_new_session=True, preexec_fn=bound)  # noqa: PLW1509
    try:
        return child.wait()
    finally:
        if child.returncode is None:
            end(child.pid)
        elif child.returncode < 0:  # killed, it has ended none of what it started
            for orphan in _descendants() - before:
                end(orphan)


def end(pid: int, grace_s: float = GRACE_S) -> None:
    """Tell a process and its descendants to end, and kill those that have not after ``grace_s`` seconds.

    The process itself is told first and alone: it may have an order in which its own children end.
    """
    import psutil

    try:
        parent = psutil.Process(pid)
        family = [*parent.children(recursive=True), parent]
        parent.terminate()
    except psutil.NoSuchProcess:
        return
    try:
        _gone, left = psutil.wait_procs(family, timeout=grace_s)
    except BaseException:  # a second Ctrl-C
        left = family
        raise
    finally:
        for process in left:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()


def _descendants() -> set[int]:
    import psutil

    return {process.pid for process in psutil.Process().children(recursive=True)}


def _adopt() -> None:
    """On Linux: let what a program that we start leaves behind become ours, so that we can end it."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(36, 1)  # PR_SET_CHILD_SUBREAPER


def _end_with_parent() -> Callable[[], object] | None:
    """On Linux the system itself tells a child that its parent was killed, which no code of the parent can."""
    if sys.platform != "linux":
        return None
    library = ctypes.CDLL(None)
    return functools.partial(library.prctl, 1, signal.SIGTERM)  # PR_SET_PDEATHSIG
