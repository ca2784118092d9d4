"""The training loop: forward, backward, update, on one process or several; what a checkpoint holds, and going on from it.

Accelerate averages the gradients over processes (DDP) or shards weights and optimizer over them (FSDP), and stores optimizer,
schedule and random numbers. The loss of a part of a batch is its cross-entropy summed and divided by the tokens of the *whole*
step, so that parts, processes and a last, shorter batch change no number. (T5's own loss is a mean over the part: a loop
that adds such means up, or `Trainer`, which takes them for normalised, trains with too large a gradient; see lab 03.)
"""

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from labutils import adapters, models
from labutils.errors import LabError
from labutils.files import read_json, write_json
from labutils.i18n import _
from labutils.machine import device, processes
from labutils.training import checkpoints

if TYPE_CHECKING:
    from accelerate import Accelerator

Batch = dict[str, torch.Tensor]
WEIGHTS = "model.safetensors"


@dataclass
class Progress:
    """Where a training stands: plain values, stored with each checkpoint.

    Attributes:
        step: optimizer steps done.  log: one dict for each logged step and each validation.
        best_step: step of the checkpoint that validation prefers.  best_score: the best score so far, or None.
        stale: validations since then without a better score.
    """

    step: int = 0
    log: list[dict[str, Any]] = field(default_factory=list)
    best_step: int = 0
    best_score: float | None = None
    stale: int = 0


