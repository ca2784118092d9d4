"""Notes and questions composed from annotated dialogues: true, readable, and about what is shown."""

import json
import lzma
import random
import re

import pytest

from labutils import prompts
from makers.pocket.recipe import asking, matters, notes, telling, wording

import talks
from toys import shared

NUMBER_WORDS = set(wording.COUNTS)


def told(number):
    """The matters of a toy dialogue, whole."""
    talk = talks.talk_of(talks.booking(number))
    return notes.told_of(talk, 0, len(talk.said))


@pytest.fixture(scope="module")
def toy_talks():
    return [talks.talk_of(talks.booking(number)) for number in range(24)]


@pytest.fixture(scope="module")
def real_talks():
    return matters.read_talks(shared("corpus"))[::40]


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        (0, "both_done"),
        (1, "both_changed"),
        (2, "both_refused"),
        (3, "both_second"),
        (4, "search_declined"),
    ],
)
def test_a_matter_is_told_as_it_went(number, kind):
    (matter,) = told(number)
    assert telling.situation(matter) == kind


def test_what_was_mended_counts_and_what_was_said_before_does_not():
    (matter,) = told(1)
    assert matter.errand.changed == {"time": "8 pm"}
    text = notes.shown(talks.talk_of(talks.booking(1)), 0, 99, notes.PERSONS)
    written = {notes.compose([matter], text, notes.PERSONS, random.Random(seed)) for seed in range(60)} - {None}
    assert len(written) > 20
    assert not [note for note in written if "7 pm" in note]
    assert [note for note in written if "8 pm" in note]


def test_refusal_and_failure_are_told():
    (refused,), (second,) = told(2), told(3)
    text = notes.shown(talks.talk_of(talks.booking(2)), 0, 99, notes.PERSONS)
    for seed in range(40):
        note = notes.compose([refused], text, notes.PERSONS, random.Random(seed))
        assert note is None or not re.search(r"\bbooks\b|\breserves\b|makes the", note), note
    text = notes.shown(talks.talk_of(talks.booking(3)), 0, 99, notes.PERSONS)
    assert any("9 pm" in (notes.compose([second], text, notes.PERSONS, random.Random(s)) or "") for s in range(40))


def check_note(text, note, names):
    """Length, no open gap, and nothing named or numbered that the dialogue does not hold."""
    low, high = notes.NOTE_WORDS
    assert low <= len(note.split()) <= high and note.endswith(".")
    assert not re.search(r"[{}]|  |\.\.|None", note), note
    for other in set(telling.wordings()["names"]) - set(names):
        assert not re.search(rf"\b{other}\b", note) or re.search(rf"\b{other}\b", text, re.I), (other, note)
    for number in re.findall(r"\d[\d:.,]*\d|\d", note):
        assert number in text, (number, note)
    for word in re.findall(r"(?<=[a-z,] )[A-Z][a-z]{2,}", note):
        assert word.lower() in text.lower(), (word, note)
    for word in NUMBER_WORDS.intersection(re.findall(r"[a-z]+", note)) - {"one"}:
        assert word in text.lower(), (word, note)


def rows_of(found, seed, count):
    """(shown text, note, names) of `count` notes."""
    generator, made = random.Random(seed), []
    for text, matter, names in notes.told_parts(generator, found):
        note = notes.compose(matter, text, names, generator)
        if note:
            made.append((text, note, names))
        if len(made) == count:
            return made
    return made


@pytest.mark.parametrize("source", ["toy_talks", "real_talks"])
def test_notes_hold_nothing_that_is_not_shown(source, request):
    made = rows_of(request.getfixturevalue(source), 3, 400)
    for text, note, names in made:
        check_note(text, note, names)
    named = sum(names != notes.PERSONS for _, _, names in made)
    assert 0.4 < named / len(made) < 0.6
    assert all("#Person" not in text + note for text, note, names in made if names != notes.PERSONS)
    assert len({note.split(". ")[0] for _, note, _ in made}) > len(made) / 4


def test_rows_are_the_seeds(toy_talks):
    one, other, third = (list(notes.note_rows(random.Random(seed), toy_talks, 50)) for seed in (5, 5, 6))
    assert one == other != third and len(one) == 50
    asked = [list(asking.question_rows(random.Random(5), toy_talks, 50)) for _ in range(2)]
    assert asked[0] == asked[1] and len(asked[0]) == 50


