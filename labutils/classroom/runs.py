"""One run of one lab as a hand-in holds it: numbers, choices and bets; no path, no machine, no text of the student's."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from labutils import model_names
from labutils.classroom import texts
from labutils.config import PROFILES
from labutils.errors import LabError
from labutils.evaluation import claims
from labutils.i18n import _
from labutils.lessons import sizes
from labutils.notebooks import lesson

LAB = re.compile(r"\d\d")
NAME = re.compile(r"\w[\w .-]{0,79}")  # of a number, a question, an exercise, a parameter
OWN = "own"  # stands for a name or a text that is the student's
DATA = frozenset({"pocket", "pocket-rich", "pocket-all", "dialogsum", "samsum"})
MODELS = frozenset(name for profile in PROFILES.values() for name in (profile.base, profile.tuned)) | set(
    model_names.REVISIONS
)
NO_MATTER = frozenset({"your_name", "class_folder", "prices"})  # parameters that everybody changes
LONGEST = 400  # letters of a question or a choice
Number = float | list[float]


@dataclass(frozen=True)
class Run:
    """What one run of a lab says; the fields have the names of ``results.json``.

    Attributes:
        course: the version of the course.
        parameters: the lab's parameters as :mod:`labutils.lessons.sizes` records them; {} of a run that recorded none.
        goes_on_from: the labs whose checkpoints it went on from.
        numbers: name -> a finite number, or an interval [low, high].
        predictions: key -> {"question", "choices", "answer", "outcome"}; the last two are choices or None.
        bets: claim -> {"confidence": percent or None, "verdict": one of :mod:`labutils.evaluation.claims` or None}.
        lost: how many of its numbers were none (nan, infinite), or had no usual name.
    """

    lab: str
    profile: str
    models: dict[str, str]
    dialogues: str
    seed: int
    seconds: float
    course: str
    parameters: dict[str, float | str] = field(default_factory=dict)
    goes_on_from: list[str] = field(default_factory=list)
    numbers: dict[str, Number] = field(default_factory=dict)
    predictions: dict[str, dict] = field(default_factory=dict)
    bets: dict[str, dict] = field(default_factory=dict)
    lost: int = 0

    @property
    def changed(self) -> dict[str, float | str]:
        """The parameters that have another value than the shipped lab's, but for those that no number depends on."""
        usual = sizes.declared(self.lab)
        if usual and not self.parameters:
            return {_("sizes"): _("not recorded")}
        return {
            name: value
            for name, value in self.parameters.items()
            if name not in NO_MATTER and name in usual and value != usual[name]
        }

    @property
    def kind(self) -> tuple:
        """What two runs must share to be compared: course, profile, models, dialogues, sizes, and where they start."""
        models, changed = sorted(self.models.items()), sorted(self.changed.items())
        return (self.course, self.profile, *models, self.dialogues, *changed, *self.goes_on_from)


def parse(content: object) -> Run:
    """Return the run that a ``results.json``, or its part of a hand-in, tells of; parts of another shape are left out.

    Raises:
        LabError: code ``"results"``: it is not what a lab's last cell writes.
    """
    if not isinstance(content, dict):
        raise LabError("results", _("it is no results.json of a lab"))
    lab, seed, numbers = content.get("lab"), content.get("seed"), content.get("numbers")
    if not (isinstance(lab, str) and LAB.fullmatch(lab) and type(seed) is int and isinstance(numbers, dict)):
        raise LabError("results", _("it has no lab, seed and numbers, as the results.json of a lab has"))
    read = {name: number for name, value in numbers.items() if (number := _number(value)) is not None and _named(name)}
    versions = _mapping(content.get("versions"))
    models, earlier = _mapping(content.get("models")), content.get("goes_on_from")
    return Run(
        lab, _text(content.get("profile")), {name: _text(models.get(name)) for name in ("base", "tuned")},
        _text(content.get("dialogues")), seed, _number(content.get("seconds"), 0.0),  # type: ignore[arg-type]
        _text(content.get("course") or versions.get("finetune-labs")),
        {name: _setting(value) for name, value in _mapping(content.get("parameters")).items() if _named(name)},
        [lab for lab in earlier if isinstance(lab, str) and LAB.fullmatch(lab)] if isinstance(earlier, list) else [],
        read,
        {key: said for key, entry in _mapping(content.get("predictions")).items() if (said := _prediction(key, entry))},
        {key: bet for key, entry in _mapping(content.get("bets")).items() if (bet := _bet(key, entry))},
        len(numbers) - len(read) + (lost if type(lost := content.get("lost")) is int else 0),
    )  # fmt: skip


