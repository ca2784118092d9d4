"""labutils.dialogues.memory: DataFrames, datasets, lists and splits of these, and the folders of save_to_disk."""

import datasets
import pandas as pd
import pytest

from labutils.dialogues import load_dialogues
from labutils.dialogues.memory import is_saved, load_saved
from labutils.errors import LabError

from toys import code_of, shared, talk

ROWS = [talk(i) for i in range(40)]
SPLITS = {"train": ROWS[:30], "validation": ROWS[30:35], "test": ROWS[35:]}


def contents(data):
    return {split: rows.to_list() for split, rows in data.items()}


def as_dataset(rows):
    return datasets.Dataset.from_list(rows)


@pytest.mark.parametrize("make", [list, tuple, pd.DataFrame, as_dataset], ids=["list", "tuple", "DataFrame", "Dataset"])
def test_what_is_in_memory_loads_as_its_file_does(tmp_path, make):
    path = tmp_path / "own.json"
    pd.DataFrame(ROWS).to_json(path, orient="records")
    assert contents(load_dialogues(make(ROWS))) == contents(load_dialogues(path))
    data = load_dialogues({split: make(rows) for split, rows in SPLITS.items()})
    assert data.num_rows == {"train": 30, "validation": 5, "test": 5}
    assert data.labutils_report.rows == data.num_rows


def test_a_dataset_dict_and_its_folder_load_alike(tmp_path):
    names = {"train": "train", "validation": "dev", "test": "test"}  # whatever its validation is called
    data = datasets.DatasetDict({names[split]: as_dataset(rows) for split, rows in SPLITS.items()})
    data.save_to_disk(tmp_path / "saved")
    assert (
        contents(load_dialogues(data))
        == contents(load_dialogues(tmp_path / "saved"))
        == contents(load_dialogues(SPLITS))
    )
    as_dataset(ROWS).save_to_disk(tmp_path / "one")
    assert contents(load_dialogues(tmp_path / "one")) == contents(load_dialogues(ROWS))


def test_the_result_of_one_call_can_be_given_to_the_next():
    data = load_dialogues(SPLITS)
    assert contents(load_dialogues(data)) == contents(data)


def test_one_split_is_divided_as_a_file_is_and_said(caplog):
    data = load_dialogues(datasets.DatasetDict({"train": as_dataset(ROWS)}))
    assert contents(data) == contents(load_dialogues(ROWS))
    assert "train" in caplog.text


def test_columns_that_are_not_used_may_hold_anything():
    frame = pd.DataFrame(
        [{**talk(i), "when": pd.Timestamp(2026, 1, 1 + i), "score": i / 3, 7: object()} for i in range(9)]
    )
    assert sum(load_dialogues(frame).num_rows.values()) == 9
    rows = [{**talk(i), "meta": {"a": [i]}, "deep": nested(5000)} for i in range(9)]
    assert sum(load_dialogues(rows).num_rows.values()) == 9


def nested(depth):
    value: list = []
    for _ in range(depth):
        value = [value]
    return value


def test_a_missing_value_is_an_empty_one_and_a_numbered_id_is_text():
    frame = pd.DataFrame({"id": [1, 2, None, 4], "dialogue": [talk(i)["dialogue"] for i in range(4)], "summary": list("abcd"),
                          "summary2": ["x", None, float("nan"), pd.NA], "topic": [None, "t", pd.NaT, "u"]})  # fmt: skip
    rows = {row["dialogue"]: row for split in contents(load_dialogues(frame)).values() for row in split}
    rows = [rows[talk(i)["dialogue"]] for i in range(4)]
    assert [row["references"] for row in rows] == [["a", "x"], ["b"], ["c"], ["d"]]
    assert [row["topic"] for row in rows] == ["", "t", "", "u"]
    assert [row["id"] for row in rows] == ["1", "2", "row_2", "4"]


def test_the_empty_rows_of_a_frame_are_no_rows_and_the_others_keep_their_numbers():
    rows = [talk(1), talk(2), {}, talk(3), {}, {"shop": "north"}]
    assert sum(load_dialogues(pd.DataFrame(rows[:5])).num_rows.values()) == 3
    with pytest.raises(LabError) as info:
        load_dialogues(pd.DataFrame(rows))
    assert (info.value.code, info.value.line) == ("empty-value", 6)


