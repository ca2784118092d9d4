"""labutils.dialogues and labutils.dialogues.dialogsum: sources, splits, duplicates, the hub and its absence."""

import csv
import json
import os
from pathlib import Path

import pytest

from labutils.dialogues.loading import COLUMNS, load_counted, load_dialogues
from labutils.dialogues.repeats import Duplicates, duplicates
from labutils.errors import LabError

from toys import talk

REAL = Path(os.environ.get("DIALOGSUM_DIR", Path(__file__).parents[3] / "shared" / "dialogsum"))


def folder(path, train, validation, test):
    path.mkdir(exist_ok=True)
    for split, rows in {"train": train, "validation": validation, "test": test}.items():
        (path / f"{split}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


@pytest.fixture(autouse=True)
def no_settings(monkeypatch):
    for name in ("DIALOGSUM_DIR", "DIALOGSUM_MIRROR", "HF_ENDPOINT"):
        monkeypatch.delenv(name, raising=False)


# --- folders and files ---------------------------------------------------------------------------------------------
def test_schema_and_extra_columns(tmp_path):
    path = folder(
        tmp_path / "d", [talk(1, kind="service"), talk(2)], [talk(3)], [talk(4, references=["About 4.", "4!"])]
    )
    data = load_dialogues(path)
    assert {split: rows.column_names for split, rows in data.items()} == {split: list(COLUMNS) for split in data}
    assert list(data) == ["train", "validation", "test"]
    assert data["test"][0]["references"] == ["About 4.", "4!"] and data["test"][0]["topic"] == ""
    assert load_dialogues(path, extra=["kind"])["train"]["kind"] == ["service", ""]


def test_pocket_is_the_shipped_set_by_register(tmp_path, monkeypatch):
    rows = [[talk(2 * i, register="rich"), talk(2 * i + 1, register="plain")] for i in range(3)]
    folder(tmp_path / "dialogues", *rows)
    monkeypatch.setattr("labutils.machine.paths.data_dir", lambda: tmp_path)
    for source, ids in {"pocket": ["x_1"], "pocket-rich": ["x_0"], "pocket-all": ["x_0", "x_1"]}.items():
        data = load_dialogues(source)
        assert data["train"]["id"] == ids and data["train"].column_names == list(COLUMNS)
    assert load_dialogues("pocket-all", extra=["register"])["test"]["register"] == ["rich", "plain"]


def test_the_shipped_registers_keep_their_sizes_and_places():
    sizes = {"pocket": (1002, 100, 150), "pocket-rich": (600, 80, 120), "pocket-all": (1602, 180, 270)}
    for source, rows in sizes.items():
        assert tuple(load_dialogues(source).num_rows.values()) == rows
    assert load_dialogues("pocket-rich")["train"]["id"] == [f"train_{i}" for i in range(600)]
    assert {len(references) for references in load_dialogues("pocket")["test"]["references"]} == {3}


def test_auto_is_the_profiles(tmp_path, monkeypatch):
    path = folder(tmp_path / "d", [talk(1)], [talk(2)], [talk(3)])
    chosen = type("P", (), {"dialogues": str(path)})
    monkeypatch.setattr("labutils.config.profile", lambda name: chosen)
    assert load_dialogues()["test"]["id"] == ["x_3"]


def test_authors_files_have_three_references(tmp_path, monkeypatch):
    for name, fields in {"train": {"summary": "s", "topic": "t"}, "dev": {"summary": "s", "topic": "t"},
                      "test": {"summary1": "a", "summary2": "b", "summary3": "c", "topic1": "t", "topic2": "u"},
                      "hiddentest.dialogue": {}}.items():  # fmt: skip
        row = {"fname": f"{name}_0", "dialogue": f"#Person1#: {name}", **fields}
        (tmp_path / f"dialogsum.{name}.jsonl").write_text(json.dumps(row) + "\n", encoding="utf-8")
    monkeypatch.setenv("DIALOGSUM_DIR", str(tmp_path))
    data = load_dialogues("dialogsum")
    assert data["test"][0] == {"id": "test_0", "dialogue": "#Person1#: test", "topic": "t", "summary": "a",
                               "references": ["a", "b", "c"]}  # fmt: skip
    assert data["validation"]["id"] == ["dev_0"]


def test_samsum_files(tmp_path):
    for number, name in enumerate(("train", "val", "test")):
        row = {"id": f"1{number}", "dialogue": f"Ann: {name}\r\nBob: ok", "summary": f"{name} "}
        (tmp_path / f"samsum.{name}.jsonl").write_text(json.dumps(row) + "\n", encoding="utf-8")
    data = load_dialogues(tmp_path)
    assert data["validation"][0]["dialogue"] == "Ann: val\nBob: ok" and data["test"]["summary"] == ["test"]


def test_a_file_of_ones_own_with_a_mapping(tmp_path):
    path = tmp_path / "calls.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([["text", "abstract"], *([f"A: call {i}", f"s {i}"] for i in range(200))])
    data = load_dialogues(path, columns={"dialogue": "text", "summary": "abstract"})
    sizes = {split: rows.num_rows for split, rows in data.items()}
    assert sum(sizes.values()) == 200 and 140 <= sizes["train"] <= 180 and min(sizes.values()) >= 10
    assert sorted(id for rows in data.values() for id in rows["id"]) == sorted(f"calls_{i}" for i in range(200))


def test_a_row_added_later_moves_no_other_and_repeats_fall_on_one_side(tmp_path):
    path = tmp_path / "own.jsonl"
    rows = [{**talk(i), "id": ""} for i in range(60)] + [
        {"dialogue": talk(i)["dialogue"].upper(), "summary": "S"} for i in range(60)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    before, report = load_counted(path)
    assert not any(report.shared.values())
    assert not any(report.dropped.values())
    assert all(n % 2 == 0 for n in before.num_rows.values())
    path.write_text(path.read_text() + json.dumps({"dialogue": "A: more", "summary": "s"}) + "\n", encoding="utf-8")
    after = load_dialogues(path)
    assert all(set(before[split]["id"]) <= set(after[split]["id"]) for split in before)


def test_a_small_file_still_has_three_sides(tmp_path):
    path = tmp_path / "own.jsonl"
    for count in (3, 4, 5):
        path.write_text("".join(json.dumps(talk(i)) + "\n" for i in range(count)), encoding="utf-8")
        data = load_dialogues(path)
        assert min(data.num_rows.values()) >= 1 and sum(data.num_rows.values()) == count
    path.write_text("".join(json.dumps({**talk(1), "id": str(i)}) + "\n" for i in range(9)), encoding="utf-8")
    with pytest.raises(LabError) as info:
        load_dialogues(path)
    assert info.value.code == "too-few"


@pytest.mark.parametrize(
    ("change", "code", "line", "field"),
    [
        ({"summary": ""}, "empty-value", 2, "summary"),
        ({"references": ["other"]}, "references", 2, "references"),
        ({"id": "x_1"}, "duplicate-id", 2, "id"),
    ],
)
def test_errors_name_file_line_and_field(tmp_path, change, code, line, field):
    path = folder(tmp_path / "d", [talk(1), talk(2, **change)], [talk(3)], [talk(4)])
    with pytest.raises(LabError) as info:
        load_dialogues(path)
    error = info.value
    assert (error.code, error.line, error.field, Path(error.file).name) == (code, line, field, "train.jsonl")


def test_sources_that_are_not_there(tmp_path, monkeypatch):
    codes = []
    (tmp_path / "train.csv").touch()
    (tmp_path / "train.jsonl").touch()
    for source in ("no-such-name", tmp_path / "no.csv", tmp_path):
        with pytest.raises(LabError) as info:
            load_dialogues(source)
        codes.append(info.value.code)
    monkeypatch.setenv("DIALOGSUM_DIR", str(tmp_path / "no"))
    with pytest.raises(LabError) as info:
        load_dialogues("dialogsum")
    assert [*codes, info.value.code] == ["dialogues", "missing-file", "split-files", "dialogsum-dir"]


# --- duplicates ----------------------------------------------------------------------------------------------------
def again(n, new):
    return {**talk(n), "id": f"x_{new}", "dialogue": talk(n)["dialogue"].upper().replace("?", " !")}


def test_what_leaks_leaves_train_then_validation_and_test_stays(tmp_path, caplog):
    caplog.set_level("INFO", "labutils")
    path = folder(tmp_path / "d", [talk(1), talk(2), again(2, 20), again(3, 30), again(4, 40)],
                  [talk(3), again(4, 41)], [talk(4), again(4, 42)])  # fmt: skip
    data, report = load_counted(path)
    assert {split: rows["id"] for split, rows in data.items()} == {
        "train": ["x_1", "x_2", "x_20"], "validation": ["x_3"], "test": ["x_4", "x_42"],
    }  # fmt: skip
    assert report == Duplicates(
        rows={"train": 5, "validation": 2, "test": 2},
        distinct={"train": 4, "validation": 2, "test": 1},
        shared={("train", "validation"): 2, ("train", "test"): 1, ("validation", "test"): 1},
        dropped={"train": ["x_30", "x_40"], "validation": ["x_41"], "test": []},
    )
    assert all(str(n) in str(report) for n in (5, 4, 2, 1))
    assert [record.getMessage() for record in caplog.records] == [f"{path}: {report}"]  # told without being asked for
    assert not any(duplicates(data).shared.values())
    assert load_dialogues(path, drop_repeats=True)["train"]["id"] == ["x_1", "x_2"]


def test_a_split_that_is_left_empty_is_an_error(tmp_path):
    path = folder(tmp_path / "d", [talk(1)], [{**talk(1), "id": "v"}], [talk(2)])
    with pytest.raises(LabError) as info:
        load_dialogues(path)
    assert info.value.code == "empty-split"


@pytest.mark.skipif(not REAL.is_dir(), reason="needs the authors' files: DIALOGSUM_DIR or ../shared/dialogsum")
def test_the_counts_of_real_dialogsum(monkeypatch):
    monkeypatch.setenv("DIALOGSUM_DIR", str(REAL))
    data, report = load_counted("dialogsum")
    assert report.rows == {"train": 12460, "validation": 500, "test": 500}
    assert report.distinct["train"] == 11367
    assert list(report.shared.values()) == [51, 1, 7]
    assert data.num_rows == {"train": 12400, "validation": 493, "test": 500}
    assert {len(references) for references in data["test"]["references"]} == {3}
    assert load_dialogues("dialogsum", drop_repeats=True).num_rows["train"] == 11367 - 52
