"""Fine-tuning, in full and with LoRA: one loop, checkpoints that survive, and a history of what happened."""

from typing import TYPE_CHECKING

from labutils.lazy import attach

if TYPE_CHECKING:
    from labutils.training.fine_tuning import fine_tune
    from labutils.training.history import History

__all__ = ["History", "fine_tune"]
__getattr__, __dir__ = attach(__name__, history=("History",), fine_tuning=("fine_tune",))
