"""What the labs show, measured over several seeds, with everything that a card says about it.

Each part writes one file of plain records, data/trainings/<part>.json, with command, seconds, machine, date and seeds,
after every training: a stop loses one. A training that the file holds is not repeated while the weights are the same.
Learning rates are chosen on the new task's validation records alone, from the same number of candidates for each way;
test records are only reported.
"""

import hashlib
import itertools
import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from labutils.errors import LabError
from labutils.files import read_json, write_json
from labutils.i18n import _
from labutils.machine.paths import data_dir
from labutils.machine.provenance import command
from makers.pocket.measure import company, experiments, multitask
from makers.pocket.measure.experiments import NEW, OLD, WAYS, Experiment, Point
from makers.pocket.measure.models import Loader, fingerprints, hardware, loader

SEEDS = (0, 1, 2)
MACHINES = "; "  # between the machines of one file
ALL = 0  # stands for all training records
ONE_SEED = ("dialogsum_all",)  # parts that are measured with the first seed alone: a training takes hours on two cores
Case = dict[str, Any]
AXES: dict[str, dict[str, tuple]] = {  # of each part: every combination of these and a seed is one training
    "summaries": {"examples": (100, 250, 500, 1000)},
    "phrasing": {"phrasings": ("one", "many")},
    "curve": {"method": ("full", "lora"), "examples": (200, 500, 1000)},
    "ways": {"way": tuple(WAYS), "factor": (0.03, 0.1, 0.3, 1.0)},  # of the method's highest rate
    "walk": {"share": (0.25, 0.5, 0.75)},
    "dialogsum": {"examples": (1000,)},
    "dialogsum_all": {"examples": (ALL,)},
    "tasks": {"trained": tuple(multitask.TRAININGS)},
    "mixing": {"mixing": tuple(multitask.CAPS)},
    "support": {"second": ("none", "everyday", "own")},
    "reading": {},
    "service": {},
    "faults": {},
    "labels": {"data": tuple(company.LABELS)},
}
NEW_TASK = (f"tasks/{NEW}/*.jsonl", f"templates/{NEW}.yaml")
SOURCES = {  # what each part reads below data/, DialogSum apart
    "summaries": ("dialogues/*.jsonl", "templates/summarize.yaml"),
    "phrasing": NEW_TASK,
    "curve": (*NEW_TASK, *(part for name in OLD for part in (f"tasks/{name}/test.jsonl", f"templates/{name}.yaml"))),
    "ways": (*NEW_TASK, *(part for name in OLD for part in (f"tasks/{name}/*.jsonl", f"templates/{name}.yaml"))),
    "dialogsum": ("templates/summarize.yaml",),
    "dialogsum_all": ("templates/summarize.yaml",),
    "reading": ("facts/plain_*.jsonl", "templates/questions.yaml"),
    "service": tuple(f"facts/{name}.jsonl" for name in ("documents", "questions", "phrasings", "declines", "secrets")),
    "faults": ("facts/faults.jsonl", "templates/questions.yaml"),
    "labels": NEW_TASK,
}
SOURCES["walk"] = SOURCES["ways"]
SOURCES["tasks"] = tuple(
    part for name in (NEW, *multitask.POOL) for part in (f"tasks/{name}/*.jsonl", f"templates/{name}.yaml")
)
SOURCES["mixing"] = tuple(
    part for name in multitask.SIZES for part in (f"tasks/{name}/*.jsonl", f"templates/{name}.yaml")
)
SOURCES["support"] = ("dialogues/*.jsonl", "support/*.jsonl", "templates/summarize.yaml", "templates/support.yaml")
START = {"tasks": "base", "mixing": "base"}  # the others start from the instruct model, which was made from it
PARTS: dict[str, Experiment] = {
    "summaries": experiments.summaries,
    "phrasing": experiments.phrasing,
    "curve": experiments.curve,
    "ways": experiments.ways,
    "walk": experiments.walk,
    "dialogsum": experiments.dialogsum,
    "dialogsum_all": experiments.dialogsum,
    "tasks": multitask.held_out,
    "mixing": multitask.mixing,
    "support": multitask.support,
    "reading": company.reading,
    "service": company.service,
    "faults": company.faults,
    "labels": company.labels,
}
COMPANY = ("reading", "service", "faults", "labels")


