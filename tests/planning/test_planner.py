"""Predicted memory and time, held to what was counted and measured."""

from dataclasses import replace

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from labutils.config import TrainingSettings
from labutils.errors import LabError
from labutils.planning import planner
from labutils.planning.planner import BASE_BYTES, DEVICES, estimate, shape_config
from labutils.t5 import surgery

from toys import make_tiny_model

SMALL = TrainingSettings(batch_size=4, precision="fp32")
# MiB above the loaded model, as History.peak_memory_mib measured it on two cores of an AMD EPYC with AVX512-BF16, torch
# 2.13: shape (random weights, but the shipped model for pocket), method, precision, rows, tokens, measured.
MEASURED = [
    # all rows of one length
    ("pocket", "full", "bf16", 16, (218, 33), 432),
    ("pocket", "full", "bf16", 32, (218, 33), 688),
    ("pocket", "lora", "bf16", 16, (218, 33), 433),
    ("pocket", "full", "bf16", 8, (512, 64), 540),
    ("pocket", "full", "fp32", 8, (512, 64), 843),
    ("pocket", "full", "bf16", 12, (380, 50), 530),
    ("pocket", "lora", "fp32", 8, (450, 64), 688),
    ("pocket", "full", "bf16", 32, (120, 30), 453),
    ("pocket", "full", "bf16", 16, (512, 69), 895),
    # DialogSum's first dialogues: the lengths are the longest batch's
    ("pocket", "full", "bf16", 16, (512, 69), 1048),
    ("pocket", "full", "bf16", 8, (512, 69), 550),
    ("pocket", "full", "bf16", 32, (512, 96), 1723),
    ("pocket", "lora", "bf16", 16, (512, 69), 979),
    ("pocket", "full", "fp32", 8, (512, 69), 907),
    ("pocket", "lora", "fp32", 16, (512, 69), 1528),
    ("flan-t5-small", "full", "bf16", 4, (396, 67), 1931),
    ("flan-t5-base", "full", "bf16", 4, (396, 67), 5165),
    ("flan-t5-large", "full", "bf16", 4, (396, 67), 14844),
]


def predicted(shape, settings, tokens, **options):
    found = estimate(shape, settings, tokens, **options)
    return found.optimizer_mib + found.step_mib


@pytest.mark.tested_stack
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


@pytest.mark.parametrize(("shape", "method", "precision", "rows", "tokens", "measured"), MEASURED)
def test_memory_is_predicted_within_15_percent(shape, method, precision, rows, tokens, measured):
    settings = TrainingSettings(method=method, batch_size=rows, precision=precision)
    assert predicted(shape, settings, tokens, gpu=False) == pytest.approx(measured, rel=0.15)


def test_weights_and_optimizer_are_counted_exactly():
    found = estimate(make_tiny_model().config, SMALL, (8, 4))
    size = sum(p.numel() for p in make_tiny_model().parameters())
    assert (
        found.weights_mib * planner.MIB
        == 4 * size
        == max(gradients for gradients, _rest in found.moments) * planner.MIB
    )
    assert found.optimizer_mib == 2 * found.weights_mib
    assert (
        estimate(make_tiny_model().config, SMALL, (8, 4), optimizer="adamw_8bit").optimizer_mib == found.weights_mib / 2
    )
    assert found.peak_mib == found.weights_mib + found.optimizer_mib + found.step_mib


def test_flan_t5_has_a_head_of_its_own():
    assert estimate("flan-t5-small", SMALL, (8, 4)).weights_mib * planner.MIB / 4 == pytest.approx(76.96e6, rel=0.001)


@pytest.mark.tested_stack
def test_what_saves_memory_saves_it():
    plain = estimate("flan-t5-small", SMALL, (256, 32))
    assert (
        estimate("flan-t5-small", TrainingSettings(batch_size=8, precision="fp32"), (256, 32)).step_mib > plain.step_mib
    )
    split = TrainingSettings(batch_size=4, gradient_accumulation=4, precision="fp32")
    recomputed = TrainingSettings(batch_size=4, gradient_checkpointing=True, precision="fp32")
    lora = TrainingSettings(batch_size=4, method="lora", precision="fp32")
    budget = TrainingSettings(batch_size=4, max_tokens=256 + 32, precision="fp32")
    assert estimate("flan-t5-small", budget, (256, 32)) == replace(
        estimate("flan-t5-small", split, (256, 32)), settings=budget
    )
    for saving in (split, recomputed, lora):
        assert estimate("flan-t5-small", saving, (256, 32)).peak_mib < plain.peak_mib
    bits = [estimate("flan-t5-small", lora, (64, 8), base_bits=n).weights_mib for n in (32, 16, 8, 4)]
    assert bits == sorted(bits, reverse=True) and bits[3] < bits[0] / 2


def test_the_traced_model_leaves_no_trace():
    before = torch.get_default_dtype(), torch.is_grad_enabled()
    estimate("pocket", SMALL, (16, 8), gpu=False)
    assert (torch.get_default_dtype(), torch.is_grad_enabled()) == before
    assert float(make_tiny_model().shared.weight.detach().sum()) != 0  # real tensors again


@pytest.mark.parametrize("gpu", [True, False])
def test_planning_leaves_the_model_that_is_planned_as_it_was(gpu):
    """The trace's attention, which computes nothing, was written into the live model: trained on a GPU, it answered noise."""
    model = make_tiny_model()
    before = model.config._attn_implementation
    estimate(model.config, SMALL, (8, 4), gpu=gpu)
    with surgery.attention(model, None):
        pass
    parts = (model, model.encoder, model.decoder)
    assert {part.config._attn_implementation for part in parts} == {before} and before != "eager"


