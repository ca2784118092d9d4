"""Exercises that ask for no function: one answer of several, and whatever a rule can judge."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from labutils.exercises.core import Check, Guided, raised
from labutils.i18n import _
from labutils.lessons import progress


@dataclass
class Choice(Guided):
    """One answer of several.

    Attributes:
        question: shown by :meth:`ask`.  choices: letter -> text.  right: the letter of the right one.
        diagnoses: letter of each wrong one -> what its belief overlooks.  why: one sentence, shown with "right".
        kind: ``"interpret"``, ``"choose"`` or ``"debug"``.
    """

    name: str
    question: str
    choices: Mapping[str, str]
    right: str
    diagnoses: Mapping[str, str]
    hints: list[str]
    why: str
    kind: str = "interpret"
    difficulty: int = 1
    minutes: int = 3
    _shown: int = field(default=0, repr=False)

    def ask(self) -> None:
        """Print the question and its choices."""
        print(self.question, *(f"  {letter}  {text}" for letter, text in self.choices.items()), sep="\n")

    def _check(self, answer: object) -> Check:
        if answer is ... or answer is None:
            return Check("not_attempted", _("not attempted yet"))
        letter = str(answer).strip().lower()
        if letter not in self.choices:
            text = _("{answer!r} is none of the choices; they are {letters}")
            return Check("error", text.format(answer=answer, letters=", ".join(self.choices)))
        if letter == self.right:
            return Check("passed", _("right"))
        return Check(f"chose_{letter}", _("not yet: {why}").format(why=self.diagnoses[letter]))

    def source(self) -> str:
        """Return the right answer, as it stands in a notebook cell."""
        return f'answer_{self.name} = "{self.right}"  # {self.choices[self.right]}'


@dataclass
class Challenge(Guided):
    """Whatever a rule can judge: a prompt, a rate, a sentence, a file.

    Attributes:
        judge: the learner's answer (and whatever else :meth:`check` was given) -> Check.
        example: one answer that passes, as source text.
        kind: ``"try"``, ``"choose"``, ``"attack"`` or ``"transfer"``.
    """

    name: str
    judge: Callable[..., Check]
    example: str
    hints: list[str]
    why: str = ""
    kind: str = "try"
    difficulty: int = 2
    minutes: int = 8
    _shown: int = field(default=0, repr=False)

    def check(self, answer: object, *material: Any) -> Check:
        """Judge an answer; ``material`` is what of the lab the rule needs (a runner, a table)."""
        check = self._judged(answer, *material)
        progress.note(self.name, check.code)
        if check.passed:
            return Check("passed", " ".join([_("right: {message}.").format(message=check.message), self.why]).rstrip())
        return check

    def _judged(self, answer: object, *material: Any) -> Check:
        if answer is ... or answer is None:
            return Check("not_attempted", _("not attempted yet"))
        try:
            return self.judge(answer, *material)
        except Exception as error:  # a learner's answer may be of any kind
            return Check("error", raised(error, self.judge))

    def source(self) -> str:
        """Return one answer that passes, as it stands in a notebook cell."""
        return f"answer_{self.name} = {self.example}"
