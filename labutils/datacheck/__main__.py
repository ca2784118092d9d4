"""``python -m labutils.datacheck``: parse, call one function, print; exit 1 where something is wrong."""

import argparse
import sys
from pathlib import Path

from labutils.datacheck import add, add_references, check_dialogues
from labutils.datacheck.cards import write_cards
from labutils.i18n import LabError, _


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m labutils.datacheck")
    parser.add_argument("command", nargs="?", choices=("check", "add", "add-references", "cards"), default="check")
    parser.add_argument("file", nargs="?", type=Path)
    parser.add_argument("--folder", type=Path, help=_("the set (default: data/dialogues)"))
    given = parser.parse_args(arguments)
    if given.command.startswith("add") != bool(given.file):
        parser.error(_("add and add-references take a file, check and cards take none"))
    if given.command == "cards":
        print(*write_cards(), sep="\n")
        return 0
    try:
        if given.command == "check":
            done, problems = None, check_dialogues(given.folder)
        else:
            done, problems = {"add": add, "add-references": add_references}[given.command](given.file, given.folder)
    except LabError as error:
        print(error, file=sys.stderr)
        return 1
    for problem in problems:
        print(problem)
    wrong = [problem for problem in problems if not problem.note]
    if done is not None:
        print(_("{n} records taken").format(n=len(done)) + (f": {done[0]} ... {done[-1]}" if done else ""))
    print(_("{n} problems, {notes} notes").format(n=len(wrong), notes=len(problems) - len(wrong)))
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