def test_a_quantized_base_keeps_what_is_never_quantized():
    """bitsandbytes leaves T5's wo and head as they are, and quantizes linear layers without an adapter too."""
    few = TrainingSettings(method="lora", batch_size=4, target_modules=("q", "v"))
    config = shape_config("flan-t5-small")
    kept = 2 * config.num_layers * config.d_model * config.d_ff + config.d_model * config.vocab_size
    sixteen, four = (estimate(config, few, (64, 8), base_bits=bits).weights_mib for bits in (16, 4))
    shrunk = (sixteen - four) * 2**20 / (2 - BASE_BYTES[4])  # weights that became smaller
    projections, gates = 3 * 4 * config.d_model * config.num_heads * 64, 2 * 2 * config.d_model * config.d_ff
    assert shrunk == pytest.approx(config.num_layers * (projections + gates), rel=0.001) and shrunk > kept / 2


def test_recomputing_costs_a_forward_pass():
    plain = estimate("flan-t5-small", SMALL, (64, 8))
    again = estimate("flan-t5-small", TrainingSettings(batch_size=4, gradient_checkpointing=True), (64, 8))
    assert again.flops == pytest.approx(plain.flops * 4 / 3)


def test_devices_and_sharding():
    full = estimate(
        "flan-t5-xl", TrainingSettings(batch_size=1, precision="bf16", gradient_checkpointing=True), (64, 16)
    )
    assert not full.fits(DEVICES["A100-40"]) and full.fits(DEVICES["A100-40"], gpus=8)
    assert not full.fits(DEVICES["T4"], gpus=8)  # no bf16 there
    assert full.seconds(1000, DEVICES["A100-40"], gpus=8) == pytest.approx(full.seconds(1000, DEVICES["A100-40"]) / 8)
    assert full.sharded_mib(1) == pytest.approx(full.peak_mib)


def test_sharding_spreads_weights_and_gradients_but_no_activations():
    """The peak was once taken at the end of the backward pass, where recomputed activations and logits are gone."""
    settings = TrainingSettings(batch_size=8, precision="bf16", gradient_checkpointing=True)
    found = estimate("flan-t5-small", settings, (512, 96))
    weights, logits = found.weights_mib, 8 * 96 * 32128 * 4 / planner.MIB
    assert found.sharded_mib(8) > (weights + found.optimizer_mib + weights) / 8 + logits
    gradients, rest = zip(*found.moments, strict=True)
    assert gradients[0] == 0 and max(gradients) == pytest.approx(weights)
    assert rest[0] < found.step_mib and found.peak_mib > found.sharded_mib(2) > found.sharded_mib(8)
    # torch's FSDP2 at its largest moment: two decoder blocks and the two embeddings, with one block's gradients twice
    block, embedding = sum(p.numel() for p in t5_decoder_block().parameters()), 32128 * 512
    held = 2 * 2 * block + 2 * 2 * embedding + 2 * (block + 2 * embedding) + 4 * block
    assert found.gathered_mib * planner.MIB == pytest.approx(held, rel=0.01)


def t5_decoder_block():
    from transformers.models.t5.modeling_t5 import T5Block

    config = shape_config("flan-t5-small")
    config.is_decoder = True
    return T5Block(config, has_relative_attention_bias=True, layer_idx=0)


def test_dropout_of_an_adapter_keeps_a_byte_on_a_gpu():
    """It was planned as a CPU's, which keeps noise of the activations' own type: 27 % too much."""
    settings = TrainingSettings(method="lora", batch_size=4, precision="bf16", lora_dropout=0.0)
    plain, random = (
        estimate("flan-t5-small", replace(settings, lora_dropout=p), (256, 32)).step_mib for p in (0.0, 0.05)
    )
    assert plain < random < 1.15 * plain


def test_the_quick_forward_is_planned_only_where_the_trainer_takes_it():
    settings = TrainingSettings(batch_size=16, precision="bf16")
    alone, together = (estimate("pocket", settings, (218, 33), gpu=False, processes=n).step_mib for n in (1, 2))
    compiled = estimate("pocket", replace(settings, compile="eager"), (218, 33), gpu=False).step_mib
    assert together == compiled > 1.3 * alone


def test_a_layer_keeps_on_a_gpu_what_the_arithmetic_says():
    """Of the gated layer, a token: three results in bf16 and dropout's byte, and the product that goes on, in bf16."""
    config, tokens = shape_config("flan-t5-small"), (256, 8)
    few, many = (TrainingSettings(batch_size=n, precision="bf16") for n in (4, 12))
    slopes = []
    for d_ff in (1024, 4096):
        config.d_ff = d_ff
        slopes.append(estimate(config, many, tokens).step_mib - estimate(config, few, tokens).step_mib)
    kept = (slopes[1] - slopes[0]) * planner.MIB / (8 * 256 + 8 * 8) / config.num_layers / 3072
    assert kept == pytest.approx(9, rel=0.1)


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


def test_lengths_and_modules_may_come_as_lists():
    """As they do from JSON; the trace is kept for settings that are asked again, and a list has no hash."""
    as_lists = TrainingSettings(method="lora", target_modules=["q", "v"])
    assert as_lists.target_modules == ("q", "v")
    first = estimate("flan-t5-small", as_lists, [8, 4]).peak_mib
    assert (
        first == estimate("flan-t5-small", TrainingSettings(method="lora", target_modules=("q", "v")), (8, 4)).peak_mib
    )
