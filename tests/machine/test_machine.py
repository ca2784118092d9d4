"""The machine: folders, precision, profiles, memory."""

import copy
import os
import pickle
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
import torch

from labutils import config, files
from labutils.dialogues.textfiles import DataError
from labutils.errors import LabError
from labutils.lab import Lab
from labutils.machine import children, device, environment, memory, paths, provenance
from labutils.training import checkpoints

ROOT = Path(__file__).parents[2]


def test_shipped_folders_are_there():
    assert (paths.data_dir() / "dialogues").is_dir() and paths.labs_dir().is_dir()


def test_a_t4_is_not_taken_for_bf16_hardware(monkeypatch):
    """A T4 says yes to is_bf16_supported(), by emulation."""
    device.native_bf16.cache_clear()
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation=True: including_emulation)
    assert device.native_bf16("cuda") is False
    device.native_bf16.cache_clear()


SHAPES_MET = """
import ctypes, torch
class Info(ctypes.Structure):
    _fields_ = [(name, ctypes.c_size_t) for name in "arena a b c mmapped d e used free f".split()]
counted = ctypes.CDLL("libc.so.6").mallinfo2
counted.restype = Info
weight, before = torch.ones(256, 704, dtype=torch.bfloat16), None
for rows in range(1000, 3000, 4):
    torch.ones(rows, 256, dtype=torch.bfloat16) @ weight
    before = before or counted().used
print((counted().used - before) / 2**20)
"""


@pytest.mark.skipif(not device.native_bf16("cpu") or sys.platform != "linux", reason="oneDNN's bf16, glibc's count")
def test_products_of_many_shapes_do_not_fill_the_memory():
    """oneDNN's caches grew by half a MiB for each length of a batch: a training's memory doubled in 32 steps."""

    def grown(**more):
        kept = {k: v for k, v in os.environ.items() if k not in environment.KERNEL_ENVIRONMENT}
        done = subprocess.run(
            [sys.executable, "-c", SHAPES_MET], env=kept | more, capture_output=True, text=True, check=True
        )
        return float(done.stdout)

    assert grown(**environment.KERNEL_ENVIRONMENT) < 0.4 * grown()


@pytest.mark.skipif(sys.platform != "linux", reason="glibc keeps freed memory")
def test_memory_that_was_freed_before_does_not_hide_what_is_taken():
    """A lab's kernel keeps freed memory: a training that took 1,300 MiB was measured at 156."""
    script = (
        "import torch\nfrom labutils.machine.memory import PeakMemory\n"
        "freed = torch.ones(50_000_000); del freed\n"
        "with PeakMemory() as peak:\n    taken = torch.ones(40_000_000)\nprint(peak.peak_mib)"
    )
    kept = os.environ | environment.KERNEL_ENVIRONMENT
    done = subprocess.run([sys.executable, "-c", script], env=kept, capture_output=True, text=True, check=True)
    assert float(done.stdout) == pytest.approx(4 * 40e6 / 2**20, rel=0.1)


@pytest.mark.parametrize("error", [TypeError("bad argument type"), OSError("no libc"), AttributeError("malloc_trim")])
def test_a_system_without_glibc_measures_too(error, monkeypatch):
    """Every training on Windows ended in a TypeError: CDLL(None) raises one there."""

    def fail(name):
        raise error

    monkeypatch.setattr("ctypes.CDLL", fail)
    with memory.PeakMemory() as peak:
        pass
    assert peak.peak_mib >= 0


def test_files_are_the_same_bytes_on_every_machine(tmp_path):
    """A checkout with CRLF failed twelve tests by their sums."""
    names = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False).stdout
    if not names:
        pytest.skip("no git checkout here")
    command = ["git", "check-attr", "--stdin", "-z", "text", "eol"]
    done = subprocess.run(command, cwd=ROOT, input=names, capture_output=True, text=True, check=True)
    words = done.stdout.split("\0")
    attributes = {}
    for path, name, value in zip(words[::3], words[1::3], words[2::3], strict=False):
        attributes.setdefault(path, {})[name] = value
    text = {path for path, has in attributes.items() if has["text"] != "unset"}
    assert {path for path in text if attributes[path]["eol"] != "lf"} == set()
    binary = {path for path in attributes if b"\0" in (ROOT / path).read_bytes()[:8192]}
    assert binary <= attributes.keys() - text
    files.write_text(tmp_path / "x", "a\nb\n")
    assert (tmp_path / "x").read_bytes() == b"a\nb\n"


