"""The Hugging Face trainer, made right for T5: loss, batches, validation, progress, checkpoints."""

import math
import sys
import time
from functools import partial
from pathlib import Path

import torch
from torch.nn import functional as F
from tqdm import tqdm
from transformers import Trainer, TrainerCallback

from labutils import models
from labutils.batches import IGNORE, LengthGroupedSampler, collate
from labutils.config import BUCKET
from labutils.errors import LabError
from labutils.generation import generate
from labutils.i18n import _
from labutils.machine import processes
from labutils.t5 import surgery
from labutils.t5.forward import Forward, fits
from labutils.training import checkpoints

# That torch.compile may compile: prompts of at most 512 tokens and targets of at most 96 have 16 pairs of lengths, each
# with as many rows as a batch, the last batch of an epoch, or a part of either has.
SHAPES = 64


def token_loss(logits: torch.Tensor, labels: torch.Tensor, items=None) -> torch.Tensor:
    """Cross-entropy summed over the labels that are not -100, divided by ``items`` (default: their number).

    Args:
        logits: (rows, target, vocabulary).  labels: (rows, target).  items: labels in the whole optimizer step.
    """
    total = F.cross_entropy(logits.flatten(0, 1).float(), labels.flatten(), ignore_index=IGNORE, reduction="sum")
    return total / (items if items is not None else (labels != IGNORE).sum().clamp(min=1))


