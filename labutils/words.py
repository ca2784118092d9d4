"""What texts are compared by: an answer in its normal form, and the words of a text. The standard library only."""

import re

_WORD = re.compile(r"[^\W_]+")
_WITH_CONTRACTIONS = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")


def normalize(answer: str) -> str:
    """Return an answer in lower case, without outer punctuation and doubled spaces: how answers are compared."""
    return " ".join(answer.lower().strip(" \n\t.,:;!?\"'").split())


def whole(text: str) -> str:
    """Return a text without half surrogate pairs, which no file takes: pairs are joined, a half one is U+FFFD.

    JSON can hold them (``"\\ud83d"``), and a tokenizer that cuts between bytes can make them.
    """
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def words(text: str, contractions: bool = False) -> list[str]:
    """Return the words of a text: runs of letters and digits, of any script, in lower case.

    Args:
        contractions: "It's" is one word, not two. For rules about how sentences begin: "I'm sorry" does not begin as
            "I'm hungry" does. Copies are better looked for without it: data sets write "it's", "it ' s" and "its".

    Three splitters differ on purpose: :func:`labutils.rouge.rouge_tokens` (equal to ``rouge_score``), the names in
    :mod:`labutils.evaluation.invented` (capitals and speakers count), and :func:`labutils.evaluation.metrics.token_f1`
    (between spaces, so that "7:30" is one word).
    """
    return (_WITH_CONTRACTIONS if contractions else _WORD).findall(text.lower())
