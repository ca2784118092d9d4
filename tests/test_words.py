"""What texts are compared by: answers in their normal form, words."""

import pytest

from labutils.words import normalize, words


def test_words_are_runs_of_letters_and_digits_in_lower_case():
    assert words("#Person1#: It's 4821, isn't it?") == ["person1", "it", "s", "4821", "isn", "t", "it"]
    assert words("a_b - ...") == ["a", "b"] and words("") == []
    assert words("Straße, ПРИВЕТ! 今天") == ["straße", "привет", "今天"]


@pytest.mark.parametrize("mark", ["'", "’"])
def test_contractions_are_one_word_where_asked_for(mark):
    assert words(f"I{mark}m 'here'", contractions=True) == [f"i{mark}m", "here"]
    assert words(f"I{mark}m 'here'") == ["i", "m", "here"]


def test_answers_are_compared_without_case_outer_punctuation_and_doubled_spaces():
    assert normalize(' "Neutral  one."\n') == "neutral one"
