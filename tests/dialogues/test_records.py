"""labutils.dialogues.records: every row is read, or it is an error that names file, line and field."""

import csv
import json

import pytest

from labutils.dialogues.records import DataError, Field, errors, read, rows

GOOD = {"id": "1", "dialogue": "A: Hi.\nB: Bye.", "summary": "They greet."}


def jsonl(path, *records):
    path.write_text("".join(json.dumps(r) + "\n" for r in records), encoding="utf-8")
    return path


def table(path, header, *lines):
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([header, *lines])
    return path


def caught(path, **more):
    with pytest.raises(DataError) as info:
        read(path, **more)
    error = info.value
    assert error.file == str(path)
    assert str(path) in str(error) and (not error.line or str(error.line) in str(error))
    assert not error.field or error.field in str(error)
    return error.code, error.line, error.field


def test_json_lines_and_csv_give_the_same_records(tmp_path):
    a = jsonl(tmp_path / "a.jsonl", GOOD)
    b = table(tmp_path / "b.csv", list(GOOD), list(GOOD.values()))
    assert read(a) == read(b) == [GOOD]


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_utf8_with_and_without_a_mark(tmp_path, mark):
    text = json.dumps({**GOOD, "summary": "Café ☕ \u2028 x"}, ensure_ascii=False)
    (tmp_path / "a.jsonl").write_bytes(mark + text.encode() + b"\r\n\r\n")
    assert read(tmp_path / "a.jsonl")[0]["summary"] == "Café ☕ \u2028 x"


def test_a_column_mapping_and_other_columns_stay(tmp_path):
    path = table(tmp_path / "a.csv", ["text", "abstract", "shop"], ["A: Hi.", "They greet.", "north"])
    found = read(path, columns={"dialogue": "text", "summary": "abstract"})
    assert found == [{"dialogue": "A: Hi.", "summary": "They greet.", "shop": "north"}]


def test_names_of_dialogsum_and_samsum_need_no_mapping(tmp_path):
    authors = {"fname": "t_0", "dialogue": "A: Hi.", "summary1": "a", "summary2": "b", "summary3": "c", "topic1": "x"}
    found = read(jsonl(tmp_path / "a.jsonl", authors))[0]
    assert (found["id"], found["summary"], found["summary3"], found["topic"]) == ("t_0", "a", "c", "x")


def test_semicolons_tabs_and_a_number_as_id(tmp_path):
    (tmp_path / "a.csv").write_text('id;dialogue;summary\n7;"A: x, y; z";s\n', encoding="utf-8")
    (tmp_path / "b.tsv").write_text("id\tdialogue\tsummary\n7\tA: x, y; z\ts\n", encoding="utf-8")
    jsonl(tmp_path / "c.jsonl", {"id": 7, "dialogue": "A: x, y; z", "summary": "s"})
    assert read(tmp_path / "a.csv") == read(tmp_path / "b.tsv") == read(tmp_path / "c.jsonl")


def test_lines_are_those_of_the_file_when_a_dialogue_has_several(tmp_path):
    path = table(tmp_path / "a.csv", ["dialogue", "summary"], ["A: 1\nB: 2\nA: 3", "s"], [], ["A: 4", "s"])
    assert [row.line for row in rows(path)] == [2, 6]
    path = table(tmp_path / "b.csv", ["dialogue", "summary"], ["A: 1\nB: 2\nA: 3", "s"], ["A: 4", " "])
    assert caught(path) == ("empty-value", 5, "summary")


