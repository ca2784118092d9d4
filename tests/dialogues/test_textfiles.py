"""labutils.dialogues.textfiles: JSON Lines, JSON and CSV as programs write them; an error names the line of the file."""

import csv
import json

import pytest

from labutils.dialogues.records import DataError, errors, read, rows

from dialogue_files import GOOD, caught, jsonl, table


def test_json_lines_and_csv_give_the_same_records(tmp_path):
    a = jsonl(tmp_path / "a.jsonl", GOOD)
    b = table(tmp_path / "b.csv", list(GOOD), list(GOOD.values()))
    assert read(a) == read(b) == [GOOD]


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_utf8_with_and_without_a_mark(tmp_path, mark):
    text = json.dumps({**GOOD, "summary": "Café ☕ \u2028 x"}, ensure_ascii=False)
    (tmp_path / "a.jsonl").write_bytes(mark + text.encode() + b"\r\n\r\n")
    assert read(tmp_path / "a.jsonl")[0]["summary"] == "Café ☕ \u2028 x"


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
        (b"dialogue,summary,,\nx,s,,\ny, z,s,\n", ("ragged", 3, None)),  # an unquoted comma in Excel's wide range
        (b"sep=;\ndialogue;summary\nx;s\ny\n", ("ragged", 4, None)),
        (b"sep=;\n", ("empty-file", None, None)),
        (b",,\n,,\n", ("empty-file", None, None)),
    ],
)
def test_a_bad_csv_file(tmp_path, data, expected):
    (tmp_path / "a.csv").write_bytes(data)
    assert caught(tmp_path / "a.csv") == expected
    assert expected in [(e.code, e.line, e.field) for e in errors(tmp_path / "a.csv")]


@pytest.mark.parametrize(
    "data",
    [
        b"dialogue,summary,,,\r\nx,s,,,\r\n,,,,\r\ny,t,,,\r\n,,,,\r\n,,,,\r\n",  # Excel's unused range
        b",,\n\ndialogue,summary,\nx,s\ny,t,\n",  # Excel leaves the last commas away in some rows
        b"sep=;\r\ndialogue;summary\r\nx;s\r\ny;t\r\n",
        b'\xef\xbb\xbf"sep=,"\n"dialogue","summary"\n"x","s"\n"y","t"\n',
        b"SEP=\t\ndialogue\tsummary\nx\ts\ny\tt\n",
        b",dialogue,summary\n0,x,s\n1,y,t\n",  # the index of pandas
        b"dialogue,,summary\rx,,s\ry,note,t\r",
    ],
)
def test_a_csv_as_excel_and_pandas_write_it(tmp_path, data):
    (tmp_path / "a.csv").write_bytes(data)
    assert read(tmp_path / "a.csv") == [{"dialogue": "x", "summary": "s"}, {"dialogue": "y", "summary": "t"}]


def test_the_lines_behind_excels_first_are_those_of_the_file(tmp_path):
    (tmp_path / "a.csv").write_text('sep=,\ndialogue,summary\n"x\ny",s\n,\nz,t\n', encoding="utf-8")
    assert [row.line for row in rows(tmp_path / "a.csv")] == [3, 6]


def test_a_cell_may_have_any_length_and_other_readers_keep_their_limit(tmp_path):
    limit = csv.field_size_limit()
    path = table(tmp_path / "a.csv", ["dialogue", "summary"], ["x" * (limit + 9), "s"])
    assert len(read(path)[0]["dialogue"]) == limit + 9
    path.write_text(path.read_text("utf-8") + '"y,s\n', encoding="utf-8")
    assert caught(path) == ("malformed", 3, None)
    assert csv.field_size_limit() == limit


@pytest.mark.parametrize("name", ["a.json", "a.jsonl"])
@pytest.mark.parametrize("indent", [None, 0, 2])
def test_a_json_array_is_read_as_json_lines_are(tmp_path, name, indent):
    several = [GOOD, {**GOOD, "dialogue": "[A] x]\n[B] y["}]
    (tmp_path / name).write_text(json.dumps(several, indent=indent) + "\n", encoding="utf-8")
    assert read(tmp_path / name) == several == read(jsonl(tmp_path / "b.json", *several))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[]", ("empty-file", None, None)),
        ('[\n{"dialogue": "x", "summary": "s"},\n{"dialogue": "y"}\n]', ("missing-column", 3, "summary")),
        ('[\n{"dialogue": "x", "summary": "s"},\n{"dialogue": \n!}\n]', ("malformed", 4, None)),
        ('[\n{"dialogue": "x", "summary": "s"},\n"y"\n]', ("malformed", 3, None)),
        ('[\n{"dialogue": "x", "summary": "s"},\n', ("malformed", 3, None)),
        ('[{"dialogue": "x", "summary": "s"}]\n[]', ("malformed", 1, None)),
        ('[\n{"dialogue": "x", "dialogue": "y"}]', ("malformed", 2, None)),
        ("[" * 100_000, ("malformed", 1, None)),
        ('{"dialogue": {"0": "x"}, "summary": {"0": "s"}}', ("wrong-type", 1, "dialogue")),
    ],
)
def test_a_bad_array_names_the_line_of_the_record(tmp_path, text, expected):
    (tmp_path / "a.json").write_text(text, encoding="utf-8")
    assert caught(tmp_path / "a.json") == expected
    assert expected in [(e.code, e.line, e.field) for e in errors(tmp_path / "a.json")]


@pytest.mark.timeout(60)  # in linear time a second; by a comparison of all pairs it was 155 s
def test_many_names_are_compared_in_linear_time(tmp_path):
    pairs = ", ".join(f'"k{i}": 1' for i in range(60_000))
    (tmp_path / "a.jsonl").write_text(f'{{{pairs}, "k59999": 2}}\n', encoding="utf-8")
    assert caught(tmp_path / "a.jsonl") == ("malformed", 1, None)
    path = table(tmp_path / "a.csv", [f"k{i}" for i in range(60_000)] + ["k59999"], ["x"])
    assert caught(path) == ("duplicate-column", 1, "k59999")


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
