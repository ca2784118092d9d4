"""Memory and time of a training, predicted (floor 4): what fits where, before anything runs out of memory.

Memory is not guessed from a formula but traced (labutils.tracing). Time is counted FLOPs over a rate.
tests/test_planner.py holds both to what was measured.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from labutils import runtime
from labutils.config import TrainingSettings
from labutils.i18n import LabError, _
from labutils.tracing import trace

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
# fragments. Fitted to five trainings of the shipped model, tests/test_planner.py has them.
CPU_EXTRA_MIB, CPU_SLACK = 60, 1.2


@dataclass(frozen=True)
class Device:
    """Memory that a process can have, in GiB, and matrix rates in TFLOP/s by precision (dense, without sparsity).

    ``utilisation``: share of the rate that a training reaches. 0.31 is nanoT5's on an A100 (arXiv:2309.02373).
    """

    name: str
    memory_gib: float
    tflops: dict
    utilisation: float = 0.31


# NVIDIA's data sheets (fp32: TF32 where there is one); the H200's bf16 and the T4's fp32 as measured for this project.
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
        known = ", ".join(SHAPES)
        raise LabError("shape", _("there is no shape {name!r}; choose one of: {known}").format(name=name, known=known))
    d_model, d_ff, layers, heads, vocabulary = SHAPES[name]
    return T5Config(
        vocab_size=vocabulary, d_model=d_model, d_kv=64, d_ff=d_ff, num_layers=layers, num_heads=heads,
        feed_forward_proj="gated-gelu", dropout_rate=0.0 if name == "pocket" else 0.1, decoder_start_token_id=0,
        tie_word_embeddings=name == "pocket",
    )  # fmt: skip


# --- one training --------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Estimate:
    """What a training takes; memory in MiB.

    Attributes:
        weights_mib, optimizer_mib: the model's weights, and the optimizer's state of the trained ones.
        step_mib: what comes on top while a step runs: activations, gradients, copies in bf16, the logits.
        gradients_mib: the gradients, which are part of it.
        flops: of one training example.
    """

    shape: str
    settings: TrainingSettings
    optimizer: str
    base_bits: int
    weights_mib: float
    optimizer_mib: float
    step_mib: float
    gradients_mib: float
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

        Every GPU runs the batch of the settings. What is gathered for a layer while it runs is left out.
        """
        shared = self.weights_mib + self.optimizer_mib + self.gradients_mib
        return shared / gpus + self.step_mib - self.gradients_mib

    def seconds(self, examples: int, device: Device, gpus: int = 1) -> float:
        """Return the time of training on so many examples (count each epoch's)."""
        rate = device.tflops[self.precision(device)] * 1e12 * device.utilisation * gpus
        return examples * self.flops / rate


def estimate(
    shape, settings: TrainingSettings | None = None, tokens: tuple[int, int] = (223, 38), *, optimizer: str = "adamw",
    base_bits: int = 32, gpu: bool = True,
) -> Estimate:  # fmt: skip
    """Predict memory and arithmetic of a training step.

    Args:
        shape: a name in SHAPES, or a T5 configuration.
        settings: method, precision, batch size, gradient accumulation and checkpointing count; default: full.
        tokens: of source and target, which a batch is padded to. Default: DialogSum's means in T5's tokens.
        optimizer: one of OPTIMIZERS.  base_bits: of a frozen base's linear layers, 32, 16, 8 or 4 (LoRA only).
        gpu: what a GPU takes (fused attention), or this machine's CPU.

    Raises:
        LabError: codes ``"shape"``, ``"optimizer"``, ``"base_bits"``.
    """
    settings = settings or TrainingSettings()
    name, config = (shape, shape_config(shape)) if isinstance(shape, str) else (shape.name_or_path or "model", shape)
    if optimizer not in OPTIMIZERS:
        text = _("there is no optimizer {name!r}; choose one of: {known}")
        raise LabError("optimizer", text.format(name=optimizer, known=", ".join(OPTIMIZERS)))
    if base_bits not in BASE_BYTES or (base_bits != 32 and settings.method != "lora"):
        raise LabError("base_bits", _("a base of {bits!r} bits: 32, or 16, 8 or 4 with LoRA").format(bits=base_bits))
    bf16 = settings.precision == "bf16" or (settings.precision == "auto" and (gpu or runtime.native_bf16()))
    found = trace(config, settings, tokens, bf16=bf16, gpu=gpu, half=base_bits != 32)
    kept = found.adapted * BASE_BYTES[base_bits] / (4 if base_bits == 32 else 2)
    step = (found.peak - found.weights) / MIB
    return Estimate(
        name, settings, optimizer, base_bits,
        weights_mib=(found.weights - found.adapted + kept) / MIB,
        optimizer_mib=found.trained * OPTIMIZERS[optimizer] / MIB,
        step_mib=step if gpu else CPU_SLACK * step + CPU_EXTRA_MIB,
        gradients_mib=4 * found.trained / MIB,
        flops=training_flops(config, *tokens, settings.method),
    )  # fmt: skip


