"""Four recipes for the same work, written from what their authors document; none of their code is here.

- ``reference``: the best-known course lab on this task ("Generative AI with LLMs", lab 2, 2023). Prompts and targets are
  padded to 512, targets with the padding token itself, so that it counts in the loss; no attention mask; fp32; prompts
  are answered one at a time; rouge_score with its bootstrap.
- ``example``: the defaults of Hugging Face's summarization example (transformers' run_summarization): dynamic padding in
  random order, -100, fp32; eight prompts at a time in the order given. ``example bf16`` adds its --bf16.
- ``library``: ours with T5 and LoRA computed by transformers and PEFT: what labutils.t5's written-out path buys on a CPU.
- ``ours``: what fine_tune, generate and score_summaries do. ``ours fp32`` with that precision.
"""

import dataclasses
import time
from collections.abc import Callable, Sequence
from typing import Any, cast

import torch
from accelerate.utils import extract_model_from_parallel

from labutils import generation, models, t5
from labutils.batches import IGNORE, collate, tokenize
from labutils.bench.limits import Watch
from labutils.bench.results import Measured
from labutils.config import TrainingSettings, profile
from labutils.evaluation.comparison import score_summaries
from labutils.interfaces import Model, Tokenizer
from labutils.machine import device
from labutils.tasks import Task
from labutils.training import run
from labutils.training.loop import Batch

LONGEST = 512  # tokens, of prompt and (in the reference) of target
ANSWER_TOKENS = 64  # each recipe's own default differs (200, 128, 64); the same here, so that the work is


def adapted(model: Model, settings: TrainingSettings) -> Model:
    """The model, with LoRA where the settings ask for it."""
    return models.add_lora(model, settings) if settings.method == "lora" else model


# --- training ------------------------------------------------------------------------------------------------------
def _arguments(settings: TrainingSettings, folder: str, kind: Any, **more: Any) -> Any:
    arguments = kind(
        output_dir=str(folder), num_train_epochs=settings.epochs, per_device_train_batch_size=settings.batch_size,
        learning_rate=settings.learning_rate, save_strategy="no", report_to=[], disable_tqdm=True, logging_steps=10**9,
        seed=settings.seed, use_cpu=device.torch_device().type == "cpu", remove_unused_columns=False, **more,
    )  # fmt: skip
    arguments._n_gpu = min(arguments.n_gpu, 1)  # with DataParallel the batch would be another one
    return arguments


def _timed(trainer: Any, settings: TrainingSettings) -> float:
    """Seconds of the last pass; those before it warm the machine up, and compile what is to be compiled."""
    from transformers import TrainerCallback

    class Clock(TrainerCallback):
        started = 0.0

        def on_epoch_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
            if round(state.epoch or 0) == settings.epochs - 1:
                _wait()
                self.started = time.perf_counter()

    clock = Clock()
    trainer.add_callback(clock)
    trainer.train()
    _wait()
    return time.perf_counter() - clock.started


def _wait() -> None:
    if torch.cuda.is_available():
        torch.cuda.synchronize()


def _padded_to_the_longest(rows: list[dict]) -> float:
    """Share of padding when each side of every row is filled up to the longest."""
    real = sum(len(row["input_ids"]) + len(row["labels"]) for row in rows)
    return 1 - real / (2 * LONGEST * len(rows))


def train_reference(
    model: Model, tokenizer: Tokenizer, task: Task, settings: TrainingSettings, folder: str
) -> Measured:
    """Everything padded to 512, labels with the padding token, no mask."""
    from transformers import Trainer, TrainingArguments, default_data_collator

    rows = tokenize(task.train, tokenizer, task.templates[0], LONGEST, settings.max_target_tokens)
    pad = tokenizer.pad_token_id
    fixed = [{side: row[side] + [pad] * (LONGEST - len(row[side])) for side in ("input_ids", "labels")} for row in rows]
    trainer = Trainer(
        model=adapted(model, settings), args=_arguments(settings, folder, TrainingArguments), train_dataset=fixed,
        data_collator=default_data_collator,
    )  # fmt: skip
    return {"seconds": _timed(trainer, settings), "padding": _padded_to_the_longest(rows)}


