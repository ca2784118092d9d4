"""Memory and time of a training, predicted (floor 4): what fits where, before anything runs out of memory.

Memory is not guessed from a formula: the training step itself runs on tensors that hold no numbers (torch's
FakeTensorMode) while every allocation is counted, so a model of eleven billion parameters is planned in seconds on a
laptop. Time is counted FLOPs over a rate. tests/test_planner.py holds both to what was measured.
"""

import contextlib
import weakref
from dataclasses import dataclass

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from labutils import models, runtime
from labutils.config import TrainingSettings
from labutils.forward import Forward, fits
from labutils.i18n import LabError, _

MIB, GIB = 2**20, 2**30
# d_model, d_ff, layers on each side, heads, vocabulary; d_kv is 64. (arXiv:2210.11416, the models' config.json)
SHAPES = {
    "pocket": (256, 704, 4, 4, 8192),
    "flan-t5-small": (512, 1024, 8, 6, 32128),
    "flan-t5-base": (768, 2048, 12, 12, 32128),
    "flan-t5-large": (1024, 2816, 24, 16, 32128),
    "flan-t5-xl": (2048, 5120, 24, 32, 32128),
    "flan-t5-xxl": (4096, 10240, 24, 64, 32128),
}
OPTIMIZERS = {"adamw": 8.0, "adamw_8bit": 2.0, "sgd": 0.0}  # bytes of state a trained parameter
# Bytes a weight of a linear layer in a frozen base: bitsandbytes' int8 and NF4 with doubly quantized constants, whose
# overhead is 0.127 bits a weight (Dettmers et al., 2023, arXiv:2305.14314).
BASE_BYTES = {32: 4.0, 16: 2.0, 8: 1.0, 4: 0.5 + 0.127 / 8}


@dataclass(frozen=True)
class Device:
    """Memory that a process can have, in GiB, and matrix rates in TFLOP/s by precision (dense, without sparsity).

    ``utilisation``: share of the rate that a training reaches. 0.31 is nanoT5's on an A100 (arXiv:2309.02373).
    """

    name: str
    memory_gib: float
    tflops: dict
    utilisation: float = 0.31


# NVIDIA's data sheets (fp32: without TF32 on the T4, with it elsewhere); H200 bf16 and T4 fp32 as shared/FACTS.md measured.
DEVICES = {
    device.name: device
    for device in (
        Device("T4", 14.6, {"fp32": 8.1}),
        Device("L4", 22.0, {"fp32": 60.0, "bf16": 121.0}),
        Device("A100-40", 39.4, {"fp32": 156.0, "bf16": 312.0}),
        Device("A100-80", 79.2, {"fp32": 156.0, "bf16": 312.0}),
        Device("H100", 79.1, {"fp32": 494.0, "bf16": 790.0}),
        Device("H200", 139.8, {"fp32": 494.0, "bf16": 790.0}),
    )
}


# --- arithmetic ----------------------------------------------------------------------------------------------------
def forward_flops(config, source_tokens: float, target_tokens: float) -> float:
    """Count the floating-point operations of one example's forward pass (a multiply-add is two), all tokens real.

    Encoder S tokens, decoder T; a = heads * d_kv; L layers on each side:
    2[S(P_enc + P_x) + T(P_dec - P_x + P_lm)] + 4aL(S^2 + T^2 + ST). Equal to torch's FlopCounterMode.
    """
    d, ff, layers, a = config.d_model, config.d_ff, config.num_layers, config.num_heads * config.d_kv
    gates = 3 if config.is_gated_act else 2
    encoder, decoder = layers * (4 * d * a + gates * d * ff), layers * (8 * d * a + gates * d * ff)
    cross, head = 2 * layers * d * a, d * config.vocab_size
    products = source_tokens * (encoder + cross) + target_tokens * (decoder - cross + head)
    attention = source_tokens**2 + target_tokens**2 + source_tokens * target_tokens
    return 2 * products + 4 * a * layers * attention


def training_flops(config, source_tokens: float, target_tokens: float, method: str = "full") -> float:
    """Count a training example's: three forward passes in full; LoRA needs no gradient of the weights, so two."""
    return (3 if method == "full" else 2) * forward_flops(config, source_tokens, target_tokens)


