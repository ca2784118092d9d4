"""``labs start`` and ``labs reset``: a copy of the labs that is the learner's own."""

import contextlib
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from labutils import files, notebooks
from labutils.errors import LabError
from labutils.i18n import _
from labutils.log import logger
from labutils.machine import children, environment, paths
from labutils.notebooks import run as running

FOLDER = Path("my-labs")  # where none is named


def learners_folder(folder: Path | None) -> Path:
    """Return the learner's folder: the one named, the working directory where labs lie in it, else ``my-labs``.

    Raises:
        LabError: code ``"folder"``: it is the folder of the shipped labs, whose files are not the learner's.
    """
    if folder is None:
        folder = Path() if any(Path(path.name).is_file() for path in notebooks.find()) else FOLDER
    if folder.resolve() == notebooks.paths.labs_dir().resolve():
        raise LabError("folder", _("{folder} holds the labs that are copied; name another").format(folder=folder))
    return folder


def cleared(path: Path) -> bytes:
    """Return a lab as a learner gets it: without outputs, so that no result stands below a question before it is asked."""
    environment.need("nbformat")
    from labutils.notebooks.normalize import normal_text

    notebook = notebooks.read(path)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    return normal_text(notebook).encode()


def copy_labs(folder: Path) -> tuple[list[str], list[str]]:
    """Copy the labs, their outputs cleared, into ``folder``, never over a file that is there.

    Returns:
        (names copied, names that were there and were left as they are).
    """
    paths.make(folder)
    copied: list[str] = []
    kept: list[str] = []
    for path in notebooks.find():
        (copied if files.write_new(folder / path.name, cleared(path)) else kept).append(path.name)
    return copied, kept


def reset(lab: str, folder: Path | None = None) -> tuple[Path, Path | None]:
    """Fetch one lab fresh; what was there is kept beside it under another name.

    Returns:
        (the fresh lab, the kept copy or None).

    Raises:
        LabError: codes ``"lab"``, ``"disk"``, ``"folder"``: there is no folder of the learner's here.
    """
    [source] = notebooks.find([lab])
    folder = learners_folder(folder)
    if not folder.is_dir():
        text = _(
            "there is no folder {folder} here; go where your labs are, or name their folder: labs reset {lab} FOLDER"
        )
        raise LabError("folder", text.format(folder=folder, lab=lab))
    target, kept = folder / source.name, None
    fresh = cleared(source)
    try:
        while not files.write_new(target, fresh):
            with contextlib.suppress(FileNotFoundError):  # another reset took it away in between
                kept = files.keep(target, time.strftime("%Y%m%d-%H%M%S"))
    except LabError:  # a full disk: the learner's is where it was
        if kept and not target.exists():
            kept.rename(target)
        raise
    return target, kept


# The labs stay off the network: no news, no question about news, no look for a newer JupyterLab. JupyterLab 4.6 asks
# about the news with news_url=None too, so our page_config.json leaves out the part that asks.
QUIET = ("--LabApp.news_url=None", "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate")
# Beside the cells JupyterLab takes letters and arrows (4.4 digits, too) for its commands, also those that are pressed in a
# widget's drop-down list: R makes the cell raw, X cuts it. Our default_setting_overrides.json gives each of these keys to a
# command that does not exist, where the focus is in an output: JupyterLab then leaves the key to the control. They wrap
# lines of code, too, whose ends were out of sight.
CONFIG = Path(__file__).parent / "jupyter"


def start(folder: Path | None = None, open_jupyter: bool = True, options: Sequence[str] = ()) -> int:
    """Give the learner a folder to work in and open JupyterLab on it; returns JupyterLab's exit status.

    One Ctrl-C ends it, without a question: the kernels are ended, and what was saved is on the disk.

    Args:
        options: for JupyterLab, as ``--allow-root`` or ``--port=9999``.

    Raises:
        LabError: codes ``"extra"``, ``"folder"``, ``"root"``.
    """
    if open_jupyter:
        environment.need("jupyterlab", *environment.LABS)
        _check_user(options)
    folder = learners_folder(folder)
    copied, kept = copy_labs(folder)
    if copied:
        logger.info(_("copied to {folder}: {names}").format(folder=folder, names=", ".join(copied)))
    if kept:
        text = _("already there and left as they are: {names} (`labs reset NN` fetches one fresh)")
        logger.info(text.format(names=", ".join(kept)))
    if not open_jupyter:
        return 0
    environment.prepare_kernels()
    running.settle_folders()
    paths = (str(CONFIG), os.environ.get("JUPYTER_CONFIG_PATH"))
    os.environ["JUPYTER_CONFIG_PATH"] = os.pathsep.join(filter(None, paths))
    logger.info(_("JupyterLab opens on {folder}; Ctrl-C here ends it and its kernels").format(folder=folder.resolve()))
    first = f"--LabApp.default_url=/lab/tree/{notebooks.find()[0].name}"  # an empty launcher would be the first sight
    call = [
        sys.executable,
        "-m",
        "jupyterlab",
        "--notebook-dir",
        str(folder),
        *QUIET,
        *_unless_set(options),
        first,
        *options,
    ]
    try:
        return children.run(call)
    except KeyboardInterrupt:
        logger.info(_("JupyterLab and its kernels are ended; go on with: labs start {folder}").format(folder=folder))
        return 0


def _unless_set(options: Sequence[str]) -> list[str]:
    """Return what is set for JupyterLab unless the options say otherwise: it takes each of these once.

    Of its thirty lines about extensions and language servers a learner needs none; the address with its token, where no
    other token or password is set, is shown at any level.
    """
    theirs = {option.partition("=")[0] for option in options}
    ours = {f"--KernelManager.{name}": value for name, value in environment.channels().items()}
    if not theirs & {"--log-level", "--debug"}:
        ours["--Application.log_level"] = "WARN"
    return [f"{name}={value}" for name, value in ours.items() if name not in theirs]


def _check_user(options: Sequence[str]) -> None:
    if (
        hasattr(os, "geteuid")
        and os.geteuid() == 0
        and not any("allow-root" in o or "allow_root" in o for o in options)
    ):
        raise LabError("root", _("JupyterLab does not run as root unless it is told to: labs start --allow-root"))
