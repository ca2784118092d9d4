"""``labs doctor`` and ``labs preflight``: is this environment in order, and how long will the labs take here?"""

import importlib.metadata
import importlib.util
import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from labutils import config, files
from labutils.errors import LabError
from labutils.i18n import _
from labutils.machine import colab, device, environment, memory, paths, provenance

PYTHONS = ((3, 11), (3, 13))  # the lowest and the highest that pyproject.toml allows
MEMORY_MIB = 3000  # what the largest training of the labs takes beside Python
DISK_MIB = 1500  # what all of them keep


@dataclass(frozen=True)
class Finding:
    """What a check saw. ``ok`` False: something will fail; ``text`` then says what to do."""

    ok: bool
    text: str


def python() -> Finding:
    """Is this a Python that the course runs on?"""
    low, high = (".".join(map(str, pair)) for pair in PYTHONS)
    here = ".".join(map(str, sys.version_info[:3]))
    ok = PYTHONS[0] <= sys.version_info[:2] <= PYTHONS[1]
    text = (
        _("Python {here}")
        if ok
        else _("Python {here}; the course runs on {low} to {high}: make labs PYTHON=python{high}")
    )
    return Finding(ok, text.format(here=here, low=low, high=high))


def packages() -> Finding:
    """Do the installed packages keep to what the course asks for?"""
    from packaging.requirements import Requirement

    mend = _("; install the tested versions: pip install -c constraints.txt -e .")
    try:
        required = importlib.metadata.requires("finetune-labs") or []
    except importlib.metadata.PackageNotFoundError:  # a checkout that is on the path alone
        return Finding(False, _("finetune-labs is not installed") + mend)
    wrong = []
    for line in required:
        need = Requirement(line)
        if need.marker and not need.marker.evaluate({"extra": ""}):
            continue
        try:
            here = importlib.metadata.version(need.name)
        except importlib.metadata.PackageNotFoundError:
            wrong.append(_("{name} is not installed").format(name=need.name))
            continue
        if not need.specifier.contains(here, prereleases=True):
            wrong.append(_("{name} {here} is not {wanted}").format(name=need.name, here=here, wanted=need.specifier))
    told = ", ".join(f"{name} {value}" for name, value in provenance.versions().items() if name != "python")
    return Finding(not wrong, "; ".join(wrong) + mend if wrong else told)


def lora() -> Finding:
    """Can PEFT make LoRA's layers beside the torchao that is here?"""
    try:
        environment.check_lora()
    except LabError as error:
        return Finding(False, str(error))
    return Finding(True, _("LoRA's layers can be made"))


def notebooks() -> Finding:
    """Is what runs notebooks installed, and is the kernel this environment's?"""
    if colab.here():
        return Finding(True, _("Colab runs the notebooks"))
    missing = [name for name in ("jupyterlab", *environment.LABS) if importlib.util.find_spec(name) is None]
    if missing:
        text = _("not installed: {names}; labs run and labs start need pip install 'finetune-labs[labs]'")
        return Finding(False, text.format(names=", ".join(missing)))
    spec = Path(sys.prefix) / "share" / "jupyter" / "kernels" / environment.KERNEL / "kernel.json"
    try:
        program = str(json.loads(spec.read_text(encoding="utf-8"))["argv"][0]) if spec.is_file() else ""
    except (OSError, ValueError, LookupError, TypeError):
        text = _("the kernel {spec} cannot be read: python -m ipykernel install --sys-prefix writes it anew")
        return Finding(False, text.format(spec=spec))
    if os.sep in program and not Path(program).exists():
        text = _("the kernel {spec} starts {program}, which is not there: python -m ipykernel install --sys-prefix")
        return Finding(False, text.format(spec=spec, program=program))
    return Finding(True, _("JupyterLab and the kernel are there"))


