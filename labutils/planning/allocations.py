"""A training step on tensors that hold no numbers: every allocation is counted, nothing is computed.

torch's FakeTensorMode runs the real code, transformers' and ours, forward and backward, and keeps only shapes; so a
model of eleven billion parameters is traced in seconds on a laptop.
"""

import contextlib
import copy
import weakref
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from labutils import models, t5
from labutils.config import TrainingSettings

if TYPE_CHECKING:
    from transformers import T5Config


@dataclass(frozen=True)
class Trace:
    """Bytes of a step: the weights, those that bitsandbytes would quantize, and the most that lived at once.

    Attributes:
        trained: number of trained weights, not bytes.
        moments: {bytes of finished gradients: the most that lived beside them, weights and autocast's copies left out}.
        block, outside: weights of the largest block, and of all that is in no block; numbers, not bytes.
    """

    weights: int
    quantizable: int
    trained: int
    peak: int
    moments: dict[int, int]
    block: int
    outside: int


class Allocations(TorchDispatchMode):
    """Counts the bytes of the tensors that live, and the most that ever lived at once.

    FSDP spreads weights and gradients over the GPUs, so both are known apart: ``moments`` is as in :class:`Trace`.
    """

    def __init__(self) -> None:
        super().__init__()
        self.now = self.peak = 0
        self.sizes: dict[int, int] = {}  # by storage
        self.kinds: dict[int, str] = {}
        self.apart = {"weight": 0, "gradient": 0}
        self.moments: dict[int, int] = {}

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Run the operation, then count what it made."""
        out = func(*args, **(kwargs or {}))
        copied = (
            func is torch.ops.aten._to_copy.default and self.kinds.get(args[0].untyped_storage()._cdata) == "weight"
        )
        for tensor in tree_leaves(out):
            if isinstance(tensor, torch.Tensor):
                self._count(tensor.untyped_storage())
                if copied:
                    self.set_apart(tensor, "weight")
        self._note()
        return out

    def _count(self, storage: torch.UntypedStorage) -> None:
        key = storage._cdata
        if key not in self.sizes:
            self.sizes[key] = storage.nbytes()
            self.now += storage.nbytes()
            self.peak = max(self.peak, self.now)
            weakref.finalize(storage, self._forget, key)

    def set_apart(self, tensor: torch.Tensor, kind: str) -> None:
        """Know a tensor's storage as a weight (or a copy of one in another type), or as a finished gradient."""
        storage = tensor.untyped_storage()
        if storage._cdata not in self.kinds:
            self.kinds[storage._cdata] = kind
            self.apart[kind] += storage.nbytes()

    def _note(self) -> None:
        gradients = self.apart["gradient"]
        rest = self.now - gradients - self.apart["weight"]
        self.moments[gradients] = max(self.moments.get(gradients, 0), rest)

    def _forget(self, key: int) -> None:
        size, kind = self.sizes.pop(key, 0), self.kinds.pop(key, None)
        self.now -= size
        if kind:
            self.apart[kind] -= size


def trace(
    config: "T5Config",
    settings: TrainingSettings,
    tokens: tuple[int, int],
    *,
    bf16: bool,
    gpu: bool,
    half: bool,
    alone: bool = True,
) -> Trace:
    """Trace one training step of a T5 configuration, weights in fp32.

    Args:
        tokens: source and target length that every row is padded to.
        bf16: autocast.  half: hold the weights in bf16 instead (a frozen base that is to be quantized).
        gpu: fused attention; otherwise plain attention, or labutils.t5's where the trainer takes it.
        alone: no other process takes part.
    """
    from torch._subclasses.fake_tensor import FakeTensorMode

    rows, written_out = settings.rows_at_once(tokens), alone and not gpu and not settings.compile
    model = _shapes(config, settings, gpu, half)
    with FakeTensorMode(), Allocations() as memory:
        _give_weights(model)
        weights = memory.now
        moving = [p for p in model.parameters() if p.requires_grad]
        for weight in model.parameters():
            memory.set_apart(weight, "weight")
        memory.moments.clear()  # from before that was known
        for weight in moving:
            weight.register_post_accumulate_grad_hook(lambda p: memory.set_apart(p.grad, "gradient"))
        ids, labels = (torch.ones((rows, length), dtype=torch.long) for length in tokens)
        for _part in range(1 if rows == settings.batch_size else 2):  # the second finds the first one's gradients
            _loss(model, ids, labels, bf16, written_out).backward()
        torch.nn.utils.clip_grad_norm_(moving, settings.max_grad_norm)
    trained, blocks = sum(p.numel() for p in moving), t5.block_sizes(model)
    outside = sum(p.numel() for p in model.parameters()) - sum(blocks)
    return Trace(weights, t5.quantizable_bytes(model), trained, memory.peak, memory.moments, max(blocks), outside)


