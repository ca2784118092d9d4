"""Where data, labs and results lie, and whether there is room on the disk."""

import os
import shutil
from pathlib import Path

from labutils.errors import LabError
from labutils.i18n import _

MIB = 2**20


PACKAGE = Path(__file__).resolve().parents[1]


def _in_checkout() -> bool:
    return (PACKAGE.parent / "pyproject.toml").is_file() and (PACKAGE.parent / "makers").is_dir()


def _shipped(name: str) -> Path:
    """Folder ``name`` of a checkout (beside the package), or the copy the wheel carries inside the package."""
    return PACKAGE.parent / name if _in_checkout() else PACKAGE / f"_{name}"


def checkout(what: str) -> Path:
    """Return the folder of the project's checkout.

    Raises:
        LabError: code ``"checkout"``: this is an installed package, whose files are not to be changed; names ``what``.
    """
    if not _in_checkout():
        text = _("{what} works in a checkout of the project, not in an installed package ({folder}): run it there")
        raise LabError("checkout", text.format(what=what, folder=PACKAGE))
    return PACKAGE.parent


def data_dir() -> Path:
    """Return the folder of the shipped data, in a checkout and in an install alike."""
    return _shipped("data")


def labs_dir() -> Path:
    """Return the folder of the shipped notebooks, in a checkout and in an install alike."""
    return _shipped("labs")


def runs_dir() -> Path:
    """Return the folder for results: ``LABS_RUNS`` if set, else ``runs`` in the working directory."""
    return Path(os.environ.get("LABS_RUNS", "runs"))


def make(folder: Path, code: str = "folder") -> None:
    """Make a folder, and those that it lies in.

    Raises:
        LabError: of this code: none of that name can be made, since a file is in the way, say.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError) as error:  # the second of a name that no folder can have
        text = _("the folder {folder!r} cannot be made ({reason}); choose another")
        reason = getattr(error, "strerror", None) or error
        raise LabError(code, text.format(folder=str(folder), reason=reason)) from None


def free_bytes(folder: Path) -> int:
    """Return what is free on a folder's disk; the folder need not be there yet."""
    existing = next(p for p in (folder, *folder.resolve().parents) if p.exists())
    return shutil.disk_usage(existing).free


def check_free_space(folder: Path, needed: int, what: str) -> None:
    """Raise before any work is done when ``folder``'s disk holds fewer than ``needed`` bytes.

    Raises:
        LabError: code ``"disk"``.
    """
    free = free_bytes(folder)
    if free < needed:
        raise LabError(
            "disk",
            _(
                "{what} needs {needed} MiB in {folder}, but {free} MiB are free; free some space or choose another folder"
            ).format(what=what, needed=-(-needed // MIB), free=free // MIB, folder=folder),
        )
