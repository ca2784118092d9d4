"""Several processes as one training: two on loopback (gloo), with the tiny model."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
import torch
from safetensors.torch import load_file

from labutils import launch
from labutils.training import checkpoints

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
# A training of 60 records, three batches of 16 an epoch and one of 12, as every process runs it.
WORKER = """
import sys, time
from pathlib import Path
sys.path.insert(0, "tests")
import numpy as np, torch
from labutils.config import TrainingSettings
from labutils.prompts import Template
from labutils.tasks import Task, normalize
from labutils.training import fine_tune
from toys import make_tiny_model, toy_records, word_tokenizer

folder, method, pause, sharded = Path(sys.argv[1]), sys.argv[2], float(sys.argv[3]), sys.argv[4] == "True"
precision, max_tokens = sys.argv[5], int(sys.argv[6])
if sharded:  # Accelerate offers FSDP on accelerators alone; torch shards over gloo as well
    from accelerate import PartialState
    from accelerate.utils import DistributedType
    begin = PartialState.__init__
    def begin_as_gpus(self, *arguments, **options):
        begin(self, *arguments, **options)
        PartialState._shared_state["distributed_type"] = DistributedType.MULTI_GPU
    PartialState.__init__ = begin_as_gpus
    from torch.distributed.fsdp._fully_shard._fsdp_param import FSDPParam
    def whole(*_):
        raise AssertionError("a gradient is kept in whole between two parts of a step")
    FSDPParam.to_accumulated_grad_if_needed = whole
def measure(predictions, rows):
    hits = [float(normalize(p) == row["answer"]) for p, row in zip(predictions, rows, strict=True)]
    return {"accuracy": np.array(hits)}
template = Template("toy", "toy", "{{ text }} answer :", "{{ answer }}", "tests")
splits = [toy_records(n, split) for n, split in ((60, "train"), (8, "validation"), (8, "test"))]
task = Task("toy", *splits, templates=[template], measure=measure, metric="accuracy", max_new_tokens=4)
from labutils.training import loop
loop.Loop.step = (lambda step: lambda *a, **k: (time.sleep(pause), step(*a, **k))[1])(
    loop.Loop.step
)
settings = TrainingSettings(
    method=method, learning_rate=5e-3, epochs=3, batch_size=16, eval_examples=4, precision=precision, max_tokens=max_tokens,
    gradient_accumulation=2 if sharded else 1,
)
model = make_tiny_model()
fine_tune(model, word_tokenizer(), task, settings, output_dir=folder, quiet=True)
from labutils.machine import children, processes
processes.leave()
assert type(model.shared.weight).__name__ == ("DTensor" if sharded else "Parameter"), type(model.shared.weight)
"""


def environment(**more):
    kept = {k: v for k, v in os.environ.items() if k not in ("RANK", "WORLD_SIZE", "LOCAL_RANK")}
    return kept | {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT), "CUDA_VISIBLE_DEVICES": ""} | more


def start(tmp_path, folder, config=None, *, method="full", pause=0.0, sharded=False, precision="fp32", max_tokens=0):
    """Start the worker above, alone or in every process of an Accelerate file."""
    script = tmp_path / "worker.py"
    script.write_text(WORKER, encoding="utf-8")
    first = [sys.executable]
    if config:
        first += ["-m", "accelerate.commands.launch", "--config_file", str(launch.config_file(config))]
    command = [*first, str(script), str(folder), method, str(pause), str(sharded), precision, str(max_tokens)]
    pipe = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    return subprocess.Popen(command, cwd=ROOT, env=environment(), start_new_session=True, **pipe)


def run(*arguments, **options):
    process = start(*arguments, **options)
    out, _ = process.communicate(timeout=240)
    assert process.returncode == 0, out[-3000:]


def result(folder):
    """(losses, weights) of a finished training."""
    log = json.loads((folder / checkpoints.FINISHED).read_text())["log"]
    [weights] = (folder / checkpoints.BEST).glob("*model.safetensors")
    return [row["loss"] for row in log if row.get("loss") is not None], load_file(weights)


@pytest.mark.parametrize(
    ("config", "method", "sharded"),
    [("cpu-2", "full", False), ("cpu-2", "lora", False), ("gpu-2-fsdp", "full", True), ("gpu-2-fsdp", "lora", True)],
)
def test_two_processes_are_one_training(tmp_path, config, method, sharded):
    """Same global batch: losses to 1e-4, weights to 1e-3 and 1e-4 of one process (sums run in another order).

    Each process computes its share in parts; where the weights are whole, one may have more parts than the other, and
    where they are not, no gradient is kept in whole from part to part.
    """
    run(tmp_path, tmp_path / "one", method=method)
    run(tmp_path, tmp_path / "two", config, method=method, sharded=sharded, max_tokens=0 if sharded else 60)
    (losses, weights), (others, other) = result(tmp_path / "one"), result(tmp_path / "two")
    assert len(losses) == 12 and others == pytest.approx(losses, rel=1e-4)
    assert weights.keys() == other.keys()
    for name, value in weights.items():
        torch.testing.assert_close(other[name], value, rtol=1e-3, atol=1e-4)


def test_shards_computed_in_bf16_are_saved_in_fp32(tmp_path):
    """The head and the last norm were saved as the bf16 copies that validation had left gathered."""
    precision = "bf16"
    run(tmp_path, tmp_path / "one", precision=precision)
    run(tmp_path, tmp_path / "two", "gpu-2-fsdp", sharded=True, precision=precision)
    (losses, weights), (others, other) = result(tmp_path / "one"), result(tmp_path / "two")
    assert others == pytest.approx(losses, rel=0.02)
    assert {value.dtype for value in other.values()} == {torch.float32}
    for name, value in other.items():
        assert not torch.equal(value, value.bfloat16().float()), name
        torch.testing.assert_close(value, weights[name], rtol=0.05, atol=0.05)


def workers(folder):
    """Numbers of the processes that train into a folder, without the launcher."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes().decode().split("\0")
        except OSError:
            continue
        if str(folder) in words and "accelerate.commands.launch" not in words:
            found.append(int(process.name))
    return found


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="finds the processes in /proc")
@pytest.mark.parametrize(("config", "sharded"), [("cpu-2", False), ("gpu-2-fsdp", True)])
def test_a_killed_process_ends_the_job_and_leaves_a_good_checkpoint(tmp_path, config, sharded):
    folder = tmp_path / "out"
    process = start(tmp_path, folder, config, pause=0.4, sharded=sharded)
    deadline = time.time() + 120
    while not list(folder.glob("checkpoint-*/" + checkpoints.SEAL)) and time.time() < deadline:
        time.sleep(0.1)
    os.kill(max(workers(folder)), signal.SIGKILL)
    out, _ = process.communicate(timeout=120)
    assert process.returncode != 0 and "SIGKILL" in out
    assert not workers(folder)
    good, _broken = checkpoints.last_good(folder)
    assert good is not None
    run(tmp_path, folder, config, sharded=sharded)
    run(tmp_path, tmp_path / "undisturbed", config, sharded=sharded)
    left = {path.name for path in (folder / checkpoints.BEST).iterdir()}
    assert "model.safetensors" in left and not [name for name in left if "optimizer" in name or "fsdp" in name]
    again, undisturbed = result(folder), result(tmp_path / "undisturbed")
    assert all(torch.equal(value, undisturbed[1][name]) for name, value in again[1].items())