class SummaryTrainer(Trainer):
    """``Trainer`` with a loss normalised by the step's tokens, grouped batches, and validation by generation.

    T5's own loss is a mean over the micro-batch. ``Trainer`` takes it for normalised by ``num_items_in_batch`` and does
    not divide by the accumulation steps, so that loss and gradients grow with them (huggingface/transformers, measured
    in tests/test_training.py). Here the sum over a micro-batch is divided by the tokens of the whole step.
    """

    loss_is_scaled_for_ga = True

    def __init__(self, *, task, validation_rows, settings, tokenizer, **kwargs):
        config, rows = kwargs["model"].config, kwargs["train_dataset"]
        self.examples = len(rows)
        if processes.size() > 1:  # every process needs a row in the last step of an epoch: one that says nothing
            rows.append({"id": "", "input_ids": [config.eos_token_id], "attention_mask": [1], "labels": [IGNORE]})
        pad, start = config.pad_token_id, config.decoder_start_token_id
        multiple = BUCKET if settings.compile else 1
        collator = partial(collate, pad_token_id=pad, start_token_id=start, multiple=multiple)
        super().__init__(processing_class=tokenizer, data_collator=collator, **kwargs)
        self.model_accepts_loss_kwargs = True  # makes the trainer count the tokens of the whole step for us
        self.task, self.settings, self.tokenizer = task, settings, tokenizer
        self.validation_rows = validation_rows
        self.outside_s = 0.0  # seconds in validation and saving, which are no training steps
        self.slack = 0.0  # standard error of the score that the best checkpoint is chosen by
        dtype = torch.bfloat16 if self.args.bf16 else torch.float32
        if processes.sharded():
            processes.keep_sums_exact(self.accelerator, dtype)
        # With several processes the model's own forward must run: its wrapper gathers weights and averages gradients there.
        alone = processes.size() == 1 and fits(self.model)
        self.forward = Forward(models.unwrapped(self.model), dtype) if alone and not settings.compile else None
        if self.forward is None:
            surgery.fuse_activation(self.model)
        self.compiled = None  # the model as torch.compile gives it, once it is asked for

    def _get_train_sampler(self, train_dataset=None):
        lengths = [len(row["input_ids"]) for row in self.train_dataset[: self.examples]]
        fill = self.examples if len(self.train_dataset) > self.examples else None
        grouped = self.settings.group_by_length
        return LengthGroupedSampler(lengths, self.settings.batch_size, self.settings.seed, grouped=grouped, fill=fill)

    def compute_loss(self, model, inputs, return_outputs=False, num_items_in_batch=None):
        labels = inputs.pop("labels")
        if self.forward is not None and not return_outputs:
            with torch.autocast("cpu", enabled=False):  # it chooses its own precisions
                return self.forward.loss(inputs["input_ids"], inputs["attention_mask"], labels, num_items_in_batch)
        outputs = self._runner(model)(**inputs, use_cache=False)
        loss = token_loss(outputs.logits, labels, num_items_in_batch)
        if num_items_in_batch is not None:  # the tokens of all processes, whose gradients are averaged, not added up
            loss = loss * self.accelerator.num_processes
        return (loss, outputs) if return_outputs else loss

    def _runner(self, model):
        if not self.settings.compile:
            return model
        if self.compiled is None:
            limits = torch._dynamo.config  # each length is a shape of its own, and compiled once
            limits.recompile_limit = max(limits.recompile_limit, SHAPES)
            self.compiled = torch.compile(model, backend=self.settings.compile, dynamic=False)
        return self.compiled

    def _parts(self, inputs) -> list[dict]:
        """Split a micro-batch along its rows into what may go through the model at once."""
        tokens = inputs["input_ids"].shape[1], inputs["labels"].shape[1]
        split = {name: tensor.split(self.settings.rows_at_once(tokens)) for name, tensor in inputs.items()}
        return [dict(zip(split, part, strict=True)) for part in zip(*split.values(), strict=True)]

    def training_step(self, model, inputs, num_items_in_batch=None):
        *first, last = self._parts(inputs)
        loss = 0.0
        for part in first:
            with self.accelerator.no_sync(model):  # processes meet once, whatever the number of their parts
                loss = loss + super().training_step(model, part, num_items_in_batch)
        loss = loss + super().training_step(model, last, num_items_in_batch)
        if not torch.isfinite(loss):
            raise LabError("nan", self._why_not_finite())
        return loss

    def _why_not_finite(self) -> str:
        step, rate = self.state.global_step + 1, self._get_learning_rate()
        if processes.sharded():  # looking at sharded weights would take all processes, and this may be one alone
            cause = _("the batch overflowed, or learning_rate {rate:g} is too high").format(rate=rate)
        elif all(torch.isfinite(p).all() for p in self.model.parameters()):
            cause = _(
                "the weights are still finite, so this batch overflowed: use precision='fp32' or 'bf16', never fp16"
            )
        else:
            cause = _("the weights are no longer finite: learning_rate {rate:g} is too high").format(rate=rate)
        return _(
            "the loss is not a finite number at step {step}; {cause}. Stopped; the last checkpoint is kept."
        ).format(step=step, cause=cause)

    def evaluate(self, eval_dataset=None, ignore_keys=None, metric_key_prefix="eval"):
        """Validate: loss over the validation rows, and the task's scores of generated answers for the first of them."""
        start = time.perf_counter()
        metrics = {"eval_loss": self._validation_loss()}
        number = min(self.settings.eval_examples, len(self.validation_rows))
        if number:
            records = self.task.validation[:number]
            prompts = [self.task.prompt(record) for record in records]
            answers = generate(
                self.model,
                self.tokenizer,
                prompts,
                max_new_tokens=self.task.max_new_tokens,
                batch_size=self.settings.eval_batch_size,
                max_source_tokens=self.settings.max_source_tokens,
            )
            values = self.task.values(answers, records)
            metrics |= {f"eval_{name}": float(value.mean()) for name, value in values.items()}
            chosen_by = (self.args.metric_for_best_model or "").removeprefix("eval_")
            self.slack = standard_error(values[chosen_by]) if chosen_by in values else 0.0
        found = metrics, self.slack
        metrics, self.slack = processes.on_main(
            lambda: found
        )  # else two kinds of GPU could choose, or stop, differently
        self.outside_s += time.perf_counter() - start
        self.log(metrics)
        self.control = self.callback_handler.on_evaluate(self.args, self.state, self.control, metrics)
        return metrics

    def _determine_best_metric(self, metrics, trial):
        """Take the newest checkpoint as the best, unless its score is worse by more than a standard error.

        A hundred validation records seldom tell neighbouring epochs apart, and behind the newest the learning rate has
        come down. (The one-standard-error rule of Breiman et al., 1984, here in favour of the longer training.)
        """
        better = super()._determine_best_metric(metrics, trial)
        if (
            not better
            and self.slack
            and metrics[self.args.metric_for_best_model] >= self.state.best_metric - self.slack
        ):
            self.state.best_global_step = self.state.global_step
        return better

    def _validation_loss(self) -> float:
        self.model.eval()
        total, items = 0.0, 0
        rows = sorted(self.validation_rows, key=lambda row: len(row["input_ids"]))
        size = self.args.per_device_train_batch_size  # what trains fits here, too; decoding takes more rows at once
        with torch.no_grad():
            for i in range(0, len(rows), size):
                batch = self._prepare_inputs(self.data_collator(rows[i : i + size]))
                labels = batch.pop("labels")
                with self.compute_loss_context_manager():
                    logits = self.model(**batch, use_cache=False).logits
                total += float(token_loss(logits, labels, items=1))
                items += int((labels != IGNORE).sum())
        return total / max(items, 1)

    def save_model(self, output_dir=None, _internal_call=False):
        """Save the weights in one file; sharded ones are gathered first, in which every process takes part."""
        if not processes.sharded():
            return super().save_model(output_dir, _internal_call)
        for module in self.model.modules():
            if hasattr(module, "reshard"):  # after a validation the last layers are still gathered, as bf16 copies
                module.reshard()
        whole = {}
        for name, part in self.model.named_parameters():  # each weight once, tied ones too
            weight = part.full_tensor() if hasattr(part, "full_tensor") else part
            if processes.is_main():
                whole[name] = weight.detach().cpu()
        return self._save(output_dir, whole)

    def _load_best_model(self):
        if not processes.sharded():  # sharded, the best weights are in the folder, and no process holds them all
            super()._load_best_model()

    def _save_checkpoint(self, model, trial):
        start = time.perf_counter()
        super()._save_checkpoint(model, trial)
        folder = Path(self._get_output_dir(trial)) / f"checkpoint-{self.state.global_step}"
        whole = all(torch.isfinite(p).all() for p in model.parameters())  # a NaN written to disk is no checkpoint
        processes.wait()
        if whole and processes.is_main():
            checkpoints.seal(folder)
        processes.wait()
        self.outside_s += time.perf_counter() - start


