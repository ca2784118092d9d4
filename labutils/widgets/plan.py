"""Lab 09: what a training's memory is made of, and what makes it smaller."""

from typing import Any

from labutils.config import TrainingSettings
from labutils.i18n import _
from labutils.planning.layers import estimate_by_layers
from labutils.planning.planner import BASE_BYTES, OPTIMIZERS, SHAPES, Device, Estimate
from labutils.widgets.blocks import Bars, Block, Sentence
from labutils.widgets.cards import card_table, gib, smallest
from labutils.widgets.panel import Panel, choice, steps, switch, whole

BATCHES, PARTS = (1, 2, 4, 8, 16, 32, 64), (1, 2, 4, 8, 16, 32)


def memory(
    *, size: str, method: str, precision: str, batch: int, parts: int, checkpointing: bool, bits: int, optimizer: str,
    tokens: tuple[int, int],
) -> Estimate:  # fmt: skip
    """Estimate a training's memory on a GPU.

    Raises:
        LabError: codes ``"accumulation"``: the batch cannot be divided so; ``"base_bits"``: a full training of a base
            in fewer bits.
    """
    settings = TrainingSettings(
        method=method, precision=precision, batch_size=batch, gradient_accumulation=parts,
        gradient_checkpointing=checkpointing,
    )  # fmt: skip
    return estimate_by_layers(size, settings, tokens, optimizer, bits)


def memory_bars(estimate: Estimate) -> Bars:
    """Draw the four parts of a training's memory; gradients and activations each at their largest."""
    [(gradients, activations)] = estimate.moments
    parts = {
        _("weights"): estimate.weights_mib,
        _("gradients, at most"): gradients,
        _("optimizer state"): estimate.optimizer_mib,
        _("activations, at most"): activations,
        _("all together, at the largest moment"): estimate.peak_mib,
    }
    return Bars(_("Memory"), [(name, mib, gib(mib)) for name, mib in parts.items()], full=estimate.peak_mib)


def _result(source: int, target: int, **values: Any) -> list[Block]:
    estimate = memory(**values, tokens=(source, target))

    def everywhere(_card: Device) -> Estimate:
        return estimate

    card = smallest(everywhere)
    text = _("It takes {need}; the smallest card that holds it is the {card}.") if card else _(
        "It takes {need}; none of these cards holds it."
    )  # fmt: skip
    note = _("Gradients come while activations go: the largest moment is less than the sum.")
    return [
        Sentence(text.format(need=gib(estimate.peak_mib), card=card.name if card else ""), strong=True),
        memory_bars(estimate), Sentence(note), card_table(everywhere),
    ]  # fmt: skip


def planner(
    size: str = "flan-t5-base", method: str = "full", precision: str = "fp32", batch_size: int = 16,
    tokens: tuple[int, int] = (223, 38),
) -> Panel:  # fmt: skip
    """Return the planner of a training: its memory in parts, and the cards that hold it.

    Args:
        size: a name in :data:`labutils.planning.planner.SHAPES`.  method: ``"full"`` or ``"lora"``.
        precision: ``"fp32"`` or ``"bf16"``.  tokens: (source, target) lengths that a batch is padded to.
    """
    controls = {
        "size": steps(_("Model"), tuple(SHAPES), size),
        "method": choice(_("Method"), [(_("full fine-tuning"), "full"), (_("LoRA, rank 8"), "lora")], method),
        "precision": choice(_("Precision of the arithmetic"), ("fp32", "bf16"), precision),
        "batch": steps(_("Batch size"), BATCHES, batch_size),
        "parts": steps(_("Gradient accumulation (parts of the batch)"), PARTS, 1),
        "checkpointing": switch(_("Gradient checkpointing (activations computed twice)"), False),
        "bits": steps(_("Bits of a frozen base (LoRA)"), tuple(BASE_BYTES), 32),
        "optimizer": choice(_("Optimizer"), tuple(OPTIMIZERS), "adamw"),
        "source": whole(_("Prompt length in tokens"), tokens[0], 1, 1024),
        "target": whole(_("Target length in tokens"), tokens[1], 1, 256),
    }
    return Panel(_("Does this training fit, and where does the memory go?"), controls, _result)
