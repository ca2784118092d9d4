"""What the commands share: how an argument is read, and where results lie.

A command is added to the parser by ``add``, which each module of this folder has, and is one function of its options that
returns the exit status; what does the work stands in the package's other rooms.
"""

import argparse
import errno
import os
from collections.abc import Callable
from pathlib import Path

from labutils.i18n import _

RUN = Path("runs/latest")
BENCH = Path("runs/bench")

Call = Callable[[argparse.Namespace], int]
Command = Callable[[str, Call, str], argparse.ArgumentParser]


def named(text: str) -> str:
    """Return a text that stands for something: an unset variable of a script is not the default."""
    if not text.strip():
        raise argparse.ArgumentTypeError(_("it is empty; leave the option away for the default"))
    return text


def folder(text: str) -> Path:
    """Return the path that a text names; whether it is there or not, it must be a name that the system takes."""
    try:
        os.lstat(named(text))
    except (OSError, ValueError) as error:
        if isinstance(error, OSError) and error.errno not in (errno.ENAMETOOLONG, errno.ELOOP):
            return Path(text)
        reason = getattr(error, "strerror", None) or error
        raise argparse.ArgumentTypeError(
            _("{text!r:.80} can be no file or folder: {reason}").format(text=text, reason=reason)
        ) from None
    return Path(text)


def add_labs(parser: argparse.ArgumentParser, text: str = "") -> None:
    text = text or _("their numbers, as in 03 04; default: all. gpu: the appendix of what needs a GPU")
    parser.add_argument("labs", nargs="*", type=named, metavar="NN", help=text)


def add_out(parser: argparse.ArgumentParser, default: Path | None, text: str = "") -> None:
    text = text or _("the folder of the results (default: {folder})").format(folder=default)
    parser.add_argument("--out", type=folder, default=default, metavar="FOLDER", help=text)


def add_pairs(parser: argparse.ArgumentParser, dest: str, text: str) -> None:
    parser.add_argument("-p", dest=dest, action="append", default=[], metavar="NAME=VALUE", help=text)


def add_junit(parser: argparse.ArgumentParser, text: str) -> None:
    parser.add_argument("--junit", type=folder, metavar="FILE", help=text)