def without_own(run: Run) -> Run:
    """Return a run without anything that may be the student's own: names of models and data, questions, numbers' names."""
    usual, usual_values = lesson.stored(run.lab).get("numbers", {}), sizes.declared(run.lab)
    known = {claim.id for claim in claims.load_claims() if claim.lab == run.lab}
    kept = {name: value for name, value in run.numbers.items() if name in usual}
    return replace(
        run, profile=run.profile if run.profile in PROFILES else OWN,
        models={part: name if name in MODELS else OWN for part, name in run.models.items()},
        dialogues=run.dialogues if run.dialogues in DATA else OWN,
        parameters={
            name: sizes.OTHER if isinstance(value, str) and value != usual_values[name] else value
            for name, value in run.parameters.items() if name in usual_values
        },
        numbers=kept, lost=run.lost + len(run.numbers) - len(kept),
        predictions={
            key: _public(run.lab, entry) for key, entry in run.predictions.items() if texts.shipped(run.lab, key)
        },
        bets={claim: bet for claim, bet in run.bets.items() if claim in known},
    )  # fmt: skip


def _public(lab: str, entry: Mapping) -> dict:
    """Return a prediction in the lab's own words; what is not the lab's becomes "choice 2"."""
    choices = [
        choice if texts.shipped(lab, choice) else _("choice {n}").format(n=n)
        for n, choice in enumerate(entry["choices"], 1)
    ]
    said = dict(zip(entry["choices"], choices, strict=True))
    return {
        "question": entry["question"] if texts.shipped(lab, entry["question"]) else "", "choices": choices,
        "answer": said.get(entry["answer"]), "outcome": said.get(entry["outcome"]),
    }  # fmt: skip


def _mapping(value: object) -> dict:
    return value if isinstance(value, dict) else {}


def _named(name: object) -> bool:
    return isinstance(name, str) and NAME.fullmatch(name) is not None


def _text(value: object) -> str:
    return printable(value)[:LONGEST] if isinstance(value, str) else ""


def printable(text: str) -> str:
    """Return a text without control characters, marks of direction and halves of characters."""
    return "".join(letter for letter in text if letter.isprintable())


def _number(value: object, default: Number | None = None) -> Number | None:
    """Return a finite number, or an interval of two; the default for anything else."""
    if isinstance(value, list):
        ends = [_number(end) for end in value]
        return ends if len(ends) == 2 and all(isinstance(end, float) for end in ends) else default  # type: ignore[return-value]
    if isinstance(value, bool) or not isinstance(value, (int, float)) or abs(value) > 1e300 or not math.isfinite(value):
        return default
    return float(value)


def _setting(value: object) -> float | str:
    number = _number(value)
    return number if isinstance(number, float) else _text(value) if isinstance(value, str) else str(value)[:LONGEST]


def _prediction(key: object, entry: object) -> dict | None:
    if not (_named(key) and isinstance(entry, dict) and isinstance(entry.get("choices"), list)):
        return None
    choices = [_text(choice) for choice in entry["choices"]]
    if len(set(choices)) != len(choices) or not 2 <= len(choices) <= 20:
        return None
    answer, outcome = (_text(entry.get(part)) or None for part in ("answer", "outcome"))
    if not {answer, outcome} <= {None, *choices}:
        return None
    return {"question": _text(entry.get("question")), "choices": choices, "answer": answer, "outcome": outcome}


def _bet(key: object, entry: object) -> dict | None:
    if not (_named(key) and isinstance(entry, dict)):
        return None
    confidence, verdict = _number(entry.get("confidence")), entry.get("verdict")
    if not (isinstance(confidence, float) and 0 <= confidence <= 100):
        return None
    known = verdict in (claims.HELD, claims.NOT_HELD, claims.TOO_LITTLE)
    return {"confidence": confidence, "verdict": verdict if known else None}
