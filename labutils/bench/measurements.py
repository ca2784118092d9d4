"""What is measured, in which order, and what comes of it: ratios first."""

import contextlib
import hashlib
import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import labutils
from labutils.bench.results import Facts, Measured, Results, Run, Specification
from labutils.errors import LabError
from labutils.files import keep, parse_json, write_json
from labutils.i18n import _
from labutils.log import logger
from labutils.machine import children, device, locks, paths, provenance
from labutils.machine.environment import KERNEL_ENVIRONMENT
from labutils.planning import planner

RECIPES = (("reference", "fp32"), ("example", "fp32"), ("example", "bf16"), ("ours", "fp32"), ("ours", "bf16"))
WORKER_TIMEOUT_S = 1800
# labutils.planning.room's words, torch's, and those of `measured`
TOO_LARGE = ("beside the loaded model", "OutOfMemoryError", "CUDA out of memory", "took more than")


@dataclass(frozen=True)
class Sizes:
    """How much is run: examples of a training, prompts, dialogues to score, steps of growth, shapes, repeats.

    Where a data set holds fewer, all of it is taken, and the results say how many.
    """

    train: int = 192
    prompts: int = 96
    pairs: int = 500
    growth: tuple[int, ...] = (32, 128, 512)
    shapes: tuple[str, ...] = ("pocket", "flan-t5-small", "flan-t5-base", "flan-t5-large")
    batch: int = 16
    batches: tuple[int, ...] = ()  # more batch sizes for ours: where a GPU is at its best
    library: bool = True  # ours with nothing written out, too: on a GPU nothing is
    compile: str = ""  # backend of torch.compile, tried with each of them
    warm: int = 0  # passes over the examples before the one that is timed
    repeats: int = 3
    at_least_s: float = 20.0  # that each recipe's training and generation is timed for: shorter ones are done again
    held_out: int = 64  # validation dialogues
    epoch: int = 0  # examples of a whole pass with evaluation, 0: none
    epoch_batch: int = 64  # of 512 tokens: some 30 GiB of FLAN-T5-base's activations, counted


CPU = Sizes()
GPU = Sizes(
    train=512,
    prompts=64,
    growth=(128, 512, 2048),
    batches=(32, 64, 128, 256),
    library=False,
    compile="inductor",
    warm=1,
    at_least_s=0.0,
    epoch=12460,
)
TINY = Sizes(
    train=4,
    prompts=2,
    pairs=4,
    growth=(2, 4),
    shapes=("pocket",),
    batch=2,
    repeats=1,
    at_least_s=0.0,
    held_out=2,
    batches=(2,),
    compile="eager",
    epoch=2,
    epoch_batch=2,
)


def specifications(sizes: Sizes, shape: str = "tuned", bf16: bool = True) -> list[Specification]:
    """Return every measurement to make, in order; each round goes through all recipes, so that drift meets all."""
    recipes = [(recipe, precision) for recipe, precision in RECIPES if bf16 or precision == "fp32"]
    ablation = ["library"] if sizes.library else []
    recipes += [(recipe, recipes[-1][1]) for recipe in ablation]
    common: Specification = {"shape": shape, "batch_size": sizes.batch, "held_out": sizes.held_out, "warm": sizes.warm}
    timed: Specification = {"at_least_s": sizes.at_least_s}
    specs: list[Specification] = []
    for repeat in range(sizes.repeats):
        specs.append({"kind": "matrix", "repeat": repeat})
        for method in ("full", "lora"):
            for recipe, precision in recipes:
                spec: Specification = {"kind": "train", "method": method, "recipe": recipe, "precision": precision}
                specs.append(spec | common | {"examples": sizes.train, "repeat": repeat} | timed)
        for kind, number in (("generate", sizes.prompts), ("score", sizes.pairs)):
            named = ("reference", "example", *ablation, "ours") if kind == "generate" else ("reference", "ours")
            for recipe in named:
                answering: Specification = {"kind": kind, "recipe": recipe, "shape": shape, "examples": number}
                specs.append(answering | {"repeat": repeat} | (timed if kind == "generate" else {}))
    best: Specification = {
        "kind": "train",
        "method": "full",
        "recipe": "ours",
        "precision": recipes[-1][1],
        "repeat": 0,
    }
    for examples in sizes.growth:
        specs.append(best | common | {"examples": examples, "group": "growth"})
    for name in sizes.shapes:
        few = min(sizes.train, 8 if name in ("flan-t5-base", "flan-t5-large") and not sizes.batches else 32)
        batch = min(4, sizes.batch)
        specs.append(
            best
            | {
                "shape": name,
                "batch_size": batch,
                "examples": few,
                "held_out": 2,
                "warm": max(1, sizes.warm),  # few steps: the first ones hold no optimizer state yet
                "group": "shapes",
            }
        )
    for method in ("full", "lora", "generate"):
        many: Specification = {
            "examples": sizes.prompts if method == "generate" else sizes.train,
            "warm": max(1, sizes.warm),
        }
        specs.append(best | common | many | {"kind": "limits", "method": method, "group": "limits"})
    if sizes.epoch:
        specs.append({"kind": "epoch", "shape": shape, "examples": sizes.epoch, "batch_size": sizes.epoch_batch})
    for batch in sizes.batches:
        for backend in ("", sizes.compile) if sizes.compile else ("",):
            more: Specification = {"batch_size": batch, "examples": 16 * batch, "compile": backend}
            specs.append(best | common | more | {"group": "batches"})
    return specs