def train_example(model: Model, tokenizer: Tokenizer, task: Task, settings: TrainingSettings, folder: str) -> Measured:
    """Random order, padded to the longest of the batch, -100."""
    from transformers import DataCollatorForSeq2Seq, Seq2SeqTrainer, Seq2SeqTrainingArguments

    rows = tokenize(task.train, tokenizer, task.templates[0], LONGEST, settings.max_target_tokens)
    bf16 = device.resolve_precision(settings.precision) == "bf16"
    kept = [{side: row[side] for side in ("input_ids", "attention_mask", "labels")} for row in rows]
    model = adapted(model, settings)
    collator = DataCollatorForSeq2Seq(tokenizer, model=model, label_pad_token_id=IGNORE)
    counted = Counted(collator)
    arguments = _arguments(settings, folder, Seq2SeqTrainingArguments, bf16=bf16)
    trainer = Seq2SeqTrainer(model=model, args=arguments, train_dataset=kept, data_collator=counted)
    return {"seconds": _timed(trainer, settings), "padding": counted.padding}


def train_ours(
    model: Model,
    tokenizer: Tokenizer,
    task: Task,
    settings: TrainingSettings,
    folder: str | None,
    watch: Watch | None = None,
) -> Measured:
    """The loop of fine_tune, without validation and saving; ``watch`` is started and stopped around the last pass."""
    training = run.prepare(model, tokenizer, dataclasses.replace(task, validation=[]), settings, True)
    steps = training.stepwise()
    with run.plain_attention(training.model):
        for _warm in range(training.total - training.steps.per_epoch):
            next(steps)
        _wait()
        if watch is not None:
            watch.start()
        started = time.perf_counter()
        for _step in steps:
            pass
        _wait()
        seconds = time.perf_counter() - started
        if watch is not None:
            watch.stop()
    counted = Counted(training.steps.collate)  # afterwards: on a GPU other processes collate
    for rows in training.steps.plan(0, training.steps.per_epoch):
        counted([training.steps.rows[i] for i in rows])
    return {"seconds": seconds, "padding": counted.padding, "largest_batch": counted.largest}


def train_library(*given: Any) -> Measured:
    """Ours, with nothing written out."""
    with t5.library_only():
        return train_ours(*given)


class Counted:
    """A collator that counts padding: tokens of either side that no row put there.

    ``largest``: source and target length of the batch with most tokens.
    """

    def __init__(self, collator: Callable[[list[dict]], Batch]):
        self.collator, self.real, self.all, self.most, self.largest = collator, 0, 0, 0, [0, 0]

    def __call__(self, rows: list[dict]) -> Batch:
        """Collate and count."""
        batch = self.collator(rows)
        self.real += int(batch["attention_mask"].sum() + (batch["labels"] != IGNORE).sum())
        size = batch["input_ids"].numel() + batch["labels"].numel()
        self.all += size
        if size > self.most:
            self.most, self.largest = size, [batch[side].shape[1] for side in ("input_ids", "labels")]
        return batch

    @property
    def padding(self) -> float:
        """Share of padding among all tokens, 0 to 1."""
        return 1 - self.real / self.all


@torch.no_grad()
def held_out_loss(model: Model, tokenizer: Tokenizer, task: Task, limit: int) -> float:
    """Mean loss in nats, in fp32, over the real target tokens of validation dialogues: one yardstick for every recipe."""
    model = extract_model_from_parallel(model, keep_fp32_wrapper=False)  # takes off what Trainer leaves around forward
    rows = tokenize(task.validation[:limit], tokenizer, task.templates[0])
    model.eval()
    total, count = 0.0, 0
    for row in rows:
        batch = {name: value.to(model.device) for name, value in collate([row], tokenizer.pad_token_id).items()}
        labels = batch.pop("labels")
        logits = model(**batch, use_cache=False).logits.float()
        total += float(torch.nn.functional.cross_entropy(logits[0], labels[0], reduction="sum"))
        count += labels.numel()
    return total / count


