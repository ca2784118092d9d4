"""Which models the written-out path reads: every module that is there, by its class, its place and its shape.

Two answers. :func:`meant` says no, quietly, to what the path was never written for: other architectures and adapters, a
GPU, hooks. :func:`oddity` looks at what remains, which ought to fit, and names the first part that is not as the path
reads it: then transformers or PEFT build it otherwise than the releases that this was written for.
"""

import copy
from typing import TYPE_CHECKING

import torch
from torch import nn

from labutils.t5.weights import T5

if TYPE_CHECKING:
    from transformers import T5Config

TRANSFORMERS = "transformers.models.t5.modeling_t5."
LORA = "peft.tuners.lora.layer.Linear"
LINEAR, EMBEDDING = "torch.nn.modules.linear.Linear", "torch.nn.modules.sparse.Embedding"
DROPOUT, LIST = "torch.nn.modules.dropout.Dropout", "torch.nn.modules.container.ModuleList"
GELU = "transformers.activations.NewGELUActivation", "torch.nn.modules.activation.GELU"  # the second: fuse_activation
PROJECTIONS = {"q", "k", "v", "o", "wi_0", "wi_1", "wo"}  # the layers that may carry LoRA
LORA_PARTS = ("lora_A", "lora_B", "lora_dropout")  # by adapter
LORA_EMPTY = ("lora_embedding_A", "lora_embedding_B", "lora_magnitude_vector")
VALUES = {"scaling": 1.0, "approximate": "tanh", "max_norm": None}  # of attributes, where a module has them
SHAPE = (
    "vocab_size", "d_model", "d_ff", "d_kv", "num_heads", "num_layers", "num_decoder_layers", "scale_decoder_outputs",
    "_attn_implementation",
)  # fmt: skip
Kinds = tuple[tuple[str, ...], tuple[int, ...]]  # classes that may stand in a place, and the shape of the weight there
Parts = dict[str, Kinds]
HOOKS = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")


def kind(module: T5) -> str:
    """A module's class with the module that defines it: a class of the same name elsewhere is another."""
    return f"{type(module).__module__}.{type(module).__qualname__}"


def parts(model: T5) -> dict[str, T5]:
    """Every module of an unwrapped model by its place; one that stands at several places is named by each."""
    return dict(model.named_modules(remove_duplicate=False))


def meant(model: T5, there: dict[str, T5]) -> bool:
    """Whether a model is of the kind that the path is written for: gated T5 in fp32 on a CPU, with plain LoRA or none.

    Args:
        model: perhaps wrapped by PEFT.  there: its parts.
    """
    inner = there[""]
    return (
        kind(inner) == TRANSFORMERS + "T5ForConditionalGeneration"
        and inner.config.is_gated_act
        and inner.config.dense_act_fn == "gelu_new"
        and all(adapter.peft_type == "LORA" for adapter in getattr(model, "peft_config", {}).values())
        and not any(_intercepted(wrapper) for wrapper in (model, model.base_model))
        and all(_plain(place, part) for place, part in there.items())
    )


def _plain(place: str, part: T5) -> bool:
    """Whether a part is on the CPU in fp32, runs its class' own forward, and is plain LoRA where it is PEFT's."""
    weights = [weight for weight in part._parameters.values() if weight is not None]
    return (
        all(weight.dtype == torch.float32 and weight.device.type == "cpu" for weight in weights)
        and not _intercepted(part)
        and (not type(part).__module__.startswith("peft.") or _plain_lora(place, part))
    )


def _plain_lora(place: str, layer: T5) -> bool:
    """Whether what PEFT put into the model is LoRA as first published: W + scaling * B A, at a projection, not merged."""
    return (
        kind(layer) == LORA
        and place.rpartition(".")[2] in PROJECTIONS
        and not layer.merged
        and not layer.fan_in_fan_out
        and not getattr(layer, "lora_variant", None)
        and not any(getattr(layer, "use_dora", {}).values())
        and not any(getattr(layer, "lora_bias", {}).values())
        and all(kind(half) == LINEAR and half.bias is None for half in (*layer.lora_A.values(), *layer.lora_B.values()))
    )


def _intercepted(module: T5) -> bool:
    """Whether something else than its class' own forward would run. Accelerate's wrapper only adds autocast."""
    inside = vars(module)
    original = getattr(inside.get("_original_forward"), "__func__", None)
    return ("forward" in inside and original is not type(module).forward) or any(inside[name] for name in HOOKS)


def holds_values(model: T5) -> bool:
    """Whether the weights are numbers, and not the shapes alone that labutils.planning traces."""
    return type(next(model.parameters())).__name__ != "FakeTensor"


