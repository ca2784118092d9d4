"""What says whether the project, or a run of the labs, is as it should be: verify."""

import argparse
from collections import Counter
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from labutils.commands.arguments import Command, add_junit, folder
from labutils.errors import LabError
from labutils.i18n import _
from labutils.machine import environment, paths

if TYPE_CHECKING:
    from labutils.regression import Check

OF_THE_PROJECT = ("notebooks", "data")


def add(command: Command) -> None:
    text = _("check the committed notebooks and the shipped data, or a run: are its numbers in the stored ranges?")
    verify = command("verify", _verify, text)
    text = _("notebooks, data (default: both), or a run: the folder of a `labs run`, or a lab's results.json")
    verify.add_argument("what", nargs="?", type=_project_or_run, metavar="WHAT", help=text)
    add_junit(verify, _("of a run: write what was checked into a JUnit file, too"))
    verify.add_argument("--all", action="store_true", help=_("of a run: show what is in its range, too"))


def _project_or_run(text: str) -> str:
    """Return the text as it is: ``./notebooks`` is a folder, and not the project's notebooks."""
    folder(text)
    return text


def _verify(options: argparse.Namespace) -> int:
    what = options.what
    if what is not None and what not in OF_THE_PROJECT:
        return _verify_run(Path(what), options.junit, options.all)
    if options.junit or options.all:
        raise LabError("verify", _("--junit and --all are for a run: labs verify runs/latest --junit labs.xml"))
    problems = _records().check_all() if what != "notebooks" else []
    faults = _notebook_faults() if what != "data" else []
    for line in [*faults, *problems]:
        print(line)
    faults += [problem for problem in problems if not problem.note]
    print(_("{n} faults, {m} notes").format(n=len(faults), m=sum(problem.note for problem in problems)))
    return 1 if faults else 0


def _notebook_faults() -> list:
    environment.need("nbformat")
    from labutils.notebooks import verify

    return list(verify.verify())


def _records() -> ModuleType:
    """What checks the data is not part of an installed package."""
    paths.checkout(_("labs verify data"))
    from makers import records

    return records


def _verify_run(target: Path, junit_file: Path | None, everything: bool) -> int:
    environment.need("nbformat", "papermill")
    from labutils import junit, regression

    if junit_file:
        junit.check_target(junit_file)
    checks = regression.check(target)
    for check in checks:
        if everything or check.state == regression.OUT:
            print(_line(check))
    for lab in dict.fromkeys(check.lab for check in checks):
        print(_summary(lab, [check for check in checks if check.lab == lab]))
    if junit_file:
        junit.write(junit_file, "labs verify", regression.cases(checks))
        print(_("JUnit file: {path}").format(path=junit_file))
    outside = sum(check.state == regression.OUT for check in checks)
    text = _("{n} of {all} checks are out of range or found a fault") if outside else _("all in range: {all} checks")
    print(text.format(n=outside, all=len(checks)))
    return 1 if outside else 0


def _line(check: "Check") -> str:
    return f"{check.lab}  {check.name}: {check.text or check.state}"


def _summary(lab: str, checks: "list[Check]") -> str:
    """A lab's line: what was compared, on how many runs it rests, and what was not compared."""
    from labutils import regression

    numbers = [check for check in checks if check.runs]
    outside = sum(check.state == regression.OUT for check in checks)
    parts = [_("{n} numbers compared").format(n=len(numbers))]
    parts += [_("{n} faults").format(n=outside)] if outside else []
    if one := sum(check.runs == 1 for check in numbers):
        parts.append(_("{n} of them rest on one run").format(n=one))
    left = Counter(check.text for check in checks if check.state == regression.LEFT)
    parts += [_("not compared: {n} ({why})").format(n=n, why=why) for why, n in left.items()]
    return f"{lab}: " + "; ".join(parts)
