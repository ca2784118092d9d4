"""One measurement in a process of its own: ``python -m labutils.bench.worker SPECIFICATION`` prints JSON.

A specification is JSON: kind (``matrix``, ``train``, ``generate``, ``score``), recipe, precision, method, shape, sizes.
"""

import dataclasses
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

import torch

from labutils import models, t5, tasks
from labutils.bench import limits, recipes
from labutils.bench.results import Measured, Specification
from labutils.config import Profile, TrainingSettings
from labutils.dialogues.loading import load_dialogues
from labutils.evaluation.bounds import lead
from labutils.evaluation.comparison import score_summaries
from labutils.interfaces import Tokenizer
from labutils.machine import device, memory
from labutils.planning import planner
from labutils.tasks import Task
from labutils.training import fine_tune

if TYPE_CHECKING:
    from transformers import T5Config, T5ForConditionalGeneration

SIZE = 2048  # of the square product that stands for the hardware's matrix rate


def matrix_rate(precision: str, seconds: float = 2.0) -> float:
    """Return the best rate of a square matrix product on this machine, in TFLOP/s."""
    dtype = torch.bfloat16 if precision == "bf16" else torch.float32
    size = SIZE if device.torch_device().type == "cpu" else 4 * SIZE
    a, b = (torch.randn(size, size, device=device.torch_device()).to(dtype) for _ in range(2))
    best, end = 0.0, time.perf_counter() + seconds
    while time.perf_counter() < end:
        start = time.perf_counter()
        for _ in range(4):
            a @ b
        _synchronize()
        best = max(best, 4 * 2 * size**3 / (time.perf_counter() - start))
    return best / 1e12


def _synchronize() -> None:
    if torch.cuda.is_available():
        torch.cuda.synchronize()


def load(shape: str, profile: Profile) -> "tuple[T5ForConditionalGeneration, Tokenizer]":
    """(model, tokenizer): the profile's tuned model, or random weights in another shape with the shipped tokenizer."""
    if shape == "tuned":
        model, tokenizer = models.load_model("auto", profile)
        return cast("T5ForConditionalGeneration", model), tokenizer
    from transformers import AutoModelForSeq2SeqLM

    _small, tokenizer = models.load_model("pocket-instruct")
    device.set_seed(0)
    config = planner.shape_config(shape)
    config.pad_token_id, config.eos_token_id = tokenizer.pad_token_id, tokenizer.eos_token_id
    model = AutoModelForSeq2SeqLM.from_config(config)
    t5.untie_head(model)
    with torch.no_grad():  # never the most likely: ids that this tokenizer does not know would leave no text
        model.lm_head.weight[len(tokenizer) :] = 0
    return model.to(device.torch_device()).eval(), tokenizer


def measure(spec: Specification) -> Measured:
    """Run one measurement -> its figures."""
    from labutils import config

    if spec["kind"] == "matrix":
        return {name: matrix_rate(name) for name in ("fp32", "bf16")}
    profile = config.profile(spec.get("profile", "auto"))
    device.quiet_libraries()
    task = tasks.summarization(load_dialogues(spec["dialogues"]))
    if spec["kind"] == "score":
        return score(spec, task)
    load("tuned", profile)  # and forget it: what libraries import at first use is not the recipe's
    kinds = {"train": train, "generate": generate, "epoch": epoch, "limits": where_time_goes}
    return kinds[spec["kind"]](spec, task, profile)


def planned_mib(spec: Specification, config: "T5Config", tokens: tuple[int, int]) -> float:
    """What the planner says of the largest batch that was trained on, padded as it was."""
    settings = TrainingSettings(
        method=spec["method"],
        precision=spec["precision"],
        batch_size=spec["batch_size"],
        compile=spec.get("compile", ""),
    )
    return planner.estimate(config, settings, tokens, gpu=device.torch_device().type == "cuda").peak_mib


def settings_of(spec: Specification, profile: Profile) -> TrainingSettings:
    """What a specification of a training asks for."""
    rate = profile.learning_rate_lora if spec["method"] == "lora" else profile.learning_rate_full
    return dataclasses.replace(
        recipes.DEFAULTS, method=spec["method"], precision=spec["precision"], batch_size=spec["batch_size"],
        learning_rate=rate, epochs=1 + spec.get("warm", 0), compile=spec.get("compile", ""),
    )  # fmt: skip


def train(spec: Specification, task: Task, profile: Profile) -> Measured:
    """Train on the first examples -> rates, padding, arithmetic, memory and the loss that came of it.

    ``warm`` of the specification: passes before the one that is timed. ``at_least_s``: the whole training is done again
    until so many seconds were timed, so that a quick recipe is measured for as long as a slow one.
    """
    method, settings = spec["method"], settings_of(spec, profile)
    # One phrasing for all: ours would take the templates in turn, and the others would do other work.
    task = dataclasses.replace(task.take(train=spec["examples"]), templates=task.templates[:1])
    timed: list[float] = []
    with memory.PeakMemory() as gauge:
        while sum(timed) < spec.get("at_least_s", 0.0) or not timed:
            model, tokenizer = load(spec["shape"], profile)
            with tempfile.TemporaryDirectory() as folder:
                measured = recipes.TRAINERS[spec["recipe"]](model, tokenizer, task, settings, folder)
            timed.append(measured.pop("seconds"))
    if "group" in spec:
        measured["planned_mib"] = planned_mib(spec, model.config, measured["largest_batch"])
    seconds, rows = sum(timed) / len(timed), recipes.tokenize(task.train, tokenizer, task.templates[0])
    lengths = [(len(row["input_ids"]), len(row["labels"])) for row in rows]
    flops = training_flops(model.config, rows, method)
    return measured | {
        "examples": len(lengths), "times": len(timed), "seconds": seconds, "examples_per_s": len(lengths) / seconds,
        "tokens_per_s": sum(map(sum, lengths)) / seconds, "tflops": flops / seconds / 1e12, "peak_mib": gauge.peak_mib,
        "held_out_loss": recipes.held_out_loss(model, tokenizer, task, spec["held_out"]),
    }  # fmt: skip


