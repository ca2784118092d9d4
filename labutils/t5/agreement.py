"""The written-out path is taken where it gives the library's own numbers: asked once, at the first use of a kind of model.

A few tokens go through both. Where they differ, or anything fails, the library's path is taken and one warning says so:
a release of transformers or PEFT that computes otherwise costs time, and no answer is wrong.
"""

import contextlib
import contextvars
import math
import warnings
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from labutils.batches import IGNORE
from labutils.i18n import _
from labutils.machine import provenance
from labutils.t5 import structure
from labutils.t5.weights import T5, unwrapped

if TYPE_CHECKING:
    from transformers import T5Config

BothPaths = Callable[[T5], tuple[torch.Tensor, torch.Tensor]]

TOLERANCE = 1e-4  # of the largest number compared; both compute in fp32 and differ by some 1e-6
STIR = 0.03  # standard deviation of the noise that is lent to norms, position biases and adapters
STIRRED = ("layer_norm", "relative_attention_bias", "lora_")

_distances: dict[tuple, float] = {}
_said: set[str] = set()
_switched_off = contextvars.ContextVar("switched off", default=False)


@contextlib.contextmanager
def library_only() -> Iterator[None]:
    """For a while let transformers and PEFT compute everything: what the written-out path is compared with."""
    before = _switched_off.set(True)
    try:
        yield
    finally:
        _switched_off.reset(before)


def holds(model: T5, both: BothPaths) -> bool:
    """Whether the written-out path gives this model's own numbers.

    Args:
        model: perhaps wrapped by PEFT.
        both: of an unwrapped T5 -> the same numbers by the written-out path and by the library, two tensors.
    """
    inner = unwrapped(model)
    there = structure.parts(inner)
    try:
        if _switched_off.get() or not structure.meant(model, there):
            return False
        why = _disagreement(inner, there, both)
    except Exception as error:  # whatever a release has moved away: the library knows its own parts
        why = f"{type(error).__name__}: {error}"
    if why:
        _warn(inner, why)
    return not why


def _disagreement(model: T5, there: dict[str, nn.Module], both: BothPaths) -> str:
    """Why the written-out path is none for this model, or ``""``."""
    odd = structure.oddity(there)
    if odd:
        return _("its {part} is not as this path reads it").format(part=odd)
    key = (both, structure.signature(there))
    if structure.holds_values(model) and key not in _distances:
        short = structure.shortened(model)
        with _undisturbed(short):
            ours, theirs = torch.func.functional_call(_Both(short, both), dict(_lent(short)), ())
        _distances[key] = float((ours - theirs).abs().max() / theirs.abs().max())
        if math.isnan(_distances[key]):  # weights that overflow tell nothing about the path
            del _distances[key]
    if _distances.get(key, 0.0) <= TOLERANCE:
        return ""
    return _("their numbers differ by more than {limit:g} of the largest").format(limit=TOLERANCE)


class _Both(torch.nn.Module):
    """Both computations as one module, so that they are lent the same weights."""

    def __init__(self, model: T5, both: BothPaths):
        super().__init__()
        self.model, self.both = model, both

    def forward(self) -> tuple[torch.Tensor, torch.Tensor]:
        return self.both(self.model)


def _lent(model: T5) -> Iterator[tuple[str, torch.Tensor]]:
    """The weights by name, those with noise in which a young model hides its errors: LoRA's B is 0 at first, norms are 1."""
    generator = torch.Generator().manual_seed(0)
    for name, weight in model.named_parameters():
        moved = any(part in name for part in STIRRED)
        noise = STIR * torch.randn(weight.shape, generator=generator) if moved else None
        yield f"model.{name}", weight.detach() + noise if moved else weight.detach()


@contextlib.contextmanager
def _undisturbed(model: T5) -> Iterator[None]:
    """Evaluation in fp32 without gradients; the modes and the random state are afterwards what they were."""
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        with torch.random.fork_rng(devices=[]), torch.no_grad(), torch.autocast("cpu", enabled=False):
            yield
    finally:
        for module, mode in modes:
            module.training = mode


def batch(config: "T5Config") -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """A small batch of two rows, the second one padded: input_ids and mask (2, 5), labels (2, 3)."""
    ids = (torch.arange(1, 17) * 7919) % (config.vocab_size - 1) + 1
    read, labels = ids[:10].view(2, 5), ids[10:].view(2, 3)
    mask = torch.ones_like(read)
    mask[1, 3:], labels[1, 2] = 0, IGNORE
    return read, mask, labels


def library(model: T5, **inputs: Any) -> Any:
    """The library's output for a T5: its class' own forward, without the autocast that Accelerate wraps around it."""
    return type(model).forward(model, **inputs, use_cache=False)


def _warn(model: T5, why: str) -> None:
    """Say once why a model is computed by the library."""
    versions = ", ".join(f"{name} {value}" for name, value in provenance.versions().items() if name != "finetune-labs")
    text = _(
        "{model} is left to transformers, which is right and slower; what labutils.t5 writes out does not fit it: "
        "{why} ({versions})"
    ).format(model=type(model).__name__, why=why, versions=versions)
    if text not in _said:
        _said.add(text)
        warnings.warn(text, stacklevel=3)
