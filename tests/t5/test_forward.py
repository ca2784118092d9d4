"""The forward pass written out for a CPU is transformers' own: loss, logits and gradients, in full and with LoRA."""

import peft
import pytest
import torch
from transformers import T5Config, T5ForConditionalGeneration

from labutils import models
from labutils.batches import IGNORE
from labutils.config import TrainingSettings
from labutils.t5 import surgery
from labutils.t5.forward import Forward, fits, loss_function
from labutils.training.loss import token_loss
from makers.pocket.recipe.model import new_model

SHAPE = {"vocab_size": 300, "d_model": 32, "d_kv": 16, "d_ff": 40, "num_layers": 2, "num_heads": 2}
KIND = {"feed_forward_proj": "gated-gelu", "dropout_rate": 0.0, "decoder_start_token_id": 0}


def untied():
    """A model with a head of its own, as FLAN-T5 has: no scaling, and the head is not the embedding."""
    torch.manual_seed(0)
    model = T5ForConditionalGeneration(T5Config(**SHAPE, **KIND, tie_word_embeddings=False))
    model.lm_head.weight = torch.nn.Parameter(torch.randn_like(model.lm_head.weight) * 0.1)
    return model


def adapted(target_modules):
    """A LoRA model whose B is not 0."""
    model = models.add_lora(new_model(3), TrainingSettings(method="lora", r=4, target_modules=target_modules))
    for name, parameter in model.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(parameter, std=0.05)
    return model


def unlike_the_start(model):
    """The model with every norm's weight and position bias moved: at the start many errors do not show."""
    for name, parameter in model.named_parameters():
        if "layer_norm" in name or "relative_attention_bias" in name:
            parameter.data += 0.5 * torch.randn_like(parameter)
    return model


MODELS = {
    "tied": lambda: new_model(3),
    "untied": untied,
    "LoRA on all layers": lambda: adapted("all-linear"),
    "LoRA on q and v": lambda: adapted(["q", "v"]),
}


def batch(vocabulary):
    read, wanted = torch.randint(3, vocabulary, (3, 30)), torch.randint(3, vocabulary, (3, 20))
    mask = torch.ones_like(read)
    mask[0, 20:], wanted[1, 12:] = 0, IGNORE
    return read, mask, wanted


def gradients(model, loss):
    model.zero_grad()
    loss.backward()
    return {name: value.grad.clone() for name, value in model.named_parameters() if value.requires_grad}


@pytest.mark.parametrize("kind", MODELS)
def test_loss_and_gradients_are_those_of_transformers(kind):
    model = unlike_the_start(MODELS[kind]())
    read, mask, wanted = batch(model.config.vocab_size)
    theirs = token_loss(model(input_ids=read, attention_mask=mask, labels=wanted).logits, wanted, items=7)
    mine = Forward(models.unwrapped(model), torch.float32).loss(read, mask, wanted, items=7)
    assert mine.item() == pytest.approx(theirs.item(), rel=1e-5)
    expected, found = gradients(model, theirs), gradients(model, mine)
    assert expected.keys() == found.keys()
    for name, gradient in expected.items():
        assert (found[name] - gradient).norm() < 1e-4 * gradient.norm() + 1e-7, name


@pytest.mark.parametrize("dropout", [0.0, 0.1])
def test_the_loss_of_a_batch_is_the_models_whether_it_fits_or_not(dropout):
    model = new_model(3).eval()
    surgery.set_dropout(model, dropout)
    assert fits(model) == (not dropout)
    read, mask, wanted = batch(8000)
    found = loss_function(model, "fp32")({"input_ids": read, "attention_mask": mask, "labels": wanted})
    theirs = model(input_ids=read, attention_mask=mask, labels=wanted).loss
    assert found.item() == pytest.approx(theirs.item(), rel=1e-5) and found.requires_grad


