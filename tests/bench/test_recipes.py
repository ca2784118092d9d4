"""The recipes that are measured beside each other: what each computes, pads and takes for its time."""

import math
from dataclasses import replace
from types import SimpleNamespace

import pytest

from labutils import t5, tasks
from labutils.bench import measurements, recipes, worker
from labutils.dialogues.loading import load_dialogues
from labutils.models import load_model


def test_nothing_is_written_out_in_the_ablation(monkeypatch, tiny):
    monkeypatch.setattr(recipes, "train_ours", lambda model: t5.fits_training(model))
    monkeypatch.setattr(recipes, "generate_ours", lambda model, *_given: t5.fits_decoding(model))
    assert t5.fits_training(tiny[0]) and t5.fits_decoding(tiny[0])
    assert not recipes.train_library(tiny[0]) and not recipes.generate_library(*tiny, [])


def test_only_the_last_pass_is_timed(monkeypatch):
    """What is compiled or tuned in the first pass is no part of the rate."""

    class Trainer:
        def add_callback(self, callback):
            self.callback = callback

        def train(self):
            for epoch in range(3):
                self.callback.on_epoch_begin(None, SimpleNamespace(epoch=float(epoch)), None)

    times = iter([7.0, 9.0])
    monkeypatch.setattr(recipes, "time", SimpleNamespace(perf_counter=lambda: next(times)))
    assert recipes._timed(Trainer(), replace(recipes.DEFAULTS, epochs=3)) == 2.0
    assert not list(times)


def test_a_quick_recipe_is_timed_as_long_as_a_slow_one(monkeypatch):
    seconds = iter([3.0, 4.0, 5.0])
    monkeypatch.setitem(
        recipes.TRAINERS, "ours", lambda model, *rest: seen.append(model) or {"seconds": next(seconds), "padding": 0.0}
    )
    seen, spec = (
        [],
        next(
            s
            for s in measurements.specifications(measurements.TINY)
            if s.get("recipe") == "ours" and s["kind"] == "train"
        ),
    )
    measured = worker.measure(spec | {"at_least_s": 6.5, "dialogues": "pocket-rich", "profile": "pocket"})
    assert (measured["times"], measured["seconds"]) == (2, 3.5) and seen[0] is not seen[1]


def test_padding_of_prompts_is_that_of_the_batches():
    lengths = [10, 1] * 8
    assert recipes.prompt_padding("reference", lengths) == 0
    assert recipes.prompt_padding("example", lengths) == pytest.approx(1 - 88 / 160)
    assert recipes.prompt_padding("ours", [1024, 1] * 4) == 0  # two of 1,024 are read at once, then the others
    assert recipes.prompt_padding("ours", [1000, 500]) == pytest.approx(1 - 1500 / 2000)


def test_random_shapes_begin_at_a_loss_near_that_of_guessing():
    model, tokenizer = worker.load("flan-t5-small", None)
    task = tasks.summarization(load_dialogues("pocket-rich"))
    assert model.lm_head.weight is not model.shared.weight
    assert recipes.held_out_loss(model, tokenizer, task, 2) == pytest.approx(math.log(32128), abs=1.5)


def test_held_out_loss_is_that_of_the_model():
    model, tokenizer = load_model("pocket-instruct")
    task = tasks.summarization(load_dialogues("pocket-rich"))
    [row] = recipes.tokenize(task.validation[:1], tokenizer, task.templates[0])
    batch = {k: v for k, v in recipes.collate([row]).items() if k != "decoder_input_ids"}
    loss = float(model(**batch).loss.detach())
    assert recipes.held_out_loss(model, tokenizer, task, 1) == pytest.approx(loss, rel=1e-5)
