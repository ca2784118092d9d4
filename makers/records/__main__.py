"""``python -m makers.records``: parse, call one function, print; exit 1 where something is wrong."""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from labutils.errors import LabError
from labutils.i18n import _
from makers.records import add, add_references, check_all, check_set, set_names
from makers.records.cards.writing import write_cards
from makers.records.compose import replies
from makers.records.compose.functions import compose_code

ADDERS = {"add": add, "add-references": add_references}
WRITERS: dict[str, Callable[[], object]] = {
    "compose-code": compose_code,
    "compose-reply": replies.compose,
    "cards": lambda: "\n".join(map(str, write_cards())),
}


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m makers.records")
    parser.add_argument("command", nargs="?", choices=("check", *ADDERS, *WRITERS), default="check")
    parser.add_argument("file", nargs="?", type=Path)
    parser.add_argument("--folder", type=Path, help=_("a folder in the place of the shipped one; with --set"))
    parser.add_argument("--set", choices=set_names(), help=_("check this set only (with --folder: dialogues)"))
    options = parser.parse_args(arguments)
    if options.command.startswith("add") != bool(options.file):
        parser.error(_("add and add-references take a file, the other commands none"))
    try:
        if options.command in WRITERS:
            print(WRITERS[options.command]())
            return 0
        if options.command == "check":
            name = options.set or (options.folder and "dialogues")
            problems = check_set(name, options.folder) if name else check_all()
        else:
            ids, problems = ADDERS[options.command](options.file, options.folder)
            print(_("{n} records taken").format(n=len(ids)) + (f": {ids[0]} ... {ids[-1]}" if ids else ""))
    except LabError as error:
        print(error, file=sys.stderr)
        return 1
    for problem in problems:
        print(problem)
    notes = sum(problem.note for problem in problems)
    print(_("{n} problems, {notes} notes").format(n=len(problems) - notes, notes=notes))
    return int(len(problems) > notes)


if __name__ == "__main__":
    sys.exit(main())