def test_in_bfloat16_it_is_as_near_as_autocast():
    model = unlike_the_start(new_model(3))
    read, mask, wanted = batch(8000)
    exact = gradients(model, model(input_ids=read, attention_mask=mask, labels=wanted).loss)
    with torch.autocast("cpu", torch.bfloat16):
        loss = model(input_ids=read, attention_mask=mask, labels=wanted).loss
    autocast = gradients(model, loss)
    mine = gradients(model, Forward(model).loss(read, mask, wanted))

    def distance(found):
        return sum(float((found[name] - g).norm() / g.norm()) for name, g in exact.items()) / len(exact)

    assert distance(mine) < 1.2 * distance(autocast)


def test_an_adapter_that_is_switched_off_is_left_out():
    model = adapted("all-linear")
    read, mask, wanted = batch(8000)
    on = Forward(model.get_base_model(), torch.float32).loss(read, mask, wanted).item()
    with model.disable_adapter():
        off = Forward(model.get_base_model(), torch.float32).loss(read, mask, wanted).item()
        theirs = model(input_ids=read, attention_mask=mask, labels=wanted).loss.item()
    assert off == pytest.approx(theirs, rel=1e-5)
    assert off != pytest.approx(on, rel=1e-3)


def test_what_it_does_not_know_is_left_to_transformers():
    assert fits(new_model(0))
    assert not fits(new_model(0, dropout_rate=0.1))
    assert not fits(new_model(0, feed_forward_proj="relu"))
    assert not fits(new_model(0).to(torch.bfloat16))
    late = new_model(0)
    surgery.set_dropout(late, 0.1)
    assert not fits(late)
    lora = TrainingSettings(method="lora", lora_dropout=0.1)
    assert not fits(models.add_lora(new_model(0), lora))
    checkpointed = new_model(0)
    surgery.recompute_activations(checkpointed)
    assert not fits(checkpointed)
    watched = new_model(0)
    hook = watched.encoder.block[0].register_forward_hook(lambda *_: None)
    assert not fits(watched)
    hook.remove()
    assert fits(watched)


@pytest.mark.parametrize(
    "adapter",
    [
        peft.PromptTuningConfig(task_type="SEQ_2_SEQ_LM", num_virtual_tokens=4),
        peft.IA3Config(task_type="SEQ_2_SEQ_LM"),
        peft.LoraConfig(task_type="SEQ_2_SEQ_LM", use_dora=True),
        peft.LoraConfig(task_type="SEQ_2_SEQ_LM", target_modules=["q", "lm_head"]),
        peft.LoraConfig(task_type="SEQ_2_SEQ_LM", modules_to_save=["lm_head"]),
    ],
)
@pytest.mark.filterwarnings("ignore:Model has `tie_word_embeddings=True`")  # PEFT, of adapters on the head
def test_other_adapters_are_left_to_the_library(adapter):
    assert not fits(peft.get_peft_model(new_model(0), adapter))


def test_a_base_that_was_edited_in_place_computes_with_its_adapter():
    """What lab 05 warns of: after get_peft_model the "original" is the adapted model."""
    original = new_model(3)
    wrapped = models.add_lora(original, TrainingSettings(method="lora", r=4))
    for name, parameter in wrapped.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(parameter, std=0.05)
    assert fits(original)
    assert models.unwrapped(original) is original
    assert models.unwrapped(wrapped) is original


def test_a_merged_adapter_is_not_added_twice():
    model = adapted("all-linear")
    assert fits(model)
    model.merge_adapter()
    assert not fits(model)
    model.unmerge_adapter()
    assert fits(model)


def test_the_loss_of_many_labels_is_summed_in_fp32():
    """Chunk by chunk in bf16 the reported loss was off by up to one and a half percent."""
    model = new_model(3)
    torch.manual_seed(0)
    read, wanted = torch.randint(3, 8000, (16, 12)), torch.randint(3, 8000, (16, 200))
    with torch.no_grad():
        states = Forward(model, torch.bfloat16)
        narrow = float(states.loss(read, None, wanted))
        each = [float(states.loss(read[i : i + 1], None, wanted[i : i + 1])) for i in range(16)]
    assert narrow == pytest.approx(sum(each) / 16, rel=1e-3)
