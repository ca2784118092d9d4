"""Runs that are kept: only whole ones, of a lab's own sizes and its profile's models, one a seed and machine."""

import json

import pytest

from labutils import files
from labutils.errors import LabError
from labutils.lessons import sizes
from labutils.machine import paths
from labutils.regression import ranges
from makers import results


@pytest.fixture
def data(tmp_path, monkeypatch):
    """A folder of data in which lab 03's build stands, of seed 0."""
    data = tmp_path / "data"
    (data / "results").mkdir(parents=True)
    (data / "pocket-t5").mkdir()
    files.write_json(data / "pocket-t5" / "results.json", {"weights": {"instruct": "shipped"}})
    files.write_json(data / "results" / "03.json", a_run(0))
    monkeypatch.setattr(paths, "data_dir", lambda: data)
    return data


def a_run(seed, profile="pocket", tuned="pocket-instruct", dialogues="pocket", **parts):
    return {
        "lab": "03", "profile": profile, "seed": seed, "parameters": sizes.declared("03"), "goes_on_from": [], "date": "2026-11-30",
        "machine": "a machine", "seconds": 1.0, "sentence": "It rose.", "key_numbers": ["score"], "numbers": {"score": 0.5 + seed / 100},
        "models": {"base": "b", "tuned": tuned}, "dialogues": dialogues, "figures": [], "predictions": {}, "bets": {},
    } | parts  # fmt: skip


def kept(tmp_path, run):
    """Keep a run's results file; returns the seeds that are stored then."""
    path = tmp_path / "results.json"
    path.write_text(json.dumps(run))
    [written] = results.keep(path)
    return [run["seed"] for run in json.loads(written.read_text())["runs"]]


def test_a_run_is_kept_once_a_seed_and_widens_the_range(data, tmp_path):
    assert kept(tmp_path, a_run(2)) == [2]
    assert kept(tmp_path, a_run(1)) == [1, 2]
    assert kept(tmp_path, a_run(2, numbers={"score": 0.6})) == [1, 2]
    assert [run["seed"] for run in ranges.runs("03", "pocket")] == [0, 1, 2]
    assert ranges.expected("03", "pocket")["score"].high == pytest.approx(0.7)


def test_the_builds_seed_is_kept_of_another_machine(data, tmp_path):
    """bf16 and fp32 train other weights: a range that knows one machine calls a sound run on another broken."""
    assert kept(tmp_path, a_run(0, machine="another", numbers={"score": 0.6})) == [0]
    assert kept(tmp_path, a_run(0, machine="a third", numbers={"score": 0.4})) == [0, 0]
    assert kept(tmp_path, a_run(0, machine="another", numbers={"score": 0.7})) == [0, 0]
    assert ranges.expected("03", "pocket")["score"].high == pytest.approx(1.0)


def test_what_is_kept_holds_no_answers_of_a_learner(data, tmp_path):
    kept(tmp_path, a_run(1, predictions={"q": {"outcome": "a"}}, bets={"x": {"verdict": "held"}}))
    [run] = json.loads((data / "results" / "pocket" / "03.json").read_text())["runs"]
    assert not {"predictions", "bets", "figures"} & run.keys() and run["weights"] == "shipped"


def test_another_profiles_run_names_no_shipped_weights(data, tmp_path):
    kept(tmp_path, a_run(0, "gpu", "google/flan-t5-base", "dialogsum"))
    [run] = ranges.runs("03", "gpu")
    assert "weights" not in run


@pytest.mark.parametrize("run", [
    a_run(0), a_run(1, parameters={}), a_run(1, parameters={"examples": 3}), a_run(1, dialogues="dialogsum"),
    a_run(1, tuned="mine"), a_run(1, profile="none"), a_run(1, sentence=""), a_run(1, key_numbers=["absent"]),
], ids=["the build's", "unknown sizes", "other sizes", "other data", "other model", "no profile", "no sentence", "no number"])  # fmt: skip
def test_what_stands_for_nothing_is_refused(data, tmp_path, run):
    with pytest.raises(LabError) as caught:
        kept(tmp_path, run)
    assert caught.value.code == "keep"
    assert not (data / "results" / "pocket").exists()
