"""What a class said beforehand, what came, and how far it is with the exercises."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from labutils import exercises, notebooks
from labutils.classroom.handins import HandIn
from labutils.evaluation import claims
from labutils.i18n import _
from labutils.lessons import calibration


@dataclass(frozen=True)
class Question:
    """A question of a lab, and the class's answers: choice -> how many said it, choice -> for how many it came out."""

    lab: str
    question: str
    answers: dict[str, int]
    outcomes: dict[str, int]
    right: int
    settled: int


@dataclass(frozen=True)
class Solved:
    """An exercise: how many solved it, tried it in vain, and the commonest last fault of these."""

    lab: str
    number: int
    name: str
    solved: int
    tried: int
    fault: str


@dataclass(frozen=True)
class Bet:
    """A claim: how many bet on it, the mean chance that they gave it (0 to 1), how often it held, and of how many runs."""

    lab: str
    text: str
    bets: int
    said: float
    held: int
    decided: int


def questions(hand_ins: Sequence[HandIn]) -> list[Question]:
    """Return the questions that were asked, lab by lab; of one that was asked with other choices too, those of most."""
    asked: dict[tuple[str, str], list[dict]] = {}
    for run in sorted((run for one in hand_ins for run in one.runs), key=lambda run: run.lab):
        for key, entry in run.predictions.items():
            asked.setdefault((run.lab, key), []).append(entry)
    return [_question(lab, key, entries) for (lab, key), entries in asked.items()]


def _question(lab: str, key: str, entries: list[dict]) -> Question:
    [(choices, _n)] = Counter(tuple(entry["choices"]) for entry in entries).most_common(1)
    entries = [entry for entry in entries if tuple(entry["choices"]) == choices]
    answers, outcomes = (Counter(entry[part] for entry in entries) for part in ("answer", "outcome"))
    settled = [entry for entry in entries if entry["answer"] and entry["outcome"]]
    right = sum(entry["answer"] == entry["outcome"] for entry in settled)
    text = next((entry["question"] for entry in entries if entry["question"]), key.replace("_", " "))
    said, came = ({choice: counts[choice] for choice in choices} for counts in (answers, outcomes))
    return Question(lab, text, said, came, right, len(settled))


def bets(hand_ins: Sequence[HandIn]) -> tuple[pd.DataFrame, list[Bet]]:
    """Return all bets as :func:`labutils.lessons.calibration.bets` does, and one :class:`Bet` a claim that was bet on."""
    runs = [{"run": one.name, "lab": run.lab, "bets": run.bets} for one in hand_ins for run in one.runs]
    placed = calibration.bets(runs)
    every = []
    for claim in claims.load_claims():
        of_claim = placed[placed["claim"] == claim.id]
        if len(of_claim):
            decided = of_claim[of_claim["verdict"].isin(calibration.DECIDED)]
            held = int((decided["verdict"] == claims.HELD).sum())
            every.append(Bet(claim.lab, claim.text, len(of_claim), float(of_claim["said"].mean()), held, len(decided)))
    return placed, every


def progress(hand_ins: Sequence[HandIn]) -> list[Solved]:
    """Return the exercises of the labs of which somebody tried one, in their order."""
    rows = []
    for lab in map(notebooks.number, notebooks.find()):
        of_lab = [_solved(lab, i, exercise.name, hand_ins) for i, exercise in enumerate(exercises.load(lab), 1)]
        if any(row.solved or row.tried for row in of_lab):
            rows += of_lab
    return rows


def _solved(lab: str, number: int, name: str, hand_ins: Sequence[HandIn]) -> Solved:
    entries = [one.exercises[name] for one in hand_ins if name in one.exercises]
    vain = [entry["last"] for entry in entries if not entry["passed"]]
    commonest = Counter(vain).most_common(1)
    fault = _("{code} ({n})").format(code=commonest[0][0], n=commonest[0][1]) if commonest else ""
    return Solved(lab, number, name, len(entries) - len(vain), len(vain), fault)
