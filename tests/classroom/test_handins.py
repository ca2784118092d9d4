"""A hand-in: what it holds, what it never holds, and what a damaged one is refused for."""

import json
import socket

import pytest

from labutils import cli, files
from labutils.classroom import handins
from labutils.errors import LabError

import pupils


def content(path):
    return json.loads(path.read_text(encoding="utf-8"))


def code(path):
    with pytest.raises(LabError) as error:
        handins.read(path)
    return error.value.code


@pytest.fixture
def made(tmp_path):
    """(the folder of runs, the file) of a student who calls herself Mia."""
    runs = pupils.run(tmp_path / "runs", seed=7, answer=2)
    return runs, pupils.hand_in(runs, "Mia", tmp_path / "mia.handin.json")


def test_what_is_written_is_read(made):
    read = handins.read(made[1])
    [run] = read.runs
    assert (read.name, run.lab, run.seed, run.numbers["leaked_after"]) == ("Mia", "00", 7, 14)
    assert run.predictions["dog"] == {
        "question": pupils.QUESTION, "choices": list(pupils.CHOICES), "answer": "some other name", "outcome": "your name",
    }  # fmt: skip
    assert run.changed == {}


def test_nothing_of_the_students_own_is_in_it(tmp_path, monkeypatch):
    own = tmp_path / "home-of-mia" / "chats.csv"
    own.parent.mkdir()
    own.write_text("")  # a lab looks whether its dialogues are there
    runs = pupils.run(
        tmp_path / "home-of-mia" / "runs", lab="05", models={"dialogues": str(own), "tuned": str(own.parent)},
        changes={"your_name": "Marianne", "examples": 7, "dialogues": str(own)}, my_secret=3,
    )  # fmt: skip
    results = content(runs / "05" / "results.json")
    results["predictions"]["mine"] = {"question": "Does my cat Leo sleep?", "choices": ["Leo", "x"], "answer": "Leo",
                                      "outcome": None}  # fmt: skip
    results["predictions"]["dog"] |= {
        "choices": ["my cat Leo", "your name"],
        "outcome": "your name",
        "question": "Leo?",
    }
    results["sentence"] = "My cat is Leo."
    files.write_json(runs / "05" / "results.json", results)
    pupils.check(runs, monkeypatch, lora_merge="wrong", leo_exercise="passed")
    text = pupils.hand_in(runs, "M.", tmp_path / "m.handin.json").read_text()
    for word in (
        "Leo",
        "leo",
        "home",
        "Marianne",
        "secret",
        "mine",
        str(tmp_path),
        socket.gethostname(),
        "machine",
        "/",
    ):
        assert word not in text.replace("finetune-labs hand-in", ""), word
    [run] = handins.read(tmp_path / "m.handin.json").runs
    assert run.dialogues == run.models["tuned"] == "own" and run.parameters["examples"] == 7
    assert run.changed["examples"] == 7 and "your_name" not in run.changed


def test_the_labs_own_words_stay_with_any_number_in_them(tmp_path):
    runs = pupils.run(tmp_path / "runs", lab="03")
    results = content(runs / "03" / "results.json")
    asked = "32 opinions, six passes: how many of 100 new opinions will the model get right?"
    results["predictions"] = {
        "opinions": {"question": asked, "choices": ["under 60", "of my own"], "answer": None, "outcome": "of my own"}
    }
    files.write_json(runs / "03" / "results.json", results)
    [run] = handins.collect(runs, "Mia").runs
    assert run.predictions["opinions"]["question"] == asked
    assert run.predictions["opinions"]["choices"] == ["under 60", "choice 2"]
    assert run.predictions["opinions"]["outcome"] == "choice 2"


def test_exercises_and_labs_that_were_begun_go_with_it(tmp_path, monkeypatch):
    runs = pupils.run(tmp_path / "runs")
    pupils.check(runs, monkeypatch, mend="wrong", own="passed")
    (runs / "04").mkdir()
    files.write_json(runs / "04" / "start.json", {})
    read = handins.read(pupils.hand_in(runs, "Mia", tmp_path / "x.json"))
    assert read.exercises["mend"] == {"tries": 1, "passed": False, "last": "wrong"} and read.exercises["own"]["passed"]
    assert read.begun == ("04",)


def test_a_damaged_lab_is_left_out_and_said(made):
    runs = pupils.run(made[0], lab="04")
    (runs / "04" / "results.json").write_text('{"lab": "04"')
    read = handins.collect(runs, "Mia")
    assert [run.lab for run in read.runs] == ["00"] and "04/results.json" in read.notes[0]


