"""A process's memory: what is counted of it, and what may not fill it."""

import os
import subprocess
import sys

import pytest
import torch

from labutils.machine import device, environment, memory

SHAPES_MET = """
import ctypes, torch
class Info(ctypes.Structure):
    _fields_ = [(name, ctypes.c_size_t) for name in "arena a b c mmapped d e used free f".split()]
counted = ctypes.CDLL("libc.so.6").mallinfo2
counted.restype = Info
weight, before = torch.ones(256, 704, dtype=torch.bfloat16), None
for rows in range(1000, 3000, 4):
    torch.ones(rows, 256, dtype=torch.bfloat16) @ weight
    before = before or counted().used
print((counted().used - before) / 2**20)
"""


@pytest.mark.skipif(not device.native_bf16("cpu") or sys.platform != "linux", reason="oneDNN's bf16, glibc's count")
def test_products_of_many_shapes_do_not_fill_the_memory():
    """oneDNN's caches grew by half a MiB for each length of a batch: a training's memory doubled in 32 steps."""

    def grown(**more):
        kept = {k: v for k, v in os.environ.items() if k not in environment.KERNEL_ENVIRONMENT}
        done = subprocess.run(
            [sys.executable, "-c", SHAPES_MET], env=kept | more, capture_output=True, text=True, check=True
        )
        return float(done.stdout)

    assert grown(**environment.KERNEL_ENVIRONMENT) < 0.4 * grown()


@pytest.mark.skipif(sys.platform != "linux", reason="glibc keeps freed memory")
def test_memory_that_was_freed_before_does_not_hide_what_is_taken():
    """A lab's kernel keeps freed memory: a training that took 1,300 MiB was measured at 156."""
    script = (
        "import torch\nfrom labutils.machine.memory import PeakMemory\n"
        "freed = torch.ones(50_000_000); del freed\n"
        "with PeakMemory() as peak:\n    taken = torch.ones(40_000_000)\nprint(peak.peak_mib)"
    )
    kept = os.environ | environment.KERNEL_ENVIRONMENT
    done = subprocess.run([sys.executable, "-c", script], env=kept, capture_output=True, text=True, check=True)
    assert float(done.stdout) == pytest.approx(4 * 40e6 / 2**20, rel=0.1)


@pytest.mark.parametrize("error", [TypeError("bad argument type"), OSError("no libc"), AttributeError("malloc_trim")])
def test_a_system_without_glibc_measures_too(error, monkeypatch):
    """Every training on Windows ended in a TypeError: CDLL(None) raises one there."""

    def fail(name):
        raise error

    monkeypatch.setattr("ctypes.CDLL", fail)
    with memory.PeakMemory() as peak:
        pass
    assert peak.peak_mib >= 0


GARBAGE = """
waiting = [torch.ones(256 * 2**20 // 4)]
waiting.append(waiting)
del waiting
"""


@pytest.mark.parametrize("before", ["", GARBAGE], ids=["clean", "garbage"])
def test_peak_memory_sees_an_allocation(before):
    """A model that waits for the collector, freed while we measure, made the peak 0 in a run of the whole suite."""
    code = f"""
import gc, torch
from labutils.machine import memory
{before}
with memory.PeakMemory() as gauge:
    gc.collect()
    block = torch.ones(256 * 2**20 // 4)
    block += 1
print(gauge.peak_mib)
"""
    # In a process of its own: this one's malloc may hold what other tests have freed.
    alone = {name: value for name, value in os.environ.items() if not name.startswith("MALLOC_")}
    done = subprocess.run([sys.executable, "-c", code], env=alone, capture_output=True, text=True, check=True)
    assert 200 < float(done.stdout) < 600


def test_memory_is_that_of_the_chosen_gpu(monkeypatch):
    monkeypatch.setenv("LABS_DEVICE", "cuda:1")
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    free = {0: 100, 1: 7}
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda gpu: (free[gpu.index] * memory.MIB, 0))
    monkeypatch.setattr(torch.cuda, "memory_reserved", lambda gpu: 0)
    monkeypatch.setattr(torch.cuda, "memory_allocated", lambda gpu: 0)
    assert memory.free_memory_mib() == 7
