"""How good the bets of a learner, or of a class, were: what was said beside what came.

Reads ``results.json`` files, which a lab's last cell writes: one run's folder, or a folder that holds those of a whole class.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from labutils import files
from labutils.evaluation import claims
from labutils.i18n import _
from labutils.log import logger

RESULTS = "results.json"
PARTS = {"numbers": dict, "seed": int, "lab": str}
BINS = ((0, 35), (35, 65), (65, 101))  # percent: rather not, open, rather yes
DECIDED = (claims.HELD, claims.NOT_HELD)


def read(folder: Path) -> list[dict[str, Any]]:
    """Return all results below a folder, one dict a run of a lab, in the order of their paths.

    A file that is cut, or of another program, is left out with a warning. ``"run"`` is added: the path below the folder.
    """
    runs = []
    for path in sorted(folder.rglob(RESULTS)):
        try:
            content = files.parse_json(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            content = None
        if isinstance(content, dict) and all(isinstance(content.get(name), kind) for name, kind in PARTS.items()):
            runs.append(content | {"run": path.parent.relative_to(folder).as_posix()})
        else:
            logger.warning(_("{path} is cut or of another program; it is left out").format(path=path))
    return runs


def bets(runs: Iterable[Mapping]) -> pd.DataFrame:
    """Return the bets that were placed, one row each: ``run``, ``lab``, ``claim``, ``said`` (0 to 1), ``verdict``.

    A claim without a confidence is no bet; a verdict may be None: the lab was not finished.
    """
    rows = [
        (run["run"], run["lab"], claim, entry["confidence"] / 100, entry.get("verdict"))
        for run in runs
        for claim, entry in _mapping(run.get("bets")).items()
        if isinstance(_mapping(entry).get("confidence"), int | float)
    ]
    frame = pd.DataFrame(rows, columns=["run", "lab", "claim", "said", "verdict"])
    frame["verdict"] = pd.Series([row[-1] for row in rows], dtype=object)  # else pandas makes NaN of None
    return frame


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def curve(placed: pd.DataFrame) -> pd.DataFrame:
    """Return the calibration: for each of three ranges of confidence the mean that was said, the share that held, the number.

    Bets that the data left open do not count.
    """
    decided = placed[placed["verdict"].isin(DECIDED)]
    rows = []
    for low, high in BINS:
        part = decided[(decided["said"] * 100 >= low) & (decided["said"] * 100 < high)]
        if len(part):
            rows.append((part["said"].mean(), (part["verdict"] == claims.HELD).mean(), len(part)))
    return pd.DataFrame(rows, columns=["said", "held", "bets"])


def error(placed: pd.DataFrame) -> float | None:
    """Return the bets' mean squared error (Brier's score), or None where none was decided: 0 is perfect, always 50 % has .25."""
    decided = placed[placed["verdict"].isin(DECIDED)]
    return float(((decided["said"] - (decided["verdict"] == claims.HELD)) ** 2).mean()) if len(decided) else None


def merge(runs: Sequence[Mapping], lab: str) -> pd.DataFrame:
    """Merge one lab's numbers over runs: a row a number that all of them have, with mean, lowest and highest, and how many.

    Runs with other profiles than the first one's are left out with a warning, and so is the second of two equal ones (the
    same seed with the same numbers: one run that was handed in twice).
    """
    chosen: list[Mapping] = []
    for run in (run for run in runs if run["lab"] == lab):
        if chosen and run.get("profile") != chosen[0].get("profile"):
            text = _("{run} ran with profile {other}, not {profile}; it is left out")
            logger.warning(text.format(run=run["run"], other=run.get("profile"), profile=chosen[0].get("profile")))
        elif any((run["seed"], run["numbers"]) == (other["seed"], other["numbers"]) for other in chosen):
            logger.warning(_("{run} is a copy of another run; it is left out").format(run=run["run"]))
        else:
            chosen.append(run)
    names = [name for name in (chosen[0]["numbers"] if chosen else ()) if all(name in run["numbers"] for run in chosen)]
    rows = {}
    for name in names:
        values = [run["numbers"][name] for run in chosen]
        if not any(isinstance(value, (list, tuple)) for value in values):
            rows[name] = (float(np.mean(values)), float(min(values)), float(max(values)), len(values))
    return pd.DataFrame.from_dict(rows, orient="index", columns=["mean", "lowest", "highest", "runs"])


def verdicts(runs: Iterable[Mapping]) -> pd.DataFrame:
    """Return for each claim that some run settles how often it held, did not, and stayed open.

    The claims are settled by each run's numbers, whether anybody bet on them or not.
    """
    by_lab: dict[str, list[Mapping]] = {}
    for run in runs:
        by_lab.setdefault(run["lab"], []).append(run["numbers"])
    rows = {}
    for claim in claims.load_claims():
        settled = [
            claims.settle(claim, numbers)
            for numbers in by_lab.get(claim.lab, ())
            if all(key in numbers for key in claim.keys)
        ]
        if settled:
            rows[claim.id] = [settled.count(verdict) for verdict in (claims.HELD, claims.NOT_HELD, claims.TOO_LITTLE)]
    return pd.DataFrame.from_dict(rows, orient="index", columns=[claims.HELD, claims.NOT_HELD, claims.TOO_LITTLE])
