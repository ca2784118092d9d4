"""Drawings that stand before a mechanism: made by code, once, each with its words and, where it has data, its table."""

from labutils.drawings.adapters import low_rank, two_adapters
from labutils.drawings.cards import cards
from labutils.drawings.course import course, flan, life_cycle
from labutils.drawings.data import context, record_way, shifted_labels
from labutils.drawings.scores import answers, documents, scale, shared_words
from labutils.drawings.training import memory, primer, training_step, walk

__all__ = [
    "answers", "cards", "context", "course", "documents", "flan", "life_cycle", "low_rank", "memory", "primer", "record_way", "scale",
    "shared_words", "shifted_labels", "training_step", "two_adapters", "walk",
]  # fmt: skip
