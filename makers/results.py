"""`python -m makers.results keep RUN...`: keep runs of the labs as what later runs are compared with.

A run at another seed or of another machine than the build's, or at another profile, goes into
``data/results/PROFILE/NN.json``; one of the same seed and machine there is replaced. ``python -m
makers.results table`` writes README's table of what is stored, and what is not yet run.
"""

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path

from labutils import config, files, regression
from labutils.errors import LabError
from labutils.lessons import sizes
from labutils.machine import paths
from labutils.notebooks import lesson
from labutils.regression import checks, overview, ranges

README = Path(__file__).parents[1] / "README.md"


def keep(target: Path) -> list[Path]:
    """Keep the labs of a run; returns the files that were written.

    Raises:
        LabError: code ``"keep"``: a lab's text is not whole, its sizes are not said, or it ran with other models than its
            profile's, or it is of the build's own seed and machine.
        LabError: as :func:`labutils.regression.check`.
    """
    faults = [check for check in regression.check(target) if check.state == checks.OUT and not check.runs]
    if faults:
        raise LabError("keep", "; ".join(f"{check.lab} {check.name}: {check.text}" for check in faults))
    return [_keep(lab, checks.content(path)) for lab, path in checks.find(target).items()]


def _keep(lab: str, content: dict) -> Path:
    profile, build = content["profile"], lesson.stored(lab)
    reason = checks.unlike_its_profile(content)
    if names := sizes.differing(content["parameters"], sizes.declared(lab)):
        reason = reason or f"its sizes are not the lab's own: {', '.join(names)}"
    if reason:
        raise LabError("keep", f"lab {lab}: {reason}")
    if build.get("profile") == profile and _of(build) == _of(content):
        raise LabError(
            "keep",
            f"lab {lab}: profile {profile}, seed {content['seed']} on {content['machine']} is the build's; `labs build` keeps it",
        )
    path = paths.data_dir() / lesson.STORED / profile / f"{lab}.json"
    path.parent.mkdir(exist_ok=True)
    of_weights = {"weights": ranges.weights()} if config.PROFILES[profile].tuned.startswith("pocket") else {}
    before = (files.read_json(path) or {"runs": []})["runs"]
    others = [run for run in before if _of(run) != _of(content)]
    runs = sorted([*others, lesson.kept_of(content) | of_weights], key=_of)
    files.write_json(path, {"runs": runs})
    return path


def _of(run: Mapping) -> tuple[int, str]:
    """What tells a run from another of its profile."""
    return run["seed"], run.get("machine", "")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m makers.results", description=__doc__)
    parser.add_argument("what", choices=["keep", "table"])
    parser.add_argument(
        "runs", nargs="*", type=Path, metavar="RUN", help="folders of `labs run`, or results.json files"
    )
    options = parser.parse_args(arguments)
    for target in options.runs if options.what == "keep" else ():
        for path in keep(target):
            print(path)
    files.write_text(README, overview.filled(README.read_text(encoding="utf-8")))


if __name__ == "__main__":
    main()