def shape_config(name: str):
    """Return the T5 configuration of a name in SHAPES (random weights make any of them).

    Raises:
        LabError: code ``"shape"``.
    """
    from transformers import T5Config

    if name not in SHAPES:
        raise LabError(
            "shape", _("there is no shape {name!r}; choose one of: {known}").format(name=name, known=", ".join(SHAPES))
        )
    d_model, d_ff, layers, heads, vocabulary = SHAPES[name]
    return T5Config(
        vocab_size=vocabulary, d_model=d_model, d_kv=64, d_ff=d_ff, num_layers=layers, num_heads=heads,
        feed_forward_proj="gated-gelu", dropout_rate=0.0 if name == "pocket" else 0.1, decoder_start_token_id=0,
        tie_word_embeddings=name == "pocket",
    )  # fmt: skip


# --- memory --------------------------------------------------------------------------------------------------------
class Allocations(TorchDispatchMode):
    """Counts the bytes of the tensors that live, and the most that ever lived at once."""

    def __init__(self):
        super().__init__()
        self.sizes, self.now, self.peak = {}, 0, 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        """Run the operation, then count what it made."""
        out = func(*args, **(kwargs or {}))
        for tensor in tree_leaves(out):
            if isinstance(tensor, torch.Tensor):
                self._count(tensor.untyped_storage())
        return out

    def _count(self, storage):
        key = storage._cdata
        if key not in self.sizes:
            self.sizes[key] = storage.nbytes()
            self.now += storage.nbytes()
            self.peak = max(self.peak, self.now)
            weakref.finalize(storage, self._forget, key)

    def _forget(self, key):
        self.now -= self.sizes.pop(key, 0)


class _FusedAttention(torch.autograd.Function):
    """What a GPU's memory-efficient attention keeps: its inputs, its output and a row of sums; never the scores."""

    @staticmethod
    def forward(ctx, q, k, v, bias):
        out = torch.empty_like(q)
        ctx.save_for_backward(q, k, v, bias, out, q.new_empty(q.shape[:3], dtype=torch.float32))
        return out

    @staticmethod
    def backward(ctx, outer):
        q, k, v, bias, *_rest = ctx.saved_tensors
        return *(torch.empty_like(t) for t in (q, k, v)), None if bias is None else torch.empty_like(bias)


def _fused_attention(module, query, key, value, mask, position_bias=None, **_options):
    bias = position_bias if mask is None else position_bias + mask
    if bias is not None:
        bias = bias.to(query.dtype).expand(len(query), -1, -1, -1).contiguous()
    return _FusedAttention.apply(query, key, value, bias).transpose(1, 2).contiguous(), None


def _register_attention() -> str:
    from transformers.masking_utils import AttentionMaskInterface, eager_mask
    from transformers.modeling_utils import AttentionInterface

    AttentionInterface.register("planned", _fused_attention)
    AttentionMaskInterface.register("planned", eager_mask)
    return "planned"


@dataclass(frozen=True)
class Estimate:
    """What one training step takes; memory in MiB, above an empty process.

    Attributes:
        weights_mib, optimizer_mib: the model's weights, and the optimizer's state of the trained ones.
        step_mib: what comes on top while a step runs: activations, gradients, copies in bf16, the logits.
        flops: of one training example.
    """

    shape: str
    settings: TrainingSettings
    rows: int
    source_tokens: int
    target_tokens: int
    optimizer: str
    base_bits: int
    weights_mib: float
    optimizer_mib: float
    step_mib: float
    flops: float

    @property
    def peak_mib(self) -> float:
        """All of it together."""
        return self.weights_mib + self.optimizer_mib + self.step_mib

    def fits(self, device: Device | str) -> bool:
        """Whether the device's memory holds it, with 5 % left for what no allocation shows (fragments, libraries)."""
        device = DEVICES[device] if isinstance(device, str) else device
        return self.precision(device) in device.tflops and self.peak_mib <= 0.95 * device.memory_gib * 1024

    def precision(self, device: Device) -> str:
        """The precision that the settings mean on a device."""
        wanted = self.settings.precision
        return ("bf16" if "bf16" in device.tflops else "fp32") if wanted == "auto" else wanted

    def seconds(self, examples: int, device: Device | str) -> float:
        """Return the time of a training of that many examples (times epochs) on a device."""
        device = DEVICES[device] if isinstance(device, str) else device
        return examples * self.flops / (device.tflops[self.precision(device)] * 1e12 * device.utilisation)


