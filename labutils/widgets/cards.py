"""Labs 05 and 09: which card holds a training?"""

from collections.abc import Callable, Sequence
from typing import Any

from labutils.config import TrainingSettings
from labutils.i18n import _
from labutils.planning.layers import estimate_by_layers
from labutils.planning.planner import BASE_BYTES, DEVICES, SHAPES, Device, Estimate
from labutils.widgets.blocks import Bars, Block, Sentence, Table
from labutils.widgets.panel import Panel, steps

RANKS = (1, 2, 4, 8, 16, 32, 64, 128, 256)
BITS = tuple(BASE_BYTES)


def gib(mib: float) -> str:
    """Return MiB as a text in GiB."""
    return _("{gib:.1f} GiB").format(gib=mib / 1024)


def smallest(on: Callable[[Device], Estimate]) -> Device | None:
    """Return the card with the least memory that holds a training, or None; ``on`` gives its estimate on a card."""
    holding = [card for card in DEVICES.values() if on(card).fits(card)]
    return min(holding, key=lambda card: card.memory_gib, default=None)


def card_table(on: Callable[[Device], Estimate]) -> Table:
    """Return for each card what the training takes there and whether it fits."""
    rows = []
    for card in DEVICES.values():
        estimate = on(card)
        precision = estimate.precision(card)
        fits = _("yes") if estimate.fits(card) else _("no") if precision in card.tflops else _("no: it has no bf16")
        rows.append((card.name, precision, gib(estimate.peak_mib), gib(card.memory_gib * 1024), fits))
    header = (_("card"), _("precision"), _("needs"), _("has"), _("fits"))
    return Table(_("Cards (5 % of the memory is kept free)"), header, rows)


def on_card(
    card: Device, *, size: str, method: str, r: int, bits: int, batch_size: int, tokens: tuple[int, int]
) -> Estimate:
    """Estimate a training in the best precision that a card has."""
    precision = "bf16" if "bf16" in card.tflops else "fp32"
    lora: dict[str, Any] = {"r": r, "lora_alpha": 2 * r} if method == "lora" else {}
    settings = TrainingSettings(method=method, batch_size=batch_size, precision=precision, **lora)
    return estimate_by_layers(size, settings, tokens, base_bits=bits)


def _told(what: str, on: Callable[[Device], Estimate]) -> str:
    card = smallest(on)
    if card is None:
        return _("{what}: none of these cards holds it.").format(what=what)
    text = _("{what}: {need}; the smallest card that holds it is the {card}.")
    return text.format(what=what, need=gib(on(card).peak_mib), card=card.name)


def which_card(
    size: str = "flan-t5-base", r: int = 8, bits: int = 32, batch_size: int = 8, tokens: tuple[int, int] = (223, 38),
    sizes: Sequence[str] = tuple(SHAPES),
) -> Panel:  # fmt: skip
    """Return sliders for a model's size, LoRA's rank and the bits of the frozen base, with the card that it takes.

    Args:
        size: a name in ``sizes``, those of :data:`labutils.planning.planner.SHAPES`.  bits: 32, 16, 8 or 4.
        batch_size, tokens: rows at once and the (source, target) lengths that they are padded to.
    """

    def result(size: str, r: int, bits: int) -> list[Block]:
        def lora(card: Device) -> Estimate:
            return on_card(card, size=size, method="lora", r=r, bits=bits, batch_size=batch_size, tokens=tokens)

        def full(card: Device) -> Estimate:
            return on_card(card, size=size, method="full", r=r, bits=32, batch_size=batch_size, tokens=tokens)

        estimate = lora(DEVICES["H200"])
        parts = [
            (_("weights"), estimate.weights_mib, gib(estimate.weights_mib)),
            (_("optimizer state"), estimate.optimizer_mib, gib(estimate.optimizer_mib)),
            (_("gradients and activations"), estimate.step_mib, gib(estimate.step_mib)),
        ]
        return [
            Sentence(_told(_("LoRA, rank {r}, base in {bits} bits").format(r=r, bits=bits), lora), strong=True),
            Sentence(_told(_("Full fine-tuning of the same model"), full)),
            Bars(_("What LoRA takes in bf16"), parts, full=estimate.peak_mib),
            card_table(lora),
        ]

    controls = {
        "size": steps(_("Model"), sizes, size),
        "r": steps(_("LoRA rank r"), RANKS, r),
        "bits": steps(_("Bits of the frozen base"), BITS, bits),
    }
    return Panel(_("Which card does this training need?"), controls, result)
