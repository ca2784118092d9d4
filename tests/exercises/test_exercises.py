"""Exercises: every solution passes, every known mistake is named, an untouched stub is no failure."""

import random
import re
from pathlib import Path

import pytest
import torch

from labutils import exercises
from labutils.exercises import Challenge, Check, Choice, Exercise, Mistake
from labutils.exercises.core import same
from labutils.lessons import progress
from labutils.notebooks import find, number, read

MODULES = Path(exercises.__file__).parent.glob("lab[0-9][0-9].py")
LABS = sorted({number(path) for path in find()} | {path.stem.removeprefix("lab") for path in MODULES})
EVERY = [(lab, exercise) for lab in LABS for exercise in exercises.load(lab)]
NAMES = [f"{lab}-{exercise.name}" for lab, exercise in EVERY]
WRITTEN = [(lab, exercise) for lab, exercise in EVERY if isinstance(exercise, Exercise)]
CLOSED = [(lab, exercise) for lab, exercise in EVERY if isinstance(exercise, Choice)]


def ids(pairs):
    return [f"{lab}-{exercise.name}" for lab, exercise in pairs]


@pytest.fixture(autouse=True)
def runs(tmp_path, monkeypatch):
    """A folder of runs of the test's own: each check notes the progress there."""
    monkeypatch.setenv("LABS_RUNS", str(tmp_path / "runs"))
    return tmp_path / "runs"


@pytest.mark.parametrize("path", find(), ids=number)
def test_an_exercise_is_checked_by_the_name_of_its_number(path):
    """Lab 06 checked its exercise 3 by q4 and its exercise 4 by q3: who looked for a hint got the other's."""
    sources = "\n".join(cell.source for cell in read(path).cells)
    checked = re.findall(r"\bex\.(q\d+)\.check\(", sources)
    assert checked == [f"q{i}" for i in range(1, len(checked) + 1)]
    titled = re.findall(r"^### Exercise (\d+)", sources, re.MULTILINE)
    assert titled in ([], [name[1:] for name in checked])  # lab 00's only one bears no number


def mean(values):
    """Return the mean."""
    return sum(values) / len(values)


TOY = Exercise(
    reference=mean,
    inputs=lambda rng: [([rng.random() for _ in range(n)],) for n in (1, 2, 5)],
    mistakes=[
        Mistake("sum", "you did not divide", lambda values: sum(values)),
        Mistake("n_minus_1", "you divided by n - 1", lambda values: sum(values) / max(1, len(values) - 1)),
    ],
    hints=["add them up", "then divide"],
)


def stub(values):
    """Return the mean."""
    ...


def test_states_of_a_check():
    assert TOY.check(...).code == TOY.check(stub).code == TOY.check(None).code == "not_attempted"
    assert TOY.check(mean).passed
    assert TOY.check(lambda values: sum(values)).code == "sum"
    assert TOY.check(lambda values: 7).code == "wrong"
    assert TOY.check(lambda: 7).code == "error"
    assert "7" in repr(TOY.check(lambda values: 7))


def test_a_function_that_only_forgets_to_return_is_not_untouched():
    def forgot(values):
        sum(values)

    assert TOY.check(forgot).code == "wrong"
    assert "return" in TOY.check(forgot).message


def test_a_learner_cannot_change_the_inputs():
    def greedy(values):
        total = sum(values) / len(values)
        values.clear()
        return total

    assert TOY.check(greedy).passed and TOY.check(mean).passed


def test_hints_go_one_step_further(capsys):
    for _ in range(3):
        TOY.hint()
    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == TOY.hints and len(lines) == 3


def test_solution_is_the_code_the_tests_run(capsys):
    TOY.solution()
    scope: dict = {}
    exec(capsys.readouterr().out, scope)
    assert TOY.check(scope["mean"]).passed


def test_a_stub_is_told_from_a_solution():
    assert TOY.is_stub_source('def mean(values):\n    """Doc."""\n    ...')
    assert not TOY.is_stub_source("def mean(values):\n    return 1")


