"""Plans that the labs show side by side: traced beforehand, since all of them together take minutes.

`python -m makers.plans` traces them into data/plans.json; tests/planning/test_plans.py traces some again.
"""

import itertools
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from labutils import files
from labutils.config import TrainingSettings
from labutils.i18n import _
from labutils.machine import paths
from labutils.planning.layers import estimate_by_layers
from labutils.planning.planner import DEVICES, Device, Estimate

FILE = "plans.json"
TOKENS = (512, 96)  # of prompt and target: the longest that the course trains on, which sets the peak
BATCH = 16
SIZES = {
    "flan-t5-small": _("80 million"), "flan-t5-base": _("250 million"), "flan-t5-large": _("780 million"),
    "flan-t5-xl": _("3 billion"), "flan-t5-xxl": _("11 billion"),
}  # fmt: skip
FULL = "full"
WAYS: dict[str, dict[str, Any]] = {  # name -> settings, and the bits of a frozen base
    FULL: {"method": "full", "gradient_checkpointing": False, "bits": 32},
    "full, checkpointing": {"method": "full", "gradient_checkpointing": True, "bits": 32},
    "LoRA": {"method": "lora", "gradient_checkpointing": False, "bits": 32},
    "LoRA, checkpointing": {"method": "lora", "gradient_checkpointing": True, "bits": 32},
    "LoRA, 8-bit base, checkpointing": {"method": "lora", "gradient_checkpointing": True, "bits": 8},
    "LoRA, 4-bit base, checkpointing": {"method": "lora", "gradient_checkpointing": True, "bits": 4},
}
IN_PARTS = {"flan-t5-xl": (4, 16), "flan-t5-xxl": (16,)}  # the full trainings that are also traced in parts


@dataclass(frozen=True)
class Plan:
    """Which training: a shape, a way of :data:`WAYS`, ``"fp32"`` or ``"bf16"``, and the parts of the batch."""

    shape: str
    way: str
    precision: str
    parts: int = 1

    @property
    def settings(self) -> TrainingSettings:
        """The settings of this training."""
        way = WAYS[self.way]
        return TrainingSettings(
            method=way["method"], gradient_checkpointing=way["gradient_checkpointing"], precision=self.precision,
            batch_size=BATCH, gradient_accumulation=self.parts,
        )  # fmt: skip

    def trace(self) -> Estimate:
        """Estimate it anew: seconds."""
        return estimate_by_layers(self.shape, self.settings, TOKENS, base_bits=WAYS[self.way]["bits"])


def all_plans() -> Iterator[Plan]:
    """Yield every plan that is stored. In fp32, which only the T4 needs, those whose weights alone are too large for it are not."""
    for precision, shape, way in itertools.product(("bf16", "fp32"), SIZES, WAYS):
        if precision == "fp32" and shape in IN_PARTS and WAYS[way]["bits"] == 32:
            continue
        yield Plan(shape, way, precision)
        if precision == "bf16" and WAYS[way]["method"] == "full":
            yield from (Plan(shape, way, precision, parts) for parts in IN_PARTS.get(shape, ()))


def record(plan: Plan, estimate: Estimate) -> dict[str, Any]:
    """Return a plan and its estimate as plain values; :func:`stored` reads them."""
    kept = ("weights_mib", "optimizer_mib", "step_mib", "gathered_mib", "flops")
    numbers = {name: float(f"{getattr(estimate, name):.6g}") for name in kept}
    moments = [[float(f"{part:.6g}") for part in moment] for moment in estimate.moments]
    return asdict(plan) | numbers | {"moments": moments}


def stored() -> dict[Plan, Estimate]:
    """Return the plans that were traced beforehand, {} where their file is not there."""
    content = files.read_json(paths.data_dir() / FILE) or {"plans": []}
    estimates = {}
    for row in content["plans"]:
        plan = Plan(*(row.pop(name) for name in ("shape", "way", "precision", "parts")))
        moments = tuple((gradients, rest) for gradients, rest in row.pop("moments"))
        bits = WAYS[plan.way]["bits"]
        estimates[plan] = Estimate(plan.shape, plan.settings, "adamw", bits, moments=moments, **row)
    return estimates


def on_card(plans: dict[Plan, Estimate], shape: str, way: str, card: Device, parts: int = 1) -> Estimate | None:
    """Return the stored estimate in the best precision that a card has, or None where none is stored."""
    return plans.get(Plan(shape, way, "bf16" if "bf16" in card.tflops else "fp32", parts))


def by_size() -> list[Device]:
    """Return the cards, the smallest first; of two that are equal but for a little, the older one."""
    return sorted(DEVICES.values(), key=lambda card: round(card.memory_gib))


def smallest_card(plans: dict[Plan, Estimate], shape: str, way: str) -> Device | None:
    """Return the card with the least memory that holds a stored training, or None where none of them does."""
    for card in by_size():
        estimate = on_card(plans, shape, way, card)
        if estimate is not None and estimate.fits(card):
            return card
    return None
