"""Markdown of the cards: tables and numbers."""

from labutils.textfiles import markdown_table as table

__all__ = ["number", "table"]


def number(value):
    """.734 for a fraction, a dash for what was not measured."""
    return "-" if value is None else f"{value:.3f}".removeprefix("0")
