"""Runs and hand-ins that something has damaged: each command that reads them ends with a status, never in a traceback."""

import copy
import json
import random
import shutil

import nbformat
import pytest

from labutils import cli, files
from labutils.classroom import handins
from labutils.lessons import calibration
from labutils.notebooks import lesson
from labutils.training import checkpoints

from small_labs import notebook

LABS = ("03", "05")
DEEP = "[" * 100_000
# Values that a file of another program, of a student's own or of a faulty disk may hold in any place.
VALUES = [
    None, True, 0, -1, 3.5, 1e308, float("nan"), float("inf"), 10**400, "", "x", "nan", "a\0b", "\ud800", "../../x",
    "x" * 5000, [], [1], [[]], [None], ["x", 2], {}, {"a": 1}, {"a": {"b": []}},
]  # fmt: skip
NAMES = ["", "a\0b", "\ud800", "../x", "x" * 300, "lab"]


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A run of two labs with a training, a class of three hand-ins of it, and a handout -> their folders by name."""
    base = tmp_path_factory.mktemp("whole")
    run, of_class = base / "run", base / "class"
    of_class.mkdir()
    for lab in LABS:
        (run / lab).mkdir(parents=True)
        more = {
            "lab": lab, "models": {"base": "pocket-base", "tuned": "pocket-instruct"}, "dialogues": "pocket", "versions": {},
            "figures": [{"file": "figure_1.png", "title": "It rises", "alt": "A line"}],
            "predictions": {"q": {"question": "Q?", "choices": ["a", "b"], "answer": "a", "outcome": "b"}},
            "bets": {"c": {"text": "x", "confidence": 60, "verdict": "held"}},
        }  # fmt: skip
        files.write_json(run / lab / "results.json", lesson.stored(lab) | more)
        files.write_json(run / lab / "start.json", {"model": "pocket-instruct", "dialogues": "pocket"})
        nbformat.write(notebook(lab), run / lab / f"{lab}_lab.ipynb")
    entry = {"ok": True, "seconds": 3.0, "error": ""}
    files.write_json(run / "outcomes.json", {lab: entry | {"notebook": f"{lab}/{lab}_lab.ipynb"} for lab in LABS})
    files.write_json(run / "progress.json", {"rouge_n": {"tries": 2, "passed": True, "last": "passed"}})
    chosen = run / "03" / "full" / "checkpoint-1"
    chosen.mkdir(parents=True)
    (chosen / "model.safetensors").write_text("weights")
    checkpoints.seal(chosen, "r")
    files.write_json(run / "03" / "full" / "run.json", {"settings": {}})
    checkpoints.finish(run / "03" / "full", chosen, {"examples": 4}, "r")
    for name in ("Mia", "Ann", "Bo"):
        assert cli.main(["hand-in", name, "--runs", str(run), "--out", str(of_class / f"{name}.handin.json")]) == 0
    assert cli.main(["give", str(base / "handout"), "--runs", str(run)]) == 0
    return {"run": run, "class": of_class, "handout": base / "handout"}


def calls(kind, path, out):
    """The commands that read such a folder."""
    return {
        "run": [
            ["report", "--out", path], ["verify", path, "--all", "--junit", f"{out}/junit.xml"], ["verify", f"{path}/03"],
            ["hand-in", "Zoe", "--runs", path, "--out", f"{out}/zoe.json"], ["give", f"{out}/given", "--runs", path],
        ],
        "class": [["class", path, "--out", f"{out}/class.html"], ["class", path, "--without-names"]],
        "handout": [["take", path, "--runs", f"{out}/runs"]],
    }[kind]  # fmt: skip


def places(content, way=()):
    """Yield the way to each value in a content: keys and indices, of lists the first three."""
    yield way
    inside = (
        content.items() if isinstance(content, dict) else enumerate(content[:3]) if isinstance(content, list) else ()
    )
    for key, part in inside:
        yield from places(part, (*way, key))


def changed(content, rng):
    """Return a content with another value in one place, or without it, or with it under another name."""
    content = copy.deepcopy(content)
    *way, last = rng.choice([way for way in places(content) if way])
    holder = content
    for key in way:
        holder = holder[key]
    choice = rng.random() if isinstance(holder, dict) else 1.0
    if choice < 0.15:
        del holder[last]
    elif choice < 0.3:
        holder[rng.choice(NAMES)] = holder.pop(last)
    else:
        holder[last] = rng.choice(VALUES)
    return content


def spoil(path, rng):
    text = path.read_text()
    choice = rng.random()
    if choice < 0.2:
        ways = ["", text[: rng.randrange(len(text))], DEEP, '{"a":' * 100_000, text * 2, "\ufeff" + text, "null", '"x"']
        path.write_text(rng.choice(ways))
    elif choice < 0.25:
        path.unlink()
        path.mkdir()
    else:
        content = changed(json.loads(text), rng)
        if path.name.endswith(handins.ENDING):  # by somebody who knows how it is made
            content["digest"] = handins.digest(content)
        path.write_text(json.dumps(content))


@pytest.mark.parametrize(("kind", "number"), [("run", 30), ("class", 5), ("handout", 40)])
def test_no_command_ends_in_a_traceback(kind, number, whole, tmp_path, capsys):
    """7 in 100 runs with one wrong value ended so, in 11 places: report and verify read what they never looked at."""
    rng = random.Random(f"2 {kind}")
    for n in range(number):
        folder, out = tmp_path / str(n) / kind, tmp_path / str(n)
        shutil.copytree(whole[kind], folder)
        spoil(rng.choice(sorted(p for p in folder.rglob("*") if p.suffix in (".json", ".ipynb"))), rng)
        for call in calls(kind, str(folder), str(out)):
            status = cli.main(call)
            assert status in (0, 1, 2), call
            assert status != 2 or "labs: " in capsys.readouterr().err
    capsys.readouterr()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("03/results.json", DEEP),
        ("outcomes.json", DEEP),
        ("03/03_lab.ipynb", DEEP),
        ("03/03_lab.ipynb", '{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [{"source": "x"}]}'),
        ("progress.json", DEEP),
        ("03/start.json", DEEP),
        ("03/full/best/complete.json", DEEP),
    ],
)
def test_a_file_of_any_shape_is_one_error_or_none(name, content, whole, tmp_path):
    folder = tmp_path / "run"
    shutil.copytree(whole["run"], folder)
    (folder / name).write_text(content)
    assert {cli.main(call) for call in calls("run", str(folder), str(tmp_path))} <= {0, 1, 2}


@pytest.mark.parametrize(
    "change",
    [
        {"key_numbers": [1.5]}, {"key_numbers": 3}, {"predictions": "x"}, {"bets": [1]}, {"parameters": "x"},
        {"goes_on_from": [3]}, {"goes_on_from": 1}, {"numbers": {"a": 10**400, "b": ["x", 1]}}, {"seconds": None},
        {"sentence": "\ud800"}, {"profile": ""}, {"profile": "../../results"}, {"lab": "../x"},
    ],
)  # fmt: skip
def test_results_with_a_value_of_another_kind_are_no_traceback(change, whole, tmp_path):
    folder = tmp_path / "run"
    shutil.copytree(whole["run"], folder)
    path = folder / "03" / "results.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    assert {cli.main(call) for call in calls("run", str(folder), str(tmp_path))} <= {0, 1, 2}


@pytest.mark.parametrize("name", ["x" * 300, "a\0b", "..", "../../run.json", ""])
def test_a_manifest_that_names_what_cannot_be_is_damage(name, whole, tmp_path, capsys):
    folder = tmp_path / "run"
    shutil.copytree(whole["run"], folder)
    best = folder / "03" / "full" / "best"
    content = checkpoints.manifest(best)
    files.write_json(best / checkpoints.SEAL, content | {"files": content["files"] | {name: [1, "0"]}})
    assert cli.main(["give", str(tmp_path / "given"), "--runs", str(folder)]) == 2
    assert "damaged" in capsys.readouterr().err


@pytest.mark.parametrize("call", [
    "report|--out|{}", "verify|{}", "verify|RUN|--junit|{}", "run|03|--out|{}", "run|03|--junit|{}", "start|--no-browser|{}",
    "reset|03|{}", "hand-in|Mia|--runs|{}", "hand-in|Mia|--runs|RUN|--out|{}", "class|{}", "class|CLASS|--out|{}", "give|{}",
    "give|x|--runs|{}", "take|{}", "take|HANDOUT|--runs|{}", "colab|--wheel|{}", "bench|--tiny|--out|{}", "train|{}",
    "colab|--repository|https://github.com/a/b|--out|{}",
])  # fmt: skip
@pytest.mark.parametrize("name", ["x" * 300, "a\0b", "there/x"])
def test_a_name_that_can_be_no_folder_is_one_sentence(call, name, whole, tmp_path, monkeypatch, capsys):
    """Names of more than 255 bytes, and one below a file: an OSError at 11 of the commands' arguments."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "there").write_text("mine")
    for kind in whole:
        call = call.replace(kind.upper(), str(whole[kind]))
    try:
        status = cli.main(call.format(name).split("|"))
    except SystemExit as ended:  # argparse's own way, which prints the sentence
        status = ended.code
    assert status == 2 and capsys.readouterr().err and (tmp_path / "there").read_text() == "mine"


def test_a_folder_in_the_place_of_a_colab_editions_page_is_named(tmp_path, capsys):
    (tmp_path / "README.md").mkdir()
    assert cli.main(["colab", "--repository", "https://github.com/a/b", "--out", str(tmp_path)]) == 2
    assert "README.md" in capsys.readouterr().err


def test_bets_of_another_shape_are_none(whole, tmp_path):
    folder = tmp_path / "run"
    shutil.copytree(whole["run"], folder)
    for bets in ("x", [1], {"c": "x"}, {"c": {"confidence": "much"}}, {"c": {}}):
        path = folder / "03" / "results.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | {"bets": bets}))
        placed = calibration.bets(calibration.read(folder))
        assert list(placed["lab"]) == ["05"]
