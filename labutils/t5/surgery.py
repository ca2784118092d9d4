"""Changes made to a loaded T5: attention, dropout, activation, recomputation, one embedding."""

import contextlib
from collections.abc import Iterator

import torch

from labutils.t5.weights import T5, unwrapped


@contextlib.contextmanager
def attention(model: T5, implementation: str | None) -> Iterator[None]:
    """Compute attention another way for a while (``"eager"``, ``"sdpa"``); None leaves it as it is."""
    if implementation is None:
        yield
        return
    inner = unwrapped(model)
    # Each half has a copy of the configuration, and its layers ask that one: transformers 5.15 sets the model's alone.
    parts = (inner, inner.encoder, inner.decoder)
    before = [part.config._attn_implementation for part in parts]
    for part in parts:
        part.set_attn_implementation(implementation)
    try:
        yield
    finally:
        for part, earlier in zip(parts, before, strict=True):
            part.set_attn_implementation(earlier)


def set_dropout(model: T5, p: float) -> None:
    """Set the dropout probability of a loaded model (T5 keeps it in modules and in its attention layers)."""
    for module in model.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = p
        elif isinstance(getattr(module, "dropout", None), float):
            module.dropout = p
    model.config.dropout_rate = p


def fuse_activation(model: T5) -> None:
    """Compute T5's GELU in one kernel instead of eight: the same function, a third less of what a layer keeps.

    transformers writes ``gelu_new`` out step by step, and a GPU under autocast keeps its cube in fp32.
    """
    from transformers.activations import NewGELUActivation

    for module in model.modules():
        if isinstance(getattr(module, "act", None), NewGELUActivation):
            module.act = torch.nn.GELU(approximate="tanh")


def recompute_activations(model: T5) -> None:
    """Switch gradient checkpointing on: less memory for a third more time (Chen et al., 2016, arXiv:1604.06174)."""
    inner = unwrapped(model)
    new = getattr(inner, "activation_checkpointing_enable", None)  # the name in newer transformers
    (new or inner.gradient_checkpointing_enable)()


def one_embedding(model: T5) -> None:
    """Make T5's three embedding modules, which share one weight, one module: FSDP refuses a weight with several homes."""
    inner = unwrapped(model)
    if inner.encoder.embed_tokens.weight is inner.shared.weight:
        inner.encoder.embed_tokens = inner.decoder.embed_tokens = inner.shared


def untie_head(model: T5) -> None:
    """Give a T5 from scratch the head of its own that its configuration means (FLAN-T5's does).

    transformers 5 ties it nonetheless and leaves the scaling of the outputs away, so that such a model would begin at a
    loss of 116. The new head is drawn so that logits begin near a variance of one.
    """
    if not model.config.scale_decoder_outputs:
        weight = torch.empty_like(model.lm_head.weight)
        model.lm_head.weight = torch.nn.Parameter(torch.nn.init.normal_(weight, std=model.config.d_model**-0.5))
