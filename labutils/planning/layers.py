"""The planner's figures in a second instead of many: a large model's, read off from its first layers."""

import functools
from dataclasses import replace

from labutils.config import TrainingSettings
from labutils.planning.planner import SHAPES, Estimate, estimate, shape_config

# Layers on each side. LoRA's steps are alike from the first on; in full, what lives beside the gradients is a line from the
# fourth on only: flan-t5-base with accumulation is 8 % too low by (2, 4) and exact by (4, 6).
TRACED = {"full": (4, 6), "lora": (1, 2)}


@functools.lru_cache(maxsize=512)
def estimate_by_layers(
    shape: str, settings: TrainingSettings, tokens: tuple[int, int] = (223, 38), optimizer: str = "adamw",
    base_bits: int = 32,
) -> Estimate:  # fmt: skip
    """Predict a training on a GPU as :func:`labutils.planning.planner.estimate` does, to within 2 % of its peak.

    All layers of a model are alike, so that each figure grows with their number in a straight line; where the largest
    moment moves from the end of the step to its beginning, the line is a little too low. ``moments`` is one pair:
    (all gradients, the most that ever lived beside some), which is more than ever lived at once.

    Raises:
        LabError: as ``estimate``.
    """
    config = shape_config(shape)
    layers = SHAPES[shape][2]
    low, high = TRACED[settings.method]
    few, more = (_traced(config, n, settings, tokens, optimizer, base_bits) for n in (low, high))

    def line(a: float, b: float) -> float:
        return a + (b - a) * (layers - low) / (high - low)

    names = ("weights_mib", "optimizer_mib", "step_mib", "gathered_mib", "flops")
    grown = {name: line(getattr(few, name), getattr(more, name)) for name in names}
    gradients, rest = (line(a, b) for a, b in zip(_most(few), _most(more), strict=True))
    return replace(more, shape=shape, moments=((gradients, rest),), **grown)


def _traced(config, layers: int, settings, tokens, optimizer: str, base_bits: int) -> Estimate:
    config = type(config)(**{**config.to_dict(), "num_layers": layers, "num_decoder_layers": layers})
    return estimate(config, settings, tokens, optimizer=optimizer, base_bits=base_bits)


def _most(traced: Estimate) -> tuple[float, float]:
    return max(gradients for gradients, _rest in traced.moments), max(rest for _gradients, rest in traced.moments)
