"""Memory and time of a training, predicted: what fits where.

Memory is not guessed from a formula but traced (labutils.planning.allocations); tests/planning/test_planner.py holds it to trainings that were
measured on a CPU. Time is counted FLOPs over a rate, and as good as the utilisation that one assumes.
"""

import functools
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from labutils.config import TrainingSettings
from labutils.errors import LabError
from labutils.i18n import _
from labutils.machine import device
from labutils.planning.allocations import Trace, trace

if TYPE_CHECKING:
    from transformers import T5Config

MIB = 2**20
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
# Bytes a weight of a linear layer in a frozen base: bitsandbytes' int8, and NF4 with doubly quantized constants, which
# take 0.127 bits a weight (Dettmers et al., 2023, arXiv:2305.14314).
BASE_BYTES = {32: 4.0, 16: 2.0, 8: 1.0, 4: 0.5 + 0.127 / 8}
# On a CPU a process takes more than its tensors: libraries that load at the first step, scratch of the matrix kernels,
# fragments. (The heap in use is what was traced, within 4 %; but glibc's posix_memalign, which torch calls, needs a hole
# larger than what it is to hold.) Fitted to the trainings in tests/planning/test_planner.py, which lie 11 % off at most.
CPU_EXTRA_MIB, CPU_SLACK = 50, 1.35


@dataclass(frozen=True)
class Device:
    """Memory that a process can have, in GiB, and matrix rates in TFLOP/s by precision (dense, without sparsity).

    ``utilisation``: share of the rate that a training reaches. 0.31 is nanoT5's on an A100 (arXiv:2309.02373).
    """

    name: str
    memory_gib: float
    tflops: dict
    utilisation: float = 0.31


# bf16: NVIDIA's data sheets, but for H100 and H200 the 790 that were measured on an H200 for this project. fp32: without
# TF32, which the course does not switch on; on the T4 as measured.
DEVICES = {
    device.name: device
    for device in (
        Device("T4", 14.6, {"fp32": 8.1}),
        Device("L4", 22.0, {"fp32": 30.3, "bf16": 121.0}),
        Device("A100-40", 39.4, {"fp32": 19.5, "bf16": 312.0}),
        Device("A100-80", 79.2, {"fp32": 19.5, "bf16": 312.0}),
        Device("H100", 79.1, {"fp32": 67.0, "bf16": 790.0}),
        Device("H200", 139.8, {"fp32": 67.0, "bf16": 790.0}),
    )
}


# --- arithmetic ----------------------------------------------------------------------------------------------------
def forward_flops(config: "T5Config", source_tokens: float, target_tokens: float) -> float:
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


def training_flops(
    config: "T5Config", source_tokens: float, target_tokens: float, method: str = "full", recomputed: bool = False
) -> float:
    """Count the operations of training on one example: as three forward passes in full, as two with LoRA, which needs
    no gradient of the frozen weights.

    ``recomputed``: gradient checkpointing runs the forward pass once more.
    """
    return ((3 if method == "full" else 2) + recomputed) * forward_flops(config, source_tokens, target_tokens)


def shape_config(name: str) -> "T5Config":
    """Return the T5 configuration of a name in SHAPES (random weights make any of them).

    Raises:
        LabError: code ``"shape"``.
    """
    from transformers import T5Config

    if name not in SHAPES:
        choices = ", ".join(SHAPES)
        raise LabError(
            "shape", _("there is no shape {name!r}; choose one of: {choices}").format(name=name, choices=choices)
        )
    d_model, d_ff, layers, heads, vocabulary = SHAPES[name]
    more: dict[str, Any] = {"decoder_start_token_id": 0, "tie_word_embeddings": name == "pocket"}  # of any model
    return T5Config(
        vocab_size=vocabulary, d_model=d_model, d_kv=64, d_ff=d_ff, num_layers=layers, num_heads=heads,
        feed_forward_proj="gated-gelu", dropout_rate=0.0 if name == "pocket" else 0.1, **more,
    )  # fmt: skip


