"""The folder of a training: nothing of others is touched, nothing damaged is used, nothing good is lost."""

import dataclasses
import errno
import gc
import json
import multiprocessing
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from labutils.errors import LabError
from labutils.models import fingerprint, load_model
from labutils.training import checkpoints, loop, validation

from damage import WAYS, a_folder, cut, deleted, flipped
from stopped import again, hold, uneven_task
from toys import make_tiny_model, tune, word_tokenizer


def train(path, task, tokenizer, **changes):
    return tune(make_tiny_model(), tokenizer, task, path, **({"epochs": 2} | changes))


@pytest.fixture(scope="module", autouse=True)
def few_objects():
    """What is there already is left out of each training's gc.collect(), which takes half of the time of so small a one."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A finished training, and the same one interrupted after its first checkpoint: (fingerprint, finished, interrupted)."""
    base, step = tmp_path_factory.mktemp("whole"), loop.Loop.step
    history = tune(make_tiny_model(), word_tokenizer(), uneven_task(), base / "finished", epochs=3)

    def interrupt(self, *args):
        if self.progress.step == 13:  # six steps a pass: two checkpoints stand
            raise KeyboardInterrupt
        return step(self, *args)

    loop.Loop.step = interrupt
    try:
        with pytest.raises(KeyboardInterrupt):
            tune(make_tiny_model(), word_tokenizer(), uneven_task(), base / "interrupted", epochs=3)
    finally:
        loop.Loop.step = step
    return fingerprint(history.model), base / "finished", base / "interrupted"


# --- what others wrote ---------------------------------------------------------------------------------------------
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


# --- damaged states ------------------------------------------------------------------------------------------------
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
        train(path, uneven_task(), word_tokenizer(), epochs=4)
    assert [p.name for p in checkpoints.all_checkpoints(path)] == ["checkpoint-18", "checkpoint-12", "checkpoint-6"]
    flipped(path / "checkpoint-18" / "model.safetensors")
    assert checkpoints.last_good(path)[0] == path / "checkpoint-12"


def test_weights_that_are_no_numbers_are_no_result(tmp_path, monkeypatch):
    """Without validation nothing looked at the weights that the last step left."""
    step = loop.Loop.step

    def overflow(self, *args):
        result = step(self, *args)
        next(self.whole.parameters()).data[0, 0] = float("inf")
        return result

    monkeypatch.setattr(loop.Loop, "step", overflow)
    task = dataclasses.replace(uneven_task(), validation=[])
    with pytest.raises(LabError, match="learning_rate") as caught:
        train(tmp_path / "run", task, word_tokenizer(), max_steps=1)
    assert caught.value.code == "nan"


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


def test_a_training_that_was_moved_goes_on(whole, tmp_path, monkeypatch):
    expected, _finished, interrupted = whole
    shutil.copytree(interrupted, tmp_path / "elsewhere" / "moved")
    monkeypatch.chdir(tmp_path / "elsewhere")
    history = again(Path("moved"))
    assert history.resumed_from == "checkpoint-12" and fingerprint(history.model) == expected


def test_checkpoints_of_another_training_are_not_gone_on_from(whole, tiny, toy_task, tmp_path):
    path = tmp_path / "run"
    shutil.copytree(whole[2], path)
    (path / "run.json").unlink()
    with pytest.raises(LabError) as caught:
        tune(*tiny, toy_task, path)
    assert caught.value.code == "damaged" and checkpoints.all_checkpoints(path)


# --- a full disk ---------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("raised", [
    OSError(errno.ENOSPC, "No space left on device"),
    RuntimeError("PytorchStreamWriter failed writing file"),
], ids=["OSError", "zip writer"])  # fmt: skip
def test_a_disk_that_fills_up_keeps_the_older_checkpoint(raised, whole, tmp_path, monkeypatch):
    """Imitated: the weights' second save fails as it does on a full disk. The same call then goes on."""
    expected, saves = whole[0], []
    write = loop.Loop._save_weights

    def full(self, path):
        saves.append(path)
        if len(saves) == 2:
            (path / "model.safetensors").write_bytes(b"half")
            raise raised
        return write(self, path)

    monkeypatch.setattr(loop.Loop, "_save_weights", full)
    usage = shutil.disk_usage
    low = type("Usage", (), {"free": 1000})()
    monkeypatch.setattr(checkpoints.shutil, "disk_usage", lambda path: low if len(saves) == 2 else usage(path))
    with pytest.raises(LabError, match="MiB") as caught:
        again(tmp_path / "run")
    assert caught.value.code == "disk"
    assert [p.name for p in checkpoints.all_checkpoints(tmp_path / "run")] == ["checkpoint-6"]
    assert not list((tmp_path / "run").glob("*.partial"))
    saves += [None] * 10
    history = again(tmp_path / "run")
    assert history.resumed_from == "checkpoint-6" and fingerprint(history.model) == expected


SMALL_DISK = """
import sys
from pathlib import Path
sys.path.insert(0, TESTS)
from labutils.errors import LabError
from labutils.models import fingerprint
from labutils.training import checkpoints, loop
from stopped import again
expected = fingerprint(again(Path("elsewhere")).model)
ballast, step = Path("disk/ballast"), loop.Loop.step
def filling(self, *args):
    if self.progress.step == 9 and not ballast.exists():
        with ballast.open("wb") as file:
            try:
                while True:
                    file.write(bytes(2**16))
                    file.flush()
            except OSError:
                file.truncate(file.tell() // 2**16 * 2**16 - 2**17)
    return step(self, *args)
loop.Loop.step = filling
try:
    again(Path("disk/run"))
except LabError as error:
    print(error.code, [path.name for path in checkpoints.all_checkpoints(Path("disk/run"))])
ballast.write_bytes(b"")
history = again(Path("disk/run"))
print(history.resumed_from, fingerprint(history.model) == expected)
"""


def test_on_a_disk_of_60_mb_the_older_checkpoint_stays_and_the_same_call_goes_on(tmp_path):
    """A real one, where the system lets us mount it for one process."""
    mounted = ["unshare", "-Urm", "sh", "-c", 'mount -t tmpfs -o size=60m none disk && exec "$@"', "sh"]
    (tmp_path / "disk").mkdir()
    if (
        not shutil.which("unshare")
        or subprocess.run([*mounted, "true"], cwd=tmp_path, capture_output=True, check=False).returncode
    ):
        pytest.skip("no disk can be mounted here; test_a_disk_that_fills_up_... imitates one")
    code = SMALL_DISK.replace("TESTS", repr(str(Path(__file__).parents[1])))
    done = subprocess.run(
        [*mounted, sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.stdout.splitlines()[-2:] == ["disk ['checkpoint-6']", "checkpoint-6 True"], done.stdout + done.stderr


# --- two at a time -------------------------------------------------------------------------------------------------
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


def test_no_partial_weights_pass_for_a_checkpoint(tmp_path):
    (tmp_path / "checkpoint-5.partial").mkdir()
    torch.save(make_tiny_model().state_dict(), tmp_path / "checkpoint-5.partial" / "weights.pt")
    assert checkpoints.all_checkpoints(tmp_path) == []
