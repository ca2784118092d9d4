"""Retrieval finds the document that shares the rarest words; the same question always finds the same."""

import sys

import pytest

from labutils.errors import LabError
from labutils.lessons import company
from labutils.retrieval import Retriever

DOCUMENTS = [
    {"id": "a", "title": "Robin, the fan", "text": "The Robin costs 24 marks."},
    {"id": "b", "title": "Lark, the clock", "text": "The Lark costs 18 marks and rings for three minutes."},
    {"id": "c", "title": "Parking", "text": "You can park behind the shop on Sunday."},
]


def test_the_best_stand_first_and_no_more_than_there_are():
    retriever = Retriever(DOCUMENTS)
    assert retriever.search("How long does the Lark ring?", 2)[0]["id"] == "b"
    assert len(retriever.search("Where can I park?", 9)) == 3
    assert retriever.search("Where can I park?")[0]["id"] == "c"


@pytest.mark.parametrize("question", ["", "zzz qqq", "?"])
def test_a_question_without_a_shared_word_scores_nothing(question):
    retriever = Retriever(DOCUMENTS)
    assert not retriever.scores(question).any()
    assert [row["id"] for row in retriever.search(question, 3)] == ["a", "b", "c"]


def test_only_the_fields_named_are_searched():
    assert not Retriever(DOCUMENTS, fields=("text",)).scores("the fan").any()


def test_what_is_missing_is_said(monkeypatch):
    with pytest.raises(LabError) as caught:
        Retriever([])
    assert caught.value.code == "no_data"
    with pytest.raises(LabError) as caught:
        Retriever(DOCUMENTS).search("Lark", 0)
    assert caught.value.code == "settings"
    monkeypatch.setitem(sys.modules, "bm25s", None)
    with pytest.raises(LabError) as caught:
        Retriever(DOCUMENTS)
    assert caught.value.code == "bm25s"


def test_the_plain_questions_find_most_of_their_documents():
    retriever = Retriever(company.load("plain_documents"))
    rows = [row for row in company.load("plain_questions") if row["split"] == "train"]
    hits = [retriever.search(row["question"])[0]["id"] == row["document"] for row in rows]
    assert sum(hits) > 80