@pytest.mark.parametrize(("a", "b", "expected"), [
    (1, 1.0, True), (1.0, 1.0 + 1e-9, True), (1, 2, False), (True, 2, False), (False, True, False), ("a", "a", True), ([1], (1,), True),
    ([1], [1, 2], False), ({"a": 1}, {"a": 1}, True), ({"a": 1}, {"b": 1}, False), (torch.ones(2), torch.ones(2), True),
    (torch.ones(2), torch.ones(3), False), (None, 1, False), ("1", 1, False), (torch.tensor(3), 3, True),
])  # fmt: skip
def test_same(a, b, expected):
    assert same(a, b) is expected


CHOICE = Choice(
    name="which", question="Which sentence follows?", choices={"a": "this", "b": "that"}, right="b",
    diagnoses={"a": "it overlooks the interval"}, hints=["read", "again"], why="intervals decide",
)  # fmt: skip
SHORT = Challenge(
    name="short", judge=lambda text, most: Check("passed", "short") if len(text) <= most else Check("long", "too long"),
    example='"ab"', hints=["fewer", "letters"], why="short is cheap",
)  # fmt: skip


def test_a_wrong_choice_is_diagnosed_and_the_right_one_says_why(capsys):
    assert CHOICE.check(...).code == "not_attempted" and CHOICE.check("z").code == "error"
    assert "overlooks" in CHOICE.check("a").message
    assert CHOICE.check(" B ").passed and "intervals decide" in CHOICE.check("b").message
    CHOICE.ask()
    assert "  b  that" in capsys.readouterr().out


def test_a_challenge_is_judged_by_its_rule_and_by_what_the_lab_hands_over():
    assert SHORT.check(..., 3).code == "not_attempted"
    assert SHORT.check("abcd", 3).code == "long" and SHORT.check(7, 3).code == "error"
    assert SHORT.check("ab", 3).passed and "short is cheap" in SHORT.check("ab", 3).message


def test_an_exception_shows_the_line_of_the_learners_function():
    def mean(values):
        return values["nothing"]

    assert 'return values["nothing"]' in TOY.check(mean).message


def test_a_wrong_answer_shows_the_smallest_failing_input():
    shown = TOY.check(lambda values: 7).message
    assert len(shown) < len(repr(TOY.cases()[-1])) + 120 and repr(TOY.cases()[0][0])[:8] in shown


def test_checks_are_noted_and_an_untouched_one_is_not():
    TOY.check(...)
    assert progress.read() == {}
    TOY.check(lambda values: 7)
    TOY.check(mean)
    TOY.check(lambda values: 7)
    assert progress.read() == {"mean": {"tries": 3, "passed": True, "last": "wrong"}}
    assert progress.solved(["mean", "other"]) == 1


def test_a_progress_file_of_another_program_is_kept(runs):
    """`runs/progress.json` was written over."""
    runs.mkdir(exist_ok=True)
    (runs / "progress.json").write_text('{"done": 3}')
    progress.note("mean", "passed")
    assert (runs / "progress.broken.json").read_text() == '{"done": 3}' and progress.solved(["mean"]) == 1


def test_progress_that_cannot_be_kept_spoils_no_check(runs):
    runs.write_text("a file where the folder should be")
    assert TOY.check(mean).passed and progress.read() == {}


@pytest.mark.parametrize(("lab", "exercise"), WRITTEN, ids=ids(WRITTEN))
def test_the_solution_passes(lab, exercise):
    assert exercise.check(exercise.reference).passed
    scope = dict(vars(__import__(f"labutils.exercises.lab{lab}", fromlist=["x"])))
    exec(exercise.source(), scope)
    assert exercise.check(scope[exercise.name]).passed