def test_the_wordings_are_many_and_the_unseen_template_stays_unseen():
    known = telling.wordings()
    assert sum(len(patterns) for patterns in known["patterns"].values()) >= 40
    assert len(known["prompts"]) >= 12 == len({*known["prompts"][:12]})
    unseen = [line for line in prompts.load_templates("summarize")[-1].prompt.split("\n") if line and "{{" not in line]
    assert unseen and not [(line, prompt) for line in unseen for prompt in known["prompts"] if line in prompt]
    kinds = {words["kind"] for words in known["intents"].values()}
    assert kinds == {"search", "errand", "question"}
    for intent, words in known["intents"].items():
        needed = {
            "search": ["item", "first"],
            "errand": ["does", "failed", "plain", "asked"],
            "question": ["answer", "about"],
        }
        assert all(words.get(part) for part in needed[words["kind"]]), intent


@pytest.mark.parametrize("source", ["toy_talks", "real_talks"])
def test_answers_stand_in_the_dialogue(source, request):
    rows = list(asking.question_rows(random.Random(1), request.getfixturevalue(source), 300))
    for prompt, answer in rows:
        values = re.findall(r"\$?\d[\d:,.]*\d|\d|(?<=[a-z,] )[A-Z]\w+", answer)
        assert answer in ("yes", "no") or all(value.lower() in prompt.lower() for value in values), (prompt, answer)
        assert not re.search(r"[{}]", answer) and "{" not in prompt
    answers = [answer for _, answer in rows]
    assert 0.3 < answers.count("yes") / (answers.count("yes") + answers.count("no")) < 0.8


def test_an_answer_of_no_is_true():
    generator, text = random.Random(0), notes.shown(talks.talk_of(talks.booking(2)), 0, 99, notes.PERSONS)
    rows = [asking.done_question(told(2), wording.Words(text, notes.PERSONS, generator, 4)) for _ in range(5)]
    assert {answer for _, answer in rows} == {"no"}
    text = notes.shown(talks.talk_of(talks.booking(0)), 0, 99, notes.PERSONS)
    assert asking.done_question(told(0), wording.Words(text, notes.PERSONS, generator, 4))[1] == "yes"


def test_a_dialogue_with_an_utterance_of_a_test_row_is_left_out(tmp_path):
    with lzma.open(tmp_path / matters.FRAMES, "wt") as file:
        for number in range(6):
            file.write(json.dumps(talks.booking(number)) + "\n")
    assert len(matters.read_talks(tmp_path)) == 6
    assert len(matters.read_talks(tmp_path, ["No, make it 8 pm."])) == 5


@pytest.mark.parametrize(
    ("kind", "value", "noun", "text", "said"),
    [
        ("on", "13th of this month", "", "I go on the 13th of this month.", "on the 13th of this month"),
        ("on", "tomorrow", "", "See you Tomorrow", "tomorrow"),
        ("on", "march 3rd", "", "on march 3rd", "on March 3rd"),
        ("from", "day after tomorrow", "", "the day after tomorrow", "from the day after tomorrow"),
        ("time", "morning 11", "", "at morning 11", None),
        ("time", "7 pm", "", "at 7 pm", "7 pm"),
        ("count", "2", "person", "a table for 2 at 2 pm", "2 people"),
        ("count", "2", "person", "a table at 2 pm for $2.50", None),
        ("count", "two", "ticket", "two of them", "two tickets"),
        ("some", "1", "ticket", "", "a ticket"),
        ("the", "3", "ticket", "", "the tickets"),
        ("", "lima", "", "we fly to lima", None),
        ("", "lima", "", "we fly to lima. Lima is big", "Lima"),
        ("cuisine", "Italian", "", "some Italian food", "an Italian"),
        ("money", "$24", "", "it costs $24.", "$24"),
        ("", "Rome", "", "He went to Romeo", None),
    ],
)
def test_values_read_well_or_not_at_all(kind, value, noun, text, said):
    words = wording.Words(text, notes.PERSONS, random.Random(0), 3)
    assert words.say(kind, value, noun) == said


@pytest.mark.parametrize(
    ("phrase", "wanted"),
    [("book a table", "books a table"), ("search for it", "searches for it"), ("try it", "tries it")],
)
def test_the_third_person(phrase, wanted):
    assert wording.third(phrase) == wanted
