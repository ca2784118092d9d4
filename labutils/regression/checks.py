"""``labs verify RUN``: hold a run's numbers against the stored ranges of its profile, and look whether its text is whole."""

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from labutils import config, files, junit
from labutils.errors import LabError
from labutils.i18n import _
from labutils.notebooks import outcomes, report, run
from labutils.regression import ranges

PASSED, OUT, LEFT = "passed", "out", "left"  # LEFT: there was nothing to compare with, and ``text`` says why
# What a sentence holds where a number was missing, or was not put in.
NOT_SAID = re.compile(r"\b(nan|inf|None)\b|[{}]", re.IGNORECASE)


@dataclass(frozen=True)
class Check:
    """One thing that was looked at.

    Attributes:
        lab: ``"03"``.  name: of the number, or of the property.
        state: :data:`PASSED`, :data:`OUT` or :data:`LEFT`.
        text: what is wrong, or why it was left; "" where all is well.
        runs: how many stored runs the range rests on; 0 where there is none.
    """

    lab: str
    name: str
    state: str
    text: str = ""
    runs: int = 0


def find(target: Path) -> dict[str, Path]:
    """Return the results of each lab that was run: of a run's folder, of one lab's folder, or of one ``results.json``.

    A lab that was begun and left no results is among them: its file is not there.

    Raises:
        LabError: codes ``"run"`` (no such file or folder, or nothing of a run in it), ``"results"`` (the one file is not
            a lab's results), ``"outcomes"``.
    """
    if target.is_file():
        return {str(content(target)["lab"]): target}
    if (target / report.RESULTS).is_file():
        return find(target / report.RESULTS)
    labs = {path.parent.name for path in target.glob(f"*/{report.RESULTS}")} | outcomes.read(target).keys()
    if not labs:
        text = _("no lab was run in {target}; name the folder of a `labs run` (runs/latest), or a lab's results.json")
        raise LabError("run", text.format(target=target))
    return {lab: target / lab / report.RESULTS for lab in sorted(labs)}


