"""labutils.forgetting: the matrix, what answers are made of, weights between two models, gain against forgetting."""

import copy
import dataclasses
import hashlib
import json

import numpy as np
import pytest
import torch

from labutils import log
from labutils.errors import LabError
from labutils.forgetting import (  # fmt: skip
    KINDS,
    LIKELIHOOD,
    Answers,
    Matrix,
    answer_kinds,
    interpolate,
    majority,
    mean_change,
    mixture,
    stored,
    trade_off,
)

from toys import make_tiny_model, word_tokenizer


@pytest.fixture
def old(toy_task):
    return dataclasses.replace(toy_task, name="old", labels=("anna red", "ben blue"))


def cells(task, **columns):
    """A matrix whose values are given: task -> checkpoint -> list."""
    matrix = Matrix([dataclasses.replace(task, name=name) for name in columns])
    for name, by_checkpoint in columns.items():
        for checkpoint, values in by_checkpoint.items():
            matrix.cells[name, checkpoint] = Answers(["x"] * len(values), np.array(values, dtype=float))
            matrix.checkpoints += [checkpoint] if checkpoint not in matrix.checkpoints else []
    return matrix


def test_a_matrix_measures_each_checkpoint_on_the_same_records(old, tiny):
    model, tokenizer = tiny
    matrix = Matrix([old, dataclasses.replace(old, name="new")]).add("one", model, tokenizer)
    matrix.add("other", make_tiny_model(seed=5), tokenizer)
    assert matrix.table().shape == (2, 2) and list(matrix.table()) == ["one", "other"]
    assert matrix["old", "one"].texts == matrix["new", "one"].texts
    assert len(matrix["old", "one"].values) == len(old.test)
    change = matrix.change("old", "one", "other")
    assert change.difference == pytest.approx(matrix.table().loc["old", "other"] - matrix.table().loc["old", "one"])


def test_by_likelihood_every_answer_is_a_label_and_tasks_without_labels_are_left_out(old, tiny, caplog):
    log.once.cache_clear()
    free = dataclasses.replace(old, name="free", labels=())
    matrix = Matrix([old, free], by=LIKELIHOOD).add("one", *tiny)
    Matrix([old, free], by=LIKELIHOOD)
    Matrix([old, free])  # generated answers need no label
    assert [record.getMessage().rpartition(": ")[2] for record in caplog.records] == ["free"]
    assert list(matrix.tasks) == ["old"]
    assert set(matrix["old", "one"].texts) <= set(old.labels)


@pytest.mark.parametrize(
    ("code", "wrong"),
    [
        ("by", lambda task, model: Matrix([task], by="guess")),
        ("labels", lambda task, model: Matrix([dataclasses.replace(task, labels=())], by=LIKELIHOOD)),
        ("checkpoint_twice", lambda task, model: Matrix([task]).add("a", *model).add("a", *model)),
        ("cell", lambda task, model: Matrix([task])["old", "b"]),
        ("old_tasks", lambda task, model: trade_off(cells(task, new={"a": [0], "b": [1]}), "a", "b", "new")),
    ],
)
def test_mistakes_have_one_clear_error(code, wrong, old, tiny):
    with pytest.raises(LabError) as error:
        wrong(old, tiny)
    assert error.value.code == code


def test_the_majority_answer_is_chosen_on_train(old):
    answers = majority(old)
    assert len(set(answers.texts)) == 1 and len(answers.values) == len(old.test)
    targets = [old.target(record) for record in old.train]
    assert targets.count(answers.texts[0]) == max(map(targets.count, targets))


def test_wrong_answers_are_the_new_tasks_or_invalid_or_merely_wrong(old):
    answers = Answers(["anna red", "Positive.", "", "mumble", "ben blue"], np.array([1.0, 0, 0, 0, 0]))
    shares = answer_kinds(old, answers, ["positive", "negative"])
    assert shares == {"right": 0.2, "new task's": 0.2, "invalid": 0.4, "wrong": 0.2}
    assert tuple(shares) == KINDS
    entities = dataclasses.replace(old, name="entities", labels=())
    answers = Answers(["pet: Charlie", "person: Charlie", "none", "Charlie", "positive"], np.array([1.0, 0, 0, 0, 0]))
    shares = answer_kinds(entities, answers, ["positive"])
    assert shares == {"right": 0.2, "new task's": 0.2, "invalid": 0.2, "wrong": 0.4}


def test_a_new_task_without_labels_is_recognised_by_a_function(old):
    answers = Answers(["#Person1# asks for a room.", "mumble"], np.zeros(2))
    shares = answer_kinds(old, answers, lambda text: text.startswith("#person1#"))
    assert shares["new task's"] == shares["invalid"] == 0.5


def test_an_old_label_that_the_new_task_shares_is_not_counted_as_the_new_tasks(old):
    shares = answer_kinds(old, Answers(["ben blue"], np.array([0.0])), ["ben blue"])
    assert shares["wrong"] == 1


def test_the_ends_of_an_interpolation_are_exact_and_the_middle_lies_between():
    before, after = (make_tiny_model(seed=seed).state_dict() for seed in (0, 1))
    model = make_tiny_model(seed=2)
    for share, wanted in ((0, before), (1, after)):
        interpolate(model, before, after, share)
        assert all(torch.equal(value, wanted[name]) for name, value in model.state_dict().items())
    kept = copy.deepcopy(before)
    interpolate(model, before, after, 0.25)
    name = "encoder.block.0.layer.0.SelfAttention.q.weight"
    assert torch.allclose(model.state_dict()[name], 0.75 * before[name] + 0.25 * after[name])
    assert all(torch.equal(value, kept[name]) for name, value in before.items())
    with pytest.raises(LabError) as error:
        interpolate(model, {**before, "more": before[name]}, after, 0.5)
    assert error.value.code == "states"