OLD_TORCHAO = """
import sys
from labutils.errors import LabError
from labutils.machine import environment
try:
    environment.check_lora()
except LabError as error:
    print(error.code, error)
"""


@pytest.mark.parametrize(("version", "said"), [("0.10.0", True), (None, False)])
def test_a_torchao_that_is_too_old_for_lora_is_named(tmp_path, version, said):
    """Colab ships torchao 0.10 beside peft 0.20: 38 of lab 05's 66 cells failed on an ImportError."""
    if version:
        (tmp_path / "torchao").mkdir()
        (tmp_path / "torchao" / "__init__.py").write_text(f"__version__ = {version!r}")
        (tmp_path / f"torchao-{version}.dist-info").mkdir()
        text = f"Metadata-Version: 2.1\nName: torchao\nVersion: {version}\n"
        (tmp_path / f"torchao-{version}.dist-info" / "METADATA").write_text(text)
    found = os.environ | {"PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT)])}
    done = subprocess.run([sys.executable, "-c", OLD_TORCHAO], env=found, capture_output=True, text=True, check=True)
    assert ("0.10.0" in done.stdout and "torchao>=0.16" in done.stdout) == said


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_a_signal_that_is_ignored_stays_ignored():
    """nohup labs train ... & goes on when its terminal is closed."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with children.ended_by_signals():
            assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
            with pytest.raises(SystemExit) as caught:
                signal.raise_signal(signal.SIGTERM)
        assert caught.value.code == 128 + signal.SIGTERM
    finally:
        signal.signal(signal.SIGHUP, before)


LAUNCHER = """
import os, signal, subprocess, sys
worker = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
print(worker.pid, file=open(sys.argv[1], "w"), flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="who adopts an orphan is known on Linux alone")
def test_what_a_killed_program_leaves_behind_is_ended(tmp_path):
    """A launcher that the system killed left its workers training, and the others were said to be stopped."""
    assert children.run([sys.executable, "-c", LAUNCHER, str(tmp_path / "pid")]) == -signal.SIGKILL
    assert not psutil.pid_exists(int((tmp_path / "pid").read_text()))


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError])
def test_what_another_library_writes_comes_in_one_step(error, tmp_path):
    path = tmp_path / "x.svg"
    path.write_bytes(b"before")
    with pytest.raises(error), files.in_one_step(path) as buffer:
        buffer.write(b"half")
        raise error
    assert path.read_bytes() == b"before"
    with files.in_one_step(path) as buffer:
        buffer.write(b"whole")
    assert path.read_bytes() == b"whole" and [*tmp_path.iterdir()] == [path]


LEAVES = """
import os, signal, subprocess, sys
from labutils.machine import children
with children.swept():
    asleep = "import time; time.sleep(600)"
    again = f"import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', {asleep!r}], start_new_session=True); "
    child = subprocess.Popen([sys.executable, "-c", again + f"open({sys.argv[1]!r}, 'w'); " + asleep])
    while not os.path.exists(sys.argv[1]):
        pass
    if sys.argv[2] == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL")
@pytest.mark.parametrize(("way", "left"), [("killed", 0), ("in order", 2)])
def test_what_a_killed_process_started_ends_and_what_one_left_in_order_stays(tmp_path, way, left):
    """Its child, and the child's in a session of its own. They are told by a variable that they inherit."""
    there = str(tmp_path / "started")
    subprocess.run(
        [sys.executable, "-c", LEAVES, there, way],
        env=os.environ | {"PYTHONPATH": str(ROOT), "PYTEST_MARK": there},
        check=False,
    )

    def found():
        marked = [p for p in psutil.process_iter(["environ"]) if (p.info["environ"] or {}).get("PYTEST_MARK") == there]
        return [p for p in marked if p.status() != psutil.STATUS_ZOMBIE]

    until = time.monotonic() + (30 if way == "killed" else 2)
    while time.monotonic() < until and len(found()) != (left if way == "killed" else -1):
        time.sleep(0.1)
    try:
        assert len(found()) == left
    finally:
        for process in found():
            process.kill()


