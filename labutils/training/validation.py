"""Validation during a training: the loss, the task's scores, and which checkpoint is the best."""

import math

import numpy as np

from labutils.batches import tokenize
from labutils.config import TrainingSettings
from labutils.errors import LabError
from labutils.generation import generate
from labutils.i18n import _
from labutils.interfaces import Model, Tokenizer
from labutils.machine import processes
from labutils.tasks import Task
from labutils.training.bar import Bar
from labutils.training.loop import Progress
from labutils.training.loss import mean_loss
from labutils.training.step_batches import StepBatches


class Validation:
    """Scores a model on a task's validation records.

    Attributes:
        metric: what the best checkpoint is chosen by: the task's metric of generated answers, or ``"loss"`` where no answers
            are generated (``eval_examples=0``), or None where there are no validation records.
    """

    def __init__(self, model: Model, tokenizer: Tokenizer, task: Task, settings: TrainingSettings, steps: StepBatches):
        self.model, self.tokenizer, self.task, self.settings = model, tokenizer, task, settings
        limits = settings.max_source_tokens, settings.max_target_tokens
        rows = tokenize(task.validation, tokenizer, task.templates[0], *limits)
        rows = sorted(rows, key=lambda row: len(row["input_ids"]))
        size = steps.part  # what trains fits here, too; decoding takes more rows at once
        self.batches = [steps.collate(rows[i : i + size]) for i in range(0, len(rows), size)]
        self.scored = min(settings.eval_examples, len(rows))
        self.metric: str | None = None
        if rows:
            self.metric = (settings.metric or task.metric) if self.scored else "loss"

    def after(self, progress: Progress, per_epoch: int, total: int, bar: Bar) -> None:
        """Validate, log it, and note in ``progress`` whether the checkpoint that is written now is the best.

        Raises:
            LabError: code ``"nan"``: the validation loss, or the score that chooses, is not a finite number.
        """
        if self.metric is None:
            progress.best_step = progress.step
            return
        mine = self.measure()
        scores, slack = processes.on_main(lambda: mine)  # else two kinds of GPU could choose, or stop, differently
        if not math.isfinite(scores["eval_loss"]):
            text = _("the validation loss is not a finite number at step {step}; the last checkpoint is kept. Take a lower "
                     "learning_rate, or precision='fp32'")  # fmt: skip
            raise LabError("nan", text.format(step=progress.step))
        if not math.isfinite(scores[f"eval_{self.metric}"]):  # no checkpoint would be better than it, nor worse
            text = _("{metric} on validation is {value} at step {step}, by which no checkpoint can be chosen; mend the "
                     "task's measure")  # fmt: skip
            value = scores[f"eval_{self.metric}"]
            raise LabError("nan", text.format(metric=self.metric, value=value, step=progress.step))
        progress.log.append(scores | {"epoch": progress.step / per_epoch, "step": progress.step})
        choose(progress, scores[f"eval_{self.metric}"], slack, lower_is_better=self.metric == "loss")
        parts = [_("validation loss {value:.4f}").format(value=scores["eval_loss"])]
        if self.metric != "loss":
            value = scores[f"eval_{self.metric}"]
            parts.append(_("validation {metric} {value:.2f}").format(metric=self.metric, value=value))
        head = _("epoch {epoch:.2f}, step {step} of {total}").format(
            epoch=progress.step / per_epoch, step=progress.step, total=total
        )
        bar.line(f"{head}: " + ", ".join(parts))

    def measure(self) -> tuple[dict[str, float], float]:
        """Return the scores by name, each with the head ``eval_``, and the standard error of the one that chooses."""
        scores: dict[str, float]
        scores, slack = {"eval_loss": mean_loss(self.model, self.batches, self.settings.precision)}, 0.0
        if self.scored:
            records = self.task.validation[: self.scored]
            answers = generate(
                self.model,
                self.tokenizer,
                [self.task.prompt(record) for record in records],
                max_new_tokens=self.task.max_new_tokens,
                batch_size=self.settings.eval_batch_size,
                max_source_tokens=self.settings.max_source_tokens,
            )
            values = self.task.values(answers, records)
            scores |= {f"eval_{name}": float(value.mean()) for name, value in values.items()}
            slack = standard_error(values[self.metric or self.task.metric])
        return scores, slack


def choose(progress: Progress, score: float, slack: float, lower_is_better: bool = False) -> None:
    """Note whether the newest checkpoint is the best: unless its score is worse than the best one by more than ``slack``.

    A hundred validation records seldom tell neighbouring epochs apart, and behind the newest the learning rate has come
    down. (The one-standard-error rule of Breiman et al., 1984, here in favour of the longer training.)
    """
    sign = -1 if lower_is_better else 1
    if progress.best_score is None or sign * score > sign * progress.best_score:
        progress.best_score, progress.best_step, progress.stale = score, progress.step, 0
        return
    progress.stale += 1
    if slack and sign * score >= sign * progress.best_score - slack:
        progress.best_step = progress.step


def standard_error(values: np.ndarray) -> float:
    """Return the standard error of the mean of values, shape (n,); 0 for a single one."""
    return float(values.std(ddof=1) / math.sqrt(len(values))) if len(values) > 1 else 0.0