def _shapes(config: "T5Config", settings: TrainingSettings, gpu: bool, half: bool) -> Any:
    """A model on torch's meta device: shapes without memory."""
    from transformers import AutoModelForSeq2SeqLM

    config = copy.deepcopy(config)  # from_config writes the attention's name into the object that it is given
    with torch.device("meta"):
        model = AutoModelForSeq2SeqLM.from_config(config, attn_implementation=_planned() if gpu else "eager")
        t5.untie_head(model)
        if half:
            model = model.to(torch.bfloat16)
        if settings.method == "lora":
            model = models.add_lora(model, settings)
    t5.fuse_activation(model)
    for module in model.modules() if gpu else ():
        if isinstance(module, torch.nn.Dropout):
            module.__class__ = _Dropout
    if settings.gradient_checkpointing:
        t5.recompute_activations(model)
    return model.train()


def _give_weights(model: Any) -> None:
    """Replace each weight by one on the CPU, counted by the modes around; tied weights stay tied."""
    made = {}
    for module in model.modules():
        for name, weight in module._parameters.items():
            if weight is not None:
                if weight not in made:
                    empty = torch.empty(weight.shape, dtype=weight.dtype)
                    made[weight] = torch.nn.Parameter(empty, requires_grad=weight.requires_grad)
                module._parameters[name] = made[weight]


def _loss(model: Any, ids: torch.Tensor, labels: torch.Tensor, bf16: bool, written_out: bool) -> torch.Tensor:
    mask = torch.ones_like(ids)
    if written_out and t5.fits_training(model):
        forward = t5.Forward(model, torch.bfloat16 if bf16 else torch.float32)
        return forward.divided_loss(ids, mask, labels, float(labels.numel()))
    with torch.autocast("cpu", torch.bfloat16) if bf16 else contextlib.nullcontext():
        logits = model(input_ids=ids, attention_mask=mask, labels=labels, use_cache=False).logits
    return torch.nn.functional.cross_entropy(logits.flatten(0, 1).float(), labels.flatten(), reduction="sum")


# --- what a GPU computes otherwise ---------------------------------------------------------------------------------
class _Dropout(torch.nn.Dropout):
    """A GPU's dropout keeps a byte for each number; a CPU's keeps noise of the numbers' own type."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.native_dropout(x, self.p, True)[0] if self.training and self.p else x


class _Fused(torch.autograd.Function):
    """What a GPU's memory-efficient attention keeps: its inputs, its output and a row of sums; never the scores."""

    @staticmethod
    def forward(ctx: Any, q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, bias: torch.Tensor | None) -> torch.Tensor:
        """-> (rows, heads, S, k)."""
        out = torch.empty_like(q)
        ctx.save_for_backward(q, k, v, bias, out, q.new_empty(q.shape[:3], dtype=torch.float32))
        return out

    @staticmethod
    def backward(ctx: Any, outer: torch.Tensor) -> tuple:
        """Gradients of all four."""
        q, k, v, bias, *_rest = ctx.saved_tensors
        return *(torch.empty_like(t) for t in (q, k, v)), torch.empty_like(bias) if ctx.needs_input_grad[3] else None


def _fused_attention(
    module: torch.nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    mask: torch.Tensor | None,
    position_bias: torch.Tensor | None = None,
    **_options: Any,
) -> tuple[torch.Tensor, None]:
    bias = position_bias if mask is None or position_bias is None else position_bias + mask
    if bias is not None:
        bias = bias.to(query.dtype).expand(len(query), -1, -1, -1).contiguous()
    return _Fused.apply(query, key, value, bias).transpose(1, 2).contiguous(), None


def _planned() -> str:
    """Register the attention above with transformers; return its name."""
    from transformers.masking_utils import AttentionMaskInterface, eager_mask
    from transformers.modeling_utils import AttentionInterface

    AttentionInterface.register("planned", _fused_attention)
    AttentionMaskInterface.register("planned", eager_mask)
    return "planned"
