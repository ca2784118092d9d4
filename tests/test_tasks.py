"""The task suite: records, targets, metrics."""

import dataclasses

import datasets
import numpy as np
import pytest

from labutils import tasks
from labutils.dialogues import load_dialogues
from labutils.errors import LabError
from labutils.evaluation import metrics, score_summaries
from labutils.evaluation.metrics import f1, parse_entities
from labutils.tasks import load_task, normalize


@pytest.mark.parametrize("name", tasks.names())
def test_the_right_answers_score_one(name):
    task = load_task(name)
    few = task.test[:20]
    scores = task.score([task.target(record) for record in few])
    if name == "summarize":  # one of three references, measured by all three
        assert 0.3 < scores[task.metric].value <= 1
    else:
        assert scores[task.metric].value == 1
    assert scores[task.metric].n == len(few)


@pytest.mark.parametrize("name", tasks.names())
def test_every_record_fits_every_template(name):
    task = load_task(name)
    for split in ("train", "validation", "test"):
        assert task.split(split)
        for i in range(len(task.templates)):
            record = task.split(split)[0]
            assert task.target(record, i).strip()
            assert task.prompt(record, i).strip()
    if task.labels:
        assert {task.target(record) for record in task.test} <= set(task.labels)


def test_unknown_names_are_errors():
    for call, code in ((lambda: load_task("nothing"), "task"), (lambda: load_task("summarize").split("dev"), "split"),
                       (lambda: load_task("topic", "odd"), "register")):  # fmt: skip
        with pytest.raises(LabError) as caught:
            call()
        assert caught.value.code == code


@pytest.mark.parametrize("name", ["topic", "intent", "questions", "entities"])
def test_registers_are_parts_of_all(name):
    rich, plain, every = (load_task(name, register) for register in ("rich", "plain", "all"))
    assert load_task(name).test == load_task(name, tasks.REGISTER).test
    for split in ("train", "validation", "test"):
        assert rich.split(split) + plain.split(split) == every.split(split)
        assert {row["register"] for row in plain.split(split)} == {"plain"}
    assert len(plain.validation) == 40
    assert plain.labels == rich.labels


def test_a_task_of_one_register_is_the_same_in_every_register():
    assert load_task("opinions", "plain").train == load_task("opinions", "rich").train
    assert load_task("opinions").labels == ("negative", "positive")


def test_a_wrong_number_of_predictions_is_an_error():
    task = load_task("summarize")
    with pytest.raises(LabError) as caught:
        task.values(["a"], task.test[:2])
    assert caught.value.code == "lengths"


@pytest.mark.parametrize("name", tasks.names())
def test_scores_say_by_which_protocol(name):
    task = load_task(name).take(test=3)
    scores = task.score([task.target(record) for record in task.test])
    assert scores.protocol and scores.protocol in str(scores)


def test_dialogues_are_scored_as_summaries_are():
    task = load_task("summarize").take(test=12)
    references, dialogues = ([row[name] for row in task.test] for name in ("references", "dialogue"))
    answers = [group[-1] + " Ask Zoltan." for group in references]
    scores = task.score(answers, seed=3)
    assert scores == score_summaries(answers, references, dialogues, seed=3)
    assert {"rouge1", "length_words", "unsupported_names"} < set(scores) and scores["unsupported_names"].value >= 1
    assert set(task.values(answers, task.test)) == {"rouge1", "rouge2", "rougeL", "rougeLsum"}  # what training logs


def test_accuracy_is_one_function():
    task = load_task("intent").take(test=20)
    answers = ["  " + task.target(record).upper() + "." for record in task.test[:10]] + ["nothing"] * 10
    targets = [task.target(record) for record in task.test]
    assert (task.values(answers, task.test)["accuracy"] == metrics.accuracy_values(answers, targets)).all()
    assert task.score(answers)["accuracy"].value == 0.5


