"""400 seeded files and settings: load_dialogues gives valid data or one LabError, and nothing else."""

import csv
import io
import json
import random
from pathlib import Path

import pandas as pd
import pytest

from labutils.dialogues.loading import COLUMNS, load_dialogues
from labutils.errors import LabError

RUNS, PARTS = 400, 8
NAMES = ("id", "fname", "dialogue", "summary", "summary2", "summary3", "topic", "references", "text", "")
ODD = (
    "", " ", None, 0, 1.5, float("nan"), True, [], {}, ["A: Hi.", "B: Yes."], ["x", None], [["A", "Hi."]], {"a": {"b": [1]}},
    [{"speaker": "A", "text": "Hi."}, {"speaker": "B", "text": "Bye."}], [{"speaker": "A"}], "['A: Hi.', 'B: Bye.']",
    "['A: Hi.' 'B: Bye.']", "[{'role': 'user', 'content': 'x'}]", "A: Hi.\\nB: Bye.", "a<br>b", "\\n", "['", "[", "{", '"',
    "NaN", "null", "\ud83d", "\0", "\u2028", "é", "test_0_1", "test_0_2", "x" * 140_000, "[" * 3000, '["' * 3000, 10**30,
)  # fmt: skip
SOURCES = (
    None,
    3,
    b"x",
    "",
    " ",
    "no",
    "~nobody/x",
    "a" * 5000,
    "a\0b",
    "a\0b.csv",
    "a" * 5000 + ".csv",
    "\ud83d.csv",
    "x.csv",
    {},
    [],
    [1],
    {"train": 1},
    object(),
)
SETTINGS = (
    ("columns", (None, {}, {"dialogue": "text"}, {"topic": None}, {"dialogue": None}, {"x": "y"}, {3: "y"}, {"id": ["a"]}, "id",
                 {"summary": "text", "dialogue": "text"})),
    ("extra", ((), ["topic"], ["kind"], "kind", None, 3, [None], ["text", "text"])),
    ("drop_repeats", (False, True)),
    ("mend", (False, True)),
)  # fmt: skip


def rows_of(rng):
    """Some dialogues, in which some cells are odd."""
    names = [name for name in ("id", "dialogue", "summary") if rng.random() < 0.98]
    names += rng.sample(NAMES, rng.choice((0, 0, 1, 2)))
    rows = []
    several = rng.choice((1, 1, 3))  # rows of one dialogue
    for number in range(rng.choice((0, 1, 4, *[12] * 6))):
        summary = f"About {number}."
        usual = {"id": rng.choice((number, f"test_{number // 3}_{number % 3}", "")), "summary": summary}
        usual |= {"dialogue": f"A: Number {rng.randrange(99)}, {number // several}?\nB: Yes.", "references": [summary]}
        rows.append({name: usual.get(name, f"more {number}") for name in names})
    for _ in range(rng.choice((0, 0, 1, 3)) if rows else 0):
        rng.choice(rows)[rng.choice(NAMES)] = rng.choice(ODD)
    return rows


def as_csv(rng, rows):
    names = list(dict.fromkeys(name for row in rows for name in row))
    text = io.StringIO()
    delimiter = rng.choice(",,;\t")
    writer = csv.writer(text, delimiter=delimiter, lineterminator=rng.choice(("\n", "\r\n")))
    spare = [""] * rng.choice((0, 0, 3))
    for cells in [names, *([row.get(name, "") for name in names] for row in rows)]:
        writer.writerow([*cells, *spare])
        if spare and rng.random() < 0.2:
            writer.writerow([""] * (len(names) + 3))
    return rng.choice(("", "", f"sep={delimiter}\r\n")) + text.getvalue()


def as_json(rng, rows):
    return json.dumps(rows, indent=rng.choice((None, 1)), ensure_ascii=rng.random() < 0.5)


def as_lines(rng, rows):
    return "".join(json.dumps(row) + rng.choice(("\n", "\r\n", "\n\n")) for row in rows)


FORMS = {".csv": as_csv, ".tsv": as_csv, ".json": as_json, ".jsonl": as_lines, ".ndjson": as_json, ".txt": as_lines}


def damaged(rng, data):
    """The bytes of a file, sometimes cut, changed or doubled somewhere."""
    at = rng.randrange(len(data) + 1)
    return rng.choice((
        *[data] * 20, data[:at], data[at:], data[:at] + bytes([rng.randrange(256)]) + data[at + 1 :], data + data,
        data[:at] + rng.choice((b'"', b"\n", b",", b"{", b"]", b"[" * 5000)) + data[at:], b"\xef\xbb\xbf" + data,
    ))  # fmt: skip


def source_of(rng, folder: Path):
    """A source: most often a file or a folder of three, else rows in memory or nothing of the kind."""
    kind = rng.random()
    if kind < 0.05:
        return rng.choice(SOURCES)
    if kind < 0.2:
        kind = rng.choice((list, lambda rows: pd.DataFrame(rows, dtype=object)))
        splits = ("train", "dev", "test")[: rng.randint(1, 3)]
        return rng.choice((kind(rows_of(rng)), {split: kind(rows_of(rng)) for split in splits}))
    names = ("own",) if kind < 0.7 else ("train", "val", "test")
    for name in names:
        ending = rng.choice([*FORMS, ".json", ".csv"][: 8 if len(names) == 1 else 4])
        data = FORMS[ending](rng, rows_of(rng)).encode("utf-8", "surrogatepass")
        (folder / f"{name}{ending}").write_bytes(damaged(rng, data))
    return folder / f"own{ending}" if len(names) == 1 else folder


def check(data):
    assert list(data) == ["train", "validation", "test"]
    for split in data.values():
        rows = split.to_list()
        assert rows and set(COLUMNS) <= set(rows[0])
        assert len({row["id"] for row in rows}) == len(rows) and all(row["id"] for row in rows)
        for row in rows:
            assert all(isinstance(text, str) for name, text in row.items() if name != "references")
            assert row["dialogue"].strip() and all(text.strip() for text in row["references"])
            assert row["references"][0] == row["summary"]


@pytest.mark.parametrize("part", range(PARTS))
def test_only_valid_data_or_one_lab_error(tmp_path, part):
    met = {"data": 0, "error": 0}
    for seed in range(part, RUNS, PARTS):
        rng = random.Random(seed)
        folder = tmp_path / str(seed)
        folder.mkdir()
        source = source_of(rng, folder)
        settings = {name: rng.choice(values) for name, values in SETTINGS if rng.random() < 0.1}
        try:
            check(load_dialogues(source, **settings))
            met["data"] += 1
        except LabError as error:
            assert error.code and len(str(error)) < 2000, seed
            met["error"] += 1
        except Exception as error:
            error.add_note(f"seed {seed}: {settings}")
            raise
    assert min(met.values()) >= 5, f"too one-sided to say anything: {met}"