# --- generation ----------------------------------------------------------------------------------------------------
def generate_reference(model: Model, tokenizer: Tokenizer, prompts: Sequence[str]) -> list[str]:
    """One prompt at a time."""
    answers = []
    for prompt in prompts:
        ids = tokenizer(prompt, return_tensors="pt", truncation=True, max_length=LONGEST).input_ids.to(model.device)
        with torch.no_grad():
            tokens = cast(Any, model).generate(
                input_ids=ids, max_new_tokens=ANSWER_TOKENS, num_beams=1, do_sample=False
            )
        answers += [text.strip() for text in tokenizer.batch_decode(tokens, skip_special_tokens=True)]
    return answers


def generate_example(model: Model, tokenizer: Tokenizer, prompts: Sequence[str]) -> list[str]:
    """Eight at a time, in the order given (the example's per_device_eval_batch_size)."""
    answers = []
    size = prompts_at_once("example")
    for start in range(0, len(prompts), size):
        batch = tokenizer(
            prompts[start : start + size], return_tensors="pt", truncation=True, max_length=LONGEST, padding=True
        ).to(model.device)
        with torch.no_grad():
            tokens = cast(Any, model).generate(
                input_ids=batch.input_ids, attention_mask=batch.attention_mask, max_new_tokens=ANSWER_TOKENS,
                num_beams=1, do_sample=False,
            )  # fmt: skip
        answers += [text.strip() for text in tokenizer.batch_decode(tokens, skip_special_tokens=True)]
    return answers


def generate_ours(model: Model, tokenizer: Tokenizer, prompts: Sequence[str]) -> list[str]:
    """Sorted by length, in batches; on a CPU by labutils.t5."""
    return generation.generate(model, tokenizer, prompts, ANSWER_TOKENS, batch_size=prompts_at_once("ours"))


def generate_library(model: Model, tokenizer: Tokenizer, prompts: Sequence[str]) -> list[str]:
    """Ours, with nothing written out."""
    with t5.library_only():
        return generate_ours(model, tokenizer, prompts)


def prompts_at_once(recipe: str) -> int:
    """Return how many prompts a recipe answers together."""
    ours = profile("pocket" if device.torch_device().type == "cpu" else "gpu").eval_batch_size
    return {"reference": 1, "example": 8, "library": ours, "ours": ours}[recipe]


def prompt_padding(recipe: str, lengths: list[int]) -> float:
    """Return the share of padding among the prompt tokens that a recipe's batches hold, 0 to 1."""
    size = prompts_at_once(recipe)
    order = sorted(lengths, reverse=True) if recipe in ("library", "ours") else lengths
    batches = [order[start : start + size] for start in range(0, len(order), size)]
    if recipe == "ours" and device.torch_device().type == "cpu":
        batches = [batch[part] for batch in batches for part in generation.parts_to_read(batch)]
    return 1 - sum(lengths) / sum(len(batch) * max(batch) for batch in batches)


# --- scoring -------------------------------------------------------------------------------------------------------
def score_others(predictions: Sequence[str], references: Sequence[list[str]]) -> float:
    """rouge_score with stems and its unseeded bootstrap, as evaluate's rouge does by default -> ROUGE-1."""
    from rouge_score.rouge_scorer import RougeScorer
    from rouge_score.scoring import BootstrapAggregator

    scorer = RougeScorer(["rouge1", "rouge2", "rougeL", "rougeLsum"], use_stemmer=True)
    totals = BootstrapAggregator()
    for prediction, wanted in zip(predictions, references, strict=True):
        totals.add_scores(scorer.score_multi(wanted, prediction))
    return float(totals.aggregate()["rouge1"].mid.fmeasure)


def score_ours(predictions: Sequence[str], references: Sequence[list[str]]) -> float:
    """Exact, cached stems, seeded intervals by dialogue -> ROUGE-1; max over references, as score_multi takes it."""
    return score_summaries(predictions, references, multi="max")["rouge1"].value


TRAINERS = {"reference": train_reference, "example": train_example, "library": train_library, "ours": train_ours}
GENERATORS = {
    "reference": generate_reference, "example": generate_example, "library": generate_library, "ours": generate_ours,
}  # fmt: skip
SCORERS = {"reference": score_others, "example": score_others, "ours": score_ours}
DEFAULTS = TrainingSettings(epochs=1, eval_examples=0, warmup=0.0)
