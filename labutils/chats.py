"""Two kinds of chats to note down: everyday ones of friends and colleagues, and support chats of an organisation.

The everyday ones are the dialogues of ``data/dialogues`` in which nobody serves a customer, the others ``data/support``.
Both are given the same form, tags for the speakers, so that what differs is what they are about.
"""

import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np

from labutils.dialogues.loading import load_dialogues
from labutils.dialogues.sources import SPLITS
from labutils.dialogues.turns import tagged
from labutils.evaluation.bounds import constant_sentence, lead
from labutils.evaluation.fields import FIELDS, field_values
from labutils.evaluation.metrics import summary_values
from labutils.tasks import Task, load_task, summarization

EVERYDAY, SUPPORT = "everyday", "support"
MEASURES = ("rouge1", *FIELDS, "unsupported_names", "length_words")
FIRST_TURNS = 2  # of a chat: they hold most of the request, and nothing of the outcome
Values = dict[str, np.ndarray]


def chat_tasks(tests: int | None = None) -> dict[str, Task]:
    """Return {"everyday": .., "support": ..}: notes on chats of each kind, asked in the same words.

    Args:
        tests: at most so many test chats of each kind.
    """
    data = load_dialogues("pocket", extra=("kind",))
    friends = {split: [row for row in data[split] if row["kind"] == EVERYDAY] for split in SPLITS}
    everyday, support = summarization(friends), load_task(SUPPORT)
    one = everyday.templates[:1]
    train, validation, test = ([tagged(row) for row in support.split(split)] for split in SPLITS)
    support = dataclasses.replace(support, templates=one, train=train, validation=validation, test=test)
    return {EVERYDAY: dataclasses.replace(everyday, templates=one).take(test=tests), SUPPORT: support.take(test=tests)}


def note_values(notes: Sequence[str], rows: Sequence[Mapping]) -> Values:
    """Return for each of :data:`MEASURES` an array of shape (n,), one value a note.

    ROUGE-1, the names and numbers that the chat does not hold, the words; and, where the records name them, the share of
    the request and of the action that the note keeps (:func:`labutils.evaluation.field_scores`).
    """
    values = summary_values(notes, [row["references"] for row in rows], [row["dialogue"] for row in rows])
    if all(field in row for row in rows for field in FIELDS):
        values |= field_values(notes, rows)
    return {name: values[name] for name in MEASURES if name in values}


def note_floors(task: Task) -> dict[str, Values]:
    """Return what needs no model: one constant sentence for every chat, and the chat's first two turns as they stand."""
    constant = constant_sentence([row["summary"] for row in task.train])
    opening = [lead(row["dialogue"], FIRST_TURNS) for row in task.test]
    return {
        "constant sentence": note_values([constant] * len(task.test), task.test),
        "first two turns": note_values(opening, task.test),
    }
