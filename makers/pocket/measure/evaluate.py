"""Score the shipped folders and write data/pocket-t5/results.json. Nothing is chosen by these test rows."""

import hashlib
import json
import os
import platform
import time
from importlib.metadata import version
from pathlib import Path

import numpy as np
import torch

from labutils.machine.paths import data_dir
from labutils.machine.provenance import command, cpu_name
from labutils.t5.forward import Forward
from makers.pocket.measure import manners, shipped
from makers.pocket.measure.scoring import majority_scores, suite_intervals, suite_scores
from makers.pocket.measure.tuning import SENTIMENT_SET, sentiment_trial
from makers.pocket.recipe.corpus import task_rows
from makers.pocket.recipe.objectives import WINDOW, prefix_lm, tensors
from makers.pocket.recipe.plan import noted

STAGES = ("base", "instruct")
KEPT = (  # of an interrupted call
    "suite", "sentiment", "shipped", "summaries", "against", "manners", "suite_intervals", "seconds"
)  # fmt: skip
OF_THE_RECORDS = ("shipped", "summaries", "against", "manners")  # measured on records that the project ships
OF_THE_MAKING = ("making", "taught", "held_out_loss")  # known only where the work folder is
LIBRARIES = ("torch", "transformers", "tokenizers", "numpy", "safetensors")


def hardware():
    """What the numbers were measured on."""
    return {"cpu": cpu_name(), "cores": os.cpu_count(), "threads": torch.get_num_threads(), "accelerator": None}


def versions():
    """Versions of Python and of the libraries that the numbers depend on."""
    return {"python": platform.python_version(), **{name: version(name) for name in LIBRARIES}}


def loader(folder):
    """A function that loads (model, tokenizer) anew from a folder."""
    from transformers import AutoModelForSeq2SeqLM, AutoTokenizer

    def load():
        return AutoModelForSeq2SeqLM.from_pretrained(folder).eval(), AutoTokenizer.from_pretrained(folder)

    return load


@torch.no_grad()
def held_out_loss(model, tokens, prefix=64, rows=64):
    """Mean loss in nats per token of prefix language modelling on the corpus's held-out documents, or None."""
    path = Path(tokens) / "dev.bin"
    ids = np.fromfile(path, dtype=np.uint16).astype(np.int64) if path.is_file() else np.empty(0, np.int64)
    length = prefix + WINDOW
    if len(ids) < length:
        return None
    starts = np.linspace(0, len(ids) - length, rows).astype(int)
    inputs, labels = tensors(*prefix_lm(np.stack([ids[start : start + length] for start in starts]), prefix))
    return round(float(Forward(model, torch.float32).loss(inputs, None, labels)), 4)


def write(path, results):
    """Write results.json whole or not at all."""
    unfinished = path.with_suffix(".tmp")
    unfinished.write_text(json.dumps(results, indent=2) + "\n")
    unfinished.replace(path)


def timed(call, *args, **options):
    """(result, seconds)."""
    started = time.monotonic()
    return call(*args, **options), round(time.monotonic() - started, 1)


def sentiment_part(out, tasks, limit):
    """Sentiment trial from instruct, with the suite again after it: what it gained and what it forgot."""
    score, (model, tokenizer) = sentiment_trial(
        loader(out / "instruct"), tasks, tests=min(200, limit or 200), examples=min(1000, (limit or 100) * 10)
    )
    return {**score, "suite_afterwards": suite_scores(model, tokenizer, tasks, min(100, limit or 100))}


