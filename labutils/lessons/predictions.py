"""Predictions: a question that is answered before its result is shown, and settled by the result.

Answers stand in ``predictions.json`` in the lab's folder, so that a restart loses none. Once a question is settled its
answer stays: who knows the result no longer predicts it.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from labutils import files
from labutils.errors import LabError
from labutils.i18n import _
from labutils.lessons import controls, kept

FILE = "predictions.json"

Choices = Sequence[str] | Mapping[str, tuple[float, float]]


class Predictions:
    """The questions of one run of a lab.

    Args:
        folder: the lab's folder, where the answers are kept.

    Attributes:
        entries: key -> {"question", "choices", "answer", "outcome", "shown"}; ``answer`` and ``outcome`` are the text of
            a choice, or None: not answered, not settled.
    """

    def __init__(self, folder: Path):
        self.path = folder / FILE
        self.entries: dict[str, dict] = kept.entries(self.path, ("choices", "answer", "outcome", "shown"))
        self._ranges: dict[str, Mapping[str, tuple[float, float]]] = {}

    def ask(self, key: str, question: str, choices: Choices, answer: str | int | None = None) -> None:
        """Ask a question: radio buttons where the front end has widgets, else the choices with their numbers.

        Args:
            choices: texts, or text -> (low, high): the range of a number that the choice stands for, low included.
            answer: the answer, where it is given in the cell: a choice's text or its number, from 1.

        Raises:
            LabError: ``"choices"`` (fewer than two), ``"answer"`` (none of the choices).
        """
        names = list(choices)
        if len(names) < 2:
            raise LabError("choices", _("question {key}: give two choices or more").format(key=key))
        if isinstance(choices, Mapping):
            self._ranges[key] = choices
        before = self.entries.get(key, {})
        entry: dict = {"question": question, "choices": names, "answer": None, "outcome": None, "shown": ""}
        if before.get("choices") == names:  # another question of the key is another question
            entry |= {"answer": before["answer"], "outcome": before["outcome"], "shown": before["shown"]}
        self.entries[key] = entry
        if answer is not None:
            self._answer(key, _chosen(key, names, answer))
        self._save()
        print(f"{question}\n{_said(entry)}".rstrip())
        if entry["outcome"] is None:
            controls.radio(names, entry["answer"], lambda name: self._click(key, name))

    def settle(self, key: str, outcome: str | float, shown: str = "") -> bool | None:
        """Say what came, beside what was predicted.

        Args:
            outcome: a choice's text, or the number that one of the ranges holds.
            shown: the outcome in words, where the number alone says too little.

        Returns:
            whether the prediction came true; None where none was made.

        Raises:
            LabError: ``"question"`` (it was not asked), ``"outcome"`` (no choice stands for it).
        """
        if key not in self.entries:
            text = _("there is no question {key}; run the cell that asks it first (Run All Above)")
            raise LabError("question", text.format(key=key))
        entry = self.entries[key]
        entry["outcome"] = self._choice(key, outcome)
        entry["shown"] = shown or (f"{outcome:.2f}" if isinstance(outcome, float) else "")
        self._save()
        came = entry["outcome"] + (f" ({entry['shown']})" if entry["shown"] else "")
        if entry["answer"] is None:
            print(_("It came out: {came}. (You made no prediction.)").format(came=came))
            return None
        right = entry["answer"] == entry["outcome"]
        text = _("As you predicted: {came}.") if right else _("You predicted: {answer}. It came out: {came}.")
        print(text.format(came=came, answer=entry["answer"]))
        return right

    def tally(self) -> tuple[int, int, int]:
        """Return (predictions that came true, predictions that were settled, questions)."""
        settled = [e for e in self.entries.values() if e["answer"] is not None and e["outcome"] is not None]
        return sum(e["answer"] == e["outcome"] for e in settled), len(settled), len(self.entries)

    def _choice(self, key: str, outcome: str | float) -> str:
        names = self.entries[key]["choices"]
        if isinstance(outcome, str):
            if outcome in names:
                return outcome
        else:
            for name, (low, high) in self._ranges.get(key, {}).items():
                if low <= outcome < high:
                    return name
        text = _("question {key}: {outcome} is none of its choices: {choices}")
        raise LabError("outcome", text.format(key=key, outcome=outcome, choices=", ".join(names)))

    def _click(self, key: str, name: str) -> None:
        self._answer(key, name)
        self._save()

    def _answer(self, key: str, name: str) -> None:
        if self.entries[key]["outcome"] is None:
            self.entries[key]["answer"] = name

    def _save(self) -> None:
        files.write_json(self.path, self.entries)


def _chosen(key: str, names: list[str], answer: str | int) -> str:
    if isinstance(answer, int) and not isinstance(answer, bool) and 1 <= answer <= len(names):
        return names[answer - 1]
    if answer in names:
        return str(answer)
    text = _("question {key}: {answer!r} is no answer; give a number from 1 to {last}, or one of: {choices}")
    raise LabError("answer", text.format(key=key, answer=answer, last=len(names), choices=", ".join(names)))


def _said(entry: dict) -> str:
    if entry["outcome"] is not None:
        return _("(settled in an earlier run: {outcome})").format(outcome=entry["outcome"])
    return _("Your answer: {answer}").format(answer=entry["answer"]) if entry["answer"] else ""
