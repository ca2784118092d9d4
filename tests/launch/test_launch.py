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
import yaml
from safetensors.torch import load_file

from labutils import cli, launch
from labutils.config import TrainingSettings
from labutils.errors import LabError
from labutils.machine import children, processes
from labutils.training import checkpoints
from labutils.training.fine_tuning import fine_tune

from toys import make_tiny_model

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


# --- the parts -----------------------------------------------------------------------------------------------------
def test_every_file_is_in_accelerates_format():
    from accelerate.commands.config.config_args import load_config_from_file

    assert {"cpu", "gpu", "gpu-fsdp", "machines-2"} == set(launch.configs())
    for name in launch.configs():
        loaded = load_config_from_file(str(launch.config_file(name)))
        assert loaded.num_processes == yaml.safe_load(launch.config_file(name).read_text())["num_processes"]


@pytest.mark.parametrize(
    ("name", "processes", "file", "number"),
    [
        ("cpu-2", None, "cpu", "2"), ("gpu-1", None, "gpu", "1"), ("gpu-8", None, "gpu", "8"), ("cpu", 4, "cpu", "4"),
        ("gpu-8-fsdp", None, "gpu-fsdp", "8"), ("gpu-fsdp", 3, "gpu-fsdp", "3"), ("machines-2", None, "machines-2", None),
        ("gpu", None, "gpu", None), ("gpu-8", 2, "gpu", "2"),
    ],
)  # fmt: skip
def test_a_name_or_an_option_says_how_many_processes(name, processes, file, number):
    command = launch.launcher(name, processes)
    assert Path(command[3]).stem == file and command[4:] == (["--num_processes", number] if number else [])


@pytest.mark.parametrize(("name", "processes"), [("cpu-0", None), ("gpu", 0), ("gpu", -1), ("tpu-8", None)])
def test_processes_that_cannot_be_are_refused(name, processes):
    with pytest.raises(LabError) as error:
        launch.launcher(name, processes)
    assert error.value.code == "launch_config"


WRONG_KEYS = ["use_cpu: true", "distributed_type: NO\nnum_process: 2", "distributed_type: SOME"]


@pytest.mark.parametrize("content", ["", "[1]", "{: [", "5", "\x80", *WRONG_KEYS])
def test_a_file_of_another_format_is_named_before_anything_is_started(tmp_path, monkeypatch, content):
    monkeypatch.setattr(children, "run", lambda *_: pytest.fail("it is started"))
    (tmp_path / "own.yaml").write_bytes(content.encode("latin-1"))
    with pytest.raises(LabError, match=r"own\.yaml") as error:
        launch.launch(str(tmp_path / "own.yaml"), [], tmp_path)
    assert error.value.code == "launch_config"


def test_a_number_of_processes_without_a_file_is_named(tmp_path, capsys):
    """It trained on one, without a word."""
    assert cli.main(["train", str(tmp_path), "--processes", "2"]) == 2
    assert "--config" in capsys.readouterr().err


def test_a_file_for_the_cpu_is_known_by_what_it_says(tmp_path, monkeypatch):
    """A copy of cpu-2 took the GPUs, two processes on one."""
    copied = tmp_path / "mine.yaml"
    copied.write_text(launch.config_file("cpu-2").read_text())
    monkeypatch.delenv("LABS_DEVICE", raising=False)
    seen = []
    monkeypatch.setattr(children, "run", lambda command, environment: seen.append(environment) or 0)
    for file in (str(copied), "cpu-2", "gpu-2"):
        launch.launch(file, [], tmp_path)
    assert [env.get("LABS_DEVICE") for env in seen] == ["cpu", "cpu", None]


def test_an_unknown_file_is_named():
    with pytest.raises(LabError, match="gpu-8-fsdp") as error:
        launch.config_file("gpu80")
    assert error.value.code == "launch_config"


def test_the_first_fsdp_is_refused(monkeypatch):
    monkeypatch.setenv("ACCELERATE_USE_FSDP", "true")
    monkeypatch.setenv("FSDP_VERSION", "1")
    with pytest.raises(LabError, match="fsdp_version: 2") as error:
        processes.sharded()
    assert error.value.code == "fsdp_version"


def test_a_batch_must_be_divisible_among_the_processes(tiny, toy_task, tmp_path, monkeypatch):
    monkeypatch.setattr(processes, "size", lambda: 3)
    monkeypatch.setattr(processes, "join", lambda: None)
    with pytest.raises(LabError) as error:
        fine_tune(*tiny, toy_task, TrainingSettings(batch_size=8), output_dir=tmp_path, quiet=True)
    assert error.value.code == "processes"


@pytest.mark.parametrize("option", [{"max_tokens": 100}, {"compile": "eager"}])
def test_what_sharded_weights_cannot_have_is_said(option, tiny, toy_task, tmp_path, monkeypatch):
    monkeypatch.setattr(processes, "sharded", lambda: True)
    with pytest.raises(LabError, match="sharded") as error:
        fine_tune(*tiny, toy_task, TrainingSettings(batch_size=8, **option), output_dir=tmp_path, quiet=True)
    assert error.value.code == "processes"


def test_an_error_in_the_main_process_reaches_all(monkeypatch):
    sent = []
    monkeypatch.setattr(processes, "size", lambda: 2)
    monkeypatch.setattr("accelerate.utils.broadcast_object_list", lambda parts: sent.append(list(parts)) or parts)
    for raised, code in ((LabError("disk", "full"), "disk"), (ValueError("odd"), "main_process")):

        def fail(raised=raised):
            raise raised

        with pytest.raises(LabError) as error:
            processes.on_main(fail)
        assert error.value.code == code and sent[-1][1][0] == code
    assert processes.on_main(lambda: 5) == 5


def test_the_command_trains_and_goes_on(tmp_path, capsys, tiny_folder):
    arguments = ["train", str(tmp_path / "out"), "--model", str(tiny_folder), "--task", "topic", "--examples", "8"]
    settings = ["-p", "epochs=1", "-p", "batch_size=4", "-p", "eval_examples=0", "-p", "learning_rate=1e-3"]
    assert cli.main([*arguments, *settings]) == 0
    assert "examples/s" in capsys.readouterr().out and (tmp_path / "out" / checkpoints.BEST).is_dir()
    assert cli.main([*arguments, *settings]) == 0
    assert "finished before" in capsys.readouterr().out
    assert cli.main([*arguments, *settings, "-p", "seed=1"]) == 2
    assert "settings seed: 0 there, 1 now" in capsys.readouterr().err
    assert cli.main([*arguments, *settings, "-p", "seed=1", "--resume", "no"]) == 0
    assert cli.main([*arguments, *settings, "--dialogues", "pocket"]) == 2
    assert "--dialogues has no effect" in capsys.readouterr().err
    for wrong, said in (("colour=red", "no such setting"), ("examples=5", "--examples"), ("batch_size=many", "'many'")):
        assert cli.main([*arguments, "-p", wrong]) == 2
        assert said in capsys.readouterr().err


def test_a_failed_launch_says_where_it_goes_on(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(children, "run", lambda command, environment: 1)
    assert cli.main(["train", str(tmp_path), "--config", "cpu-2"]) == 2
    assert "no checkpoint was finished" in capsys.readouterr().err
    (tmp_path / "checkpoint-5").mkdir()
    torch.save(make_tiny_model().state_dict(), tmp_path / "checkpoint-5" / "weights.pt")
    checkpoints.seal(tmp_path / "checkpoint-5")
    assert cli.main(["train", str(tmp_path), "--config", "cpu-2"]) == 2
    assert "goes on from checkpoint-5" in capsys.readouterr().err


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
