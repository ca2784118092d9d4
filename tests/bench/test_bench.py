"""The benchmark at a tiny size: every recipe does the same work, and the tables say what was measured."""

import json
import math
from dataclasses import replace
from types import SimpleNamespace

import pytest

from labutils import cli, t5, tasks
from labutils.bench import limits, measurements, publish, recipes, table, worker
from labutils.config import BUCKET, TrainingSettings
from labutils.dialogues.loading import load_dialogues
from labutils.errors import LabError
from labutils.machine.environment import KERNEL_ENVIRONMENT
from labutils.models import load_model
from labutils.planning import planner

from toys import code_of

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


def test_nothing_is_written_out_in_the_ablation(monkeypatch, tiny):
    monkeypatch.setattr(recipes, "train_ours", lambda model: t5.fits_training(model))
    monkeypatch.setattr(recipes, "generate_ours", lambda model, *_given: t5.fits_decoding(model))
    assert t5.fits_training(tiny[0]) and t5.fits_decoding(tiny[0])
    assert not recipes.train_library(tiny[0]) and not recipes.generate_library(*tiny, [])


def test_a_compiled_step_is_tried_and_learns_the_same(results):
    plain, compiled = (e["measured"] for e in results["runs"] if e["spec"].get("group") == "batches")
    assert compiled["held_out_loss"] == pytest.approx(plain["held_out_loss"], abs=0.02)
    assert "batch 2, compiled" in [row[0] for row in table.growth_rows(results)]


def test_only_the_last_pass_is_timed(monkeypatch):
    """What is compiled or tuned in the first pass is no part of the rate."""

    class Trainer:
        def add_callback(self, callback):
            self.callback = callback

        def train(self):
            for epoch in range(3):
                self.callback.on_epoch_begin(None, SimpleNamespace(epoch=float(epoch)), None)

    times = iter([7.0, 9.0])
    monkeypatch.setattr(recipes, "time", SimpleNamespace(perf_counter=lambda: next(times)))
    assert recipes._timed(Trainer(), replace(recipes.DEFAULTS, epochs=3)) == 2.0
    assert not list(times)


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


def test_a_quick_recipe_is_timed_as_long_as_a_slow_one(monkeypatch):
    seconds = iter([3.0, 4.0, 5.0])
    monkeypatch.setitem(
        recipes.TRAINERS, "ours", lambda model, *rest: seen.append(model) or {"seconds": next(seconds), "padding": 0.0}
    )
    seen, spec = (
        [],
        next(
            s
            for s in measurements.specifications(measurements.TINY)
            if s.get("recipe") == "ours" and s["kind"] == "train"
        ),
    )
    measured = worker.measure(spec | {"at_least_s": 6.5, "dialogues": "pocket-rich", "profile": "pocket"})
    assert (measured["times"], measured["seconds"]) == (2, 3.5) and seen[0] is not seen[1]


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


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("aten::addmm", limits.PRODUCTS),
        ("aten::_softmax_backward_data", "softmax"),
        ("aten::_fused_adamw_", "optimizer"),
        ("aten::_scaled_dot_product_flash_attention_for_cpu", "fused attention"),
        ("aten::_to_copy", "copies, types, look-ups"),
        ("aten::gelu", limits.ARITHMETIC),
        ("Optimizer.step#AdamW.step", limits.OUTSIDE),
    ],
)
def test_operations_are_sorted_by_what_they_do(name, expected):
    assert limits.kind(name) == expected


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


@pytest.mark.parametrize(
    ("end", "kept"), [("torch.OutOfMemoryError: CUDA out of memory.", True), ("KeyError: 'x'", False)]
)
def test_only_a_lack_of_memory_is_a_result(end, kept, monkeypatch):
    def failed(spec):
        raise LabError("bench", f"the measurement failed: {end}")

    monkeypatch.setattr(measurements, "measured", failed)
    if kept:
        assert "out of memory" in measurements.outcome({"kind": "train"}, {})["does_not_fit"]
    else:
        with pytest.raises(LabError):
            measurements.outcome({"kind": "train"}, {})


def test_padding_of_prompts_is_that_of_the_batches():
    lengths = [10, 1] * 8
    assert recipes.prompt_padding("reference", lengths) == 0
    assert recipes.prompt_padding("example", lengths) == pytest.approx(1 - 88 / 160)
    assert recipes.prompt_padding("ours", [1024, 1] * 4) == 0  # two of 1,024 are read at once, then the others
    assert recipes.prompt_padding("ours", [1000, 500]) == pytest.approx(1 - 1500 / 2000)


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


def test_ratios_are_ours_over_theirs():
    assert table.ratios([{"examples_per_s": 30.0}], [{"examples_per_s": 10.0}]) == [3.0]
    assert table.spread([1.0, 2.0, 3.0]) == "2.0 [1.0, 3.0]" and table.spread([]) == "-"