@pytest.mark.parametrize("source", ["nothing", "no/folder", "none.jsonl", "mend:nothing", "a\0b", "x" * 5000])
def test_a_lab_looks_for_its_dialogues_before_it_begins(source, tmp_path, monkeypatch):
    """`labs run 03 -p dialogues=nothing` trained for minutes, and found that there are none then."""
    monkeypatch.setenv("LABS_RUNS", str(tmp_path / "runs"))
    with pytest.raises(LabError) as caught:
        Lab("03", profile="pocket", dialogues=source)
    assert caught.value.code == "dialogues" and not (tmp_path / "runs").exists()
    for there in ("pocket-all", str(tmp_path), f"mend:{tmp_path}"):
        Lab("03", profile="pocket", dialogues=there)


def test_a_missing_extra_is_one_sentence():
    with pytest.raises(LabError) as caught:
        environment.need("json", "no_such_module_here")
    assert caught.value.code == "extra" and "labs" in str(caught.value) and "json" not in str(caught.value)


def test_our_kernel_comes_before_others_of_its_name(tmp_path, monkeypatch):
    other = tmp_path / "kernels" / environment.KERNEL
    other.mkdir(parents=True)
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    assert environment.prepare_kernels() == [str(other)] == environment.prepare_kernels()
    first, second = os.environ["JUPYTER_PATH"].split(os.pathsep)
    assert first.startswith(sys.prefix) and second == str(tmp_path)


def test_precision_means_something_or_is_refused():
    assert device.resolve_precision("fp32") == "fp32"
    assert device.resolve_precision("auto") in ("fp32", "bf16")
    with pytest.raises(LabError) as caught:
        device.resolve_precision("fp16")
    assert caught.value.code == "precision"


def test_profiles():
    assert config.profile("pocket").tuned == "pocket-instruct"
    assert config.profile("gpu", tuned="google/flan-t5-large").tuned == "google/flan-t5-large"
    assert config.profile("auto").why
    with pytest.raises(LabError) as caught:
        config.profile("tpu")
    assert caught.value.code == "profile"


def test_the_environment_overrules_the_machine(monkeypatch):
    """The committed labs are those of the shipped model, on a machine with a GPU too."""
    monkeypatch.setattr(device, "torch_device", lambda: torch.device("cuda"))
    monkeypatch.setenv("LABS_PROFILE", "pocket")
    assert config.profile("auto").name == "pocket"
    monkeypatch.setenv("LABS_PROFILE", "tpu")
    with pytest.raises(LabError) as caught:
        config.profile("auto")
    assert caught.value.code == "profile" and "'tpu'" in str(caught.value)


@pytest.mark.parametrize("name", ["gpu", "cuda:97", "meta", "cpu:1"])
def test_a_device_that_is_not_here_is_named(monkeypatch, name):
    """torch's own error, or one of moving the model much later, told nothing of the variable."""
    monkeypatch.setenv("LABS_DEVICE", name)
    with pytest.raises(LabError) as error:
        device.torch_device()
    assert error.value.code == "device" and name in str(error.value)


def test_memory_is_that_of_the_chosen_gpu(monkeypatch):
    monkeypatch.setenv("LABS_DEVICE", "cuda:1")
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    free = {0: 100, 1: 7}
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda gpu: (free[gpu.index] * memory.MIB, 0))
    monkeypatch.setattr(torch.cuda, "memory_reserved", lambda gpu: 0)
    monkeypatch.setattr(torch.cuda, "memory_allocated", lambda gpu: 0)
    assert memory.free_memory_mib() == 7


def test_an_error_goes_through_a_pickle_whole():
    """A data loader's worker, or a pool's, sends its error so; without its code it came as a TypeError."""
    error = pickle.loads(pickle.dumps(LabError("disk", "the disk is full")))
    assert (type(error), error.code, str(error)) == (LabError, "disk", "the disk is full")
    of_data = DataError("nul", "no text", "talks.csv", 3, "dialogue")
    again = copy.copy(of_data)
    assert (type(again), str(again), vars(again)) == (DataError, str(of_data), vars(of_data))


