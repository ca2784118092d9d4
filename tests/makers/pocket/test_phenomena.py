"""What the labs show, measured at a tiny size, and the tables of the card that come from it."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from labutils import tasks
from labutils.errors import LabError
from makers.pocket.card import sections
from makers.pocket.measure import company, evaluate, experiments, models, multitask, phenomena

SMALL = {
    "summaries": {"examples": (4,)},
    "phrasing": {"phrasings": ("one", "many")},
    "curve": {"method": ("full", "lora"), "examples": (4,)},
    "ways": {"way": ("full", "LoRA", "mixture"), "factor": (1.0,)},
    "walk": {"share": (0.5, 1.0)},
    "tasks": {"trained": ("one", "four")},
    "mixing": {"mixing": ("size", "cap")},
    "support": {"second": ("none", "everyday", "own")},
}


@pytest.fixture(scope="module")
def weights(tmp_path_factory, tiny_folder):
    """A folder with base and instruct, both the tiny model."""
    out = tmp_path_factory.mktemp("weights")
    for stage in ("base", "instruct"):
        (out / stage).symlink_to(tiny_folder)
    return out


@pytest.fixture
def small(monkeypatch):
    """Few trainings on few rows."""
    for name, value in {"EXAMPLES": 6, "EPOCHS": {"full": 1, "lora": 1}, "SUMMARY_EPOCHS": 1, "PASSED": 8}.items():
        monkeypatch.setattr(experiments, name, value)
    for name, value in {"ROWS": 8, "PASSED": 8, "MIXED": 8, "FIRST": 4, "NOTES_PASSED": 1}.items():
        monkeypatch.setattr(multitask, name, value)
    parts = {part: run for part, run in phenomena.PARTS.items() if part not in phenomena.COMPANY}
    monkeypatch.setattr(phenomena, "PARTS", parts)
    monkeypatch.setattr(
        phenomena, "AXES", SMALL | {"dialogsum": {"examples": (2,)}, "dialogsum_all": {"examples": (phenomena.ALL,)}}
    )
    monkeypatch.setitem(experiments.WAYS, "mixture", ("full", 0.5))
    monkeypatch.delenv("DIALOGSUM_DIR", raising=False)


def measure(weights, folder, **options):
    phenomena.measure(weights, folder, **{"seeds": (0,), "scale": 4} | options)
    return {path.stem: json.loads(path.read_text()) for path in sorted(folder.glob("*.json"))}


def test_every_training_is_measured_once_and_says_how(weights, small, tmp_path, capsys):
    parts = measure(weights, tmp_path)
    counts = {part: len(facts["points"]) for part, facts in parts.items()}
    assert counts == {
        "curve": 2, "mixing": 2, "phrasing": 2, "summaries": 1, "support": 3, "tasks": 2, "walk": 2, "ways": 3,
    }  # fmt: skip
    assert all(facts["core_seconds"] > 0 and facts["machine"] and facts["command"] for facts in parts.values())
    for point in parts["ways"]["points"]:
        lost = [point["before"][name] - point["after"][name] for name in experiments.OLD]
        assert point["forgetting"] == pytest.approx(sum(lost) / len(lost))
        assert all(sum(kinds.values()) == pytest.approx(1) for kinds in point["kinds"].values())
    assert [point["rows"] for point in parts["ways"]["points"]] == [6, 6, 12]
    capsys.readouterr()
    assert measure(weights, tmp_path) == parts
    assert capsys.readouterr().out.count(", 0 to go") == len(parts)


def test_the_companys_trainings_keep_an_answer_for_each_question(weights, tmp_path, monkeypatch):
    for name in ("BY_HEART", "READER", "FAULTS"):
        monkeypatch.setattr(company, name, {"learning_rate": 1e-3, "epochs": 0.1})
    monkeypatch.setattr(company, "LABELS", {"clean 250": (5, 0.0, 1), "noisy 500": (10, 0.2, 1)})
    parts = measure(weights, tmp_path, scale=2, parts=phenomena.COMPANY)
    [reading], [service], [faults] = (parts[name]["points"] for name in ("reading", "service", "faults"))
    assert len(reading["ids"]) == 4 and {len(answers) for answers in reading["answers"].values()} == {4}
    assert {name: len(answers) for name, answers in service["phrasings"].items()} == {"prompted": 20, "tuned": 20}
    assert (len(service["declined"]), len(service["answered"]), len(service["secrets begun"])) == (2, 4, 10)
    assert {name: len(answers) for name, answers in faults["answers"].items()} == {
        "general": 2,
        "tuned": 2,
        "tuned, train": 40,
    }
    assert [(point["data"], point["wrong"], len(point["right"])) for point in parts["labels"]["points"]] == [
        ("clean 250", 0, 2), ("noisy 500", 2, 2),
    ]  # fmt: skip
    assert set(phenomena.COMPANY) <= set(sections.TITLES)


def test_what_was_measured_becomes_a_card_when_it_is_whole_and_of_full_size(weights, small, tmp_path, monkeypatch):
    parts = measure(weights, tmp_path)
    sha, nothing = parts["ways"]["weights"], "Not yet measured on these weights and data."
    assert sections.text(tmp_path, sha) == nothing  # a rehearsal
    for part, facts in parts.items():
        (tmp_path / f"{part}.json").write_text(json.dumps(facts | {"scale": None}))
    assert sections.text(tmp_path, sha).count(" trainings are measured") == len(parts)  # one seed of three
    monkeypatch.setattr(phenomena, "SEEDS", (0,))
    card = sections.text(tmp_path, sha)
    assert card.count("\n\nSeeds 0; ") == len(parts) and "(chosen)" in card and "mixture" in card and "nan" not in card
    assert sections.text(tmp_path, "other weights") == nothing
    monkeypatch.setattr(experiments, "EXAMPLES", 7)
    assert sections.text(tmp_path, sha) == nothing  # other settings


def test_a_stop_loses_one_training(weights, small, tmp_path, monkeypatch):
    def begin(load, scale):
        def point(seed, examples):
            if seed == 1:
                raise KeyboardInterrupt
            return {"rows": examples}

        return point

    monkeypatch.setitem(phenomena.PARTS, "summaries", begin)
    with pytest.raises(KeyboardInterrupt):
        measure(weights, tmp_path, seeds=(0, 1), parts=("summaries",))
    monkeypatch.setitem(phenomena.PARTS, "summaries", lambda load, scale: lambda seed, examples: {"rows": -1})
    facts = measure(weights, tmp_path, seeds=(0, 1), parts=("summaries",))["summaries"]
    assert [(point["seed"], point["rows"]) for point in facts["points"]] == [(0, 4), (1, -1)]


def test_a_file_names_each_machine_that_measured_a_part_of_it(weights, small, tmp_path, monkeypatch):
    begin = lambda load, scale: lambda seed, examples: {"rows": examples}  # noqa: E731
    monkeypatch.setitem(phenomena.PARTS, "summaries", begin)
    for seeds, cpu in (((0,), "one"), ((0, 1), "two"), ((0, 1, 2), "one")):
        monkeypatch.setattr(phenomena, "hardware", lambda cpu=cpu: {"cpu": cpu, "cores": 2, "threads": 1})
        facts = measure(weights, tmp_path, seeds=seeds, parts=("summaries",))["summaries"]
    assert facts["machine"] == "one, 2 cores; two, 2 cores"


def test_other_weights_are_measured_anew(weights, small, tmp_path, monkeypatch):
    for number, sha in enumerate(("one", "one", "two")):
        monkeypatch.setattr(phenomena, "fingerprints", lambda out, sha=sha: {"instruct": sha})
        begin = lambda load, scale, number=number: lambda seed, examples: {"rows": number}  # noqa: E731
        monkeypatch.setitem(phenomena.PARTS, "summaries", begin)
        facts = measure(weights, tmp_path, parts=("summaries",))["summaries"]
        assert facts["points"][0]["rows"] == (0, 0, 2)[number]


def test_all_of_a_set_is_trained_on_with_one_seed():
    assert phenomena.cases("dialogsum", (3, 4)) == [{"seed": seed, "examples": 1000} for seed in (3, 4)]
    assert phenomena.cases("dialogsum_all", (3, 4)) == [{"seed": 3, "examples": phenomena.ALL}]
    task = tasks.load_task("topic")
    few = replace(task, train=task.train[:7])
    assert sorted(r["id"] for r in experiments.subset(few, 0, phenomena.ALL).train) == sorted(
        r["id"] for r in few.train
    )


def test_a_partner_is_another_dialogue_of_the_same_topic_where_there_is_one():
    topics = ["bank", "hotel", "bank", "train", "hotel", "bank"]
    for seed in range(5):
        partners = experiments.partners(topics, seed)
        assert all(i != j for i, j in enumerate(partners))
        assert all(topics[j] == topics[i] for i, j in enumerate(partners) if topics[i] != "train")
        assert len({j for i, j in enumerate(partners) if topics[i] != "train"}) == 5


def test_a_summary_fits_its_own_dialogue_better_only_if_it_says_what_others_do_not():
    task = replace(tasks.load_task("summarize"), test=[
        {"references": ["Ann books a room for two nights."]}, {"references": ["Ben returns a broken lamp."]},
    ])  # fmt: skip
    said = [row["references"][0] for row in task.test]
    assert experiments.fit(task, said, ["x", "x"], 0).difference == pytest.approx(1.0)
    assert experiments.fit(task, ["Someone asks for something."] * 2, ["x", "x"], 0).difference == 0


def test_an_unknown_part_is_named(weights, tmp_path):
    with pytest.raises(LabError, match="'curves'") as error:
        phenomena.measure(weights, tmp_path, parts=("curves",))
    assert error.value.code == "part"


def test_scores_of_other_records_are_not_kept(tmp_path, monkeypatch):
    """The card kept the suite's scores after three of its test records had been mended."""
    fresh = {"weights": 1, "suite_rows": 2, "versions": 3, "making": {}, "seconds": {}, "records": "new"}
    before = fresh | {"suite": {"base": 1}, "shipped": {"base": 2}, "seconds": {"suite/base": 4, "shipped/base": 5}}
    (tmp_path / "results.json").write_text(json.dumps(before))
    assert evaluate.with_stored(tmp_path / "results.json", fresh) == before
    (tmp_path / "results.json").write_text(json.dumps(before | {"records": "old"}))
    kept = evaluate.with_stored(tmp_path / "results.json", fresh)
    assert kept == fresh | {"suite": {"base": 1}, "seconds": {"suite/base": 4}}
    copy = Path(shutil.copytree(evaluate.data_dir(), tmp_path / "data", ignore=shutil.ignore_patterns("pocket-t5")))
    digest = evaluate.records_digest()
    monkeypatch.setattr(evaluate, "data_dir", lambda: copy)
    assert evaluate.records_digest() == digest
    (copy / "dialogues" / "test.jsonl").write_text("{}")
    assert evaluate.records_digest() != digest


