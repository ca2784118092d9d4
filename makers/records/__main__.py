"""``python -m makers.records``: parse, call one function, print; exit 1 where something is wrong."""

import argparse
import sys
from pathlib import Path

from labutils.errors import LabError
from labutils.i18n import _
from makers.records import add, add_references, check_all, check_set, set_names
from makers.records.cards.writing import write_cards
from makers.records.compose import replies
from makers.records.compose.functions import compose_code

COMMANDS = ("check", "add", "add-references", "compose-code", "compose-reply", "cards")


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m makers.records")
    parser.add_argument("command", nargs="?", choices=COMMANDS, default="check")
    parser.add_argument("file", nargs="?", type=Path)
    parser.add_argument("--folder", type=Path, help=_("a folder in the place of the shipped one; with --set"))
    parser.add_argument("--set", choices=set_names(), help=_("check this set only (with --folder: dialogues)"))
    given = parser.parse_args(arguments)
    if given.command.startswith("add") != bool(given.file):
        parser.error(_("add and add-references take a file, the other commands none"))
    if given.command == "cards":
        print(*write_cards(), sep="\n")
        return 0
    if given.command == "compose-code":
        print(compose_code())
        return 0
    if given.command == "compose-reply":
        print(replies.compose())
        return 0
    try:
        if given.command == "check":
            one = given.set or (given.folder and "dialogues")
            done, problems = None, check_set(one, given.folder) if one else check_all()
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
