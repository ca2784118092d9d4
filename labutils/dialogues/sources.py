"""Where dialogues come from: a name, a file or folder, or memory is resolved to a place for each split."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from labutils.dialogues import dialogsum, in_memory
from labutils.dialogues.textfiles import ENDINGS, Table, listed, short
from labutils.errors import LabError
from labutils.i18n import _
from labutils.log import logger
from labutils.machine import paths
from labutils.parameters import MEND, existing

SPLITS = ("train", "validation", "test")
NAMES = {"train": ("train",), "validation": ("validation", "val", "dev", "valid"), "test": ("test",)}
SHIPPED = {"pocket": ("plain",), "pocket-rich": ("rich",), "pocket-all": ("rich", "plain")}  # registers of each source
Places = Mapping[str, Path | Table]


def places(source: object, wanted: set[str]) -> Places:
    """Return what holds the rows of each split; ``{"": place}`` where one place holds them all.

    Args:
        source: see :func:`labutils.dialogues.load_dialogues`.
        wanted: columns that are read of what is in memory.

    Raises:
        LabError: there is no such source, or a split has no place or several.
    """
    if not isinstance(source, str | os.PathLike):
        return _named(type(source).__name__, in_memory.tables(source, wanted))
    if source in SHIPPED:
        return _folder(paths.data_dir() / "dialogues", wanted)
    if source == "dialogsum":
        return _dialogsum(wanted)
    text = os.fsdecode(source)
    there = bool(text.strip()) and existing(text) is not None
    path = Path(text).expanduser() if there else Path(text)
    if not there and not path.suffix:
        raise _no_source(text)
    return _folder(path, wanted) if there and path.is_dir() else {"": path}


def check(source: object) -> None:
    """Raise where a name stands for no source; whether its rows are right is seen when they are read.

    A lab looks before it begins: its training came first, and minutes later the dialogues were missing.

    Raises:
        LabError: code ``"dialogues"``.
    """
    source, _mended = asked(source, mend=False)
    if isinstance(source, str) and source not in SHIPPED and source != "dialogsum" and existing(source) is None:
        raise _no_source(source)


def _no_source(source: str) -> LabError:
    text = _(
        "there are no dialogues called {source}; use 'auto', {shipped}, 'dialogsum', or the path of a folder or file"
    )
    return LabError("dialogues", text.format(source=short(source), shipped=", ".join(map(repr, SHIPPED))))


def asked(source: Any, mend: bool) -> tuple[Any, bool]:
    """Return a source without the word that asks to mend it, and whether it is to be mended."""
    worded = isinstance(source, str) and source.startswith(MEND) and not Path(source).exists()
    return (source.removeprefix(MEND), True) if worded else (source, mend)


def _dialogsum(wanted: set[str]) -> Places:
    folder = os.environ.get("DIALOGSUM_DIR")
    if not folder:
        return dialogsum.fetch()
    if not Path(folder).is_dir():
        message = _("DIALOGSUM_DIR is {folder}, and there is no such folder (seen from {here})")
        raise LabError("dialogsum-dir", message.format(folder=folder, here=Path.cwd()))
    return _folder(Path(folder), wanted)


def _folder(folder: Path, wanted: set[str]) -> Places:
    """Find the split files of a folder (train.jsonl, samsum.val.jsonl, dev.json, test.csv ...), or what save_to_disk wrote."""
    if in_memory.is_saved(folder):
        return _named(str(folder), in_memory.tables(in_memory.load_saved(folder), wanted, str(folder)))
    try:
        files = sorted(path for path in folder.iterdir() if path.suffix.lower() in ENDINGS)
    except OSError as error:
        text = _("{folder} cannot be opened ({reason})").format(folder=folder, reason=error.strerror)
        raise LabError("split-files", text) from None
    return {split: _only(folder, split, [file for file in files if _is_of(split, file.stem)]) for split in SPLITS}


def _is_of(split: str, name: str) -> bool:
    return name.lower().split(".")[-1] in NAMES[split]


def _only(folder: Path, split: str, files: list[Path]) -> Path:
    if len(files) == 1:
        return files[0]
    message = _("{folder} must hold one {split} file (its name or the part before its ending is {names}; {endings}); "
                "it has: {have}")  # fmt: skip
    names, have = " / ".join(NAMES[split]), ", ".join(file.name for file in files) or _("none")
    message = message.format(folder=folder, split=split, names=names, endings=" ".join(ENDINGS), have=have)
    raise LabError("split-files", message)


def _named(source: str, tables: dict[str, Table]) -> Places:
    """Give the splits of what is in memory our names; one alone, as load_dataset makes it of a file, is divided."""
    if len(tables) == 1:
        ((split, table),) = tables.items()
        if split:
            logger.warning(
                _("{source} has one split, {split}: it is divided 80/10/10").format(source=source, split=short(split))
            )
        return {"": table}
    chosen = {}
    for split in SPLITS:
        names = [name for name in tables if _is_of(split, name)]
        if len(names) != 1:
            message = _(
                "{source} must have one split {names}; it has: {have}. datasets' train_test_split makes one of another"
            )
            message = message.format(source=source, names=" / ".join(NAMES[split]), have=listed(tables))
            raise LabError("split-files", message)
        chosen[split] = tables[names[0]]
    return chosen