class Progress(TrainerCallback):
    """A progress bar on stderr, and one printed line for each validation."""

    def __init__(self, main_metric: str | None, quiet: bool = False):
        self.main_metric, self.quiet, self.bar = main_metric, quiet, None

    def on_train_begin(self, args, state, control, **kwargs):
        self.bar = tqdm(
            total=state.max_steps,
            initial=state.global_step,
            desc="training",
            unit="step",
            file=sys.stderr,
            disable=self.quiet,
        )

    def on_step_end(self, args, state, control, **kwargs):
        self.bar.update(1)

    def on_log(self, args, state, control, logs=None, **kwargs):
        if logs and "loss" in logs:
            self.bar.set_postfix(loss=f"{logs['loss']:.3f}")

    def on_evaluate(self, args, state, control, metrics=None, **kwargs):
        if self.quiet or not metrics:
            return
        shown = {"eval_loss": "validation loss", f"eval_{self.main_metric}": f"validation {self.main_metric}"}
        parts = [f"{label} {metrics[key]:.4f}" for key, label in shown.items() if key in metrics]
        print(
            f"epoch {state.epoch:.2f}, step {state.global_step} of {state.max_steps}: " + ", ".join(parts), flush=True
        )

    def on_train_end(self, args, state, control, **kwargs):
        if self.bar is not None:
            self.bar.close()


def without_autocast(model) -> None:
    """Take off what Accelerate wraps around a model's forward: it must answer as it will when it is loaded again."""
    if model.__dict__.pop("_original_forward", None) is not None:
        del model.forward


def standard_error(values) -> float:
    """Return the standard error of the mean of values, shape (n,); 0 for a single one."""
    return float(values.std(ddof=1) / math.sqrt(len(values))) if len(values) > 1 else 0.0


def examples_after(steps: int, examples: int, batch_size: int) -> int:
    """Return how many examples were trained on after so many steps: the last batch of a pass may hold fewer."""
    passes, rest = divmod(steps, steps_per_epoch(examples, batch_size))
    return passes * examples + min(rest * batch_size, examples)


def steps_per_epoch(examples: int, batch_size: int) -> int:
    """Return the number of optimizer steps in one pass."""
    return max(1, math.ceil(examples / batch_size))
