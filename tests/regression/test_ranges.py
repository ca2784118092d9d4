"""The stored runs of a lab, and the range of each number."""

import json

import pytest

from labutils import files, forgetting
from labutils.lessons import sizes
from labutils.machine import paths
from labutils.notebooks import lesson
from labutils.regression import ranges, trainings

SIZES = {"examples": 10}


@pytest.fixture
def data(tmp_path, monkeypatch):
    """A folder of data with no results in it."""
    monkeypatch.setattr(paths, "data_dir", lambda: tmp_path)
    (tmp_path / "results" / "pocket").mkdir(parents=True)
    (tmp_path / "pocket-t5").mkdir()
    files.write_json(tmp_path / "pocket-t5" / "results.json", {"weights": {"instruct": "shipped"}})
    return tmp_path


def a_run(seed, profile="pocket", **numbers):
    return {"profile": profile, "seed": seed, "parameters": SIZES, "goes_on_from": [], "numbers": numbers}


def store(data, build, *more):
    files.write_json(data / "results" / "03.json", build)
    files.write_json(data / "results" / build["profile"] / "03.json", {"runs": list(more)})


def test_of_several_seeds_it_goes_beyond_the_lowest_and_the_highest(data):
    store(data, a_run(0, score=0.5, score_interval=[0.1, 0.9]), a_run(1, score=0.6), a_run(2, score=0.54))
    of = ranges.ranges(ranges.runs("03", "pocket"))
    assert (of["score"].low, of["score"].high, of["score"].seeds) == (pytest.approx(0.4), pytest.approx(0.7), (0, 1, 2))
    assert of["score"].holds(0.41) and not of["score"].holds(0.39) and not of["score"].holds(float("nan"))


def test_of_two_runs_their_intervals_count_and_of_three_no_more(data):
    """Two runs may lie near each other by luck: of a sound run on another machine one number in twelve was outside."""
    runs = [a_run(0, score=0.5, score_interval=[0.3, 0.7]), a_run(1, score=0.51, score_interval=[0.31, 0.72])]
    [of] = ranges.ranges(runs).values()
    assert (of.low, of.high, of.runs) == (pytest.approx(0.29), pytest.approx(0.73), 2)
    [of] = ranges.ranges([*runs, a_run(2, score=0.52, score_interval=[0.3, 0.7])]).values()
    assert (of.low, of.high, of.runs) == (pytest.approx(0.48), pytest.approx(0.54), 3)


def test_one_seed_on_two_machines_is_two_runs(data):
    store(data, a_run(0, count=40) | {"machine": "one"}, a_run(0, count=42) | {"machine": "another"})
    [of] = ranges.ranges(ranges.runs("03", "pocket")).values()
    assert (of.low, of.high, of.seeds, of.runs) == (38, 44, (0,), 2)


def test_of_equal_seeds_it_is_the_interval_and_without_one_the_number(data):
    store(data, a_run(0, all=1.0, all_interval=[0.9, 1.0], count=40), a_run(1, all=1.0, count=40))
    of = ranges.ranges(ranges.runs("03", "pocket"))
    assert (of["all"].low, of["all"].high) == (pytest.approx(0.899), pytest.approx(1.001))
    assert of["count"].holds(40) and not of["count"].holds(41) and not of["count"].holds(39)


def test_of_one_seed_it_is_the_interval_and_nothing_without(data):
    store(data, a_run(0, score=0.5, score_interval=[0.4, 0.6], count=40))
    of = ranges.ranges(ranges.runs("03", "pocket"))
    assert of["score"].seeds == (0,) and of["score"].holds(0.4) and not of["score"].holds(0.39)
    assert "count" not in of


def test_a_pair_is_two_numbers_and_a_numbers_own_interval_is_none():
    numbers = {"a": 1, "a_interval": [0, 2], "lone_interval": [3, 4], "pair": [5, 6]}
    assert ranges.flat(numbers) == {
        "a": 1, "lone_interval[0]": 3, "lone_interval[1]": 4, "pair[0]": 5, "pair[1]": 6
    }  # fmt: skip


def test_only_like_runs_are_taken_together(data):
    other = {
        "parameters": {"examples": 11},
        "goes_on_from": ["02"],
        "weights": "older",
    }
    unlike = [a_run(seed, score=9) | {name: value} for seed, (name, value) in enumerate(other.items(), 3)]
    store(data, a_run(0, score=1), a_run(1, score=2) | {"weights": "shipped"}, *unlike)
    assert [run["seed"] for run in ranges.runs("03", "pocket")] == [0, 1]
    assert ranges.runs("03", "gpu") == [] == ranges.runs("04", "pocket")


def test_another_profiles_runs_stand_apart(data):
    store(data, a_run(0, score=1))
    (data / "results" / "gpu").mkdir()
    files.write_json(data / "results" / "gpu" / "03.json", {"runs": [a_run(5, "gpu", score=7)]})
    assert [run["seed"] for run in ranges.runs("03", "gpu")] == [5]
    assert [run["seed"] for run in ranges.runs("03", "pocket")] == [0]


def test_times_rates_and_memory_are_the_machines():
    names = {name for path in (paths.data_dir() / "results").glob("[0-9][0-9].json")
             for name in json.loads(path.read_text())["numbers"]}  # fmt: skip
    assert {name for name in names if ranges.of_machine(name)} == {
        "examples_per_s", "opinions_s", "train_s", "lora_memory_saved_share", "lora_speed_ratio", "tuned_latency_p95_ms",
        "retrieved_latency_p95_ms", "cost_ratio_tuned_to_prompted", "prompting_training_s", "checkpointing_memory_ratio",
        "checkpointing_time_ratio", "checkpointing_time_ratio_interval", "checkpointing_memory_ratio_interval",
    } & names  # fmt: skip


def test_each_stored_build_says_what_a_run_is_compared_by():
    """`labs build` executes a lab with its defaults: where these are others by now, the lab was not built."""
    for path in (paths.data_dir() / "results").glob("[0-9][0-9].json"):
        build = lesson.stored(path.stem)
        assert build.keys() | {"cpu_seconds", "core_share"} == {*lesson.KEPT, "core_share"}, (
            path
        )  # two are newer than most builds
        assert build["parameters"] == sizes.declared(path.stem), path
        assert not ranges.differing(build, ranges.runs(path.stem, "pocket")[0])


def test_seeds_of_like_trainings_widen_a_range(data, monkeypatch):
    """Those who run one seed know nothing of luck; three stored trainings of the kind do."""
    points = [
        {"seed": seed, "rows": 500, "score": score, "interval": [score, 0, 1]}
        for seed, score in enumerate((0.3, 0.35, 0.34))
    ]
    monkeypatch.setattr(forgetting, "stored", lambda name: {"points": points} if name == "summaries" else None)
    assert trainings.spreads("03") == {"tuned_rouge1": pytest.approx(0.05)}
    store(data, a_run(0, tuned_rouge1=0.33))
    [expected] = ranges.expected("03", "pocket").values()
    assert (expected.low, expected.high, expected.like) == (pytest.approx(0.28), pytest.approx(0.38), True)
    assert ranges.expected("03", "gpu") == {}


def test_each_like_training_is_stored_and_its_number_recorded():
    for lab, numbers in trainings.ALIKE.items():
        assert trainings.spreads(lab).keys() == numbers.keys() <= lesson.stored(lab)["numbers"].keys()