class Loop:
    """Optimizer steps on a model, and its checkpoints.

    Args:
        model: the model, PEFT-wrapped or not; trained in place.
        optimizer, scheduler: torch's; the scheduler takes one step after each of the optimizer's.
        loss: (model, part, tokens of the whole step) -> scalar; see the head of this module.
        max_grad_norm: gradients are clipped to this norm (0: not at all).
        dtype: what sharded layers compute in; their gradients are added up in fp32 all the same.
    """

    def __init__(
        self,
        model: torch.nn.Module,
        optimizer: torch.optim.Optimizer,
        scheduler: torch.optim.lr_scheduler.LRScheduler,
        loss: Callable[[torch.nn.Module, Batch, Any], torch.Tensor],
        *,
        max_grad_norm: float = 1.0,
        dtype: torch.dtype = torch.float32,
    ):
        self.accelerator = _accelerator()
        if processes.sharded():
            processes.keep_sums_exact(self.accelerator, dtype)
        self.whole = model  # without the wrapper that several processes need
        if processes.size() > 1:
            self.model, self.optimizer = self.accelerator.prepare(model, optimizer)
        else:  # nothing to wrap: Accelerate would only leave its autocast around the caller's model
            self.model, self.optimizer = model, self.accelerator.prepare(optimizer)
        self.scheduler, self.loss, self.max_grad_norm = scheduler, loss, max_grad_norm
        self.progress = Progress()
        self.accelerator.register_for_checkpointing(scheduler)
        # The weights are written and read below, in the form that `from_pretrained` loads, and not a second time.
        self.accelerator.register_save_state_pre_hook(lambda _models, weights, _folder: weights.clear())
        self.accelerator.register_load_state_pre_hook(lambda loaded, _folder: loaded.clear())

    def step(self, parts: Sequence[Batch], tokens: Any) -> tuple[torch.Tensor, float | None]:
        """Do one optimizer step on this process's parts of a batch.

        Args:
            parts: batches as :func:`labutils.batches.collate` gives them.
            tokens: labels in the whole step, over all parts and processes.

        Returns:
            This process's share of the loss, times the number of processes (their mean is the loss), and the norm of the
            gradients before clipping, or None where they are not clipped.

        Raises:
            LabError: code ``"nan"``: the loss is not a finite number.
        """
        self.model.train()
        total = torch.zeros((), device=device.torch_device())
        for place, part in enumerate(parts):
            # Processes meet once a step. Sharded gradients meet after each part: kept for the last one, each process would
            # hold all of them.
            wait = place < len(parts) - 1 and not processes.sharded()
            with self.accelerator.no_sync(self.model) if wait else contextlib.nullcontext():
                loss = self.loss(self.model, part, tokens) * processes.size()  # gradients are averaged, not added up
                self.accelerator.backward(loss)
            total = total + loss.detach()
        if not torch.isfinite(total):
            raise LabError("nan", self._why_not_finite())
        norm = None
        if self.max_grad_norm:
            norm = self.accelerator.clip_grad_norm_(self.model.parameters(), self.max_grad_norm)
            norm = float(norm.full_tensor() if hasattr(norm, "full_tensor") else norm)
        self.optimizer.step()
        self.scheduler.step()
        self.optimizer.zero_grad()
        self.progress.step += 1
        return total, norm

    @property
    def learning_rate(self) -> float:
        """The rate of the next step."""
        return float(self.scheduler.get_last_lr()[0])

    def finite(self) -> bool:
        """Whether every weight is a finite number."""
        return all(torch.isfinite(weight).all() for weight in self.whole.parameters())

    def _why_not_finite(self) -> str:
        step, rate = self.progress.step + 1, self.learning_rate
        if processes.sharded():  # looking at sharded weights would take all processes, and this may be one alone
            cause = _("the batch overflowed, or learning_rate {rate:g} is too high").format(rate=rate)
        elif self.finite():
            cause = _(
                "the weights are still finite, so this batch overflowed: use precision='fp32' or 'bf16', never fp16"
            )
        else:
            cause = _("the weights are no longer finite: learning_rate {rate:g} is too high").format(rate=rate)
        text = _("the loss is not a finite number at step {step}; {cause}. Stopped; the last checkpoint is kept.")
        return text.format(step=step, cause=cause)

    # --- checkpoints -----------------------------------------------------------------------------------------------
    def save(self, output_dir: Path, run: str, needed: int, tokenizer: Any = None) -> Path:
        """Write and seal ``checkpoint-<step>`` -> its folder.

        Args:
            run: see :func:`checkpoints.run_digest`.  needed: bytes that it takes, for the error where the disk is full.
            tokenizer: saved beside the weights.

        Raises:
            LabError: code ``"disk"``; ``"nan"``: a weight is no finite number, which is no checkpoint; ``"foreign"``: see
                :func:`checkpoints.complete`.
        """
        partial = output_dir / f"checkpoint-{self.progress.step}{checkpoints.PARTIAL}"
        with checkpoints.room_on_disk(partial, needed):
            processes.on_main(_fresh, partial)
            self.accelerator.save_state(str(partial / checkpoints.STATE))
            self._save_weights(partial)
            whole = self.finite()
            processes.wait()
            return processes.on_main(self._complete, partial, run, tokenizer, whole)

    def _complete(self, partial: Path, run: str, tokenizer: Any, whole: bool) -> Path:
        if not whole:
            checkpoints.remove(partial)
            text = _("a weight is no finite number after step {step}: learning_rate {rate:g} is too high. Stopped; the last "
                     "checkpoint is kept.")  # fmt: skip
            raise LabError("nan", text.format(step=self.progress.step, rate=self.learning_rate))
        write_json(partial / checkpoints.PROGRESS, asdict(self.progress))
        if tokenizer is not None:
            tokenizer.save_pretrained(partial)
        return checkpoints.complete(partial, run)

    def _save_weights(self, folder: Path) -> None:
        """Write the weights in one file; sharded ones are gathered first, in which every process takes part."""
        weights = None
        if processes.sharded():
            for module in self.model.modules():
                if hasattr(module, "reshard"):  # after a validation the last layers are still gathered, as bf16 copies
                    module.reshard()
            gathered = self.accelerator.get_state_dict(self.model)
            once = {
                name for name, _weight in self.model.named_parameters()
            }  # tied weights come under each of their names
            weights = {name: weight for name, weight in gathered.items() if name in once}
        if processes.is_main():
            adapters.save(self.whole, folder, weights)

    def resume(self, folder: Path) -> None:
        """Go on from a whole checkpoint: weights, optimizer, schedule, random numbers, progress."""
        if not processes.sharded():
            load_weights_into(self.whole, folder)
        self.accelerator.load_state(str(folder / checkpoints.STATE))
        self.progress = Progress(**(read_json(folder / checkpoints.PROGRESS) or {}))

    def load_best(self, output_dir: Path) -> None:
        """Put the best checkpoint's weights into the model, unless it holds them already, or is sharded."""
        if self.progress.best_step != self.progress.step and not processes.sharded():
            load_weights_into(self.whole, output_dir / f"checkpoint-{self.progress.best_step}")


def _accelerator() -> "Accelerator":
    from accelerate import Accelerator

    # Autocast is ours (see loss.Loss): Accelerate's would stay around the model that the caller gets back. Alone,
    # what another Accelerator of this process was told stands, and changes nothing here.
    alone = processes.size() == 1
    return Accelerator(cpu=device.torch_device().type == "cpu", mixed_precision=None if alone else "no")


def _fresh(folder: Path) -> None:
    checkpoints.remove(folder)
    folder.mkdir(parents=True)


def load_weights_into(model: torch.nn.Module, folder: Path) -> None:
    """Load a checkpoint's weights, or its adapter's, into the model that they were saved from."""
    if models.is_adapted(model):
        from peft import load_peft_weights, set_peft_model_state_dict

        set_peft_model_state_dict(model, load_peft_weights(str(folder), device="cpu"))
        return
    from safetensors.torch import load_model

    load_model(model, folder / WEIGHTS)
