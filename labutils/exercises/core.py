"""What an exercise is: its question's check, known mistakes with their messages, hints, one way to solve it.

:class:`Exercise`: a function to write. It is run on the same inputs as a reference; if its results are those of a known
mistake, the message names that misconception, else it shows the smallest failing input, what came out and what was
expected. Other kinds stand in :mod:`labutils.exercises.kinds`.
"""

import ast
import dis
import inspect
import random
import traceback
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field

import numpy as np
import torch

from labutils.i18n import _
from labutils.lessons import progress

SEED = 20_26


@dataclass(frozen=True)
class Mistake:
    """A wrong solution people really write: ``function`` makes it, ``message`` names the misconception."""

    code: str
    message: str
    function: Callable


@dataclass(frozen=True)
class Check:
    """Result of a check. ``code``: ``"passed"``, ``"not_attempted"``, ``"error"``, ``"wrong"`` or a mistake's code."""

    code: str
    message: str

    @property
    def passed(self) -> bool:
        """Whether the answer is right."""
        return self.code == "passed"

    def __repr__(self) -> str:
        return self.message


class Guided:
    """What all kinds of exercises share: hints, the note of a check, the way to a solution."""

    hints: list[str]
    why: str
    _shown: int
    name: str
    kind: str

    def check(self, answer: object) -> Check:
        """Check an answer, and note that it was tried."""
        check = self._check(answer)
        progress.note(self.name, check.code)
        if check.passed and self.why:
            return Check("passed", _("right: {why}").format(why=self.why))
        return check

    def _check(self, answer: object) -> Check:
        raise NotImplementedError

    def hint(self) -> None:
        """Print the next hint; after the last one it says so."""
        last = self._shown >= len(self.hints)
        print(_("that was the last hint; `solution()` shows one way") if last else self.hints[self._shown])
        self._shown = min(self._shown + 1, len(self.hints))

    def solution(self) -> None:
        """Print one way to solve it."""
        print(self.source())

    def source(self) -> str:
        """Return one way to solve it, as it stands in a notebook cell."""
        raise NotImplementedError

    def is_stub_source(self, source: str) -> bool:
        """Whether a stub cell leaves the answer to the learner: ``answer_NAME = ...``."""
        return any(
            isinstance(node, ast.Assign)
            and ast.unparse(node.targets[0]) == f"answer_{self.name}"
            and isinstance(node.value, ast.Constant)
            and node.value.value is ...
            for node in ast.parse(source).body
        )


@dataclass
class Exercise(Guided):
    """A function to write.

    Attributes:
        reference: the right solution; its name is the name of the learner's function and its source is the shown solution.
        inputs: random.Random -> list of argument tuples, the same for everyone.
        mistakes: at least two wrong solutions, each recognised by what it returns.
        hints: each goes one step further.  why: one sentence on why it matters, shown with "right".
        minutes: time to allow; difficulty: 1 to 3.
    """

    reference: Callable
    inputs: Callable[[random.Random], list[tuple]]
    mistakes: list[Mistake]
    hints: list[str]
    difficulty: int = 1
    minutes: int = 5
    tolerance: float = 1e-5
    why: str = ""
    kind: str = "write"
    name: str = field(init=False, repr=False)  # of the function that the learner writes
    _shown: int = field(default=0, repr=False)

    def __post_init__(self) -> None:
        self.name = self.reference.__name__

    def cases(self) -> list[tuple]:
        """Return the inputs that answers are tested on."""
        torch.manual_seed(SEED)
        return self.inputs(random.Random(SEED))

    def _check(self, answer: object) -> Check:
        """Test a learner's function (or value, for an exercise whose solution takes no arguments)."""
        if answer is ... or answer is None or (callable(answer) and _is_empty(answer)):
            return Check("not_attempted", _("not attempted yet"))
        function = answer if callable(answer) else lambda: answer
        cases = self.cases()
        try:
            results = [function(*deepcopy(case)) for case in cases]
        except Exception as error:  # whatever a learner's code raises is shown to the learner
            return Check("error", raised(error, function))
        expected = [self.reference(*deepcopy(case)) for case in cases]
        wrong = [i for i in range(len(cases)) if not same(results[i], expected[i], self.tolerance)]
        if not wrong:
            return Check("passed", _("right"))
        smallest = min(wrong, key=lambda i: len(repr(cases[i])))
        return self._name_the_mistake(cases, results) or self._show_case(
            cases[smallest], results[smallest], expected[smallest]
        )

    def _name_the_mistake(self, cases: list[tuple], results: list) -> Check | None:
        for mistake in self.mistakes:
            theirs = [mistake.function(*deepcopy(case)) for case in cases]
            if all(same(a, b, self.tolerance) for a, b in zip(results, theirs, strict=True)):
                return Check(mistake.code, mistake.message)
        return None

    def _show_case(self, case: tuple, result: object, expected: object) -> Check:
        shown = ", ".join(_short(value) for value in case)
        if result is None:
            return Check(
                "wrong",
                _("not yet: for ({case}) your function returned nothing; is a `return` missing?").format(case=shown),
            )
        message = _("not yet: for ({case}) it should give {expected}, yours gave {result}")
        return Check("wrong", message.format(case=shown, expected=_short(expected), result=_short(result)))

    def source(self) -> str:
        """Return the solution's source, as it stands in a notebook cell: the very code that the tests run."""
        return inspect.getsource(self.reference).strip()

    def is_stub_source(self, source: str) -> bool:
        """Whether a stub cell leaves the function to the learner (a docstring and ``...``)."""
        for node in ast.parse(source).body:
            if isinstance(node, ast.FunctionDef) and node.name == self.name:
                return all(
                    isinstance(s, ast.Pass) or (isinstance(s, ast.Expr) and isinstance(s.value, ast.Constant))
                    for s in node.body
                )
        return False


