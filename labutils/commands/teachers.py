"""What a class calls: hand-in, class, give, take."""

import argparse
import re
from pathlib import Path

from labutils.commands.arguments import RUN, Command, add_labs, folder, named
from labutils.i18n import _
from labutils.machine import environment, paths


def add(command: Command) -> None:
    hand_in = command(
        "hand-in", _hand_in, _("make one file of your results for your teacher: no path, no text of yours")
    )
    hand_in.add_argument("name", type=named, help=_("what you want to be called"))
    _add_runs(hand_in)
    hand_in.add_argument("--out", type=folder, metavar="FILE", help=_("the file (default: NAME.handin.json)"))
    merge = command("class", _class, _("merge a folder of hand-ins into one page"))
    merge.add_argument("folder", type=folder, help=_("the hand-ins: files of `labs hand-in`, or folders of runs"))
    merge.add_argument("--out", type=folder, metavar="PAGE", help=_("the page (default: class.html in the folder)"))
    text = _("students as numbers: a page to show to the class")
    merge.add_argument("--without-names", action="store_true", help=text)
    give = command("give", _give, _("copy finished trainings into a folder, for who falls behind"))
    give.add_argument("handout", type=folder, metavar="DIR", help=_("a new folder"))
    add_labs(give, _("their numbers, as in 03 04; default: those of 03, 04, 05, 06 that have a finished training"))
    text = _(
        "the folder of the runs (default: {run}, LABS_RUNS, runs or my-labs/runs, the first with one of these labs)"
    )
    _add_runs(give, text.format(run=RUN))
    take = command("take", _take, _("check a folder of `labs give` and take its trainings, never over yours"))
    take.add_argument("handout", type=folder, metavar="DIR", help=_("the folder that you were given"))
    _add_runs(take, _("the folder of the runs (default: LABS_RUNS, or runs beside your labs)"))


def _add_runs(parser: argparse.ArgumentParser, text: str = "") -> None:
    text = text or _(
        "the folder of the runs (default: LABS_RUNS, runs, my-labs/runs or {run}, the first that is there)"
    )
    parser.add_argument("--runs", type=folder, metavar="FOLDER", help=text.format(run=RUN))


def _learners_runs() -> list[Path]:
    """Return where a learner's runs may lie, seen from where JupyterLab was started, or from beside ``my-labs``."""
    from labutils.notebooks import start

    return [paths.runs_dir(), start.FOLDER / "runs", RUN]


def _hand_in(options: argparse.Namespace) -> int:
    environment.need("nbformat")
    from labutils.classroom import handins
    from labutils.notebooks import report

    name = handins.named(options.name)
    runs = options.runs or report.find(_learners_runs(), option="--runs")
    hand_in = handins.collect(runs, name)
    for note in hand_in.notes:
        print(note)
    stem = re.sub(r"\W+", "-", name.lower()).strip("-")
    target = options.out or Path(f"{stem}{handins.ENDING}")
    kept = handins.write(hand_in, target)
    text = _("{target}: labs {labs} of {runs}, {n} exercises tried; hand it in as it is")
    labs = ", ".join(run.lab for run in hand_in.runs)
    print(text.format(target=target, labs=labs, runs=runs, n=len(hand_in.exercises)))
    if kept:
        print(_("an earlier one is kept as {kept}").format(kept=kept))
    return 0


def _class(options: argparse.Namespace) -> int:
    environment.need("nbformat")
    from labutils.classroom import page

    target, gathered = page.write(options.folder, options.out, names=not options.without_names)
    for name, why in gathered.unread:
        print(_("not read: {name}: {why}").format(name=name, why=why))
    for note in gathered.notes:
        print(note)
    text = _("{n} hand-ins merged, {m} not read; page: {page}")
    print(text.format(n=len(gathered.hand_ins), m=len(gathered.unread), page=target))
    return 0


def _give(options: argparse.Namespace) -> int:
    from labutils.classroom import handouts

    places = [options.runs] if options.runs else [RUN, *_learners_runs()]
    runs = next(
        (place for place in places if any((place / lab).is_dir() for lab in options.labs or handouts.USUAL)), places[0]
    )
    names = handouts.give(options.handout, runs, options.labs)
    text = _("{handout}: {names} of {runs}. Students call: labs take {handout}")
    print(text.format(handout=options.handout, names=", ".join(names), runs=runs))
    return 0


def _take(options: argparse.Namespace) -> int:
    from labutils.classroom import handouts

    runs = options.runs or _place_of_labs()
    taken, there = handouts.take(options.handout, runs)
    if taken:
        print(_("taken into {runs}: {names}").format(runs=runs, names=", ".join(taken)))
    if there:
        print(_("already in {runs}, the same: {names}").format(runs=runs, names=", ".join(there)))
    return 0


def _place_of_labs() -> Path:
    """Return where the learner's labs look for their runs: beside the notebooks, unless LABS_RUNS names a folder."""
    import os

    from labutils.notebooks import start

    return paths.runs_dir() if os.environ.get("LABS_RUNS") else start.learners_folder(None) / "runs"