def test_whoever_learns_less_is_found_out():
    def run(recipe, loss):
        spec = {"kind": "train", "method": "full", "recipe": recipe, "precision": "fp32"}
        return {"spec": spec, "measured": {"held_out_loss": loss}}

    same = [run("ours", 4.0), run("example", 4.0)]
    lora = [{"spec": e["spec"] | {"method": "lora"}, "measured": e["measured"]} for e in same]
    assert table.learned_as_much({"runs": same + lora}) == {"full": True, "lora": True}
    assert table.learned_as_much({"runs": [run("ours", 4.1), *same[1:], *lora]})["full"] is False


def test_all_recipes_inherit_the_same(monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3,4")
    assert measurements.environment()["CUDA_VISIBLE_DEVICES"] == "3"
    assert measurements.environment()["GOMP_SPINCOUNT"] == KERNEL_ENVIRONMENT["GOMP_SPINCOUNT"]


def test_random_shapes_begin_at_a_loss_near_that_of_guessing():
    model, tokenizer = worker.load("flan-t5-small", None)
    task = tasks.summarization(load_dialogues("pocket-rich"))
    assert model.lm_head.weight is not model.shared.weight
    assert recipes.held_out_loss(model, tokenizer, task, 2) == pytest.approx(math.log(32128), abs=1.5)


def test_a_failed_measurement_says_which_and_why():
    with pytest.raises(LabError, match="no shape 'huge'") as error:
        measurements.measured(
            {"kind": "train", "recipe": "ours", "shape": "huge", "dialogues": "pocket-rich", "method": "full"}
            | {"precision": "fp32", "batch_size": 2, "examples": 2}
        )
    assert error.value.code == "bench"


def test_plans_for_large_models_fit_where_the_table_says(monkeypatch):
    assert [plan[0] for plan in table.PLANS if plan[-1] == 8] == ["flan-t5-xl", "flan-t5-xxl"]
    monkeypatch.setattr(table, "PLANS", [table.PLANS[3], table.PLANS[5]])  # one GPU and eight: each takes seconds
    rows = table.plan_rows()
    assert [row[3] for row in rows] == [1, 8]
    for *_rest, gib, names, _minutes in rows:
        kept = [name for name, device in planner.DEVICES.items() if name in names.split(", ")]
        assert all(float(gib) <= planner.DEVICES[name].memory_gib for name in kept)
        assert all(float(gib) > 0.9 * d.memory_gib for n, d in planner.DEVICES.items() if n not in kept and n != "T4")


def test_held_out_loss_is_that_of_the_model():
    model, tokenizer = load_model("pocket-instruct")
    task = tasks.summarization(load_dialogues("pocket-rich"))
    [row] = recipes.tokenize(task.validation[:1], tokenizer, task.templates[0])
    batch = {k: v for k, v in recipes.collate([row]).items() if k != "decoder_input_ids"}
    loss = float(model(**batch).loss.detach())
    assert recipes.held_out_loss(model, tokenizer, task, 1) == pytest.approx(loss, rel=1e-5)


def test_the_command_says_what_is_wrong(capsys, tmp_path):
    assert cli.main(["bench", "--tiny", "--shape", "huge", "--out", str(tmp_path / "bench.json")]) == 2
    told = capsys.readouterr().err
    assert "huge" in told and "Traceback" not in told


def test_two_at_once_do_not_write_one_file_of_measurements(tmp_path, monkeypatch):
    """The one that wrote last took the other's measurements away."""

    def again(spec, common):
        measurements.run(tmp_path / "bench.json", measurements.TINY)

    monkeypatch.setattr(measurements, "outcome", again)
    with pytest.raises(LabError) as caught:
        measurements.run(tmp_path / "bench.json", measurements.TINY)
    assert caught.value.code == "locked"


@pytest.mark.parametrize("left", ["", "{", "[1]", '{"runs": 3}'])
def test_a_damaged_file_of_measurements_is_kept_beside(tmp_path, left):
    """And two in one second are: the second took the first one's name."""
    path = tmp_path / "default.json"
    for number in (1, 2):
        path.write_text(left + " " * number)
        assert measurements.earlier_runs(path, {"code": "x"}) == [] and not path.exists()
    assert len(list(tmp_path.iterdir())) == 2


def test_a_picture_of_another_program_is_not_drawn_over(tmp_path, monkeypatch):
    from matplotlib.figure import Figure

    monkeypatch.setattr(table, "figure", lambda _results: Figure())
    (tmp_path / "default.svg").write_text("mine")
    for _again in range(2):
        assert publish.draw({}, tmp_path / "default.json").name == "default.svg"
    assert {p.name for p in tmp_path.iterdir()} == {"default.svg", "default.other.svg"}
    assert (tmp_path / "default.other.svg").read_text() == "mine"
    (tmp_path / "other.svg").mkdir()
    assert code_of(publish.draw, {}, tmp_path / "other.json") == "folder"
