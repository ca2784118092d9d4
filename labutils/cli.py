"""The command line: parse, call one function, print."""

import argparse
import contextlib
import errno
import io
import sys

import labutils
from labutils import files, launch, log
from labutils.commands import checking, colab, learners, projects, teachers, training
from labutils.commands.arguments import Call
from labutils.errors import LabError
from labutils.i18n import _
from labutils.machine import children

STATUS = _(
    "Exit status: 0 done; 1 a lab failed or a check found faults; 2 the call, its input or this machine is not right; "
    "128 + n ended by signal n (130: Ctrl-C). Variables: see README."
)
MENDABLE = (*files.FULL, errno.EROFS, errno.EACCES, errno.EPERM)  # no fault of the program's


def main(arguments: list[str] | None = None) -> int:
    """Run ``labs``; returns the exit status: 0 done, 1 something failed, 2 the call or its input is not right."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a terminal of a narrow code page shows what it can
            stream.reconfigure(errors="backslashreplace")
    if arguments is not None:
        return _call(arguments)
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
        if error.errno not in MENDABLE:
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

    for group in (learners, training, teachers, colab, checking, projects):
        group.add(command)
    return parser


if __name__ == "__main__":
    sys.exit(main())
