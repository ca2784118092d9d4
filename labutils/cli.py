"""The command line: parse, call one function, print."""

import argparse
import sys
from pathlib import Path

from labutils.errors import LabError
from labutils.i18n import _
from labutils.machine import environment

DEFAULT_OUT = Path("runs/latest")
DEFAULT_FOLDER = Path("my-labs")


def main(arguments: list[str] | None = None) -> int:
    """Run ``labs``; returns the exit status: 0 done, 1 something failed, 2 the call or its input is not right."""
    if arguments is None:  # called as a program
        arguments = sys.argv[1:]
        if arguments[:1] == ["train"]:
            environment.restart_with_settings(["-P", "-m", "labutils.cli", *arguments])
    options = _parser().parse_args(arguments)
    options.arguments = arguments
    try:
        return options.call(options)
    except LabError as error:
        print(_("labs: {error}").format(error=error), file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(_("labs: interrupted; what was written so far is kept"), file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="labs", description=_("FineTune Labs: start, run, build and verify the labs.")
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name, call, text):
        sub = commands.add_parser(name, help=text, description=text)
        sub.set_defaults(call=call)
        return sub

    start = command("start", _start, _("copy the labs into a folder of your own and open JupyterLab on it"))
    start.add_argument("folder", nargs="?", type=Path, default=DEFAULT_FOLDER)
    start.add_argument("--no-browser", action="store_true", help=_("only copy"))
    reset = command("reset", _reset, _("fetch one lab fresh; yours is kept under another name"))
    reset.add_argument("lab")
    reset.add_argument("folder", nargs="?", type=Path, default=DEFAULT_FOLDER)
    run = command("run", _run, _("execute labs (default: all) and write results and a report"))
    run.add_argument("labs", nargs="*")
    run.add_argument("--profile", help=_("auto, pocket, t4 or gpu"))
    run.add_argument("--out", type=Path, default=DEFAULT_OUT)
    run.add_argument(
        "-p", dest="parameters", action="append", default=[], metavar="NAME=VALUE", help=_("set a lab's parameter")
    )
    build = command("build", _build, _("execute the committed labs and bring them to normal form"))
    build.add_argument("labs", nargs="*")
    verify = command("verify", _verify, _("check the committed notebooks, the shipped data, or both"))
    verify.add_argument("what", nargs="?", choices=["notebooks", "data"])
    train = command("train", _train, _("fine-tune a model, on one process or, with --config, on several"))
    train.add_argument("output_dir", type=Path, help=_("this training's folder; called again it goes on"))
    train.add_argument("--model", default="auto", help=_("a name, a folder, or auto: the profile's tuned model"))
    train.add_argument("--task", default="dialogues", help=_("dialogues, or a task of the suite"))
    train.add_argument("--dialogues", help=_("pocket, dialogsum or a path, instead of the profile's"))
    train.add_argument("--profile", default="auto")
    train.add_argument("--examples", type=int, help=_("the first so many; default: all"))
    train.add_argument("--config", help=_("a file in Accelerate's format, or one of: cpu-2, gpu-8, gpu-8-fsdp ..."))
    train.add_argument(
        "-p", dest="settings", action="append", default=[], metavar="NAME=VALUE", help=_("a setting, as in method=lora")
    )
    bench = command("bench", _bench, _("measure training, generation and scoring beside the usual recipes"))
    bench.add_argument("--out", type=Path, help=_("the results file; default: runs/bench/SHAPE.json"))
    bench.add_argument("--shape", help=_("tuned, or a name such as flan-t5-base (random weights)"))
    bench.add_argument("--tiny", action="store_true", help=_("a few examples of each, to see that it runs"))
    bench.add_argument(
        "--publish", action="store_true", help=_("keep the results in data/benchmarks and write BENCHMARKS.md")
    )
    report = command("report", _report, _("write the report of a run"))
    report.add_argument("--out", type=Path, default=DEFAULT_OUT)
    return parser


def _start(options) -> int:
    from labutils.notebooks import start

    return start.start(options.folder, open_jupyter=not options.no_browser)


def _reset(options) -> int:
    from labutils.notebooks import start

    fresh, kept = start.reset(options.lab, options.folder)
    print(
        _("{fresh} is fresh").format(fresh=fresh) + (_("; yours is kept as {kept}").format(kept=kept) if kept else "")
    )
    return 0


def _run(options) -> int:
    from labutils.notebooks import report, run

    parameters = run.parse_parameters(options.parameters)
    if options.profile:
        parameters["profile"] = options.profile
    outcomes = run.run(options.labs, options.out, parameters)
    print(_("report: {path}").format(path=report.write(options.out)))
    return 0 if all(outcome.ok for outcome in outcomes) else 1


def _build(options) -> int:
    from labutils.notebooks import normalize

    return 0 if all(outcome.ok for outcome in normalize.build(options.labs)) else 1


def _verify(options) -> int:
    from labutils.notebooks import verify

    faults = verify.verify() if options.what in (None, "notebooks") else []
    problems = _records().check_all() if options.what in (None, "data") else []
    for line in [*faults, *problems]:
        print(line)
    faults += [problem for problem in problems if not problem.note]
    print(_("{n} faults, {m} notes").format(n=len(faults), m=sum(problem.note for problem in problems)))
    return 1 if faults else 0


def _records():
    """What checks the data is not part of an installed package."""
    try:
        from makers import records
    except ModuleNotFoundError as error:
        if error.name != "makers":
            raise
        text = _("the shipped data are checked in a checkout of the project: run this in its folder")
        raise LabError("checkout", text) from None
    return records


def _train(options) -> int:
    from labutils import launch
    from labutils.machine import processes
    from labutils.notebooks import run

    if options.config and not launch.launched():
        launch.launch(options.config, options.arguments, options.output_dir)
        return 0
    settings = run.parse_parameters(options.settings)
    clash = sorted({"model", "task", "output_dir", "profile", "dialogues", "examples", "resume"} & settings.keys())
    if clash:
        text = _("{name} is no setting of the training; there is an option for it: --{name}")
        raise LabError("settings", text.format(name=clash[0]))
    history = launch.train(
        options.model, options.task, options.output_dir, profile=options.profile, dialogues=options.dialogues,
        examples=options.examples, **settings,
    )  # fmt: skip
    if processes.is_main():
        rate = _("{rate:.1f} examples/s, {seconds:.0f} s; the model is in {folder}")
        print(rate.format(rate=history.examples_per_s, seconds=history.train_s, folder=history.folder))
    processes.leave()
    return 0


def _bench(options) -> int:
    from labutils.bench import publish, suite, table

    name = ("tiny-" if options.tiny else "") + (options.shape or "default")
    path = options.out or Path("runs/bench") / f"{name}.json"
    results = suite.run(path, suite.TINY if options.tiny else None, options.shape)
    head = ("work", "rates of", "ratio", "ratio of peak memory")
    print(table.markdown_table(head, table.ratio_rows(results)))
    print(_("results: {path}; figure: {figure}").format(path=path, figure=publish.draw(results, path)))
    if options.publish:
        print(_("written: {path}").format(path=publish.publish(results)))
    return 0


def _report(options) -> int:
    from labutils.notebooks import report

    print(_("report: {path}").format(path=report.write(options.out)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
