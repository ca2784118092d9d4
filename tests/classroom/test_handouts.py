"""Checkpoints that are handed out: taken whole, checked, and never over what is there."""

import json

import pytest

from labutils import cli, files
from labutils.classroom import handouts
from labutils.errors import LabError
from labutils.lab import Lab
from labutils.training import checkpoints

from damage import flipped

START = {"model": "pocket-instruct", "dialogues": "pocket"}


def training(folder, text="weights"):
    """Leave a finished training, as the loop's own last step does."""
    chosen = folder / "checkpoint-1"
    chosen.mkdir(parents=True)
    (chosen / "model.safetensors").write_text(text)
    files.write_json(folder / "run.json", {"settings": {"seed": 0}})
    checkpoints.finish(folder, chosen, {"examples": 400})
    (folder / "training.lock").write_text("")


@pytest.fixture
def runs(tmp_path):
    """A teacher's runs: lab 03 with two trainings, lab 05 with one, and what a teacher answered."""
    folder = tmp_path / "teacher"
    for name in ("03/opinions", "03/full", "05/full", "05/short"):
        training(folder / name, name)
    for lab in ("03", "05"):
        files.write_json(folder / lab / "start.json", START)
        files.write_json(folder / lab / "results.json", {"lab": lab})
        files.write_json(folder / lab / "predictions.json", {})
    return folder


@pytest.fixture
def given(tmp_path, runs):
    handouts.give(tmp_path / "stick", runs)
    return tmp_path / "stick"


