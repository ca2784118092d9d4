"""A training, ready to run: its rows, its optimizer, its loop, its validation; and the run from first step to last."""

import contextlib
import dataclasses
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch

from labutils import models, t5
from labutils.batches import tokenize
from labutils.config import TrainingSettings
from labutils.i18n import _
from labutils.interfaces import Model, Tokenizer
from labutils.machine import device, memory, processes
from labutils.machine import settings as process_settings
from labutils.planning import room
from labutils.tasks import Task
from labutils.training import checkpoints
from labutils.training.bar import Bar
from labutils.training.history import History, stored, tidy_log
from labutils.training.loop import Loop
from labutils.training.loss import Loss
from labutils.training.step_batches import StepBatches, examples_after
from labutils.training.validation import Validation


def checkpoint_bytes(model: Model, settings: TrainingSettings) -> int:
    """Bytes of one checkpoint: weights and AdamW's two moments in fp32 (an adapter: 2 % is a generous bound)."""
    counts = models.parameter_counts(model)
    return 4 * 3 * (counts.total if settings.method == "full" else max(counts.total // 50, 1))


def prepare(
    model: Model, tokenizer: Tokenizer, data: Task, settings: TrainingSettings, quiet: bool = False
) -> "Training":
    """Return the training that :func:`fine_tune` runs: adapter added, rows tokenized, memory checked."""
    process_settings.settle()  # the model may come from elsewhere than load_model
    device.prepare_cuda()
    device.set_seed(settings.seed)  # before LoRA draws its A matrices
    if settings.method == "lora" and not models.is_adapted(model):
        model = models.add_lora(model, settings)
    if processes.sharded():
        t5.one_embedding(model)
    if settings.dropout is not None:
        t5.set_dropout(model, settings.dropout)
    if settings.gradient_checkpointing:
        t5.recompute_activations(model)
    limits = settings.max_source_tokens, settings.max_target_tokens
    rows = tokenize(data.train, tokenizer, data.templates, *limits)
    cut = sum(row["truncated"] for row in rows)
    if cut and not quiet:
        text = _("{cut} of {all} training examples are longer than {source} and {target} tokens, and are cut")
        print(text.format(cut=cut, all=len(rows), source=limits[0], target=limits[1]))
    warning = room.before_training(model, settings, rows)
    if warning and not quiet:
        print(warning)
    device.set_seed(settings.seed)  # dropout draws the same numbers, with an adapter and without
    return Training(model, tokenizer, data, settings, StepBatches(rows, settings, model.config), quiet)


@dataclasses.dataclass
class Training:
    """Everything that a training needs: :meth:`run` does it, validation and checkpoints included."""

    model: Any
    tokenizer: Any
    data: Any
    settings: TrainingSettings
    steps: StepBatches
    quiet: bool = False

    def __post_init__(self) -> None:
        settings = self.settings
        assert settings.learning_rate is not None  # fine_tune has filled it in
        epochs = -(-round(settings.epochs * self.steps.per_epoch, 6) // 1)
        self.total = settings.max_steps if settings.max_steps > 0 else max(1, int(epochs))
        self.every = min(max(1, self.steps.per_epoch // settings.saves_per_epoch), self.total)
        self.validation = Validation(self.model, self.tokenizer, self.data, settings, self.steps)
        optimizer = torch.optim.AdamW(_groups(self.model, settings.weight_decay), lr=settings.learning_rate, fused=True)
        loss = Loss(self.model, settings)
        dtype = torch.bfloat16 if loss.precision == "bf16" else torch.float32
        schedule = _schedule(optimizer, settings, self.total)
        self.loop = Loop(self.model, optimizer, schedule, loss, max_grad_norm=settings.max_grad_norm, dtype=dtype)

    def run(self, output_dir: Path, run: dict) -> History:
        """Train to the end -> History; the best checkpoint's weights are in the model, and in ``output_dir/best``."""
        loop, mark = self.loop, checkpoints.run_digest(run)
        good = self._go_on(output_dir, mark)
        first, started = loop.progress.step, time.perf_counter()
        with memory.PeakMemory() as peak, plain_attention(self.model):
            try:
                outside = self._all_steps(output_dir, mark)
            except KeyboardInterrupt:
                self._say_interrupted(output_dir)
                raise
            loop.load_best(output_dir)
        seconds = time.perf_counter() - started
        self.model.eval()
        counts = [examples_after(n, self.steps.examples, self.settings.batch_size) for n in (first, loop.progress.step)]
        history = History(
            log=tidy_log(loop.progress.log),
            train_s=seconds,
            examples_per_s=(counts[1] - counts[0]) / max(seconds - outside, 1e-9),
            peak_memory_mib=peak.peak_mib,
            resumed_from=good.name if good else None,
            best_step=loop.progress.best_step,
            examples=self.steps.examples,
            folder=output_dir / checkpoints.BEST,
            model=None if processes.sharded() else self.model,
        )
        processes.wait()  # the others may still be loading the best checkpoint, whose folder is renamed now
        best = output_dir / f"checkpoint-{history.best_step}"
        processes.on_main(checkpoints.finish, output_dir, best, stored(history), mark)
        return history

    def _go_on(self, output_dir: Path, mark: str) -> Path | None:
        good, broken = processes.on_main(checkpoints.last_good, output_dir, mark)
        for name, reason in broken.items() if processes.is_main() else ():
            aside = checkpoints.set_aside(output_dir / name)
            text = _("{name} is broken: {reason}; it was set aside as {aside}")
            print(text.format(name=name, reason=reason, aside=aside.name))  # quiet or not: something was damaged
        processes.wait()
        if good is not None:
            self.loop.resume(good)
            if not self.quiet:
                print(_("going on from {name}").format(name=good.name))
        return good

    def _all_steps(self, output_dir: Path, mark: str) -> float:
        """Do the steps that are left -> seconds in validation and saving, which are no training steps."""
        loop, outside = self.loop, 0.0
        with Bar(loop.progress.step, self.total, self.quiet) as bar:
            for step in self.stepwise(bar):
                if step % self.every and step != self.total:
                    continue
                before = time.perf_counter()
                self.validation.after(loop.progress, self.steps.per_epoch, self.total, bar)
                loop.save(output_dir, mark, checkpoint_bytes(self.model, self.settings), self.tokenizer)
                processes.on_main(self._prune, output_dir, mark)
                outside += time.perf_counter() - before
                if self.settings.patience and loop.progress.stale >= self.settings.patience:
                    break
        return outside

    def _say_interrupted(self, output_dir: Path) -> None:
        if not self.quiet:
            text = _("interrupted after step {step} of {total}; what was saved stays in {folder}: the same call goes on from "
                     "the last checkpoint, unless it says resume=False")  # fmt: skip
            print(text.format(step=self.loop.progress.step, total=self.total, folder=output_dir), flush=True)

    def _prune(self, output_dir: Path, mark: str) -> None:
        keep = max(2, self.settings.keep_checkpoints)
        checkpoints.prune(output_dir, mark, keep)

    def stepwise(self, bar: Bar | None = None) -> Iterator[int]:
        """Do the steps that are left and log some of them; yield the number of steps done after each."""
        loop, every = self.loop, max(1, self.total // 40)
        total, counted = torch.zeros((), device=device.torch_device()), 0
        for parts, labels in self.steps.batches(loop.progress.step, self.total):
            rate = loop.learning_rate
            loss, norm = loop.step(parts, labels)
            total, counted, step = total + loss, counted + 1, loop.progress.step
            if step % every == 0 or step == self.total:
                mean = float(loop.accelerator.reduce(total / counted, "mean"))
                entry = {"loss": mean, "grad_norm": norm, "learning_rate": rate}
                loop.progress.log.append(entry | {"epoch": step / self.steps.per_epoch, "step": step})
                total, counted = torch.zeros_like(total), 0
                if bar is not None:
                    bar.show(loss=mean)
            if bar is not None:
                bar.update(step)
            yield step


def _groups(model: Model, weight_decay: float) -> list[dict]:
    """Trainable weights for AdamW: matrices decay, norms and biases do not."""
    weights = [weight for weight in model.parameters() if weight.requires_grad]
    matrices, others = [w for w in weights if w.ndim > 1], [w for w in weights if w.ndim < 2]
    groups = [{"params": matrices, "weight_decay": weight_decay}, {"params": others, "weight_decay": 0.0}]
    return [group for group in groups if group["params"]]


def _schedule(
    optimizer: torch.optim.Optimizer, settings: TrainingSettings, total: int
) -> torch.optim.lr_scheduler.LRScheduler:
    from transformers import get_scheduler

    warmup = int(settings.warmup) if settings.warmup >= 1 else -(-round(total * settings.warmup, 6) // 1)
    return get_scheduler(settings.schedule, optimizer, num_warmup_steps=int(warmup), num_training_steps=total)


def plain_attention(model: Model) -> contextlib.AbstractContextManager[None]:
    """Compute attention on a CPU without the fused kernel for a while, where labutils.t5 does not fit.

    The backward pass of the plain one is faster there: 23.0 -> 27.2 examples/s on two cores.
    """
    return t5.attention(model, "eager" if device.torch_device().type == "cpu" else None)
