"""Fields of a note: which key words it holds."""

import numpy as np
import pytest

from labutils.evaluation import field_scores, field_values

from toys import code_of

RECORD = {"request": ["wrong door", "label"], "action": ["refund", "12.50 pounds", "driver"]}


@pytest.mark.parametrize(
    ("note", "request_share", "action_share"),
    [
        ("", 0, 0),
        ("The parcel was left at the WRONG door; labels!", 1, 0),  # capitals, punctuation, a plural
        ("The door was wrong.", 0, 0),  # two words stand side by side and in their order
        ("A wrong doormat was labelled.", 0.5, 0),  # a word is whole; an ending of the verb is forgiven
        ("She was refunded 12.50 pounds.", 0, 2 / 3),
        ("It was 112.50 pounds, drivers said.", 0, 1 / 3),
        ("wrong door label refund 12.50 pounds driver", 1, 1),
    ],
)
def test_a_note_holds_whole_words_by_their_stems(note, request_share, action_share):
    assert field_scores(note, RECORD) == pytest.approx((request_share, action_share))


def test_values_are_those_of_each_note():
    notes = ["wrong door", "a refund"]
    values = field_values(notes, [RECORD] * 2)
    assert list(values) == ["request", "action"]
    assert np.allclose(np.array(list(values.values())).T, [field_scores(note, RECORD) for note in notes])


def test_as_many_notes_as_records():
    assert code_of(field_values, ["a"], [RECORD] * 2) == "lengths"
    assert code_of(field_values, [], []) == "no_predictions"
