"""makers.records.checks.support: every spoiled copy is caught, and a good set passes."""

import dataclasses

import pytest

from makers.records import check_support
from makers.records.__main__ import main
from makers.records.checks import chats, support
from makers.records.problems import Entry

from toy_sets import change_line, text, write

SIZES = {"train": 4, "validation": 2, "test": 2}


def chat(split, number):
    seed = f"{split} {number}"
    turns = [f"{('Ana', 'Ben')[i % 2]}: {text(f'{seed} {i}', 12)}, wrong door at 9:30" for i in range(4)]
    summary = f"{text(f'{seed} o', 3)}: Ana tells Ben of a wrong door, {text(f'{seed} s', 4)}, at 9:30."
    fields = {"request": ["wrong door"], "action": ["9:30"]}
    return {"id": f"{split}_{number}", "dialogue": "\n".join(turns), "summary": summary} | fields


@pytest.fixture
def good(tmp_path, small, monkeypatch):
    monkeypatch.setattr(support, "RULES", dataclasses.replace(support.RULES, sizes=SIZES))
    folder = tmp_path / "support"
    folder.mkdir()
    for split, size in SIZES.items():
        write(folder / f"{split}.jsonl", [chat(split, i) for i in range(size)])
    return folder


def faults(folder):
    return [problem for problem in check_support(folder) if not problem.note]


def test_a_good_set_has_no_problem(good):
    assert faults(good) == []
    assert main(["--set", "support", "--folder", str(good)]) == 0


SPOILED = [
    ({"request": None}, "missing-column", "request"),
    ({"request": "wrong door"}, "wrong-type", "request"),
    ({"split": "train"}, "unknown-field", "split"),
    ({"id": "train_0"}, "duplicate-id", "id"),
    ({"summary": "Ana meets Ben at the wrong door at 9:30."}, "length", "summary"),
    ({"request": ["wrong door at"]}, "length", "request"),
    ({"request": ["door", "wrong", "wrong door", "at"]}, "entries", "request"),
    ({"request": ["rong door"]}, "entries", "request"),  # no whole word
    ({"request": ["Wrong door"]}, "entries", "request"),  # not lower case
    ({"request": ["ana"]}, "entries", "request"),  # a speaker
    ({"action": ["wrong door"]}, "entries", "action"),  # stands in request
    ({"action": ["9:30", "9:30"]}, "entries", "action"),
    ({"summary": lambda row: row["summary"].replace("wrong door", "door")}, "entries", "request"),
    ({"summary": lambda row: row["summary"].replace("Ben", "him")}, "names", "summary"),
    ({"summary": lambda row: row["summary"].replace("Ana tells", "Ana and Otto tell")}, "unsupported", "summary"),
    ({"dialogue": lambda row: row["dialogue"].replace("Ben: ", "Ana: ", 1)}, "turns", "dialogue"),
    ({"dialogue": lambda row: row["dialogue"].replace("Ben: ", "Cid: ", 1)}, "turns", "dialogue"),
    ({"dialogue": lambda row: row["dialogue"].replace("9:30", "9\u00b730") + " 9:30"}, "characters", "dialogue"),
    ({"dialogue": lambda row: chat("train", 0)["dialogue"] + " today"}, "near-duplicate", "dialogue"),
]


@pytest.mark.parametrize(("fields", "code", "field"), SPOILED, ids=[f"{s[1]}-{i}" for i, s in enumerate(SPOILED)])
def test_every_spoiled_chat_is_caught(good, fields, code, field):
    change_line(good / "train.jsonl", 2, **fields)
    hits = [problem for problem in faults(good) if (problem.code, problem.field) == (code, field)]
    assert hits and hits[0].line == 2


def test_a_copy_in_another_split_is_caught(good):
    change_line(good / "test.jsonl", 1, dialogue=chat("train", 3)["dialogue"], summary=chat("train", 3)["summary"])
    codes = {(p.file, p.code) for p in faults(good)}
    assert {(str(good / "test.jsonl"), code) for code in ("duplicate", "near-duplicate")} & codes


def test_each_split_is_counted(good):
    write(good / "test.jsonl", [chat("test", 0)])
    assert [(p.file, p.code) for p in faults(good)] == [(str(good / "test.jsonl"), "size")]


def test_a_support_chat_that_is_a_chat_of_another_set_is_caught():
    other = Entry("chats.jsonl", 3, "train", {key: chat("train", 1)[key] for key in ("id", "dialogue", "summary")})
    entries = [Entry("support.jsonl", line, "train", chat("train", line)) for line in (0, 1)]
    [problem] = chats.check_apart(entries, [other])
    assert (problem.line, problem.code) == (1, "near-duplicate") and "chats.jsonl:3" in problem.message