def test_a_command_is_kept_without_the_machines_paths(monkeypatch):
    """The published card named folders of the machine that measured it."""
    monkeypatch.setattr(
        "sys.argv", ["x", "evaluate", "--corpus", "/home/ann/corpus", "--work", "runs/pocket", "-p", "a=1"]
    )
    assert provenance.command("labs") == "labs evaluate --corpus <corpus> --work runs/pocket -p a=1"


def test_settings_that_cannot_be_are_refused():
    for changes in ({"method": "adapter"}, {"batch_size": 10, "gradient_accumulation": 4}, {"saves_per_epoch": 0}):
        with pytest.raises(LabError):
            config.TrainingSettings(**changes)


GARBAGE = """
waiting = [torch.ones(256 * 2**20 // 4)]
waiting.append(waiting)
del waiting
"""


@pytest.mark.parametrize("before", ["", GARBAGE], ids=["clean", "garbage"])
def test_peak_memory_sees_an_allocation(before):
    """A model that waits for the collector, freed while we measure, made the peak 0 in a run of the whole suite."""
    code = f"""
import gc, torch
from labutils.machine import memory
{before}
with memory.PeakMemory() as gauge:
    gc.collect()
    block = torch.ones(256 * 2**20 // 4)
    block += 1
print(gauge.peak_mib)
"""
    # In a process of its own: this one's malloc may hold what other tests have freed.
    alone = {name: value for name, value in os.environ.items() if not name.startswith("MALLOC_")}
    done = subprocess.run([sys.executable, "-c", code], env=alone, capture_output=True, text=True, check=True)
    assert 200 < float(done.stdout) < 600


def test_a_full_disk_names_folder_and_size(tmp_path):
    with pytest.raises(LabError) as caught:
        paths.check_free_space(tmp_path / "not" / "yet", 10**18, "the training")
    assert caught.value.code == "disk" and str(tmp_path) in str(caught.value)


def test_a_lab_leaves_results_and_figures(tmp_path, monkeypatch, capsys):
    import json

    import pandas as pd

    from labutils import plots
    from labutils.evaluation.scores import Score

    monkeypatch.setenv("LABS_RUNS", str(tmp_path))
    lab = Lab("07", profile="pocket", seed=3, dialogues="auto", tuned=None)
    lab.record(score=Score(0.5, 0.4, 0.6, 10), seconds=3, span=(1, 2))
    lab.figure(
        plots.bars({"a": 1.0, "b": 2.0}, "x"), title="b is more", table=pd.DataFrame({"x": [1, 2]}), alt="two bars"
    )
    lab.finish()
    results = json.loads((tmp_path / "07" / "results.json").read_text())
    assert results["numbers"] == {"score": 0.5, "score_interval": [0.4, 0.6], "seconds": 3.0, "span": [1.0, 2.0]}
    assert results["figures"] == [{"file": "figure_1.png", "title": "b is more", "alt": "two bars"}]
    assert (tmp_path / "07" / "figure_1.png").stat().st_size > 1000
    shown = capsys.readouterr().out
    assert "lab 07 complete" in shown and "pocket-instruct" in shown


def test_a_checkpoint_of_another_start_is_not_taken(tmp_path, monkeypatch, capsys):
    """Lab 04 took what lab 03 had trained on the shipped dialogues for the model tuned on DialogSum."""
    monkeypatch.setenv("LABS_RUNS", str(tmp_path))
    Lab("03", profile="pocket")
    best = tmp_path / "03" / "full" / checkpoints.BEST
    best.mkdir(parents=True)
    for folder in (best, best.parent):
        files.write_json(folder / checkpoints.FINISHED, {"examples": 500})
    checkpoints.seal(best)
    same, other = Lab("04", profile="pocket"), Lab("04", profile="pocket", dialogues="dialogsum")
    assert same.checkpoint("03", "full") == best
    assert other.checkpoint("03", "full") is None
    shown = capsys.readouterr().out
    assert (
        "500 examples" in shown
        and f"pocket-instruct / {same.profile.dialogues}, not of pocket-instruct / dialogsum" in shown
    )
    assert same.checkpoint("05", "full") is None
    for left in ("", '{"model":', '["not", "this"]', '{"model": 1}'):  # a full disk's, another program's
        (tmp_path / "03" / "start.json").write_text(left)
        assert same.checkpoint("03", "full") is None
    assert capsys.readouterr().out.count("an unknown start") == 4
