"""Seals: a folder's manifest with the size and sha256 of each file, so that a cut file or a flipped bit is noticed.

It also tells what is the training's from what its user has put there since.
"""

from collections.abc import Collection
from pathlib import Path

from labutils.files import parse_json, sha256, write_json
from labutils.i18n import _

SEAL = "complete.json"
CARD = "README.md"  # of an adapter, as PEFT writes it: for its user to fill in, and read by nothing


def seal(folder: Path, run: str = "", besides: Collection[Path] = ()) -> None:
    """Record every file of a checkpoint that was written to its end, and the training it belongs to.

    Args:
        besides: what is not of the training, as :func:`strangers` gave it.
    """
    paths = [p for p in sorted(folder.rglob("*")) if p.is_file() and p != folder / SEAL and p not in besides]
    files = {p.relative_to(folder).as_posix(): [p.stat().st_size, sha256(p)] for p in paths if p.name != CARD}
    cards = {p.relative_to(folder).as_posix(): sha256(p) for p in paths if p.name == CARD}
    write_json(folder / SEAL, {"run": run, "files": files} | ({"cards": cards} if cards else {}))


def strangers(folder: Path) -> list[Path]:
    """Return what lies in a sealed folder and is not of its training: files, links, a card that was filled in.

    All of it where the manifest cannot be read.
    """
    content = manifest(folder) or {"files": {}}
    files, cards = {*content["files"], SEAL}, content.get("cards", {})
    paths = [
        (p, p.relative_to(folder).as_posix()) for p in sorted(folder.rglob("*")) if p.is_symlink() or not p.is_dir()
    ]
    return [
        p for p, name in paths if name not in files and not (name in cards and p.is_file() and sha256(p) == cards[name])
    ]


def manifest(folder: Path) -> dict | None:
    """Return the manifest of a sealed folder, or None where there is none or it cannot be read."""
    try:
        content = parse_json((folder / SEAL).read_text(encoding="utf-8"))
        entries = content["files"].values()
        whole = isinstance(content["run"], str) and all(isinstance(n, int) and isinstance(d, str) for n, d in entries)
        whole = whole and isinstance(content.get("cards", {}), dict)
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
        try:
            if not path.is_file():
                return _("{file} is missing").format(file=name)
            if path.stat().st_size != size or sha256(path) != expected:
                return _("{file} is not as it was written ({size} bytes)").format(file=name, size=path.stat().st_size)
        except OSError as error:  # a disk that fails, a name that is none
            return _("{file:.80} cannot be read ({reason})").format(file=name, reason=error.strerror)
    return None


def belongs(folder: Path, run: str) -> bool:
    """Whether a sealed folder is of a training; one whose manifest is damaged is nobody's."""
    content = manifest(folder)
    return content is not None and content["run"] == run
