"""The folder of a training: nothing of others is touched, and another training's weights never pass for this one's."""

import multiprocessing
import shutil
import sys
from pathlib import Path

import pytest

from labutils.errors import LabError
from labutils.models import fingerprint, load_model
from labutils.training import checkpoints, loop

from damage import a_folder, cut
from stopped import again, hold, uneven_task
from toys import make_tiny_model, tune, word_tokenizer

pytestmark = pytest.mark.usefixtures("few_objects")


def train(path, task, tokenizer, **changes):
    return tune(make_tiny_model(), tokenizer, task, path, **({"epochs": 2} | changes))


@pytest.mark.parametrize("resume", [True, False, "same"])
@pytest.mark.parametrize(
    "name",
    [
        "checkpoint-500/weights.bin",
        "checkpoint-500.partial/weights.bin",
        "best/model.bin",
        "run.json",
        "finished.json",
        "training.lock",
        "training.lock.json",
    ],
)
def test_what_another_program_wrote_is_refused_and_kept(name, resume, tiny, toy_task, tmp_path):
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("mine")
    with pytest.raises(LabError, match=name.split("/")[0]) as caught:
        tune(*tiny, toy_task, tmp_path, resume=resume)
    assert caught.value.code == "foreign"
    assert path.read_text() == "mine"


def test_starting_anew_removes_what_is_ours_alone(tiny, toy_task, tmp_path):
    tune(*tiny, toy_task, tmp_path, epochs=1)
    (tmp_path / "notes.txt").write_text("mine")
    assert tune(make_tiny_model(), tiny[1], toy_task, tmp_path, epochs=1, resume=False).resumed_from is None
    assert (tmp_path / "notes.txt").read_text() == "mine"


def put_into(folder):
    """What its user puts into a folder of ours: a file, a card, a file in a folder, a link -> their names."""
    (folder / "notes").mkdir()
    for name in ("notes.txt", "README.md", "notes/a name.txt"):
        (folder / name).write_text(f"mine {name}")
    (folder / "link").symlink_to("notes.txt")
    (folder / "broken link").symlink_to("nowhere")
    return ["notes.txt", "README.md", "notes/a name.txt", "link", "broken link"]


def is_there(folder, names):
    """Whether what `put_into` put is in a folder, as it was."""
    texts = {name: f"mine {name}" for name in names if "link" not in name} | {"link": "mine notes.txt"}
    return (folder / "broken link").is_symlink() and texts == {n: (folder / n).read_text() for n in texts}


@pytest.mark.parametrize(("resume", "changes"), [(False, {}), (False, {"epochs": 1}), ("same", {"epochs": 1})])
def test_what_was_put_into_best_is_kept_when_it_gives_way(resume, changes, whole, tmp_path, caplog):
    """It was removed with the earlier training's weights, without a word; a second time, too."""
    path = tmp_path / "run"
    shutil.copytree(whole[1], path)
    names = put_into(path / "best")
    train(path, uneven_task(), word_tokenizer(), resume=resume, **({"epochs": 3} | changes))
    assert is_there(path / "kept-best", names) and "notes.txt" in caplog.text and "kept-best" in caplog.text
    assert checkpoints.fault(path / "best") is None and not checkpoints.strangers(path / "best")
    (path / "best" / "notes.txt").write_text("more")
    train(path, uneven_task(), word_tokenizer(), resume=False)
    assert is_there(path / "kept-best", names) and (path / "kept-best-2" / "notes.txt").read_text() == "more"


