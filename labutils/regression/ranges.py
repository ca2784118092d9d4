"""What runs of a lab have given so far: the stored runs of each profile, and the range of each of their numbers.

``data/results/NN.json`` is the last build of a lab (profile pocket, seed 0). ``data/results/PROFILE/NN.json`` holds more
runs of it: other seeds, other machines, other profiles (``python -m makers.results keep RUN``).
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from labutils import config, files
from labutils.lessons import sizes
from labutils.machine import paths
from labutils.notebooks import lesson
from labutils.regression import trainings

# Of numbers that are equal in every run, what the last digits of another machine's arithmetic may change.
ROUNDING = 1e-3  # beside the number
# What a machine's speed and free memory decide, and no range can foretell.
OF_THE_MACHINE = re.compile(r"(_s|_ms)$|speed|time_ratio|memory|latency|cost_ratio")
# Of fewer runs the distance between them is mostly luck: their intervals count as well. With two seeds of one machine 33
# of 392 numbers of a sound run on another machine left their range; with the intervals one did.
FEWEST = 3
INTERVAL = "_interval"
BUILT = "pocket"  # the profile of the builds and of data/trainings


@dataclass(frozen=True)
class Range:
    """Where a number is expected, ends included, and the seeds and the number of runs that it rests on.

    A seed counts once a machine: bf16, fp32 and kernels of their own give other last digits, and a training other weights.
    ``like`` says whether the seeds of like trainings widened it (:mod:`labutils.regression.trainings`).
    """

    low: float
    high: float
    seeds: tuple[int, ...]
    runs: int
    like: bool = False

    def holds(self, value: float) -> bool:
        """Whether a number lies in it; one that is no number does not."""
        return self.low <= value <= self.high


def runs(lab: str, profile: str) -> list[dict]:
    """Return the stored runs of a lab at a profile, the build's first; [] where none is stored.

    All are of like sizes, of the same start and of the shipped weights: those that are not are left out.
    """
    if profile not in config.PROFILES:  # a name in somebody's file, and not to be a part of a path
        return []
    build = lesson.stored(lab)
    folder = paths.data_dir() / lesson.STORED / profile
    more = (files.read_json(folder / f"{lab}.json") or {"runs": []})["runs"]
    every = ([build] if build.get("profile") == profile else []) + [run for run in more if _current(run)]
    return [run for run in every if not differing(run, every[0])]


def _current(run: Mapping) -> bool:
    """Whether a run is of the shipped weights; where it names none, it is of none of them."""
    return run.get("weights") in (None, weights())


def weights() -> str:
    """Return the digest of the shipped tuned model, as its card records it."""
    return (files.read_json(paths.data_dir() / "pocket-t5" / "results.json") or {"weights": {}})["weights"].get(
        "instruct", ""
    )


def differing(one: Mapping, other: Mapping) -> list[str]:
    """Return in what two runs of a lab are unlike: names of parameters, and ``goes_on_from``."""
    names = sizes.differing(one.get("parameters", {}), other.get("parameters", {}))
    return names + ["goes_on_from"] * (one.get("goes_on_from", []) != other.get("goes_on_from", []))


def flat(numbers: Mapping[str, object]) -> dict[str, float]:
    """Return a lab's numbers one by one; a pair as ``name[0]`` and ``name[1]``, the interval of a number left out."""
    single: dict[str, float] = {}
    for name, value in numbers.items():
        if isinstance(value, (list, tuple)):
            if name.removesuffix(INTERVAL) not in numbers or not name.endswith(INTERVAL):
                single |= {
                    f"{name}[{side}]": _float(part) for side, part in enumerate(value) if isinstance(part, (int, float))
                }
        elif isinstance(value, (int, float)):
            single[name] = _float(value)
    return single


def _float(value: float) -> float:
    try:
        return float(value)
    except OverflowError:  # a whole number of more digits than any number has
        return math.inf


def of_machine(name: str) -> bool:
    """Whether a number tells of the machine: a time, a rate, a peak of memory."""
    return OF_THE_MACHINE.search(name.partition("[")[0].removesuffix(INTERVAL)) is not None


def expected(lab: str, profile: str) -> dict[str, Range]:
    """Return the range of each number of a lab at a profile, but for those that have none; {} where no run is stored."""
    like = trainings.spreads(lab) if profile == BUILT else {}
    return ranges(runs(lab, profile), like)


def ranges(stored: Sequence[Mapping], like: Mapping[str, float] = MappingProxyType({})) -> dict[str, Range]:
    """Return the range of each number of stored runs, but for those that have none.

    Of several runs it goes from the lowest to the highest, and on by the distance between these on both sides; of
    three normal draws that is 2.5 standard deviations either way. Where all gave the same, and of fewer than FEWEST, the
    ends of the stored intervals count as well. One run without an interval gives no range, but for the numbers of
    ``like``.

    Args:
        like: number -> how far the seeds of like trainings lie apart; such a range is never narrower than this.
    """
    found: dict[str, Range] = {}
    for name in dict.fromkeys(name for run in stored for name in flat(run["numbers"])):
        having = [run for run in stored if name in flat(run["numbers"])]
        values = [flat(run["numbers"])[name] for run in having]
        seeds = tuple(sorted({int(run["seed"]) for run in having}))
        spread, rounding = max(values) - min(values), ROUNDING * max(map(abs, values))
        few = len(having) < FEWEST or spread <= rounding
        ends = [end for run in having for end in _interval(run, name)] if few else []
        if len(having) > 1 or ends or name in like:
            low, high = min([*values, *ends]), max([*values, *ends])
            more = max(spread, rounding, like.get(name, 0.0))
            found[name] = Range(low - more, high + more, seeds, len(having), like.get(name, 0.0) > spread)
    return found


def _interval(run: Mapping, name: str) -> list[float]:
    interval = run["numbers"].get(f"{name}{INTERVAL}")
    return list(interval) if isinstance(interval, list) else []
