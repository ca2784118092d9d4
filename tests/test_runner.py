"""ModelRunner: the three lines, on the tiny model."""

import pytest

from labutils import ModelRunner
from labutils.errors import LabError
from labutils.evaluation import score_summaries
from labutils.models import fingerprint, is_adapted
from labutils.rouge import PROTOCOL

QUICK = {"epochs": 1, "eval_examples": 2, "precision": "fp32", "batch_size": 8}


@pytest.fixture
def runner(tiny_folder):
    return ModelRunner(tiny_folder, "pocket")


def test_str_in_str_out_list_in_list_out(runner):
    one = runner("anna likes red answer :", max_new_tokens=4)
    assert isinstance(one, str)
    assert runner(["anna likes red answer :", "ben"], max_new_tokens=4)[0] == one


def test_train_evaluate_save_load(runner, toy_task, tmp_path):
    history = runner.train(toy_task, examples=16, output_dir=tmp_path / "run", **QUICK)
    assert history.examples == 16
    scores = runner.evaluate(toy_task, limit=4)
    assert scores["accuracy"].n == 4
    again = ModelRunner(runner.save(tmp_path / "saved"), "pocket")
    assert fingerprint(again.model) == fingerprint(runner.model)


def test_the_readme_s_line_prints_scores_with_their_protocol(runner):
    scores = runner.evaluate("dialogues", limit=3)
    rows = runner.task("dialogues").test[:3]
    references, dialogues = ([row[name] for row in rows] for name in ("references", "dialogue"))
    assert scores == score_summaries(runner.answers("dialogues", limit=3), references, dialogues)
    assert str(scores).splitlines()[-1] == PROTOCOL
    assert "unsupported_names" in str(scores)


def test_lora_is_saved_as_an_adapter(runner, toy_task, tmp_path):
    runner.train(toy_task, output_dir=tmp_path / "run", method="lora", **QUICK)
    assert is_adapted(runner.model)
    again = ModelRunner(runner.save(tmp_path / "saved"), "pocket")
    assert again("anna likes red answer :", max_new_tokens=4) == runner("anna likes red answer :", max_new_tokens=4)


def test_an_interrupted_training_leaves_the_model_it_started_from(runner, toy_task, tmp_path, monkeypatch):
    from labutils.training import loop

    before = fingerprint(runner.model)

    def interrupt(self, *args, **kwargs):
        if self.progress.step == 3:
            raise KeyboardInterrupt
        return step(self, *args, **kwargs)

    step = loop.Loop.step
    monkeypatch.setattr(loop.Loop, "step", interrupt)
    settings = QUICK | {"saves_per_epoch": 2}
    with pytest.raises(KeyboardInterrupt):
        runner.train(toy_task, output_dir=tmp_path / "run", **settings)
    assert fingerprint(runner.model) == before
    monkeypatch.setattr(loop.Loop, "step", step)
    history = runner.train(toy_task, output_dir=tmp_path / "run", **settings)
    assert history.resumed_from == "checkpoint-2"


@pytest.mark.parametrize(("changes", "code"), [
    ({"examples": 9999}, "examples"), ({"examples": 0}, "examples"), ({"learning_rates": 1}, "settings"), ({"method": "qlora"}, "method"),
])  # fmt: skip
def test_wrong_calls_are_named(runner, toy_task, tmp_path, changes, code):
    with pytest.raises(LabError) as caught:
        runner.train(toy_task, output_dir=tmp_path, **changes)
    assert caught.value.code == code


def test_learners_own_dialogues(runner, tmp_path):
    from labutils.dialogues.loading import load_dialogues
    from labutils.tasks import summarization

    path = tmp_path / "mine.csv"
    path.write_text("text,abstract\n" + "".join(f"anna : likes red {i},anna likes {i}\n" for i in range(40)))
    task = summarization(load_dialogues(str(path), columns={"dialogue": "text", "summary": "abstract"}))
    runner.train(task, output_dir=tmp_path / "run", **QUICK)
    assert runner.evaluate(task)["rouge1"].n == len(task.test)
