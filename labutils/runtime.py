"""The machine (floor 0): device, precision, seed, memory, and where data, labs and results lie."""

import contextlib
import ctypes
import functools
import gc
import os
import random
import shutil
import threading
from pathlib import Path

from labutils.i18n import LabError, _

MIB = 2**20


# --- where things lie ----------------------------------------------------------------------------------------------
def _shipped(name: str) -> Path:
    """Folder ``name`` of a checkout (beside the package), or the copy the wheel carries inside the package."""
    package = Path(__file__).resolve().parent
    checkout = package.parent / name
    return checkout if (package.parent / "pyproject.toml").is_file() and checkout.is_dir() else package / f"_{name}"


def data_dir() -> Path:
    """Return the folder of the shipped data, in a checkout and in an install alike."""
    return _shipped("data")


def labs_dir() -> Path:
    """Return the folder of the shipped notebooks, in a checkout and in an install alike."""
    return _shipped("labs")


def runs_dir() -> Path:
    """Return the folder for results: ``LABS_RUNS`` if set, else ``runs`` in the working directory."""
    return Path(os.environ.get("LABS_RUNS", "runs"))


def check_free_space(folder: Path, needed: int, what: str) -> None:
    """Raise before any work is done when ``folder``'s disk holds fewer than ``needed`` bytes.

    Raises:
        LabError: code ``"disk"``.
    """
    existing = next(p for p in (folder, *folder.resolve().parents) if p.exists())
    free = shutil.disk_usage(existing).free
    if free < needed:
        raise LabError(
            "disk",
            _(
                "{what} needs {needed} MiB in {folder}, but {free} MiB are free; free some space or choose another folder"
            ).format(what=what, needed=-(-needed // MIB), free=free // MIB, folder=folder),
        )


# --- device and precision ------------------------------------------------------------------------------------------
def device():
    """Return the ``torch.device`` to work on: CUDA, else the CPU (MPS when ``LABS_DEVICE=mps`` asks for it).

    Of several GPUs a process takes the one with its ``LOCAL_RANK``, which Accelerate's launcher sets.
    """
    import torch

    wanted = os.environ.get("LABS_DEVICE")
    if wanted:
        return torch.device(wanted)
    if not torch.cuda.is_available():
        return torch.device("cpu")
    return torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")))


@functools.cache
def native_bf16(kind: str | None = None) -> bool:
    """Whether bf16 arithmetic is in the hardware and therefore a gain.

    A T4 answers True to ``torch.cuda.is_bf16_supported()`` because CUDA emulates it; emulation is excluded here.
    On a CPU it takes AVX512-BF16 or AMX: without them bf16 autocast is slower than fp32.
    """
    import torch

    if (kind or device().type) == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    probes = ("_is_avx512_bf16_supported", "_is_amx_tile_supported")
    return any(getattr(torch.cpu, probe, lambda: False)() for probe in probes)


def resolve_precision(precision: str = "auto") -> str:
    """Return ``"bf16"`` or ``"fp32"``: what ``precision`` means on this machine.

    Raises:
        LabError: bf16 was asked for by name where the hardware has none, or the name is unknown.
    """
    if precision not in ("auto", "fp32", "bf16"):
        raise LabError(
            "precision", _("precision is {value!r}; it must be 'auto', 'fp32' or 'bf16'").format(value=precision)
        )
    if precision == "bf16" and device().type == "cuda" and not native_bf16():
        raise LabError("bf16", _("this GPU has no bf16 of its own (a T4, for one, emulates it); use precision='fp32'"))
    if precision == "auto":
        return "bf16" if native_bf16() else "fp32"
    return precision


def autocast(precision: str = "auto"):
    """Return a context manager for the forward pass: bf16 autocast over fp32 weights, or nothing."""
    import torch

    if resolve_precision(precision) == "bf16":
        return torch.autocast(device().type, dtype=torch.bfloat16)
    return contextlib.nullcontext()


def choose_profile() -> tuple[str, str]:
    """Return the name of the profile that fits this machine, and why; ``LABS_PROFILE`` overrules the machine."""
    import torch

    if os.environ.get("LABS_PROFILE"):
        return os.environ["LABS_PROFILE"], _("LABS_PROFILE names it")
    if device().type != "cuda":
        return "pocket", _("no CUDA GPU here")
    memory = torch.cuda.get_device_properties(0).total_memory / 2**30
    name = torch.cuda.get_device_name(0)
    if native_bf16() and memory >= 15:
        return "gpu", _("{gpu} has {memory:.0f} GiB and bf16").format(gpu=name, memory=memory)
    return "t4", _("{gpu} has {memory:.0f} GiB and no native bf16, or too little memory").format(
        gpu=name, memory=memory
    )


def prepare_cuda() -> None:
    """Switch off cuDNN attention: on Hopper its backward gives T5's position bias no gradient (FACTS: measured)."""
    import torch

    if torch.cuda.is_available():
        torch.backends.cuda.enable_cudnn_sdp(False)


def quiet_libraries() -> None:
    """Keep transformers' progress bars and advice out of the notebooks; its errors still come through."""
    from transformers.utils import logging

    logging.set_verbosity_error()
    logging.disable_progress_bar()


def set_seed(seed: int) -> None:
    """Seed Python, NumPy and torch (all devices)."""
    import numpy as np
    import torch

    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)


# --- memory --------------------------------------------------------------------------------------------------------
class PeakMemory:
    """Context manager: ``peak_mib`` is the most memory used inside it, above what was in use before.

    On CUDA it is the allocator's own figure; elsewhere a thread samples this process's resident memory.
    """

    def __init__(self, every_s: float = 0.02):
        self.every_s, self.peak_mib = every_s, 0.0

    def __enter__(self):
        import psutil
        import torch

        self._cuda = torch.cuda.is_available() and device().type == "cuda"
        if self._cuda:
            torch.cuda.reset_peak_memory_stats()
            self._start = torch.cuda.memory_allocated()
            return self
        gc.collect()  # what lies about from before must not go away in between, or be used again, and hide what is taken
        with contextlib.suppress(OSError, AttributeError):  # glibc's alone
            ctypes.CDLL(None).malloc_trim(0)
        self._process = psutil.Process()
        self._start = self._most = self._process.memory_info().rss
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)
        self._thread.start()
        return self

    def _sample(self):
        while not self._stop.wait(self.every_s):
            self._most = max(self._most, self._process.memory_info().rss)

    def __exit__(self, *exc):
        import torch

        if self._cuda:
            self.peak_mib = (torch.cuda.max_memory_allocated() - self._start) / MIB
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

    if device().type != "cuda":
        return min(psutil.virtual_memory().available, _left_in_container()) / MIB
    unused = torch.cuda.memory_reserved() - torch.cuda.memory_allocated()
    return (torch.cuda.mem_get_info()[0] + unused) / MIB


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


def cpu_name() -> str:
    """Return the processor's name, as far as the system tells it."""
    import platform

    path = Path("/proc/cpuinfo")
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    named = (line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.processor() or platform.machine())


def command(program: str) -> str:
    """Return this process's command as results keep it: an absolute path is one machine's own, so ``<name>`` stands for it."""
    import sys

    return " ".join([program, *(f"<{Path(part).name}>" if Path(part).is_absolute() else part for part in sys.argv[1:])])


def versions() -> dict[str, str]:
    """Return the versions that results depend on: Python and the main packages that are installed."""
    import platform
    from importlib.metadata import PackageNotFoundError, version

    found = {"python": platform.python_version()}
    for name in ("finetune-labs", "torch", "transformers", "datasets", "peft", "numpy"):
        with contextlib.suppress(PackageNotFoundError):
            found[name] = version(name)
    return found