def content(path: Path) -> dict:
    """Return a lab's results, whole enough to be read.

    Raises:
        LabError: code ``"results"``.
    """
    try:
        content = files.parse_json(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        content = None
    parts = {**report.PARTS, "lab": str, "profile": str, "seed": int}
    if report.whole(content, parts):
        return content
    text = _("{path} is cut, or not the results of a lab; run the lab again")
    raise LabError("results", text.format(path=path))


def check(target: Path) -> list[Check]:
    """Look at every lab of a run.

    Raises:
        LabError: as :func:`find`.
    """
    done: list[Check] = []
    for lab, path in find(target).items():
        done += _run_to_its_end(lab, path)
        if not path.is_file():
            done.append(Check(lab, "results", OUT, _("it left no {path}").format(path=path)))
            continue
        try:
            results = content(path)
        except LabError as error:
            done.append(Check(lab, "results", OUT, str(error)))
            continue
        done += [*_texts(lab, results), *_figures(lab, results, path.parent), *_numbers(lab, results)]
    return done


def cases(checks: Iterable[Check]) -> list[junit.Case]:
    """Return checks as the cases of a JUnit file, a suite each lab."""
    kinds = {PASSED: "", OUT: junit.FAILURE, LEFT: junit.SKIPPED}
    return [junit.Case(f"lab {check.lab}", check.name, kinds[check.state], check.text) for check in checks]


def _said(lab: str, name: str, fault: str) -> Check:
    return Check(lab, name, OUT if fault else PASSED, fault)


def _run_to_its_end(lab: str, path: Path) -> Iterator[Check]:
    """A run of `labs run`: its outcome, and its executed notebook with the sentinel in the last cell."""
    out = path.parent.parent
    outcome = outcomes.read(out).get(lab)
    if outcome is not None:
        yield _said(lab, "ran", outcome["error"].strip())
        target = out / outcome["notebook"]
        if outcome["ok"]:
            yield _said(lab, "notebook", run.missing_parts(target, path.parent).strip())


def _texts(lab: str, results: Mapping) -> Iterator[Check]:
    """The properties of what a lab says: no wording is compared."""
    sentence = results.get("sentence")
    fault = "" if isinstance(sentence, str) and sentence.strip() else _("the lab ends without a sentence")
    if not fault and NOT_SAID.search(str(sentence)):
        fault = _("a number is missing in it: {sentence}").format(sentence=sentence)
    yield _said(lab, "sentence", fault)
    numbers = results["numbers"]
    absent = [str(name) for name in results.get("key_numbers") or () if name not in numbers]
    yield _said(lab, "key_numbers", _("never recorded: {names}").format(names=", ".join(absent)) if absent else "")
    for key, entry in (results.get("predictions") or {}).items():
        open_question = not (isinstance(entry, dict) and entry.get("outcome"))
        yield _said(lab, f"question {key}", _("it was asked, and never settled") if open_question else "")
    for key, entry in (results.get("bets") or {}).items():
        open_bet = not (isinstance(entry, dict) and entry.get("verdict"))
        yield _said(lab, f"bet {key}", _("it was offered, and never settled") if open_bet else "")


def _figures(lab: str, results: Mapping, folder: Path) -> Iterator[Check]:
    """Each figure has a title and a text for who does not see it; where its file lies beside the results, it is not empty.

    A results.json that was handed on alone has no files beside it.
    """
    figures = [entry for entry in results["figures"] if isinstance(entry, dict)]
    alone = not any((folder / str(entry.get("file"))).is_file() for entry in figures)
    for entry in figures:
        fault = "" if entry.get("title") and entry.get("alt") else _("it has no title, or no text that describes it")
        if not fault and not alone:
            fault = empty(folder / str(entry.get("file")))
        yield _said(lab, str(entry.get("file")), fault)


def empty(path: Path) -> str:
    """Return what is wrong with a picture ("" if nothing): it is not there, cannot be read, or is of one colour."""
    from matplotlib import image

    if not path.is_file():
        return _("{path} is not there").format(path=path)
    try:
        pixels = image.imread(path)[..., :3]
    except (OSError, ValueError, SyntaxError) as error:  # the last is Pillow's, of a PNG that is cut
        return _("{path} cannot be read: {error}").format(path=path, error=error)
    return _("{path} is empty").format(path=path) if pixels.min() == pixels.max() else ""


def _numbers(lab: str, results: Mapping) -> Iterator[Check]:
    """Each number of a run of the stored sizes against its range; of other sizes one check, which says so."""
    single = ranges.flat(results["numbers"])
    broken = [name for name, value in single.items() if not math.isfinite(value)]
    yield _said(lab, "finite", _("no numbers: {names}").format(names=", ".join(broken)) if broken else "")
    stored = ranges.runs(lab, results["profile"])
    if reason := _not_comparable(results, stored):
        yield Check(lab, "numbers", LEFT, reason)
        return
    expected = ranges.expected(lab, results["profile"])
    for name in dict.fromkeys([*ranges.flat(stored[0]["numbers"]), *single]):
        yield _number(lab, name, single, expected.get(name))


def _number(lab: str, name: str, single: Mapping[str, float], expected: ranges.Range | None) -> Check:
    if ranges.of_machine(name):
        return Check(lab, name, LEFT, _("it depends on the machine"))
    if expected is None:
        return Check(lab, name, LEFT, _("one run is stored, without an interval") if name in single else
                     _("it was not recorded, and has no stored range"))  # fmt: skip
    runs = expected.runs
    if name not in single:
        return Check(lab, name, OUT, _("it was not recorded"), runs)
    if expected.holds(single[name]):
        return Check(lab, name, PASSED, runs=runs)
    text = _("{value} is not in {low} to {high} ({rests})").format(
        value=short(single[name]), low=short(expected.low), high=short(expected.high), rests=_rests(expected))  # fmt: skip
    return Check(lab, name, OUT, text, runs)


def _rests(expected: ranges.Range) -> str:
    """On what a range rests, in words."""
    if expected.runs > 1:
        words = _("{n} runs, seeds {seeds}").format(n=expected.runs, seeds=", ".join(map(str, expected.seeds)))
    else:
        words = _("one run, seed {seed}: another may well lie outside").format(seed=expected.seeds[0])
    return words + (_("; widened as seeds of like stored trainings differ") if expected.like else "")


def short(value: float) -> str:
    """Return a number with four digits that count."""
    return f"{value:.4g}"


def _not_comparable(results: Mapping, stored: list[dict]) -> str:
    """Return why a run's numbers cannot be compared ("" if they can)."""
    if not stored:
        return _("no run of profile {profile} is stored for this lab").format(profile=results["profile"])
    if reason := unlike_its_profile(results):
        return reason
    if names := ranges.differing(results, stored[0]):
        text = _("other sizes than the stored run's: {names}")
        return text.format(names=", ".join(_pair(name, results, stored[0]) for name in names))
    return ""


def unlike_its_profile(results: Mapping) -> str:
    """Return why a run does not stand for its profile ("" if it does): other models or dialogues, or sizes it does not say."""
    if not results.get("parameters"):
        return _("its results do not say at which sizes it ran")
    usual = config.PROFILES.get(results["profile"])
    if usual is None:
        return _("there is no profile {profile}").format(profile=results["profile"])
    ran, should = [(results["models"].get("tuned"), results.get("dialogues")), (usual.tuned, usual.dialogues)]
    if ran == should:
        return ""
    text = _("it ran with {model} and {dialogues}; those of its profile are {usual_model} and {usual_dialogues}")
    return text.format(model=ran[0], dialogues=ran[1], usual_model=should[0], usual_dialogues=should[1])


def _pair(name: str, here: Mapping, there: Mapping) -> str:
    if name == "goes_on_from":
        words = [", ".join(run.get(name, [])) or _("no lab") for run in (here, there)]
        return _("it goes on from {here}, the stored run from {there}").format(here=words[0], there=words[1])
    absent = _("nothing")
    here, there = (run.get("parameters", {}).get(name, absent) for run in (here, there))
    return _("{name} is {here}, stored is {there}").format(name=name, here=here, there=there)