def oddity(there: dict[str, T5]) -> str:
    """The first place in a T5 where something else stands than the path reads, as a dotted name; else ``""``."""
    there = dict(there)
    for place, (kinds, shape) in _expected(there[""].config).items():
        module = there.pop(place, None)
        if kind(module) == LORA:
            for inside in _inside_lora(module):
                there.pop(f"{place}.{inside}", None)
            module = module.base_layer
        if not _as_read(module, kinds, shape):
            return place or type(module).__name__
    return next(iter(there), "")


def _inside_lora(layer: T5) -> list[str]:
    """Names of the modules that a LoRA layer is made of."""
    by_adapter = [f"{part}.{name}" for part in LORA_PARTS for name in layer.lora_A]
    return ["base_layer", *LORA_PARTS, *LORA_EMPTY, *by_adapter]


def _as_read(module: T5, kinds: tuple[str, ...], shape: tuple[int, ...]) -> bool:
    if kind(module) not in kinds:
        return False
    shapes = {name: tuple(p.shape) for name, p in module._parameters.items() if p is not None}
    values = all(getattr(module, name, value) == value for name, value in VALUES.items())
    return shapes == ({"weight": shape} if shape else {}) and not module._buffers and values


def _expected(config: "T5Config") -> Parts:
    """For each place in a T5 v1.1 the classes that may stand there and the shape of its weight, () where it has none."""
    width, inner, wide = config.d_model, config.num_heads * config.d_kv, config.d_ff
    table, head = ((EMBEDDING,), (config.vocab_size, width)), ((LINEAR,), (config.vocab_size, width))
    norm, dropout = ((TRANSFORMERS + "T5LayerNorm",), (width,)), ((DROPOUT,), ())

    def of_t5(name: str) -> Kinds:
        return (TRANSFORMERS + name,), ()

    def linear(*shape: int) -> Kinds:
        return (LINEAR,), shape

    attention = {"": of_t5("T5Attention"), "o": linear(width, inner)} | dict.fromkeys("qkv", linear(inner, width))
    gates = dict.fromkeys(("wi_0", "wi_1"), linear(wide, width))
    dense = {
        "": of_t5("T5DenseGatedActDense"),
        **gates,
        "wo": linear(width, wide),
        "dropout": dropout,
        "act": (GELU, ()),
    }
    around = {"layer_norm": norm, "dropout": dropout}
    first = {"": of_t5("T5LayerSelfAttention"), **around, **_at("SelfAttention", attention)}
    cross = {"": of_t5("T5LayerCrossAttention"), **around, **_at("EncDecAttention", attention)}
    last = {"": of_t5("T5LayerFF"), **around, **_at("DenseReluDense", dense)}
    bias = {"block.0.layer.0.SelfAttention.relative_attention_bias": (
        (EMBEDDING,), (config.relative_attention_num_buckets, config.num_heads)
    )}  # fmt: skip

    def stack(blocks: int | None, *layers: Parts) -> Parts:
        parts = {"": of_t5("T5Stack"), "embed_tokens": table, "block": ((LIST,), ()), "final_layer_norm": norm, **bias}
        for i in range(blocks or 0):
            parts |= _at(f"block.{i}", {"": of_t5("T5Block"), "layer": ((LIST,), ())})
            for j, layer in enumerate(layers):
                parts |= _at(f"block.{i}.layer.{j}", layer)
        return parts | {"dropout": dropout}

    return {
        "": of_t5("T5ForConditionalGeneration"),
        "shared": table,
        **_at("encoder", stack(config.num_layers, first, last)),
        **_at("decoder", stack(config.num_decoder_layers, first, cross, last)),
        "lm_head": head,
    }


def _at(place: str, parts: Parts) -> Parts:
    """The same parts, each named from `place`."""
    return {f"{place}.{name}" if name else place: part for name, part in parts.items()}


def signature(there: dict[str, T5]) -> tuple:
    """What one comparison stands for, of a T5 without oddity: its parts' code, its shape, the adapters in use."""
    config = there[""].config
    layers = [part for part in there.values() if kind(part) == LORA]
    return (
        frozenset(part.forward for part in {type(part) for part in there.values()}),
        tuple(getattr(config, name) for name in SHAPE),
        frozenset((*layer.r.items(), *layer.active_adapters, layer.disable_adapters) for layer in layers),
    )


def shortened(model: T5) -> T5:
    """The same T5 with two blocks a stack: every part's code for a fraction of the time.

    They are the first, which holds the position bias, and of the others the one of most parts: adapters may be in some.
    """
    stacks = {}
    for name in ("encoder", "decoder"):
        stack = getattr(model, name)
        more = sorted(stack.block[1:], key=lambda block: len([*block.modules()]))[-1:]
        stacks[name] = _twin(stack, block=nn.ModuleList([stack.block[0], *more]))
    return _twin(model, **stacks)


def _twin(module: T5, **children: nn.Module) -> T5:
    """A module that shares everything with another one but some of its children."""
    twin = copy.copy(module)
    twin._modules = module._modules | children
    return twin
