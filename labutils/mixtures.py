"""Mixtures: many tasks in one training, and how large a share of its rows each of them gets.

Data sets differ in size, and the large ones would fill the training. Raffel et al. (2020), "Exploring the Limits of
Transfer Learning" (arXiv:1910.10683), therefore count no data set as larger than a cap; FLAN (Wei et al., 2022,
arXiv:2109.01652) took 3,000 for it.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace

from labutils import prompts
from labutils.errors import LabError
from labutils.i18n import _
from labutils.tasks import Task

EQUAL = 1  # the cap that makes all tasks count alike


def shares(sizes: Mapping[str, int], cap: int | None = None) -> dict[str, float]:
    """Return the share of a training's rows that each task gets, in proportion to its size; they add up to one.

    Args:
        sizes: task -> its training records, one or more.
        cap: no task counts as larger than that. None: by size alone; 1: all alike.

    Raises:
        LabError: ``"sizes"`` (no task, or a size below 1), ``"cap"`` (below 1).
    """
    if not sizes or min(sizes.values()) < 1:
        raise LabError("sizes", _("sizes is {sizes}; give each task one record or more").format(sizes=dict(sizes)))
    if cap is not None and cap < 1:
        raise LabError("cap", _("cap is {cap!r}; it must be 1 or more, or None").format(cap=cap))
    counted = {name: size if cap is None else min(size, cap) for name, size in sizes.items()}
    return {name: size / sum(counted.values()) for name, size in counted.items()}


def counts(rows: int, parts: Mapping[str, float]) -> dict[str, int]:
    """Return whole numbers of rows that add up to ``rows`` and come nearest to the shares (largest remainders)."""
    exact = {name: rows * share for name, share in parts.items()}
    whole = {name: int(value + 1e-9) for name, value in exact.items()}
    rest = sorted(exact, key=lambda name: whole[name] - exact[name])
    for name in rest[: rows - sum(whole.values())]:
        whole[name] += 1
    return whole


def mix(tasks: Sequence[Task], rows: Mapping[str, int], seed: int = 0, templates: slice = slice(None)) -> Task:
    """Return one task whose training rows are those of several, each rendered in its own task's phrasings in turn.

    A task with too few records gives each of them several times. There is nothing to validate or to test by: each task
    is asked by itself.

    Args:
        rows: task -> how many training rows it gives.
        templates: which of each task's phrasings are used; ``slice(-1)`` leaves the last one unseen.

    Raises:
        LabError: ``"no_data"``: a task that is to give rows has no training record.
    """
    drawn = []
    for task in tasks:
        records = task.draw(rows.get(task.name, 0), random.Random(f"{seed} {task.name}"))
        used = range(*templates.indices(len(task.templates)))
        for i, record in enumerate(records):
            place = used[i % len(used)]
            texts = {"prompt": task.prompt(record, place), "target": task.target(record, place)}
            drawn.append({"id": record.get("id", ""), "task": task.name, **texts})
    plain = prompts.Template("mixture", "mixture", "{{ prompt }}", "{{ target }}")
    return replace(tasks[0], name="mixture", train=drawn, validation=[], test=[], templates=[plain])
