"""Training on the tiny model: gradients, resuming, broken checkpoints, refusals."""

import dataclasses
import json
import os

import numpy as np
import pytest
import torch

from labutils.batches import collate, tokenize
from labutils.config import BUCKET, TrainingSettings
from labutils.errors import LabError
from labutils.machine import paths
from labutils.models import fingerprint, load_weights
from labutils.training import checkpoints, loop, loss
from labutils.training.run import Training
from labutils.training.step_batches import StepBatches, examples_after
from labutils.training.validation import Validation, standard_error

from stopped import uneven_task
from toys import code_of, make_tiny_model, tune, word_tokenizer


def test_it_learns(tiny, toy_task, tmp_path):
    history = tune(*tiny, toy_task, tmp_path, epochs=6)
    assert history.log["loss"].dropna().iloc[-1] < 0.7 * history.log["loss"].dropna().iloc[0]
    assert {"validation_loss", "accuracy"} <= set(history.log)
    assert history.train_s > 0 and history.examples_per_s > 0 and history.resumed_from is None


def trained(parts, tiny, task, tmp_path, **usual):
    """Losses, gradient norms and weights of a training for each of several settings."""
    found = []
    for i, changes in enumerate(parts):
        model = make_tiny_model()
        history = tune(model, tiny[1], task, tmp_path / str(i), epochs=1, **usual, **changes)
        weights = torch.cat([p.detach().flatten() for p in model.parameters()])
        found.append((history.log["loss"].dropna().tolist(), history.log["grad_norm"].dropna().tolist(), weights))
    return found


