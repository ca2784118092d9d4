"""labutils.dialogues.ids: every dialogue of a split has an id of its own."""

import logging

import pytest

from labutils.dialogues.ids import identified
from labutils.dialogues.textfiles import DataError, Table


def run(*pairs, name="own"):
    """(id, dialogue) of each row -> (id, number of references) of each record."""
    rows = [(line, {"id": id, "dialogue": text, "references": [f"{line}"]}) for line, (id, text) in enumerate(pairs, 2)]
    return [(record["id"], len(record["references"])) for record in identified("own.csv", name, rows)]


def test_rows_of_one_dialogue_become_one_record(caplog):
    assert run(("test_0_1", "x"), ("test_0_2", "x"), ("test_1_1", "y"), ("7", "x")) == [
        ("test_0", 2),
        ("test_1_1", 1),
        ("7", 1),
    ]
    assert caplog.text == ""


@pytest.mark.parametrize(
    "pairs",
    [
        [("test_0_1", "x"), ("test_0_2", "x"), ("test_0_3", "y")],
        [("test_0_1", "x"), ("test_0_2", "x"), ("test_0_3", "y"), ("test_0_4", "y")],
        [("test_0_1", "x"), ("test_0_2", "x"), ("test_0", "y")],
    ],
)
def test_two_dialogues_that_would_have_one_id_are_told_apart_and_named(caplog, pairs):
    ids = [id for id, _count in run(*pairs)]
    first = {text: id for id, text in reversed(pairs)}
    assert ids == [first["x"], first["y"]]
    assert caplog.records[0].levelno == logging.WARNING
    line = 2 + [id for id, _text in pairs].index(first["y"])
    assert all(word in caplog.text for word in ("own.csv", "'test_0'", "line 2", f"line {line}", *ids))


def test_the_parts_of_an_id_that_join_nothing_are_no_news(caplog):
    assert run(("call_1_1", "x"), ("call_1_2", "y")) == [("call_1_1", 1), ("call_1_2", 1)]
    assert caplog.text == ""


def test_numbered_rows_are_never_joined_whatever_the_file_is_called():
    for name in ("calls", "calls_2024"):
        assert run(("", "x"), ("", "x"), ("", "y"), ("", "y"), name=name) == [(f"{name}_{i}", 1) for i in range(4)]


def test_a_number_takes_no_id_that_a_row_has():
    ids = [
        id
        for id, _count in run(("", "w"), ("own_0", "x"), ("own_3", "y"), ("", "z"), ("own_3_1", "a"), ("own_3_2", "a"))
    ]
    assert len(set(ids)) == 5 and {"own_0", "own_3"} <= set(ids)
    ids = [id for id, _count in run(("", "w"), ("own_0_1", "a"), ("own_0_2", "a"))]
    assert len(set(ids)) == 2 and "own_0" in ids


@pytest.mark.parametrize("text", ["x", "y"])
def test_an_id_that_comes_twice_names_both_lines(text):
    with pytest.raises(DataError) as info:
        run(("7", "x"), ("8", "z"), ("7", text))
    assert (info.value.code, info.value.line, info.value.field) == ("duplicate-id", 4, "id")
    assert "line 2" in str(info.value)


def test_a_long_id_is_cut_in_what_is_said(caplog):
    long = "test_0" + "0" * 1_000_000
    with pytest.raises(DataError) as info:
        run((long, "x"), (long, "y"))
    assert len(str(info.value)) < 1000
    assert len(run((f"{long}_1", "x"), (f"{long}_2", "x"), (f"{long}_3", "y"))) == 2
    assert len(caplog.text) < 1000


def test_rows_in_memory_are_called_rows():
    rows = [
        (1, {"id": "7", "dialogue": "x", "references": ["s"]}),
        (2, {"id": "7", "dialogue": "y", "references": ["s"]}),
    ]
    with pytest.raises(DataError) as info:
        identified(Table("DataFrame", []), "row", rows)
    assert "row 1" in str(info.value) and "row 2" in str(info.value)
    assert info.value.file == "DataFrame"