def environment() -> dict[str, str]:
    """What every worker inherits: the settings that the labs' kernels get, one GPU, no parallel tokenizers."""
    one = {"CUDA_VISIBLE_DEVICES": os.environ.get("CUDA_VISIBLE_DEVICES", "0").split(",")[0]}
    return os.environ | KERNEL_ENVIRONMENT | one | {"TOKENIZERS_PARALLELISM": "false"}


def measured(spec: Specification) -> Measured:
    """Run one measurement in a process of its own.

    Raises:
        LabError: code ``"bench"``: it failed; with the end of what it printed.
    """
    command = [sys.executable, "-W", "ignore", "-m", "labutils.bench.worker", json.dumps(spec)]
    try:
        done = subprocess.run(
            command, check=False, env=environment(), capture_output=True, text=True, timeout=WORKER_TIMEOUT_S
        )
        end = done.stderr.strip()[-800:] if done.returncode else None
    except subprocess.TimeoutExpired:
        end = _("it took more than {limit} s").format(limit=WORKER_TIMEOUT_S)
    if end is None:
        return json.loads(done.stdout.strip().splitlines()[-1])
    raise LabError("bench", _("the measurement {spec} failed: {end}").format(spec=spec, end=end))


def usual(gpu: bool) -> tuple[Sizes, str]:
    """Return the sizes and the shape that a machine is measured at; its published record is of these."""
    return (GPU, "flan-t5-base") if gpu else (CPU, "tuned")


def run(path: Path, sizes: Sizes | None = None, shape: str | None = None, profile: str = "auto") -> Results:
    """Measure everything and write it to a file after each measurement; what the file holds is not measured again.

    A file of another machine, of other versions or other code is set aside. One process at a time writes it.

    Args:
        shape: default: the profile's tuned model on a CPU, FLAN-T5-base's shape with random weights on a GPU (speed does
            not depend on the weights). The dialogues are DialogSum's where DIALOGSUM_DIR is set, else the shipped ones.
    """
    paths.make(path.parent)
    usual_sizes, usual_shape = usual(device.torch_device().type == "cuda")
    sizes, shape = sizes or usual_sizes, shape or usual_shape
    if shape != "tuned":
        planner.shape_config(shape)  # is there such a one? Else each measurement would fail, in a process of its own
    facts: Facts = {
        "command": provenance.command("labs"), "machine": machine(), "versions": provenance.versions(),
        "code": code(), "date": time.strftime("%Y-%m-%d"), "shape": shape, "profile": profile,
        "dialogues": "dialogsum" if os.environ.get("DIALOGSUM_DIR") else "pocket-rich",
        "usual": (sizes, shape) == (usual_sizes, usual_shape),
    }  # fmt: skip
    wanted = specifications(sizes, shape, device.native_bf16())
    with contextlib.ExitStack() as held:
        locks.hold(path.with_suffix(".lock"), held)
        held.enter_context(children.swept())
        earlier = [entry for entry in earlier_runs(path, facts) if entry["spec"] in wanted]
        results: Results = {**facts, "runs": earlier}
        done = [entry["spec"] for entry in results["runs"]]
        for spec in wanted:
            if spec not in done:
                figures = outcome(spec, {"profile": profile, "dialogues": facts["dialogues"]})
                results["runs"].append({"spec": spec, "measured": figures})
                write_json(path, results)
                shown = {k: round(v, 3) for k, v in figures.items() if isinstance(v, float)}
                logger.info(f"{spec} {shown or figures}")
    return results


def outcome(spec: Specification, common: Specification) -> Measured:
    """Measure; what does not fit into this machine's memory, or takes too long on it, is a result, too."""
    try:
        return measured(spec | common)
    except LabError as error:
        if not any(word in str(error) for word in TOO_LARGE):
            raise
        return {"does_not_fit": str(error).splitlines()[-1]}


def earlier_runs(path: Path, facts: Facts) -> list[Run]:
    """What an earlier, interrupted call measured under the same conditions; a file of others is renamed."""
    if not path.is_file():
        return []
    try:
        earlier: Any = parse_json(path.read_text(encoding="utf-8"))
    except ValueError:
        earlier = None
    earlier = earlier if isinstance(earlier, dict) and isinstance(earlier.get("runs"), list) else {}
    if all(
        earlier.get(key) == facts.get(key) for key in ("machine", "versions", "code", "shape", "profile", "dialogues")
    ):
        return earlier["runs"]
    aside = keep(path, time.strftime("%Y%m%d-%H%M%S"))
    text = _("{path} was measured under other conditions, or is damaged; it is kept as {aside}")
    logger.info(text.format(path=path.name, aside=aside.name))
    return []


def code() -> str:
    """Return a digest of the code that is measured."""
    files = sorted(Path(labutils.__file__).parent.rglob("*.py"))
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()[:12]


def machine() -> dict[str, Any]:
    """What the figures were measured on."""
    import psutil
    import torch

    gpu = torch.cuda.get_device_name(0) if torch.cuda.is_available() else None
    return {
        "cpu": provenance.cpu_name(), "cores": psutil.cpu_count(), "threads": torch.get_num_threads(), "gpu": gpu,
        "memory_gib": round(psutil.virtual_memory().total / 2**30), "bf16": device.native_bf16(),
    }  # fmt: skip
