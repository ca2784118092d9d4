"""makers.records.check_all: all sets together; a set, a split or a label that is not there is a fault that names it."""

import json
import shutil

import pytest

from labutils.machine import paths
from makers import records
from makers.records.checks import corpora, materials

from toy_sets import rows_of, write


@pytest.fixture
def whole(data):
    """A good copy of all shipped data: small sets, and what is no set of dialogues or tasks as it is."""
    for name in ("chats", "support", "facts", "templates", "behaviour"):
        shutil.copytree(paths.data_dir() / name, data / name)
    shutil.copy(paths.data_dir() / "claims.yaml", data)
    return data


def faults(folder):
    """The faults, but that the nonsense dialogues are short, alike and have one reference each."""
    problems = records.check_all(corpus=False, data=folder)
    return [p for p in problems if not p.note and p.code not in ("references", "length", "opening")]


def rewrite(path, keep=lambda row: True, **fields):
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    write(path, [{**row, **fields} for row in rows if keep(row)])


def test_a_good_copy_has_no_fault(whole):
    assert faults(whole) == []


def test_all_sets_are_compared_with_the_corpus_once(whole, tmp_path, monkeypatch):
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    monkeypatch.setenv("CORPUS_DIR", str(corpus))
    text = rows_of(whole, "topic")[6]["text"]
    (corpus / "prose.jsonl").write_text(json.dumps({"set": "x", "text": f"so {text} so"}) + "\n", encoding="utf-8")
    hits = [p for p in records.check_all(data=whole) if p.code == "overlap" and not p.note]
    assert [(p.line, p.field) for p in hits] == [(7, "text")]
    assert not [p for p in records.check_all(corpus=False, data=whole) if p.code == "overlap" and not p.note]


# --- what is not there ---------------------------------------------------------------------------------------------
MISSING = [
    "dialogues",
    "chats",
    "support",
    "support/test.jsonl",
    "tasks/grammar",
    "tasks/reply",
    "facts",
    "claims.yaml",
    "templates",
    "behaviour",
    "dialogues/test.jsonl",
    "tasks/topic/test.jsonl",
    "tasks/topic/train.jsonl",
    "facts/secrets.jsonl",
    "templates/topic.yaml",
    "templates/support.yaml",
]


@pytest.mark.parametrize("name", MISSING)
def test_what_is_missing_is_named(whole, name):
    path = whole / name
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    missing = [p for p in faults(whole) if p.file.startswith(str(path))]
    assert missing and all(not p.line and ":0" not in str(p) for p in missing)
    assert {p.code for p in missing} <= {"missing-file", "claims_file", "template_task"}


@pytest.mark.parametrize(
    ("name", "split", "least"), [("declines", "test", 20), ("questions", "fact", 50), ("faults", "test", 20)]
)
def test_a_split_of_the_facts_that_has_no_rows_is_named(whole, name, split, least):
    path = whole / "facts" / f"{name}.jsonl"
    rewrite(path, lambda row: row["split"] != split)
    [size] = [p for p in faults(whole) if p.code == "size" and p.field == "split"]
    assert size.file == str(path) and f"0 records ({split}); {least} at least" in str(size)


@pytest.mark.parametrize("text", ["", "\n"])
def test_a_split_without_rows_is_named(whole, text):
    path = whole / "tasks" / "intent" / "test.jsonl"
    path.write_text(text, encoding="utf-8")
    assert [(p.file, p.code) for p in faults(whole)] == [(str(path), "empty-file")]


def test_a_label_that_a_split_lacks_is_named(whole):
    rows = rows_of(whole, "topic")[:24]
    path = write(
        whole / "tasks" / "topic" / "test.jsonl",
        [{**row, "id": f"test_{i}", "topic": "sea"} for i, row in enumerate(rows)],
    )
    hits = [p for p in faults(whole) if p.code == "balance"]
    assert [(p.file, p.line, p.field) for p in hits] == [(str(path), 24, "topic")] * 2
    assert ["0 of 'sky'" in p.message for p in hits] == [False, True]


# --- dialogues -----------------------------------------------------------------------------------------------------
def test_service_chats_and_scenarios_are_counted(whole, monkeypatch):
    monkeypatch.setattr(records, "SERVICE", {"test": 9})
    monkeypatch.setattr(records, "SCENARIOS", 2)
    assert [(p.field, p.code) for p in faults(whole)] == [("kind", "size")], "no scenario is named, so none is counted"
    rewrite(whole / "dialogues" / "train.jsonl", scenario="flat")
    assert {(p.field, p.code) for p in faults(whole)} == {("kind", "size"), ("scenario", "size")}


def test_all_replies_are_there(whole):
    rewrite(whole / "tasks" / "reply" / "train.jsonl", lambda row: row["source"] != "train_7")
    [problem] = [p for p in faults(whole) if p.code == "reply"]
    assert problem.field == "source" and "train_7" in problem.message


# --- claims, templates, behaviour ----------------------------------------------------------------------------------
def test_a_spoiled_claim_is_caught_with_the_rest(whole):
    (whole / "claims.yaml").write_text("claims: [{id: odd, lab: '01'}]\n", encoding="utf-8")
    [problem] = faults(whole)
    assert (problem.code, problem.file) == ("claims_file", str(whole / "claims.yaml")) and "odd" in problem.message


def test_too_few_templates_are_caught(tmp_path):
    shutil.copytree(paths.data_dir() / "templates", tmp_path / "templates")
    path = tmp_path / "templates" / "topic.yaml"
    path.write_text(path.read_text("utf-8").partition("  - id: ")[0] + "  - {id: a, prompt: b}\n", encoding="utf-8")
    assert [(p.file, p.code) for p in materials.check_templates(tmp_path / "templates")] == [(str(path), "size")]


@pytest.mark.parametrize(
    ("name", "fields", "code"),
    [
        ("prompts", {"kind": "riddle"}, "label"),
        ("labelled", {"label": "sings"}, "label"),
        ("prompts", {"id": "x"}, "duplicate"),
        ("labelled", {"mood": "glad"}, "unknown-field"),
        ("labelled", {"held_out": "no"}, "wrong-type"),
    ],
)
def test_spoiled_rows_of_behaviour_are_caught(tmp_path, name, fields, code):
    shutil.copytree(paths.data_dir() / "behaviour", tmp_path / "behaviour")
    assert list(materials.check_behaviour(tmp_path / "behaviour")) == []
    rewrite(tmp_path / "behaviour" / f"{name}.jsonl", **fields)
    assert {p.code for p in materials.check_behaviour(tmp_path / "behaviour")} == {code}


# --- the corpus ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("name", "opener"), [("a.jsonl.xz", "lzma"), ("a.jsonl.gz", "gzip"), ("a.txt", None)])
def test_the_corpus_may_be_compressed(tmp_path, monkeypatch, name, opener):
    monkeypatch.setenv("CORPUS_DIR", str(tmp_path))
    module = __import__(opener) if opener else None
    line = "one two\n" if name.endswith("txt") else json.dumps({"task": "t", "input": "one two", "target": ["three"]})
    with (module.open if module else open)(tmp_path / name, "wt", encoding="utf-8") as file:
        file.write(line)
    assert [[part.strip() for part in batch] for batch in corpora.batches("corpus")] == [
        ["one two"] if name.endswith("txt") else ["one two", "three"]
    ]
