"""DialogSum from the hub at its pinned revision, from a mirror, and from neither."""

import csv
import hashlib
import io
import json

import pytest

from labutils.dialogues import dialogsum
from labutils.dialogues.loading import load_dialogues
from labutils.errors import LabError
from labutils.machine import hub

import hubstub
from toys import talk


@pytest.fixture(autouse=True)
def no_settings(monkeypatch):
    for name in ("DIALOGSUM_DIR", "DIALOGSUM_MIRROR", "HF_ENDPOINT"):
        monkeypatch.delenv(name, raising=False)


HUB_ROWS = {"train": 6, "validation": 2, "test": 2}


def hub_csv(split):
    """A synthetic file as the hub has it: test rows come three to a dialogue, lines end in CR LF."""
    rows = []
    for i in range(HUB_ROWS[split]):
        text = f'#Person1#: {split} {i}, please.\n#Person2#: Yes, "now".'
        for k in (1, 2, 3) if split == "test" else (0,):
            rows.append([f"{split}_{i}" + (f"_{k}" if k else ""), text, f"{split} {i}, summary {k}", f"topic {k}"])
    file = io.StringIO()
    csv.writer(file).writerows([["id", "dialogue", "summary", "topic"], *rows])
    return file.getvalue().encode()


@pytest.fixture
def server():
    with hubstub.serving(dialogsum.REVISION) as serving:
        yield serving


CODE = f"""
from labutils.dialogues import dialogsum
from labutils.dialogues import load_dialogues
from labutils.errors import LabError
dialogsum.ROWS, dialogsum.MIRRORS = {HUB_ROWS}, ()
try:
    data = load_dialogues("dialogsum")
except LabError as error:
    print(error.code)
    raise SystemExit(1)
test = data["test"][1]
print(data.num_rows, test["id"], test["references"], test["summary"], test["dialogue"].count("\\n"))
"""


def in_process(home, **settings):
    return hubstub.in_process(CODE, home, **settings)


def requests(handler):
    """What was asked for the data; the client of the hub asks about itself once too."""
    return [line for line in handler.asked if "/datasets/" in line]


def test_the_hub_at_its_pinned_revision_then_from_the_cache_offline(server, tmp_path):
    address, handler = server
    for split, name in dialogsum.HUB_FILES.items():
        handler.files[f"/datasets/{dialogsum.HUB}/resolve/{dialogsum.REVISION}/{name}"] = hub_csv(split)
    done = in_process(tmp_path, HF_ENDPOINT=address)
    expected = ("{'train': 6, 'validation': 2, 'test': 2} test_1 "
                "['test 1, summary 1', 'test 1, summary 2', 'test 1, summary 3'] test 1, summary 1 1\n")  # fmt: skip
    assert done.stdout == expected, done.stderr
    asked = requests(handler)
    assert len(asked) == 6 and all(dialogsum.REVISION in line for line in asked), "three files, HEAD and GET each"
    done = in_process(tmp_path, HF_ENDPOINT=address)
    assert done.stdout == expected and requests(handler) == asked, "a pinned file in the cache needs no request"


AGAIN = """
import os
import pathlib
from labutils.dialogues import dialogsum, load_dialogues
from labutils.errors import LabError
dialogsum.ROWS, dialogsum.MIRRORS = ROWS, ()
def load():
    try:
        return sorted(load_dialogues("dialogsum")["train"]["dialogue"])
    except LabError as error:
        return error.code
def cached():
    return next(pathlib.Path(os.environ["HF_HOME"]).rglob("train.csv")).resolve()
"""


def again(home, code, **settings):
    return hubstub.in_process(AGAIN.replace("ROWS, ()", f"{HUB_ROWS}, ()") + code, home, **settings).stdout.splitlines()


def test_a_set_that_is_another_is_refused_and_not_kept(server, tmp_path):
    """It lay under the pinned revision, and was read again when the hub had long been right."""
    address, handler = server
    for split, name in dialogsum.HUB_FILES.items():
        handler.files[f"/datasets/{dialogsum.HUB}/resolve/{dialogsum.REVISION}/{name}"] = hub_csv(split)
    handler.small = lambda self, _data: self.right(hub_csv("validation"))
    handler.strange = lambda self, _data: self.right(b"a,b\r\n1,2\r\n")
    handler.faults["train.csv"] = ["small", "small", "strange", "strange"]  # HEAD and GET of each
    code = "for _ in range(2): print(load())\nprint(len(load()))"
    assert again(tmp_path, code, HF_ENDPOINT=address) == ["counts", "missing-column", "6"]


