"""The device, its precision and its profile, and seeds."""

import contextlib
import functools
import os
import random
from typing import TYPE_CHECKING

from labutils.errors import LabError
from labutils.i18n import _

if TYPE_CHECKING:
    import torch


def torch_device() -> "torch.device":
    """Return the ``torch.device`` to work on: CUDA, else the CPU (MPS when ``LABS_DEVICE=mps`` asks for it).

    Of several GPUs a process takes the one with its ``LOCAL_RANK``, which Accelerate's launcher sets.

    Raises:
        LabError: code ``"device"``: ``LABS_DEVICE`` names none, or one that is not here.
    """
    import torch

    wanted = os.environ.get("LABS_DEVICE")
    if wanted:
        return _asked_for(wanted)
    if not torch.cuda.is_available():
        return torch.device("cpu")
    return torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")))


def _asked_for(name: str) -> "torch.device":
    import torch

    try:
        chosen = torch.device(name)
    except RuntimeError:
        chosen = torch.device("meta")  # a device of torch's, and none to work on
    numbers = {"cpu": 1, "cuda": torch.cuda.device_count(), "mps": int(torch.backends.mps.is_available())}
    if (chosen.index or 0) >= numbers.get(chosen.type, 0):
        here = ", ".join(kind for kind, number in numbers.items() if number)
        text = _("LABS_DEVICE is {name!r}; this machine has: {here}. Take one of them, or leave the variable away")
        raise LabError("device", text.format(name=name, here=here))
    return chosen


@functools.cache
def native_bf16(kind: str | None = None) -> bool:
    """Whether bf16 arithmetic is in the hardware and therefore a gain.

    A T4 answers True to ``torch.cuda.is_bf16_supported()`` because CUDA emulates it; emulation is excluded here.
    On a CPU it takes AVX512-BF16 or AMX: without them bf16 autocast is slower than fp32.
    """
    import torch

    if (kind or torch_device().type) == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    return has_amx() or getattr(torch.cpu, "_is_avx512_bf16_supported", lambda: False)()


def has_amx() -> bool:
    """Whether the CPU multiplies tiles of matrices (Intel's AMX)."""
    import torch

    return getattr(torch.cpu, "_is_amx_tile_supported", lambda: False)()


def resolve_precision(precision: str = "auto") -> str:
    """Return ``"bf16"`` or ``"fp32"``: what ``precision`` means on this machine.

    Raises:
        LabError: code ``"bf16"``: it was asked for by name where the hardware has none; ``"precision"``: there is none
            of that name.
    """
    if precision not in ("auto", "fp32", "bf16"):
        raise LabError(
            "precision", _("precision is {value!r}; it must be 'auto', 'fp32' or 'bf16'").format(value=precision)
        )
    if precision == "bf16" and torch_device().type == "cuda" and not native_bf16():
        raise LabError("bf16", _("this GPU has no bf16 of its own (a T4, for one, emulates it); use precision='fp32'"))
    if precision == "auto":
        return "bf16" if native_bf16() else "fp32"
    return precision


def autocast(precision: str = "auto") -> contextlib.AbstractContextManager:
    """Return a context manager for the forward pass: bf16 autocast over fp32 weights, or nothing."""
    import torch

    if resolve_precision(precision) == "bf16":
        return torch.autocast(torch_device().type, dtype=torch.bfloat16)
    return contextlib.nullcontext()


def choose_profile() -> tuple[str, str]:
    """Return the name of the profile that fits this machine, and why; ``LABS_PROFILE`` overrules the machine."""
    import torch

    if os.environ.get("LABS_PROFILE"):
        return os.environ["LABS_PROFILE"], _("LABS_PROFILE names it")
    if torch_device().type != "cuda":
        return "pocket", _("no CUDA GPU here")
    memory = torch.cuda.get_device_properties(torch_device()).total_memory / 2**30
    name = torch.cuda.get_device_name(torch_device())
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
