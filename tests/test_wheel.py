"""The wheel: built, installed into an environment outside the checkout, a lab run from it."""

import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

from labutils import notebooks

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


def test_a_lab_runs_from_it(wheel, tmp_path):
    """The environment is new and holds the wheel alone; its dependencies are read from this one by a .pth file."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "env"], check=True)
    python = tmp_path / "env" / "bin" / "python"
    site = Path(
        subprocess.check_output(
            [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"], text=True
        ).strip()
    )
    subprocess.run(
        [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", site, wheel], check=True
    )
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib"))
    environment = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "LABS_RUNS")} | {
        "PYTHONSAFEPATH": "1"
    }
    code = "import labutils; from labutils import runtime; print(labutils.__file__, runtime.data_dir(), runtime.labs_dir())"
    where = subprocess.check_output([python, "-c", code], cwd=tmp_path, env=environment, text=True)
    assert str(ROOT) not in where and where.count(str(site)) == 3
    lab = notebooks.find()[0]
    sizes = notebooks.read(lab).metadata["finetune_labs"]["reduced"]
    parameters = [part for name, value in sizes.items() for part in ("-p", f"{name}={value}")]
    command = [
        python,
        "-m",
        "labutils.cli",
        "run",
        notebooks.number(lab),
        "--profile",
        "pocket",
        "--out",
        "out",
        *parameters,
    ]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "out" / "index.html").is_file()