def test_no_number_that_is_none_goes_into_a_mean(tmp_path):
    [run] = handins.collect(pupils.run(tmp_path / "runs", loss_last=float("nan")), "Mia").runs
    assert "loss_last" not in run.numbers and run.lost == 1


def test_nothing_that_was_run_is_one_error(tmp_path):
    with pytest.raises(LabError) as error:
        handins.collect(tmp_path, "Mia")
    assert error.value.code == "no_results"


@pytest.mark.parametrize("name", ["", "  ", "\u202e", "--"])
def test_a_name_without_a_letter_is_refused(name):
    with pytest.raises(LabError) as error:
        handins.named(name)
    assert error.value.code == "name"


def test_a_name_is_one_line_without_marks_of_direction():
    assert handins.named("Mia\n\u202eB \ud800" + "x" * 99) == ("Mia B " + "x" * 99)[:60]


def test_a_flipped_digit_is_found(made):
    text = made[1].read_text()
    made[1].write_text(text.replace('"leaked_after": 14', '"leaked_after": 15'))
    assert code(made[1]) == "changed"


def test_spaces_and_a_mark_of_windows_change_nothing(made):
    made[1].write_text("\ufeff" + json.dumps(content(made[1])), encoding="utf-8")
    assert handins.read(made[1]).name == "Mia"


@pytest.mark.parametrize(
    ("raw", "expected"),
    [(b"", "unreadable"), (b'{"lab": "0', "unreadable"), (b"PK\x03\x04rest", "unreadable"), (b"\xff\xfe\x00", "unreadable"),
     (b"[" * 100_000, "unreadable"), (b"{}", "other_file"), (b"[1]", "other_file"), (b'{"lab": 1, "numbers": 2}', "results")],
)  # fmt: skip
def test_what_is_no_hand_in_is_refused_by_its_kind(tmp_path, raw, expected):
    path = tmp_path / "x.json"
    path.write_bytes(raw)
    assert code(path) == expected


def test_what_is_far_too_large_is_not_read(made, monkeypatch):
    monkeypatch.setattr(handins, "MOST", 100)
    assert code(made[1]) == "unreadable"


def test_a_newer_format_is_told(made, tmp_path):
    changed = content(made[1]) | {"version": 2}
    files.write_json(tmp_path / "new.json", changed | {"digest": handins.digest(changed)})
    assert code(tmp_path / "new.json") == "newer"


def test_one_labs_results_stand_for_a_hand_in(made, tmp_path):
    (made[0] / "00" / "results.json").rename(tmp_path / "Ben.json")
    assert handins.read(tmp_path / "Ben.json").name == "Ben"


def test_an_earlier_hand_in_is_kept(made, tmp_path):
    first = made[1].read_text()
    assert handins.write(handins.collect(made[0], "Mia"), made[1]) is None  # the same
    pupils.run(made[0], leaked_after=9)
    kept = handins.write(handins.collect(made[0], "Mia"), made[1])
    assert kept.read_text() == first and handins.read(made[1]).runs[0].numbers["leaked_after"] == 9


def test_a_folder_of_the_name_is_named(made, tmp_path):
    (tmp_path / "there").mkdir()
    with pytest.raises(LabError, match="there") as caught:
        handins.write(handins.collect(made[0], "Mia"), tmp_path / "there")
    assert caught.value.code == "folder"


def test_the_command_finds_the_learners_runs(tmp_path, monkeypatch, capsys):
    pupils.run(tmp_path / "my-labs" / "runs")
    monkeypatch.delenv("LABS_RUNS", raising=False)
    monkeypatch.chdir(tmp_path)
    assert cli.main(["hand-in", "Mia B."]) == 0 and "mia-b.handin.json" in capsys.readouterr().out
    assert handins.read(tmp_path / "mia-b.handin.json").name == "Mia B."
    monkeypatch.chdir(tmp_path / "my-labs" / "runs" / "00")
    assert cli.main(["hand-in", "Mia"]) == 2


def test_where_no_run_is_found_the_option_named_is_the_commands_own(tmp_path, monkeypatch, capsys):
    """`labs hand-in --out` is the file that it writes; the runs are named by --runs."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LABS_RUNS", raising=False)
    for call, option in ((["hand-in", "Mia"], "--runs"), (["report"], "--out")):
        assert cli.main(call) == 2
        assert capsys.readouterr().err.rstrip().endswith(option)
    assert not list(tmp_path.iterdir())
