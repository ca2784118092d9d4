"""labutils.dialogues.turns: turns that are objects or a list are joined; lists in cells and \\n are told and mended."""

import csv
import json

import pytest

from labutils import parameters
from labutils.dialogues import load_dialogues
from labutils.dialogues.turns import join, listed_in, mended
from labutils.errors import LabError
from labutils.evaluation.bounds import lead

from toys import code_of

LINES = "A: Hi, it's me.\nB: Bye."
TURNS = LINES.split("\n")


@pytest.mark.parametrize(
    "turns",
    [
        TURNS,
        [{"speaker": "A", "text": "Hi, it's me."}, {"speaker": "B", "text": "Bye. "}],
        [{"role": "A", "content": "Hi,\nit's me.", "time": 3}, {"role": "B", "content": "Bye."}],
        {"speaker": ["A", "B"], "text": ["Hi, it's me.", "Bye."]},
    ],
)
def test_turns_are_joined_to_lines(turns):
    assert join(turns) == LINES


@pytest.mark.parametrize(
    "turns",
    [None, [], {}, {"a": 1}, [3], [None], [""], [["A", "Hi."]], [{"speaker": "A"}], [{"text": "Hi."}], [{"speaker": "A", "text": 3}],
     [{"speaker": "A", "name": "Ann", "text": "Hi."}], {"speaker": ["A"], "text": ["Hi.", "Bye."]}],
)  # fmt: skip
def test_turns_that_could_mean_several_things_are_an_error(turns):
    assert code_of(join, turns) == "wrong-type"


@pytest.mark.parametrize(
    ("cell", "items"),
    [
        (str(TURNS), TURNS),  # Python, in both kinds of quotes
        (json.dumps(TURNS), TURNS),
        ("['A: a' 'B: b'\n 'C: c']", ["A: a", "B: b", "C: c"]),  # numpy; Python reads one text
        ("['\\d', 'b']", ["\\d", "b"]),
        ("[{'speaker': 'A', 'text': 'Hi.'}]", [{"speaker": "A", "text": "Hi."}]),
        ("[Laughs] Hi. [Ends]", None),
        ("A: ['a', 'b']", None),
        ("['a', ['b']]", ["a", ["b"]]),
        ("['a', open('b')]", None),
        ("['a", None),
        ("['" * 10_000 + "']" * 10_000, None),
        ("[" + "{'a':" * 50_000 + "]", None),
    ],
)
def test_a_cell_that_spells_a_list(cell, items):
    assert listed_in(cell) == items


@pytest.mark.parametrize(
    ("dialogue", "summary", "kind", "expected"),
    [
        (LINES, "s", "", None),
        (LINES + "\nA: Print it with \\n.", "s", "", None),  # real lines, and a talk about one
        ("[Laughs] Hi. [Ends]", "s", "", None),
        (str(TURNS), "s", "list", (LINES, ["s"])),
        (LINES, "['s', 't']", "list", (LINES, ["s", "t"])),
        ("['a', ['b']]", "s", "list", None),
        ("['a", "s", "", None),
        ("['a]", "s", "list", None),
        (LINES.replace("\n", "\\n"), "s\\nt", "breaks", (LINES, ["s\nt"])),
        (LINES.replace("\n", "\\r\\n"), "s", "breaks", (LINES, ["s"])),
        (LINES.replace("\n", " <br /> "), "s", "breaks", (LINES, ["s"])),
        ("A: Print it with \\n.", "s", "breaks", None),  # a line break or a talk about one: not sure
        ("C:\\new", "s", "breaks", None),
        (str(tuple(TURNS)), "s", "list", (LINES, ["s"])),
        ("('Laughs') Hi. (Ends)", "s", "list", None),
        ("(Laughs) Hi.", "s", "", None),
        ("A: Hi. B: Hello. A: Bye.", "s", "line", None),
        ("#Person1#: Hi. | #Person2#: Hello.", "s", "line", None),
        ("A: It is 7:30. See https://example.org: it is there.", "s", "", None),
    ],
)
def test_what_is_odd_is_told_and_mended_where_it_is_sure(dialogue, summary, kind, expected):
    found, better = mended({"dialogue": dialogue, "summary": summary, "references": [summary], "id": "7"})
    assert found == kind
    assert (better and (better["dialogue"], better["references"])) == expected
    assert better is None or (better["summary"], better["id"]) == (better["references"][0], "7")


