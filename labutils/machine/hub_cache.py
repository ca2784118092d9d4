"""The hub's cache: what lies there for a model, and what of it can be no file of one."""

import hashlib
import re
import shutil
from pathlib import Path

from labutils import files

LARGEST = 4 * 2**30  # bytes of a file that is read whole to be compared with its digest, a second for a GB or two
_right: set[tuple[str, int, int]] = set()  # files that were compared, with size and time of change


def folder(name: str, revision: str) -> Path:
    """Return the folder of the hub's cache where a model's files lie, once they are there."""
    from huggingface_hub.constants import HF_HUB_CACHE
    from huggingface_hub.file_download import repo_folder_name

    repository = Path(HF_HUB_CACHE) / repo_folder_name(repo_id=name, repo_type="model")
    reference = repository / "refs" / revision
    commit = reference.read_text(encoding="utf-8").strip() if reference.is_file() else revision
    return repository / "snapshots" / commit


def drop_rubbish(name: str, revision: str, notes: bool = False) -> list[str]:
    """Remove from the cache what is no longer what was fetched, so that it is fetched again -> the names of those files.

    Files of more than 4 GiB are held against their form alone: their digest would take as long as loading them.

    Args:
        notes: remove the notes of which files the hub does not have, too.
    """
    snapshot = folder(name, revision)
    rubbish = [path for path in sorted(snapshot.rglob("*")) if path.is_file() and not _is_right(path)]
    for path in rubbish:
        remove(path)
    if notes:
        shutil.rmtree(snapshot.parents[1] / ".no_exist" / snapshot.name, ignore_errors=True)
    return [path.name for path in rubbish]


def _is_right(path: Path) -> bool:
    """Whether a file is what was fetched; one that has not changed since it was looked at is not read again."""
    file = path.stat()
    seen = (str(path.resolve()), file.st_size, file.st_mtime_ns)
    if seen not in _right and not (_is_rubbish(path) if file.st_size > LARGEST else is_broken(path)):
        _right.add(seen)
    return seen in _right


def remove(path: Path) -> None:
    """Remove a file from the cache; its content lies elsewhere, under its checksum."""
    path.resolve().unlink(missing_ok=True)
    path.unlink(missing_ok=True)


def is_broken(path: Path) -> bool:
    """Whether a file is rubbish, or no longer what was fetched: it reads all of it, where the hub named it by its digest."""
    if _is_rubbish(path):
        return True
    name = path.resolve().name
    if re.fullmatch("[0-9a-f]{64}", name):
        return files.sha256(path) != name
    data = path.read_bytes() if re.fullmatch("[0-9a-f]{40}", name) else None
    return data is not None and hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest() != name  # git's id of a file


def _is_rubbish(path: Path) -> bool:
    """Whether a file is empty, a page of the web, or not of the form that its ending promises."""
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(64).lstrip().lower()
    if not head or head.startswith((b"<!doctype", b"<html")):
        return True
    try:
        if path.suffix == ".safetensors":
            return _size_of_weights(path) != size
        if path.suffix != ".json":
            return False
        content = files.parse_json(path.read_bytes())
    except (ValueError, TypeError, KeyError, AttributeError):
        return True
    return path.name == "config.json" and not (isinstance(content, dict) and "model_type" in content)


def _size_of_weights(path: Path) -> int:
    """Return the size that a safetensors file says it has: eight bytes, a head in JSON as long as they say, the tensors."""
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        tensors = files.parse_json(file.read(min(length, 100 * 2**20)))
    ends = [tensor["data_offsets"][1] for name, tensor in tensors.items() if name != "__metadata__"]
    return 8 + length + max(ends, default=0)
