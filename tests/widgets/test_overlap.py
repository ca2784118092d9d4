"""Lab 04's shared words: what is counted is ROUGE-1."""

import pytest

from labutils.rouge import rouge
from labutils.widgets import shared_words
from labutils.widgets.overlap import overlap

from toys import HOSTILE, html

PAIRS = [
    ("The cat sat on the mat.", "the the the"),
    ("It's Bob's cats: they asked!", "A cat asks Bob; it's fine"),
    ("", "a"),
    ("ÄÖ straße 7:30 İstanbul", "um 7:30 in der Strasse"),
]


@pytest.mark.parametrize("stemmer", [True, False])
@pytest.mark.parametrize(("prediction", "reference"), PAIRS)
@pytest.mark.filterwarnings("ignore::labutils.rouge.LostLetters")
def test_the_counted_score_is_rouge_1(prediction, reference, stemmer):
    found = overlap(prediction, reference, stemmer)
    assert found.f_measure == pytest.approx(rouge([prediction], [reference], stemmer=stemmer)["rouge1"])
    for parts in (found.prediction, found.reference):
        assert sum(on for _part, on in parts) == found.shared
    assert "".join(part for part, _on in found.reference) == reference


def test_shared_words_follow_the_texts_and_the_box():
    panel = shared_words("she asks", "he asked")
    assert "[asks]" in panel.text and "[asked]" in panel.text
    panel.controls["stemmer"].value = False
    assert "[asks]" not in panel.text
    panel.controls["prediction"].value = HOSTILE
    assert "<script" not in html(panel) and "<b>cat" not in html(panel)
