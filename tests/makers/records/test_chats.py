"""makers.records.checks.chats: every spoiled copy is caught, a good set passes, and no chat is a lab's dialogue."""

import dataclasses

import pytest

from makers.records import check_chats
from makers.records.__main__ import main
from makers.records.checks import chats
from makers.records.problems import Entry

from toy_sets import change_line, dialogue, text, write


def chat(number):
    turns = [f"{('Ana', 'Ben')[i % 2]}: {text(f'{number} {i}', 8)}, at 9:30" for i in range(4)]
    summary = f"{text(f'{number} o', 3)}: Ana meets Ben, {text(f'{number} s', 6)}, at 9:30."
    return {"id": f"train_{number}", "dialogue": "\n".join(turns), "summary": summary}


@pytest.fixture
def good(tmp_path, small, monkeypatch):
    monkeypatch.setattr(chats, "RULES", dataclasses.replace(chats.RULES, sizes={"train": 4}))
    folder = tmp_path / "chats"
    folder.mkdir()
    write(folder / "train.jsonl", [chat(i) for i in range(4)])
    return folder


def faults(folder):
    return [problem for problem in check_chats(folder) if not problem.note]


def test_a_good_set_has_no_problem(good):
    assert faults(good) == []
    assert main(["--set", "chats", "--folder", str(good)]) == 0


SPOILED = [
    ({"summary": None}, "missing-column", "summary"),
    ({"topic": "x"}, "unknown-field", "topic"),
    ({"id": "train_0"}, "duplicate-id", "id"),
    ({"id": "chat_1"}, "id", "id"),
    ({"summary": "Ana meets Ben."}, "length", "summary"),
    ({"dialogue": "Ana: hi\nBen: hi\nAna: 9:30"}, "length", "dialogue"),
    ({"dialogue": lambda row: row["dialogue"].replace("9:30", "9\u00b730") + " 9:30"}, "characters", "dialogue"),
    ({"dialogue": lambda row: row["dialogue"].replace("Ana: ", "and ", 1)}, "turns", "dialogue"),
    ({"dialogue": lambda row: row["dialogue"].replace("Ben: ", "Ana: ")}, "turns", "dialogue"),
    ({"dialogue": lambda row: row["dialogue"] + "\nCid: so\nDan: so"}, "turns", "dialogue"),
    ({"dialogue": lambda row: row["dialogue"].replace("\n", " ", 2)}, "turns", "dialogue"),
    ({"summary": lambda row: row["summary"].replace("Ben", "Otto")}, "unsupported", "summary"),
    ({"dialogue": lambda row: chat(0)["dialogue"] + " today"}, "near-duplicate", "dialogue"),
]


@pytest.mark.parametrize(("fields", "code", "field"), SPOILED, ids=[f"{s[1]}-{i}" for i, s in enumerate(SPOILED)])
def test_every_spoiled_chat_is_caught(good, fields, code, field):
    change_line(good / "train.jsonl", 2, **fields)
    hits = [problem for problem in faults(good) if (problem.code, problem.field) == (code, field)]
    assert hits and hits[0].line == 2


def test_chats_are_counted(good):
    write(good / "train.jsonl", [chat(i) for i in range(3)])
    assert [(p.code, p.line) for p in faults(good)] == [("size", 3)]


def test_a_chat_that_is_a_labs_dialogue_is_caught():
    lab = Entry("test.jsonl", 5, "test", dialogue("a", "test", 4))
    copy = chat(1) | {"dialogue": lab.record["dialogue"].replace("#Person1#", "Ana").replace("#Person2#", "Ben")}
    entries = [Entry("chats.jsonl", line, "train", record) for line, record in enumerate((chat(0), copy), 1)]
    [problem] = chats.check_apart(entries, [lab])
    assert (problem.line, problem.code) == (2, "near-duplicate") and "test.jsonl:5" in problem.message
