"""The benchmark at a tiny size: every recipe does the same work, and the tables say what was measured."""

import json

import pytest

from labutils import cli, planner, tasks
from labutils.bench import publish, recipes, suite, table, worker
from labutils.dialogues import load_dialogues
from labutils.i18n import LabError
from labutils.models import load_model

ALONE = next(s for s in suite.specifications(suite.TINY) if s["kind"] == "generate" and s["recipe"] == "ours")


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """A tiny run, all in this process but for one measurement."""
    path, real, patch = tmp_path_factory.mktemp("bench") / "bench.json", suite.measured, pytest.MonkeyPatch()

    def measured(spec):
        if {**spec, "profile": None} == {**ALONE, "profile": None}:
            return real(spec)
        found = worker.measure(spec)
        return found if "peak_mib" not in found else found | {"peak_mib": 1.0}  # nothing is new to this process

    patch.setattr(worker, "matrix_rate", lambda precision: 0.1)
    patch.setattr(suite, "measured", measured)
    try:
        return suite.run(path, suite.TINY)
    finally:
        patch.undo()


def test_every_recipe_is_measured_and_kept(results):
    kinds = [entry["spec"]["kind"] for entry in results["runs"]]
    assert kinds.count("generate") == 3 and kinds.count("score") == 2 and kinds.count("matrix") == 1
    for entry in results["runs"]:
        found = entry["found"]
        assert all(found[name] > 0 for name in ("seconds", "examples_per_s") if entry["spec"]["kind"] != "matrix")
        if entry["spec"]["kind"] == "train":
            assert 0 <= found["padding"] < 1 and found["tflops"] > 0
            assert 0 < found["held_out_loss"] < 12


def test_all_recipes_give_the_same_answers_and_scores(results):
    assert table.same_answers(results)
    scores = [found["rouge1"] for found in table.chosen(results, kind="score")]
    assert scores[0] == pytest.approx(scores[1], abs=0.05)  # the bootstrap's middle against the mean


def test_memory_is_counted_in_a_process_of_its_own(results):
    [found] = [entry["found"] for entry in results["runs"] if entry["spec"] == ALONE]
    assert 40 < found["peak_mib"] < 2000  # the weights alone are 37


def test_padding_is_counted(results):
    found = table.recipes_of(results, "full")
    assert found["reference", "fp32"][0]["padding"] > 0.7 > found["example", "fp32"][0]["padding"]


def test_what_is_known_is_not_measured_again(results, tmp_path, monkeypatch):
    path = tmp_path / "bench.json"
    path.write_text(json.dumps(results | {"runs": results["runs"][:-1]}))
    called = []
    monkeypatch.setattr(suite, "measured", lambda spec: called.append(spec) or results["runs"][-1]["found"])
    assert len(suite.run(path, suite.TINY)["runs"]) == len(results["runs"])
    assert len(called) == 1
    path.write_text(json.dumps(results | {"machine": {"cpu": "another"}}))
    suite.run(path, suite.TINY)
    assert len(called) == 1 + len(results["runs"])


def test_tables_figure_and_document(results, tmp_path, monkeypatch):
    monkeypatch.setattr(publish.runtime, "data_dir", lambda: tmp_path / "data")
    (tmp_path / "data").mkdir()
    target = publish.publish(results)
    text = target.read_text()
    assert "{" not in text and "ours / reference course" in text and "flan-t5-xxl" in text
    assert all(table.markdown((), [row]).splitlines()[-1] in text for row in table.training_rows(results))
    assert list((tmp_path / "data" / "benchmarks").glob("*.json"))
    assert publish.draw(results, tmp_path / "bench.json").read_text().startswith("<?xml")


def test_ratios_are_ours_over_theirs():
    assert table.ratios([{"examples_per_s": 30.0}], [{"examples_per_s": 10.0}]) == [3.0]
    assert table.spread([1.0, 2.0, 3.0]) == "2.0 [1.0, 3.0]" and table.spread([]) == "-"


def test_whoever_learns_less_is_found_out():
    def run(recipe, loss):
        spec = {"kind": "train", "method": "full", "recipe": recipe, "precision": "fp32"}
        return {"spec": spec, "found": {"held_out_loss": loss}}

    same = [run("ours", 4.0), run("example", 4.0)]
    lora = [{"spec": e["spec"] | {"method": "lora"}, "found": e["found"]} for e in same]
    assert table.learned_as_much({"runs": same + lora}) == {"full": True, "lora": True}
    assert table.learned_as_much({"runs": [run("ours", 4.1), *same[1:], *lora]})["full"] is False


def test_other_recipes_get_no_settings_of_ours(monkeypatch):
    monkeypatch.setenv("GOMP_SPINCOUNT", "2000")
    assert "GOMP_SPINCOUNT" not in suite.environment({"recipe": "example"})
    assert suite.environment({"recipe": "ours"})["GOMP_SPINCOUNT"] == "2000"


def test_a_failed_measurement_says_which_and_why():
    with pytest.raises(LabError, match="no shape 'huge'") as error:
        suite.measured({"kind": "train", "recipe": "ours", "shape": "huge"})
    assert error.value.code == "bench"


def test_plans_for_large_models_fit_where_the_table_says():
    rows = table.plan_rows()
    assert [row[0] for row in rows if row[3] == 8] == ["flan-t5-xl", "flan-t5-xxl"]
    assert all(set(row[5].split(", ")) <= {*planner.DEVICES, "none"} for row in rows)


def test_held_out_loss_is_that_of_the_model():
    model, tokenizer = load_model("pocket-instruct")
    task = tasks.summarization(load_dialogues("pocket"))
    [row] = recipes.tokenize(task.validation[:1], tokenizer, task.templates[0])
    batch = {k: v for k, v in recipes.collate([row]).items() if k != "decoder_input_ids"}
    loss = float(model(**batch).loss.detach())
    assert recipes.held_out_loss(model, tokenizer, task, 1) == pytest.approx(loss, rel=1e-5)


def test_the_command_says_what_is_wrong(capsys):
    assert cli.main(["bench", "--tiny", "--shape", "huge"]) == 2
    assert "huge" in capsys.readouterr().err