def epoch(spec: Specification, task: Task, profile: Profile) -> Measured:
    """One pass over the training dialogues, then every test dialogue summarized and scored -> seconds of both."""
    settings = dataclasses.replace(
        recipes.DEFAULTS, batch_size=spec["batch_size"], learning_rate=profile.learning_rate_full
    )
    task = dataclasses.replace(task.take(train=spec["examples"]), validation=[])
    test = task.test[: min(spec["examples"], len(task.test))]
    with memory.PeakMemory() as gauge:
        model, tokenizer = load(spec["shape"], profile)
        start = time.perf_counter()
        with tempfile.TemporaryDirectory() as folder:
            history = fine_tune(model, tokenizer, task, settings, output_dir=folder, quiet=True)
        middle = time.perf_counter()
        answers = recipes.generate_ours(history.model or model, tokenizer, [task.prompt(row) for row in test])
        value = score_summaries(answers, [row["references"] for row in test])["rouge1"].value
        seconds = time.perf_counter() - start
    parts = {"train_s": middle - start, "evaluate_s": seconds - (middle - start), "peak_mib": gauge.peak_mib}
    return {"examples": len(task.train), "test": len(test), "seconds": seconds, "rouge1": value} | parts


def generate(spec: Specification, task: Task, profile: Profile) -> Measured:
    """Answer the first test prompts -> rates (of tokens read and written), padding of the prompts, and the answers."""
    prompts = [task.prompt(record) for record in task.test[: spec["examples"]]]
    run, times = recipes.GENERATORS[spec["recipe"]], 0
    with memory.PeakMemory() as gauge:
        model, tokenizer = load(spec["shape"], profile)
        run(model, tokenizer, prompts[:2])
        start = time.perf_counter()
        while time.perf_counter() - start < spec.get("at_least_s", 0.0) or not times:
            answers, times = run(model, tokenizer, prompts), times + 1
            _synchronize()
        seconds = (time.perf_counter() - start) / times
    read, written = ([len(ids) for ids in tokenizer(texts)["input_ids"]] for texts in (prompts, answers))
    flops = generation_flops(model.config, tokenizer, prompts, answers)
    return {
        "seconds": seconds, "times": times, "examples": len(prompts), "examples_per_s": len(prompts) / seconds,
        "tokens_per_s": (sum(read) + sum(written)) / seconds, "tflops": flops / seconds / 1e12,
        "padding": recipes.prompt_padding(spec["recipe"], read), "answers": answers, "peak_mib": gauge.peak_mib,
    }  # fmt: skip


def where_time_goes(spec: Specification, task: Task, profile: Profile) -> Measured:
    """Profile ours, training or (method ``generate``) answering -> shares of the time, and the products' rate.

    ``products_tflops``: arithmetic of real tokens in the time that matrix products take.
    """
    model, tokenizer = load(spec["shape"], profile)
    if spec["method"] == "generate":
        prompts, watch = [task.prompt(record) for record in task.test[: spec["examples"]]], limits.Watch()
        recipes.generate_ours(model, tokenizer, prompts)
        watch.start()
        answers = recipes.generate_ours(model, tokenizer, prompts)
        watch.stop()
        flops = generation_flops(model.config, tokenizer, prompts, answers)
    else:
        task = dataclasses.replace(task.take(train=spec["examples"]), templates=task.templates[:1])
        watch = limits.Watch()
        recipes.train_ours(model, tokenizer, task, settings_of(spec, profile), None, watch)
        rows = recipes.tokenize(task.train, tokenizer, task.templates[0])
        flops = training_flops(model.config, rows, spec["method"])
    rate = flops / (watch.shares[limits.PRODUCTS] * watch.seconds) / 1e12
    precision = device.resolve_precision() if spec["method"] == "generate" else spec["precision"]
    return {"seconds": watch.seconds, "shares": watch.shares, "products_tflops": rate, "precision": precision}


def training_flops(config: "T5Config", rows: Sequence[dict], method: str) -> float:
    """Count a pass over tokenized rows; padding is no work."""
    return sum(planner.training_flops(config, len(row["input_ids"]), len(row["labels"]), method) for row in rows)


def generation_flops(config: "T5Config", tokenizer: Tokenizer, prompts: Sequence[str], answers: Sequence[str]) -> float:
    """Count the reading of prompts and the writing of answers."""
    read, written = ([len(ids) for ids in tokenizer(texts)["input_ids"]] for texts in (prompts, answers))
    return sum(planner.forward_flops(config, *lengths) for lengths in zip(read, written, strict=True))


def score(spec: Specification, task: Task) -> Measured:
    """Score the first three turns of test dialogues as if a model had written them -> rates (of words) and the score."""
    rows = task.test[: spec["examples"]]
    predictions, references = [lead(row["dialogue"]) for row in rows], [row["references"] for row in rows]
    words = sum(len(text.split()) for text in [*predictions, *(one for several in references for one in several)])
    with memory.PeakMemory() as gauge:
        start = time.perf_counter()
        value = recipes.SCORERS[spec["recipe"]](predictions, references)
        seconds = time.perf_counter() - start
    return {
        "examples": len(rows), "seconds": seconds, "examples_per_s": len(rows) / seconds,
        "tokens_per_s": words / seconds, "peak_mib": gauge.peak_mib, "rouge1": value,
    }  # fmt: skip


if __name__ == "__main__":
    print(json.dumps(measure(json.loads(sys.argv[1]))))
