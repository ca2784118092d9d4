"""Two kinds of chats in one form, their notes' scores, and what needs no model."""

import re

import numpy as np

from labutils import chats
from labutils.dialogues.turns import tagged


def test_speakers_become_tags_in_the_dialogue_and_in_the_note():
    record = {
        "dialogue": "Nora: Hello, Imran here?\nImran: Yes, Nora.\nNora: Good.",
        "summary": "Nora's call reaches Imran.",
        "references": ["Nora's call reaches Imran.", "Imran answers."],
        "request": ["call"],
    }
    changed = tagged(record)
    assert changed["dialogue"].splitlines()[0] == "#Person1#: Hello, #Person2# here?"
    assert changed["summary"] == changed["references"][0] == "#Person1#'s call reaches #Person2#."
    assert changed["references"][1] == "#Person2# answers." and changed["request"] == ["call"]
    assert tagged(changed) == changed  # tags stay as they are
    assert record["summary"].startswith("Nora")


def test_a_name_inside_a_word_or_another_name_stays():
    record = {"dialogue": "Ann: Is Anna there?\nAnna: Here, Ann.", "summary": "Ann finds Anna in Annapolis."}
    assert tagged(record)["summary"] == "#Person1# finds #Person2# in Annapolis."


def test_both_kinds_are_asked_in_the_same_words_and_form():
    kinds = chats.chat_tasks(tests=12)
    assert [len(task.test) for task in kinds.values()] == [12, 12]
    assert len({task.templates[0].prompt for task in kinds.values()}) == 1
    for task in kinds.values():
        assert all(re.match(r"#Person\d#: ", row["dialogue"]) for row in task.train + task.test)
        assert not {row["dialogue"] for row in task.train} & {row["dialogue"] for row in task.test}
    assert {row["kind"] for row in kinds["everyday"].train} == {"everyday"}


def test_only_support_chats_have_fields_and_the_first_turns_hold_the_request():
    kinds = chats.chat_tasks(tests=30)
    everyday, support = (chats.note_floors(task) for task in kinds.values())
    assert set(support["constant sentence"]) == set(chats.MEASURES)
    assert set(chats.MEASURES) - set(everyday["constant sentence"]) == {"request", "action"}
    turns = support["first two turns"]
    assert np.mean(turns["request"]) > 0.5 > np.mean(turns["action"])
    assert np.mean(turns["unsupported_names"]) == 0 and len(turns["rouge1"]) == 30
