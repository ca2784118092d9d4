"""Both stages' training: so many steps of the course's own loop, checkpoints that survive a kill, exact resumption."""

import math
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch.optim.lr_scheduler import LambdaLR
from transformers import T5ForConditionalGeneration

from labutils.t5 import Forward
from labutils.training import checkpoints
from labutils.training.loop import WEIGHTS, Loop
from makers.pocket.recipe.optimizer import ScaledAdamW

Batch = tuple[torch.Tensor, torch.Tensor | None, torch.Tensor]  # input_ids, attention_mask, labels

WARM_UP, FLOOR = 0.05, 0.05  # share of the steps that the rate rises; where the cosine ends, as a share of the peak
KEPT = 2  # checkpoints: if the newest is broken the one before it is used
MARK = "pocket"  # whose the checkpoints are; each stage has a folder of its own
BYTES = 2**27  # of a checkpoint: weights and two moments of ten million parameters in fp32


def rate(progress: float, peak: float) -> float:
    """Learning rate at a share of the steps: linear warm-up, then a cosine to 5 % of the peak."""
    if progress < WARM_UP:
        return peak * max(progress / WARM_UP, 0.01)
    along = (progress - WARM_UP) / (1 - WARM_UP)
    return peak * (FLOOR + (1 - FLOOR) * 0.5 * (1 + math.cos(math.pi * along)))


def newest(folder: Path | str) -> Path | None:
    """The newest whole checkpoint of a stage, or None; a broken one is named and set aside."""
    good, broken = checkpoints.last_good(Path(folder), MARK)
    for name, reason in broken.items():
        print(f"{name} is broken ({reason}); it is set aside", flush=True)
        checkpoints.set_aside(Path(folder) / name)
    return good


def load_checkpoint(folder: Path | str) -> dict[str, Any] | None:
    """``model``, the weights (tied ones once), and ``step`` of the newest whole checkpoint of a stage, or None."""
    good = newest(folder)
    return None if good is None else {"model": load_file(good / WEIGHTS), "step": checkpoints.step_of(good)}


def keep_weights(model: T5ForConditionalGeneration, folder: Path | str) -> Path:
    """Write weights as a stage's checkpoint of no step, for the next stage to begin at."""
    partial = Path(folder) / f"checkpoint-0{checkpoints.PARTIAL}"
    checkpoints.remove(partial)
    model.save_pretrained(partial)
    return checkpoints.complete(partial, MARK)


@dataclass
class Progress:
    """Where a stage stands; stored with each checkpoint."""

    step: int = 0
    elapsed: float = 0.0  # seconds of training, summed over interruptions
    tokens: int = 0  # read by the encoder and written by the decoder
    recent: float = 0.0  # running mean of the loss


class Trainer:
    """Trains `model` on `batch_at(step)` for `steps` steps; call run() again after a kill and it goes on."""

    def __init__(
        self,
        model: T5ForConditionalGeneration,
        batch_at: Callable[[int], Batch],
        folder: Path | str,
        steps: int,
        peak: float,
        *,
        every: float = 240.0,
        save_steps: int | None = None,
    ) -> None:
        self.model, self.batch_at, self.folder, self.steps = model, batch_at, Path(folder), steps
        self.every, self.save_steps = every, save_steps
        optimizer, forward = ScaledAdamW(model.parameters(), lr=peak), Forward(model)
        schedule = LambdaLR(optimizer, lambda step: rate(step / steps, 1.0))
        self.loop = Loop(
            model,
            optimizer,
            schedule,
            lambda _model, part, labels: forward.loss(part["input_ids"], part.get("mask"), part["labels"], labels),
        )
        self.progress = Progress()

    def resume(self) -> None:
        """Go on from the newest whole checkpoint, if there is one."""
        good = newest(self.folder)
        if good is not None and checkpoints.step_of(good):
            self.loop.resume(good)
            self.progress = Progress(**self.loop.progress.log[-1])
            print(f"goes on from step {self.progress.step}, {self.progress.elapsed:.0f} s", flush=True)

    def save(self) -> None:
        """Write a checkpoint of where training stands, and drop all but the newest two."""
        self.loop.progress.log = [asdict(self.progress)]
        self.loop.progress.best_step = self.progress.step
        self.loop.save(self.folder, MARK, BYTES)
        checkpoints.prune(self.folder, MARK, KEPT)

    def one_step(self) -> float:
        """Forward, backward, update -> the gradients' norm."""
        at = self.progress
        inputs, mask, labels = self.batch_at(at.step)
        part = {"input_ids": inputs, "labels": labels} | ({} if mask is None else {"mask": mask})
        loss, norm = self.loop.step([part], None)
        at.recent = float(loss) if at.step == 0 else 0.98 * at.recent + 0.02 * float(loss)
        at.tokens += inputs.numel() + labels.numel()
        at.step += 1
        return float(norm or 0.0)

    def run(self, log_every: int = 50) -> Progress:
        """Train to the last step -> Progress."""
        self.resume()
        at, saved, clock = self.progress, time.monotonic(), time.monotonic()
        while at.step < self.steps:
            norm = self.one_step()
            now = time.monotonic()
            at.elapsed, clock = at.elapsed + now - clock, now
            if at.step % log_every == 0:
                print(
                    f"step {at.step} {at.elapsed:.0f} s loss {at.recent:.3f} norm {norm:.2f} "
                    f"tokens {at.tokens / 1e6:.2f} M ({at.tokens / at.elapsed:.0f}/s)",
                    flush=True,
                )
            due = at.step % self.save_steps == 0 if self.save_steps else now - saved >= self.every
            if due and at.step < self.steps:
                self.save()
                saved = time.monotonic()
        if self.loop.progress.log != [asdict(at)]:  # a stage that was finished before is whole already
            self.save()
        self.model.eval()
        return at
