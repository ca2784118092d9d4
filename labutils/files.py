"""Files that are written in one step, their digest, and tables as Markdown."""

import contextlib
import errno
import hashlib
import io
import itertools
import json
import os
import secrets
import shutil
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from labutils.errors import LabError
from labutils.i18n import _

FULL = (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC))  # of a disk, or of what one may have on it
KIB = 2**10


@contextlib.contextmanager
def room(path: Path, size: int) -> Iterator[None]:
    """Turn what a full disk raises into one error; ``size``: bytes that are to be written at ``path``.

    Raises:
        LabError: code ``"disk"``.
    """
    try:
        yield
    except OSError as error:
        if error.errno not in FULL:
            raise
        text = _("the disk is full: {path} needs {needed} KiB and {free} KiB are free. What was there before is kept; make room "
                 "and call the same again")  # fmt: skip
        free = shutil.disk_usage(path.parent).free // KIB
        raise LabError("disk", text.format(path=path, needed=-(-size // KIB), free=free)) from error


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file in one step: a reader sees the old content or the new, never a part; no draft is left behind.

    Raises:
        LabError: code ``"disk"``: it is full.
    """
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")  # of this call alone: two processes have two
    try:
        with room(path, len(content)), draft.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


@contextlib.contextmanager
def in_one_step(path: Path) -> Iterator[io.BytesIO]:
    """Give what another library writes into, and write it to ``path`` in one step at the end; nothing where it fails.

    Raises:
        LabError: code ``"disk"``: it is full.
    """
    buffer = io.BytesIO()
    yield buffer
    write_bytes(path, buffer.getvalue())


def write_text(path: Path, text: str) -> None:
    """Write a text as UTF-8 in one step, as :func:`write_bytes` does."""
    write_bytes(path, text.encode("utf-8"))


def write_json(path: Path, content: Mapping[str, object]) -> None:
    """Write a mapping as JSON, in one step."""
    write_text(path, json.dumps(content, indent=1))


def parse_json(text: str | bytes) -> Any:
    """Return what a text in JSON says.

    Raises:
        ValueError: it is none, or is nested deeper than Python reads.
    """
    try:
        return json.loads(text)
    except RecursionError:
        raise ValueError("nested too deep") from None


def read_json(path: Path) -> Any:
    """Return a file's content, or None where there is no such file.

    Raises:
        ValueError: as :func:`parse_json`.  OSError: it cannot be read.
    """
    return parse_json(path.read_text(encoding="utf-8")) if path.is_file() else None


def write_new(path: Path, content: bytes) -> bool:
    """Write a file unless there is one of the name: whatever other processes do, none is written over.

    Returns:
        whether it was written.

    Raises:
        LabError: code ``"disk"``: it is full.
    """
    try:
        with room(path, len(content)):
            file = path.open("xb")
    except FileExistsError:
        return False
    try:
        with room(path, len(content)), file:
            file.write(content)
    except BaseException:  # a full disk: half a file would pass for the whole
        path.unlink()
        raise
    return True


def keep(path: Path, label: str) -> Path:
    """Rename a file to ``<stem>.<label><suffix>`` beside it, with a number where that name is taken, and return the new path.

    The name is taken before the file is moved: of two processes that do this at once, none overwrites the other's file.

    Raises:
        OSError: there is no such file (any more), or it is a folder.
    """
    for n in itertools.count(1):
        kept = path.with_name(f"{path.stem}.{label}{f'-{n}' if n > 1 else ''}{path.suffix}")
        if write_new(kept, b""):
            break
    try:
        return path.replace(kept)
    except OSError:
        kept.unlink()
        raise


def sha256(path: Path) -> str:
    """Return the digest of a file's content in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def markdown_table(head: Iterable, rows: Iterable[Iterable]) -> str:
    """Return a Markdown table; cells are written as ``str`` does."""
    head = list(head)
    lines = [head, *rows]
    shown = ["| " + " | ".join(map(str, cells)) + " |" for cells in lines]
    return "\n".join([shown[0], "|" + "---|" * len(head), *shown[1:]])
