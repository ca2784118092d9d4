"""Fixtures of the record tests: a good copy of every small set."""

import dataclasses

import pytest

from makers import records
from makers.records.checks import task_sets
from makers.records.compose import replies

from toy_sets import MAKERS, SIZES, dialogue, write


@pytest.fixture
def small(tmp_path, monkeypatch):
    """Small sets are enough here, and nobody else's text is there."""
    for name in ("dialogsum", "samsum", "corpus"):
        monkeypatch.setenv(f"{name.upper()}_DIR", str(tmp_path / "none"))
    for name, rules in task_sets.SETS.items():
        plain = rules.plain and dataclasses.replace(rules.plain, sizes=dict.fromkeys(SIZES, 0))
        monkeypatch.setitem(task_sets.SETS, name, dataclasses.replace(rules, sizes=SIZES, plain=plain))
    monkeypatch.setattr(task_sets, "HARD", 0)
    for name, value in {"DIALOGUES": {}, "SERVICE": {}, "SCENARIOS": 0}.items():
        monkeypatch.setattr(records, name, value)


@pytest.fixture
def data(tmp_path, small):
    """A good copy of every set."""
    for name, make in MAKERS.items():
        for split, size in SIZES.items():
            rows = [{"id": f"{split}_{i}", **make(f"{name}{split}{i}", i), "origin": "written"} for i in range(size)]
            path = tmp_path / "data" / "tasks" / name / f"{split}.jsonl"
            path.parent.mkdir(parents=True, exist_ok=True)
            write(path, rows)
    (tmp_path / "data" / "dialogues").mkdir()
    for split, size in SIZES.items():
        rows = [dialogue(f"{split}{i}", split, i) for i in range(size)]
        write(tmp_path / "data" / "dialogues" / f"{split}.jsonl", rows)
    replies.compose(tmp_path / "data" / "dialogues", tmp_path / "data" / "tasks" / "reply")
    return tmp_path / "data"
