"""Labs in an environment with Colab's packages, as Colab runs them: google.colab imitated, the first cell really installs.

`make lowest` makes that environment and names it in LABS_COLAB. Each test has a machine of its own: a thin environment on top
of it, so that what pip does there is seen, and gone afterwards. pip takes what is missing from the network.
"""

import json
import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import nbformat
import pytest

from labutils import cli, notebooks
from labutils.classroom import colab

ROOT = Path(__file__).parents[2]
BASE = os.environ.get("LABS_COLAB")
pytestmark = pytest.mark.skipif(not BASE, reason="LABS_COLAB names no environment with Colab's packages (make lowest)")
TORCHAO = "0.10.0"  # Colab's, which PEFT 0.20 refuses
LASTING = ("torch", "numpy", "pandas", "IPython", "ipywidgets", "ipykernel", "transformers", "peft", "datasets")
LACKING = ("jupyterlab", "papermill", "nbval", "pytest")

# A front end would mount the learner's Drive and ask for a file; here the test has put both into their places.
GOOGLE = {
    "__init__.py": "from google.colab import drive, files\n",
    "drive.py": "from pathlib import Path\n\ndef mount(place):\n    Path(place, 'MyDrive').mkdir(parents=True, exist_ok=True)\n",
    "files.py": "def upload():\n    raise AssertionError('no file was to be asked for')\n",
}
RUN = """
import sys, nbformat
from nbclient import NotebookClient
notebook = nbformat.read(sys.argv[1], as_version=4)
try:
    NotebookClient(notebook, timeout=900, kernel_name="python3", resources={"metadata": {"path": sys.argv[2]}}).execute()
finally:
    nbformat.write(notebook, sys.argv[1])
"""
LOOK = """
import importlib.util, json, sys
from labutils.machine import environment
environment.check_lora()
places = {name: importlib.util.find_spec(name).origin for name in sys.argv[1].split()}
print(json.dumps([places, [name for name in sys.argv[2].split() if importlib.util.find_spec(name)]]))
"""


