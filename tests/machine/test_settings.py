"""A plain script has the kernels' settings, in every order of imports."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from labutils import models
from labutils.config import TrainingSettings
from labutils.machine import environment, settings
from labutils.training import run

ROOT = Path(__file__).parents[2]
FIRST = {
    "labutils": "import labutils, torch",
    "torch": "import torch, labutils",
    "used": "import torch; torch.randn(300, 300) @ torch.randn(300, 300); torch.ones(500_000).add_(1); import labutils",
}
SETTLE = "\nfrom labutils.machine import settings\nsettings.settle()"
linux = pytest.mark.skipif(sys.platform != "linux", reason="glibc and libgomp")


def script(text, **more):
    """Run a script in a process that has none of the settings -> (its output, what libgomp says of itself)."""
    taken = {*environment.KERNEL_ENVIRONMENT, *settings.WAITING, "OMP_NUM_THREADS"}
    plain = {name: value for name, value in os.environ.items() if name not in taken} | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-W", "ignore", "-c", text]
    done = subprocess.run(command, env=plain | more, capture_output=True, text=True, check=True)
    return done.stdout.split(), done.stderr


def test_variables_are_set_before_torch_and_those_of_the_user_stay():
    names = (*settings.THREADS, *settings.CACHES)
    text = f"import os, labutils; print(*(os.environ.get(name, '-') for name in {names!r}), *os.environ)"
    values = script(text)[0]
    assert values[: len(names)] == ["2000", "128", "128"] and "torch" not in values
    assert not set(values) & settings.MALLOC.keys()  # of this process only: what it starts begins as it would
    assert script(text, GOMP_SPINCOUNT="7", LRU_CACHE_CAPACITY="9")[0][:3] == ["7", "9", "128"]
    assert script(text, OMP_WAIT_POLICY="PASSIVE")[0][0] == "-"


@linux
def test_libgomp_reads_them_where_torch_comes_later():
    said = script(FIRST["labutils"], OMP_DISPLAY_ENV="VERBOSE")[1]
    if "GOMP_SPINCOUNT" not in said:
        pytest.skip("this torch brings another OpenMP")
    assert "GOMP_SPINCOUNT = '2000'" in said
    assert "GOMP_SPINCOUNT = '2000'" not in script(FIRST["torch"], OMP_DISPLAY_ENV="VERBOSE")[1]


MAPPED = """
import ctypes
class Info(ctypes.Structure):
    _fields_ = [(name, ctypes.c_size_t) for name in "arena a b c mapped d e used free top".split()]
library = ctypes.CDLL("libc.so.6")
library.mallinfo2.restype, library.malloc.restype, library.free.argtypes = Info, ctypes.c_void_p, [ctypes.c_void_p]
before = library.mallinfo2()
block = library.malloc(100_000_000)
during = library.mallinfo2()
library.free(block)
print(during.mapped - before.mapped, during.arena - before.arena, library.mallinfo2().arena - before.arena, before.top)
"""


@linux
@pytest.mark.parametrize("first", FIRST)
def test_freed_memory_is_kept(first):
    mapped, taken, kept, top = map(int, script(FIRST[first] + SETTLE + MAPPED)[0])
    # What lay free at the heap's top serves a part of the block. glibc counts other threads' memory, too, which may grow.
    assert mapped == 0 and min(taken, kept) + top >= 100_000_000 and kept >= taken


@linux
def test_malloc_is_left_as_the_user_has_set_it():
    own = {"MALLOC_MMAP_THRESHOLD_": "1000000", "MALLOC_TRIM_THRESHOLD_": "1000000"}
    mapped, taken, kept, _top = map(int, script("import labutils" + SETTLE + MAPPED, **own)[0])
    assert mapped >= 100_000_000 and taken == kept == 0


WAIT = """
import threading, time
numbers = torch.ones(300_000)
numbers.add_(1)
before = time.process_time()
for _ in range(60):
    numbers.add_(1)
    time.sleep(0.01)
print(time.process_time() - before, torch.get_num_threads(), *(thread.name for thread in threading.enumerate()))
"""


@linux
@pytest.mark.parametrize("first", FIRST)
def test_threads_that_wait_soon_sleep(first):
    """Processor time of two threads, one of which waits: in a plain script it span all the time between the products."""
    spun, threads, *_names = script("import torch" + WAIT)[0]
    if int(threads) < 2 or float(spun) < 0.2:
        pytest.skip("one core, or another OpenMP than libgomp")
    waited, _threads, *names = script(FIRST[first] + SETTLE + WAIT)[0]
    assert float(waited) < 0.3 * float(spun)
    assert ("labutils-sleeping-team" in names) == (first != "labutils")


def test_one_thread_needs_no_team():
    assert "labutils-sleeping-team" not in script(FIRST["torch"] + SETTLE + WAIT, OMP_NUM_THREADS="1")[0]


class Settled(Exception):
    """The process was settled."""


def test_a_model_that_is_loaded_and_a_training_settle_the_process(monkeypatch):
    def settle():
        raise Settled

    monkeypatch.setattr(settings, "settle", settle)
    with pytest.raises(Settled):
        models.load_model()
    with pytest.raises(Settled):
        run.prepare(None, None, None, TrainingSettings())
