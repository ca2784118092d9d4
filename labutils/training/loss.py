"""The loss of a training, and the model's forward pass that it comes from."""

from typing import Any

import torch
from torch.nn import functional

from labutils import t5
from labutils.batches import IGNORE
from labutils.config import TrainingSettings
from labutils.machine import device, processes
from labutils.training.loop import Batch

# That torch.compile may compile: prompts of at most 512 tokens and targets of at most 96 have 16 pairs of lengths, each
# with as many rows as a batch, the last batch of an epoch, or a part of either has.
SHAPES = 64


def token_loss(logits: torch.Tensor, labels: torch.Tensor, items: Any = None) -> torch.Tensor:
    """Cross-entropy summed over the labels that are not -100, divided by ``items`` (default: their number).

    Args:
        logits: (rows, target, vocabulary).  labels: (rows, target).  items: labels in the whole optimizer step.
    """
    flat = logits.flatten(0, 1).float()
    total = functional.cross_entropy(flat, labels.flatten(), ignore_index=IGNORE, reduction="sum")
    return total / (items if items is not None else (labels != IGNORE).sum().clamp(min=1))


class Loss:
    """The loss of a part of a batch under a model: written out for a CPU where that fits, else the library's forward.

    Args:
        model: the model without a wrapper for several processes.  settings: precision and ``compile``.
    """

    def __init__(self, model: torch.nn.Module, settings: TrainingSettings):
        self.settings, self.precision = settings, device.resolve_precision(settings.precision)
        dtype = torch.bfloat16 if self.precision == "bf16" else torch.float32
        # With several processes the model's own forward must run: its wrapper gathers weights and averages gradients there.
        alone = processes.size() == 1 and not settings.compile and t5.fits_training(model)
        self.forward = t5.Forward(model, dtype) if alone else None
        if self.forward is None:
            t5.fuse_activation(model)
        self.compiled: Any = None  # the model as torch.compile gives it, once it is asked for

    def __call__(self, model: torch.nn.Module, part: Batch, items: Any) -> torch.Tensor:
        """Return the loss of one part, divided by the labels of the whole step."""
        part = {name: tensor.to(device.torch_device(), non_blocking=True) for name, tensor in part.items()}
        labels = part.pop("labels")
        if self.forward is not None:
            return self.forward.loss(part["input_ids"], part["attention_mask"], labels, items)
        with device.autocast(self.precision):
            logits = self._runner(model)(**part, use_cache=False).logits
        return token_loss(logits, labels, items)

    def _runner(self, model: torch.nn.Module) -> Any:
        if not self.settings.compile:
            return model
        if self.compiled is None:
            limits = torch._dynamo.config  # each length is a shape of its own, and compiled once
            limits.recompile_limit = max(limits.recompile_limit, SHAPES)
            self.compiled = torch.compile(model, backend=self.settings.compile, dynamic=False)
        return self.compiled


def mean_loss(model: torch.nn.Module, batches: list[Batch], precision: str) -> float:
    """Return a model's loss over batches, a mean over all their labels, by the library's forward."""
    total, items = 0.0, 0
    model.eval()
    with torch.no_grad():
        for batch in batches:
            part = {name: tensor.to(device.torch_device()) for name, tensor in batch.items()}
            labels = part.pop("labels")
            with device.autocast(precision):
                logits = model(**part, use_cache=False).logits
            total += float(token_loss(logits, labels, items=1))
            items += int((labels != IGNORE).sum())
    return total / max(items, 1)
