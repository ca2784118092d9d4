"""Exercises: one module a lab; each exercise checks, hints and shows a solution."""

import importlib

from labutils.exercises.core import Check, Exercise, Guided, Mistake
from labutils.exercises.kinds import Challenge, Choice

__all__ = ["Challenge", "Check", "Choice", "Exercise", "Guided", "Mistake", "load"]


def load(lab: str) -> list[Guided]:
    """Return the exercises of a lab (``"03"``), in their order; a lab without a module has none."""
    try:
        module = importlib.import_module(f"labutils.exercises.lab{lab}")
    except ModuleNotFoundError as error:
        if error.name != f"labutils.exercises.lab{lab}":
            raise
        return []
    return [value for value in vars(module).values() if isinstance(value, Guided)]
