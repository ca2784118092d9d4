"""Rows composed of written sentences and names: right answers, and nothing of the suite's own tests."""

import random

from labutils import tasks
from makers.pocket.recipe import framing
from makers.records.checks import task_sets


def test_names_and_types_are_those_of_the_sentence():
    generator = random.Random(0)
    frames = [{"text": "{pet2} bit {person} and {pet}.", "ask": [["Who was bitten?", "person"]]}]
    text, pairs, questions = framing.filled(generator, frames, {"person": ["Ana"], "pet": ["Ana", "Rex", "Tom"]})
    assert {name for _kind, name in pairs} == {"Ana", "Rex", "Tom"}
    assert [kind for kind, _name in pairs] == ["pet", "person", "pet"]
    assert text == f"{pairs[0][1]} bit Ana and {pairs[2][1]}." and questions == [("Who was bitten?", "Ana")]


def test_every_row_keeps_the_rules_of_the_suite():
    entities, questions = tasks.load_task("entities"), tasks.load_task("questions")
    frames, names = framing.load("frames.yaml"), framing.load("names.yaml")
    generator = random.Random(1)
    for frame in frames:
        text, pairs, asked = framing.filled(generator, [frame], names)
        record = {"text": text, "entities": "; ".join(f"{k}: {n}" for k, n in pairs) or "none"}
        assert not list(task_sets.check_entities(record)), record
        for question, answer in asked:
            record = {"passage": text, "question": question, "answer": answer}
            assert not list(task_sets.check_answer(record)), record
    for rows, task in ((framing.entity_rows, entities), (framing.question_rows, questions)):
        made = list(rows(generator, 30))
        unseen = task.templates[-1].prompt.split("{{")[0]
        assert len(made) == 30 and not any(prompt.startswith(unseen) for prompt, _target in made)


def test_no_name_is_an_answer_of_the_rich_records_of_validation_or_test():
    task, names = tasks.load_task("entities", "rich"), framing.load("names.yaml")
    answers = {pair for row in task.validation + task.test for pair in tasks.parse_entities(task.target(row))}
    assert set(names) == set(task_sets.ENTITY_TYPES)
    assert not [(kind, name) for kind in names for name in names[kind] if (kind, tasks.normalize(name)) in answers]
