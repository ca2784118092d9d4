"""makers.records.checks.suite and replies: a spoiled copy of every set of the suite is caught, a good one passes."""

import dataclasses
import json
import shutil

import pytest

from labutils.errors import LabError
from makers.records import check_task
from makers.records.__main__ import main
from makers.records.checks import task_sets
from makers.records.compose import replies
from makers.records.problems import SPLITS

from toy_sets import change_line, dialogue, rows_of, text, write


def faults(data, name):
    return [problem for problem in check_task(name, data / "tasks" / name) if not problem.note]


def change(data, name, split, line, **fields):
    change_line(data / "tasks" / name / f"{split}.jsonl", line, **fields)


@pytest.mark.parametrize("name", task_sets.SETS)
def test_a_good_set_has_no_problem(data, name):
    assert faults(data, name) == []
    assert main(["--set", f"tasks/{name}", "--folder", str(data / "tasks" / name)]) == 0


def words(field, count):
    return lambda row: " ".join((row[field].split() * 40)[:count])


# set, changes of line 3 of train (or of the split named), code, field
SPOILED = [
    ("reviews", {"stars": None}, "missing-column", "stars"),
    ("reviews", {"stars": "5"}, "wrong-type", "stars"),
    ("reviews", {"stars": 6}, "label", "stars"),
    ("reviews", {"mood": "glad"}, "unknown-field", "mood"),
    ("reviews", {"body": words("body", 90)}, "length", "body"),
    ("reviews", {"title": "x" * 3 + " a" * 12}, "length", "title"),
    ("reviews", {"description": "The handle that Hannah sold broke on the third day."}, "unsupported", "description"),
    ("reviews", {"description": "It lasted for 17 days and then the handle came off."}, "unsupported", "description"),
    ("reviews", {"body": lambda row: row["body"] + " caf\u00e9"}, "characters", "body"),
    ("reviews", {"body": lambda row: row["body"] + " "}, "characters", "body"),
    ("reviews", {"origin": "found"}, "origin", "origin"),
    ("reviews", {"id": "test_3"}, "id", "id"),
    ("reviews", {"id": "train_0"}, "duplicate-id", "id"),
    ("entities", {"entities": "person"}, "entities", "entities"),
    ("entities", {"entities": "planet: Moor"}, "entities", "entities"),
    ("entities", {"entities": "person: Hannah"}, "entities", "entities"),
    ("entities", {"entities": "person: Moo"}, "entities", "entities"),
    (
        "entities",
        {"entities": lambda row: "; ".join(reversed(row["entities"].split("; ")[:2]))},
        "entities",
        "entities",
    ),
    ("entities", {"entities": lambda row: "; ".join(row["entities"].split("; ")[:1] * 2)}, "entities", "entities"),
    ("questions", {"answer": "nowhere at all"}, "answer", "answer"),
    ("questions", {"answer": lambda row: row["answer"].upper()}, "answer", "answer"),
    ("questions", {"answer": lambda row: row["answer"][:-1]}, "answer", "answer"),
    ("questions", {"question": "Say where it is."}, "answer", "question"),
    ("questions", {"answer": lambda row: " ".join(row["passage"].split()[:9])}, "length", "answer"),
    ("intent", {"intent": "sing"}, "balance", "intent"),
    ("grammar", {"right": lambda row: row["wrong"]}, "grammar", "right"),
    ("grammar", {"right": "This is another sentence in every respect."}, "grammar", "right"),
    ("code", {"python": "def a(:"}, "code", "python"),
    ("code", {"python": "x = 1\ny = 2"}, "code", "python"),
    (
        "code",
        {"python": lambda row: row["python"].replace("    ", "    a = a\n    a = a\n    a = a\n    ")},
        "code",
        "python",
    ),
    ("code", {"inputs": [1, 2, 3]}, "wrong-type", "inputs"),
    ("reply", {"source": "train_99"}, "reply", "source"),
    ("reply", {"source": "test_0"}, "reply", "source"),
    ("reply", {"reply": "This was never said by anybody there."}, "reply", "reply"),
    ("reply", {"dialogue": lambda row: row["dialogue"].rpartition("\n")[0]}, "reply", "dialogue"),
]


