"""What a learner calls: start, reset, run, report, progress, doctor, preflight."""

import argparse

from labutils import config
from labutils.commands.arguments import RUN, Command, add_junit, add_labs, add_out, add_pairs, folder, named
from labutils.i18n import _
from labutils.machine import paths


def add(command: Command) -> None:
    where = _("your folder (default: the one you are in where your labs lie in it, else my-labs)")
    start = command("start", _start, _("copy the labs into a folder of your own and open JupyterLab on it"))
    start.add_argument("folder", nargs="?", type=folder, help=where)
    start.add_argument("--no-browser", action="store_true", help=_("only copy, open nothing"))
    start.add_argument("--allow-root", action="store_true", help=_("run JupyterLab as root, in a container say"))
    start.usage = "labs start [-h] [--no-browser] [--allow-root] [folder] [-- JUPYTERLAB'S OPTIONS]"
    reset = command("reset", _reset, _("fetch one lab fresh; yours is kept under another name"))
    reset.add_argument("lab", type=named, help=_("its number, as in 03"))
    reset.add_argument("folder", nargs="?", type=folder, help=where)
    run = command("run", _run, _("execute labs and write results and a report"))
    add_labs(run)
    run.add_argument("--profile", choices=["auto", *config.PROFILES], help=_("default: what this machine can do"))
    add_out(run, RUN)
    text = _("a parameter of the labs, as in examples=100; a file or folder that is there is meant as such")
    add_pairs(run, "parameters", text)
    add_junit(run, _("write what came of each lab into a JUnit file, too"))
    text = _("labs at a time, which share the cores (default: 1)")
    run.add_argument("--jobs", type=int, default=1, metavar="N", help=text)
    report = command("report", _report, _("write the report of the labs that were run"))
    add_out(report, None, _("the folder of their results (default: {run}, else runs)").format(run=RUN))
    command("progress", _progress, _("show the exercises that you solved, lab by lab, and your predictions"))
    text = _("look whether this environment is in order, and say what mends it")
    command("doctor", _doctor, text).set_defaults(train=False)
    text = _("the doctor's look, a short training, and how long each lab takes here")
    command("preflight", _doctor, text).set_defaults(train=True)


def _start(options: argparse.Namespace) -> int:
    from labutils.notebooks import start

    more = ["--allow-root"] if options.allow_root else []
    return start.start(options.folder, not options.no_browser, [*more, *options.jupyter])


def _reset(options: argparse.Namespace) -> int:
    from labutils.notebooks import start

    fresh, kept = start.reset(options.lab, options.folder)
    text = _("{fresh} is fresh; yours is kept as {kept}") if kept else _("{fresh} is fresh")
    print(text.format(fresh=fresh, kept=kept))
    return 0


def _run(options: argparse.Namespace) -> int:
    from labutils import junit, parameters
    from labutils.notebooks import outcomes, report, run

    if options.junit:
        junit.check_target(options.junit)
    texts = parameters.split(options.parameters)
    values = {"profile": options.profile} if options.profile else {}
    done = run.run(options.labs, options.out, values, texts=texts, jobs=options.jobs)
    print(_("report: {path}").format(path=report.write(options.out)))
    if options.junit:
        junit.write(options.junit, "labs run", outcomes.cases(done))
        print(_("JUnit file: {path}").format(path=options.junit))
    return 0 if all(outcome.ok for outcome in done) else 1


def _report(options: argparse.Namespace) -> int:
    from labutils.notebooks import report

    out = options.out or report.find([RUN, paths.runs_dir()])
    print(_("report: {path}").format(path=report.write(out)))
    return 0


def _progress(options: argparse.Namespace) -> int:
    from labutils.notebooks import progress

    print(progress.page())
    return 0


def _doctor(options: argparse.Namespace) -> int:
    from labutils.doctor import checks

    text, ok = checks.preflight() if options.train else checks.page()
    print(text)
    return 0 if ok else 1