# --- one training --------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Estimate:
    """What a training takes; memory in MiB.

    Attributes:
        weights_mib, optimizer_mib: the model's weights, and the optimizer's state of the trained ones.
        step_mib: what comes on top while a step runs: activations, gradients, copies in bf16, the logits.
        moments: of the step, (finished gradients, the most that lived beside them without any copy of a weight).
        gathered_mib: what each GPU holds in whole when all is sharded: of two blocks and of what is in no block the
            weights, of one block and the rest the gradients, and one block's once more in fp32, to be added up. (The
            largest moment of torch's FSDP2; recomputed activations that each block keeps in bf16 come on top.)
        flops: of one training example.
    """

    shape: str
    settings: TrainingSettings
    optimizer: str
    base_bits: int
    weights_mib: float
    optimizer_mib: float
    step_mib: float
    moments: tuple[tuple[float, float], ...]
    gathered_mib: float
    flops: float

    @property
    def peak_mib(self) -> float:
        """All of it together."""
        return self.weights_mib + self.optimizer_mib + self.step_mib

    def precision(self, device: Device) -> str:
        """The precision that the settings mean on a device."""
        best = "bf16" if "bf16" in device.tflops else "fp32"
        return best if self.settings.precision == "auto" else self.settings.precision

    def fits(self, device: Device, gpus: int = 1) -> bool:
        """Whether the memory holds it, with 5 % left for what no allocation shows (fragments, libraries)."""
        enough = self.sharded_mib(gpus) <= 0.95 * device.memory_gib * 1024
        return enough and self.precision(device) in device.tflops

    def sharded_mib(self, gpus: int) -> float:
        """Memory of each GPU when weights, gradients and optimizer state are sharded (FSDP full-shard, ZeRO-3).

        Every GPU runs the batch of the settings.
        """
        if gpus == 1:
            return self.peak_mib
        step = max(gradients / gpus + rest for gradients, rest in self.moments)
        return (self.weights_mib + self.optimizer_mib) / gpus + step + self.gathered_mib

    def seconds(self, examples: int, device: Device, gpus: int = 1) -> float:
        """Return the time of training on so many examples (count each epoch's)."""
        rate = device.tflops[self.precision(device)] * 1e12 * device.utilisation * gpus
        return examples * self.flops / rate


def estimate(
    shape: "str | T5Config", settings: TrainingSettings | None = None, tokens: tuple[int, int] = (223, 38), *, optimizer: str = "adamw",
    base_bits: int = 32, gpu: bool = True, processes: int = 1,
) -> Estimate:  # fmt: skip
    """Predict memory and arithmetic of a training step.

    Args:
        shape: a name in SHAPES, or a T5 configuration.
        settings: method, precision, batch size, gradient accumulation and checkpointing count; default: full.
        tokens: of source and target, which a batch is padded to. Default: DialogSum's means in T5's tokens.
        optimizer: one of OPTIMIZERS.  base_bits: of a frozen base's linear layers, 32, 16, 8 or 4 (LoRA only).
        gpu: what a GPU takes (fused attention), or this machine's CPU.
        processes: how many train together; each has the batch of the settings.

    Raises:
        LabError: codes ``"shape"``, ``"optimizer"``, ``"base_bits"``.
    """
    settings = settings or TrainingSettings()
    name, config = (shape, shape_config(shape)) if isinstance(shape, str) else (shape.name_or_path or "model", shape)
    if optimizer not in OPTIMIZERS:
        text = _("there is no optimizer {name!r}; choose one of: {choices}")
        raise LabError("optimizer", text.format(name=optimizer, choices=", ".join(OPTIMIZERS)))
    if base_bits not in BASE_BYTES or (base_bits != 32 and settings.method != "lora"):
        raise LabError("base_bits", _("a base of {bits!r} bits: 32, or 16, 8 or 4 with LoRA").format(bits=base_bits))
    bf16 = settings.precision == "bf16" or (settings.precision == "auto" and (gpu or device.native_bf16()))
    described = json.dumps(config.to_dict(), sort_keys=True, default=str)
    lengths = (int(tokens[0]), int(tokens[1]))  # a list, where they come from JSON, has no hash
    traced = _traced(described, settings, lengths, bf16=bf16, gpu=gpu, half=base_bits != 32, alone=processes == 1)
    kept = traced.quantizable * BASE_BYTES[base_bits] / (4 if base_bits == 32 else 2)
    slack, extra = (1.0, 0.0) if gpu else (CPU_SLACK, CPU_EXTRA_MIB)
    return Estimate(
        name, settings, optimizer, base_bits,
        weights_mib=(traced.weights - traced.quantizable + kept) / MIB,
        optimizer_mib=traced.trained * OPTIMIZERS[optimizer] / MIB,
        step_mib=slack * (traced.peak - traced.weights) / MIB + extra,
        moments=tuple((gradients / MIB, slack * rest / MIB + extra) for gradients, rest in traced.moments.items()),
        gathered_mib=_gathered(traced, settings.method, 2 if bf16 else 4) / MIB,
        flops=training_flops(config, *tokens, settings.method, settings.gradient_checkpointing),
    )  # fmt: skip


@functools.lru_cache(maxsize=64)
def _traced(
    config: str, settings: TrainingSettings, tokens: tuple[int, int], *, bf16: bool, gpu: bool, half: bool, alone: bool
) -> Trace:
    """Trace a configuration that is given as JSON; another optimizer, or 4 bits for 8, needs no second trace."""
    from transformers import T5Config

    return trace(T5Config(**json.loads(config)), settings, tokens, bf16=bf16, gpu=gpu, half=half, alone=alone)


def _gathered(traced: Trace, method: str, width: int) -> int:
    """Bytes in whole on each GPU, with layers computed in a type of so many bytes; see :class:`Estimate`."""
    weights = width * (2 * traced.block + traced.outside)
    return weights + (width * (traced.block + traced.outside) + 4 * traced.block if method == "full" else 0)
