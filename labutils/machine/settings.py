"""Settings that libraries read once: in a plain script they are set before that, or made up for after it.

A kernel gets them all from the process that starts it (:data:`labutils.machine.environment.KERNEL_ENVIRONMENT`). A
script's own process has begun when `import labutils` comes: what torch's libraries read is still to be set where torch
comes later (:func:`before_torch`), and the rest has a call of its own (:func:`settle`). Linux with glibc and libgomp, as
torch's wheels are there; elsewhere nothing is done.
"""

import functools
import os
import sys
from pathlib import Path

# Threads that wait spin for some microseconds, then sleep. Examples/s on two idle cores and beside a busy process:
# libgomp's default 29.4 and 9.2, always asleep (OMP_WAIT_POLICY=PASSIVE) 25.4 and 15.8, this 28.6 and 13.7.
THREADS = {"GOMP_SPINCOUNT": "2000"}
# oneDNN, which multiplies in bf16, keeps half a MiB for every shape of a product that it has met, and lengths vary from
# batch to batch. Room for the shapes of a few steps is enough: with room for 1,024 shapes 192 dialogues took 1,640 MiB, with
# 128 and lengths rounded up (labutils.batches.multiples) 1,260.
CACHES = {"LRU_CACHE_CAPACITY": "128", "ONEDNN_PRIMITIVE_CACHE_CAPACITY": "128"}
# glibc hands freed memory back to the system and faults it in again at every training step; kept instead, a step on two
# cores is 12 % faster (measured: 20.6 -> 23.0 examples/s).
MALLOC = {
    "MALLOC_MMAP_THRESHOLD_": "4294967296",
    "MALLOC_TRIM_THRESHOLD_": "17179869184",
    "MALLOC_TOP_PAD_": "67108864",
}
# The same by mallopt, whose values are C ints: M_MMAP_MAX 0 is "no block of its own", M_TRIM_THRESHOLD -1 "never".
MALLOPT = {"MALLOC_MMAP_THRESHOLD_": (-4, 0), "MALLOC_TRIM_THRESHOLD_": (-1, -1), "MALLOC_TOP_PAD_": (-2, 67108864)}
WAITING = ("GOMP_SPINCOUNT", "OMP_WAIT_POLICY")  # who has set one of them has chosen

_too_late = False  # libgomp had read its variables when `import labutils` came


def before_torch() -> None:
    """Set what torch's libraries read when they are loaded, or at their first product; what is set already stays."""
    global _too_late  # noqa: PLW0603 - a fact about this process
    if not any(name in os.environ for name in WAITING):
        _too_late = "torch" in sys.modules
        os.environ.update(THREADS)
    for name, value in CACHES.items():
        os.environ.setdefault(name, value)


@functools.cache
def settle() -> None:
    """Set the rest, once a process: called where a model is loaded and where a training begins.

    Freed memory is kept. Where torch came before `import labutils`, threads that wait soon sleep all the same: libgomp
    lets them spin a thousand times instead of 300,000 as soon as it has more threads than there are cores, so one more
    team of threads is made, which sleeps. Beside two busy processes a training of two threads spent 8 times the
    processor time of one of one thread, for the same work; so it spends 1.3 times.
    """
    if sys.platform != "linux":
        return
    import ctypes

    library = ctypes.CDLL(None)
    for name, (parameter, value) in MALLOPT.items():
        if name not in os.environ and hasattr(library, "mallopt"):
            library.mallopt(parameter, value)
    if _too_late:
        for path in _loaded("libgomp"):
            _sleeping_team(path)


def _loaded(name: str) -> set[str]:
    """Return the paths of the shared libraries of a name in this process."""
    lines = Path("/proc/self/maps").read_text(encoding="utf-8", errors="replace").splitlines()
    paths = {line.split(maxsplit=5)[5] for line in lines if name in line}
    return {path for path in paths if Path(path).name.startswith(name)}


def _sleeping_team(path: str) -> None:
    """Keep so many threads in a libgomp that they are more than the cores, with those of this thread's team."""
    import ctypes
    import threading

    library, nothing = ctypes.CDLL(path), ctypes.CDLL(None).free
    threads, cores = library.omp_get_max_threads(), library.omp_get_num_procs()
    if threads < 2:  # no team, so none waits
        return
    made = threading.Event()

    def hold() -> None:
        # Each thread of the team calls free(NULL), which does nothing, and goes to sleep; it ends with this thread.
        library.GOMP_parallel(nothing, None, max(2, cores - threads + 2), 0)
        made.set()
        threading.Event().wait()

    threading.Thread(target=hold, name="labutils-sleeping-team", daemon=True).start()
    made.wait()
