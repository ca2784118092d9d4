"""What ROUGE is given: bad input is named with its row, and letters that it would lose are told of."""

import warnings

import pytest

from labutils.errors import LabError
from labutils.rouge import LostLetters, rouge

from toys import Words, library_rouge


@pytest.mark.parametrize(
    ("code", "predictions", "references"),
    [
        ("lengths", ["a", "b"], ["a"]),
        ("no_predictions", [], []),
        ("no_references", ["a"], [[]]),
        ("not_text", "a", ["a"]),
        ("not_text", ["a"], "a"),
        ("not_text", None, ["a"]),
        ("not_text", {"a": 1}, ["a"]),
        ("not_text", ["a"], {"a"}),
        ("not_text", [None], ["a"]),
        ("not_text", ["a"], [None]),
        ("not_text", ["a"], [["a", 3]]),
        ("not_text", [float("nan")], ["a"]),
        ("not_text", ["a"], [3]),
    ],
)
def test_bad_input_says_where(code, predictions, references):
    with pytest.raises(LabError) as caught:
        rouge(predictions, references)
    assert caught.value.code == code


def test_error_names_the_row():
    with pytest.raises(LabError, match=r"references\[1\]"):
        rouge(["a", "b"], ["a", ["b", None]])


class Characters:
    """A tokenizer for Chinese: each letter is a word."""

    def tokenize(self, text):
        return [character for character in text if not character.isspace()]


def warnings_of(*args, **options):
    """The scores, and how many warnings came of it."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        scores = rouge(*args, **options)
    assert all(warning.category is LostLetters for warning in caught)
    return scores, len(caught)


LANGUAGES = {
    "Chinese": ("今天天气很好", "我们去公园吧", Characters()),
    "Hindi": ("आज मौसम अच्छा है", "कल बारिश होगी", Words()),
    "Russian": ("собака убежала домой", "кошка спит на диване", Words()),
    "German": ("Bär Gäste", "Bör Göste", Words()),  # in ASCII both are b r g ste
}


@pytest.mark.parametrize(("text", "other", "tokenizer"), LANGUAGES.values(), ids=LANGUAGES)
def test_another_language_is_scored_by_its_own_tokenizer(text, other, tokenizer):
    texts, references = [text, text, other], [[text], [other], [text, other]]
    scores, told = warnings_of(texts, references, tokenizer=tokenizer)
    assert not told and scores["rouge1"] == scores["rougeLsum"] == 0.5  # the same, others, the mean of both


@pytest.mark.parametrize(("text", "other", "wrong"), [
    (*LANGUAGES["Chinese"][:2], 0), (*LANGUAGES["Hindi"][:2], 0), (*LANGUAGES["Russian"][:2], 0), (*LANGUAGES["German"][:2], 1),
], ids=LANGUAGES)  # fmt: skip
def test_without_a_tokenizer_one_warning_says_that_letters_are_lost(text, other, wrong):
    same, told = warnings_of([text] * 5, [[text, text]] * 5)
    assert told == 1 and same["rouge1"] == wrong
    different, told = warnings_of([text], [other])
    assert told == 1 and different["rouge1"] == wrong


def test_a_warning_says_how_many_texts_and_what_to_do():
    with pytest.warns(LostLetters, match=r"3 of 4 .*ä.* 1 .*tokenizer=") as caught:
        rouge(["Ein Bär.", "今天"], ["Ein Bär.", "A dog."])
    assert len(caught) == 1
    assert warnings_of(["cafe\u0301"], ["cafe"])[1] == 1  # the accent on its own
    assert warnings_of(["٣٤ ٥"], ["٣٤ ٥"])[1] == 1  # equal digits score 0
    assert warnings_of(["İki"], ["i ki"])[1] == 1  # in lower case an i and a dot: two words


@pytest.mark.parametrize("text", ["“It’s 3 £ — fine…” ½", "A dog sat.", "…", "🙂 ok", "❤️ 1️⃣", "\u212a"])
def test_texts_that_lose_no_letter_are_silent(text):
    expected = library_rouge([text], [["A dog sat."]], True)[0].mean(0)
    scores, told = warnings_of([text], ["A dog sat."])
    assert not told and list(scores.values()) == list(expected)


def test_a_tokenizer_that_loses_every_letter_is_told_of():
    class Nothing:
        def tokenize(self, text):
            return []

    assert warnings_of(["a dog"] * 3, ["a dog"] * 3, tokenizer=Nothing())[1] == 1
    assert warnings_of(["..."], ["..."], tokenizer=Nothing())[1] == 0


@pytest.mark.parametrize("stemmer", [None, "no", 1, [], {}])
def test_a_stemmer_is_true_or_false(stemmer):
    with pytest.raises(LabError) as caught:
        rouge(["a"], ["a"], stemmer=stemmer)
    assert caught.value.code == "settings"


@pytest.mark.parametrize(
    "tokenizer", [str.split, "words", 3, type("Broken", (), {"tokenize": lambda self, text: text})()]
)
def test_what_is_no_tokenizer_is_refused(tokenizer):
    with pytest.raises(LabError) as caught:
        rouge(["a dog"], ["a dog"], tokenizer=tokenizer)
    assert caught.value.code == "tokenizer"
