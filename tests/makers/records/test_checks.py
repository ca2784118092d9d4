"""makers.records and makers.records.checks.overlaps: a spoiled copy of every kind is caught, a good set passes."""

import json
import random
import time

import pytest

from labutils.errors import LabError
from makers.records import add, add_references, check_dialogues
from makers.records.__main__ import main
from makers.records.checks import corpora
from makers.records.checks.overlaps import SharedRuns, near_duplicates

from toy_sets import change_line, nonsense, write


def record(seed, references=1, **more):
    rng = random.Random(seed)
    turns = [f"#Person{1 + i % 2}#: {nonsense(rng, 14)}, Maria, at 9:30." for i in range(6)]
    texts = [f"Maria tells #Person1# about it at 9:30, {nonsense(rng, 8)}." for _ in range(references)]
    fields = {"id": f"x_{seed}", "dialogue": "\n".join(turns), "topic": "small talk", "summary": texts[0]}
    return {**fields, "references": texts, "kind": "everyday", "register": "rich", **more}


def new(seed, split="train", **more):
    fields = record(seed, scenario="flat")
    return {"split": split, **{k: v for k, v in fields.items() if k not in ("id", "references")}, **more}


@pytest.fixture(autouse=True)
def others(tmp_path, monkeypatch):
    """Two small data sets to compare with, in the place of the real ones."""
    for name, files in {
        "dialogsum": ("dialogsum.train.jsonl", "summary1"),
        "samsum": ("train.jsonl", "summary"),
    }.items():
        folder = tmp_path / name
        folder.mkdir()
        rows = [
            {"dialogue": f"#Person1#: {nonsense(random.Random(f'{name}{i}'), 40)}", files[1]: "x"} for i in range(5)
        ]
        write(folder / files[0], rows)
        monkeypatch.setenv(f"{name.upper()}_DIR", str(folder))
    return tmp_path


@pytest.fixture
def good(tmp_path):
    folder = tmp_path / "good"
    folder.mkdir()
    write(folder / "train.jsonl", [record(i, id=f"train_{i}") for i in range(6)])
    write(folder / "validation.jsonl", [record(10, id="validation_0")])
    service = {"kind": "service", "request": "a late checkout", "action": "granted until noon"}
    write(folder / "test.jsonl", [record(20, references=3, id="test_0", **service)])
    return folder


def test_a_good_set_has_no_problem(good):
    assert check_dialogues(good) == []
    assert main(["--folder", str(good)]) == 0


def shared_words(words):
    """The first words of a dialogue of the other data set."""
    return nonsense(random.Random("samsum3"), 40).split()[:words]


def spoil(good, split="train", line=2, **change):
    change_line(good / f"{split}.jsonl", line, **change)


def summary(text):
    return {"summary": text, "references": [text]}


def service(**fields):
    return {"kind": "service", "request": "a late checkout", "action": "granted at 9:30", **fields}