def cases(part: str, seeds: Sequence[int]) -> list[Case]:
    """Return [{"seed": .., axis: value, ..}] of a part, in the order in which they are measured."""
    combinations = itertools.product(seeds[:1] if part in ONE_SEED else seeds, *AXES[part].values())
    return [dict(zip(("seed", *AXES[part]), values, strict=True)) for values in combinations]


def data_digest(part: str) -> str:
    """Return a sha256 over the records, templates and settings that a part's points come from."""
    home = data_dir()
    files = [path for pattern in SOURCES[part] for path in home.glob(pattern)]
    values: tuple[Any, ...] = (
        experiments.EXAMPLES,
        experiments.EPOCHS,
        experiments.SUMMARY_EPOCHS,
        WAYS,
        experiments.RATES,
        experiments.HIGHEST,
    )
    if part in COMPANY:  # settings of their own: the other parts' points stay good
        values = (company.BY_HEART, company.READER, company.FAULTS, company.LABELS, company.DECLINED, company.DOCUMENTS)
    settings = repr((part, *values, *multitask.settings(part))).encode()
    return hashlib.sha256(settings + b"".join(path.read_bytes() for path in sorted(files))).hexdigest()


def stored_points(path: Path, facts: dict[str, Any]) -> tuple[dict[tuple, Point], float]:
    """Return what a part's file holds of the same weights, data and scale.

    Returns:
        {(a case's values): its point}, and the core-seconds that they took.
    """
    stored = read_json(path) or {}
    if any(stored.get(key) != facts[key] for key in ("weights", "scale", "data")):
        return {}, 0.0
    keys = ("seed", *AXES[path.stem])
    return {tuple(point[key] for key in keys): point for point in stored["points"]}, stored["core_seconds"]


def measure(
    out: Path, folder: Path, seeds: Sequence[int] = SEEDS, scale: int | None = None, parts: Sequence[str] = ()
) -> None:
    """Measure parts from out/instruct into folder/<part>.json; what stands there already is kept.

    Args:
        parts: names of PARTS; default all, DialogSum only where DIALOGSUM_DIR says where it is.
        scale: at most so many test and validation records, for rehearsals.

    Raises:
        LabError: ``"part"``: there is no such part.
    """
    unknown = sorted(set(parts) - set(PARTS))
    if unknown:
        message = _("there is no part {name!r}; the parts: {names}")
        raise LabError("part", message.format(name=unknown[0], names=", ".join(PARTS)))
    folder.mkdir(parents=True, exist_ok=True)
    weights = fingerprints(out)["instruct"]
    for part in parts or [
        name for name in PARTS if not name.startswith("dialogsum") or os.environ.get("DIALOGSUM_DIR")
    ]:
        load = loader(out / START.get(part, "instruct"))
        measure_part(part, load, folder / f"{part}.json", seeds, scale, weights)


def measure_part(part: str, load: Loader, path: Path, seeds: Sequence[int], scale: int | None, weights: str) -> None:
    """Measure the cases of one part that its file does not hold yet; write the file after each."""
    machine = hardware()
    facts: dict[str, Any] = {
        "command": command("python -m makers.pocket"),
        "profile": "pocket",
        "task": NEW,
        "weights": weights,
        "start": START.get(part, "instruct"),
        "scale": scale,
        "data": data_digest(part),
        "machine": f"{machine['cpu']}, {machine['cores']} cores",
        "date": time.strftime("%Y-%m-%d"),
    }
    points, seconds = stored_points(path, facts)
    missing = [case for case in cases(part, seeds) if tuple(case.values()) not in points]
    if points:  # some were measured elsewhere, perhaps in another number format: all machines are named
        machines = [*(read_json(path) or facts)["machine"].split(MACHINES), facts["machine"]]
        facts["machine"] = MACHINES.join(dict.fromkeys(machines))
    print(f"{part}: {len(points)} measured before, {len(missing)} to go", flush=True)
    if not missing:
        return
    run = PARTS[part](load, scale)
    for case in missing:
        started = time.monotonic()
        point = case | run(**case)
        points[tuple(case.values())] = point
        seconds += (time.monotonic() - started) * machine["threads"]
        facts["seeds"] = sorted({point["seed"] for point in points.values()})
        write_json(path, facts | {"core_seconds": round(seconds, 1), "points": list(points.values())})
        print(part, len(points), round(seconds, 1), "core-s", point, flush=True)
