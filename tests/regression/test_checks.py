"""A run against what is stored: each thing that can leave its range does so here, and is told by lab, number, value, range."""

import copy
import json
import shutil
from xml.etree import ElementTree

import nbformat
import numpy as np
import pytest
from matplotlib import image
from nbformat.v4 import new_code_cell, new_notebook, new_output

from labutils import cli, files, regression
from labutils.errors import LabError
from labutils.machine import paths
from labutils.notebooks import lesson, outcomes
from labutils.regression import checks, ranges

LAB = "03"
MODELS = {"base": "pocket-base", "tuned": "pocket-instruct"}


@pytest.fixture
def run(tmp_path):
    """A run of lab 03 that gave what the stored one gave, as `labs run` leaves it."""
    out = tmp_path / "run"
    (out / LAB).mkdir(parents=True)
    image.imsave(out / LAB / "figure_1.png", np.eye(8))
    figures = [{"file": "figure_1.png", "title": "It rises", "alt": "A line that rises"}]
    asked = {"q": {"question": "How many?", "choices": ["a", "b"], "answer": None, "outcome": "a", "shown": ""}}
    save(out, lesson.stored(LAB) | {"lab": LAB, "models": MODELS, "dialogues": "pocket", "versions": {}, "figures": figures,
                                    "predictions": asked, "bets": {}})  # fmt: skip
    book(out, "lab 03 complete")
    outcomes.write(out, [outcomes.Outcome(LAB, 3.0, out / LAB / "03_x.ipynb")])
    return out


def book(out, last):
    cell = new_code_cell("x", execution_count=1, outputs=[new_output("stream", name="stdout", text=last)])
    nbformat.write(new_notebook(cells=[cell]), out / LAB / "03_x.ipynb")


def content(out):
    return json.loads((out / LAB / "results.json").read_text())


def save(out, results):
    files.write_json(out / LAB / "results.json", results)


def change(out, **parts):
    save(out, content(out) | parts)


def outside(out):
    return {check.name: check for check in regression.check(out) if check.state == regression.OUT}


def test_a_run_that_gave_the_same_is_in_its_ranges(run):
    done = regression.check(run)
    assert outside(run) == {} and len([check for check in done if check.runs]) > 10
    left = {check.name for check in done if check.state == regression.LEFT}
    assert {"train_s", "examples_per_s"} <= left and "accuracy_after" not in left
    assert cli.main(["verify", str(run)]) == 0


def test_what_left_its_range_is_told_by_lab_number_value_and_range(run, capsys):
    numbers = content(run)["numbers"] | {"tuned_rouge1": 0.2113}
    change(run, numbers=numbers)
    assert list(outside(run)) == ["tuned_rouge1"]
    assert cli.main(["verify", str(run)]) == 1
    told = capsys.readouterr().out.splitlines()[0]
    expected = ranges.expected(LAB, "pocket")["tuned_rouge1"]
    for part in ("03", "tuned_rouge1", "0.2113", f"{expected.low:.4g}", f"{expected.high:.4g}"):
        assert part in told


def test_a_number_that_is_gone_or_no_number_is_a_fault(run):
    numbers = content(run)["numbers"]
    del numbers["human_rouge1"]
    change(run, numbers=numbers | {"lead_rouge1": float("nan")})
    assert set(outside(run)) == {"human_rouge1", "lead_rouge1", "finite"}


def faulty(**parts):
    return lambda out: change(out, **parts)


def spoil_settled(out):
    asked = content(out)["predictions"]
    asked["q"]["outcome"] = None
    change(out, predictions=asked)


def spoil_alt(out):
    figures = content(out)["figures"]
    figures[0]["alt"] = ""
    change(out, figures=figures)


def spoil_outcome(out):
    outcomes.write(out, [outcomes.Outcome(LAB, 3.0, out / LAB / "03_x.ipynb", "    FAILED in cell 3")])


