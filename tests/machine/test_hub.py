"""A hub at fault is named, in time; what works goes on; the cache keeps nothing broken."""

import errno
import json

import pytest

from labutils.errors import LabError
from labutils.machine import hub, hub_cache
from labutils.model_names import REVISIONS
from labutils.models import fingerprint

import hubstub
from toys import make_tiny_model

COMMIT = "0" * 40
# The hub's name for each, and what goes wrong there.
FAULTS = {
    "silent": "/a/silent/", "stalled": "/a/stalled/", "circle": "/a/circle/", "spiral": "/a/spiral/", "empty": "/a/empty/",
    "later": "/a/later/", "ill": "/a/ill/", "dropped": "/a/dropped/", "truncated": "/a/truncated/",
    "shortened": "/a/shortened/", "page": "/a/page/",
}  # fmt: skip
LOADING = """
import json, logging
from labutils.errors import LabError
from labutils.machine import hub
from labutils.models import fingerprint, load_model
said = []
handler = logging.Handler()
handler.emit = lambda record: said.append(record.getMessage())
logging.getLogger("labutils").addHandler(handler)
hub.WORD_S, hub.LIMIT_S, hub.MOST_TRIES = 0.5, 2, 3
def load(name):
    said.clear()
    try:
        code, text = "", fingerprint(load_model(name)[0])
    except LabError as error:
        code, text = error.code, str(error)
    print(json.dumps([name, code, text, said]), flush=True)
"""


def serve(handler, folder, name, revision="main"):
    for path in folder.iterdir():
        handler.files[f"/{name}/resolve/{revision}/{path.name}"] = path.read_bytes()


def loaded(code, address, home):
    """Run code that loads models -> for each name a list of (code, text, what was said)."""
    done = hubstub.in_process(LOADING + code, home, HF_ENDPOINT=address)
    assert done.returncode == 0, done.stderr
    results = {}
    for line in done.stdout.splitlines():
        name, *result = json.loads(line)
        results.setdefault(name, []).append(result)
    return results


@pytest.fixture(scope="module")
def faulty(tiny_folder, tmp_path_factory):
    """(what came of loading from a hub with each of the faults, the requests for each)."""
    with hubstub.serving(COMMIT) as (address, handler):
        for fault, part in FAULTS.items():
            serve(handler, tiny_folder, f"a/{fault}")
            handler.faults[part] = fault
        results = loaded(f"for name in {[*FAULTS]}:\n    load('a/' + name)", address, tmp_path_factory.mktemp("home"))
        return results, handler.asked, address


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_of_the_hub_is_named_as_the_hubs(faulty, fault):
    results, asked, address = faulty
    [(code, text, _said)] = results[f"a/{fault}"]
    assert code == "hub" and address in text and "pocket-instruct" in text
    assert 0 < len([line for line in asked if FAULTS[fault] in line]) <= 25


@pytest.mark.parametrize("fault", ["silent", "stalled"])
def test_waiting_is_said_once(faulty, fault):
    [(_code, text, said)] = faulty[0][f"a/{fault}"]
    assert len(said) == 1 and faulty[2] in said[0] and " 2 s" in text


@pytest.mark.parametrize("fault", ["circle", "empty", "later", "page", "shortened"])
def test_what_needs_no_wait_is_told_at_once(faulty, fault):
    assert faulty[0][f"a/{fault}"][0][2] == []


def test_a_full_disk_is_no_fault_of_the_hubs():
    """It was told as an answer that is no whole one."""
    with pytest.raises(LabError, match="HF_HOME") as caught, hub.watched():
        try:
            raise OSError(errno.ENOSPC, "No space left on device")
        except OSError as error:
            raise RuntimeError("could not download") from error
    assert caught.value.code == "disk"


def test_a_slow_download_that_works_goes_on(tiny_folder, tmp_path, monkeypatch):
    """It takes longer than the hub is given for one byte."""
    monkeypatch.setattr(hubstub, "SLOW_S", 0.4)
    with hubstub.serving(COMMIT) as (address, handler):
        serve(handler, tiny_folder, "a/b")
        handler.faults["model.safetensors"] = "slow"
        assert loaded("load('a/b')", address, tmp_path)["a/b"][0][:2] == ["", fingerprint(make_tiny_model())]


