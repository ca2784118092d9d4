"""Greedy decoding written out for a CPU gives the tokens of transformers' own ``generate``."""

import operator

import pytest
import torch

from labutils import models
from labutils.config import TrainingSettings, profile
from labutils.generation import generate
from labutils.t5 import decoding
from labutils.tasks import load_task

from toys import lively_model, make_tiny_model


def inputs(rows=6, length=12):
    read = torch.randint(3, 64, (rows, length))
    mask = torch.ones_like(read)
    for row in range(rows):
        read[row, length - row :], mask[row, length - row :] = 0, 0
    return read, mask


def library(model, read, mask, room):
    with torch.inference_mode():
        return model.generate(input_ids=read, attention_mask=mask, max_new_tokens=room, do_sample=False)[:, 1:]


@pytest.mark.parametrize("seed", range(6))
def test_tokens_are_those_of_generate(seed):
    model = lively_model(seed)
    read, mask = inputs()
    mine, theirs = decoding.Greedy(model)([(read, mask)], 20), library(model, read, mask, 20)
    assert mine.tolist() == theirs.tolist()


def test_rows_end_at_different_places_somewhere():
    """Else the tests above would not have dropped any row."""
    ends = {tuple((decoding.Greedy(lively_model(s))([inputs()], 20) != 0).sum(1).tolist()) for s in range(6)}
    assert any(len(set(lengths)) > 2 for lengths in ends)


def several():
    """Batches of different widths and numbers of rows."""
    torch.manual_seed(5)
    for lengths in ([12, 12], [9, 7, 5], [4], [3, 2]):
        read = torch.randint(3, 64, (len(lengths), max(lengths)))
        mask = (torch.arange(max(lengths)) < torch.tensor(lengths)[:, None]).long()
        yield read * mask, mask


@pytest.mark.parametrize("seed", [1, 6, 8, 9])  # rows end, and whole batches with them
def test_batches_together_are_batches_alone(seed):
    model, batches = lively_model(seed), list(several())
    alone = [row + [0] * (20 - len(row)) for one in batches for row in library(model, *one, 20).tolist()]
    together = decoding.Greedy(model)(batches, 20).tolist()
    assert [row + [0] * (20 - len(row)) for row in together] == alone


def test_adapters_count_and_count_for_nothing_when_off():
    model = models.add_lora(lively_model(1), TrainingSettings(method="lora", r=4))
    read, mask = inputs()
    for name, parameter in model.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(parameter, std=0.3)
    on = decoding.Greedy(model.get_base_model())([(read, mask)], 20)
    assert on.tolist() == library(model, read, mask, 20).tolist()
    with model.disable_adapter():
        off = decoding.Greedy(model.get_base_model())([(read, mask)], 20)
        assert off.tolist() == library(model, read, mask, 20).tolist()
    assert on.tolist() != off.tolist()


def test_special_settings_are_left_to_the_library():
    model = make_tiny_model()
    assert decoding.fits(model)
    model.generation_config.repetition_penalty = 1.3
    assert not decoding.fits(model)
    several = make_tiny_model()
    several.generation_config.eos_token_id = [1, 5]
    assert not decoding.fits(several)


def test_the_shipped_model_answers_the_same():
    model, tokenizer = models.load_model("pocket-instruct", profile("pocket"))
    task = load_task("questions")
    prompts = [task.prompt(record) for record in task.test[:24]]
    mine = generate(model, tokenizer, prompts, max_new_tokens=24, batch_size=24, precision="fp32")
    assert mine == generate(model, tokenizer, prompts, max_new_tokens=24, batch_size=8, num_beams=1)


def test_prompts_read_in_bf16_give_nearly_the_same_answers():
    model, tokenizer = models.load_model("pocket-instruct", profile("pocket"))
    task = load_task("opinions")
    prompts = [task.prompt(record) for record in task.test[:60]]
    given = {precision: generate(model, tokenizer, prompts, precision=precision) for precision in ("fp32", "bf16")}
    assert sum(map(operator.eq, given["fp32"], given["bf16"])) >= 54  # 58 on a CPU with AMX


@pytest.mark.parametrize("padded", [False, True])
def test_a_step_in_bf16_is_as_near_fp32_as_autocast(padded):
    ours, theirs = zip(*(errors_in_bf16(seed, padded) for seed in range(3, 9)), strict=True)
    assert all(0 < error < 0.02 for error in ours) and sum(ours) < 1.1 * sum(theirs)


def errors_in_bf16(seed, padded):
    """The relative errors of bf16 logits of three steps: ours, and the library's under autocast."""
    model = lively_model(seed)
    torch.manual_seed(seed)
    read, mask = inputs(6, 12) if padded else (torch.randint(3, 64, (6, 12)), torch.ones(6, 12, dtype=torch.long))
    tokens = torch.tensor([0, 7, 9]).expand(6, 3)
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
        theirs = model(input_ids=read, attention_mask=mask, decoder_input_ids=tokens).logits
    exact, ours = (
        steps_of(decoding.Greedy(model, dtype), read, mask, tokens) for dtype in (torch.float32, torch.bfloat16)
    )
    return [float((narrow - exact).norm() / exact.norm()) for narrow in (ours, theirs)]


def steps_of(greedy, read, mask, tokens):
    """The logits (rows, steps, vocabulary) of two batches together."""
    with torch.inference_mode():
        greedy.read([(read[:4], mask[:4]), (read[4:], mask[4:])], tokens.shape[1])
        return torch.stack([greedy.step(column, place) for place, column in enumerate(tokens.T)], dim=1)


def test_prompts_in_bf16_are_read_in_few_shapes():
    """Each new shape of a bf16 product costs oneDNN milliseconds; fp32 is read at its own lengths."""
    model = lively_model(1)
    assert decoding.Greedy(model).multiple == 1
    assert decoding.Greedy(model, torch.bfloat16).multiple == decoding.WIDTH
