"""What a lab's number should be: the range that the project has stored, and the one that a class spans itself."""

from collections.abc import Sequence

import numpy as np

import labutils
from labutils import config
from labutils.classroom.runs import Run
from labutils.regression import ranges
from labutils.regression.ranges import Range

FEWEST = 8  # values: of fewer a class's own range says nothing
FENCE = 1.5  # Tukey's: so many widths of the middle half away from it


def usual(run: Run) -> bool:
    """Whether a run is of the kind that the project has stored: its profile's models and data, and the lab's sizes."""
    profile = config.PROFILES.get(run.profile)
    stored = ranges.runs(run.lab, run.profile)
    return (
        bool(stored) and profile is not None and not run.changed and run.course == labutils.__version__
        and run.models == {"base": profile.base, "tuned": profile.tuned} and run.dialogues == profile.dialogues
        and run.goes_on_from == stored[0].get("goes_on_from", [])
    )  # fmt: skip


def stored(run: Run) -> dict[str, Range]:
    """Return the stored range of each number of such a run, {} where none of its kind is stored."""
    return ranges.expected(run.lab, run.profile) if usual(run) else {}


def of_class(values: Sequence[float]) -> Range | None:
    """Return where a class's own values lie but for those far from the others, None of fewer than :data:`FEWEST`.

    Tukey's fences: the middle half of the values, and 1.5 times its width on both sides. A count stands for the room of one
    around it: else, where most have the same count, the next one would be far from it.
    """
    if len(values) < FEWEST:
        return None
    drawn = np.array(values, dtype=float)
    low, high = (float(value) for value in np.quantile(drawn, (0.25, 0.75)))
    room = FENCE * (high - low + bool(np.all(drawn == np.round(drawn))))
    return Range(low - room, high + room, (), 0)