def parts(out, tasks, limit):
    """{name: function} of what is measured, the most wanted first."""
    found = {"suite/instruct": lambda: suite_scores(*loader(out / "instruct")(), tasks, limit)}
    if SENTIMENT_SET in tasks:
        found["sentiment"] = lambda: sentiment_part(out, tasks, limit)
    found["shipped/majority"] = lambda: shipped.majority_scores(limit)
    found["shipped/instruct"] = lambda: shipped.suite_scores(*loader(out / "instruct")(), limit)
    found["shipped/instruct, unseen phrasing"] = lambda: shipped.suite_scores(*loader(out / "instruct")(), limit, -1)
    found["shipped/base"] = lambda: shipped.suite_scores(*loader(out / "base")(), limit)
    found["summaries"] = lambda: shipped.dialogues_trial(
        loader(out / "instruct"), min(120, (limit or 100) * 10), tests=limit
    )
    found["suite/base"] = lambda: suite_scores(*loader(out / "base")(), tasks, limit)
    for stage in STAGES:
        found[f"against/{stage}"] = lambda stage=stage: shipped.against_majority(*loader(out / stage)(), limit)
    found["manners"] = lambda: manners.measure({stage: loader(out / stage) for stage in STAGES}, limit)
    found["suite_intervals/instruct"] = lambda: suite_intervals(*loader(out / "instruct")(), tasks, limit)
    return found


def taught(work):
    """Tasks of the shipped suite whose train splits were in the instruct mixture, from the rows that were laid out."""
    path = Path(work) / "rows" / "rows.json"
    kinds = json.loads(path.read_text())["kinds"] if path.is_file() else {}
    return sorted(kind.removeprefix("suite/") for kind in kinds if kind.startswith("suite/") and kind != "suite/shots")


def fingerprints(out):
    """{stage: sha256 of the weights}: results of other weights are not kept."""
    return {s: hashlib.sha256((out / s / "model.safetensors").read_bytes()).hexdigest() for s in STAGES}


def records_digest():
    """sha256 over the shipped records and templates: what was measured on others is measured again."""
    folders = (data_dir() / name for name in ("behaviour", "dialogues", "tasks", "templates"))
    files = sorted(path for folder in folders for path in folder.rglob("*") if path.suffix in (".jsonl", ".yaml"))
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()


def known_results(path, fresh):
    """Fresh results with the parts that an earlier call measured on the same weights, rows and versions, if it did."""
    if not path.is_file():
        return fresh
    before = json.loads(path.read_text())
    if any(before.get(key) != fresh[key] for key in ("weights", "suite_rows", "versions")):
        return fresh
    kept = {key: before[key] for key in (KEPT if fresh["making"] else (*KEPT, *OF_THE_MAKING)) if key in before}
    if before.get("records") != fresh["records"]:
        kept = {key: value for key, value in kept.items() if key not in OF_THE_RECORDS}
        seconds = kept.get("seconds", {}).items()
        kept["seconds"] = {part: took for part, took in seconds if part.partition("/")[0] not in OF_THE_RECORDS}
    return {**fresh, **kept}


def evaluate(corpus, out, work, limit=None):
    """Score both folders and write out/results.json -> the results. What is there already is not measured again."""
    out, work = Path(out), Path(work)
    tasks = task_rows(corpus)
    majority, rows = majority_scores(tasks, limit)
    results = {
        "command": command("python -m makers.pocket"),
        "date": time.strftime("%Y-%m-%d"),
        "hardware": hardware(),
        "versions": versions(),
        "weights": fingerprints(out),
        "making": noted(work),
        "taught": taught(work),
        "suite": {"majority": majority},
        "suite_rows": rows,
        "records": records_digest(),
        "seconds": {},
        "held_out_loss": {stage: held_out_loss(loader(out / stage)()[0], work / "tokens") for stage in STAGES},
    }
    results = known_results(out / "results.json", results)
    for name, measure in parts(out, tasks, limit).items():
        section, _, stage = name.partition("/")
        if name not in results["seconds"]:
            value, results["seconds"][name] = timed(measure)
            if stage:
                results.setdefault(section, {})[stage] = value
            else:
                results[section] = value
            print(name, results["seconds"][name], "s", value, flush=True)
        write(out / "results.json", results)
    return results