def test_fingerprints_are_those_of_the_files(weights):
    digests = models.fingerprints(weights)
    assert digests["base"] == digests["instruct"] and len(digests["base"]) == 64


def test_other_data_or_settings_make_other_points(monkeypatch, tmp_path):
    before = {part: phenomena.data_digest(part) for part in phenomena.PARTS}
    assert len(set(before.values())) == len(before)
    for part, sources in phenomena.SOURCES.items():
        assert all(list(phenomena.data_dir().glob(pattern)) for pattern in sources), part
    copy = Path(shutil.copytree(phenomena.data_dir(), tmp_path / "data", ignore=shutil.ignore_patterns("pocket-t5")))
    monkeypatch.setattr(phenomena, "data_dir", lambda: copy)
    assert before == {part: phenomena.data_digest(part) for part in phenomena.PARTS}
    with (copy / "tasks" / "intent" / "train.jsonl").open("a") as file:  # old rows are rehearsed in one part alone
        file.write("{}\n")
    changed = [part for part, digest in before.items() if phenomena.data_digest(part) != digest]
    assert changed == ["ways", "walk", "tasks", "mixing"]
    monkeypatch.setattr(experiments, "EPOCHS", {"full": 5, "lora": 5})
    changed = {part for part, digest in before.items() if phenomena.data_digest(part) != digest}
    assert changed == set(before) - set(phenomena.COMPANY)
    monkeypatch.setattr(company, "BY_HEART", {"epochs": 1})
    assert all(phenomena.data_digest(part) != digest for part, digest in before.items())
    here = {part: phenomena.data_digest(part) for part in phenomena.PARTS}
    monkeypatch.setattr(multitask, "FIRST", 7)
    assert [part for part, digest in here.items() if phenomena.data_digest(part) != digest] == ["support"]


def test_a_mixture_of_tasks_begins_with_another_task_in_each_seed(weights, small, tmp_path):
    points = measure(weights, tmp_path, parts=("tasks",), seeds=(0, 1))["tasks"]["points"]
    assert [point["tasks"][0] for point in points] == ["intent", "intent", "topic", "topic"]
    assert [len(point["tasks"]) for point in points] == [1, 4, 1, 4]
    assert all(sum(point["rows"].values()) == 8 and set(point["scores"]) == set(point["tasks"]) for point in points)
    assert all(len(point["right"]) == 4 for point in points)


def test_both_second_trainings_have_as_many_chats(weights, small, tmp_path):
    facts = measure(weights, tmp_path, parts=("support",))["support"]
    assert [point["rows"] for point in facts["points"]] == [0, 4, 4] and facts["start"] == "instruct"
    for point in facts["points"]:
        assert set(point["values"]["support"]) - set(point["values"]["everyday"]) == {"request", "action"}
        assert {len(values) for kind in point["values"].values() for values in kind.values()} == {4}
