"""Lab 08's company: what counts as right, as an amount, as invented, and how a question is asked."""

import pytest

from labutils.errors import LabError
from labutils.lessons import company
from labutils.retrieval import Retriever


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


def test_the_first_amount_needs_no_reading():
    assert company.first_amount("It costs 24 marks. It has three speeds.") == "24 marks."
    assert company.first_amount("Sit down.") == ""


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


def test_a_crowd_holds_the_right_document_once_and_is_the_same_each_time():
    retriever = Retriever(company.load("plain_documents"))
    for row in company.load("plain_questions")[:5]:
        for of in ((), [{"text": f"other {i}"} for i in range(9)]):
            texts = company.crowd(row, retriever, 4, of=of)
            assert len(texts) == 4 and texts == company.crowd(row, retriever, 4, of=of)
            assert sum(text.get("id") == row["document"] for text in texts) == 1
        assert [text["id"] for text in company.crowd(row, retriever, 1)] == [row["document"]]


def test_requests_are_timed_one_by_one_after_a_warm_up():
    asked = []
    seconds = company.timed(asked.append, [{"id": 1}, {"id": 2}], 3)
    assert len(seconds) == 3 and min(seconds) >= 0 and [row["id"] for row in asked] == [1, 1, 2, 1]


def test_steadiness_is_the_share_of_the_commonest_answer():
    assert company.steadiness(["a", "A.", "b", "c", "d", "e"], 3).tolist() == pytest.approx([2 / 3, 1 / 3])


def test_pairs_become_a_task_without_held_back_rows():
    task = company.as_task([("How much?", "24 marks"), ("When?", "at nine")])
    assert (len(task.train), len(task.validation)) == (2, 0)
    assert (task.prompt(task.train[1]), task.target(task.train[1])) == ("When?", "at nine")
    assert task.values(["24 Marks", "no"], task.test)["accuracy"].tolist() == [1, 0]


@pytest.mark.parametrize("length", ["short", "long"])
def test_a_training_job_gives_each_question_the_document_that_holds_its_answer(length):
    rows, document_of = company.training_job(length, 20)
    assert len(rows) == 20 and {row["split"] for row in rows} == {"train"}
    assert all(row["answer"].lower() in document["text"].lower() for row in rows for document in document_of(row))
