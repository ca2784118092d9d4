"""What ROUGE is given: lists of texts, one reference or more each, whose letters it can see."""

import unicodedata
import warnings
from collections.abc import Mapping, Set
from typing import TYPE_CHECKING, Any

from labutils.errors import LabError
from labutils.i18n import _
from labutils.rouge.pairs import rouge_tokens

if TYPE_CHECKING:
    from rouge_score.tokenizers import Tokenizer


class LostLetters(UserWarning):
    """Texts hold letters that ROUGE's tokens do not."""


def checked(predictions: object, references: object) -> tuple[list[str], list[list[str]]]:
    """Return predictions and, for each, its list of references; raise where something is missing or no text."""
    predictions, references = _listed(predictions, "predictions"), _listed(references, "references")
    if len(predictions) != len(references):
        text = _("{predictions} predictions, but references for {references}; give one entry of references for each")
        raise LabError("lengths", text.format(predictions=len(predictions), references=len(references)))
    if not predictions:
        raise LabError("no_predictions", _("there is nothing to score: predictions is empty; generate summaries first"))
    groups = [_group(group, row) for row, group in enumerate(references)]
    for row, prediction in enumerate(predictions):
        _all_text([prediction], "predictions", row)
    return predictions, groups


def _listed(texts: Any, where: str) -> list:
    if isinstance(texts, str | Mapping | Set) or not hasattr(texts, "__iter__"):
        text = _("{where} must be a list of strings, not {kind}; put a single one in brackets: [text]")
        raise LabError("not_text", text.format(where=where, kind=type(texts).__name__))
    return list(texts)


def _group(group: Any, row: int) -> list[str]:
    group = [group] if isinstance(group, str) or not hasattr(group, "__iter__") else list(group)
    if not group:
        text = _("references[{row}] is an empty list; give one reference or more, or drop that row")
        raise LabError("no_references", text.format(row=row))
    _all_text(group, "references", row)
    return group


def _all_text(texts: list, where: str, row: int) -> None:
    for value in texts:
        if not isinstance(value, str):
            text = _("{where}[{row}] holds {value!r} ({kind}), not a string; replace it or drop that row")
            raise LabError("not_text", text.format(where=where, row=row, value=value, kind=type(value).__name__))


def warn_of_lost_letters(texts: list[str], tokenizer: "Tokenizer | None") -> None:
    """Warn once where letters are in no token: equal texts may score 0 then, and different ones 1.

    Of a learner's own tokenizer only texts without any token are reported: it may well change a letter.
    """
    if tokenizer is None:
        lost = [text for text in texts if not text.isascii() and _lost_letters(text)]
        empty = [text for text in lost if not rouge_tokens(text, stemmer=False)]
    else:
        lost = empty = [text for text in texts if any(map(str.isalpha, text)) and not _tokens_of(tokenizer, text)]
    if lost:
        text = _(
            "ROUGE does not see every letter of {lost} of {n} texts ({letters} ...), and of {empty} it sees none: their "
            "scores mean little. Its own words are of a to z and 0 to 9; for another language give tokenizer=X, where "
            "X.tokenize(text) returns the list of a text's words (of Chinese, say, its characters)"
        )
        letters = "".join(dict.fromkeys("".join(map(_lost_letters, lost))))[:10]
        warnings.warn(text.format(lost=len(lost), n=len(texts), letters=letters, empty=len(empty)), LostLetters, 3)


def _lost_letters(text: str) -> str:
    """Return the letters and digits of a text that are none of a to z and 0 to 9; e and an accent behind it are one, é."""
    composed = unicodedata.normalize("NFC", text)
    return "".join(c for c in composed if (c.isalpha() or c.isdecimal()) and not c.lower().isascii()).lower()


def _tokens_of(tokenizer: "Tokenizer", text: str) -> list[str]:
    tokens = tokenizer.tokenize(text) if hasattr(tokenizer, "tokenize") else None
    if not isinstance(tokens, list) or not all(isinstance(token, str) for token in tokens):
        text = _("tokenizer is {kind}; it must be an object whose tokenize(text) returns a list of strings")
        raise LabError("tokenizer", text.format(kind=type(tokenizer).__name__))
    return tokens
