"""The two shipped models: how they are loaded, the digests of their weights, and the machine that measures them."""

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import torch

from labutils.files import sha256
from labutils.interfaces import Model, Tokenizer
from labutils.machine import device
from labutils.machine.provenance import cpu_name
from labutils.models import load_model

STAGES = ("base", "instruct")
Loader = Callable[[], tuple[Model, Tokenizer]]


def loader(folder: Path) -> Loader:
    """Return a function that loads (model, tokenizer) anew from a folder, in fp32 on this machine's device."""
    return partial(load_model, folder)


def fingerprints(out: Path) -> dict[str, str]:
    """Return the sha256 of each stage's weights: results of other weights are not kept."""
    return {stage: sha256(out / stage / "model.safetensors") for stage in STAGES}


def hardware() -> dict[str, Any]:
    """Return what the numbers are measured on: processor, cores, threads of torch, and the GPU if there is one."""
    cuda = device.torch_device().type == "cuda"
    return {
        "cpu": cpu_name(),
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "accelerator": torch.cuda.get_device_name() if cuda else None,
    }
