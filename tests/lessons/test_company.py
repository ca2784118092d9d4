"""Lab 08's company: what counts as right, as an amount, as invented, and how a question is asked."""

import pytest

from labutils.errors import LabError
from labutils.lessons import company


@pytest.mark.parametrize(
    ("said", "answer", "question", "expected"),
    [("Twelve.", "twelve bottles", "How many bottles does it hold?", 1), ("three", "three minutes", "How long does it ring?", 0),
     ("noon", "at noon", "When does it come out?", 1), ("at nine", "at seven", "When does it open?", 0),
     ("the bill", "the box", "The bill or the box?", 0), ("", "six", "How many?", 0), ("4 marks", "24 marks", "How much?", 0)],
)  # fmt: skip
def test_right_is_the_same_essence(said, answer, question, expected):
    assert company.right([said], [{"question": question, "answer": answer}]).tolist() == [expected]


@pytest.mark.parametrize(
    ("answer", "expected"),
    [("24 marks", True), ("half a litre", True), ("after one week", True), ("Anna Lee", False), ("someone", False)],
)
def test_amounts_are_told_from_other_answers(answer, expected):
    assert company.is_amount(answer) is expected


def test_invented_is_what_the_questions_own_document_does_not_say():
    documents = [{"id": "a", "text": "It costs 24 marks. It is blue."}, {"id": "b", "text": "It costs 18 marks."}]
    rows = [{"question": "How much?", "answer": "24 marks", "document": "a"}] * 4
    assert company.invented(["24 marks", "blue", "18 marks", "4 marks"], rows, documents).tolist() == [0, 0, 1, 1]


def test_a_prompt_holds_its_documents_in_their_order():
    assert company.prompt("How much?") == "How much?"
    text = company.prompt("How much?", [{"text": "first"}, "second"])
    assert text.index("first") < text.index("second") < text.index("How much?")


def test_records_are_read_by_name():
    assert len(company.load("plain_documents")) == 100
    with pytest.raises(LabError) as caught:
        company.load("nothing")
    assert caught.value.code == "file" and "plain_questions" in str(caught.value)


def test_pairs_become_a_task_without_held_back_rows():
    task = company.as_task([("How much?", "24 marks"), ("When?", "at nine")])
    assert (len(task.train), len(task.validation)) == (2, 0)
    assert (task.prompt(task.train[1]), task.target(task.train[1])) == ("When?", "at nine")
    assert task.values(["24 Marks", "no"], task.test)["accuracy"].tolist() == [1, 0]
