"""Where a result comes from: processor, command and versions."""

import contextlib
from pathlib import Path


def cpu_name() -> str:
    """Return the processor's name, as far as the system tells it."""
    import platform

    path = Path("/proc/cpuinfo")
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    named = (line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.processor() or platform.machine())


def machine() -> str:
    """Return what a result was computed on, as ``"NVIDIA H200"`` or ``"AMD EPYC, 2 cores"``; ``", bf16"`` where it has it."""
    import os

    import torch

    from labutils.machine import device

    if device.torch_device().type == "cuda":
        return torch.cuda.get_device_name(device.torch_device())
    return f"{cpu_name()}, {os.cpu_count()} cores" + ", bf16" * device.native_bf16("cpu")


def command(program: str) -> str:
    """Return this process's command as results keep it: an absolute path is one machine's own, so ``<name>`` stands for it."""
    import sys

    return " ".join([program, *(f"<{Path(part).name}>" if Path(part).is_absolute() else part for part in sys.argv[1:])])


def versions() -> dict[str, str]:
    """Return the versions that results depend on: Python and the main packages that are installed."""
    import platform
    from importlib.metadata import PackageNotFoundError, version

    installed = {"python": platform.python_version()}
    for name in ("finetune-labs", "torch", "transformers", "datasets", "peft", "numpy"):
        with contextlib.suppress(PackageNotFoundError):
            installed[name] = version(name)
    return installed