class Machine:
    """One Colab machine: Colab's packages, its torchao, an empty folder /content, and no course."""

    def __init__(self, folder: Path, drive: Path):
        self.content, self.drive = folder / "content", drive
        self.content.mkdir(parents=True)
        python = f"python{sys.version_info.major}.{sys.version_info.minor}"
        base = Path(BASE).resolve()
        subprocess.run([base / "bin" / "python", "-m", "venv", "--without-pip", folder / "machine"], check=True)
        self.python = folder / "machine" / "bin" / "python"
        self.site = folder / "machine" / "lib" / python / "site-packages"
        (self.site / "base.pth").write_text(f"{base / 'lib' / python / 'site-packages'}\n")
        for name, text in GOOGLE.items():
            path = self.site / "google" / "colab" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        # Colab's kernel imports it at its start. (Debian's Python has a sitecustomize of its own, which comes first.)
        (self.site / "google-colab.pth").write_text("import google.colab\n")
        command = [self.python, "-m", "pip", "install", "--quiet", "--no-deps", f"torchao=={TORCHAO}"]
        subprocess.run(command, check=True)
        outside = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "LABS_RUNS")}
        self.variables = outside | {
            "COLAB_RELEASE_TAG": "release-imitated",
            "LABS_PROFILE": "pocket",
            "LABS_DEVICE": "cpu",
        }

    def run(self, lab: Path, cells: int | None = None, drive_folder: str = "") -> nbformat.NotebookNode:
        """Execute a lab of an edition at its reduced sizes (or its first cells), as nbclient does it; returns it."""
        notebook = notebooks.read(lab)
        for cell in notebook.cells:
            if cell.id == colab.SETUP:
                cell.source = cell.source.replace("/content/drive", self.drive.as_posix())
                cell.source = cell.source.replace('drive_folder = ""', f"drive_folder = {drive_folder!r}")
            if notebooks.PARAMETERS in notebooks.tags(cell):
                reduced = notebook.metadata["finetune_labs"]["reduced"]
                cell.source += "".join(f"\n{name} = {value!r}" for name, value in reduced.items())
        notebook.cells = notebook.cells[:cells]
        target = self.content / lab.name
        nbformat.write(notebook, target)
        command = [self.python, "-c", RUN, target, self.content]
        done = subprocess.run(
            command, cwd=self.content, env=self.variables, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr[-3000:]
        return notebooks.read(target)

    def check_packages(self):
        """What Colab has is where it was, LoRA can be made, and no front end was installed."""
        command = [self.python, "-c", LOOK, " ".join(LASTING), " ".join((*LACKING, "torchao"))]
        done = subprocess.run(command, env=self.variables, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr[-3000:]
        places, there = json.loads(done.stdout.splitlines()[-1])
        assert there == [] and all(place.startswith(str(Path(BASE).resolve())) for place in places.values()), places

    def said(self, notebook: nbformat.NotebookNode, cell: str) -> str:
        """What a cell printed."""
        return notebooks.text_outputs(next(c for c in notebook.cells if c.id == cell))


def edition(folder: Path, *arguments: object) -> Path:
    assert cli.main(["colab", *map(str, arguments), "--out", str(folder / "edition")]) == 0
    return folder / "edition"


def test_labs_run_from_a_repository_and_leave_nothing_behind(tmp_path, monkeypatch):
    url = "https://git.school.example/course"
    for name, value in {"COUNT": "1", "KEY_0": f"url.{ROOT.as_uri()}.insteadOf", "VALUE_0": url}.items():
        monkeypatch.setenv(f"GIT_CONFIG_{name}", value)  # git takes this checkout for that address
    labs = edition(tmp_path, "--repository", url)
    machine = Machine(tmp_path / "first", tmp_path / "drive")
    done = machine.run(labs / notebooks.find(["00"])[0].name)
    assert "is installed" in machine.said(done, colab.SETUP) and "name a folder of Google Drive" in machine.said(
        done, "setup"
    )
    machine.check_packages()
    assert (machine.content / "runs" / "00" / "results.json").is_file() and not (tmp_path / "drive").exists()
    state = done.metadata["widgets"]["application/vnd.jupyter.widget-state+json"]["state"]
    views = {entry["model_module"]: entry["model_module_version"] for entry in state.values()}
    assert views["@jupyter-widgets/controls"] == "1.5.0"  # ipywidgets 7.7's; 8 has 2.0.0


def test_labs_run_from_a_wheel_and_hand_on_through_drive(tmp_path):
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", tmp_path, ROOT]
    subprocess.run(command, check=True)
    [wheel] = tmp_path.glob("*.whl")
    labs, drive = edition(tmp_path, "--wheel", wheel), tmp_path / "drive"
    mine = drive / "MyDrive" / "mine"
    mine.mkdir(parents=True)
    wheel.rename(mine / wheel.name)  # there the first cell looks for it
    first = Machine(tmp_path / "first", drive)
    for number in ("01", "03"):
        done = first.run(labs / notebooks.find([number])[0].name, drive_folder="mine")
        results = json.loads((mine / number / "results.json").read_text())
        assert results["numbers"] and str(mine) in first.said(done, "setup")
    assert "is installed" not in first.said(done, colab.SETUP)  # lab 03 found what lab 01 had installed
    first.check_packages()
    assert not (first.content / "runs").exists()
    second = Machine(tmp_path / "second", drive)
    lab = labs / notebooks.find(["04"])[0].name
    upto = [cell.id for cell in notebooks.read(lab).cells].index("models") + 1
    done = second.run(lab, upto, "mine")
    assert "your own checkpoint: lab 03" in second.said(done, "models")


def test_this_python_is_that_of_the_environment():
    """The thin environments are made for it."""
    library = sysconfig.get_path("purelib", vars={"base": BASE})
    assert Path(library).is_dir(), library
