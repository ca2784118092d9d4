"""What limits ours: its time by what it was spent on, from torch's profiler.

An operation's own time counts, without the operations that it calls. On a GPU it is the time of its kernels, and what is
left over is the time in which the GPU waits.
"""

import re
import time

import torch
from torch.profiler import ProfilerActivity, profile

PRODUCTS, OUTSIDE = "matrix products", "outside operations"
# What an operation of ATen does, by its name: the first that fits. What fits none is element-wise arithmetic or a sum.
KINDS = {
    "fused attention": r"attention",
    PRODUCTS: r"mm$|mm_|linear|matmul|einsum",
    "softmax": r"softmax",
    "optimizer": r"adam|_foreach|_amp_",
    "copies, types, look-ups": r"copy|clone|::cat$|index|gather|embedding|select|slice|fill|zero|empty|arange|resize",
}
ARITHMETIC = "element-wise, sums"


def kind(name: str) -> str:
    """Return what an operation does; a name that is none of an operation (autograd's, a scope's) is outside them."""
    if "::" not in name:
        return OUTSIDE
    return next((label for label, words in KINDS.items() if re.search(words, name)), ARITHMETIC)


class Watch:
    """Profiles from :meth:`start` to :meth:`stop`.

    Attributes:
        seconds: of wall time, the profiler's own included.  shares: of them by kind, together 1.
    """

    def __init__(self) -> None:
        self.seconds = 0.0
        self.shares: dict[str, float] = {}

    def start(self) -> None:
        """Begin."""
        gpu = [ProfilerActivity.CUDA] if torch.cuda.is_available() else []
        self._profiler, self._gpu = profile(activities=[ProfilerActivity.CPU, *gpu]), bool(gpu)
        self._profiler.start()
        self._started = time.perf_counter()

    def stop(self) -> None:
        """End, and count."""
        if self._gpu:
            torch.cuda.synchronize()
        self.seconds = time.perf_counter() - self._started
        self._profiler.stop()
        spent = dict.fromkeys((*KINDS, ARITHMETIC), 0.0)
        for event in self._profiler.key_averages():
            if event.device_type.name == "CPU" and kind(event.key) != OUTSIDE:
                spent_us = event.self_device_time_total if self._gpu else event.self_cpu_time_total
                spent[kind(event.key)] += spent_us / 1e6
        self.shares = {label: seconds / self.seconds for label, seconds in spent.items()}
        self.shares[OUTSIDE] = max(0.0, 1 - sum(self.shares.values()))
