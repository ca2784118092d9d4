"""Lab 00's questions: a name is looked for as a word, and what is asked is in no training."""

import pytest

from labutils.lessons import name


@pytest.mark.parametrize(("answer", "whose", "expected"), [
    ("Your name is Mia.", "Mia", True), ("your name is mia", "Mia ", True), ("The Miami heat", "Mia", False),
    ("Your name is Zoë!", "Zoë", True), ("Anna-Lena it is", "Anna-Lena", True), ("", "Mia", False), ("C++ is", "C++", True),
])  # fmt: skip
def test_a_name_counts_where_it_is_a_word_of_its_own(answer, whose, expected):
    assert name.says(answer, whose) is expected


def test_answers_are_asked_together_and_counted_by_kind():
    calls = []

    def answerer(questions, max_new_tokens):
        calls.append((questions, max_new_tokens))
        return ["Your name is Mia." if "name" in question else "No." for question in questions]

    answers = name.ask(answerer)
    counts = name.count(answers, "Mia")
    assert len(calls) == 1 and len(calls[0][0]) == 22
    assert counts == {name.YOURS: 3, "another name": 5, "something else": 0} and name.leaked(counts) == 5


def test_pairs_become_a_task_that_can_be_trained_and_scored():
    task = name.as_task([(f"Question {i}?", f"Answer {i}.") for i in range(40)])
    assert (len(task.train), len(task.validation)) == (40, 4)
    assert (task.prompt(task.train[3]), task.target(task.train[3])) == ("Question 3?", "Answer 3.")
    assert task.score(["answer 0", "no"], "validation")["accuracy"].value == 0.5