def tree(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def refused(call, *arguments):
    with pytest.raises(LabError) as error:
        call(*arguments)
    return error.value.code


def test_what_a_later_lab_loads_is_handed_out_and_no_answer(given):
    names = set(tree(given))
    assert {"03/full/best/model.safetensors", "03/full/run.json", "03/start.json", "05/full/finished.json"} <= names
    assert not [
        name for name in names if "results" in name or "predictions" in name or "lock" in name or "short" in name
    ]


def test_lab_04_goes_on_from_what_was_taken(tmp_path, given, monkeypatch):
    taken, there = handouts.take(given, tmp_path / "runs")
    assert taken == ["03/full", "03/opinions", "05/full"] and there == []
    monkeypatch.setenv("LABS_RUNS", str(tmp_path / "runs"))
    best = Lab("04", profile="pocket", seed=5).checkpoint("03", "full")
    assert (best / "model.safetensors").read_text() == "03/full"
    assert not [path for path in (tmp_path / "runs").rglob("*") if path.name.endswith(".tmp")]


def test_it_is_taken_once_and_the_same_is_no_fault(tmp_path, given):
    handouts.take(given, tmp_path / "runs")
    before = tree(tmp_path / "runs")
    assert handouts.take(given, tmp_path / "runs") == ([], ["03/full", "03/opinions", "05/full"])
    assert tree(tmp_path / "runs") == before


@pytest.mark.parametrize("name", ["my notes.txt", "notes.txt", "README.md"])
def test_what_a_teacher_put_beside_the_weights_is_not_handed_out(name, tmp_path, runs):
    """It was; and where its name has a space, the handout was refused when it was taken."""
    (runs / "03" / "full" / "best" / name).write_text("mine")
    handouts.give(tmp_path / "stick", runs)
    assert not list((tmp_path / "stick").rglob(name))
    assert handouts.take(tmp_path / "stick", tmp_path / "runs")[0] == ["03/full", "03/opinions", "05/full"]


def test_only_the_labs_that_were_named(tmp_path, runs):
    assert handouts.give(tmp_path / "five", runs, ["05"]) == ["05/full"]


@pytest.mark.parametrize("name", ["03/full/best/model.safetensors", "05/full/run.json", "03/start.json"])
def test_a_flipped_bit_and_a_missing_file_are_one_error_and_nothing_is_taken(tmp_path, given, name):
    flipped(given / name)
    assert refused(handouts.take, given, tmp_path / "runs") == "handout_damaged"
    (given / name).unlink()
    assert refused(handouts.take, given, tmp_path / "runs") == "handout_damaged"
    assert not (tmp_path / "runs").exists()


def test_a_manifest_that_is_cut_is_damage_and_another_folder_is_none(tmp_path, given, runs):
    assert refused(handouts.take, runs, tmp_path / "runs") == "handout"
    assert (
        refused(handouts.take, runs / "03" / "full" / "best", tmp_path / "runs") == "handout"
    )  # sealed, by a training
    assert refused(handouts.take, tmp_path / "nowhere", tmp_path / "runs") == "handout"
    (given / "complete.json").write_text('{"run": "la')
    assert refused(handouts.take, given, tmp_path / "runs") == "handout_damaged"


@pytest.mark.parametrize("name", ["../03/full/run.json", "03/full/best/../../../../x", "/03/x", "03/results.json"])
def test_a_handout_reaches_nothing_but_its_trainings(tmp_path, given, name):
    manifest = json.loads((given / "complete.json").read_text())
    manifest["files"][name] = [1, "0" * 64]
    files.write_json(given / "complete.json", manifest)
    assert refused(handouts.take, given, tmp_path / "runs") == "handout"


@pytest.mark.parametrize("name", ["03/full/best/model.safetensors", "03/start.json"])
def test_what_is_there_and_differs_stays(tmp_path, given, name):
    other = tmp_path / "runs" / name
    other.parent.mkdir(parents=True)
    other.write_text('{"model": "mine"}')
    assert refused(handouts.take, given, tmp_path / "runs") == "there"
    assert tree(tmp_path / "runs") == {name: b'{"model": "mine"}'}


def test_a_lab_that_was_only_opened_is_no_hindrance(tmp_path, given, monkeypatch):
    monkeypatch.setenv("LABS_RUNS", str(tmp_path / "runs"))
    Lab("03", profile="pocket")
    assert handouts.take(given, tmp_path / "runs")[0] == ["03/full", "03/opinions", "05/full"]


def test_a_copy_that_goes_wrong_leaves_no_half(tmp_path, given, monkeypatch):
    copy = handouts._copy

    def wrong(path, target):
        copy(path, target)
        if path.name == "model.safetensors":
            target.write_text("wrong")

    monkeypatch.setattr(handouts, "_copy", wrong)
    assert refused(handouts.take, given, tmp_path / "runs") == "handout_damaged"
    assert set(tree(tmp_path / "runs")) <= {"03/start.json", "05/start.json"}


def test_nothing_is_given_of_what_is_not_finished_or_damaged(tmp_path, runs):
    assert refused(handouts.give, tmp_path / "x", tmp_path / "none") == "no_training"
    assert refused(handouts.give, tmp_path / "x", runs, ["06"]) == "no_training"
    (runs / "05" / "start.json").unlink()
    assert refused(handouts.give, tmp_path / "x", runs, ["05"]) == "no_training"
    assert refused(handouts.give, runs, runs) == "folder"
    (runs / "03" / "full" / "best" / "model.safetensors").write_text("flipped")
    assert refused(handouts.give, tmp_path / "x", runs) == "damaged"
    assert not list(tmp_path.glob("*x*"))


def test_the_commands(tmp_path, runs, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LABS_RUNS", str(tmp_path / "runs"))
    assert cli.main(["give", "stick", "03", "--runs", str(runs)]) == 0
    assert cli.main(["take", "stick"]) == 0 and "03/full" in capsys.readouterr().out
    assert cli.main(["take", "stick"]) == 0 and "already" in capsys.readouterr().out
    (tmp_path / "stick" / "03" / "start.json").unlink()
    assert cli.main(["take", "stick"]) == 2


def test_the_help_names_the_labs_that_are_given_where_none_are_named(capsys):
    with pytest.raises(SystemExit):
        cli.main(["give", "--help"])
    assert f"default: those of {', '.join(handouts.USUAL)} that" in " ".join(capsys.readouterr().out.split())
