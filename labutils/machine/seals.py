"""Seals: a folder's manifest with the size and sha256 of each file, so that a cut file or a flipped bit is noticed."""

import json
from pathlib import Path

from labutils.files import sha256, write_json
from labutils.i18n import _

SEAL = "complete.json"
CARD = "README.md"  # of an adapter, as PEFT writes it: for its user to fill in, and read by nothing


def seal(folder: Path, run: str = "") -> None:
    """Record every file of a checkpoint that was written to its end, and the training it belongs to."""
    paths = [p for p in sorted(folder.rglob("*")) if p.is_file() and p != folder / SEAL and p.name != CARD]
    files = {p.relative_to(folder).as_posix(): [p.stat().st_size, sha256(p)] for p in paths}
    write_json(folder / SEAL, {"run": run, "files": files})


def manifest(folder: Path) -> dict | None:
    """Return the manifest of a sealed folder, or None where there is none or it cannot be read."""
    try:
        content = json.loads((folder / SEAL).read_text(encoding="utf-8"))
        entries = content["files"].values()
        whole = isinstance(content["run"], str) and all(isinstance(n, int) and isinstance(d, str) for n, d in entries)
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None
    return content if whole else None


def fault(folder: Path) -> str | None:
    """Return what is wrong with a checkpoint, or None if it is whole."""
    if not (folder / SEAL).is_file():
        return _("its saving was not finished")
    content = manifest(folder)
    if content is None:
        return _("its manifest cannot be read")
    for name, (size, expected) in content["files"].items():
        path = folder / name
        if not path.is_file():
            return _("{file} is missing").format(file=name)
        if path.stat().st_size != size or sha256(path) != expected:
            return _("{file} is not as it was written ({size} bytes)").format(file=name, size=path.stat().st_size)
    return None


def belongs(folder: Path, run: str) -> bool:
    """Whether a sealed folder is of a training; one whose manifest is damaged is nobody's."""
    content = manifest(folder)
    return content is not None and content["run"] == run