TAIL = " and they talk about it for a long while"
SPOILED = [
    ({"topic": None}, "topic", "missing-column"),
    ({"dialogue": ""}, "dialogue", "empty-value"),
    ({"references": "one"}, "references", "wrong-type"),
    ({"id": "train_0"}, "id", "duplicate-id"),
    ({"id": "validation_0"}, "id", "duplicate-id"),
    ({"kind": "other"}, "kind", "kind"),
    ({"register": "odd"}, "register", "register"),
    ({"kind": "service", "request": "x y z"}, "action", "kind"),
    ({"references": lambda row: [row["summary"], "A second one."]}, "references", "references"),
    ({"references": ["Another text."]}, "references", "references"),
    ({"dialogue": lambda row: row["dialogue"] + nonsense(random.Random(0), 300)}, "dialogue", "length"),
    ({"dialogue": "#Person1#: Hi, Maria.\n#Person2#: Hi.\n#Person1#: At 9:30?\n#Person2#: No."}, "dialogue", "length"),
    (summary("Maria tells #Person1# about it."), "summary", "length"),
    ({"topic": "one two three four five"}, "topic", "length"),
    ({"dialogue": lambda row: row["dialogue"].replace("Maria", "Mar\u00eda Maria")}, "dialogue", "characters"),
    (summary("Maria\u2019s friend" + TAIL), "summary", "characters"),
    ({"dialogue": lambda row: row["dialogue"].replace("#Person2#:", "#Person1#:", 1)}, "dialogue", "turns"),
    ({"dialogue": lambda row: row["dialogue"].replace("#Person2#: ", "Maria: ", 1)}, "dialogue", "turns"),
    ({"dialogue": lambda row: row["dialogue"].replace("\n", " ").replace("#", "", 0)}, "dialogue", "turns"),
    (summary("Hannah tells #Person1# about it" + TAIL), "summary", "unsupported"),
    (summary("#Person3# tells Maria about it" + TAIL), "summary", "unsupported"),
    (summary("Maria tells #Person1# about it at 10:45" + TAIL), "summary", "unsupported"),
    (service(request="where Hannah has gone"), "request", "unsupported"),
    (service(action="Maria pays 9999 to Otto"), "action", "unsupported"),
    ({"mood": "glad"}, "mood", "unknown-field"),
    (
        {"dialogue": lambda row: record(3)["dialogue"].rsplit("\n", 1)[0] + "\n#Person2#: Bye, Maria."},
        "dialogue",
        "near-duplicate",
    ),
    ({"dialogue": lambda row: record(10)["dialogue"]}, "dialogue", "near-duplicate"),
    ({"dialogue": lambda row: row["dialogue"] + " " + " ".join(shared_words(13))}, "dialogue", "overlap"),
    (summary("Maria, " + " ".join(shared_words(13))), "summary", "overlap"),
]


@pytest.mark.parametrize(("change", "field", "code"), SPOILED, ids=[f"{s[2]}-{i}" for i, s in enumerate(SPOILED)])
def test_every_spoiled_copy_is_caught(good, change, field, code):
    spoil(good, **change)
    problems = [problem for problem in check_dialogues(good) if not problem.note]
    assert code in {problem.code for problem in problems}
    hit = next(problem for problem in problems if problem.code == code)
    lines = {2, 4} if code == "near-duplicate" else {2}
    if code == "near-duplicate" and "validation" in hit.file:
        lines = {1}
    if code == "duplicate-id" and "validation" in hit.file:
        lines = {1}
    assert hit.line in lines and hit.field == field and str(hit.line) in str(hit)
    assert main(["--folder", str(good)]) == 1


def test_test_dialogues_need_three_references(good):
    spoil(good, "test", 1, references=lambda row: row["references"][:2])
    assert [problem.code for problem in check_dialogues(good)] == ["references"]


def test_each_reference_is_checked(good):
    spoil(good, "test", 1, references=lambda row: [*row["references"][:2], "Otto tells #Person1# about it" + TAIL])
    assert [(problem.code, problem.field) for problem in check_dialogues(good)] == [("unsupported", "references")]


def test_runs_of_eight_words_are_notes_and_of_seven_nothing(good, capsys):
    spoil(good, dialogue=lambda row: row["dialogue"] + " " + " ".join(shared_words(8)))
    problems = check_dialogues(good)
    assert [(p.code, p.note, p.line) for p in problems] == [("overlap", True, 2)]
    assert " ".join(shared_words(8)) in str(problems[0])
    assert main(["--folder", str(good)]) == 0
    spoil(good, dialogue=lambda row: record(1)["dialogue"] + " " + " ".join(shared_words(7)))
    assert check_dialogues(good) == []


def test_a_run_that_was_read_is_not_noted_again(good, tmp_path, monkeypatch):
    spoil(good, dialogue=lambda row: row["dialogue"] + " " + " ".join(shared_words(8)))
    (tmp_path / "read_overlaps.txt").write_text("# read\nso " + " ".join(shared_words(9)) + "\n", encoding="utf-8")
    monkeypatch.setattr(corpora.paths, "data_dir", lambda: tmp_path)
    assert check_dialogues(good) == []
    (tmp_path / "read_overlaps.txt").write_text(" ".join(shared_words(7)) + "\n", encoding="utf-8")
    assert [(p.code, p.note) for p in check_dialogues(good)] == [("overlap", True)]


