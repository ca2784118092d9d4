"""One benchmark at a tiny size: every recipe does the same work, and the tables say what was measured.

All that reads its results stands here: another module would measure once more.
"""

import json
from dataclasses import replace

import pytest

from labutils.bench import limits, measurements, publish, table, worker
from labutils.config import BUCKET, TrainingSettings
from labutils.errors import LabError
from labutils.models import load_model
from labutils.planning import planner

ALONE = next(
    s for s in measurements.specifications(measurements.TINY) if s["kind"] == "generate" and s["recipe"] == "ours"
)


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """A tiny run, all in this process but for one measurement."""
    path, real, patch = tmp_path_factory.mktemp("bench") / "bench.json", measurements.measured, pytest.MonkeyPatch()

    def measured(spec):
        if {k: v for k, v in spec.items() if k not in ("profile", "dialogues")} == ALONE:
            return real(spec)
        measured = worker.measure(spec)
        return (
            measured if "peak_mib" not in measured else measured | {"peak_mib": 1.0}
        )  # nothing is new to this process

    patch.setattr(worker, "matrix_rate", lambda precision: 0.1)
    patch.setattr(measurements, "measured", measured)
    try:
        return measurements.run(path, measurements.TINY)
    finally:
        patch.undo()


def test_every_recipe_is_measured_and_kept(results):
    kinds = [entry["spec"]["kind"] for entry in results["runs"]]
    assert kinds.count("generate") == 4 and kinds.count("score") == 2 and kinds.count("matrix") == 1
    for entry in results["runs"]:
        measured = entry["measured"]
        rates = {"matrix": (), "epoch": ("seconds", "train_s", "evaluate_s"), "limits": ("seconds", "products_tflops")}
        assert all(measured[name] > 0 for name in rates.get(entry["spec"]["kind"], ("seconds", "examples_per_s")))
        if entry["spec"]["kind"] == "train":
            assert measured["seconds"] == pytest.approx(measured["examples"] / measured["examples_per_s"])
            assert 0 <= measured["padding"] < 1 and measured["tflops"] > 0
            assert 0 < measured["held_out_loss"] < 12


def test_all_recipes_give_the_same_answers_and_scores(results):
    shares = table.same_answers(results)
    assert shares.keys() == {"reference", "library", "ours"} and shares["reference"] == shares["library"] == 1
    assert shares["ours"] >= 0.5  # of two: where a CPU has bf16 it reads prompts in it
    scores = [measured["rouge1"] for measured in table.chosen(results, kind="score")]
    assert scores[0] == pytest.approx(scores[1], abs=0.05)  # the bootstrap's middle against the mean


def test_what_the_written_out_path_buys_has_its_rows(results):
    rows = [work for work, against, *_ratios in table.ratio_rows(results) if against.endswith("nothing written out")]
    assert rows == ["full training", "lora training", "generate"]
    for method in ("full", "lora"):
        runs = table.recipes_of(results, method)
        precision = "bf16" if ("ours", "bf16") in runs else "fp32"
        ours, library = (runs[recipe, precision][0]["held_out_loss"] for recipe in ("ours", "library"))
        assert ours == pytest.approx(library, rel=1e-2)
    assert not any(spec.get("recipe") == "library" for spec in measurements.specifications(measurements.GPU))


def test_a_compiled_step_is_tried_and_learns_the_same(results):
    plain, compiled = (e["measured"] for e in results["runs"] if e["spec"].get("group") == "batches")
    assert compiled["held_out_loss"] == pytest.approx(plain["held_out_loss"], abs=0.02)
    assert "batch 2, compiled" in [row[0] for row in table.growth_rows(results)]


def test_memory_is_counted_in_a_process_of_its_own(results):
    [measured] = [entry["measured"] for entry in results["runs"] if entry["spec"] == ALONE]
    assert 40 < measured["peak_mib"] < 2000  # the weights alone are 37


def test_padding_is_counted(results):
    measured = table.recipes_of(results, "full")
    assert measured["reference", "fp32"][0]["padding"] > 0.7 > measured["example", "fp32"][0]["padding"]


def test_what_is_known_is_not_measured_again_and_nothing_is_lost(results, tmp_path, monkeypatch):
    path, called = tmp_path / "bench.json", []
    known = {json.dumps(entry["spec"]): entry["measured"] for entry in results["runs"]}

    def measured(spec):
        called.append(spec)
        return known[json.dumps({k: v for k, v in spec.items() if k not in ("profile", "dialogues")})]

    monkeypatch.setattr(measurements, "measured", measured)
    path.write_text(json.dumps(results | {"runs": results["runs"][:-1]}))
    assert measurements.run(path, measurements.TINY)["runs"] == results["runs"] and len(called) == 1
    other = {"spec": {"kind": "train", "examples": 7}, "measured": {}}  # of another size: not for these tables
    path.write_text(json.dumps(results | {"runs": [other, *results["runs"]]}))
    assert measurements.run(path, measurements.TINY)["runs"] == results["runs"] and len(called) == 1
    path.write_text(json.dumps(results | {"code": "another"}))
    measurements.run(path, measurements.TINY)
    assert len(called) == 1 + len(results["runs"])
    [aside] = tmp_path.glob("bench.*.json")
    assert json.loads(aside.read_text())["code"] == "another"


