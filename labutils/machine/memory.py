"""Memory: how much a training takes, and how much is free."""

import contextlib
import ctypes
import gc
import threading
from pathlib import Path

from labutils.machine.device import torch_device

MIB = 2**20


def give_back_freed() -> None:
    """Let the C library give memory that was freed back to the system, where it can (glibc)."""
    # Elsewhere there is no such call, and Windows and musl say it in three ways.
    with contextlib.suppress(OSError, AttributeError, TypeError):
        ctypes.CDLL(None).malloc_trim(0)


class PeakMemory:
    """Context manager: ``peak_mib`` is the most memory used inside it, above what was in use before.

    On CUDA it is the allocator's own figure; elsewhere a thread samples this process's resident memory.
    """

    def __init__(self, every_s: float = 0.02):
        self.every_s, self.peak_mib = every_s, 0.0

    def __enter__(self) -> "PeakMemory":
        import psutil
        import torch

        self._cuda = torch.cuda.is_available() and torch_device().type == "cuda"
        if self._cuda:
            torch.cuda.reset_peak_memory_stats(torch_device())  # torch's own default is the first GPU
            self._start = torch.cuda.memory_allocated(torch_device())
            return self
        gc.collect()  # what lies about from before must not go away in between, or be used again, and hide what is taken
        give_back_freed()
        self._process = psutil.Process()
        self._start = self._most = self._process.memory_info().rss
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)
        self._thread.start()
        return self

    def _sample(self) -> None:
        while not self._stop.wait(self.every_s):
            self._most = max(self._most, self._process.memory_info().rss)

    def __exit__(self, *exc: object) -> None:
        import torch

        if self._cuda:
            self.peak_mib = (torch.cuda.max_memory_allocated(torch_device()) - self._start) / MIB
            return
        self._stop.set()
        self._thread.join()
        most = max(self._most, self._process.memory_info().rss)
        self.peak_mib = (most - self._start) / MIB


def free_memory_mib() -> float:
    """Return the memory that a training can still take: the GPU's, with what torch holds and does not use, or RAM.

    RAM is the machine's, or what a container's limit (cgroup) leaves, if that is less.
    """
    import psutil
    import torch

    gpu = torch_device()
    if gpu.type != "cuda":
        return min(psutil.virtual_memory().available, _left_in_container()) / MIB
    unused = torch.cuda.memory_reserved(gpu) - torch.cuda.memory_allocated(gpu)
    return (torch.cuda.mem_get_info(gpu)[0] + unused) / MIB


def _left_in_container(root: Path = Path("/sys/fs/cgroup")) -> float:
    """Bytes that a cgroup's limit leaves (version 2, then 1), or infinity; its file cache can be given up."""
    for limit, used, cache in (
        ("memory.max", "memory.current", "inactive_file"),
        ("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes", "total_inactive_file"),
    ):
        with contextlib.suppress(OSError, ValueError):  # no such version here, or its limit is the word "max"
            most, taken = (int((root / name).read_text(encoding="utf-8")) for name in (limit, used))
            words = (root / limit).with_name("memory.stat").read_text(encoding="utf-8").split()
            return most - taken + int(dict(zip(words[::2], words[1::2], strict=True)).get(cache, 0))
    return float("inf")
