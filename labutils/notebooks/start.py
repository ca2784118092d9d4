"""``labs start`` and ``labs reset``: a copy of the labs that is the learner's own."""

import shutil
import subprocess
import sys
import time
from pathlib import Path

from labutils import notebooks
from labutils.i18n import _
from labutils.machine import environment
from labutils.notebooks import run as running


def copy_labs(folder: Path) -> tuple[list[str], list[str]]:
    """Copy the labs into ``folder``, never over a file that is there.

    Returns:
        (names copied, names that were there and were left as they are).
    """
    folder.mkdir(parents=True, exist_ok=True)
    copied, kept = [], []
    for path in notebooks.find():
        target = folder / path.name
        if target.exists():
            kept.append(path.name)
        else:
            shutil.copyfile(path, target)
            copied.append(path.name)
    return copied, kept


def reset(lab: str, folder: Path) -> tuple[Path, Path | None]:
    """Fetch one lab fresh; what was there is kept beside it under another name.

    Returns:
        (the fresh lab, the kept copy or None).
    """
    [source] = notebooks.find([lab])
    folder.mkdir(parents=True, exist_ok=True)
    target, kept = folder / source.name, None
    if target.exists():
        kept = target.with_name(f"{target.stem}.{time.strftime('%Y%m%d-%H%M%S')}.ipynb")
        target.rename(kept)
    shutil.copyfile(source, target)
    return target, kept


# The labs stay off the network: no news, no question about news, no look for a newer JupyterLab.
QUIET = ("--LabApp.news_url=None", "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate")


def start(folder: Path, open_jupyter: bool = True) -> int:
    """Give the learner a folder to work in and open JupyterLab on it; returns JupyterLab's exit status."""
    copied, kept = copy_labs(folder)
    if copied:
        print(_("copied to {folder}: {names}").format(folder=folder, names=", ".join(copied)))
    if kept:
        print(
            _("already there and left as they are: {names} (`labs reset NN` fetches one fresh)").format(
                names=", ".join(kept)
            )
        )
    if not open_jupyter:
        return 0
    environment.prepare_kernels()
    running.settle_folders()
    command = [sys.executable, "-m", "jupyterlab", "--notebook-dir", str(folder), *QUIET]
    return subprocess.run(command, check=False).returncode
