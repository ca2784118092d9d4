"""Code and notebooks are clean by the project's own linter settings; nothing names a place on one machine."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from labutils import datacheck, runtime
from labutils.datacheck import cards

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize("command", [["check"], ["format", "--check"]], ids=["check", "format"])
def test_ruff(command):
    done = subprocess.run([sys.executable, "-m", "ruff", *command, ROOT], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_the_shipped_data_has_no_fault():
    """Without the open corpus: that takes a minute and is left to ``labs verify data``."""
    assert [str(problem) for problem in datacheck.check_all(corpus=False) if not problem.note] == []


@pytest.mark.parametrize("name", cards.there())
def test_the_cards_are_those_of_the_data(name):
    """If this fails: python -m labutils.datacheck cards"""
    for file, text in cards.files(name).items():
        assert (runtime.data_dir() / name / file).read_text(encoding="utf-8") == text, file


def test_the_repository_stands_once():
    """Its address is in pyproject's project.urls; whatever else needs it reads it from there."""
    [address] = re.findall(r'^Repository = "(.+)"$', (ROOT / "pyproject.toml").read_text(), re.M)
    texts = [p for p in ROOT.glob("*") if p.is_file()] + [*ROOT.glob("labutils/**/*.py"), *ROOT.glob("labs/*.ipynb")]
    assert [p.name for p in texts if address in p.read_text(encoding="utf-8", errors="ignore")] == ["pyproject.toml"]
