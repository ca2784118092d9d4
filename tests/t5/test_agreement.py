"""A T5 or a PEFT of another release than the written-out path knows: slower, said once, and never wrong."""

from types import MethodType

import peft
import pytest
import torch
from peft.tuners.lora import layer as lora_layer
from transformers import AttentionInterface
from transformers.models.t5 import modeling_t5

from labutils import t5
from labutils.generation import generate
from labutils.t5 import agreement

from toys import lively_model, make_tiny_model, toy_records, word_tokenizer

PROMPTS = [record["text"] for record in toy_records(5, "test")]


@pytest.fixture(autouse=True)
def compared(monkeypatch):
    """Models that were compared with the library; nothing is remembered from other tests."""
    models, library = [], agreement.library
    monkeypatch.setattr(agreement, "_distances", {})
    monkeypatch.setattr(agreement, "_said", set())
    monkeypatch.setattr(agreement, "library", lambda model, **inputs: models.append(model) or library(model, **inputs))
    return models


def batch():
    torch.manual_seed(2)
    read, labels = torch.randint(3, 60, (3, 9)), torch.randint(3, 60, (3, 4))
    return {"input_ids": read, "attention_mask": torch.ones_like(read), "labels": labels}


def right(model):
    """Our loss and answers are the library's."""
    ours = float(t5.loss_function(model, "fp32")(batch()).detach())
    answers = generate(model, word_tokenizer(), PROMPTS, max_new_tokens=6)
    with t5.library_only():
        theirs = float(t5.loss_function(model, "fp32")(batch()).detach())
        assert generate(model, word_tokenizer(), PROMPTS, max_new_tokens=6) == answers
    assert ours == pytest.approx(theirs, rel=1e-5)


def half(old):
    return lambda self, x: x + 0.5 * (old(self, x) - x)


def softer(old):
    """T5 as most models are: scores divided by the root of d_kv, whatever `scaling` says."""

    def forward(self, *args, **kwargs):
        self.scaling = self.key_value_proj_dim**-0.5
        out = old(self, *args, **kwargs)
        self.scaling = 1.0
        return out

    return forward


def doubled(old):
    """LoRA that counts twice."""
    return lambda self, x, *args, **kwargs: 2 * old(self, x, *args, **kwargs) - self.base_layer(x)


def fails(old):
    def forward(self, *args, **kwargs):
        raise AttributeError("compute_bias")

    return forward


def plain():
    return lively_model(1)


def fresh_lora():
    """B is 0, as at the start of every training."""
    return peft.get_peft_model(plain(), peft.LoraConfig(task_type="SEQ_2_SEQ_LM", r=4)).eval()


RELEASES = {
    "T5's dense layer": (modeling_t5.T5LayerFF, "forward", half, plain),
    "T5's attention": (modeling_t5.T5Attention, "forward", softer, plain),
    "T5's norm": (
        modeling_t5.T5LayerNorm,
        "forward",
        lambda old: lambda self, x: old(self, x - x.mean(-1, True)),
        plain,
    ),
    "PEFT's LoRA": (lora_layer.Linear, "forward", doubled, fresh_lora),
    "what the path calls": (t5.Forward, "position_bias", fails, plain),
}


@pytest.mark.parametrize("name", RELEASES)
def test_a_release_that_computes_otherwise_is_left_to_the_library(name, monkeypatch):
    owner, attribute, change, make = RELEASES[name]
    model = make()
    assert t5.fits_training(model) and t5.fits_decoding(model)
    if owner is t5.Forward:  # no release's code: what was compared is remembered
        agreement._distances.clear()
    monkeypatch.setattr(owner, attribute, change(getattr(owner, attribute)))
    with pytest.warns(UserWarning, match=r"T5ForConditionalGeneration.*transformers \d.*peft \d") as said:
        assert not t5.fits_training(model) and not t5.fits_decoding(model)
        for weight in model.parameters():  # as training would
            weight.data += 0.1 * torch.randn_like(weight)
        right(model)
    assert len(said) == 1


def renamed(model, monkeypatch):
    """transformers with another name for T5's dense layer."""
    for stack in (model.encoder, model.decoder):
        for block in stack.block:
            block.layer[-1].mlp = block.layer[-1]._modules.pop("DenseReluDense")

    def forward(self, x):
        return x + self.dropout(self.mlp(self.layer_norm(x)))

    monkeypatch.setattr(modeling_t5.T5LayerFF, "forward", forward)


def with_a_bias(model, monkeypatch):
    """A projection that adds something."""
    layer = model.decoder.block[1].layer[1].EncDecAttention
    layer.o = torch.nn.Linear(layer.o.in_features, layer.o.out_features)


def with_more(model, monkeypatch):
    """A part that nobody has heard of."""
    model.encoder.block[0].gate = torch.nn.Identity()


