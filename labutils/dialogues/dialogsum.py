"""Where the files of DialogSum come from: the hub at a pinned revision, else a mirror with checksums.

DialogSum (Chen et al., 2021) is CC BY-NC-SA 4.0: it is fetched for the learner, and never shipped.
"""

import hashlib
import os
import urllib.request
from collections.abc import Iterable
from pathlib import Path

from labutils import files
from labutils.errors import LabError
from labutils.i18n import _
from labutils.machine import hub, hub_cache

HUB = "knkarthick/dialogsum"
# The commit the hub's page shows as the newest (a968e7a, "Update README.md", October 2023), in the full form in which
# other public projects pin it. Its three CSV files are older than that commit, and nothing came after it.
REVISION = "a968e7aee0602e257935f1321a02e4287f7d5848"
HUB_FILES = {"train": "train.csv", "validation": "validation.csv", "test": "test.csv"}

# The authors' own repository at its newest commit.
MIRRORS = (
    "https://raw.githubusercontent.com/cylnlp/dialogsum/848cc8c05e0a04def79326539de827f1b28786a0/DialogSum_Data",
)
MIRROR_FILES = {
    "train": "dialogsum.train.jsonl",
    "validation": "dialogsum.dev.jsonl",
    "test": "dialogsum.test.jsonl",
}
# What a mirror's file may be. "git" is the file's id in that commit (SHA-1 over a header and the bytes), which is what
# is known of the authors' train file; the train file by SHA-256 is the same 12,460 rows written out again.
CHECKSUMS = {
    "train": (
        "git:0a02b0f0cbe801a75384ba28364a7528b9340587",
        "sha256:d223076c574192da82e8e56847b255e627196e2e7def9ed2b193cfb8e4940cba",
    ),
    "validation": ("sha256:436721e0a3571eef7072964f80e042fb151d8c6178db1a688ce8f803bbf0a13f",),
    "test": ("sha256:6de36eca7e7b9b10975fd5ea3f47391df172d8b3c15d03d84d763cbaab015fda",),
}
ROWS = {"train": 12460, "validation": 500, "test": 500}  # dialogues, each test dialogue with three references
MOST_BYTES = 64 * 2**20
PART_BYTES = 2**20
TIMEOUT_S = 30  # without a byte


def fetch() -> dict[str, Path]:
    """Return the split files, from the hub (or its cache), else from a mirror (or what was kept of it).

    ``HF_ENDPOINT`` names another hub, ``DIALOGSUM_MIRROR`` a folder on the web with the authors' three files.

    Raises:
        LabError: code ``"dialogsum"``: nothing could be reached; it lists what was tried, and what works offline.
    """
    tried = []
    mirror = os.environ.get("DIALOGSUM_MIRROR")
    for base in (None, *([mirror] if mirror else MIRRORS)):
        try:
            return _from_hub(base) if base is None else _from_mirror(base)
        # Whatever the network library of the day raises: the next way is tried, and all reasons are shown at the end.
        except Exception as error:
            place = base or f"{_endpoint()}/datasets/{HUB} ({REVISION[:7]})"
            cause = error.__cause__ or error  # the hub's client wraps "connection refused" into "not in the cache"
            reason = (str(cause).strip().splitlines() or [""])[0]
            tried.append(f"{place}: {type(cause).__name__}: {reason:.200}")
    raise LabError(
        "dialogsum",
        _("DialogSum cannot be had here. Tried:\n  {tried}\nWithout a network, use the shipped dialogues "
          "(dialogues='pocket'), or put the authors' files (dialogsum.train.jsonl, dialogsum.dev.jsonl, "
          "dialogsum.test.jsonl) into a folder and set DIALOGSUM_DIR to it. With one, set HF_ENDPOINT to a mirror of "
          "the hub, or DIALOGSUM_MIRROR to an address that serves these three files.")
        .format(tried="\n  ".join(tried)),
    )  # fmt: skip


def _endpoint() -> str:
    return os.environ.get("HF_ENDPOINT", "https://huggingface.co").rstrip("/")


def _from_hub(_base: None) -> dict[str, Path]:
    """Download the CSV files at the pinned revision; a commit's files are taken from the cache without a request.

    What lies there and is not what was fetched is fetched again; it stays where that fails.
    """
    from huggingface_hub import hf_hub_download, try_to_load_from_cache

    paths = {}
    with hub.watched():
        for split, name in HUB_FILES.items():
            kept = try_to_load_from_cache(HUB, name, revision=REVISION, repo_type="dataset")
            broken = isinstance(kept, str) and hub_cache.is_broken(Path(kept))
            path = hf_hub_download(
                HUB, name, repo_type="dataset", revision=REVISION, endpoint=_endpoint(), force_download=broken
            )
            paths[split] = Path(path)
    return paths


def forget(paths: Iterable[Path]) -> None:
    """Remove fetched files that are not what they should be, so that the next call fetches them again."""
    for path in paths:
        hub_cache.remove(path)


def _from_mirror(base: str) -> dict[str, Path]:
    """Download the authors' files beside the hub's cache, or take those kept there; both must have a known checksum."""
    from huggingface_hub.constants import HF_HOME

    kept = Path(HF_HOME) / "finetune-labs" / "dialogsum"
    paths = {split: kept / name for split, name in MIRROR_FILES.items()}
    for split, path in paths.items():
        if path.is_file() and _is_genuine(split, path.read_bytes()):
            continue
        data = _download(f"{base.rstrip('/')}/{path.name}")
        if not _is_genuine(split, data):
            message = _("{name} has another checksum ({digest}) than it must have; nothing of it is used")
            raise LabError("checksum", message.format(name=path.name, digest=hashlib.sha256(data).hexdigest()))
        path.parent.mkdir(parents=True, exist_ok=True)
        files.write_bytes(path, data)  # two kernels may fetch it at once
    return paths


def _download(address: str) -> bytes:
    if not address.startswith(("https://", "http://")):
        raise LabError("mirror", _("{address} is no web address").format(address=address))
    with hub.patience(address):
        answer = urllib.request.urlopen(address, timeout=TIMEOUT_S)
    data = b""
    with answer:
        while len(data) < MOST_BYTES:
            with hub.patience(address):
                part = answer.read1(PART_BYTES)
            if not part:
                break
            data += part
    length = answer.headers.get("Content-Length", "")
    if length.isdigit() and len(data) < int(length):
        text = _("{address} gave {some} of {all} bytes")
        raise LabError("mirror", text.format(address=address, some=len(data), all=length))
    return data


def _is_genuine(split: str, data: bytes) -> bool:
    header = f"blob {len(data)}\0".encode()
    digests = {f"sha256:{hashlib.sha256(data).hexdigest()}", f"git:{hashlib.sha1(header + data).hexdigest()}"}
    return not digests.isdisjoint(CHECKSUMS[split])
