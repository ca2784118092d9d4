"""Written chats, made-up shots and the suite's rows in the instruct mixture."""

import json
import random
import re

import pytest

from labutils import tasks
from labutils.machine import paths
from makers.pocket.recipe import chats, shipped_tasks, shots, telling

from talks import booking, talk_of
from toys import code_of

CHAT = {
    "dialogue": "Anna: Is the shop open?\nTom: No, it's shut, I was there.",
    "summary": "Tom tells Anna the shop is shut.",
}
CALLED = {"dialogue": "Anna: Hi Tom!\nTom: Hello.", "summary": "Anna greets Tom."}


@pytest.fixture
def folder(tmp_path):
    """data/chats with two chats."""
    (tmp_path / "train.jsonl").write_text(json.dumps(CHAT) + "\n" + json.dumps(CALLED) + "\n")
    return tmp_path


@pytest.fixture(scope="module")
def lines():
    return [talk_of(booking(number)) for number in range(60)]


def test_chats_come_twice_in_several_prompts(folder):
    rows = list(chats.chat_rows(random.Random(0), chats.read_chats(folder / "train.jsonl")))
    assert len(rows) == 2 * 2 * chats.PHRASINGS == len({prompt for prompt, _ in rows})
    assert {target for _, target in rows} == {
        CHAT["summary"],
        "#Person2# tells #Person1# the shop is shut.",
        CALLED["summary"],
    }
    for prompt, target in rows:
        assert ("#Person1#: Is the shop" in prompt) == (target.startswith("#Person2#"))


def test_who_is_called_by_name_keeps_it():
    assert chats.as_persons(CALLED) == CALLED
    three = {"dialogue": "A: x\nB: y\nC: z", "summary": "A asks B."}
    assert chats.as_persons(three) == three


def test_a_broken_or_missing_file_of_chats_is_named(folder):
    assert code_of(chats.read_chats, folder / "nothing.jsonl") == "chats"
    (folder / "bad.jsonl").write_text('{"dialogue": "A: x"}\n')
    assert code_of(chats.read_chats, folder / "bad.jsonl") == "chats"


def test_the_shots_tell_what_is_wanted(lines):
    generator = random.Random(0)
    for _ in range(200):
        *solved, (question, answer) = shots.class_shots(generator, shots.word_classes(generator))
        label_of = dict(solved)
        assert answer in label_of.values() and 2 <= len(set(label_of.values())) <= 4
        assert len(solved) <= shots.MOST_SHOTS and question not in label_of
        *solved, (question, answer) = shots.stands_for_shots(generator)
        assert any(answer == value for _, value in solved)
    labels = {
        tuple(answer for _, answer in shots.class_shots(generator, shots.word_classes(generator))) for _ in range(50)
    }
    assert len(labels) > 40


def test_forms_are_the_same_in_all_shots(lines):
    generator = random.Random(1)
    for _ in range(100):
        pairs = shots.fact_form_shots(generator)
        marks = {re.sub(r"\w[\w ]*", "x", answer) for _, answer in pairs}
        assert len(marks) == 1, pairs


def test_rows_of_shots_are_short_seeded_and_without_opinions(lines):
    def made(seed):
        return list(shots.shot_rows(random.Random(seed), lines, [{"sky": ["cloud"] * 9, "sea": ["wave"] * 9}], 300))

    rows = made(0)
    assert rows == made(0) != made(1)
    assert max(len(prompt) for prompt, _ in rows) <= shots.MOST_CHARACTERS and all(target for _, target in rows)
    assert not any(prompt.endswith((" ", "\n")) or "{" in prompt for prompt, _ in rows)
    text = json.dumps(shots.material()) + json.dumps(telling.wordings())
    assert not re.search(r"\b(sentiment|positive|negative|opinion|review|good|bad|awful|great)\b(?! for)", text, re.I)


def test_all_records_join_whatever_their_register(monkeypatch, tmp_path):
    records = [
        {"id": str(n), "origin": "written", "text": "t", "topic": "food", "register": r}
        for n, r in enumerate(("plain", "rich"))
    ]
    (tmp_path / "tasks" / "topic").mkdir(parents=True)
    (tmp_path / "tasks" / "topic" / "train.jsonl").write_text("\n".join(map(json.dumps, records)) + "\n")
    monkeypatch.setattr(paths, "data_dir", lambda: tmp_path)
    assert shipped_tasks.suite_records("topic") == records


def test_what_the_labs_teach_is_not_taught():
    assert not set(shipped_tasks.TAUGHT_SUITE) & set(shipped_tasks.HELD_OUT_SUITE)
    assert set(tasks.names()) <= {*shipped_tasks.TAUGHT_SUITE, *shipped_tasks.HELD_OUT_SUITE}
