"""Checkpoints that are damaged, gone or of another training: never used, and nothing good is lost with them."""

import json
import shutil

import pytest
import torch

from labutils.errors import LabError
from labutils.models import fingerprint, load_model
from labutils.training import checkpoints, loop, validation

from damage import WAYS, cut, deleted, flipped
from stopped import again, uneven_task
from toys import make_tiny_model, tune, word_tokenizer

pytestmark = pytest.mark.usefixtures("few_objects")


def files_of(path):
    return sorted(p.relative_to(path).as_posix() for p in path.rglob("*") if p.is_file() and p.stat().st_size)


def outcome(source, name, spoil, expected, path):
    """Spoil one file of a copy, call the training again -> True (the same weights), False, or the code of the error."""
    shutil.copytree(source, path)
    spoil(path / name)
    try:
        return fingerprint(again(path).model) == expected
    except LabError as error:
        assert (path / name).exists() or spoil is deleted  # nothing is removed because it is damaged
        return error.code
    finally:
        shutil.rmtree(path)


@pytest.mark.parametrize("spoil", WAYS)
def test_every_damaged_file_of_a_finished_training_is_noticed(spoil, whole, tmp_path):
    """A flipped bit in the finished weights was loaded without a word."""
    expected, finished, _interrupted = whole
    outcomes = {name: outcome(finished, name, spoil, expected, tmp_path / "run") for name in files_of(finished)}
    assert set(outcomes.values()) <= {True, "damaged", "foreign"}, outcomes
    assert outcomes["best/model.safetensors"] == "damaged"
    assert outcomes["run.json"] is True and outcomes["finished.json"] is True, outcomes


@pytest.mark.parametrize("spoil", WAYS)
def test_every_damaged_file_of_a_trained_model_is_noticed_when_it_is_loaded(spoil, whole, tmp_path):
    """ModelRunner(folder / "best") took a flipped bit without a word; what its user wrote beside it is no damage."""
    names = files_of(whole[1] / "best")
    for name in names:
        path = tmp_path / name
        shutil.copytree(whole[1] / "best", path)
        (path / "README.md").write_text("mine")
        spoil(path / name)
        if (path / checkpoints.SEAL).exists():
            with pytest.raises(LabError) as caught:
                load_model(path)
            assert caught.value.code == "damaged", name
    shutil.copytree(whole[1] / "best", tmp_path / "whole")
    (tmp_path / "whole" / "README.md").write_text("mine")
    assert fingerprint(load_model(tmp_path / "whole")[0]) == whole[0]


@pytest.mark.parametrize("spoil", WAYS)
def test_every_damaged_file_of_a_checkpoint_is_noticed_before_it_is_gone_on_from(spoil, whole, tmp_path):
    for name in files_of(whole[2]):
        path = tmp_path / "run"
        shutil.copytree(whole[2], path)
        newest, older = checkpoints.all_checkpoints(path)
        run = checkpoints.manifest(newest)["run"]
        spoil(path / name)
        good = checkpoints.last_good(path, run)[0]
        assert good == {newest.name: older, older.name: newest}.get(name.split("/")[0], newest) or (
            good is None and name.startswith(older.name)  # it holds the best until then
        ), name
        shutil.rmtree(path)


@pytest.mark.parametrize("turn", range(len(WAYS)))
def test_every_damaged_file_of_an_interrupted_training_ends_in_the_right_weights(turn, whole, tmp_path):
    """Each file in each of the five ways: the same weights in the end, and never a traceback of others."""
    expected, _finished, interrupted = whole
    names = files_of(interrupted)
    ways = {name: WAYS[(place + 2 * turn) % len(WAYS)] for place, name in enumerate(names)}
    outcomes = {n: outcome(interrupted, n, way, expected, tmp_path / "run") for n, way in ways.items()}
    unmarked = [name for name, way in ways.items() if way is deleted and name.endswith(checkpoints.SEAL)]
    assert all(outcomes.pop(name) == "foreign" for name in unmarked)  # it bears no mark of ours any more
    assert set(outcomes.values()) == {True}, outcomes


