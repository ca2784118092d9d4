"""A process that waits for the end of the one that started it, and ends what that one left if it was killed.

Run as a script, with the name of a variable: what is to be ended has it in its environment, and so has all that it starts,
in a session of its own or not. Out of reach is what has thrown its environment away, or runs as another user; and, where
this process is killed, too, everything.
"""

import contextlib
import os
import sys
from collections.abc import Iterator

GRACE_S = 3.0  # that they have to end by themselves
ROUNDS = 20  # of looking again: what is being ended may have started another just then


def main(mark: str) -> None:
    """Wait until the input ends. A word on it says that all was left in order; without one its writer was killed."""
    if sys.stdin.buffer.read():
        return
    import psutil

    for _round in range(ROUNDS):
        left = list(_marked(mark))
        if not left:
            return
        for process in left:
            with contextlib.suppress(psutil.Error):
                process.terminate()
        for process in psutil.wait_procs(left, timeout=GRACE_S)[1]:
            with contextlib.suppress(psutil.Error):
                process.kill()


def _marked(mark: str) -> Iterator:
    import psutil

    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if process.pid != os.getpid() and process.status() != psutil.STATUS_ZOMBIE and mark in process.environ():
                yield process


if __name__ == "__main__":
    main(sys.argv[1])