@pytest.mark.parametrize(
    ("second", "expected"),
    [
        ('{"dialogue": "x", "summary": ', ("malformed", 2, None)),
        ('["x"]', ("malformed", 2, None)),
        ('{"dialogue": "x", "dialogue": "y", "summary": "s"}', ("malformed", 2, None)),
        ("[" * 100_000, ("malformed", 2, None)),
        ('{"dialogue": "x"}', ("missing-column", 2, "summary")),
        ('{"dialogue": "x", "summary": 3}', ("wrong-type", 2, "summary")),
        ('{"dialogue": {"a": 1}, "summary": "s"}', ("wrong-type", 2, "dialogue")),
        ('{"dialogue": "x", "summary": "  "}', ("empty-value", 2, "summary")),
        ('{"dialogue": null, "summary": "s"}', ("empty-value", 2, "dialogue")),
        ('{"dialogue": "x", "summary": "s", "references": ["s", ""]}', ("wrong-type", 2, "references")),
        ('{"dialogue": "x", "summary": "s", "references": []}', ("empty-value", 2, "references")),
        ('{"dialogue": "x\\u0000", "summary": "s"}', ("nul", 2, "dialogue")),
        ('{"dialogue": "x\\ud83d", "summary": "s"}', ("nul", 2, "dialogue")),
    ],
)
def test_a_bad_line_names_line_and_field(tmp_path, second, expected):
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps(GOOD) + "\n" + second + "\n" + json.dumps(GOOD) + "\n", encoding="utf-8")
    assert caught(path) == expected
    assert [(e.code, e.line, e.field) for e in errors(path)] == [expected]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", ("empty-file", None, None)),
        (b"\xef\xbb\xbf\n \n", ("empty-file", None, None)),
        ("dialogue,summary\nx,s\n".encode("utf-16"), ("encoding", 1, None)),
        ("dialogue,summary\nx,s\n".encode("utf-16-le"), ("encoding", 1, None)),
        ("dialogue,summary\nx,s\ny,caf\xe9\n".encode("latin-1"), ("encoding", 3, None)),
        (b"dialogue,summary\nx,s" + b"s" * 900 + b"\ny,\0\n", ("nul", 3, None)),
        (b"dialogue,summary\n", ("empty-file", None, None)),
        (b"dialogue,summary\nx,s\ny,s,z\n", ("ragged", 3, None)),
        (b"dialogue,summary\nx,s\ny\n", ("ragged", 3, None)),
        (b'dialogue,summary\nx,s\n"y,s\n', ("malformed", 3, None)),
        (b'dialogue,summary\nx,s\n"y"z,s\n', ("malformed", 3, None)),
        (b"dialogue,summary,summary\nx,s,t\n", ("duplicate-column", 1, "summary")),
        (b"text,summary\nx,s\n", ("missing-column", 2, "dialogue")),
        (b"dialogue,summary,summary2\nx,s,\n", ("empty-value", 2, "summary2")),
    ],
)
def test_a_bad_csv_file(tmp_path, data, expected):
    (tmp_path / "a.csv").write_bytes(data)
    assert caught(tmp_path / "a.csv") == expected
    assert expected in [(e.code, e.line, e.field) for e in errors(tmp_path / "a.csv")]


def test_the_byte_is_named_behind_a_mark_too(tmp_path):
    (tmp_path / "a.csv").write_bytes(b"\xef\xbb\xbfdialogue\n\xe9\n")
    with pytest.raises(DataError, match="byte 12 "):
        read(tmp_path / "a.csv")


def test_missing_file_and_unknown_ending(tmp_path):
    assert caught(tmp_path / "no.csv")[0] == "missing-file"
    (tmp_path / "a.xlsx").write_bytes(b"PK")
    assert caught(tmp_path / "a.xlsx")[0] == "extension"
    (tmp_path / "d.csv").mkdir()
    assert caught(tmp_path / "d.csv")[0] == "missing-file"


def test_mapping_of_an_unknown_field_and_to_a_missing_column(tmp_path):
    path = jsonl(tmp_path / "a.jsonl", GOOD)
    assert caught(path, columns={"text": "dialogue"})[0] == "columns"
    assert caught(path, columns={"topic": "subject"}) == ("missing-column", 1, "subject")


def test_all_errors_of_a_file_in_order_one_per_field(tmp_path):
    path = jsonl(tmp_path / "a.jsonl", GOOD, {"dialogue": "", "summary": 1}, GOOD, {"summary": "s"})
    found = [(e.code, e.line, e.field) for e in errors(path)]
    assert found == [("empty-value", 2, "dialogue"), ("wrong-type", 2, "summary"), ("missing-column", 4, "dialogue")]


def test_a_column_that_no_row_has_is_one_error(tmp_path):
    path = table(tmp_path / "a.csv", ["text", "summary"], ["x", "s"], ["y", ""], ["z", "s"])
    assert [(e.code, e.line, e.field) for e in errors(path)] == [
        ("missing-column", 2, "dialogue"),
        ("empty-value", 3, "summary"),
    ]


def test_other_fields_of_other_kinds(tmp_path):
    fields = {"text": Field(), "stars": Field(int), "share": Field(float), "yes": Field(bool), "tags": Field(list)}
    path = table(tmp_path / "a.csv", list(fields), ["good", "4", "1", "True", '["a", "b"]'])
    assert read(path, fields) == [{"text": "good", "stars": 4, "share": 1.0, "yes": True, "tags": ["a", "b"]}]
    path = table(tmp_path / "b.csv", list(fields), ["good", "four", "1", "no", "a"])
    assert [(e.code, e.field) for e in errors(path, fields)] == [("wrong-type", f) for f in ("stars", "yes", "tags")]
