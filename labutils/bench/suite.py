"""What is measured, in which order, and what comes of it: ratios first."""

import json
import os
import platform
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from labutils import runtime
from labutils.checkpoints import write_json
from labutils.i18n import LabError, _

RECIPES = (("reference", "fp32"), ("example", "fp32"), ("example", "bf16"), ("ours", "fp32"), ("ours", "bf16"))
WORKER_TIMEOUT_S = 1800


@dataclass(frozen=True)
class Sizes:
    """How much is run: examples of a training, prompts, pairs to score, the steps of growth, shapes and repeats."""

    train: int = 192
    prompts: int = 48
    pairs: int = 500
    growth: tuple[int, ...] = (64, 256, 1024)
    shapes: tuple[str, ...] = ("pocket", "flan-t5-small", "flan-t5-base", "flan-t5-large")
    batch: int = 16
    batches: tuple[int, ...] = ()  # more batch sizes for ours: where a GPU is at its best
    repeats: int = 3
    held_out: int = 64  # validation dialogues


CPU = Sizes()
GPU = Sizes(train=512, prompts=64, growth=(512, 2048, 8192), batches=(32, 64, 128, 256))
TINY = Sizes(train=4, prompts=2, pairs=4, growth=(2, 4), shapes=("pocket",), batch=2, repeats=1, held_out=2)


def specifications(sizes: Sizes, shape: str = "tuned", bf16: bool = True) -> list[dict]:
    """Return every measurement to make, in order; each round goes through all recipes, so that drift meets all."""
    recipes = [(recipe, precision) for recipe, precision in RECIPES if bf16 or precision == "fp32"]
    common = {"shape": shape, "batch_size": sizes.batch, "held_out": sizes.held_out}
    found = []
    for repeat in range(sizes.repeats):
        found.append({"kind": "matrix", "repeat": repeat})
        for method in ("full", "lora"):
            for recipe, precision in recipes:
                spec = {"kind": "train", "method": method, "recipe": recipe, "precision": precision}
                found.append(spec | common | {"examples": sizes.train, "repeat": repeat})
        for kind, number in (("generate", sizes.prompts), ("score", sizes.pairs)):
            named = ("reference", "example", "ours") if kind == "generate" else ("reference", "ours")
            for recipe in named:
                found.append({"kind": kind, "recipe": recipe, "shape": shape, "examples": number, "repeat": repeat})
    best = {"kind": "train", "method": "full", "recipe": "ours", "precision": recipes[-1][1], "repeat": 0}
    for examples in sizes.growth:
        found.append(best | common | {"examples": examples, "group": "growth"})
    for name in sizes.shapes:
        few = min(sizes.train, 8 if name in ("flan-t5-base", "flan-t5-large") and not sizes.batches else 32)
        batch = min(4, sizes.batch)
        found.append(best | {"shape": name, "batch_size": batch, "examples": few, "held_out": 2, "group": "shapes"})
    for batch in sizes.batches:
        found.append(best | common | {"batch_size": batch, "examples": 16 * batch, "group": "batches"})
    return found


def environment(spec: dict) -> dict:
    """What a worker inherits: ours has the settings that the labs' kernels get, the others what a shell gives them."""
    plain = {name: value for name, value in os.environ.items() if name not in runtime.KERNEL_ENVIRONMENT}
    ours = runtime.KERNEL_ENVIRONMENT if spec.get("recipe") == "ours" else {}
    return plain | ours | {"TOKENIZERS_PARALLELISM": "false"}


def measured(spec: dict) -> dict:
    """Run one measurement in a process of its own.

    Raises:
        LabError: code ``"bench"``: it failed; with the end of what it printed.
    """
    command = [sys.executable, "-W", "ignore", "-m", "labutils.bench.worker", json.dumps(spec)]
    done = subprocess.run(
        command, env=environment(spec), capture_output=True, text=True, timeout=WORKER_TIMEOUT_S, check=False
    )
    if done.returncode:
        text = _("the measurement {spec} failed: {end}")
        raise LabError("bench", text.format(spec=spec, end=done.stderr.strip()[-800:]))
    return json.loads(done.stdout.strip().splitlines()[-1])


def run(path: Path, sizes: Sizes | None = None, shape: str | None = None, profile: str = "auto") -> dict:
    """Measure everything and write it to a file after each measurement; what the file holds is not measured again.

    Args:
        shape: default: the profile's tuned model on a CPU, FLAN-T5-base's shape with random weights on a GPU (speed does
            not depend on the weights, and the hub need not be there).
    """
    gpu = runtime.device().type == "cuda"
    sizes, shape = sizes or (GPU if gpu else CPU), shape or ("flan-t5-base" if gpu else "tuned")
    facts = {
        "command": " ".join(["labs", *sys.argv[1:]]), "machine": machine(), "versions": runtime.versions(),
        "date": time.strftime("%Y-%m-%d"), "shape": shape, "profile": profile,
    }  # fmt: skip
    known = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    same = all(known.get(key) == facts[key] for key in ("machine", "versions", "shape", "profile"))
    results = facts | {"runs": known["runs"] if same else []}
    done = [entry["spec"] for entry in results["runs"]]
    path.parent.mkdir(parents=True, exist_ok=True)
    for spec in specifications(sizes, shape, runtime.native_bf16()):
        if spec not in done:
            found = measured(spec | {"profile": profile})
            results["runs"].append({"spec": spec, "found": found})
            write_json(path, results)
            shown = {k: round(v, 3) for k, v in found.items() if isinstance(v, float)}
            print(spec, shown, flush=True)
    return results


def machine() -> dict:
    """What the figures were measured on."""
    import psutil
    import torch

    cpu = platform.processor() or platform.machine()
    if Path("/proc/cpuinfo").is_file():
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        cpu = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), cpu)
    gpu = torch.cuda.get_device_name(0) if torch.cuda.is_available() else None
    return {
        "cpu": cpu, "cores": psutil.cpu_count(), "threads": torch.get_num_threads(), "gpu": gpu,
        "memory_gib": round(psutil.virtual_memory().total / 2**30), "bf16": runtime.native_bf16(),
    }  # fmt: skip
