"""Dialogues with summaries: where they come from, and how files of records are read."""

from typing import TYPE_CHECKING

from labutils.lazy import attach

if TYPE_CHECKING:
    from labutils.dialogues.loading import load_dialogues

__all__ = ["load_dialogues"]
__getattr__, __dir__ = attach(__name__, loading=("load_dialogues",))