def with_another_scaling(model, monkeypatch):
    """Scores divided, by the attribute that transformers has for it."""
    for part in model.modules():
        if isinstance(part, modeling_t5.T5Attention):
            part.scaling = 0.5


def with_another_activation(model, monkeypatch):
    """The exact GELU."""
    model.encoder.block[1].layer[1].DenseReluDense.act = torch.nn.GELU()


def without_a_norm(model, monkeypatch):
    """A norm less."""
    model.decoder.block[0].layer[2].layer_norm = torch.nn.Identity()


STRUCTURES = [renamed, with_a_bias, with_more, with_another_scaling, with_another_activation, without_a_norm]


@pytest.mark.parametrize("change", STRUCTURES)
def test_a_release_that_is_built_otherwise_is_left_to_the_library(change, monkeypatch, compared):
    model = plain()
    change(model, monkeypatch)
    with pytest.warns(UserWarning, match=r"its (en|de)coder\.block.*transformers \d") as said:
        assert not t5.fits_training(model) and not t5.fits_decoding(model)
        right(model)
    assert len(said) == 1 and compared == []


def test_an_attention_of_ones_own_is_left_to_the_library():
    def flat(module, q, k, v, mask, **options):
        return torch.softmax(0.1 * (q @ k.transpose(2, 3)), dim=-1).matmul(v).transpose(1, 2), None

    AttentionInterface.register("flat", flat)
    model = plain()
    assert t5.fits_training(model)
    with t5.attention(model, "flat"), pytest.warns(UserWarning):
        assert not t5.fits_training(model)
        right(model)
    assert t5.fits_training(model)


def test_a_forward_of_ones_own_is_left_to_the_library_quietly(compared):
    model = plain()
    part = model.encoder.block[0].layer[1]
    part.forward = MethodType(lambda self, x: x, part)
    assert not t5.fits_training(model) and not t5.fits_decoding(model)
    right(model)
    assert compared == []


def test_what_accelerate_wraps_around_the_model_is_no_forward_of_ones_own():
    """It adds autocast, and takes it off after the training; answers in between are those in fp32."""
    model = plain()
    model._original_forward = model.forward
    model.forward = MethodType(torch.autocast("cpu", torch.bfloat16)(model.forward.__func__), model)
    assert t5.fits_training(model) and t5.fits_decoding(model)


def test_one_comparison_for_each_structure(compared):
    for seed in range(3):
        assert t5.fits_training(make_tiny_model(seed)) and t5.fits_decoding(make_tiny_model(seed))
    assert len(compared) == 2
    wrapped = fresh_lora()
    assert [t5.fits_training(wrapped) for _ in range(2)] == [True, True] and len(compared) == 3
    with wrapped.disable_adapter():
        assert [t5.fits_training(wrapped) for _ in range(2)] == [True, True] and len(compared) == 4


def test_the_comparison_leaves_nothing_behind(compared):
    model = fresh_lora().train()
    t5.unwrapped(model).decoder.eval()  # a mode of its own
    weights = dict(model.named_parameters())
    weights["base_model.model.decoder.block.0.layer.0.SelfAttention.q.lora_A.default.weight"].grad = torch.ones(4, 32)

    def state():
        return [
            *((name, id(p), p._version, p.requires_grad, id(p.grad)) for name, p in model.named_parameters()),
            *((name, id(part), part.training, *vars(part)) for name, part in model.named_modules()),
            torch.get_rng_state().tolist(),
        ]

    before = state()
    assert t5.fits_training(model) and t5.fits_decoding(model) and len(compared) == 2
    assert state() == before


@pytest.mark.parametrize(
    "make",
    [
        lambda: make_tiny_model().to(torch.bfloat16),
        lambda: make_tiny_model().to("meta"),
        lambda: t5.unwrapped(peft.get_peft_model(plain(), peft.LoraConfig(use_dora=True, target_modules=["q"]))),
    ],
)
def test_what_the_path_was_never_written_for_is_not_compared(make, compared):
    assert not t5.fits_training(make()) and not t5.fits_decoding(make()) and compared == []


def test_weights_that_are_no_numbers_are_not_compared(compared):
    """As where labutils.planning counts a training's memory."""
    from torch._subclasses.fake_tensor import FakeTensorMode

    with FakeTensorMode():
        assert t5.fits_training(make_tiny_model())
    assert compared == []


def test_weights_that_overflowed_say_nothing_of_the_path(compared):
    model = plain()
    with torch.no_grad():
        model.shared.weight.fill_(float("nan"))
    assert t5.fits_training(model) and t5.fits_training(plain()) and len(compared) == 2


def test_the_written_out_path_can_be_switched_off():
    model = plain()
    with t5.library_only():
        assert not t5.fits_training(model) and not t5.fits_decoding(model)
    assert t5.fits_training(model) and t5.fits_decoding(model)
