"""Bets of a learner and of a class beside what came, and one lab's numbers merged over seeds."""

import json

import pandas as pd
import pytest

from labutils.evaluation import claims
from labutils.lessons import calibration

HELD, NOT_HELD, OPEN = claims.HELD, claims.NOT_HELD, claims.TOO_LITTLE


def run(name="a/06", lab="06", seed=0, numbers=None, bets=None, profile="pocket"):
    return {"run": name, "lab": lab, "seed": seed, "numbers": numbers or {}, "bets": bets or {}, "profile": profile}


def bet(confidence, verdict):
    return {"text": "It helps.", "confidence": confidence, "verdict": verdict}


def placed(*pairs):
    return calibration.bets([run(bets={f"claim-{i}": bet(*pair) for i, pair in enumerate(pairs)})])


def test_results_are_read_wherever_they_lie_and_others_left_out(tmp_path, caplog):
    for name, content in {
        "ada/06": run(), "ben/06": run(seed=1), "cut/06": '{"lab": "06', "other/x": {"a": 1}, "list/x": [1],
    }.items():  # fmt: skip
        folder = tmp_path / name
        folder.mkdir(parents=True)
        (folder / "results.json").write_text(content if isinstance(content, str) else json.dumps(content))
    read = calibration.read(tmp_path)
    assert [(one["run"], one["seed"]) for one in read] == [("ada/06", 0), ("ben/06", 1)]
    assert calibration.read(tmp_path / "nowhere") == []


def test_a_claim_without_a_chance_is_no_bet():
    frame = placed((70, HELD), (None, HELD), (0, NOT_HELD), (50, None))
    assert frame["said"].tolist() == [0.7, 0.0, 0.5] and frame["verdict"].tolist() == [HELD, NOT_HELD, None]
    assert calibration.bets([{"run": "x", "lab": "01", "seed": 0, "numbers": {}}]).empty  # an older file has no bets


def test_the_curve_puts_what_was_said_beside_what_held():
    curve = calibration.curve(placed((90, HELD), (70, NOT_HELD), (100, HELD), (10, NOT_HELD), (50, OPEN)))
    assert curve["said"].tolist() == pytest.approx([0.1, 0.8667], abs=1e-3)
    assert curve["held"].tolist() == pytest.approx([0, 2 / 3]) and curve["bets"].tolist() == [1, 3]


def test_the_error_is_briers_and_open_bets_do_not_count():
    assert calibration.error(placed((100, HELD), (0, NOT_HELD))) == 0
    assert calibration.error(placed((50, HELD), (50, NOT_HELD), (100, OPEN))) == pytest.approx(0.25)
    assert calibration.error(placed((100, OPEN))) is None and calibration.error(placed()) is None
    assert calibration.curve(placed()).empty


def test_a_classs_numbers_are_merged_by_name():
    runs = [run(f"{i}", seed=i, numbers={"a": i, "only": 1, "span": [0, 1]}) for i in (1, 2, 6)]
    del runs[0]["numbers"]["only"]
    merged = calibration.merge([*runs, run(lab="05", numbers={"a": 99})], "06")
    assert merged.loc["a"].tolist() == [3, 1, 6, 3] and list(merged.index) == ["a"]


def test_another_profile_and_a_copy_are_left_out():
    runs = [run("a", seed=0, numbers={"a": 1}), run("copy", seed=0, numbers={"a": 1}), run("gpu", 1, profile="gpu"),
            run("again", seed=0, numbers={"a": 3})]  # fmt: skip
    runs[2] |= {"lab": "06", "numbers": {"a": 5}}
    assert calibration.merge(runs, "06").loc["a"].tolist() == [2, 1, 3, 2]
    assert calibration.merge([], "06").empty


def test_claims_are_settled_by_each_runs_numbers(monkeypatch):
    claim = claims.Claim("it-helps", "06", "It helps.", True, ("gain",), (("above", 0.0),), "It is measured.")
    monkeypatch.setattr(claims, "load_claims", lambda: [claim])
    runs = [run(numbers={"gain": 1}), run(numbers={"gain": -1}), run(numbers={}), run(lab="05", numbers={"gain": 1})]
    settled = calibration.verdicts(runs)
    pd.testing.assert_series_equal(settled.loc["it-helps"], pd.Series({HELD: 1, NOT_HELD: 1, OPEN: 0}, name="it-helps"))
    assert calibration.verdicts([]).empty