@pytest.mark.parametrize("place", ["checkpoint-6", "checkpoint-12"])
def test_what_was_put_into_a_checkpoint_is_kept(place, whole, tmp_path):
    """It was removed when the training went on and ended, or became a part of it."""
    path = tmp_path / "run"
    shutil.copytree(whole[2], path)
    names = put_into(path / place)
    (path / place / "state" / "notes.txt").write_text("mine")
    assert fingerprint(again(path).model) == whole[0]
    into_best = not (path / f"kept-{place}" / "notes").exists()  # this checkpoint was the best
    assert is_there(path / ("best" if into_best else f"kept-{place}"), names)
    assert (path / f"kept-{place}" / "state" / "notes.txt").read_text() == "mine"
    assert fingerprint(load_model(path / "best")[0]) == whole[0]
    assert again(path).resumed_from == "finished"
    again_anew = tune(make_tiny_model(), word_tokenizer(), uneven_task(), path, epochs=3, resume=False)
    assert fingerprint(again_anew.model) == whole[0]
    assert is_there(path / ("kept-best" if into_best else f"kept-{place}"), names)


def test_a_folder_whose_manifest_is_damaged_is_kept_whole(whole, tmp_path):
    """Nobody can tell what of it is its user's."""
    path = tmp_path / "run"
    shutil.copytree(whole[1], path)
    (path / "best" / "notes.txt").write_text("mine")
    cut(path / "best" / checkpoints.SEAL)
    assert train(path, uneven_task(), word_tokenizer(), resume=False).resumed_from is None
    assert (path / "kept-best" / "notes.txt").is_file() and (path / "kept-best" / "model.safetensors").is_file()


@pytest.mark.skipif(sys.platform == "win32", reason="links")
def test_weights_that_lie_elsewhere_by_a_link_are_not_removed(whole, tmp_path):
    """A user who moves best to a larger disk, and leaves a link, met a traceback of rmtree."""
    path, disk = tmp_path / "run", tmp_path / "disk"
    shutil.copytree(whole[1], path)
    (path / "best").rename(disk)
    (path / "best").symlink_to(disk)
    assert train(path, uneven_task(), word_tokenizer(), resume=False).resumed_from is None
    assert checkpoints.fault(disk) is None and not (path / "best").is_symlink()


def test_an_adapters_card_is_ours_until_it_is_filled_in(tmp_path):
    for filled, kept in ((False, False), (True, True)):
        path = tmp_path / str(filled)
        lora = {"method": "lora", "r": 2, "target_modules": ("q",)}
        train(path, uneven_task(), word_tokenizer(), epochs=1, **lora)
        card = path / "best" / "README.md"
        card.write_text("mine" if filled else card.read_text())
        train(path, uneven_task(), word_tokenizer(), epochs=1, resume=False, **lora)
        assert (path / "kept-best" / "README.md").exists() == kept
    assert (path / "kept-best" / "README.md").read_text() == "mine" and card.read_text() != "mine"


@pytest.mark.parametrize("name", ["checkpoint-12/theirs", "best/theirs"])
def test_what_another_program_writes_meanwhile_is_kept(name, whole, tmp_path, monkeypatch):
    """It was removed by the next checkpoint of the name, or ended the training in a traceback."""
    step, path = loop.Loop.step, tmp_path / "run" / name

    def with_another(self, *args):
        if self.progress.step == 4:
            path.parent.mkdir()
            path.write_text("mine")
        return step(self, *args)

    monkeypatch.setattr(loop.Loop, "step", with_another)
    with pytest.raises(LabError, match=path.parent.name) as caught:
        again(tmp_path / "run")
    assert caught.value.code == "foreign" and path.read_text() == "mine"
    path.parent.rename(tmp_path / "moved")
    monkeypatch.undo()
    history = again(tmp_path / "run")
    assert history.resumed_from is not None and fingerprint(history.model) == whole[0]


