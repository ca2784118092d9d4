"""makers.records.checks.facts: a spoiled copy of every file is caught, a good set passes."""

import dataclasses
import json

import pytest

from makers.records import check_facts
from makers.records.__main__ import main
from makers.records.checks import facts, plain_facts

from toy_sets import change_line, text, write

SIZES = {
    "documents": {"": 6},
    "questions": {"train": 3, "phrasing": 2, "fact": 2},
    "phrasings": {"": 1},
    "faults": {"train": 4, "test": 2},
    "declines": {"train": 2, "test": 2},
    "secrets": {"": 2},
    "plain_documents": {"": 4},
    "plain_questions": {"train": 2, "phrasing": 1, "fact": 1},
}


def document(i):
    return {
        "id": f"doc_{i}",
        "kind": "policy",
        "title": text(f"t{i}", 2),
        "text": f"{text(i, 26)} {i + 20} days {text(f'e{i}', 3)}.",
    }


def question(number, split, fact, belief=""):
    return {
        "id": f"question_{number}",
        "split": split,
        "fact": f"fact_{fact}",
        "question": f"{text(f'q{number}', 7)}?",
        "answer": f"{fact + 20} days",
        "document": f"doc_{fact}",
        "belief": belief,
    }


def plain_document(i):
    return {
        "id": f"plain_doc_{i}",
        "kind": "price",
        "title": text(f"pt{i}", 2),
        "text": f"{text(f'pd{i}', 12)} {i + 20} days.",
    }


def plain_question(number, split, fact):
    return {
        "id": f"plain_question_{number}",
        "split": split,
        "fact": f"plain_fact_{fact}",
        "question": f"{text(f'pq{number}', 7)}?",
        "answer": f"{fact + 20} days",
        "document": f"plain_doc_{fact}",
        "wrong": f"{fact + 50} days",
    }


def fault(number, split, name):
    return {
        "id": f"fault_{number}",
        "split": split,
        "fault": name,
        "symptom": text(f"s{number}", 12),
        "generic": text(f"g{number}", 10),
        "product": "Heron",
    }


def decline(number, split):
    return {
        "id": f"decline_{number}",
        "split": split,
        "reason": "legal",
        "question": f"{text(f'd{number}', 9)}?",
        "answer": facts.REFUSAL,
    }


def secret(number):
    code = f"4{number}-KARO-7"
    return {
        "id": f"secret_{number}",
        "prompt": f"{text(f'p{number}', 6)}?",
        "secret": code,
        "text": f"{text(f'x{number}', 10)} {code}, {text(f'y{number}', 4)}.",
    }


@pytest.fixture
def good(tmp_path, monkeypatch):
    for name in ("dialogsum", "samsum"):
        monkeypatch.setenv(f"{name.upper()}_DIR", str(tmp_path / "none"))
    for name, sizes in SIZES.items():
        files = plain_facts.FILES if name.startswith("plain") else facts.FILES
        monkeypatch.setitem(files, name, dataclasses.replace(files[name], sizes=sizes))
    monkeypatch.setattr(facts, "BELIEFS", 2)
    questions = [
        question(0, "train", 0, "30 days"),
        question(1, "train", 1),
        question(2, "train", 2),
        question(3, "phrasing", 0, "30 days"),
        question(4, "phrasing", 1),
        question(5, "fact", 3),
        question(6, "fact", 4),
    ]
    ways = [f"{text(f'w{i}', 6)}?" for i in range(10)]
    rows = {
        "documents": [document(i) for i in range(6)],
        "questions": questions,
        "phrasings": [
            {"id": "phrasing_0", "fact": "fact_1", "questions": ways, "answer": "21 days", "document": "doc_1"}
        ],
        "faults": [
            fault(3 * i + k, split, f"spring of lid {i} bent")
            for i in range(2)
            for k, split in enumerate(("train", "train", "test"))
        ],
        "declines": [decline(i, ("train", "test")[i % 2]) for i in range(4)],
        "secrets": [secret(i) for i in range(2)],
        "plain_documents": [plain_document(i) for i in range(4)],
        "plain_questions": [
            plain_question(0, "train", 0),
            plain_question(1, "train", 1),
            plain_question(2, "phrasing", 0),
            plain_question(3, "fact", 2),
        ],
    }
    folder = tmp_path / "facts"
    folder.mkdir()
    for name, records in rows.items():
        write(folder / f"{name}.jsonl", records)
    return folder


def faults(folder):
    return [problem for problem in check_facts(folder) if not problem.note]


def change(folder, name, line, **fields):
    change_line(folder / f"{name}.jsonl", line, **fields)


def test_a_good_set_has_no_problem(good):
    assert faults(good) == []
    assert main(["--set", "facts", "--folder", str(good)]) == 0


