"""A lab from its first cell to its last: what is asked, settled, tallied, stored, and shown by the report."""

import json
import logging
import sys

import numpy as np
import pytest

from labutils import log
from labutils.errors import LabError
from labutils.evaluation import claims, compare_values
from labutils.lab import Lab, tell_interruptions_shortly
from labutils.notebooks import report


@pytest.fixture
def lab(tmp_path, monkeypatch):
    monkeypatch.setenv("LABS_RUNS", str(tmp_path))
    monkeypatch.setattr("labutils.lessons.controls._show", lambda widget, text: None)
    return Lab("01", profile="pocket")


def test_the_end_of_a_lab_tallies_what_was_predicted_and_bet(lab, tmp_path, capsys):
    lab.predict("q", "How many?", {"few": (0, 0.5), "many": (0.5, 1.1)}, answer="few")
    lab.bet("an-example-helps", confidence=80)
    [claim] = [claim for claim in claims.load_claims() if claim.id == "an-example-helps"]
    lab.record(accuracy=0.71, **dict.fromkeys(claim.keys, (0.1, 0.2)))
    lab.settle("q", 0.71)
    lab.finish("It gets .71 right.", key_numbers=["accuracy"])
    out = capsys.readouterr().out
    assert "0 of 1 came true" in out and "(you said 80 %) - it held." in out and "Exercises solved: 0 of" in out
    results = json.loads((tmp_path / "01" / "results.json").read_text())
    assert results["predictions"]["q"]["outcome"] == "many" and results["bets"]["an-example-helps"]["verdict"] == "held"
    page = report.write(tmp_path).read_text()
    assert "It gets .71 right." in page and "Predictions: 0 of 1" in page and "The bet: 80 %" in page


def test_the_report_says_in_words_what_a_lab_found(lab, tmp_path):
    """Its numbers stood there by their names in the code, and what was found only far below the table of all labs."""
    lab.record(continues_difference=-0.5, accuracy=0.71)
    lab.finish("Tuned replies.", key_numbers=["continues_difference", "accuracy"])
    page = report.write(tmp_path).read_text()
    assert "share of prompts gone on with, tuned minus base" in page and ">accuracy<" in page
    assert page.index("Tuned replies.") < page.index("<section") < page.rindex("Tuned replies.")
    assert "interval</th>" not in page[page.index("Key number") : page.index("<details")]  # none was recorded


def test_settling_shows_nothing_behind_its_sentence(lab):
    """Whoever had predicted saw a True or a False below it, in the eight cells that end with it."""
    lab.predict("q", "How many?", {"few": (0, 0.5), "many": (0.5, 1.1)}, answer="few")
    assert lab.settle("q", 0.71) is None


def test_questions_that_nobody_answered_are_no_score(lab, tmp_path, capsys):
    lab.predict("q", "Which?", ["a", "b"])
    lab.settle("q", "a")
    lab.finish()
    assert "1 were asked, none was answered" in capsys.readouterr().out
    assert "came true" not in report.write(tmp_path).read_text()


def test_a_comparison_is_shown_and_recorded_by_one_call(lab, capsys):
    pair = compare_values(np.ones(30), np.zeros(30), "accuracy", names=("after", "before"))
    lab.show(pair, "after_minus_before_")
    assert "after against before: better" in capsys.readouterr().out
    assert lab.numbers["after_minus_before_difference"] == 1.0


def test_a_key_number_that_was_never_recorded_is_named(lab):
    with pytest.raises(LabError) as caught:
        lab.finish("x", key_numbers=["accuracy"])
    assert caught.value.code == "key_number"


@pytest.mark.parametrize(("value", "text"), [
    (0.741234, "0.74"), (0.0123456, "0.012"), (-0.5, "-0.50"), (1200, "1,200"), (3.0, "3"), ([0.1234, 0.5], "0.12 to 0.50"), ([], ""),
])  # fmt: skip
def test_the_report_shows_numbers_that_a_person_reads(value, text):
    assert report.short(value) == text


def test_in_a_notebook_a_record_is_shown_once_whatever_a_library_sets_up(monkeypatch, capfd):
    """logging.basicConfig, which libraries call, would show it again: on stderr, which JupyterLab paints red."""
    monkeypatch.setattr("IPython.get_ipython", lambda: object())
    monkeypatch.setattr(log.logger, "propagate", True)
    monkeypatch.setattr(log.logger, "handlers", [])
    monkeypatch.setattr(logging.getLogger(), "handlers", [logging.StreamHandler()])
    log.show()
    log.logger.info("Lab 04.")
    told = capfd.readouterr()
    assert (told.out, told.err) == ("Lab 04.\n", "")


def test_an_interrupted_cell_says_what_to_do_in_place_of_the_libraries_lines(monkeypatch, capsys):
    from IPython.core.interactiveshell import InteractiveShell

    shell = InteractiveShell()
    monkeypatch.setattr("IPython.get_ipython", lambda: shell)
    for name in ("last_exc", "last_value"):
        monkeypatch.setattr(sys, name, None, raising=False)
    tell_interruptions_shortly()
    done = shell.run_cell("import json\nraise KeyboardInterrupt", store_history=False)
    told = capsys.readouterr()
    assert isinstance(done.error_in_exec, KeyboardInterrupt) and sys.last_value is done.error_in_exec
    assert len(told.out.splitlines()) == 1 and "Traceback" not in told.out + told.err
    assert not shell.run_cell("1 / 0", store_history=False).success
    assert "ZeroDivisionError" in capsys.readouterr().out
