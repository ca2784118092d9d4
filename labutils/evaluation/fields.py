"""Fields of a note: how much of what was asked and what was agreed it keeps, by key words that its author named.

ROUGE counts all words alike. A support team reads a note for two things: what the customer asked for, and what will be
done. Each record of ``data/support`` names the words without which a note misses them.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from labutils.evaluation.metrics import same_length
from labutils.i18n import _
from labutils.rouge import rouge_tokens

FIELDS = ("request", "action")
PROTOCOL = _(
    "Request and action, 0 to 1: share of the record's key words that the note holds, stemmed, mean over notes."
)


def field_scores(text: str, record: Mapping) -> tuple[float, float]:
    """Return the shares of a record's ``request`` and of its ``action`` that a note holds, each 0 to 1.

    An entry is held where its words stand in the note side by side, whole and in their order. Case and punctuation do
    not count, and words are compared by their stems as in ROUGE: "labels" holds "label", "refunded" holds "refund".
    Another word for the same is not held, and a note that denies what it names is not caught. A copy of the whole
    dialogue holds all, so read it beside the length.

    Args:
        text: the note.
        record: has ``request`` and ``action``, each a list of words or of short phrases, at least one.

    >>> field_scores("Nora wants a refund.", {"request": ["refunds"], "action": ["friday", "new label"]})
    (1.0, 0.0)
    """
    note = _framed(text)
    request, action = (float(np.mean([_framed(entry) in note for entry in record[field]])) for field in FIELDS)
    return request, action


def field_values(predictions: Sequence[str], rows: Sequence[Mapping]) -> dict[str, np.ndarray]:
    """Return ``request`` and ``action`` of each note (:func:`field_scores`): two arrays of shape (n,).

    Raises:
        LabError: ``"lengths"`` not as many records as notes, ``"no_predictions"`` nothing to score.
    """
    same_length(predictions, rows, "predictions", "records")
    pairs = [field_scores(text, row) for text, row in zip(predictions, rows, strict=True)]
    return dict(zip(FIELDS, np.array(pairs).T, strict=True))


def _framed(text: str) -> str:
    """Return the stems of a text with a space on both sides of each, so that a run of them cuts no word."""
    return f" {' '.join(rouge_tokens(text))} "
