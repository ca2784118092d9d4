"""Widgets of the labs: each function returns an ipywidgets widget and prints its first result.

A widget computes in plain functions of its own module and shows what they give through :mod:`labutils.widgets.blocks`.
"""

from typing import TYPE_CHECKING

from labutils.lazy import attach

if TYPE_CHECKING:
    from labutils.widgets.between import walk
    from labutils.widgets.cards import which_card
    from labutils.widgets.money import costs
    from labutils.widgets.overlap import shared_words
    from labutils.widgets.plan import planner
    from labutils.widgets.prompt import prompt_box
    from labutils.widgets.rate import step_rate
    from labutils.widgets.workbench import template_workbench

__all__ = [
    "costs", "planner", "prompt_box", "shared_words", "step_rate", "template_workbench", "walk", "which_card",
]  # fmt: skip
__getattr__, __dir__ = attach(
    __name__,
    prompt=("prompt_box",),
    workbench=("template_workbench",),
    rate=("step_rate",),
    overlap=("shared_words",),
    cards=("which_card",),
    between=("walk",),
    money=("costs",),
    plan=("planner",),
)
