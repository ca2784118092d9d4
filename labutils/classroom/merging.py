"""A class's runs, lab by lab: which can be compared, the values of each key number, and whose lie outside."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from labutils.classroom import expected
from labutils.classroom.handins import HandIn
from labutils.classroom.runs import Run
from labutils.i18n import _
from labutils.notebooks import lesson
from labutils.regression import ranges
from labutils.regression.ranges import Range


@dataclass(frozen=True)
class Number:
    """One number of a lab over a class.

    Attributes:
        values: student -> value.  stored: the project's range, or None.  own: the class's, or None.
        outside: students outside the project's range.  far: students far from the others of the class.
    """

    name: str
    values: dict[str, float]
    stored: Range | None
    own: Range | None

    @property
    def outside(self) -> list[str]:
        return [who for who, value in self.values.items() if self.stored and not self.stored.holds(value)]

    @property
    def far(self) -> list[str]:
        return [who for who, value in self.values.items() if self.own and not self.own.holds(value)]

    @property
    def spread(self) -> tuple[float, float, float]:
        """The lowest, the median and the highest value."""
        values = list(self.values.values())
        return min(values), float(np.median(values)), max(values)


@dataclass(frozen=True)
class LabOfClass:
    """One lab over a class.

    Attributes:
        runs: student -> run, of one kind: the kind that most have.  others: student -> why this run is not among them.
        key_numbers, numbers: those that stand for the lab, and all others.
        seeds: seed -> its students.
    """

    lab: str
    runs: dict[str, Run]
    others: dict[str, str]
    key_numbers: list[Number] = field(default_factory=list)
    numbers: list[Number] = field(default_factory=list)

    @property
    def seeds(self) -> dict[int, list[str]]:
        every: dict[int, list[str]] = {}
        for who, run in self.runs.items():
            every.setdefault(run.seed, []).append(who)
        return dict(sorted(every.items()))

    @property
    def kind(self) -> Run:
        """One of the runs: all are of its profile, models, data and sizes."""
        return next(iter(self.runs.values()))

    @property
    def usual(self) -> bool:
        """Whether the project has stored runs of this kind."""
        return expected.usual(self.kind)


def labs(hand_ins: Sequence[HandIn]) -> list[LabOfClass]:
    """Return the labs that a class has run, in their order."""
    of_lab: dict[str, dict[str, Run]] = {}
    for one in hand_ins:
        for run in one.runs:
            of_lab.setdefault(run.lab, {})[one.name] = run
    return [_lab(lab, runs) for lab, runs in sorted(of_lab.items())]


def _lab(lab: str, runs: dict[str, Run]) -> LabOfClass:
    kinds: dict[tuple, list[str]] = {}
    for who, run in runs.items():
        kinds.setdefault(run.kind, []).append(who)
    first = max(kinds.values(), key=lambda students: (len(students), expected.usual(runs[students[0]])))
    same = {who: runs[who] for who in first}
    kind = runs[first[0]]
    others = {who: difference(run, kind) for who, run in runs.items() if who not in same}
    stored = expected.stored(kind)
    numbers = [_number(name, same, stored.get(name)) for name in _names(same)]
    keys = lesson.stored(lab).get("key_numbers", [])
    by_name = {number.name: number for number in numbers}
    return LabOfClass(
        lab, same, others, [by_name[name] for name in keys if name in by_name],
        [number for number in numbers if number.name not in keys],
    )  # fmt: skip


def _names(runs: dict[str, Run]) -> list[str]:
    return list(dict.fromkeys(name for run in runs.values() for name in ranges.flat(run.numbers)))


def _number(name: str, runs: dict[str, Run], stored: Range | None) -> Number:
    values = {who: flat[name] for who, run in runs.items() if name in (flat := ranges.flat(run.numbers))}
    return Number(name, values, None if ranges.of_machine(name) else stored, expected.of_class(list(values.values())))


def difference(run: Run, other: Run) -> str:
    """Return in what a run is unlike another: "profile gpu, examples 16"."""
    parts = []
    if run.course != other.course:
        parts.append(_("version {version} of the course").format(version=run.course or "?"))
    if run.profile != other.profile:
        parts.append(_("profile {name}").format(name=run.profile or "?"))
    elif run.models != other.models:
        parts.append(_("models {names}").format(names=" / ".join(run.models.values())))
    if run.dialogues != other.dialogues:
        parts.append(_("dialogues {name}").format(name=run.dialogues or "?"))
    parts += sizes(run, other)
    if run.goes_on_from != other.goes_on_from:
        earlier = ", ".join(run.goes_on_from)
        parts.append(_("goes on from lab {labs}").format(labs=earlier) if earlier else _("goes on from no lab"))
    return ", ".join(parts)


def sizes(run: Run, other: Run | None = None) -> list[str]:
    """Return the changed parameters of a run that another has not changed in the same way."""
    changed, there = run.changed, other.changed if other else {}
    parts = [f"{name} {_shown(value)}" for name, value in changed.items() if there.get(name) != value]
    usual = [name for name in there if name not in changed]
    return parts + ([_("{names} as usual").format(names=", ".join(usual))] if usual else [])


def _shown(value: float | str) -> str:
    return f"{value:g}" if isinstance(value, (int, float)) else value
