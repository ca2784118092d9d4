"""Figures in prose are written as the last build recorded them, in the form that they had."""

import pytest

from labutils.notebooks import lesson
from makers import quotes

NUMBERS = {"a": 0.7449, "b": -0.061, "n": 12345.0, "one": 1.0, "b_interval": [-0.1, 0.049]}


@pytest.mark.parametrize(("text", "shown"), [
    (".71<!--a-->", ".74<!--a-->"), ("0.7<!--a-->", "0.7<!--a-->"), ("70 %<!--a-->", "74 %<!--a-->"), ("+.10<!--b-->", "-.06<!--b-->"),
    ("lower by .10<!--b-->", "lower by .06<!--b-->"), ("9,000<!--n-->", "12,345<!--n-->"), (".98<!--one-->", "1.00<!--one-->"),
    ("[-.20<!--b_interval[0]-->, +.10<!--b_interval[1]-->]", "[-.10<!--b_interval[0]-->, +.05<!--b_interval[1]-->]"),
])  # fmt: skip
def test_a_quote_keeps_its_form(text, shown):
    assert quotes.filled(text, NUMBERS) == shown
    assert not any(lesson._misquote(quote, NUMBERS) for quote in lesson.QUOTE.finditer(shown))


@pytest.mark.parametrize("text", [".5<!--unknown-->", ".5<!--b_interval-->", ".5<!--a[0]-->", "0.5 of them"])
def test_what_cannot_be_filled_stays_for_labs_verify_to_name(text):
    assert quotes.filled(text, NUMBERS) == text
