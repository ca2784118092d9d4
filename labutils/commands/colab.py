"""A Colab edition of the labs: colab."""

import argparse
from pathlib import Path

from labutils.commands.arguments import Command, add_out, folder, named
from labutils.errors import LabError
from labutils.i18n import _


def add(command: Command) -> None:
    colab = command("colab", _colab, _("write the labs for Google Colab, for your repository or a wheel of the course"))
    source = colab.add_mutually_exclusive_group(required=True)
    source.add_argument("--repository", type=named, metavar="URL", help=_("https://...: where you keep the course"))
    source.add_argument("--wheel", type=folder, metavar="FILE", help=_("a wheel of the course, which learners upload"))
    text = _("the repository's tag or branch (default: its first branch, for badges main)")
    colab.add_argument("--tag", type=named, help=text)
    add_out(colab, Path("colab"), _("the folder of the labs (default: colab)"))


def _colab(options: argparse.Namespace) -> int:
    from labutils.classroom import colab

    if options.tag and options.wheel:
        raise LabError("tag", _("--tag is of a repository; a wheel is as it is"))
    source = (
        colab.from_wheel(options.wheel)
        if options.wheel
        else colab.from_repository(options.repository, options.tag or "")
    )
    for line in colab.write(source, options.out):
        print(line)
    return 0