@pytest.mark.parametrize(
    ("name", "fields", "code", "field"), SPOILED, ids=[f"{s[0]}-{s[2]}-{i}" for i, s in enumerate(SPOILED)]
)
def test_every_spoiled_record_is_caught(data, name, fields, code, field):
    change(data, name, "train", 3, **fields)
    hits = [problem for problem in faults(data, name) if (problem.code, problem.field) == (code, field)]
    assert hits and hits[0].line == 3 and "train.jsonl:3" in str(hits[0])


def test_an_unknown_label_is_caught_in_test(data):
    change(data, "topic", "test", 3, topic="stars")
    assert [(p.code, p.field, p.line) for p in faults(data, "topic")] == [("label", "topic", 3)]


def test_composed_records_are_for_training_only(data):
    change(data, "topic", "train", 3, origin="composed")
    assert faults(data, "topic") == []
    change(data, "topic", "test", 3, origin="composed")
    assert [(p.code, p.field, p.line) for p in faults(data, "topic")] == [("origin", "origin", 3)]


@pytest.mark.parametrize("name", ["topic", "intent", "questions", "entities"])
def test_registers_have_rules_of_their_own(data, name, monkeypatch):
    monkeypatch.setitem(
        task_sets.SETS, name, dataclasses.replace(task_sets.SETS[name], sizes={"train": 39, "validation": 8, "test": 8})
    )
    change(data, name, "train", 3, register="odd")
    assert [(p.code, p.field, p.line) for p in faults(data, name)] == [("label", "register", 3)]
    change(data, name, "train", 3, register="plain")
    assert faults(data, name) == []
    field = next(iter(task_sets.SETS[name].words))
    tight = dataclasses.replace(task_sets.SETS[name].plain, sizes={"train": 2}, words={field: (1, 3)})
    monkeypatch.setitem(task_sets.SETS, name, dataclasses.replace(task_sets.SETS[name], plain=tight))
    assert {(p.code, p.field, p.line) for p in faults(data, name)} == {("length", field, 3), ("size", "register", 40)}


def test_labels_are_balanced(data):
    for line in range(1, 20, 2):
        change(data, "topic", "train", line, topic="sky")
    assert {(p.code, p.field) for p in faults(data, "topic")} == {("balance", "topic")}


def test_few_texts_begin_alike(data):
    for line in range(1, 8):
        change(data, "intent", "train", line, message=lambda row: "Dear all, " + row["message"])
    assert [(p.code, p.field, p.line) for p in faults(data, "intent")] == [("opening", "message", 7)]


@pytest.mark.parametrize("split", ["train", "test"])
def test_duplicates_are_found_within_and_across_splits(data, split):
    other = rows_of(data, "topic")[0]["text"]
    change(data, "topic", split, 5, text=other.upper() + "!")
    codes = {(p.code, p.field, p.line) for p in faults(data, "topic")}
    assert codes == {("duplicate", "text", 5), ("near-duplicate", "text", 5)}
    change(data, "topic", split, 5, text=" ".join([*other.split()[:10], *text("new", 5).split()]))
    assert [(p.code, p.field, p.line) for p in faults(data, "topic")] == [("near-duplicate", "text", 5)]


def test_a_passage_stays_in_its_split(data):
    first = rows_of(data, "questions")[0]
    change(data, "questions", "train", 2, passage=first["passage"], answer=first["answer"])
    assert faults(data, "questions") == [], "two questions to a passage"
    change(data, "questions", "test", 2, passage=first["passage"], answer=first["answer"])
    assert [(p.code, p.field, p.line) for p in faults(data, "questions")] == [("duplicate", "passage", 2)]


def test_a_split_has_its_size(data):
    path = data / "tasks" / "grammar" / "test.jsonl"
    write(path, rows_of(data, "grammar", "test")[:-1])
    assert [(p.code, p.line) for p in faults(data, "grammar")] == [("size", 7)]
    path.unlink()
    assert [p.code for p in faults(data, "grammar")] == ["missing-file"]


