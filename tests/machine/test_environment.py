"""The Python environment: extras that are missing, libraries that are too old, and whose kernel is started."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from labutils.errors import LabError
from labutils.machine import environment

ROOT = Path(__file__).parents[2]
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
