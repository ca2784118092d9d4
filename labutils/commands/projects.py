"""What the project is made and measured by: build, bench."""

import argparse

from labutils.commands.arguments import BENCH, Command, add_labs, add_out, named
from labutils.i18n import _
from labutils.machine import environment, paths


def add(command: Command) -> None:
    build = command("build", _build, _("execute the committed labs and bring them to normal form (in a checkout)"))
    add_labs(build)
    bench = command("bench", _bench, _("measure training, generation and scoring beside the usual recipes"))
    add_out(bench, BENCH)
    text = _("the model: tuned (the profile's), or the shape of one with random weights, as flan-t5-base")
    bench.add_argument("--shape", type=named, help=text)
    bench.add_argument("--tiny", action="store_true", help=_("a few examples of each, to see that it runs"))
    text = _("keep the results in data/benchmarks and write BENCHMARKS.md (in a checkout)")
    bench.add_argument("--publish", action="store_true", help=text)


def _build(options: argparse.Namespace) -> int:
    paths.checkout(_("labs build"))
    environment.need(*environment.LABS)
    from labutils.notebooks import normalize

    return 0 if all(outcome.ok for outcome in normalize.build(options.labs)) else 1


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