def same_training(first, *others, tolerance=1e-4, norm=1e-3):
    """Assert that the others' losses, norms and weights are the first one's."""
    for losses, norms, weights in others:
        assert losses == pytest.approx(first[0], rel=tolerance)
        assert norms == pytest.approx(first[1], rel=norm)
        torch.testing.assert_close(weights, first[2], rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize(("written_out", "method"), [(True, "full"), (False, "full"), (False, "lora")])
def test_accumulation_gives_the_same_gradients(written_out, method, tiny, toy_task, tmp_path, monkeypatch):
    """1, 2 and 4 parts of one batch: the same loss and the same gradient norm (T5 in a plain Trainer gives x1, x2, x4).

    In the written-out step of a CPU and in the library's forward, which every GPU takes, also under PEFT.
    """
    monkeypatch.setattr(loss.t5, "fits_training", lambda model: written_out)
    parts = [{"gradient_accumulation": n} for n in (1, 2, 4)]
    same_training(*trained(parts, tiny, toy_task, tmp_path, method=method))


@pytest.mark.parametrize("written_out", [True, False])
def test_a_budget_of_tokens_gives_the_same_gradients(written_out, tiny, toy_task, tmp_path, monkeypatch):
    """All rows at once, as many as 80 tokens hold, and one by one."""
    monkeypatch.setattr(loss.t5, "fits_training", lambda model: written_out)
    seen, split = [], StepBatches.split
    monkeypatch.setattr(StepBatches, "split", lambda self, batch: seen.append(split(self, batch)) or seen[-1])
    found = trained([{"max_tokens": n} for n in (0, 80, 1)], tiny, toy_task, tmp_path)
    same_training(*found)
    rows = [[len(part["labels"]) for part in parts] for parts in seen]
    assert {sum(parts) for parts in rows} == {8} and rows[0] == [8] and rows[-1] == [1] * 8
    assert 1 < max(len(parts) for parts in rows[len(rows) // 3 : -len(rows) // 3]) < 8


@pytest.mark.slow
def test_a_compiled_model_trains_the_same_on_few_shapes(tiny, toy_task, tmp_path, monkeypatch):
    """torch.compile without code generation: what is traced, and on which lengths, is that of a GPU."""
    calls, compile_ = [], torch.compile

    def noted(model, **options):
        calls.append(options)
        inner = compile_(model, **options)
        return lambda **batch: calls.append(tuple(batch["input_ids"].shape)) or inner(**batch)

    monkeypatch.setattr(torch, "compile", noted)
    monkeypatch.setattr(loss.t5, "fits_training", lambda model: False)
    same_training(*trained([{}, {"compile": "aot_eager"}], tiny, toy_task, tmp_path))
    options, *shapes = calls
    assert options["backend"] == "aot_eager" and len(shapes) == 5 and set(shapes) == {(8, BUCKET)}


def test_how_it_is_computed_does_not_make_it_another_training(tiny, toy_task, tmp_path):
    """Folders of before know neither max_tokens nor compile; they were refused, or emptied."""
    tune(*tiny, toy_task, tmp_path, epochs=1)
    kept = json.loads((tmp_path / "run.json").read_text())["settings"]
    assert not {"max_tokens", "compile"} & set(kept)
    assert tune(make_tiny_model(), tiny[1], toy_task, tmp_path, epochs=1, max_tokens=80).resumed_from == "finished"


def test_loss_is_that_of_the_model(tiny, toy_task, tmp_path):
    """The trainer's loss is the mean over real target tokens, as T5's own loss gives it for one batch."""
    model, tokenizer = tiny
    rows = tokenize(toy_task.train[:8], tokenizer, toy_task.templates)
    with torch.no_grad():
        expected = float(model(**{k: v for k, v in collate(rows).items() if k != "decoder_input_ids"}).loss)
    one = toy_task.take(train=8)
    history = tune(model, tokenizer, one, tmp_path, epochs=1, eval_examples=0)
    assert history.log["loss"].iloc[0] == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("method", ["full", "lora"])
def test_recomputing_activations_changes_no_number(method, tiny, toy_task, tmp_path):
    losses = []
    for recompute in (False, True):
        folder = tmp_path / str(recompute)
        history = tune(make_tiny_model(), tiny[1], toy_task, folder, method=method, gradient_checkpointing=recompute)
        losses.append(history.log["loss"].dropna().tolist())
    assert losses[1][:2] == pytest.approx(losses[0][:2], rel=1e-4)  # later ones: rounding, added up by training
    assert losses[1] == pytest.approx(losses[0], rel=1e-2)


def test_lora_leaves_the_base_as_it_was(tiny, toy_task, tmp_path):
    model, tokenizer = tiny
    before = fingerprint(model)
    history = tune(model, tokenizer, toy_task, tmp_path, method="lora", learning_rate=1e-2)
    assert fingerprint(history.model, adapters=False) == before
    assert fingerprint(history.model) != before
    assert (history.folder / "adapter_model.safetensors").is_file()


@pytest.mark.parametrize("method", ["full", "lora"])
def test_a_trained_model_answers_as_it_will_when_loaded_again(method, tiny, toy_task, tmp_path):
    """Accelerate's bf16 autocast stays in the training and does not reach what the caller gets."""
    model, tokenizer = tiny
    history = tune(model, tokenizer, toy_task, tmp_path, method=method, epochs=1, precision="bf16")
    batch = collate(tokenize(toy_task.test[:4], tokenizer, toy_task.templates))
    again = load_weights(make_tiny_model(), history.folder)
    with torch.no_grad():
        assert torch.equal(history.model(**batch).logits, again(**batch).logits)


def test_nan_stops_with_the_reason(tiny, toy_task, tmp_path):
    with pytest.raises(LabError) as caught:
        tune(*tiny, toy_task, tmp_path, learning_rate=1e30, max_grad_norm=0.0, warmup=0.0)
    assert caught.value.code == "nan"
    assert "learning_rate" in str(caught.value)
    assert all(checkpoints.fault(p) for p in checkpoints.all_checkpoints(tmp_path))  # no NaN passes for a checkpoint


def test_weights_that_are_no_numbers_are_no_result(tmp_path, monkeypatch):
    """Without validation nothing looked at the weights that the last step left."""
    step = loop.Loop.step

    def overflow(self, *args):
        result = step(self, *args)
        next(self.whole.parameters()).data[0, 0] = float("inf")
        return result

    monkeypatch.setattr(loop.Loop, "step", overflow)
    task = dataclasses.replace(uneven_task(), validation=[])
    with pytest.raises(LabError, match="learning_rate") as caught:
        tune(make_tiny_model(), word_tokenizer(), task, tmp_path / "run", max_steps=1)
    assert caught.value.code == "nan"


def test_a_full_disk_is_noticed_before_training(tiny, toy_task, tmp_path, monkeypatch):
    monkeypatch.setattr(paths.shutil, "disk_usage", lambda path: os.statvfs_result and type("D", (), {"free": 1000})())
    with pytest.raises(LabError) as caught:
        tune(*tiny, toy_task, tmp_path / "full")
    assert caught.value.code == "disk"
    assert not checkpoints.all_checkpoints(tmp_path / "full")


def test_no_examples_is_an_error(tiny, toy_task, tmp_path):
    with pytest.raises(LabError) as caught:
        tune(*tiny, toy_task.take(train=0), tmp_path)
    assert caught.value.code == "no_data"


def test_without_validation_it_trains_all_the_same(tiny, toy_task, tmp_path):
    history = tune(*tiny, toy_task.take(validation=0), tmp_path)
    assert "validation_loss" not in history.log
    assert (history.folder / "model.safetensors").is_file()


def test_best_checkpoint_is_the_one_validation_chose(tiny, toy_task, tmp_path):
    history = tune(*tiny, toy_task, tmp_path, epochs=4, eval_examples=0)
    losses = history.log.dropna(subset="validation_loss").set_index("step")["validation_loss"]
    assert history.best_step == losses.idxmin()
    stored = json.loads((tmp_path / "finished.json").read_text())
    assert stored["best_step"] == history.best_step


def best_of(scores, slack, tiny, toy_task, tmp_path, monkeypatch):
    """Train so many epochs, the validation scores given, and return which epoch was kept."""
    coming = iter(scores)

    def measure(self):
        return {"eval_loss": 1.0, "eval_accuracy": next(coming)}, slack

    monkeypatch.setattr(Validation, "measure", measure)
    history = tune(*tiny, toy_task, tmp_path, epochs=len(scores))
    return history.best_step // 5  # 40 rows, batches of 8


@pytest.mark.parametrize(
    ("scores", "kept"),
    [
        ((0.50, 0.49, 0.48), 3),  # nothing that validation could tell apart: the newest
        ((0.50, 0.60, 0.45), 2),  # clearly worse at the end
        ((0.60, 0.56, 0.58), 3),  # 0.56 is too low, 0.58 is near enough to the best, not to its neighbour
        ((0.60, 0.56, 0.52), 1),
    ],
)
def test_the_newest_that_is_not_clearly_worse_is_kept(scores, kept, tiny, toy_task, tmp_path, monkeypatch):
    assert best_of(scores, 0.03, tiny, toy_task, tmp_path, monkeypatch) == kept


def test_without_a_standard_error_the_best_is_kept(tiny, toy_task, tmp_path, monkeypatch):
    assert best_of((0.50, 0.49, 0.48), 0.0, tiny, toy_task, tmp_path, monkeypatch) == 1


def test_the_standard_error_is_that_of_the_chosen_score():
    assert standard_error(np.array([0.0, 1.0, 0.0, 1.0])) == pytest.approx((1 / 3) ** 0.5 / 2)
    assert standard_error(np.array([1.0])) == 0.0


@pytest.mark.parametrize("wrong", [{"batch_size": "many"}, {"epochs": "3"}, {"eval_examples": 10.0}, {"seed": True}])
def test_a_setting_of_another_kind_is_named(wrong):
    with pytest.raises(LabError, match=next(iter(wrong))) as error:
        TrainingSettings(**wrong)
    assert error.value.code == "settings"


def test_examples_are_counted_as_they_were():
    """500 examples at 16 were counted as 512: the last batch of a pass holds four."""
    assert [examples_after(steps, 500, 16) for steps in (0, 1, 31, 32, 33, 64)] == [0, 16, 496, 500, 516, 1000]
    assert examples_after(3, 5, 8) == 15


@pytest.mark.parametrize(("changes", "code"), [
    ({"method": "lora", "target_modules": ("zz",)}, "settings"), ({"method": "lora", "target_modules": ("q", "zz")}, "settings"),
    ({"method": "lora", "target_modules": "zz"}, "settings"), ({"method": "lora", "target_modules": "(q"}, "settings"),
    ({"method": "lora", "target_modules": ("shared",)}, "settings"), ({"method": "lora", "target_modules": "encoder.*"}, "settings"),
    ({"compile": "zz"}, "settings"), ({"metric": ""}, "settings"), ({"metric": "rouge9"}, "settings"),
    ({"resume": None}, "settings"), ({"resume": "yes"}, "settings"), ({"output_dir": None}, "output_dir"),
    ({"output_dir": " "}, "output_dir"), ({"output_dir": b"x"}, "output_dir"), ({"output_dir": "a\0b"}, "output_dir"),
    ({"task": None}, "task"), ({"task": {"templates": []}}, "task"), ({"task": {"metric": "zz"}}, "settings"),
])  # fmt: skip
def test_what_cannot_be_is_named_before_anything_is_trained(changes, code, tiny, toy_task, tmp_path, monkeypatch):
    """Tracebacks of PEFT, torch and pathlib, a KeyError after the first epoch; resume=None removed the earlier training."""
    monkeypatch.setattr(Training, "run", lambda *_: pytest.fail("it trains"))
    changes = {"output_dir": tmp_path / "run", "task": toy_task, "resume": True, **changes}
    task, folder, resume = (changes.pop(name) for name in ("task", "output_dir", "resume"))
    task = dataclasses.replace(toy_task, **task) if isinstance(task, dict) else task
    assert code_of(tune, *tiny, task, folder, resume, **changes) == code


def test_a_score_that_is_no_number_stops_with_the_reason(tiny, toy_task, tmp_path):
    """No score is better than nan: the first checkpoint passed for the best."""
    task = dataclasses.replace(toy_task, measure=lambda _answers, rows: {"accuracy": np.full(len(rows), np.nan)})
    with pytest.raises(LabError, match="accuracy") as caught:
        tune(*tiny, task, tmp_path)
    assert caught.value.code == "nan"