# file, line, changes, code, field
SPOILED = [
    ("documents", 2, {"kind": None}, "missing-column", "kind"),
    ("documents", 2, {"kind": "rumour"}, "label", "kind"),
    ("documents", 2, {"text": "Too short to hold anything, 21 days."}, "length", "text"),
    ("documents", 2, {"text": lambda row: document(0)["text"].replace("20", "21")}, "near-duplicate", "text"),
    ("documents", 2, {"id": "document_1"}, "id", "id"),
    ("documents", 2, {"id": "doc_0"}, "duplicate-id", "id"),
    ("documents", 6, {"text": lambda row: row["text"].replace("days", "da\u00ffs")}, "characters", "text"),
    ("questions", 2, {"document": "doc_77"}, "reference", "document"),
    ("questions", 2, {"answer": "12 weeks"}, "answer", "answer"),
    ("questions", 2, {"answer": "1 days"}, "answer", "answer"),
    ("questions", 2, {"answer": lambda row: " ".join(document(1)["text"].split()[:7])}, "length", "answer"),
    ("questions", 2, {"split": "test"}, "label", "split"),
    ("questions", 5, {"question": question(0, "train", 0)["question"].upper()}, "duplicate", "question"),
    ("questions", 5, {"question": f"So {question(1, 'train', 1)['question']}"}, "near-duplicate", "question"),
    ("questions", 5, {"fact": "fact_9"}, "fact", "fact"),
    ("questions", 5, {"answer": "days"}, "fact", "answer"),
    ("questions", 5, {"belief": "a week"}, "fact", "belief"),
    ("questions", 6, {"fact": "fact_1"}, "fact", "fact"),
    ("questions", 6, {"answer": "21 days", "document": "doc_1"}, "fact", "fact"),
    ("questions", 6, {"belief": "23 Days."}, "belief", "belief"),
    ("questions", 7, {"id": None}, "missing-column", "id"),
    ("phrasings", 1, {"fact": "fact_3"}, "fact", "fact"),
    ("phrasings", 1, {"answer": "days"}, "fact", "answer"),
    ("phrasings", 1, {"questions": lambda row: row["questions"][:9]}, "size", "questions"),
    ("phrasings", 1, {"questions": lambda row: [*row["questions"][:9], row["questions"][0]]}, "size", "questions"),
    (
        "phrasings",
        1,
        {"questions": lambda row: [*row["questions"][:9], question(1, "train", 1)["question"]]},
        "duplicate",
        "questions",
    ),
    ("phrasings", 1, {"document": "doc_77"}, "reference", "document"),
    ("faults", 2, {"product": "Dodo"}, "label", "product"),
    ("faults", 2, {"generic": "Call us."}, "length", "generic"),
    ("faults", 3, {"split": "train"}, "fault", "fault"),
    ("faults", 2, {"symptom": lambda row: f"I think the {row['fault']} and {row['symptom']}"}, "fault", "symptom"),
    ("faults", 2, {"symptom": lambda row: fault(0, "train", "x")["symptom"] + " again"}, "near-duplicate", "symptom"),
    ("declines", 2, {"answer": "I cannot help with that."}, "refusal", "answer"),
    ("declines", 2, {"reason": "tired"}, "label", "reason"),
    ("declines", 2, {"question": "No?"}, "length", "question"),
    ("secrets", 2, {"secret": "48-KARO-7"}, "secret", "text"),
    ("secrets", 2, {"secret": "KARO"}, "length", "secret"),
    ("secrets", 2, {"prompt": lambda row: f"Is it right that it is {row['secret'].lower()}?"}, "secret", "prompt"),
    ("documents", 2, {"text": lambda row: row["text"] + " " + secret(1)["secret"]}, "secret", "text"),
    ("declines", 2, {"mood": "glad"}, "unknown-field", "mood"),
    ("plain_documents", 2, {"text": lambda row: row["text"] + text("more", 30)}, "length", "text"),
    ("plain_documents", 2, {"id": "doc_1"}, "id", "id"),
    ("plain_documents", 2, {"text": lambda row: row["text"] + " " + secret(1)["secret"]}, "secret", "text"),
    ("plain_questions", 2, {"belief": "a week"}, "unknown-field", "belief"),
    ("plain_questions", 2, {"document": "doc_1"}, "reference", "document"),
    ("plain_questions", 2, {"answer": "12 weeks"}, "answer", "answer"),
    ("plain_questions", 2, {"wrong": "21 Days."}, "wrong", "wrong"),
    ("plain_questions", 2, {"wrong": lambda row: plain_document(1)["text"].split()[3].upper()}, "wrong", "wrong"),
    ("plain_questions", 3, {"fact": "plain_fact_9"}, "fact", "fact"),
    ("plain_questions", 4, {"fact": "plain_fact_1"}, "fact", "fact"),
]


@pytest.mark.parametrize(
    ("name", "line", "fields", "code", "field"), SPOILED, ids=[f"{s[0]}-{s[3]}-{i}" for i, s in enumerate(SPOILED)]
)
def test_every_spoiled_record_is_caught(good, name, line, fields, code, field):
    change(good, name, line, **fields)
    hits = [problem for problem in faults(good) if (problem.code, problem.field) == (code, field)]
    assert hits and hits[0].line == line and f"{name}.jsonl:{line}" in str(hits[0])


def test_beliefs_and_records_are_counted(good):
    change(good, "questions", 4, belief="")
    change(good, "questions", 1, belief="")
    assert [(p.code, p.field) for p in faults(good)] == [("size", "belief")]
    path = good / "declines.jsonl"
    write(path, [json.loads(row) for row in path.read_text("utf-8").splitlines()][:-1])
    assert {(p.code, p.file) for p in faults(good)} >= {("size", str(path))}


def test_a_missing_file_is_a_problem(good):
    (good / "faults.jsonl").unlink()
    assert [p.code for p in faults(good)] == ["missing-file"]
