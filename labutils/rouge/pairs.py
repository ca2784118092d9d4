"""The F-measures of one pair of texts: equal to ``rouge_score``'s to the last digit, and cheap.

Each stem and each text is worked out once, and the longest common subsequence is found 60 words at a time in the bits
of one integer.
"""

import functools
import itertools
import types
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from rouge_score import scoring
from rouge_score import tokenize as rouge_tokenize

if TYPE_CHECKING:
    from rouge_score.rouge_scorer import RougeScorer


def rouge_tokens(text: str, stemmer: bool = True) -> list[str]:
    """Return the tokens that ROUGE compares: lower case, a to z and digits only, stems of words over 3 letters.

    Not :func:`labutils.words.words`: published figures were made with these very tokens, so ours must be too.
    """
    return rouge_tokenize.tokenize(text, _cached_stemmer() if stemmer else None)


class _Text(NamedTuple):
    """What scoring needs of one text, worked out once."""

    tokens: tuple[str, ...]
    unigrams: Counter
    bigrams: Counter
    positions: dict[str, int]  # bit i of positions[token] is set where tokens[i] == token
    lines: int  # lines that hold a token: ROUGE-Lsum takes each as a sentence


@functools.cache
def _cached_stemmer() -> types.SimpleNamespace:
    """The stemmer rouge_score uses, with a memory: a few thousand words make up all summaries."""
    from nltk.stem.porter import PorterStemmer

    return types.SimpleNamespace(stem=functools.lru_cache(maxsize=1 << 17)(PorterStemmer().stem))


@functools.lru_cache(maxsize=1 << 13)  # holds the references of a test set and a few systems' outputs
def _prepared(text: str, stemmer: bool) -> _Text:
    tokens = tuple(rouge_tokens(text, stemmer))
    positions: dict[str, int] = {}
    for i, token in enumerate(tokens):
        positions[token] = positions.get(token, 0) | 1 << i
    lines = 1 if "\n" not in text else sum(bool(rouge_tokens(line, stemmer)) for line in text.split("\n"))
    return _Text(tokens, Counter(tokens), Counter(itertools.pairwise(tokens)), positions, lines)


def f_measures(reference: str, prediction: str, stemmer: bool) -> tuple[float, float, float, float]:
    """Return rouge1, rouge2, rougeL and rougeLsum of one pair, each 0 to 1."""
    ref, pred = _prepared(reference, stemmer), _prepared(prediction, stemmer)
    n_ref, n_pred = len(ref.tokens), len(pred.tokens)
    rouge1 = _f(_shared(ref.unigrams, pred.unigrams), n_ref, n_pred)
    rouge2 = _f(_shared(ref.bigrams, pred.bigrams), n_ref - 1, n_pred - 1)
    rouge_l = _f(_lcs_length(ref.positions, n_ref, pred.tokens), n_ref, n_pred)
    # With one line on each side the summary-level score is the sentence-level one. Several lines need the union of
    # particular subsequences; which of several equally long ones is taken matters, so the library itself decides.
    several = ref.lines > 1 or pred.lines > 1
    return rouge1, rouge2, rouge_l, _lsum(reference, prediction, stemmer) if several else rouge_l


def _f(hits: int, n_ref: int, n_pred: int) -> float:
    return scoring.fmeasure(hits / max(n_pred, 1), hits / max(n_ref, 1)) if hits else 0.0


def _shared(ref: Counter, pred: Counter) -> int:
    """Count n-grams in both, each as often as it stands in the text that has fewer of it."""
    return sum(min(count, pred[gram]) for gram, count in ref.items() if gram in pred)


def _lcs_length(positions: dict[str, int], n_ref: int, tokens: Sequence[str]) -> int:
    """Return the length of the longest common subsequence.

    One row of the classic table is one integer: bit i is 0 where the row grows from i to i + 1 (Hyyrö 2004,
    "Bit-parallel LCS-length computation revisited"). One addition moves the whole row on by one token.
    """
    everything = (1 << n_ref) - 1
    row = everything
    for token in tokens:
        match = row & positions.get(token, 0)
        row = ((row + match) | (row - match)) & everything
    return n_ref - row.bit_count()


def _lsum(reference: str, prediction: str, stemmer: bool) -> float:
    return _lsum_scorer(stemmer).score(reference, prediction)["rougeLsum"].fmeasure


@functools.cache
def _lsum_scorer(stemmer: bool) -> "RougeScorer":
    from rouge_score.rouge_scorer import RougeScorer

    tokenizer = types.SimpleNamespace(tokenize=functools.partial(rouge_tokens, stemmer=stemmer))
    return RougeScorer(["rougeLsum"], tokenizer=tokenizer)