def estimate(
    shape, settings: TrainingSettings | None = None, *, source_tokens: int = 223, target_tokens: int = 38,
    optimizer: str = "adamw", base_bits: int = 32, on_gpu: bool = True,
) -> Estimate:  # fmt: skip
    """Predict memory and arithmetic of a training step.

    Args:
        shape: a name in SHAPES, or a T5 configuration.
        settings: method, precision, batch size, gradient accumulation and checkpointing count; default: full.
        source_tokens, target_tokens: the longest of the batch; everything in it is padded to that. Default: DialogSum's means.
        optimizer: one of OPTIMIZERS.  base_bits: of a frozen base's linear layers, 32, 16, 8 or 4 (LoRA only).
        on_gpu: fused attention there; plain attention and, where it fits, labutils.forward on a CPU.

    Raises:
        LabError: codes ``"shape"``, ``"optimizer"``, ``"base_bits"``.
    """
    settings = settings or TrainingSettings()
    name, config = (shape, shape_config(shape)) if isinstance(shape, str) else (shape.name_or_path or "model", shape)
    if optimizer not in OPTIMIZERS:
        known = ", ".join(OPTIMIZERS)
        raise LabError(
            "optimizer", _("there is no optimizer {name!r}; choose one of: {known}").format(name=optimizer, known=known)
        )
    if base_bits not in BASE_BYTES or (base_bits != 32 and settings.method != "lora"):
        raise LabError("base_bits", _("a base of {bits!r} bits: 32, or 16, 8 or 4 with LoRA").format(bits=base_bits))
    rows = settings.batch_size // settings.gradient_accumulation
    weights, linear, trained, peak = _trace(config, settings, rows, source_tokens, target_tokens, base_bits, on_gpu)
    return Estimate(
        name, settings, rows, source_tokens, target_tokens, optimizer, base_bits,
        weights_mib=(weights - linear * (4.0 if base_bits == 32 else 2.0) + linear * BASE_BYTES[base_bits]) / MIB,
        optimizer_mib=trained * OPTIMIZERS[optimizer] / MIB,
        step_mib=(peak - weights) / MIB,
        flops=training_flops(config, source_tokens, target_tokens, settings.method),
    )  # fmt: skip


def _trace(config, settings, rows, source, target, base_bits, on_gpu):
    """Run a step on empty tensors -> bytes of weights, weights in frozen linear layers, trained weights, peak bytes."""
    from torch._subclasses.fake_tensor import FakeTensorMode

    bf16 = settings.precision == "bf16" or (settings.precision == "auto" and (on_gpu or runtime.native_bf16()))
    model = _shape_of_model(config, settings, base_bits, on_gpu)
    with FakeTensorMode(), Allocations() as memory:
        _give_empty_weights(model)
        weights, linear = memory.now, _linear_weights(model)
        moving = [p for p in model.parameters() if p.requires_grad]
        ids = torch.ones((rows, source), dtype=torch.long)
        labels = torch.ones((rows, target), dtype=torch.long)
        for _part in range(2 if settings.gradient_accumulation > 1 else 1):
            _loss(model, ids, labels, bf16).backward()
        torch.nn.utils.clip_grad_norm_(moving, settings.max_grad_norm)
        return weights, linear, sum(p.numel() for p in moving), memory.peak


def _shape_of_model(config, settings, base_bits, on_gpu):
    """A model on torch's meta device: shapes without memory."""
    from transformers import AutoModelForSeq2SeqLM

    implementation = _register_attention() if on_gpu else "eager"
    with torch.device("meta"):
        model = AutoModelForSeq2SeqLM.from_config(config, attn_implementation=implementation)
        if base_bits != 32:
            model = model.to(torch.bfloat16)
        if settings.method == "lora":
            model = models.add_lora(model, settings)
    if settings.gradient_checkpointing:
        models.recompute_activations(model)
    return model.train()


def _give_empty_weights(model):
    """Replace each weight by one on the CPU, counted by the modes around; tied weights stay tied."""
    made = {}
    for module in model.modules():
        for name, weight in module._parameters.items():
            if weight is not None:
                if weight not in made:
                    empty = torch.empty(weight.shape, dtype=weight.dtype)
                    made[weight] = torch.nn.Parameter(empty, requires_grad=weight.requires_grad)
                module._parameters[name] = made[weight]


def _linear_weights(model) -> int:
    layers = [module.base_layer for module in model.modules() if hasattr(module, "base_layer")]
    return sum(layer.weight.numel() for layer in layers)


def _loss(model, ids, labels, bf16):
    mask = torch.ones_like(ids)
    if fits(model):
        forward = Forward(models.unwrapped(model), torch.bfloat16 if bf16 else torch.float32)
        return forward.divided_loss(ids, mask, labels, float(labels.numel()))
    with torch.autocast("cpu", torch.bfloat16) if bf16 else contextlib.nullcontext():
        logits = model(input_ids=ids, attention_mask=mask, labels=labels, use_cache=False).logits
    return torch.nn.functional.cross_entropy(logits.flatten(0, 1).float(), labels.flatten(), reduction="sum")