def raised(error: Exception, function: Callable) -> str:
    """Return what a learner's function raised, and the line of it where it did."""
    code = getattr(function, "__code__", None)
    lines = [frame for frame in traceback.extract_tb(error.__traceback__) if code and frame.name == code.co_name]
    where = f" ({lines[-1].line})" if lines and lines[-1].line else ""
    text = _("your answer raised {kind}: {text}{where}")
    return text.format(kind=type(error).__name__, text=error, where=where)


def _is_empty(function: Callable) -> bool:
    """Whether a function only returns None: a docstring, ``...`` or ``pass``, and nothing more."""
    code = getattr(function, "__code__", None)
    if code is None:
        return False
    steps = [step for step in dis.get_instructions(code) if step.opname not in ("RESUME", "NOP")]
    return all(step.opname in ("LOAD_CONST", "RETURN_VALUE", "RETURN_CONST") and step.argval is None for step in steps)


def same(a: object, b: object, tolerance: float = 1e-5) -> bool:
    """Whether two results agree: numbers and arrays within a tolerance, containers part by part, the rest exactly."""
    if isinstance(a, torch.Tensor) or isinstance(b, torch.Tensor):
        return _same_array(_array(a), _array(b), tolerance)
    if isinstance(b, np.ndarray):
        return _same_array(_array(a), b, tolerance)
    if isinstance(b, bool) or isinstance(a, bool):
        return isinstance(a, (bool, np.bool_)) and bool(a) == b
    if isinstance(b, (int, float)) and isinstance(a, (int, float, np.number)):
        return abs(float(a) - float(b)) <= tolerance * max(1.0, abs(float(b)))
    if isinstance(b, dict):
        return isinstance(a, dict) and a.keys() == b.keys() and all(same(a[k], b[k], tolerance) for k in b)
    if isinstance(b, (list, tuple)):
        return (
            isinstance(a, (list, tuple))
            and len(a) == len(b)
            and all(same(x, y, tolerance) for x, y in zip(a, b, strict=True))
        )
    return type(a) is type(b) and a == b


def _array(value: object) -> np.ndarray:
    return value.detach().cpu().numpy() if isinstance(value, torch.Tensor) else np.asarray(value)


def _same_array(a: np.ndarray, b: np.ndarray, tolerance: float) -> bool:
    if a.shape != b.shape or object in (a.dtype, b.dtype):
        return False
    return bool(np.allclose(a.astype(float), b.astype(float), rtol=tolerance, atol=tolerance))


def _short(value: object, limit: int = 120) -> str:
    text = repr(value)
    shape = getattr(value, "shape", None)
    if len(text) > limit and isinstance(shape, tuple):
        text = f"shape {tuple(shape)}: {text}"
    return text if len(text) <= limit else text[: limit - 3] + "..."