@pytest.mark.parametrize("field", ["summary", "dialogue"])
def test_few_dialogues_and_summaries_begin_alike(good, field):
    rows = [record(i, id=f"train_{i}") for i in range(100, 130)]
    for i, row in enumerate(rows):
        row["id"] = f"train_{i}"
        begin = "Once again" if field == "summary" and i < 3 else nonsense(random.Random(i), 3)
        row["summary"] = row["references"][0] = f"{begin}, Maria {row['summary'].lower()}"
        if field == "dialogue" and i < 5:
            row["dialogue"] = row["dialogue"].replace(": ", ": Good morning, ", 1)
    path = write(good / "train.jsonl", rows)
    last = {"summary": 3, "dialogue": 5}[field]
    problems = [(p.file, p.line, p.field, p.code) for p in check_dialogues(good) if p.code == "opening"]
    assert problems == [(str(path), last, field, "opening")]


def test_data_sets_that_are_not_there_are_said(good, monkeypatch):
    monkeypatch.setenv("SAMSUM_DIR", str(good / "none"))
    assert [(p.code, p.note) for p in check_dialogues(good)] == [("overlap", True)]


def test_broken_lines_and_missing_files(good):
    (good / "train.jsonl").write_text('{"id": \n', encoding="utf-8")
    (good / "test.jsonl").unlink()
    assert {p.code for p in check_dialogues(good)} == {"malformed", "missing-file"}


# --- adding --------------------------------------------------------------------------------------------------------
def test_good_records_are_added_and_bad_ones_refused(good, tmp_path, capsys):
    rows = [
        new(30),
        new(31, topic=""),
        new(32, split="test"),
        new(33, split="dev"),
        new(34, kind="service"),
        new(35, mood="glad"),
        new(3),
        {**new(36), "dialogue": new(30)["dialogue"] + " More."},
    ]
    ids, problems = add(write(tmp_path / "new.jsonl", rows), good)
    assert ids == ["train_6", "test_1"]
    assert [(p.line, p.field, p.code) for p in problems] == [
        (2, "topic", "empty-value"),
        (4, "split", "split"),
        (5, "request", "kind"),
        (5, "action", "kind"),
        (6, "mood", "unknown-field"),
        (8, "dialogue", "near-duplicate"),
    ]
    lines = [json.loads(text) for text in (good / "train.jsonl").read_text(encoding="utf-8").splitlines()]
    assert len(lines) == 7 and lines[-1]["id"] == "train_6" and "split" not in lines[-1]
    assert lines[-1]["references"] == [lines[-1]["summary"]] and lines[-1]["scenario"] == "flat"
    assert lines[:6] == [record(i, id=f"train_{i}") for i in range(6)]
    before = (good / "train.jsonl").read_bytes()
    assert add(tmp_path / "new.jsonl", good)[0] == [], "given again, nothing comes twice"
    assert (good / "train.jsonl").read_bytes() == before
    assert main(["add", str(tmp_path / "new.jsonl"), "--folder", str(good)]) == 1
    assert "new.jsonl:2" in capsys.readouterr().out


def test_a_new_record_keeps_its_register_and_that_has_lengths_of_its_own(good, tmp_path):
    long = "\n".join(
        f"#Person{1 + i % 2}#: {nonsense(random.Random(f'long{i}'), 30)}, Maria, at 9:30." for i in range(8)
    )
    rows = [new(30, register="plain"), new(31, register="plain", dialogue=long), new(32, dialogue=long)]
    ids, problems = add(write(tmp_path / "new.jsonl", rows), good)
    assert ids == ["train_6"] and [(p.line, p.code) for p in problems] == [(2, "length"), (3, "near-duplicate")]
    assert json.loads((good / "train.jsonl").read_text(encoding="utf-8").splitlines()[-1])["register"] == "plain"