def test_a_shape_that_does_not_fit_is_a_result(results, monkeypatch):
    def too_large(spec):
        raise LabError("bench", "... 9 MiB beside the loaded model, and 5 MiB are free")

    monkeypatch.setattr(measurements, "measured", too_large)
    spec = {"kind": "train", "group": "shapes", "shape": "flan-t5-large", "batch_size": 4}
    measured = measurements.outcome(spec, {})
    assert "9 MiB" in table.growth_rows({"runs": [{"spec": spec, "measured": measured}]})[0][2]


def test_a_pass_that_does_not_fit_and_older_records_have_rows(results):
    """The tables of a GPU: a pass over all dialogues may run out of memory, and scoring takes none of the GPU's."""
    runs = [
        entry | {"measured": {k: v for k, v in entry["measured"].items() if k != "planned_mib"}}
        for entry in results["runs"]
    ]
    epoch = next(entry for entry in runs if entry["spec"]["kind"] == "epoch")
    epoch["measured"] = {"does_not_fit": "CUDA out of memory"}
    for entry in runs:
        if entry["spec"]["kind"] == "score":
            entry["measured"] |= {"peak_mib": 0.0}
    rows = table.growth_rows(results | {"runs": runs})
    assert ("epoch", "-", "CUDA out of memory", "-", "-") in rows and any(
        row[3] == "-" and row[1] != "-" for row in rows
    )
    assert [row[3] for row in table.ratio_rows(results | {"runs": runs}) if row[0] == "score"] == ["-"]


def test_what_was_run_is_planned_as_it_was_padded(results):
    trained = [entry for entry in results["runs"] if entry["spec"].get("group") and entry["spec"]["kind"] == "train"]
    for entry in trained:
        source, target = entry["measured"]["largest_batch"]
        settings = TrainingSettings(batch_size=entry["spec"]["batch_size"], precision=entry["spec"]["precision"])
        settings = replace(settings, compile=entry["spec"].get("compile", ""))
        plan = planner.estimate(load_model("pocket-instruct")[0].config, settings, (source, target), gpu=False)
        assert entry["measured"]["planned_mib"] == pytest.approx(plan.peak_mib)
    compiled = next(entry["measured"] for entry in trained if entry["spec"].get("compile"))
    assert not any(length % BUCKET for length in compiled["largest_batch"])


def test_what_limits_ours_is_profiled(results):
    measured = {
        entry["spec"]["method"]: entry["measured"] for entry in results["runs"] if entry["spec"]["kind"] == "limits"
    }
    assert set(measured) == set(table.LIMITED)
    for run in measured.values():
        assert sum(run["shares"].values()) == pytest.approx(1) and min(run["shares"].values()) >= 0
        assert 0.05 < run["shares"][limits.PRODUCTS] < 0.95 and run["products_tflops"] > 0
    assert measured["full"]["shares"]["optimizer"] > 0 == measured["generate"]["shares"]["optimizer"]
    text = table.limits_text(results)
    assert f"{measured['lora']['shares'][limits.PRODUCTS]:.0%} of the time" in text and text.count("matrix rate") == 3
    assert table.limits_text({"runs": []}) == "" and table.limits_rows({"runs": []}) == []


def test_a_measurement_that_takes_too_long_is_a_result(monkeypatch):
    monkeypatch.setattr(measurements, "WORKER_TIMEOUT_S", 0.01)
    assert (
        "took more than"
        in measurements.outcome(ALONE, {"profile": "pocket", "dialogues": "pocket-rich"})["does_not_fit"]
    )


@pytest.mark.parametrize("recipe", ["reference", "ours"])
def test_a_recipe_that_does_not_fit_leaves_the_others_a_table(recipe, results):
    """On a T4 the reference course's recipe runs out of memory; the bench stopped there for ever."""
    runs = [
        entry | {"measured": {"does_not_fit": "CUDA out of memory"}} if entry["spec"].get("recipe") == recipe else entry
        for entry in results["runs"]
    ]
    text = table._machine_part(results | {"runs": runs})
    assert "CUDA out of memory" in text and "Hugging Face example" in text
    kept = {against for _work, against, *_ratios in table.ratio_rows({**results, "runs": runs})}
    assert not any(table.NAMES[recipe, "fp32"] in against for against in kept)


def test_tables_figure_and_document(results, tmp_path, monkeypatch):
    monkeypatch.setattr(publish.paths, "data_dir", lambda: tmp_path / "data")
    monkeypatch.setattr(table, "PLANS", [("flan-t5-small", "lora", 2, 32, 1)])  # the large ones are test_planner's
    (tmp_path / "data").mkdir()
    with pytest.raises(LabError, match="--tiny"):
        publish.publish(results)
    target = publish.publish(results | {"usual": True})
    text = target.read_text()
    assert "{" not in text and "ours / reference course" in text and "flan-t5-small" in text
    assert all(table.markdown_table((), [row]).splitlines()[-1] in text for row in table.training_rows(results))
    assert list((tmp_path / "data" / "benchmarks").glob("*.json"))
    assert publish.draw(results, tmp_path / "bench.json").read_text().startswith("<?xml")