def spoil_cut_figure(out):
    whole = (out / LAB / "figure_1.png").read_bytes()
    (out / LAB / "figure_1.png").write_bytes(whole[: len(whole) // 2])


@pytest.mark.parametrize(("spoil", "name"), [
    (faulty(sentence=" "), "sentence"),
    (faulty(sentence="It rose from 0.44 to nan."), "sentence"),
    (faulty(sentence="It rose to {after}."), "sentence"),
    (faulty(key_numbers=["never_recorded"]), "key_numbers"),
    (faulty(bets={"a-claim": {"text": "x", "confidence": None, "verdict": None}}), "bet a-claim"),
    (spoil_settled, "question q"),
    (spoil_alt, "figure_1.png"),
    (lambda out: image.imsave(out / LAB / "figure_1.png", np.ones((8, 8, 3))), "figure_1.png"),
    (spoil_cut_figure, "figure_1.png"),
    (lambda out: book(out, "the end"), "notebook"),
    (spoil_outcome, "ran"),
    (lambda out: (out / LAB / "results.json").write_text("{"), "results"),
    (lambda out: (out / LAB / "results.json").unlink(), "results"),
])  # fmt: skip
def test_each_property_of_the_text_is_looked_at(run, spoil, name):
    spoil(run)
    assert name in outside(run)
    assert cli.main(["verify", str(run)]) == 1


def test_one_figure_of_two_that_is_missing_is_a_fault(run):
    change(run, figures=[*content(run)["figures"], {"file": "figure_2.png", "title": "t", "alt": "a"}])
    assert set(outside(run)) == {"figure_2.png"}


@pytest.mark.parametrize("parts", [
    {"parameters": {"examples": 32}},
    {"parameters": {}},
    {"goes_on_from": ["02"]},
    {"profile": "gpu"},
    {"dialogues": "dialogsum"},
    {"models": {"base": "pocket-base", "tuned": "mine"}},
], ids=["sizes", "unknown", "earlier lab", "profile", "dialogues", "model"])  # fmt: skip
def test_unlike_runs_are_not_compared_and_it_is_said(run, parts, capsys):
    change(run, numbers=content(run)["numbers"] | {"tuned_rouge1": 0.01}, **parts)
    done = regression.check(run)
    assert [check.name for check in done if check.state == regression.LEFT] == ["numbers"]
    assert not [check for check in done if check.runs] and outside(run) == {}
    assert cli.main(["verify", str(run)]) == 0
    assert next(check.text for check in done if check.name == "numbers") in capsys.readouterr().out


def test_a_results_file_that_was_handed_on_alone_is_enough(run, tmp_path):
    alone = shutil.copy(run / LAB / "results.json", tmp_path / "student.json")
    assert cli.main(["verify", str(alone)]) == 0
    assert cli.main(["verify", str(run / LAB)]) == 0
    assert list(checks.find(run / LAB)) == [LAB] == list(checks.find(run))


@pytest.mark.parametrize("name", ["./notebooks", "notebooks/", "./data"])
def test_a_run_whose_folder_bears_a_name_of_the_projects_is_a_run(run, name, tmp_path, monkeypatch, capsys):
    shutil.copytree(run, tmp_path / "here" / name)
    monkeypatch.chdir(tmp_path / "here")
    assert cli.main(["verify", name, "--all"]) == 0  # --all is for a run alone
    assert "numbers compared" in capsys.readouterr().out


def test_a_call_that_is_not_right_ends_with_2(run, tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "notes.json").write_text('{"lab": "03"}')
    for call, code in (
        (tmp_path / "empty", "run"),
        (tmp_path / "nowhere", "run"),
        (tmp_path / "notes.json", "results"),
    ):
        with pytest.raises(LabError) as caught:
            regression.check(call)
        assert caught.value.code == code
        assert cli.main(["verify", str(call)]) == 2
    assert cli.main(["verify", "data", "--junit", str(tmp_path / "labs.xml")]) == 2
    assert cli.main(["verify", str(run), "--junit", str(tmp_path / "notes.json")]) == 2


def test_the_junit_file_holds_a_case_for_each_check(run, tmp_path):
    change(run, numbers=content(run)["numbers"] | {"tuned_rouge1": 0.2})
    assert cli.main(["verify", str(run), "--junit", str(tmp_path / "labs.xml")]) == 1
    [suite] = ElementTree.parse(tmp_path / "labs.xml").getroot()
    done = regression.check(run)
    assert [case.get("name") for case in suite] == [check.name for check in done]
    assert [case.get("name") for case in suite if case.find("failure") is not None] == ["tuned_rouge1"]
    assert suite.get("skipped") == str(sum(check.state == regression.LEFT for check in done))


@pytest.mark.parametrize("lab", sorted(path.stem for path in (paths.data_dir() / "results").glob("[0-9][0-9].json")))
def test_each_labs_stored_build_lies_in_its_own_ranges(lab):
    build = copy.deepcopy(lesson.stored(lab))
    build |= {"lab": lab, "models": MODELS, "dialogues": "pocket", "figures": []}
    done = [check for check in checks._numbers(lab, build) if check.runs]
    assert [check.name for check in done if check.state == regression.OUT] == []
