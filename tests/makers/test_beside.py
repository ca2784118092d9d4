"""This checkout beside another commit: the ratios, the other's own package, and nothing left behind."""

import subprocess

import pytest

from makers import beside

from toys import code_of


def entry(rate, memory):
    return {"examples_per_s": rate, "peak_mib": memory}


def test_the_lowest_rate_and_the_most_memory_count():
    pairs = [(entry(30.0, 90.0), entry(20.0, 100.0)), (entry(24.0, 120.0), entry(20.0, 100.0))]
    assert beside.row("full", pairs) == ("full", "1.20", "1.50, 1.20", "1.20")


@pytest.fixture
def here():
    if not (beside.ROOT / ".git").exists():
        pytest.skip("no checkout")


def trees():
    command = ["git", "-C", beside.ROOT, "worktree", "list"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_a_commit_that_there_is_not_is_named(here):
    before = trees()
    assert code_of(lambda: beside.checkout("no-such-commit").__enter__()) == "beside"
    assert trees() == before


def test_the_other_commits_own_package_is_measured(here, monkeypatch):
    monkeypatch.setattr(beside, "WEIGHTS", ("data/pocket-t5/instruct",))
    monkeypatch.setattr(beside, "MEASURE", "import json, labutils; print(json.dumps([labutils.__file__]))")
    before = trees()
    with beside.checkout("HEAD") as place:
        [path] = beside.measured(place, {})
        assert path.startswith(str(place)) and (place / "data/pocket-t5/instruct/model.safetensors").is_file()
        monkeypatch.setattr(beside, "MEASURE", "raise SystemExit('out of luck')")
        assert code_of(beside.measured, place, {}) == "beside"
    assert not place.exists() and trees() == before
