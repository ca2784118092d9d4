"""ModelRunner: the three lines, on the tiny model."""

import errno
import json
from types import SimpleNamespace

import pytest

from labutils import ModelRunner, adapters, config
from labutils.errors import LabError
from labutils.evaluation import score_summaries
from labutils.machine import paths
from labutils.models import fingerprint, is_adapted
from labutils.rouge import PROTOCOL

from toys import code_of

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


@pytest.mark.parametrize(("changes", "code"), [
    ({"limit": 0}, "settings"), ({"limit": -1}, "settings"), ({"limit": "3"}, "settings"), ({"split": "tests"}, "split"),
    ({"seed": -1}, "settings"), ({"seed": 2**32}, "settings"),
])  # fmt: skip
def test_what_cannot_be_evaluated_is_named(runner, toy_task, changes, code):
    """A limit of -1 left the last record out, without a word."""
    assert code_of(runner.evaluate, toy_task, **changes) == code


def test_options_reach_the_answers_or_are_named(runner):
    assert runner(["anna", "ben"], max_new_tokens=2, batch_size=1) == runner(["anna", "ben"], max_new_tokens=2)
    assert code_of(runner, "anna", temperature=0.5) == "settings"
    assert code_of(runner, None) == "prompts"


@pytest.mark.parametrize("name", [None, "", b"pocket-base", 3])
def test_what_is_no_name_of_a_model_is_named(name):
    assert code_of(ModelRunner, name, "pocket") == "model"


@pytest.mark.parametrize(
    "changes", [{"eval_batch_size": 0}, {"batch_size": -1}, {"precision": "fp16"}, {"learning_rate_full": "x"}]
)
def test_a_profile_that_cannot_be_is_named_before_a_model_is_loaded(changes):
    assert code_of(config.profile, "pocket", **changes) in ("settings", "precision")


def test_a_profile_is_a_name_or_a_profile():
    assert code_of(ModelRunner, "pocket-base", None) == "profile"


@pytest.mark.parametrize("call", ["train", "save"])
def test_an_adapter_says_its_bases_name(toy_task, tmp_path, call):
    """It named the folder of one machine."""
    runner = ModelRunner("tuned", "pocket")
    history = runner.train(toy_task, output_dir=tmp_path / "run", method="lora", examples=8, **QUICK)
    folder = history.folder if call == "train" else runner.save(tmp_path / "saved")
    text = (folder / "adapter_config.json").read_text(encoding="utf-8")
    assert json.loads(text)["base_model_name_or_path"] == "pocket-instruct" and str(paths.data_dir()) not in text
    assert is_adapted(ModelRunner(folder, "pocket").model)


def test_what_cannot_be_saved_is_named_and_nothing_is_half_written(runner, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("x")
    assert code_of(runner.save, tmp_path / "file" / "model") == "folder"
    monkeypatch.setattr(paths.shutil, "disk_usage", lambda _path: SimpleNamespace(free=1000))
    assert code_of(runner.save, tmp_path / "model") == "disk" and not (tmp_path / "model").exists()


def test_a_disk_that_fills_up_leaves_the_model_of_before(runner, tmp_path, monkeypatch):
    """The weights were written over the old ones, and what a full disk raises there has many names."""
    saved = runner.save(tmp_path / "saved")
    before = {path.name: path.read_bytes() for path in saved.iterdir()}

    def full(model, folder, *_more):
        folder.mkdir()
        (folder / "model.safetensors").write_bytes(b"half")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(adapters, "save", full)
    assert code_of(runner.save, saved) == "disk"
    assert {path.name: path.read_bytes() for path in saved.iterdir()} == before


def test_nothing_is_saved_over_a_trainings_own_weights(runner, toy_task, tmp_path):
    """The training then passed for damaged, and nothing but resume=False led on."""
    history = runner.train(toy_task, output_dir=tmp_path / "run", examples=8, **QUICK)
    assert code_of(runner.save, history.folder) == "folder"


def test_an_adapter_and_a_whole_model_do_not_share_a_folder(runner, toy_task, tmp_path):
    """A folder with both is loaded as the adapter: the model that was saved last was never seen again."""
    whole, adapter = (tmp_path / name for name in ("whole", "adapter"))
    before = fingerprint(runner.model)
    runner.save(runner.save(whole))  # its own again
    runner.train(toy_task, output_dir=tmp_path / "run", method="lora", examples=8, **QUICK)
    runner.save(runner.save(adapter))
    assert code_of(runner.save, whole) == "folder" and fingerprint(ModelRunner(whole, "pocket").model) == before
    assert code_of(ModelRunner(whole, "pocket").save, adapter) == "folder" and is_adapted(
        ModelRunner(adapter, "pocket").model
    )