def test_gain_and_forgetting_are_paired_means_with_intervals(old):
    many = 40
    matrix = cells(
        old,
        new={"before": [0] * many, "after": [1] * 30 + [0] * 10},
        first={"before": [1] * many, "after": [1] * 20 + [0] * 20},
        second={"before": [1] * many, "after": [1] * many},
    )
    point = trade_off(matrix, "before", "after", "new", "full")
    assert point.name == "full"
    assert point.gain.value == pytest.approx(0.75)
    assert point.forgetting.value == pytest.approx(0.25)
    assert point.forgetting.low < 0.25 < point.forgetting.high
    same = trade_off(matrix, "before", "after", "new")
    assert (same.forgetting.low, same.forgetting.high) == (point.forgetting.low, point.forgetting.high)


def test_a_mean_change_weighs_tasks_alike_and_pairs_records(old):
    matrix = cells(
        old, few={"a": [1] * 4, "b": [0] * 4}, many={"a": [1] * 40, "b": [1] * 40}, other={"a": [0], "b": [1]}
    )
    lost = mean_change(matrix, ["few", "many"], "a", "b")
    assert (lost.value, lost.low, lost.high, lost.n) == (-0.5, -0.5, -0.5, 44)
    assert mean_change(matrix, ["few", "many", "other"], "a", "b").value == pytest.approx(0)
    with pytest.raises(LabError) as error:
        mean_change(matrix, [], "a", "b")
    assert error.value.code == "old_tasks"


# --- rehearsal and mixtures ----------------------------------------------------------------------------------------
@pytest.mark.parametrize(("share", "rows"), [(0, 0), (0.2, 10), (0.5, 40), (2 / 3, 80), (0.8, 160)])
def test_the_share_of_a_mixture_is_of_all_rows_and_even_over_the_old_tasks(toy_task, old, share, rows):
    mixed = mixture(toy_task, [old, dataclasses.replace(old, name="other")], share)
    tasks = [row["task"] for row in mixed.train]
    assert len(tasks) == len(toy_task.train) + rows and tasks.count("toy") == len(toy_task.train)
    assert tasks.count("old") == tasks.count("other") == rows / 2  # 80 of 40 records each: each comes twice
    assert len(mixed.validation) == len(toy_task.validation) and len(mixed.test) == len(toy_task.test)


def test_an_old_task_without_records_is_named_and_not_left_out(toy_task, old):
    """Its rows were missing without a word, so that the share was less than what was asked for."""
    with pytest.raises(LabError) as error:
        mixture(toy_task, [old, dataclasses.replace(old, name="other", train=[])], 0.5)
    assert error.value.code == "no_data" and "other" in str(error.value)


def test_rows_of_a_mixture_read_as_their_own_task_does(toy_task, old):
    again = dataclasses.replace(old.templates[0], prompt="again {{ text }}")
    old = dataclasses.replace(old, templates=[*old.templates, again])
    mixed = mixture(toy_task, [old], 0.5)
    ours = [row for row in mixed.train if row["task"] == "old"]
    assert len({row["id"] for row in ours}) == len(ours) == 40  # none twice as long as there are others
    assert sum(mixed.prompt(row).startswith("again ") for row in ours) == 20
    assert all(mixed.target(row) == row["answer"] for row in ours)
    assert [mixed.prompt(row) for row in mixed.test] == [toy_task.prompt(row) for row in toy_task.test]
    answers = [toy_task.target(row) for row in toy_task.validation]
    assert mixed.values(answers, mixed.validation)["accuracy"].all()
    assert mixture(toy_task, [old], 0.5, seed=1).train != mixed.train == mixture(toy_task, [old], 0.5).train


@pytest.mark.parametrize(("share", "names"), [(1, ["old"]), (-0.1, ["old"]), (0.5, [])])
def test_a_share_that_cannot_be_is_refused(toy_task, old, share, names):
    with pytest.raises(LabError) as error:
        mixture(toy_task, [old] * len(names), share)
    assert error.value.code == "share"


def test_what_the_project_stored_is_there_or_none(tmp_path, monkeypatch):
    from labutils.machine import paths

    monkeypatch.setattr(paths, "data_dir", lambda: tmp_path)
    assert stored("curve") is None
    (tmp_path / "trainings").mkdir()
    (tmp_path / "pocket-t5" / "instruct").mkdir(parents=True)
    (tmp_path / "pocket-t5" / "instruct" / "model.safetensors").write_bytes(b"weights")
    points = [{"seed": seed, "examples": size} for seed in (0, 1, 2) for size in (50, 100)]
    facts = {"command": "x", "weights": hashlib.sha256(b"weights").hexdigest(), "scale": None, "points": points}

    def there(seeds=2, **changed):
        (tmp_path / "trainings" / "curve.json").write_text(json.dumps(facts | changed))
        return stored("curve", seeds)

    assert there() == facts
    assert there(weights="others") is None
    assert there(scale=4) is None
    assert there(points=points[:-1]) is None and there(points=points[:3]) is None and there(points=[]) is None
    assert there(points=points[:2]) is None  # one seed: no "better" rests on it
    assert there(1, points=points[:2]) and there(1, points=points[:3]) is None and there(1, points=[]) is None


def test_a_model_answers_like_itself(old):
    """Nothing is forgotten where nothing was trained."""
    matrix = Matrix([old, dataclasses.replace(old, name="new")])
    matrix.add("before", make_tiny_model(), word_tokenizer()).add("after", make_tiny_model(), word_tokenizer())
    point = trade_off(matrix, "before", "after", "new")
    assert (point.gain.value, point.forgetting.value) == (0, 0)
