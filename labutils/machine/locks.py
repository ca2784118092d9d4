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
        LabError: code ``"locked"``: another process works in that folder; the text says which, and on which machine.
    """
    from filelock import FileLock, Timeout

    holder = path.with_name(f"{path.name}.json")
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
