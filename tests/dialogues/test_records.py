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


@pytest.mark.parametrize("ending", ["csv", "jsonl"])
def test_an_empty_optional_reference_is_none(tmp_path, ending):
    cells = [["A: 1", "a", "b", "c"], ["A: 2", "a", "", "c"], ["A: 3", "a", "b", " "], ["A: 4", "a", "", ""]]
    names = ["dialogue", "gold", "second", "summary3"]
    if ending == "csv":
        path = table(tmp_path / "a.csv", names, *cells)
    else:
        path = jsonl(tmp_path / "a.jsonl", *({n: c or None for n, c in zip(names, row, strict=True)} for row in cells))
    found = read(path, columns={"summary": "gold", "summary2": "second"})
    assert ["".join(row.get(f"summary{i}", "") for i in ("", 2, 3)) for row in found] == ["abc", "ac", "ab", "a"]


def test_a_summary_in_a_list_is_read_and_several_are_told_their_fields(tmp_path):
    assert read(jsonl(tmp_path / "a.jsonl", {**GOOD, "summary": ["They greet."]})) == [GOOD]
    for several in (["a", "b"], [""], [3], [["a"]]):
        path = jsonl(tmp_path / "a.jsonl", {**GOOD, "summary": several})
        assert caught(path) == ("wrong-type", 1, "summary")
    with pytest.raises(DataError, match="references"):
        read(path)


def test_an_optional_field_that_only_some_rows_have_may_be_mapped(tmp_path):
    path = jsonl(tmp_path / "a.jsonl", GOOD, {**GOOD, "second": "t"})
    assert [row.get("summary2") for row in read(path, columns={"summary2": "second"})] == [None, "t"]


def test_an_optional_field_of_another_meaning_is_left_out_when_asked(tmp_path):
    path = jsonl(tmp_path / "a.jsonl", {**GOOD, "references": "https://example.org"})
    assert caught(path) == ("wrong-type", 1, "references")
    assert read(path, columns={"references": None}) == [GOOD]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (3, "3"),
        (3.0, "3"),
        (2.5, "2.5"),
        (True, "True"),
        ([1, "é"], '[1, "é"]'),
        ({"$oid": "7"}, '{"$oid": "7"}'),
        (None, ""),
    ],
)
def test_an_id_or_topic_of_another_type_is_read_as_text(tmp_path, value, text):
    found = read(jsonl(tmp_path / "a.jsonl", {**GOOD, "id": value, "topic": value, "meta": value}))[0]
    assert (found["id"], found["topic"], found["meta"]) == (text, text, value)


def test_a_list_of_references_in_a_csv_may_be_written_as_python_writes_it(tmp_path):
    path = table(
        tmp_path / "a.csv",
        ["dialogue", "summary", "references"],
        ["x", "it's", str(["it's", "t"])],
        ["y", "s", '["s"]'],
    )
    assert [row["references"] for row in read(path)] == [["it's", "t"], ["s"]]


# --- JSON ----------------------------------------------------------------------------------------------------------
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


LONG, DEEP = "x" * 1_000_000, "[" * 100_000


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.jsonl", json.dumps({"id": LONG, "dialogue": LONG, "summary": 3})),
        ("a.jsonl", json.dumps({LONG: 1, "dialogue": [LONG], "summary": "s", "references": LONG})),
        ("a.jsonl", json.dumps({LONG: 1})),
        ("a.jsonl", json.dumps({f"k{i}": 1 for i in range(60_000)})),
        ("a.jsonl", json.dumps({"dialogue": [{LONG: 1}], "summary": "s"})),
        ("a.jsonl", json.dumps({"dialogue": [[[[["x"] * 999] * 99]]], "summary": "s"})),
        ("a.jsonl", f'{{"dialogue": "x", "summary": "s", "references": ["s", {"[" * 500 + "]" * 500}]}}'),
        ("a.jsonl", f'{{"{LONG}": 1, "{LONG}": 2}}'),
        ("a.csv", f'dialogue,summary,references\nx,s,"{DEEP}"\n'),
        ("a.csv", f"dialogue,summary,\nx,s,{LONG}\n"),
        ("a.csv", f"{LONG},{LONG}\nx,s\n"),
        ("a.json", f'[{{"dialogue": "x", "summary": "s"}}]{LONG}'),
        (f"a.{LONG[:200]}", "x"),
    ],
)  # fmt: skip
def test_what_is_long_or_deep_makes_one_short_message(tmp_path, name, text):
    (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(DataError) as info:
        read(tmp_path / name)
    assert len(str(info.value)) < 1500


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