def test_adding_to_nothing_begins_the_set(tmp_path):
    ids, problems = add(write(tmp_path / "new.jsonl", [new(1), new(2), new(3, split="validation")]), tmp_path / "set")
    assert (ids, problems) == (["train_0", "train_1", "validation_0"], [])
    assert sorted(path.name for path in (tmp_path / "set").iterdir()) == ["train.jsonl", "validation.jsonl"]


def test_a_damaged_set_is_not_written_to(good, tmp_path):
    with (good / "train.jsonl").open("a", encoding="utf-8") as file:
        file.write("{broken\n")
    before = (good / "train.jsonl").read_bytes()
    with pytest.raises(LabError):
        add(write(tmp_path / "new.jsonl", [new(30)]), good)
    assert (good / "train.jsonl").read_bytes() == before


def test_references_are_added_to_test_dialogues(good, tmp_path):
    add(write(tmp_path / "new.jsonl", [new(40, split="test")]), good)
    texts = [f"Maria tells #Person1# about it{tail}" for tail in (TAIL, TAIL + " again")]
    rows = [
        {"id": "test_1", "references": texts[:1]},
        {"id": "train_0", "references": texts},
        {"id": "test_1", "references": ["Otto" + texts[0]]},
        {"id": "test_0", "references": texts},
        {"id": "test_1", "references": texts},
    ]
    path = write(tmp_path / "references.jsonl", rows)
    done, problems = add_references(path, good)
    assert done == ["test_1", "test_1"]
    assert [(p.line, p.code) for p in problems] == [(2, "id"), (3, "unsupported"), (4, "references")]
    assert json.loads((good / "test.jsonl").read_text(encoding="utf-8").splitlines()[1])["references"][1:] == texts
    assert check_dialogues(good) == []
    assert add_references(path, good)[0] == []


# --- overlaps ------------------------------------------------------------------------------------------------------
def test_near_duplicates_are_pairs_with_their_share():
    a, b = (nonsense(random.Random(seed), 40) for seed in "ab")
    pairs = near_duplicates([a, b, a.upper() + "!", "short", b.rsplit(" ", 20)[0]])
    assert [(i, j, round(share, 6)) for i, j, share in pairs] == [(0, 2, 1.0), (1, 4, 1.0)]


def test_shared_runs_are_those_a_plain_search_finds():
    rng = random.Random(0)
    texts = [" ".join(rng.choices("abc", k=30)) for _ in range(20)]
    others = [" ".join(rng.choices("abcd", k=200)) for _ in range(20)]
    runs = SharedRuns(texts, sizes=(8,))
    runs.look_in(others)
    for text in texts:
        words, shared_runs = text.split(), runs.of(text, 8)
        plain = {" ".join(words[i : i + 8]) for i in range(23)}
        shared = {run for run in plain if any(f" {run} " in f" {other} " for other in others)}
        assert {run for run in plain if any(f" {run} " in f" {hit} " for hit in shared_runs)} == shared
    assert any(runs.of(text, 8) for text in texts)


def test_no_run_goes_over_the_border_of_two_texts():
    runs = SharedRuns(["one two three four five six seven eight"], sizes=(8,))
    runs.look_in(["one two three four", "five six seven eight"])
    assert runs.of("one two three four five six seven eight", 8) == []
    runs.look_in(["x #Person1#: One, two three four! #Person2#: Five six seven eight y"])
    assert runs.of("one two three four five six seven eight", 8) == ["one two three four five six seven eight"]


def test_eight_hundred_records_take_seconds(tmp_path):
    folder = tmp_path / "many"
    folder.mkdir()
    rows = [record(i, id=f"train_{i}") for i in range(800)]
    for i, row in enumerate(rows):  # openings of their own
        row["summary"] = row["references"][0] = f"{nonsense(random.Random(i), 2)}, {row['summary']}"
    write(folder / "train.jsonl", rows)
    write(folder / "validation.jsonl", [record(900, id="validation_0")])
    write(folder / "test.jsonl", [record(901, references=3, id="test_0")])
    start = time.process_time()
    assert check_dialogues(folder) == []
    assert time.process_time() - start < 10
