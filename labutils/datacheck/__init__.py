"""Checks of the shipped dialogues, and the way in for new ones (floor 2).

- ``python -m labutils.datacheck``: check ``data/dialogues``
- ``python -m labutils.datacheck add FILE``: check new records, append the good ones under ids of their own
- ``python -m labutils.datacheck add-references FILE``: second and third summaries of test dialogues

New records: ``{"split", "kind", "topic", "dialogue", "summary"}`` and, where kind is service, ``"request"`` and
``"action"``; ``"scenario"`` if you like. New references: ``{"id", "references": [...]}``. Both as JSON Lines or CSV.
"""

from labutils.datacheck.adding import add, add_references
from labutils.datacheck.checks import Problem, check_dialogues

__all__ = ["Problem", "add", "add_references", "check_all", "check_dialogues"]


def check_all() -> list[Problem]:
    """Check all shipped data."""
    return check_dialogues()