def family(pid):
    """Commands of the processes that descend from one and have not ended."""
    return [p for p in psutil.Process(pid).children(recursive=True) if p.status() != psutil.STATUS_ZOMBIE]


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 143), (signal.SIGINT, 130), (signal.SIGKILL, -9)])
def test_a_signal_to_the_command_ends_all_and_a_checkpoint_stays(tmp_path, tiny_folder, number, status):
    """A scheduler's SIGTERM left the workers training: 26 s later they still ran, and wrote into the folder."""
    folder = tmp_path / "out"
    command = [
        "train",
        str(folder),
        "--config",
        "cpu",
        "--processes",
        "2",
        "--model",
        str(tiny_folder),
        "--task",
        "topic",
    ]
    settings = ["epochs=1000", "batch_size=8", "eval_examples=0", "learning_rate=1e-3", "saves_per_epoch=20"]
    pairs = [part for pair in settings for part in ("-p", pair)]
    pipe = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    process = subprocess.Popen(
        [sys.executable, "-m", "labutils.cli", *command, "--examples", "32", *pairs],
        cwd=ROOT, env=environment(), start_new_session=True, **pipe,
    )  # fmt: skip
    deadline = time.time() + 200
    while not list(folder.glob("checkpoint-*/" + checkpoints.SEAL)) and time.time() < deadline:
        time.sleep(0.1)
    started = family(process.pid)
    assert len(started) >= 3, process.communicate(timeout=60)  # the launcher and two workers
    process.send_signal(number)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == status, out
    _gone, left = psutil.wait_procs(started, timeout=30)
    assert not left
    good, _broken = checkpoints.last_good(folder)
    assert good is not None
    assert number == signal.SIGKILL or "it goes on from checkpoint-" in out