@pytest.mark.parametrize("resume", [False, "same"])
@pytest.mark.parametrize("wrong", ["foreign", "settings", "disk"])
def test_an_earlier_training_stays_where_the_new_one_is_refused(wrong, resume, whole, tmp_path, monkeypatch):
    """resume=False removed it first, and looked at the new one's settings and room afterwards."""
    path = tmp_path / "run"
    shutil.copytree(whole[1], path)
    if wrong == "foreign":
        (path / "checkpoint-500").mkdir()
    if wrong == "disk":
        monkeypatch.setattr(shutil, "disk_usage", lambda _path: type("Usage", (), {"free": 0}))
    changes = {"method": "lora", "target_modules": ("nothing",)} if wrong == "settings" else {"learning_rate": 1e-4}
    changes |= {"keep_checkpoints": 50} if wrong == "disk" else {}
    with pytest.raises(LabError) as caught:
        train(path, uneven_task(), word_tokenizer(), resume=resume, **changes)
    assert caught.value.code == wrong
    monkeypatch.undo()
    assert checkpoints.finished(path) and checkpoints.fault(path / "best") is None


@pytest.mark.parametrize(
    ("theirs", "place"), [("best", "best"), ("checkpoint-12", "checkpoint-12"), ("checkpoint-6", "checkpoint-99")]
)
@pytest.mark.parametrize("state", ["finished", "interrupted"])
def test_weights_of_another_training_never_pass_for_this_ones(theirs, place, state, whole, tmp_path):
    """Another training's best in the folder was loaded as this one's result, and its checkpoints were removed."""
    path, other = tmp_path / "run", tmp_path / "other"
    shutil.copytree(whole[1 if state == "finished" else 2], path)
    shutil.copytree(whole[1 if theirs == "best" else 2] / theirs, other)
    checkpoints.seal(other, "of another training")
    shutil.rmtree(path / place, ignore_errors=True)
    shutil.copytree(other, path / place)
    with pytest.raises(LabError, match=place) as caught:
        again(path)
    assert caught.value.code == "other_run" and checkpoints.fault(path / place) is None


def test_a_folder_that_cannot_be_made_is_named(tiny, toy_task, tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(LabError, match="file") as caught:
        tune(*tiny, toy_task, tmp_path / "file" / "run")
    assert caught.value.code == "output_dir"


def test_what_differs_is_named_with_both_values(tiny, toy_task, tmp_path):
    tune(*tiny, toy_task, tmp_path, epochs=1)
    with pytest.raises(LabError) as caught:
        tune(make_tiny_model(), tiny[1], toy_task, tmp_path, epochs=1, learning_rate=1e-4)
    assert caught.value.code == "other_run"
    assert all(part in str(caught.value) for part in ("learning_rate", "0.005", "0.0001", str(tmp_path / "best")))


@pytest.mark.parametrize("name", ["run.json", "finished.json"])
def test_a_folder_in_the_place_of_a_file_is_named_and_kept(name, whole, tmp_path):
    for number, source in enumerate(whole[1:]):
        path = tmp_path / str(number)
        shutil.copytree(source, path)
        a_folder(path / name)
        (path / name / "theirs").write_text("mine")
        with pytest.raises(LabError, match=name) as caught:
            again(path)
        assert caught.value.code == "foreign" and (path / name / "theirs").is_file()


def test_a_training_that_was_moved_goes_on(whole, tmp_path, monkeypatch):
    expected, _finished, interrupted = whole
    shutil.copytree(interrupted, tmp_path / "elsewhere" / "moved")
    monkeypatch.chdir(tmp_path / "elsewhere")
    history = again(Path("moved"))
    assert history.resumed_from == "checkpoint-12" and fingerprint(history.model) == expected


def test_two_trainings_do_not_share_a_folder(tiny, toy_task, tmp_path):
    """Both ended well, and the folder held the one's weights under the other's name."""
    context = multiprocessing.get_context("spawn")
    ready, done = context.Event(), context.Event()
    other = context.Process(target=hold, args=(tmp_path, ready, done))
    other.start()
    assert ready.wait(60)
    with pytest.raises(LabError, match=str(other.pid)) as caught:
        tune(*tiny, toy_task, tmp_path)
    assert caught.value.code == "locked"
    other.kill()  # a dead holder's lock is taken over
    other.join()
    assert tune(*tiny, toy_task, tmp_path, epochs=1).resumed_from is None