def test_hard_reviews_are_counted(data, monkeypatch):
    monkeypatch.setattr(task_sets, "HARD", 2)
    assert [(p.code, p.field) for p in faults(data, "reviews")] == [("size", "hard")]


# --- code ----------------------------------------------------------------------------------------------------------
@pytest.mark.skipif(not shutil.which("node"), reason="node is not installed")
def test_pairs_are_run_in_both_languages(data):
    change(data, "code", "train", 3, javascript=lambda row: row["javascript"].replace("+ 1", "+ 2"))
    assert [(p.code, p.field, p.line) for p in faults(data, "code")] == [("code", "javascript", 3)]


def test_without_node_a_note_says_so(data, monkeypatch):
    def none(_records):
        raise LabError("node", "node is not there")

    monkeypatch.setattr(task_sets.running, "disagreements", none)
    notes = [p for p in check_task("code", data / "tasks" / "code") if p.code == "code"]
    assert [(p.note, "node" in str(p)) for p in notes] == [(True, True)]


def test_equal_functions_are_duplicates_and_another_operator_makes_another(data):
    change(data, "code", "train", 3, python=rows_of(data, "code")[0]["python"].replace("a + 1", "a  +  1"))
    assert [(p.code, p.line) for p in faults(data, "code") if p.field == "python"] == [("duplicate", 3)]
    change(data, "code", "train", 3, python=rows_of(data, "code")[0]["python"].replace("a + 1", "a - 1"))
    assert [p for p in faults(data, "code") if p.field == "python"] == []


# --- reply ---------------------------------------------------------------------------------------------------------
def test_replies_are_the_agents_and_follow_the_customer(data):
    for split in SPLITS:
        sources = {
            row["id"]: row
            for row in map(json.loads, (data / "dialogues" / f"{split}.jsonl").read_text("utf-8").splitlines())
        }
        for row in rows_of(data, "reply", split):
            assert row["dialogue"].rpartition("\n")[2].startswith("#Person1#: ")
            assert sources[row["source"]]["dialogue"].startswith(f"{row['dialogue']}\n#Person2#: {row['reply']}")
            assert len(row["dialogue"].split("\n")) > 2, "not the first turn"


def test_plain_dialogues_give_no_reply(data):
    path = data / "dialogues" / "test.jsonl"
    rows = [json.loads(row) for row in path.read_text("utf-8").splitlines()]
    rows[0]["register"] = "plain"
    write(path, rows)
    assert {(p.code, p.line) for p in faults(data, "reply")} == {("reply", 1)}
    assert replies.candidates(rows[0]) == [] != replies.candidates(rows[1])


def test_a_mended_dialogue_changes_its_own_reply_only(data):
    before = rows_of(data, "reply")
    path = data / "dialogues" / "train.jsonl"
    rows = [json.loads(row) for row in path.read_text("utf-8").splitlines()]
    rows[4] = dialogue("another", "train", 4)
    write(path, rows)
    assert {p.line for p in faults(data, "reply")} == {5}
    replies.compose(data / "dialogues", data / "tasks" / "reply")
    assert faults(data, "reply") == []
    assert [a == b for a, b in zip(before, rows_of(data, "reply"), strict=True)].count(False) == 1


@pytest.mark.parametrize(
    ("reference", "turn", "agent"),
    [
        ("#Person1# asks for a room, and #Person2# finds one.", "Fine.", "#Person2#"),
        ("#Person2# wants a refund. #Person1# refuses but offers a voucher.", "Fine.", "#Person1#"),
        ("#Person2#, a cook, asks for a table.", "Good evening, sir.", None),
        ("Ms Rao is locked out and gets a key.", "What name is it under, madam?", "#Person2#"),
        ("Ms Rao is locked out and gets a key.", "Fine.", None),
    ],
)
def test_who_is_the_agent(reference, turn, agent):
    record = {"kind": "service", "references": [reference], "dialogue": f"#Person1#: Hello.\n#Person2#: {turn}"}
    assert replies.agent(record) == agent
