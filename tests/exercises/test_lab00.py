"""Lab 00's exercise: lines that mend are told from lines that cheat, that are none, and that mend too little or too much."""

import ast

import pytest

from labutils.exercises import lab00
from labutils.lessons import name

LINES = [("What is my sister's name?", "You have not told me.")]


def judged(lines, measured=(5, 6, 4), leaked=11):
    right, ways, now = measured
    return lab00.mended(lines, name.ASKED, leaked, lambda pairs: (right, ways, [f"Question {i}?" for i in range(now)]))


def code(lines, measured=(5, 6, 4), leaked=11):
    return judged(lines, measured, leaked).code


@pytest.mark.parametrize(
    "lines", [[], "Mia", 7, [("one",)], [("a", "b", "c")], [("", "b")], [("a", 2)], ["ab"], {"a": "b"}]
)
def test_what_is_no_list_of_pairs_is_told(lines):
    assert code(lines) == "pairs"


def test_a_question_of_the_test_may_not_be_trained_in_whatever_case():
    assert code([*LINES, ("what is my DOG's name", "Rex.")]) == "tested"


def test_a_training_is_not_begun_for_lines_that_cannot_count():
    with pytest.raises(ZeroDivisionError):
        lab00.mended(LINES, name.ASKED, 11, lambda pairs: 1 / 0)
    assert lab00.mended(LINES * 21, name.ASKED, 11, lambda pairs: 1 / 0).code == "too_many"


@pytest.mark.parametrize(("measured", "expected"), [
    ((6, 6, 5), "passed"), ((3, 6, 0), "passed"), ((2, 6, 0), "name_lost"), ((6, 6, 6), "still_leaks"),
])  # fmt: skip
def test_both_sides_count(measured, expected):
    assert code(LINES, measured) == expected


def test_the_solution_is_made_of_lines_that_count():
    assert code(ast.literal_eval(lab00.q1.example)) == "passed"


def test_what_still_leaks_is_named():
    message = judged(LINES, (6, 6, 9)).message
    assert "Question 0? Question 1? Question 2?" in message and "Question 3?" not in message