def table(path, rows):
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([["dialogue", "summary"], *rows])
    return path


def turns_of(number):
    return [f"A: Number {number}?", "B: Yes.", "A: Thanks.", "B: Bye."]


@pytest.mark.parametrize("spell", [str, json.dumps, "\\n".join, "\\r\\n".join], ids=["list", "json", "n", "rn"])
def test_a_note_counts_the_rows_and_mend_makes_lines_of_turns(tmp_path, caplog, spell):
    path = table(tmp_path / "own.csv", [[spell(turns_of(i)), f"s {i}"] for i in range(9)] + [["A: x\nB: y", "s"]])
    data = load_dialogues(path)
    assert all(word in caplog.text for word in ("own.csv", "9 of 10", "line 2", "mend=True"))
    assert any(lead(text) == text for text in data["train"]["dialogue"])
    caplog.clear()
    data = load_dialogues(path, mend=True)
    assert "9 of 10" in caplog.text and "mend=True" not in caplog.text
    rows = [row for rows in data.values() for row in rows if row["summary"] != "s"]
    assert sorted(row["dialogue"] for row in rows) == ["\n".join(turns_of(i)) for i in range(9)]
    assert all(len(lead(row["dialogue"]).split("\n")) == 3 for row in rows)


def test_a_word_before_the_path_asks_to_mend(tmp_path, monkeypatch):
    """A lab's parameter is one text; the path is made absolute all the same, since a kernel starts elsewhere."""
    path = table(tmp_path / "own.csv", [[str(turns_of(i)), f"s {i}"] for i in range(9)])
    monkeypatch.chdir(tmp_path)
    source = parameters.read("dialogues", "mend:own.csv", "str")
    assert source == f"mend:{path}"
    monkeypatch.chdir("/")
    whole = {split: rows.to_list() for split, rows in load_dialogues(path, mend=True).items()}
    assert {split: rows.to_list() for split, rows in load_dialogues(source).items()} == whole
    odd = tmp_path / "mend:own.csv"  # what is there under that very text is meant
    path.rename(odd)
    monkeypatch.chdir(tmp_path)
    assert parameters.read("dialogues", odd.name, "str") == str(odd)
    assert parameters.read("dialogues", "mend:", "str") == "mend:"  # and not the working directory
    assert "['A: " in load_dialogues(odd.name)["train"]["dialogue"][0]
    with pytest.raises(LabError) as info:
        load_dialogues("mend:nothing.csv")
    assert info.value.code == "missing-file"


def test_rows_that_are_not_sure_stay_as_they_are_and_are_counted(tmp_path, caplog):
    path = table(tmp_path / "own.csv", [[f"A: {i} is printed with \\n.", "s"] for i in range(5)])
    before = load_dialogues(path)
    assert "5 of 5" in caplog.text
    assert {split: rows.to_list() for split, rows in load_dialogues(path, mend=True).items()} == {
        split: rows.to_list() for split, rows in before.items()
    }


def test_good_dialogues_make_no_note(tmp_path, caplog):
    load_dialogues(table(tmp_path / "own.csv", [["\n".join(turns_of(i)), "s"] for i in range(5)]))
    load_dialogues("pocket-all")
    assert caplog.text == ""


def test_turns_as_objects_in_a_file(tmp_path):
    rows = [
        {"dialogue": [{"speaker": "A", "text": f"{i}?"}, {"speaker": "B", "text": "Yes."}], "summary": "s"}
        for i in range(9)
    ]
    path = tmp_path / "own.json"
    path.write_text(json.dumps(rows), encoding="utf-8")
    texts = [text for rows in load_dialogues(path).values() for text in rows["dialogue"]]
    assert sorted(texts) == [f"A: {i}?\nB: Yes." for i in range(9)]
    rows[4]["dialogue"][1] = {"who": "B", "says": "Yes."}
    path.write_text(json.dumps(rows, indent=1), encoding="utf-8")
    with pytest.raises(LabError) as info:
        load_dialogues(path)
    assert (info.value.code, info.value.field) == ("wrong-type", "dialogue") and "'who', 'says'" in str(info.value)
    assert path.read_text(encoding="utf-8").split("\n")[info.value.line - 1] == " {"