def room() -> Finding:
    """Is there memory and disk enough?"""
    try:
        free, folder = memory.free_memory_mib(), paths.runs_dir()
    except LabError as error:  # LABS_DEVICE names a device that is not here
        return Finding(False, str(error))
    disk = paths.free_bytes(folder) // paths.MIB
    if free < MEMORY_MIB:
        text = _("{free:.0f} MiB of memory are free, the labs need {need}: close other programs and kernels")
        return Finding(False, text.format(free=free, need=MEMORY_MIB))
    if disk < DISK_MIB:
        text = _("{disk} MiB are free in {folder}, the labs keep {need}: set LABS_RUNS to another disk's folder")
        return Finding(False, text.format(disk=disk, folder=folder, need=DISK_MIB))
    return Finding(True, _("{cores} cores, {free:.0f} MiB of memory and {disk} MiB of disk are free").format(
        cores=os.cpu_count(), free=free, disk=disk))  # fmt: skip


def results() -> Finding:
    """Can results be written?"""
    folder = paths.runs_dir()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder):
            return Finding(True, _("results go to {folder}").format(folder=folder.resolve()))
    except OSError as error:
        text = _("results cannot be written to {folder} ({error}): set LABS_RUNS to a folder of yours")
        return Finding(False, text.format(folder=folder, error=error.strerror))


def machine() -> Finding:
    """Which profile does this machine take, and is what the variables ask for there?"""
    try:
        chosen = config.profile("auto")
        kind = device.torch_device()
    except LabError as error:
        return Finding(False, str(error))
    text = _("profile {name} on {kind}: {why}; numbers: {precision}")
    told = text.format(
        name=chosen.name, kind=kind, why=chosen.why, precision=device.resolve_precision(chosen.precision)
    )
    return Finding(True, told)


def weights() -> Finding:
    """Are the shipped weights whole?"""
    results = files.read_json(paths.data_dir() / "pocket-t5" / "results.json") or {}
    for name, wanted in results.get("weights", {}).items():
        path = paths.data_dir() / "pocket-t5" / name / "model.safetensors"
        if not path.is_file() or files.sha256(path) != wanted:
            text = _("the shipped weights {path} are missing or damaged: fetch the course anew")
            return Finding(False, text.format(path=path))
    return Finding(True, _("the shipped weights are whole"))


CHECKS: tuple[Callable[[], Finding], ...] = (python, packages, lora, notebooks, room, results, machine, weights)


def examine() -> Iterator[tuple[str, Finding]]:
    """Yield each check's name and what it saw, one after the other."""
    for check in CHECKS:
        yield check.__name__, check()


def page() -> tuple[str, bool]:
    """Return (a line for each check, whether all is in order)."""
    seen = list(examine())
    width = max(len(name) for name, _finding in seen)
    words = {True: _("ok"), False: _("NOT OK")}
    lines = [f"{name.ljust(width)}  {words[finding.ok].ljust(6)}  {finding.text}" for name, finding in seen]
    return "\n".join(lines), all(finding.ok for _name, finding in seen)


def preflight() -> tuple[str, bool]:
    """Examine, do the training of lab 00, and tell from its speed how long each lab takes here; takes half a minute."""
    environment.need(*environment.LABS)
    from labutils.lessons import name as naming
    from labutils.notebooks import needs
    from labutils.runner import ModelRunner

    text, ok = page()
    if not ok:
        return text, ok
    profile = config.profile("auto")
    runner = ModelRunner(profile.tuned, profile)
    lines = [(question, "Your name is Mia.") for question in naming.ASKED] * 4
    with tempfile.TemporaryDirectory() as folder:
        history = runner.train(
            naming.as_task(lines), output_dir=folder, epochs=3, batch_size=8, learning_rate=5e-4, eval_examples=0
        )
    told = _("a short training ran at {speed:.0f} examples a second; so the labs take here:").format(
        speed=history.examples_per_s
    )
    return f"{text}\n\n{told}\n{needs.table(runner.model, profile, history.examples_per_s).to_string(index=False)}", ok