def test_what_is_broken_in_the_cache_is_fetched_again(server, tmp_path):
    """It was read with its flipped bit, or was an error at each further call."""
    address, handler = server
    for split, name in dialogsum.HUB_FILES.items():
        handler.files[f"/datasets/{dialogsum.HUB}/resolve/{dialogsum.REVISION}/{name}"] = hub_csv(split)
    code = """
whole, data = load(), cached().read_bytes()
for broken in (b"", b"<!DOCTYPE html><html></html>", data[:-40], data.replace(b"train 3", b"train 4", 1)):
    cached().write_bytes(broken)
    print(load() == whole, cached().read_bytes() == data)
cached().write_bytes(b"")
dialogsum._endpoint = lambda: "http://127.0.0.1:9"
print(load(), cached().read_bytes())
"""
    assert again(tmp_path, code, HF_ENDPOINT=address) == [*["True True"] * 4, "dialogsum b''"]
    assert len([line for line in requests(handler) if line.startswith("GET")]) == 3 + 4


def no_hub(_base):
    raise OSError("no hub here")


def test_a_mirror_with_checksums(server, tmp_path, monkeypatch):
    address, handler = server
    rows = {split: [talk(f"{split} {i}", id=f"{split}_{i}") for i in range(n)] for split, n in HUB_ROWS.items()}
    data = {split: "".join(json.dumps(row) + "\n" for row in found).encode() for split, found in rows.items()}
    handler.files |= {f"/m/{dialogsum.MIRROR_FILES[split]}": found for split, found in data.items()}
    blob = {split: hashlib.sha1(b"blob %d\0" % len(found) + found).hexdigest() for split, found in data.items()}
    known = {split: (f"sha256:{hashlib.sha256(found).hexdigest()}",) for split, found in data.items()}
    monkeypatch.setattr(dialogsum, "CHECKSUMS", {**known, "train": (f"git:{blob['train']}",)})
    monkeypatch.setattr(dialogsum, "ROWS", HUB_ROWS)
    monkeypatch.setattr(dialogsum, "_from_hub", no_hub)
    monkeypatch.setattr("huggingface_hub.constants.HF_HOME", str(tmp_path))
    monkeypatch.setenv("DIALOGSUM_MIRROR", f"{address}/m/")
    assert load_dialogues("dialogsum").num_rows == HUB_ROWS
    assert len(handler.asked) == 3
    assert load_dialogues("dialogsum").num_rows == HUB_ROWS and len(handler.asked) == 3, "kept files are used"

    damaged = tmp_path / "finetune-labs" / "dialogsum" / dialogsum.MIRROR_FILES["test"]
    damaged.write_bytes(b"half")
    handler.files[f"/m/{damaged.name}"] = b'{"dialogue": "other", "summary": "data"}\n'
    with pytest.raises(LabError) as info:
        load_dialogues("dialogsum")
    assert info.value.code == "dialogsum" and damaged.name in str(info.value)
    assert damaged.read_bytes() == b"half", "nothing wrong is kept"


def test_neither_hub_nor_mirror_is_one_error_that_lists_both(tmp_path, monkeypatch):
    monkeypatch.setattr(dialogsum, "_from_hub", no_hub)
    monkeypatch.setattr("huggingface_hub.constants.HF_HOME", str(tmp_path))
    monkeypatch.setenv("DIALOGSUM_MIRROR", "http://127.0.0.1:9/none")
    with pytest.raises(LabError) as info:
        load_dialogues("dialogsum")
    message = str(info.value)
    assert info.value.code == "dialogsum"
    assert all(part in message for part in ("no hub here", "127.0.0.1:9", "DIALOGSUM_DIR", "HF_ENDPOINT", "pocket"))
    assert dialogsum.REVISION[:7] in message


def test_a_slow_mirror_is_said_and_what_it_cuts_off_is_named(server, tmp_path, monkeypatch, caplog):
    address, handler = server
    handler.files["/m/x.jsonl"] = b"x" * 4000
    monkeypatch.setattr(hub, "WORD_S", 0.05)
    monkeypatch.setattr(hubstub, "SLOW_S", 0.2)
    handler.faults["/m/"] = ["slow", "truncated"]
    assert dialogsum._download(f"{address}/m/x.jsonl") == b"x" * 4000
    assert [record.getMessage().count(address) for record in caplog.records] == [1]
    with pytest.raises(LabError, match="2000 of 4000") as info:
        dialogsum._download(f"{address}/m/x.jsonl")
    assert info.value.code == "mirror"


def test_a_mirror_must_be_on_the_web(monkeypatch, tmp_path):
    monkeypatch.setattr(dialogsum, "_from_hub", no_hub)
    monkeypatch.setattr("huggingface_hub.constants.HF_HOME", str(tmp_path))
    monkeypatch.setenv("DIALOGSUM_MIRROR", "file:///etc")
    with pytest.raises(LabError, match="file:///etc"):
        load_dialogues("dialogsum")
