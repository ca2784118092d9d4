"""labutils.dialogues.records: every row is read, or it is an error that names file, line and field."""

import json

import pytest

from labutils.dialogues.records import DataError, Field, errors, read

from dialogue_files import GOOD, caught, jsonl, table


def test_a_column_mapping_and_other_columns_stay(tmp_path):
    path = table(tmp_path / "a.csv", ["text", "abstract", "shop"], ["A: Hi.", "They greet.", "north"])
    found = read(path, columns={"dialogue": "text", "summary": "abstract"})
    assert found == [{"dialogue": "A: Hi.", "summary": "They greet.", "shop": "north"}]


def test_names_of_dialogsum_and_samsum_need_no_mapping(tmp_path):
    authors = {"fname": "t_0", "dialogue": "A: Hi.", "summary1": "a", "summary2": "b", "summary3": "c", "topic1": "x"}
    found = read(jsonl(tmp_path / "a.jsonl", authors))[0]
    assert (found["id"], found["summary"], found["summary3"], found["topic"]) == ("t_0", "a", "c", "x")


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