@pytest.mark.parametrize(
    "change",
    [
        lambda rows: rows.pop("references"),
        lambda rows: rows.pop("summary"),
        lambda rows: rows.update(references=["s"]),  # a text where a list of texts is wanted
        lambda rows: rows.update(references=[[]]),
        lambda rows: rows.update(dialogue=[None]),
    ],
)
@pytest.mark.parametrize("split", ["train", "validation", "test"])
def test_a_data_set_without_what_is_scored_fails_before_any_training(change, split):
    good = {"id": ["1"], "dialogue": ["A: Hi."], "summary": ["s"], "references": [["s"]]}
    columns = {name: dict(good) for name in ("train", "validation", "test")}
    change(columns[split])
    data = datasets.DatasetDict({name: datasets.Dataset.from_dict(rows) for name, rows in columns.items()})
    with pytest.raises(LabError) as caught:
        tasks.summarization(data)
    assert caught.value.code == "dataset" and split in str(caught.value)


def test_what_is_no_data_set_of_dialogues_fails_before_any_training():
    rows = datasets.Dataset.from_dict({"dialogue": ["A: Hi."], "summary": ["s"], "references": [["s"]]})
    for data in (
        None,
        3,
        "pocket",
        [],
        {},
        rows,
        {"train": rows},
        {"train": [], "validation": rows, "test": rows},
        {"train": [3]},
    ):
        with pytest.raises(LabError) as caught:
            tasks.summarization(data)
        assert caught.value.code == "dataset"
    assert tasks.summarization({"train": rows, "validation": rows.to_list(), "test": rows}).validation == rows.to_list()


def test_support_is_scored_as_summaries_are_and_by_its_fields():
    task = load_task("support").take(train=4, validation=4, test=4)
    plain = load_task("summarize").take(train=4, validation=4, test=4)
    record = task.test[0]
    assert (task.name, record["references"]) == ("support", [task.target(record)])
    assert plain.prompt(record) == task.prompt(record), "a model that learned to summarize is asked as it knows"
    names = {"rouge1", "rouge2", "rougeL", "rougeLsum", "request", "action"}
    assert set(task.values([""], [record])) == names
    right, wrong = (task.score([text] * 4) for text in (task.target(record), "Nobody said it."))
    assert set(right) == names | {"length_words", "unsupported_names"}
    assert all(task.values([task.target(record)], [record])[name] == 1 for name in names)
    assert wrong["request"].value == wrong["action"].value == 0 < right["request"].value
    assert wrong.protocol.startswith(plain.protocol)


def test_a_data_set_of_ones_own_becomes_a_task_through_load_dialogues():
    rows = datasets.Dataset.from_dict({"text": [f"A: {i}" for i in range(9)], "gold": ["s"] * 9})
    task = tasks.summarization(load_dialogues(rows, columns={"dialogue": "text", "summary": "gold"}))
    assert len(task.train) + len(task.validation) + len(task.test) == 9 and task.test[0]["references"] == ["s"]


@pytest.mark.parametrize("value", [None, 3, "x", ["x"], {}, np.array([1, 2])], ids=repr)
@pytest.mark.parametrize("part", ["train", "validation", "test", "templates", "measure"])
def test_a_task_of_ones_own_without_records_templates_or_measure_is_named(part, value):
    with pytest.raises(LabError) as caught:
        dataclasses.replace(load_task("topic"), **{part: value})
    assert caught.value.code == "task"


@pytest.mark.parametrize("values", [None, [1.0], {"accuracy": 1.0}, {"accuracy": [1.0, 2.0]}, {"accuracy": None}])
def test_a_measure_of_ones_own_that_gives_other_numbers_of_values_is_named(values):
    task = dataclasses.replace(load_task("topic"), measure=lambda predictions, rows: values)
    with pytest.raises(LabError) as caught:
        task.values(["x"], task.test[:1])
    assert caught.value.code == "measure"


def test_take_cuts_splits():
    task = load_task("summarize").take(train=3, test=2)
    assert len(task.train) == 3 and len(task.test) == 2 and len(task.validation) > 3


def test_answers_are_compared_without_case_and_outer_punctuation():
    assert normalize(' "Positive."\n') == "positive"


def test_f1_counts_repeats():
    assert f1([], []) == 1 and f1(["a"], []) == 0
    assert f1(["a", "a"], ["a"]) == pytest.approx(2 / 3)


def test_f1_of_words_keeps_a_time_whole():
    assert metrics.token_f1("At 7:30.", "7:30") == pytest.approx(2 / 3)
    assert metrics.token_f1("7 30", "7:30") == 0


def test_entities_are_read_with_their_types():
    assert parse_entities("person: Ana; pet: Charlie") == [("person", "ana"), ("pet", "charlie")]
    assert parse_entities("no entities here") == []
