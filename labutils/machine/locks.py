"""One process at a time in a folder."""

import os
import socket
from contextlib import ExitStack
from pathlib import Path

from labutils.errors import LabError
from labutils.files import read_json, write_json
from labutils.i18n import _


def hold(path: Path, held: ExitStack) -> None:
    """Hold a lock file until ``held`` is closed; the system lets go of it when this process ends, however it ends.

    Who holds it stands beside it, in ``<path>.json``.

    Raises:
        LabError: code ``"locked"``: another process works in that folder; the text says which, and on which machine;
            ``"foreign"``: files of these names are there, and no lock of ours wrote them.
    """
    from filelock import FileLock, Timeout

    holder = path.with_name(f"{path.name}.json")
    for file, ours in ((path, _is_lock), (holder, _is_holder)):
        if file.exists() and not ours(file):
            text = _("{file} is no lock of labutils, and would be written over; choose another folder")
            raise LabError("foreign", text.format(file=file))
    guard = FileLock(path)
    try:
        guard.acquire(blocking=False)
    except Timeout:
        try:
            who = read_json(holder) or {}
        except (OSError, ValueError):
            who = {}
        text = _("process {pid} on {host} is at work in {folder}; wait for it, or choose another folder")
        text = text.format(pid=who.get("pid", "?"), host=who.get("host", "?"), folder=path.parent)
        raise LabError("locked", text) from None
    held.callback(guard.release)
    write_json(holder, {"pid": os.getpid(), "host": socket.gethostname()})
    held.callback(holder.unlink, missing_ok=True)


def _is_lock(path: Path) -> bool:
    """Whether a file is empty, or begins with a process's number, as filelock writes it where a disk knows no locks."""
    try:
        return path.is_file() and (path.stat().st_size == 0 or path.read_bytes().split()[:1][0].isdigit())
    except (OSError, IndexError):  # Windows lets nobody read what is held
        return True


def _is_holder(path: Path) -> bool:
    """Whether a file says who holds a lock; a kill or a full disk may have left it empty."""
    try:
        who = read_json(path) if path.stat().st_size else {}
    except (OSError, ValueError):
        return False
    return isinstance(who, dict) and who.keys() <= {"pid", "host"}