@pytest.mark.parametrize("spoil", WAYS)
def test_what_a_kill_left_ends_in_the_right_weights_whatever_befell_it(spoil, whole, tmp_path):
    """A checkpoint that was being written, and the name of who held the folder."""
    expected, _finished, interrupted = whole
    killed = tmp_path / "killed"
    shutil.copytree(interrupted, killed)
    half = shutil.copytree(killed / "checkpoint-12", killed / "checkpoint-18.partial")
    (half / checkpoints.SEAL).unlink()
    (killed / "training.lock.json").write_text('{"pid": 4194304, "host": "elsewhere"}')
    left = ["training.lock.json", *(f"{half.name}/{n}" for n in ("model.safetensors", checkpoints.PROGRESS))]
    outcomes = {name: outcome(killed, name, spoil, expected, tmp_path / "run") for name in left}
    assert outcomes.pop("training.lock.json") in (True, "foreign")  # it may be another program's then
    assert set(outcomes.values()) == {True}, outcomes


@pytest.mark.parametrize("gone", ["best", "checkpoint-12", "checkpoint-6", "run.json"])
def test_a_folder_that_is_gone_costs_time_and_no_truth(gone, whole, tmp_path):
    expected, _finished, interrupted = whole
    path = tmp_path / "run"
    shutil.copytree(interrupted, path)
    if (path / gone).is_dir():
        shutil.rmtree(path / gone)
    else:
        (path / gone).unlink(missing_ok=True)
    assert fingerprint(again(path).model) == expected


def test_the_checkpoint_before_a_damaged_one_still_has_its_best(tmp_path, monkeypatch):
    """Once a newer checkpoint was the best, the older's best was removed, and a damaged newest cost the whole training."""
    scores, path = iter([0.3, 0.2, 0.9, 0.95]), tmp_path / "run"
    monkeypatch.setattr(
        validation.Validation, "measure", lambda self: ({"eval_loss": 1.0, "eval_accuracy": next(scores)}, 0.0)
    )
    step = loop.Loop.step

    def interrupt(self, *args):
        if self.progress.step == 19:
            raise KeyboardInterrupt
        return step(self, *args)

    monkeypatch.setattr(loop.Loop, "step", interrupt)
    with pytest.raises(KeyboardInterrupt):
        tune(make_tiny_model(), word_tokenizer(), uneven_task(), path, epochs=4)
    assert [p.name for p in checkpoints.all_checkpoints(path)] == ["checkpoint-18", "checkpoint-12", "checkpoint-6"]
    flipped(path / "checkpoint-18" / "model.safetensors")
    assert checkpoints.last_good(path)[0] == path / "checkpoint-12"


def test_the_best_checkpoint_is_verified_before_anything_is_deleted(whole, tmp_path, monkeypatch):
    """A flipped bit in an older best was loaded without a word, and the good checkpoints were deleted."""
    expected, _finished, interrupted = whole
    path = tmp_path / "run"
    shutil.copytree(interrupted, path)
    newest, older = checkpoints.all_checkpoints(path)
    progress = json.loads((newest / checkpoints.PROGRESS).read_text())
    progress["best_step"] = checkpoints.step_of(older)
    (newest / checkpoints.PROGRESS).write_text(json.dumps(progress))
    run = checkpoints.manifest(newest)["run"]
    checkpoints.seal(newest, run)
    assert checkpoints.last_good(path, run)[0] == newest
    flipped(older / "model.safetensors")
    good, broken = checkpoints.last_good(path, run)
    assert good is None and set(broken) == {newest.name, older.name}
    assert fingerprint(again(path).model) == expected


def test_a_broken_checkpoint_is_set_aside_beside_an_older_one(whole, tmp_path):
    """A leftover .broken, a file even, was in the way, and the user was stuck."""
    expected, _finished, interrupted = whole
    path = tmp_path / "run"
    shutil.copytree(interrupted, path)
    newest = checkpoints.all_checkpoints(path)[0]
    (path / f"{newest.name}.broken").write_text("mine")
    cut(newest / "model.safetensors")
    assert fingerprint(again(path).model) == expected
    assert (path / f"{newest.name}.broken").read_text() == "mine"


def test_checkpoints_of_another_training_are_not_gone_on_from(whole, tiny, toy_task, tmp_path):
    path = tmp_path / "run"
    shutil.copytree(whole[2], path)
    (path / "run.json").unlink()
    with pytest.raises(LabError) as caught:
        tune(*tiny, toy_task, path)
    assert caught.value.code == "damaged" and checkpoints.all_checkpoints(path)


def test_no_partial_weights_pass_for_a_checkpoint(tmp_path):
    (tmp_path / "checkpoint-5.partial").mkdir()
    torch.save(make_tiny_model().state_dict(), tmp_path / "checkpoint-5.partial" / "weights.pt")
    assert checkpoints.all_checkpoints(tmp_path) == []
