"""Summaries made wrong on purpose: what a score based on shared words cannot see (lab 04)."""

import re

from labutils.errors import LabError
from labutils.i18n import _

_AUXILIARY = r"is|are|was|were|will|would|can|could|should|must"
_NEGATED = re.compile(rf"\b({_AUXILIARY}|do|does|did|has|have|had)(?: not\b|n['’]t\b)|\b(can)(?:not\b|['’]t\b)")
# Who a sentence is about, at its beginning: names or speakers with a verb in -s behind, two of them, or a pronoun.
_NAME = r"(?:(?:Mr|Mrs|Ms|Dr)\. )?(?:#\w+#|[A-Z][\w-]*)"
_NO_NAME = r"(?!(?:The|An?|This|That|These|Those|His|Her|Its|Their|In|On|At|For|After|Before|When|If)\b)"
_SUBJECT = re.compile(
    rf"{_NO_NAME}(?:(?:{_NAME} )+(?=[a-z]+s\b)|{_NAME} and (?:{_NAME} )+(?=[a-z])|(?:They|We|You|I) )"
)


def swap_names(text: str, first: str = "#Person1#", second: str = "#Person2#") -> str:
    """Return the text with the two names exchanged everywhere: who did it becomes to whom it was done.

    ROUGE-1 counts words without order: a summary that holds both names equally often keeps exactly its score.

    Raises:
        LabError: ``"names"``: the two names are equal or empty.
    """
    if not first or not second or first == second:
        text = _("swapping needs two different names, not {first!r} and {second!r}")
        raise LabError("names", text.format(first=first, second=second))
    pattern = rf"(?<!\w)(?:{re.escape(first)}|{re.escape(second)})(?!\w)"
    return re.sub(pattern, lambda match: second if match[0] == first else first, text)


def negate(text: str) -> str:
    """Return the text with one of its statements turned into the opposite, by a rule simple enough to read.

    "X is not" or "X isn't" becomes "X is", else "X is" becomes "X is not", else "Ms. Dawson helps" becomes "Ms. Dawson
    never helps"; where no subject is recognised, "It is not true that" stands before the text.
    """
    if not text.strip():
        return text
    text = re.sub(r"\bwon['’]t\b", "will not", text)
    for pattern, changed in ((_NEGATED, r"\1\2"), (re.compile(rf"\b({_AUXILIARY})\b"), r"\1 not")):
        result, times = pattern.subn(changed, text, count=1)
        if times:
            return result
    subject = _SUBJECT.match(text)
    if subject:
        return f"{subject[0]}never {text[subject.end() :]}"
    return _("It is not true that {text}").format(text=text)
