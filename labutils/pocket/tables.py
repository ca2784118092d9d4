"""Markdown of the cards: tables and numbers."""


def table(head, rows):
    """A Markdown table."""
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows])


def number(value):
    """.734 for a fraction, a dash for what was not measured."""
    return "-" if value is None else f"{value:.3f}".removeprefix("0")
