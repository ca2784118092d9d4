"""Lab 04: the words that two texts share, and ROUGE-1 counted from them."""

import re
from collections import Counter
from dataclasses import dataclass

from labutils.i18n import _
from labutils.rouge import rouge_tokens
from labutils.widgets.blocks import Block, Marked, Sentence
from labutils.widgets.panel import Panel, area, switch

_WORD = re.compile(r"[a-z0-9]+")  # rouge_score's words
Parts = list[tuple[str, bool]]


@dataclass(frozen=True)
class Overlap:
    """Two texts in parts, (text, whether it is a shared word), and the counts of their words."""

    prediction: Parts
    reference: Parts
    shared: int
    predicted: int
    referenced: int

    @property
    def precision(self) -> float:
        """Share of the prediction's words that the reference has too."""
        return self.shared / self.predicted if self.predicted else 0.0

    @property
    def recall(self) -> float:
        """Share of the reference's words that the prediction has too."""
        return self.shared / self.referenced if self.referenced else 0.0

    @property
    def f_measure(self) -> float:
        """ROUGE-1."""
        total = self.precision + self.recall
        return 2 * self.precision * self.recall / total if total else 0.0


def overlap(prediction: str, reference: str, stemmer: bool = True) -> Overlap:
    """Find the shared words; a word counts as often as it stands in the text that has fewer of it, the first ones."""
    tokens = [rouge_tokens(text, stemmer) for text in (prediction, reference)]
    both = Counter(tokens[0]) & Counter(tokens[1])
    parts = [_parts(text, Counter(both), stemmer) for text in (prediction, reference)]
    return Overlap(parts[0], parts[1], both.total(), len(tokens[0]), len(tokens[1]))


def _parts(text: str, left: Counter, stemmer: bool) -> Parts:
    lower = text.lower()
    shown = text if len(lower) == len(text) else lower  # a few letters become two in lower case
    parts, end = [], 0
    for match in _WORD.finditer(lower):
        [token] = rouge_tokens(match[0], stemmer)
        on = left[token] > 0
        left[token] -= on
        parts += [(shown[end : match.start()], False), (shown[match.start() : match.end()], on)]
        end = match.end()
    return [(part, on) for part, on in [*parts, (shown[end:], False)] if part]


def _blocks(prediction: str, reference: str, stemmer: bool) -> list[Block]:
    score = overlap(prediction, reference, stemmer)
    counts = _("{shared} words are shared: precision {shared}/{predicted} = {p:.2f}, recall {shared}/{referenced} = "
               "{r:.2f}.")  # fmt: skip
    counts = counts.format(
        shared=score.shared, predicted=score.predicted, referenced=score.referenced, p=score.precision, r=score.recall
    )
    f_measure = _("ROUGE-1 = 2 x precision x recall / (precision + recall) = {f:.2f}").format(f=score.f_measure)
    return [
        Marked(_("Prediction, shared words in brackets"), score.prediction),
        Marked(_("Reference, shared words in brackets"), score.reference),
        Sentence(counts),
        Sentence(f_measure, strong=True),
    ]


def shared_words(prediction: str, reference: str, stemmer: bool = True) -> Panel:
    """Return two fields for texts, with the shared words marked and ROUGE-1 worked out.

    Args:
        stemmer: compare stems, so that "asks" meets "asked".
    """
    controls = {
        "prediction": area(_("Prediction"), prediction, rows=2),
        "reference": area(_("Reference"), reference, rows=2),
        "stemmer": switch(_("Compare stems (asks = asked)"), stemmer),
    }
    return Panel(_("Which words do the two texts share?"), controls, _blocks)
