"""``labs doctor``: each check says what is in order, and each fault what mends it."""

import sys
from pathlib import Path

import pytest

from labutils.cli import main
from labutils.doctor import checks
from labutils.errors import LabError


def test_this_environment_is_in_order(capsys, tmp_path, monkeypatch):
    monkeypatch.setenv("LABS_RUNS", str(tmp_path / "runs"))
    monkeypatch.setattr(checks.memory, "free_memory_mib", lambda: 9000.0)
    assert main(["doctor"]) == 0
    printed = capsys.readouterr().out
    assert all(check.__name__ in printed for check in checks.CHECKS)


def test_a_python_too_new_is_named(monkeypatch):
    monkeypatch.setattr(sys, "version_info", (3, 14, 0, "final", 0))
    assert not checks.python().ok and "3.14.0" in checks.python().text


def test_a_package_of_another_version_or_none_is_named(monkeypatch):
    monkeypatch.setattr(
        "importlib.metadata.requires", lambda _name: ["torch>=99", "nobody-has-this>=1", "x; extra=='labs'"]
    )
    finding = checks.packages()
    assert not finding.ok and "torch" in finding.text and "nobody-has-this" in finding.text


def test_a_course_that_is_not_installed_is_named(monkeypatch):
    def none(name):
        raise checks.importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr("importlib.metadata.requires", none)
    assert not checks.packages().ok and "pip install" in checks.packages().text


@pytest.mark.parametrize("content", ["{", "[]", "{}", '{"argv": []}'])
def test_a_damaged_kernel_is_named(monkeypatch, tmp_path, content):
    spec = tmp_path / "share" / "jupyter" / "kernels" / checks.environment.KERNEL / "kernel.json"
    spec.parent.mkdir(parents=True)
    spec.write_text(content)
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    assert not checks.notebooks().ok and str(spec) in checks.notebooks().text


def test_an_old_torchao_is_named(monkeypatch):
    def old():
        raise LabError("torchao", "torchao 0.10 is too old")

    monkeypatch.setattr(checks.environment, "check_lora", old)
    assert not checks.lora().ok


def test_what_runs_notebooks_is_looked_for(monkeypatch):
    monkeypatch.setattr(checks.importlib.util, "find_spec", lambda _name: None)
    assert "papermill" in checks.notebooks().text


@pytest.mark.parametrize(("free", "disk"), [(100.0, 9000), (9000.0, 10)])
def test_little_memory_or_disk_is_named(monkeypatch, free, disk):
    monkeypatch.setattr(checks.memory, "free_memory_mib", lambda: free)
    monkeypatch.setattr(checks.paths, "free_bytes", lambda _folder: disk * checks.paths.MIB)
    assert not checks.room().ok


def test_a_device_that_is_not_here_is_a_finding(monkeypatch):
    """The doctor itself ended by it."""
    monkeypatch.setenv("LABS_DEVICE", "cuda:97")
    found = checks.room()
    assert not found.ok and "cuda:97" in found.text


def test_a_folder_that_cannot_be_written_is_named(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("LABS_RUNS", str(tmp_path / "file" / "runs"))
    assert not checks.results().ok


def test_a_variable_with_a_wrong_value_is_named(monkeypatch):
    monkeypatch.setenv("LABS_PROFILE", "enormous")
    assert not checks.machine().ok


def test_damaged_weights_are_named(monkeypatch, tmp_path):
    shipped = checks.paths.data_dir() / "pocket-t5" / "results.json"
    folder = tmp_path / "pocket-t5"
    (folder / "instruct").mkdir(parents=True)
    (folder / "results.json").write_bytes(shipped.read_bytes())
    (folder / "instruct" / "model.safetensors").write_bytes(b"cut")
    monkeypatch.setattr(checks.paths, "data_dir", lambda: Path(tmp_path))
    assert not checks.weights().ok


def test_a_preflight_tells_each_labs_seconds(capsys, tmp_path, monkeypatch):
    monkeypatch.setenv("LABS_RUNS", str(tmp_path / "runs"))
    monkeypatch.setattr(checks.memory, "free_memory_mib", lambda: 9000.0)
    assert main(["preflight"]) == 0
    assert "03" in capsys.readouterr().out
