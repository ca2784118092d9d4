"""The training loop of both stages: so many steps, checkpoints that survive a kill, exact resumption."""

import math
import os
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from transformers import T5ForConditionalGeneration

from labutils.t5.forward import Forward
from makers.pocket.recipe.optimizer import ScaledAdamW

Batch = tuple[torch.Tensor, torch.Tensor | None, torch.Tensor]  # input_ids, attention_mask, labels

WARM_UP, FLOOR = 0.05, 0.05  # share of the steps that the rate rises; where the cosine ends, as a share of the peak
KEPT = 2  # checkpoints: if the newest is broken the one before it is used


def rate(progress: float, peak: float) -> float:
    """Learning rate at a share of the steps: linear warm-up, then a cosine to 5 % of the peak."""
    if progress < WARM_UP:
        return peak * max(progress / WARM_UP, 0.01)
    along = (progress - WARM_UP) / (1 - WARM_UP)
    return peak * (FLOOR + (1 - FLOOR) * 0.5 * (1 + math.cos(math.pi * along)))


def save_checkpoint(folder: Path | str, state: dict[str, Any]) -> Path:
    """Write step-<n>.pt atomically (a kill leaves the older ones whole) and drop all but the newest two."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"step-{state['step']:07d}.pt"
    unfinished = path.with_suffix(".tmp")
    with unfinished.open("wb") as file:
        torch.save(state, file)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)
    for old in sorted(folder.glob("step-*.pt"))[:-KEPT]:
        old.unlink()
    return path


def load_checkpoint(folder: Path | str) -> dict[str, Any] | None:
    """The newest checkpoint of a folder that can be read, or None; a broken one is named and passed over."""
    for path in sorted(Path(folder).glob("step-*.pt"), reverse=True):
        try:
            return torch.load(path, weights_only=True, map_location="cpu")
        except Exception as error:  # whatever is wrong with this file, the one before it may be good
            print(f"{path} cannot be read ({type(error).__name__}); trying the checkpoint before it", flush=True)
    return None


@dataclass
class Progress:
    """Where a stage stands; everything that a checkpoint needs beside the tensors."""

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
        self.model, self.batch_at, self.folder, self.steps, self.peak = model, batch_at, Path(folder), steps, peak
        self.every, self.save_steps = every, save_steps
        self.forward = Forward(model)
        self.optimizer = ScaledAdamW(model.parameters())
        self.progress = Progress()

    def resume(self) -> bool:
        """Load the newest good checkpoint, if any -> whether there was one."""
        state = load_checkpoint(self.folder)
        if state is None:
            return False
        self.model.load_state_dict(state["model"])
        self.optimizer.load(state["optimizer"])
        self.progress = Progress(**state["progress"])
        print(f"goes on from step {self.progress.step}, {self.progress.elapsed:.0f} s", flush=True)
        return True

    def save(self) -> None:
        """Write a checkpoint of where training stands."""
        save_checkpoint(
            self.folder,
            {
                "model": self.model.state_dict(),
                "optimizer": self.optimizer.state(),
                "progress": asdict(self.progress),
                "step": self.progress.step,
            },
        )

    def one_step(self) -> float:
        """Forward, backward, update."""
        at = self.progress
        inputs, mask, labels = self.batch_at(at.step)
        loss = self.forward.loss(inputs, mask, labels)
        loss.backward()
        norm = self.optimizer.step(rate(at.step / self.steps, self.peak))
        value = float(loss.detach())
        at.recent = value if at.step == 0 else 0.98 * at.recent + 0.02 * value
        at.tokens += inputs.numel() + labels.numel()
        at.step += 1
        return norm

    def run(self, log_every: int = 50) -> Progress:
        """Train to the last step -> Progress."""
        self.resume()
        self.model.train()
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
            if due:
                self.save()
                saved = time.monotonic()
        self.save()
        self.model.eval()
        return at