@pytest.mark.parametrize(("lab", "exercise"), WRITTEN, ids=ids(WRITTEN))
def test_known_mistakes_fail_with_their_own_message(lab, exercise):
    assert len(exercise.mistakes) >= 2
    assert (
        len({m.code for m in exercise.mistakes})
        == len({m.message for m in exercise.mistakes})
        == len(exercise.mistakes)
    )
    for mistake in exercise.mistakes:
        check = exercise.check(mistake.function)
        assert check.code == mistake.code and check.message == mistake.message and not check.passed


@pytest.mark.parametrize(("lab", "exercise"), WRITTEN, ids=ids(WRITTEN))
def test_exercises_are_well_made(lab, exercise):
    assert exercise.cases() and len(exercise.hints) >= 2 and exercise.reference.__doc__
    assert repr(exercise.inputs(random.Random(1))) == repr(exercise.inputs(random.Random(1)))


@pytest.mark.parametrize(("lab", "exercise"), CLOSED, ids=ids(CLOSED))
def test_each_wrong_choice_is_diagnosed_in_its_own_words(lab, exercise):
    assert exercise.right in exercise.choices and set(exercise.diagnoses) == set(exercise.choices) - {exercise.right}
    assert len(set(exercise.diagnoses.values())) == len(exercise.diagnoses) and len(exercise.choices) >= 3
    assert exercise.why and len(exercise.hints) >= 2


def test_no_two_exercises_share_a_name():
    assert len({exercise.name for _, exercise in EVERY}) == len(EVERY)


def test_every_lab_has_exercises():
    """Two or more a lab, three core and one optional at most for lessons; 00 and 08 may have one."""
    for lab in LABS:
        assert (1 if lab in ("00", "08") else 2) <= len(exercises.load(lab)) <= 5, lab


# --- lab 03: what its challenges diagnose ----------------------------------------------------------------------------
def test_a_planted_bug_is_named_by_its_curve():
    from labutils.exercises import lab03

    assert lab03.q3.check(dict(lab03.BUGS)).passed
    assert lab03.q3.check({"A": 3}).code == "curves" and lab03.q3.check({"A": 9, "B": 1, "C": 2}).code == "cause"
    assert lab03.q3.check({"A": 1, "B": 3, "C": 2}).code == "curve_A"
    assert lab03.q3.check({"A": 3, "B": 4, "C": 2}).code == "same_B"
    assert lab03.q3.check({"A": 3, "B": 1, "C": 5}).code == "shuffled_C"


def test_a_rate_is_chosen_by_validation_and_not_by_training():
    from labutils.exercises import lab03

    losses = {1e-4: (0.9, 0.8), 1e-3: (0.3, 0.4), 3e-3: (0.1, 0.6), 1e-2: (0.5, 0.9)}
    tried = {rate: {"training loss": a, "validation loss": b} for rate, (a, b) in losses.items()}
    codes = {rate: lab03.q4.check(rate, tried).code for rate in [*tried, 0.5]}
    assert codes == {1e-4: "slow", 1e-3: "passed", 3e-3: "by_training", 1e-2: "fast", 0.5: "untried"}
    assert "edge" in lab03.q4.check(1e-4, {1e-4: tried[1e-3], 1e-3: tried[3e-3], 1e-2: tried[1e-2]}).message


def test_own_opinions_must_make_a_fair_test():
    from labutils.exercises import lab03
    from labutils.tasks import load_task

    task = load_task("opinions")
    good = [("lamp", "It is bright.", "positive"), ("lamp", "It broke.", "negative")] * 2
    trained = ("x", task.train[0]["text"], "positive")

    def always_negative(prompts):
        return ["negative"] * len(prompts)

    codes = [
        lab03.q1.check(answer, always_negative, task).code
        for answer in (
            good[0],
            good[:2],
            [*good, "It is bright."],
            [*good, ("a", "b", "good")],
            good[::2] * 2,
            [*good, trained],
            good,
        )
    ]
    assert codes == ["one_opinion", "few", "form", "label", "one_label", "trained", "passed"]
