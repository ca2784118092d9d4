"""Predicted memory and time, held to what was counted and measured."""

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from labutils import models, planner, runtime
from labutils.config import TrainingSettings
from labutils.i18n import LabError
from labutils.planner import DEVICES, estimate, shape_config
from labutils.training import fine_tune

from toys import make_tiny_model

SMALL = TrainingSettings(batch_size=4, precision="fp32")
# MiB above the loaded model, as History.peak_memory_mib measured it: shipped model, rows cut to one length, two cores of
# an AMD EPYC with AVX512-BF16, torch 2.13 (method, rows, source, target, precision, measured).
MEASURED = [
    ("full", 16, 218, 33, "bf16", 427),
    ("full", 32, 218, 33, "bf16", 674),
    ("lora", 16, 218, 33, "bf16", 371),
    ("full", 8, 512, 64, "bf16", 531),
    ("full", 8, 512, 64, "fp32", 862),
]


def predicted(shape, settings, tokens, **options):
    found = estimate(shape, settings, tokens, **options)
    return found.optimizer_mib + found.step_mib


def test_flops_are_those_that_torch_counts():
    model = make_tiny_model()
    model.set_attn_implementation("eager")  # the counter does not know the CPU's fused kernel
    ids, labels = torch.ones((2, 30), dtype=torch.long), torch.ones((2, 9), dtype=torch.long)
    with FlopCounterMode(display=False) as counter:
        model(input_ids=ids, labels=labels)
    assert counter.get_total_flops() == 2 * planner.forward_flops(model.config, 30, 9)
    assert planner.training_flops(model.config, 30, 9, "lora") == 2 * planner.forward_flops(model.config, 30, 9)


def test_flan_t5_base_is_what_the_arithmetic_says():
    assert planner.training_flops(shape_config("flan-t5-base"), 223, 38) == pytest.approx(167e9, rel=0.01)


@pytest.mark.parametrize(("method", "rows", "source", "target", "precision", "measured"), MEASURED)
def test_memory_is_predicted_within_15_percent(method, rows, source, target, precision, measured):
    settings = TrainingSettings(method=method, batch_size=rows, precision=precision)
    assert predicted("pocket", settings, (source, target), gpu=False) == pytest.approx(measured, rel=0.15)


def test_weights_and_optimizer_are_counted_exactly():
    found = estimate(make_tiny_model().config, SMALL, (8, 4))
    size = sum(p.numel() for p in make_tiny_model().parameters())
    assert found.weights_mib * planner.MIB == 4 * size == found.gradients_mib * planner.MIB
    assert found.optimizer_mib == 2 * found.weights_mib
    assert (
        estimate(make_tiny_model().config, SMALL, (8, 4), optimizer="adamw_8bit").optimizer_mib == found.weights_mib / 2
    )
    assert found.peak_mib == found.weights_mib + found.optimizer_mib + found.step_mib


def test_flan_t5_has_a_head_of_its_own():
    assert estimate("flan-t5-small", SMALL, (8, 4)).weights_mib * planner.MIB / 4 == pytest.approx(76.96e6, rel=0.001)


def test_what_saves_memory_saves_it():
    plain = estimate("flan-t5-small", SMALL, (256, 32))
    assert (
        estimate("flan-t5-small", TrainingSettings(batch_size=8, precision="fp32"), (256, 32)).step_mib > plain.step_mib
    )
    split = TrainingSettings(batch_size=4, gradient_accumulation=4, precision="fp32")
    recomputed = TrainingSettings(batch_size=4, gradient_checkpointing=True, precision="fp32")
    lora = TrainingSettings(batch_size=4, method="lora", precision="fp32")
    for saving in (split, recomputed, lora):
        assert estimate("flan-t5-small", saving, (256, 32)).peak_mib < plain.peak_mib
    bits = [estimate("flan-t5-small", lora, (64, 8), base_bits=n).weights_mib for n in (32, 16, 8, 4)]
    assert bits == sorted(bits, reverse=True) and bits[3] < bits[0] / 2


def test_the_traced_model_leaves_no_trace():
    before = torch.get_default_dtype(), torch.is_grad_enabled()
    estimate("pocket", SMALL, (16, 8), gpu=False)
    assert (torch.get_default_dtype(), torch.is_grad_enabled()) == before
    assert float(make_tiny_model().shared.weight.detach().sum()) != 0  # real tensors again


def test_devices_and_sharding():
    full = estimate(
        "flan-t5-xl", TrainingSettings(batch_size=1, precision="bf16", gradient_checkpointing=True), (64, 16)
    )
    assert not full.fits(DEVICES["A100-40"]) and full.fits(DEVICES["A100-40"], gpus=8)
    assert not full.fits(DEVICES["T4"], gpus=8)  # no bf16 there
    assert full.seconds(1000, DEVICES["A100-40"], gpus=8) == pytest.approx(full.seconds(1000, DEVICES["A100-40"]) / 8)
    assert full.sharded_mib(1) == pytest.approx(full.peak_mib)


@pytest.mark.parametrize(
    ("options", "code"),
    [({"optimizer": "lion"}, "optimizer"), ({"base_bits": 4}, "base_bits"), ({"base_bits": 3}, "base_bits")],
)
def test_bad_input_is_named(options, code):
    with pytest.raises(LabError) as error:
        estimate("pocket", SMALL, **options)
    assert error.value.code == code


def test_an_unknown_shape_is_named():
    with pytest.raises(LabError, match="flan-t5-base"):
        estimate("t5-huge", SMALL)


# --- before a training ---------------------------------------------------------------------------------------------
def test_too_little_memory_is_said_before_with_what_fits(tiny, toy_task, tmp_path, monkeypatch):
    model, tokenizer = tiny
    settings = TrainingSettings(batch_size=8, epochs=1, precision="fp32")
    need = predicted(model.config, settings, (12, 3), gpu=False)
    monkeypatch.setattr(runtime, "free_memory_mib", lambda: need * 0.5)
    with pytest.raises(LabError, match="not even LoRA") as error:
        fine_tune(model, tokenizer, toy_task, settings, output_dir=tmp_path / "a", quiet=True)
    assert error.value.code == "memory" and not list((tmp_path / "a").glob("checkpoint-*"))


def test_the_least_change_that_fits_is_offered():
    config, settings = shape_config("flan-t5-small"), TrainingSettings(batch_size=16, precision="fp32")
    split = TrainingSettings(batch_size=16, gradient_accumulation=2, precision="fp32")
    free = predicted(config, split, (256, 32)) / 0.84
    with pytest.raises(LabError, match="gradient_accumulation=2 would take") as error:
        planner.check_memory(config, settings, (256, 32), free, gpu=True)
    assert error.value.code == "memory"
    assert planner.check_memory(config, split, (256, 32), free, gpu=True) is None
    close = predicted(config, settings, (256, 32)) / 0.95
    assert "gradient_accumulation=2" in planner.check_memory(config, settings, (256, 32), close, gpu=True)


def test_the_quick_bound_lies_above_the_trace():
    for shape, tokens in (("pocket", (64, 16)), ("pocket", (512, 96)), ("flan-t5-small", (200, 40))):
        config, settings = shape_config(shape), TrainingSettings(batch_size=4, precision="fp32")
        size = models.parameter_counts(make_tiny_model()).total if shape == "tiny" else 10_000_000
        need = predicted(config, settings, tokens, gpu=False)
        assert not planner.surely_fits(config, size, settings, tokens, need)
        assert planner.surely_fits(config, size, settings, tokens, 1e6)
