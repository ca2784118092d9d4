"""The Makefile's environments: the right Python, made anew when it changes, no half-made one left behind."""

import os
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
# A Python that says of which version it is, makes an environment with itself in it, and whose pip does what PIP says.
STUB = """#!/bin/sh
case "$*" in
    *version_info*) echo "$FAKE_VERSION" ;;
    *"-m venv --clear"*) rm -rf "$4"; mkdir -p "$4/bin"; cp "$0" "$4/bin/python"; printf '#!/bin/sh\\nexit 0\\n' > "$4/bin/labs"
        chmod +x "$4/bin/labs"; echo "$FAKE_VERSION" > "$4/version" ;;
    *"pip install"*) exit "${FAKE_PIP:-0}" ;;
esac
"""


@pytest.fixture
def make(tmp_path):
    if shutil.which("make") is None:
        pytest.skip("no make here")
    for name in ("Makefile", "pyproject.toml", "constraints.txt", "constraints-lowest.txt"):
        shutil.copyfile(ROOT / name, tmp_path / name)
    (tmp_path / "python").write_text(STUB)
    (tmp_path / "python").chmod(0o755)

    def call(version, pip=0):
        variables = os.environ | {"FAKE_VERSION": version, "FAKE_PIP": str(pip)}
        command = ["make", "labs", f"PYTHON={tmp_path / 'python'}"]
        return subprocess.run(command, cwd=tmp_path, env=variables, capture_output=True, text=True, check=False)

    call.venv = tmp_path / ".venv"
    return call


@pytest.mark.parametrize("version", ["3.10", "3.14", "3.9", ""])
def test_a_wrong_python_is_named_before_anything_is_installed(make, version):
    """It ended in a list of conflicting dependencies, and the broken environment stayed."""
    done = make(version)
    assert done.returncode != 0 and "3.11, 3.12 or 3.13" in done.stderr and "PYTHON=" in done.stderr
    assert not make.venv.exists()


def test_the_makefiles_pythons_are_those_of_pyproject(make):
    allowed = SpecifierSet(PROJECT["requires-python"])
    for minor in range(8, 20):
        assert (make(f"3.{minor}").returncode == 0) == allowed.contains(f"3.{minor}.5")


def test_an_environment_is_made_anew_when_its_python_changes(make):
    assert make("3.11").returncode == 0 and (make.venv / "version").read_text() == "3.11\n"
    (make.venv / "mine").touch()
    assert make("3.11").returncode == 0 and (make.venv / "mine").exists()
    assert make("3.12").returncode == 0 and (make.venv / "version").read_text() == "3.12\n"
    assert not (make.venv / "mine").exists()


def test_a_failed_install_leaves_no_broken_environment(make):
    assert make("3.12", pip=1).returncode != 0 and not make.venv.exists()
    assert make("3.12").returncode == 0
    os.utime(make.venv.parent / "constraints.txt")
    later = max(path.stat().st_mtime for path in make.venv.iterdir()) + 10
    os.utime(make.venv.parent / "constraints.txt", (later, later))
    assert (
        make("3.12", pip=1).returncode != 0 and make.venv.exists()
    )  # a good one, which could not be brought up to date


def test_the_lowest_versions_are_those_that_are_tested():
    """transformers was promised from 5.15, a member used exists since 5.19, and nobody had tried."""
    files = ("constraints-lowest.txt", "constraints-colab.txt")  # the first takes in the second
    lines = [line for file in files for line in (ROOT / file).read_text(encoding="utf-8").splitlines()]
    assert f"--constraint {files[1]}" in lines
    pins = dict(line.split("#")[0].strip().split("==") for line in lines if "==" in line.split("#")[0])
    tested = {canonicalize_name(name): Version(version) for name, version in pins.items()}
    for text in [*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["labs"]]:
        wanted = Requirement(text)
        [lowest] = [Version(part.version) for part in wanted.specifier if part.operator == ">="]
        if wanted.name != "torch":  # another build here: see the file
            assert tested[canonicalize_name(wanted.name)] == lowest, text
