"""Labs side by side: which one waits for which, and the end of them all."""

import asyncio
import contextlib
import os
import re
from collections.abc import Callable, Sequence
from concurrent import futures
from pathlib import Path
from typing import TYPE_CHECKING

from labutils import notebooks
from labutils.machine import children

if TYPE_CHECKING:
    from labutils.notebooks.outcomes import Outcome

CHECKPOINT = re.compile(r'\.checkpoint\("(\d\d)"')  # a lab goes on from another's model
ALL = "runs_dir()"  # a lab reads what all of them found
LOOK_S = 1.0  # between two looks whether this process was interrupted


def cores() -> int:
    """Return the number of cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def needed(paths: Sequence[Path]) -> dict[Path, set[Path]]:
    """Return for each lab those among the labs before it that it must wait for."""
    before: dict[Path, set[Path]] = {}
    for i, path in enumerate(paths):
        source = "\n".join(cell.source for cell in notebooks.read(path).cells if cell.cell_type == "code")
        wanted = set(CHECKPOINT.findall(source))
        before[path] = {other for other in paths[:i] if ALL in source or notebooks.number(other) in wanted}
    return before


def _alone(work: Callable[[Path], "Outcome"], path: Path) -> "Outcome":
    try:
        return work(path)
    finally:
        with contextlib.suppress(RuntimeError):
            asyncio.get_event_loop().close()  # papermill made one for this thread


def run(
    paths: Sequence[Path],
    jobs: int,
    work: Callable[[Path], "Outcome"],
    begin: Callable[[Path], None],
    end: Callable[[Path, "Outcome"], None],
) -> list["Outcome"]:
    """Run labs, ``jobs`` at a time, in their order where none waits for another -> outcomes in their order.

    An interruption of this process ends their kernels.

    Args:
        work: runs one lab, in a thread of its own.  begin, end: called in this thread, before and after each.
    """
    import psutil

    waits, waiting = needed(paths), list(paths)
    running: dict[futures.Future, Path] = {}
    done: dict[Path, Outcome] = {}
    others = set(psutil.Process().children())
    with futures.ThreadPoolExecutor(jobs) as pool:
        try:
            while waiting or running:
                ready = [path for path in waiting if waits[path] <= done.keys()]
                for path in ready[: jobs - len(running)]:
                    begin(path)
                    waiting.remove(path)
                    running[pool.submit(_alone, work, path)] = path
                for future in futures.wait(running, LOOK_S, futures.FIRST_COMPLETED).done:
                    path = running.pop(future)
                    done[path] = future.result()
                    end(path, done[path])
        except BaseException:
            while futures.wait(running, 0).not_done:  # a kernel may just be starting
                for child in set(psutil.Process().children()) - others:
                    children.end(child.pid)
                futures.wait(running, LOOK_S)
            raise
    return [done[path] for path in paths]
