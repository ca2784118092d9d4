"""The rule of behaviour: each of its signals, its agreement with labels made by hand, and the prompts of lab 01."""

import re
from collections import Counter
from pathlib import Path

import pytest
import yaml

import makers.pocket
from labutils.evaluation.behaviour import (
    BEHAVIOURS,
    KINDS,
    agreement,
    behaviour,
    confusion,
    load_labelled,
    load_prompts,
    sentences,
    threes,
    words,
)
from labutils.prompts import with_tags

DOG = "Tell me how to train my dog to sit."
CHAT = "Customer: Where is my parcel?\nAgent:"


@pytest.mark.parametrize(("prompt", "output", "expected"), [
    (DOG, "", "empty"), (DOG, ". ?!", "empty"),
    (DOG, DOG, "repeats"), (DOG, "[INST] Tell me how to train my dog to sit. [/INST]", "repeats"),
    (DOG, "sit and sit and sit and sit and sit and sit", "repeats"),
    (DOG, ". It was raining.", "continues"), (DOG, ", she said.", "continues"), (DOG, "s are good.", "continues"),
    (DOG, "and how to train a cat.", "continues"), (DOG, "My dog is two years old.", "continues"),
    (DOG, "Tell me how it works.", "continues"), (DOG, "Hold on.\n#Person2#: Why?", "continues"),
    (DOG, "How old is it?", "asks_back"), (DOG, "Hold a treat above its nose.", "answers"), (DOG, "a treat", "answers"),
    (CHAT, "One moment, please.", "answers"), (CHAT, "Agent: One moment, please.", "answers"), (CHAT, ": One moment.", "answers"),
    (CHAT, "One moment.\nCustomer: Thank you.", "continues"), (CHAT, "Customer: Thank you.", "continues"),
    (CHAT, "Could you tell me your order number?", "asks_back"),
    ("What is the capital of France?", "The capital of France is London.", "answers"),
    ("What do you think of Mars?", "What do you think of Venus?", "continues"), (DOG, "in the park. It was cold", "continues"),
    (DOG, "sit", "repeats"), ("Which is bigger, a horse or a mouse?", "a horse", "answers"),
    (DOG, "I am sorry, I cannot do that.", "declines"), (DOG, "I do not know.", "declines"),
    (CHAT, "I am sorry about that. Could you tell me your order number?", "asks_back"),
])  # fmt: skip
def test_each_signal(prompt, output, expected):
    assert behaviour(prompt, output) == expected


def test_tags_around_the_prompt_change_nothing():
    for row in load_labelled():
        assert behaviour(with_tags(row["prompt"]), row["output"]) == behaviour(row["prompt"], row["output"])


def test_pieces_of_text():
    assert words("It's 4821, isn't it?") == ["it's", "4821", "isn't", "it"]
    assert threes("a b") == [] and threes("a b c d") == [("a", "b", "c"), ("b", "c", "d")]
    assert sentences("One. Two?\nThree") == ["One.", "Two?", "Three"]


def test_the_prompts_are_sixty_of_four_kinds():
    rows = load_prompts()
    assert len(rows) == len({row["id"] for row in rows}) == len({row["prompt"].lower() for row in rows}) == 60
    assert set(KINDS) == {row["kind"] for row in rows} == {row["kind"] for row in rows[:12]}
    assert not [row for row in rows if "INST]" in row["prompt"]]


def test_what_the_shipped_model_saw_is_marked():
    """A prompt of its own answers would be answered by heart: the lab counts these apart."""
    answers = yaml.safe_load(
        (Path(makers.pocket.__file__).parent / "recipe" / "answers.yaml").read_text(encoding="utf-8")
    )
    asks = [re.escape(ask.lower()).replace(r"\{number\}", r"\d+") for entry in answers for ask in entry["ask"]]
    for row in load_prompts():
        assert row["seen"] == any(re.fullmatch(ask, row["prompt"].lower()) for ask in asks), row["id"]


def test_the_labelled_rows_are_as_they_should_be():
    rows = load_labelled()
    assert len(rows) >= 80 and len({row["id"] for row in rows}) == len(rows)
    assert len({(row["prompt"], row["output"]) for row in rows}) == len(rows)
    assert {row["label"] for row in rows} == set(BEHAVIOURS)
    assert {row["origin"] for row in rows} == {"written", "pocket-base", "pocket-instruct"}
    assert {row["prompt"] for row in rows} <= {row["prompt"] for row in load_prompts()}
    held_out = [row for row in rows if row["held_out"]]
    assert len(held_out) >= 40 and not [row for row in held_out if row["origin"] == "written"]


def test_the_rule_agrees_with_the_hand_labels():
    """Measured when the rule was frozen: .9025 of 277 rows, .8750 of the 88 held out. A change may not make it worse."""
    rows = load_labelled()
    held_out = [row for row in rows if row["held_out"]]
    print(confusion(rows), agreement(rows), agreement(held_out), sep="\n")
    assert agreement(rows).value >= 0.90
    assert agreement(held_out).value >= 0.87


def test_the_confusion_table_counts_every_row():
    rows = load_labelled()
    table = confusion(rows)
    assert table.to_numpy().sum() == len(rows)
    assert table.sum(axis=1).to_dict() == {label: Counter(row["label"] for row in rows)[label] for label in BEHAVIOURS}
    hits = sum(table.loc[label, label] for label in BEHAVIOURS)
    assert hits / len(rows) == pytest.approx(agreement(rows).value)