# --- before a training ---------------------------------------------------------------------------------------------
def smaller(settings: TrainingSettings) -> Iterator[list[tuple[str, TrainingSettings]]]:
    """Yield ways to train with less memory, in groups, the least change first: (what to write, the settings).

    The first two groups change nothing that is learned: the same batch in more parts, activations computed twice.
    """
    parts = [n for n in range(settings.gradient_accumulation, settings.batch_size + 1) if not settings.batch_size % n]
    methods = {settings.method: "", "lora": 'method="lora", '}
    for method, first in methods.items():
        for more, last in ((False, ""), (True, ", gradient_checkpointing=True")):
            fixed = replace(settings, method=method, gradient_checkpointing=more)
            named = [(f"{first}gradient_accumulation={n}{last}", n) for n in parts]
            yield [(text, replace(fixed, gradient_accumulation=n)) for text, n in named]


def before_training(model, settings: TrainingSettings, rows) -> str | None:
    """Check a training on tokenized rows against this machine's free memory; see :func:`check_memory`."""
    config = model.config
    if config.model_type != "t5":
        return None
    tokens = tuple(max(len(row[side]) for row in rows) for side in ("input_ids", "labels"))
    free, parameters = runtime.free_memory_mib(), sum(p.numel() for p in model.parameters())
    if surely_fits(config, parameters, settings, tokens, free):
        return None
    return check_memory(config, settings, tokens, free, runtime.device().type == "cuda")


def check_memory(config, settings: TrainingSettings, tokens: tuple[int, int], free_mib: float, gpu: bool) -> str | None:
    """Tell whether a training fits beside the loaded model -> None, or a warning where it will be close.

    Raises:
        LabError: code ``"memory"``: it needs more than there is; the text names the first of :func:`smaller` that fits.
    """
    need = _needed(config, settings, tokens, gpu)
    if need <= 0.85 * free_mib:
        return None
    offer = _first_that_fits(config, settings, tokens, 0.85 * free_mib, gpu)
    way = _("{text} would take {mib:.0f} MiB").format(text=offer[0], mib=offer[1]) if offer else _(
        "not even LoRA with one example at a time fits: take a smaller model, or shorter texts (max_source_tokens)"
    )  # fmt: skip
    told = _("this training will take about {need:.0f} MiB beside the loaded model, and {free:.0f} MiB are free; {way}")
    told = told.format(need=need, free=free_mib, way=way)
    if need > free_mib:
        raise LabError("memory", told)
    return told


def _first_that_fits(config, settings, tokens, room_mib, gpu) -> tuple[str, float] | None:
    for group in smaller(settings):
        if _needed(config, group[-1][1], tokens, gpu) <= room_mib:  # else none of the group fits
            offers = ((text, _needed(config, changed, tokens, gpu)) for text, changed in group)
            return next((text, mib) for text, mib in offers if mib <= room_mib)
    return None


def _needed(config, settings, tokens, gpu) -> float:
    found = estimate(config, settings, tokens, gpu=gpu)
    return found.optimizer_mib + found.step_mib


def surely_fits(config, parameters: int, settings: TrainingSettings, tokens: tuple[int, int], free_mib: float) -> bool:
    """Whether a bound that is far above the truth leaves room, so that nothing need be traced (in microseconds)."""
    rows, (source, target) = settings.batch_size // settings.gradient_accumulation, tokens
    width = 24 * config.d_model + 24 * config.num_heads * config.d_kv + 12 * config.d_ff
    scores = 8 * config.num_heads * (source + target) ** 2
    floats = config.num_layers * ((source + 2 * target) * width + scores) + 4 * target * config.vocab_size
    return (20 * parameters + 4 * rows * floats) / MIB + 4 * CPU_EXTRA_MIB < free_mib / 2
