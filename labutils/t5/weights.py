"""Where the weights of a T5 lie, under PEFT's wrapping too, and what they are called."""

from typing import Any, TypeAlias

from torch import nn

# A model or a part of one. To a type checker each attribute of a Module is a tensor or a module; which are there, and of
# which class, is asked at run time (labutils.t5.structure).
T5: TypeAlias = Any


def unwrapped(model: T5) -> T5:
    """The model itself, without PEFT's wrapper (its LoRA layers stay in it)."""
    return model.get_base_model() if hasattr(model, "get_base_model") else model


def base_name(name: str) -> str:
    """A base weight's name without what PEFT's wrapping adds to it."""
    return name.removeprefix("base_model.model.").replace(".base_layer.", ".")


def of_an_adapter(name: str) -> bool:
    """Whether a weight, by its name, belongs to a LoRA adapter and not to the base."""
    return ".lora_" in name


def block_sizes(model: T5) -> list[int]:
    """Number of weights of each block, encoder and decoder, adapters included."""
    inner = unwrapped(model)
    blocks = [*inner.encoder.block, *inner.decoder.block]
    return [sum(p.numel() for p in block.parameters()) for block in blocks]


def quantizable_bytes(model: T5) -> int:
    """Bytes of the linear layers that transformers lets bitsandbytes quantize: not T5's head, and not its ``wo``.

    (T5PreTrainedModel's ``_keep_in_fp32_modules``, which quantizers leave out.)
    """
    layers = ((name, m) for name, m in model.named_modules() if isinstance(m, nn.Linear) and not of_an_adapter(name))
    return sum(m.weight.nbytes for name, m in layers if not {"lm_head", "wo"} & set(name.split(".")))
