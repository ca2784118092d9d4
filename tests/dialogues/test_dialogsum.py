"""DialogSum from the hub at its pinned revision, from a mirror, and from neither."""

import csv
import hashlib
import io
import json

import pytest

from labutils.dialogues import dialogsum
from labutils.dialogues.loading import load_dialogues
from labutils.errors import LabError

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


def test_a_hub_that_serves_another_set_is_refused(server, tmp_path):
    address, handler = server
    for name in dialogsum.HUB_FILES.values():
        handler.files[f"/datasets/{dialogsum.HUB}/resolve/{dialogsum.REVISION}/{name}"] = hub_csv("validation")
    done = in_process(tmp_path, HF_ENDPOINT=address)
    assert done.stdout == "counts\n", done.stderr


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


def test_a_mirror_must_be_on_the_web(monkeypatch, tmp_path):
    monkeypatch.setattr(dialogsum, "_from_hub", no_hub)
    monkeypatch.setattr("huggingface_hub.constants.HF_HOME", str(tmp_path))
    monkeypatch.setenv("DIALOGSUM_MIRROR", "file:///etc")
    with pytest.raises(LabError, match="file:///etc"):
        load_dialogues("dialogsum")
