"""The command line: parse, call one function, print."""

import argparse
import contextlib
import errno
import io
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import labutils
from labutils import config, launch, log
from labutils.errors import LabError
from labutils.i18n import _
from labutils.machine import children, environment, paths

RUN = Path("runs/latest")
BENCH = Path("runs/bench")
STATUS = _(
    "Exit status: 0 done; 1 a lab failed or a check found faults; 2 the call, its input or this machine is not right; "
    "128 + n ended by signal n (130: Ctrl-C). Variables: see README."
)
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM)  # no fault of the program's

Call = Callable[[argparse.Namespace], int]


def main(arguments: list[str] | None = None) -> int:
    """Run ``labs``; returns the exit status: 0 done, 1 something failed, 2 the call or its input is not right."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a terminal of a narrow code page shows what it can
            stream.reconfigure(errors="backslashreplace")
    if arguments is not None:
        return _call(arguments)
    if sys.argv[1:2] == ["train"]:
        environment.restart_with_settings(["-P", "-m", "labutils.cli", *sys.argv[1:]])
    # Each of several processes has nothing to set in order, and may wait for the others where no handler is run.
    with contextlib.nullcontext() if launch.launched() else children.ended_by_signals():
        return _call(sys.argv[1:])


def _call(arguments: list[str]) -> int:
    log.show()
    dashes = arguments.index("--") if arguments[:1] == ["start"] and "--" in arguments else len(arguments)
    options = _parser().parse_args(arguments[:dashes])
    options.arguments, options.jupyter = arguments, arguments[dashes + 1 :]
    try:
        return options.call(options)
    except LabError as error:
        print(_("labs: {error}").format(error=error), file=sys.stderr)
        return 2
    except OSError as error:
        if error.errno not in FULL:
            raise
        text = _("labs: {file}: {reason}; what was written so far is kept, and the same call goes on")
        print(text.format(file=error.filename or "?", reason=error.strerror), file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(_("labs: interrupted; what was written so far is kept"), file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="labs", description=_("FineTune Labs: start, run, build and verify the labs."), epilog=STATUS
    )
    parser.add_argument("--version", action="version", version=f"labs {labutils.__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, call: Call, text: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=text, description=text, epilog=STATUS)
        sub.set_defaults(call=call)
        return sub

    _add_learners(command)
    _add_projects(command)
    _add_training(command)
    return parser


def _add_learners(command: Callable[[str, Call, str], argparse.ArgumentParser]) -> None:
    folder = _("your folder (default: the one you are in where your labs lie in it, else my-labs)")
    start = command("start", _start, _("copy the labs into a folder of your own and open JupyterLab on it"))
    start.add_argument("folder", nargs="?", type=_folder, help=folder)
    start.add_argument("--no-browser", action="store_true", help=_("only copy, open nothing"))
    start.add_argument("--allow-root", action="store_true", help=_("run JupyterLab as root, in a container say"))
    start.usage = "labs start [-h] [--no-browser] [--allow-root] [folder] [-- JUPYTERLAB'S OPTIONS]"
    reset = command("reset", _reset, _("fetch one lab fresh; yours is kept under another name"))
    reset.add_argument("lab", type=_named, help=_("its number, as in 03"))
    reset.add_argument("folder", nargs="?", type=_folder, help=folder)
    run = command("run", _run, _("execute labs and write results and a report"))
    _add_labs(run)
    run.add_argument("--profile", choices=["auto", *config.PROFILES], help=_("default: what this machine can do"))
    _add_out(run, RUN)
    text = _("a parameter of the labs, as in examples=100; a file or folder that is there is meant as such")
    _add_pairs(run, "parameters", text)
    report = command("report", _report, _("write the report of the labs that were run"))
    _add_out(report, None, _("the folder of their results (default: {run}, else runs)").format(run=RUN))
    command("progress", _progress, _("show the exercises that you solved, lab by lab, and your predictions"))
    text = _("look whether this environment is in order, and say what mends it")
    command("doctor", _doctor, text).set_defaults(train=False)
    text = _("the doctor's look, a short training, and how long each lab takes here")
    command("preflight", _doctor, text).set_defaults(train=True)


def _add_projects(command: Callable[[str, Call, str], argparse.ArgumentParser]) -> None:
    build = command("build", _build, _("execute the committed labs and bring them to normal form (in a checkout)"))
    _add_labs(build)
    verify = command("verify", _verify, _("check the committed notebooks, the shipped data, or both"))
    verify.add_argument("what", nargs="?", choices=["notebooks", "data"], help=_("default: both"))
    bench = command("bench", _bench, _("measure training, generation and scoring beside the usual recipes"))
    _add_out(bench, BENCH)
    text = _("the model: tuned (the profile's), or the shape of one with random weights, as flan-t5-base")
    bench.add_argument("--shape", type=_named, help=text)
    bench.add_argument("--tiny", action="store_true", help=_("a few examples of each, to see that it runs"))
    text = _("keep the results in data/benchmarks and write BENCHMARKS.md (in a checkout)")
    bench.add_argument("--publish", action="store_true", help=text)


def _add_training(command: Callable[[str, Call, str], argparse.ArgumentParser]) -> None:
    train = command("train", _train, _("fine-tune a model, on one process or, with --config, on several"))
    train.add_argument("output_dir", type=_folder, help=_("this training's folder; called again it goes on"))
    train.add_argument(
        "--model", type=_named, default="auto", help=_("a name, a folder, or auto (default): the profile's tuned")
    )
    text = _("dialogues (default), or a task of the suite: sentiment, topic, ...")
    train.add_argument("--task", type=_named, default="dialogues", help=text)
    train.add_argument("--dialogues", type=_named, help=_("pocket, dialogsum or a path, instead of the profile's"))
    train.add_argument("--profile", default="auto", choices=["auto", *config.PROFILES], help=_("default: auto"))
    train.add_argument("--examples", type=int, help=_("the first so many; default: all"))
    names = ", ".join(launch.configs())
    text = _("several processes: {names}, with a number as in gpu-8, or a file in Accelerate's format")
    train.add_argument("--config", type=_named, help=text.format(names=names))
    train.add_argument("--processes", type=int, help=_("with --config: how many; default: the file's number"))
    _add_pairs(train, "settings", _("a setting of the training, as in method=lora"))


def _named(text: str) -> str:
    """Return a text that stands for something: an unset variable of a script is not the default."""
    if not text.strip():
        raise argparse.ArgumentTypeError(_("it is empty; leave the option away for the default"))
    return text


def _folder(text: str) -> Path:
    return Path(_named(text))


def _add_labs(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "labs", nargs="*", type=_named, metavar="NN", help=_("their numbers, as in 03 04; default: all")
    )


def _add_out(parser: argparse.ArgumentParser, default: Path | None, text: str = "") -> None:
    text = text or _("the folder of the results (default: {folder})").format(folder=default)
    parser.add_argument("--out", type=_folder, default=default, metavar="FOLDER", help=text)


def _add_pairs(parser: argparse.ArgumentParser, dest: str, text: str) -> None:
    parser.add_argument("-p", dest=dest, action="append", default=[], metavar="NAME=VALUE", help=text)


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
    from labutils import parameters
    from labutils.notebooks import report, run

    texts = parameters.split(options.parameters)
    values = {"profile": options.profile} if options.profile else {}
    outcomes = run.run(options.labs, options.out, values, texts=texts)
    print(_("report: {path}").format(path=report.write(options.out)))
    return 0 if all(outcome.ok for outcome in outcomes) else 1


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


def _build(options: argparse.Namespace) -> int:
    paths.checkout(_("labs build"))
    environment.need(*environment.LABS)
    from labutils.notebooks import normalize

    return 0 if all(outcome.ok for outcome in normalize.build(options.labs)) else 1


def _verify(options: argparse.Namespace) -> int:
    problems = _records().check_all() if options.what != "notebooks" else []
    faults = _notebook_faults() if options.what != "data" else []
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


def _train(options: argparse.Namespace) -> int:
    from labutils.machine import processes

    settings = launch.read_settings(options.settings)
    if options.processes is not None and not options.config:
        raise LabError("launch_config", _("--processes has no effect without --config, as in --config cpu"))
    if options.config and not launch.launched():
        launch.launch(options.config, options.arguments, options.output_dir, options.processes)
        return 0
    history = launch.train(
        options.model, options.task, options.output_dir, profile=options.profile, dialogues=options.dialogues,
        examples=options.examples, **settings,
    )  # fmt: skip
    if processes.is_main():
        rate = _("{rate:.1f} examples/s, {seconds:.0f} s; the model is in {folder}")
        print(rate.format(rate=history.examples_per_s, seconds=history.train_s, folder=history.folder))
    processes.leave()
    return 0


def _bench(options: argparse.Namespace) -> int:
    if options.publish:
        paths.checkout(_("labs bench --publish"))
    from labutils.bench import measurements, publish, table

    name = ("tiny-" if options.tiny else "") + (options.shape or "default")
    path = options.out / f"{name}.json"
    results = measurements.run(path, measurements.TINY if options.tiny else None, options.shape)
    head = ("work", "rates of", "ratio", "ratio of peak memory")
    print(table.markdown_table(head, table.ratio_rows(results)))
    print(_("results: {path}; figure: {figure}").format(path=path, figure=publish.draw(results, path)))
    if options.publish:
        print(_("written: {path}").format(path=publish.publish(results)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