def test_a_copy_in_the_cache_does_without_the_hub(tiny_folder, tmp_path):
    faults = ["silent", "ill", "later", "circle", "dropped"]
    code = f"for name in {faults}:\n    load('a/' + name)"
    with hubstub.serving(COMMIT) as (address, handler):
        for fault in faults:
            serve(handler, tiny_folder, f"a/{fault}")
        before = loaded(code, address, tmp_path)
        handler.faults |= {FAULTS[fault]: fault for fault in faults}
        after = loaded(code, address, tmp_path)
    whole = {f"a/{fault}": ["", fingerprint(make_tiny_model())] for fault in faults}
    assert {name: result[0][:2] for name, result in before.items()} == whole
    assert {name: result[0][:2] for name, result in after.items()} == whole


@pytest.mark.parametrize("name", ["config.json", "tokenizer.json", "tokenizer_config.json", "model.safetensors"])
@pytest.mark.parametrize("content", [b"", hubstub.PAGE, None], ids=["empty", "page", "cut"])
def test_rubbish_is_no_file_of_a_model(tiny_folder, name, content, tmp_path, monkeypatch):
    """And what is right is left alone; the content lies elsewhere, under its checksum."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    snapshot, blobs = tmp_path / "models--a--b" / "snapshots" / COMMIT, tmp_path / "models--a--b" / "blobs"
    snapshot.mkdir(parents=True)
    blobs.mkdir()
    for path in tiny_folder.iterdir():
        (blobs / path.name).write_bytes(path.read_bytes())
        (snapshot / path.name).symlink_to(blobs / path.name)
    assert hub_cache.drop_rubbish("a/b", COMMIT) == []
    whole = (blobs / name).read_bytes()
    (blobs / name).write_bytes(whole[:-9] if content is None else content)
    assert hub_cache.drop_rubbish("a/b", COMMIT) == [name]
    assert {path.name for path in blobs.iterdir()} == {path.name for path in tiny_folder.iterdir()} - {name}
    assert {path.name for path in snapshot.iterdir()} == {path.name for path in blobs.iterdir()}


def test_what_is_broken_under_the_pinned_commit_is_fetched_again(tiny_folder, tmp_path):
    """It was kept, and asked for never again."""
    name = "google/flan-t5-small"
    code = (
        f"import pathlib\nload({name!r}); load({name!r})\n"
        f"next(pathlib.Path({str(tmp_path)!r}).rglob('model.safetensors')).resolve().write_bytes(b'x')\nload({name!r})"
    )
    with hubstub.serving(REVISIONS[name]) as (address, handler):
        serve(handler, tiny_folder, name, REVISIONS[name])
        handler.faults["model.safetensors"] = ["page", "page"]  # to HEAD and GET
        first, *others = loaded(code, address, tmp_path)[name]
    assert first[0] == "hub" and "model.safetensors" in first[1]
    assert [other[:2] for other in others] == [["", fingerprint(make_tiny_model())]] * 2


def test_a_flipped_bit_in_the_cache_is_found(tiny_folder, tmp_path):
    """The weights were loaded without a word, of the right form and wrong."""
    flip = (
        f"import pathlib\nload('a/b')\npath = next(pathlib.Path({str(tmp_path)!r}).rglob('model.safetensors')).resolve()\n"
        "content = bytearray(path.read_bytes()); content[-3] ^= 64; path.write_bytes(content)\nload('a/b')"
    )
    with hubstub.serving(COMMIT) as (address, handler):
        serve(handler, tiny_folder, "a/b")
        results = loaded(flip, address, tmp_path)["a/b"]
    assert [result[:2] for result in results] == [["", fingerprint(make_tiny_model())]] * 2


FETCHING = """
from huggingface_hub import hf_hub_download
from labutils.errors import LabError
from labutils.machine import hub
hub.WORD_S, hub.LIMIT_S = 0.5, 2
try:
    with hub.watched():
        print(open(hf_hub_download("a/b", "f.bin")).read())
except LabError as error:
    print(error.code)
"""


@pytest.mark.parametrize("answers", [["xet", "right"], ["xet", "stalled"]], ids=["whole", "stalled"])
def test_a_file_that_hf_xet_would_fetch_is_watched_too(answers, tmp_path):
    """Its connections are its own: nothing was said, and it waited for minutes where no byte came."""
    with hubstub.serving(COMMIT) as (address, handler):
        handler.files["/a/b/resolve/main/f.bin"] = b"content"
        handler.faults |= {"f.bin": [*answers, *[answers[1]] * 4], "xet-token": "token", "silent-store": "silent"}
        done = hubstub.in_process(FETCHING, tmp_path, HF_ENDPOINT=address)
    assert done.stdout == {"right": "content\n", "stalled": "hub\n"}[answers[1]], done.stderr
    assert not [line for line in handler.asked if "silent-store" in line]
