"""The wheel: built, installed into an environment outside the checkout, a lab run from it."""

import os
import subprocess
import sys
import sysconfig
import tomllib
import zipfile
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from labutils import notebooks
from labutils.machine import environment

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    if not (ROOT / "pyproject.toml").is_file():
        pytest.skip("no checkout here to build from")
    out = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", out, ROOT],
        check=True,
        capture_output=True,
    )
    [found] = out.glob("*.whl")
    return found


def test_it_carries_data_and_labs_and_nothing_else(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    assert {"labutils/_data/dialogues/test.jsonl", "labutils/_data/pocket-t5/instruct/model.safetensors",
            "labutils/_data/templates/summarize.yaml", "labutils/notebooks/report.html.j2"} <= set(names)  # fmt: skip
    assert {f"labutils/_labs/{path.name}" for path in notebooks.find()} <= set(names)
    assert not [name for name in names if not name.startswith(("labutils/", "finetune_labs-")) or "__pycache__" in name]


def requirements(name: str, extras: tuple[str, ...]) -> set[str]:
    """Names of the distributions that one needs with some extras, and what those need in turn: nothing else."""
    found, queue = set(), [(name, extra) for extra in ("", *extras)]
    for each, extra in queue:  # grows while it is walked
        if (each, extra) in found:
            continue
        found.add((each, extra))
        for text in metadata.requires(each) or ():
            wanted = Requirement(text)
            if wanted.marker is None or wanted.marker.evaluate({"extra": extra}):
                queue += [(canonicalize_name(wanted.name), more) for more in ("", *wanted.extras)]
    return {name for name, _extra in found}


def borrowed(folder: Path, wheel: Path, extras: tuple[str, ...] = ("labs",)) -> Path:
    """A new environment: the wheel, and links to what its metadata asks for, as this environment has it installed.

    A package that the project uses without asking for it is not there.
    """
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    python = folder / "bin" / "python"
    code = "import sysconfig; print(sysconfig.get_path('purelib'))"
    site = Path(subprocess.check_output([python, "-c", code], text=True).strip())
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", site, wheel]
    subprocess.run(install, check=True)
    here = Path(sysconfig.get_path("purelib"))
    for name in requirements("finetune-labs", extras) - {"finetune-labs"}:
        for top in {file.parts[0] for file in metadata.files(name) or ()} - {"..", "__pycache__"}:
            if not (site / top).exists():
                (site / top).symlink_to(here / top)
    return python


def installed(folder: Path, wheel: Path) -> Path:
    """A new environment into which pip installs the wheel with all its dependencies, as a learner would."""
    if not os.environ.get("LABS_WHEEL_INSTALL"):
        pytest.skip("set LABS_WHEEL_INSTALL=1: it installs every dependency anew, which takes minutes and the network")
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    python = folder / "bin" / "python"
    what = [f"finetune-labs[labs] @ {wheel.as_uri()}", "--constraint", ROOT / "constraints.txt"]
    subprocess.run([python, "-m", "pip", "install", "--quiet", *what], check=True)
    return python


def outside() -> dict[str, str]:
    """The variables of a process that knows nothing of the checkout."""
    return {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "LABS_RUNS")} | {"PYTHONSAFEPATH": "1"}


@pytest.mark.parametrize("install", [borrowed, installed])
def test_a_lab_runs_from_it(install, wheel, tmp_path):
    python, variables = install(tmp_path / "env", wheel), outside()
    code = "import labutils; from labutils.machine import paths; print(labutils.__file__, paths.data_dir(), paths.labs_dir())"
    where = subprocess.check_output([python, "-c", code], cwd=tmp_path, env=variables, text=True)
    assert str(ROOT) not in where and where.count(str(tmp_path / "env")) == 3
    lab = notebooks.find()[0]
    sizes = notebooks.read(lab).metadata["finetune_labs"]["reduced"]
    parameters = [part for name, value in sizes.items() for part in ("-p", f"{name}={value}")]
    wanted = ["run", notebooks.number(lab), "--profile", "pocket", "--out", "out", *parameters]
    command = [python, "-m", "labutils.cli", *wanted]
    done = subprocess.run(command, cwd=tmp_path, env=variables, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "out" / "index.html").is_file()


CORE = """
import importlib.util, sys
extra = ("papermill", "nbformat", "nbclient", "jupyterlab", "ipykernel", "nbval", "pytest")
assert not [name for name in extra if importlib.util.find_spec(name)]
from labutils import ModelRunner
runner = ModelRunner("pocket-instruct", "pocket")
runner.train("topic", examples=8, output_dir="mine", epochs=1, batch_size=4, eval_examples=0)
print(runner.evaluate("topic", limit=4)["accuracy"].n)
"""


def test_a_core_install_trains_and_evaluates(wheel, tmp_path):
    """Colab's install takes no extra, and `labs train` imported papermill."""
    python, variables = borrowed(tmp_path / "env", wheel, ()), outside()

    def call(*arguments):
        return subprocess.run(
            [python, *arguments], cwd=tmp_path, env=variables, capture_output=True, text=True, check=False
        )

    done = call("-c", CORE)
    assert done.returncode == 0 and done.stdout.splitlines()[-1] == "4", done.stdout + done.stderr
    settings = [part for pair in ("epochs=1", "batch_size=4", "eval_examples=0") for part in ("-p", pair)]
    command = ("-m", "labutils.cli")
    done = call(*command, "train", "theirs", "--task", "topic", "--examples", "8", *settings)
    assert done.returncode == 0 and (tmp_path / "theirs" / "best").is_dir(), done.stdout + done.stderr
    assert call(*command, "--version").stdout.startswith("labs ")
    for what in (("run", "01"), ("start", "--allow-root"), ("verify", "notebooks")):
        done = call(*command, *what)
        assert done.returncode == 2 and done.stderr.count("\n") == 1, done.stderr
        assert "finetune-labs[labs]" in done.stderr
    assert not (tmp_path / "my-labs").exists() and not (tmp_path / "runs").exists()
    for what in (("build",), ("bench", "--publish"), ("verify", "data")):  # they would write into, or miss, a checkout
        done = call(*command, *what)
        assert done.returncode == 2 and "checkout" in done.stderr, done.stderr


def test_what_needs_the_extra_is_what_the_extra_installs():
    text = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"][
        "labs"
    ]
    assert {Requirement(one).name for one in text} == {*environment.LABS, "jupyterlab"}
