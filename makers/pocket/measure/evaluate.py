"""Score the shipped folders and write data/pocket-t5/results.json. Nothing is chosen by these test rows."""

import hashlib
import platform
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch

from labutils.files import read_json, write_json
from labutils.interfaces import Model
from labutils.machine.paths import data_dir
from labutils.machine.provenance import command
from makers.pocket.measure import manners, shipped, trials
from makers.pocket.measure.models import STAGES, fingerprints, hardware, loader
from makers.pocket.measure.scoring import majority_scores, suite_intervals, suite_scores
from makers.pocket.recipe.corpus import Splits, task_rows
from makers.pocket.recipe.objectives import WINDOW, prefix_lm, tensors
from makers.pocket.recipe.plan import noted

RECORD_PARTS = ("shipped", "summaries", "against", "manners")  # measured on records that the project ships
KEPT_PARTS = ("suite", "sentiment", *RECORD_PARTS, "suite_intervals", "seconds")  # of an interrupted call
WORK_PARTS = ("making", "taught", "held_out_loss")  # read from the work folder, where there is one
LIBRARIES = ("torch", "transformers", "tokenizers", "numpy", "safetensors")


def versions() -> dict[str, str]:
    """Return the versions of Python and of the libraries that the numbers depend on."""
    return {"python": platform.python_version(), **{name: version(name) for name in LIBRARIES}}


@torch.inference_mode()
def held_out_loss(model: Model, tokens: Path, prefix: int = 64, rows: int = 64) -> float | None:
    """Return the mean loss, nats per token, of prefix language modelling on the corpus's held-out documents.

    None where ``tokens`` has no file of them.
    """
    path = tokens / "dev.bin"
    ids = np.fromfile(path, dtype=np.uint16).astype(np.int64) if path.is_file() else np.empty(0, np.int64)
    length = prefix + WINDOW
    if len(ids) < length:
        return None
    starts = np.linspace(0, len(ids) - length, rows).astype(int)
    inputs, labels = tensors(*prefix_lm(np.stack([ids[start : start + length] for start in starts]), prefix))
    return round(float(model(input_ids=inputs.to(model.device), labels=labels.to(model.device)).loss), 4)


def sentiment_part(out: Path, corpus: Splits, limit: int | None) -> dict[str, Any]:
    """Return the sentiment trial of instruct, with the suite again after it: what it gained and what it forgot."""
    facts, trial = trials.sentiment_trial(
        loader(out / "instruct"), corpus, examples=min(1000, (limit or 100) * 10), tests=min(200, limit or 200)
    )
    after = suite_scores(trial.model, trial.tokenizer, corpus, min(100, limit or 100))
    return {**facts, "suite_afterwards": after}


def parts(out: Path, corpus: Splits, limit: int | None) -> dict[str, Callable[[], Any]]:
    """Return {name: function} of what is measured, the most important first."""
    base, instruct = (loader(out / stage) for stage in STAGES)
    calls: dict[str, Callable[[], Any]] = {"suite/instruct": lambda: suite_scores(*instruct(), corpus, limit)}
    if trials.SENTIMENT_SET in corpus:
        calls["sentiment"] = lambda: sentiment_part(out, corpus, limit)
    calls |= {
        "shipped/majority": lambda: shipped.majority_scores(limit),
        "shipped/instruct": lambda: shipped.suite_scores(*instruct(), limit),
        "shipped/majority, plain": lambda: shipped.majority_scores(limit, "plain"),
        "shipped/instruct, plain": lambda: shipped.suite_scores(*instruct(), limit, register="plain"),
        "shipped/instruct, unseen phrasing": lambda: shipped.suite_scores(*instruct(), limit, -1),
        "shipped/base": lambda: shipped.suite_scores(*base(), limit),
        "summaries": lambda: trials.dialogues_trial(instruct, min(120, (limit or 100) * 10), limit),
        "suite/base": lambda: suite_scores(*base(), corpus, limit),
        "against/base": lambda: shipped.against_majority(*base(), limit),
        "against/instruct": lambda: shipped.against_majority(*instruct(), limit),
        "manners": lambda: manners.measure({"base": base, "instruct": instruct}, limit),
        "suite_intervals/instruct": lambda: suite_intervals(*instruct(), corpus, limit),
    }
    return calls


def taught_tasks(work: Path) -> list[str]:
    """Return the shipped suite's tasks whose train splits are in the instruct mixture, as its rows were laid out."""
    kinds = (read_json(work / "rows" / "rows.json") or {"kinds": {}})["kinds"]
    return sorted(kind.removeprefix("suite/") for kind in kinds if kind.startswith("suite/") and kind != "suite/shots")


def records_digest() -> str:
    """Return a sha256 over the shipped records and templates: what was measured on others is measured again."""
    folders = (data_dir() / name for name in ("behaviour", "dialogues", "tasks", "templates"))
    files = sorted(path for folder in folders for path in folder.rglob("*") if path.suffix in (".jsonl", ".yaml"))
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()


def with_stored(path: Path, fresh: dict[str, Any]) -> dict[str, Any]:
    """Return fresh results with the parts that an earlier call measured on the same weights, rows and versions."""
    before = read_json(path)
    if before is None or any(before.get(key) != fresh[key] for key in ("weights", "suite_rows", "versions")):
        return fresh
    names = KEPT_PARTS if fresh["making"] else (*KEPT_PARTS, *WORK_PARTS)
    stored = {key: before[key] for key in names if key in before}
    if before.get("records") != fresh["records"]:
        stored = {key: value for key, value in stored.items() if key not in RECORD_PARTS}
        seconds = stored.get("seconds", {}).items()
        stored["seconds"] = {part: took for part, took in seconds if part.partition("/")[0] not in RECORD_PARTS}
    return {**fresh, **stored}


def evaluate(corpus: Path, out: Path, work: Path, limit: int | None = None) -> dict[str, Any]:
    """Score both folders and write out/results.json; a part that the file holds already is not measured again.

    Args:
        corpus: folder of the open corpus, whose test rows are scored.
        work: folder of the making, with its notes and tokens.
        limit: at most so many test rows of each set, for rehearsals.

    Returns:
        The results.

    Raises:
        LabError: ``"corpus"``: the corpus folder is not what it should be.
    """
    tasks = task_rows(corpus)
    majority, rows = majority_scores(tasks, limit)
    results: dict[str, Any] = {
        "command": command("python -m makers.pocket"),
        "date": time.strftime("%Y-%m-%d"),
        "hardware": hardware(),
        "versions": versions(),
        "weights": fingerprints(out),
        "making": noted(work),
        "taught": taught_tasks(work),
        "suite": {"majority": majority},
        "suite_rows": rows,
        "records": records_digest(),
        "seconds": {},
        "held_out_loss": {stage: held_out_loss(loader(out / stage)()[0], work / "tokens") for stage in STAGES},
    }
    results = with_stored(out / "results.json", results)
    for name, measure in parts(out, tasks, limit).items():
        if name not in results["seconds"]:
            started = time.monotonic()
            value = measure()
            results["seconds"][name] = round(time.monotonic() - started, 1)
            section, _slash, stage = name.partition("/")
            if stage:
                results.setdefault(section, {})[stage] = value
            else:
                results[section] = value
            print(name, results["seconds"][name], "s", value, flush=True)
        write_json(out / "results.json", results)
    return results