def test_a_fault_names_split_row_and_field():
    frame = pd.DataFrame(SPLITS["train"])
    frame.loc[3, "summary"] = None
    with pytest.raises(LabError) as info:
        load_dialogues({**SPLITS, "train": frame})
    assert (info.value.code, info.value.line, info.value.field) == ("empty-value", 4, "summary")
    assert "train" in str(info.value) and "row 4" in str(info.value)


@pytest.mark.parametrize(
    ("source", "code"),
    [
        (None, "dialogues"), (3, "dialogues"), (b"train.csv", "dialogues"), ("", "dialogues"), (" ", "dialogues"),
        ("x" * 100_000, "dialogues"), ("~nobody-of-this-name/x", "dialogues"), ([1, 2], "dialogues"),
        ("a\0b", "dialogues"), ("a\0b.csv", "missing-file"), ("x" * 5000 + ".csv", "missing-file"),
        ({"train": ROWS, 2: ROWS}, "dialogues"), ({"train": 3}, "dialogues"), ({"train": iter(ROWS)}, "dialogues"),
        ([], "empty-file"), (pd.DataFrame({"dialogue": []}), "empty-file"), ({}, "split-files"),
        ({"train": ROWS, "test": ROWS}, "split-files"), (SPLITS | {"dev": ROWS}, "split-files"),
        (pd.DataFrame([["A: a", "b", "c"]], columns=["dialogue", "summary", "summary"]), "duplicate-column"),
        (pd.DataFrame({"text": ["A: a"], "summary": ["b"]}), "missing-column"),
        ([{**talk(1), "dialogue": nested(5000)}], "wrong-type"),
    ],
)  # fmt: skip
def test_what_is_no_data_set_is_one_error(source, code):
    with pytest.raises(LabError) as info:
        load_dialogues(source)
    assert info.value.code == code and len(str(info.value)) < 1000


@pytest.mark.parametrize(("columns", "extra"), [("id", ()), ({"dialogue": 3}, ()), ({"dialogue": None}, ()), ({3: "id"}, ()),
                                                ({"dialogue": "text", "summary": "text"}, ()), (None, "kind"), (None, [3]),
                                                (None, None)])  # fmt: skip
def test_a_setting_of_another_kind_is_one_error(columns, extra):
    assert code_of(load_dialogues, ROWS, columns, extra=extra) in ("columns", "extra")


def test_what_is_no_truth_is_named():
    """The text "no" counted as yes."""
    for name in ("mend", "drop_repeats"):
        for value in ("no", 1, None):
            assert code_of(load_dialogues, "pocket", **{name: value}) == "settings"


def test_a_stream_is_told_what_would_do():
    with pytest.raises(LabError) as info:
        load_dialogues(as_dataset(ROWS).to_iterable_dataset())
    assert info.value.code == "dialogues" and "IterableDataset" in str(info.value)


@pytest.mark.parametrize("damage", ["emptied", "cut", "deleted"])
def test_a_damaged_folder_of_save_to_disk_is_one_error(tmp_path, damage):
    datasets.DatasetDict({split: as_dataset(rows) for split, rows in SPLITS.items()}).save_to_disk(tmp_path / "saved")
    for path in sorted((tmp_path / "saved").rglob("*.*")):
        data = path.read_bytes()
        path.write_bytes(data[: len(data) // 2 if damage == "cut" else 0])
        if damage == "deleted":
            path.unlink()
        code = code_of(load_dialogues, tmp_path / "saved")
        assert code in ("saved-dataset", "split-files"), path
        path.write_bytes(data)
    assert is_saved(tmp_path / "saved") and load_saved(tmp_path / "saved").num_rows["train"] == 30


def test_real_samsum_is_the_same_in_every_form(tmp_path):
    """As its authors give it (train.json, val.json, test.json), as JSON Lines, in memory, and saved to the disk."""
    folder = shared("samsum")
    frames = {
        split: pd.read_json(folder / f"samsum.{split}.jsonl", lines=True, dtype=False) for split in ("val", "test")
    }
    frames["train"] = pd.read_json(folder / "samsum.train.jsonl", lines=True, dtype=False).head(500)
    for split, frame in frames.items():
        frame.to_json(tmp_path / f"{split}.json", orient="records", indent=2)
    data = load_dialogues(tmp_path)
    assert data.labutils_report.rows == {"train": 500, "validation": 818, "test": 819}
    assert contents(load_dialogues(frames)) == contents(data)
    data.save_to_disk(tmp_path / "saved")
    assert contents(load_dialogues(tmp_path / "saved")) == contents(data)
