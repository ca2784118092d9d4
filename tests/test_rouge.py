"""ROUGE: equal to rouge_score to the last digit, under every protocol, on random text and on published outputs."""

import csv
import json
import random
import socket
import subprocess
import sys
import warnings

import numpy as np
import pytest
from rouge_score.rouge_scorer import RougeScorer

from labutils import rouge as module
from labutils.errors import LabError
from labutils.rouge import METRICS, PROTOCOL, LostLetters, pairs, protocol, rouge, rouge_scores, rouge_tokens

from toys import Words, shared

WORDS = [
    "the", "a", "dog", "dogs", "asks", "asked", "Asking", "agreed", "running", "RAN", "12", "3,000",
    "#Person1#", "#Person2#'s", "it's", "naïve", "ß", "İstanbul", "犬", "—", "_x_",
]  # fmt: skip


def random_text(rng):
    """A text of 0 to 30 words with what trips tokenizers: no words at all, empty lines, digits, other scripts."""
    gaps = [" ", " ", " ", "  ", ", ", ". ", "\n", "\n\n", "\t", "-", "\r\n"]
    return "".join(rng.choice(WORDS) + rng.choice(gaps) for _ in range(rng.choice([0, 1, 2, 5, 12, 30])))


def library(predictions, references, stemmer):
    """The library's own F-measures, shape (pairs of one summary, metrics), one array a summary."""
    scorer = RougeScorer(list(METRICS), use_stemmer=stemmer)
    return [
        np.array([[scorer.score(ref, text)[name].fmeasure for name in METRICS] for ref in group])
        for text, group in zip(predictions, references, strict=True)
    ]


@pytest.mark.filterwarnings("ignore::labutils.rouge.LostLetters")
@pytest.mark.parametrize("stemmer", [True, False])
def test_random_texts_score_as_in_the_library(stemmer):
    rng = random.Random(0)
    predictions = [random_text(rng) for _ in range(300)]
    references = [[random_text(rng) for _ in range(rng.randint(1, 4))] for _ in predictions]
    expected = library(predictions, references, stemmer)
    for multi, taken in {"mean": lambda x: x.mean(0), "max": lambda x: x.max(0), "first": lambda x: x[0]}.items():
        ours = np.column_stack(list(rouge_scores(predictions, references, multi, stemmer).values()))
        assert np.array_equal(ours, np.array([taken(pairs) for pairs in expected])), multi
    pairs = np.concatenate(expected)
    assert (pairs[:, 2] != pairs[:, 3]).any()  # the texts do reach the case of several lines


@pytest.mark.filterwarnings("ignore::labutils.rouge.LostLetters")
def test_max_is_the_library_s_score_multi():
    rng = random.Random(1)
    scorer = RougeScorer(list(METRICS), use_stemmer=True)
    for _ in range(50):
        text, group = random_text(rng), [random_text(rng) for _ in range(3)]
        expected = {name: score.fmeasure for name, score in scorer.score_multi(group, text).items()}
        assert rouge([text], [group], "max") == expected


def test_longest_common_subsequence_beyond_64_words():
    rng = random.Random(2)
    a, b = ([rng.choice("abcdefg") for _ in range(n)] for n in (200, 150))
    table = np.zeros((201, 151), dtype=int)
    for i, x in enumerate(a):
        for j, y in enumerate(b):
            table[i + 1, j + 1] = table[i, j] + 1 if x == y else max(table[i, j + 1], table[i + 1, j])
    positions = pairs._prepared(" ".join(a), False).positions
    assert pairs._lcs_length(positions, len(a), b) == table[-1, -1]


@pytest.mark.filterwarnings("ignore::labutils.rouge.LostLetters")
@pytest.mark.parametrize("text", ["", "  ", "...", "犬", "\n\n"])
def test_text_without_words_scores_zero(text):
    assert set(rouge([text], ["A dog."]).values()) == set(rouge(["A dog."], [text]).values()) == {0.0}
    assert set(rouge([text], [text]).values()) == {0.0}


def test_one_reference_may_come_without_a_list():
    texts, refs = ["A dog sat.", "No one"], ["The dog sits.", "no one"]
    assert rouge(texts, refs) == rouge(texts, [[ref] for ref in refs]) == rouge(tuple(texts), np.array(refs))
    assert rouge(["x"], ["x"])["rouge1"] == 1.0


def test_ragged_references_count_by_dialogue_not_by_reference():
    assert rouge(["dog", "cat"], [["dog", "dog", "dog"], ["dog"]])["rouge1"] == 0.5


def test_tokens_are_the_library_s():
    assert rouge_tokens("#Person1#'s dogs, running!") == ["person1", "s", "dog", "run"]
    assert rouge_tokens("dogs", stemmer=False) == ["dogs"]


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


def test_unknown_protocol():
    for call in (lambda: rouge(["a"], ["a"], multi="best"), lambda: protocol("best")):
        with pytest.raises(LabError) as caught:
            call()
        assert caught.value.code == "multi"


def test_each_protocol_has_its_own_sentence():
    sentences = {protocol(multi, stemmer) for multi in module.MULTI for stemmer in (True, False)}
    assert len(sentences) == 6
    assert protocol("mean", True) == PROTOCOL


# --- other languages -----------------------------------------------------------------------------------------------
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
    expected = library([text], [["A dog sat."]], True)[0].mean(0)
    scores, told = warnings_of([text], ["A dog sat."])
    assert not told and list(scores.values()) == list(expected)


def test_scores_with_a_tokenizer_are_the_library_s():
    rng = random.Random(4)
    predictions = [random_text(rng) for _ in range(100)]
    references = [[random_text(rng) for _ in range(rng.randint(1, 3))] for _ in predictions]
    scorer = RougeScorer(list(METRICS), tokenizer=Words())
    for text, group, *ours in zip(
        predictions, references, *rouge_scores(predictions, references, "max", tokenizer=Words()).values(), strict=True
    ):
        theirs = scorer.score_multi(group, text)
        assert ours == [theirs[name].fmeasure for name in METRICS]


@pytest.mark.parametrize("stemmer", [None, "no", 1, [], {}])
def test_a_stemmer_is_true_or_false(stemmer):
    with pytest.raises(LabError) as caught:
        rouge(["a"], ["a"], stemmer=stemmer)
    assert caught.value.code == "settings"


def test_a_tokenizer_that_loses_every_letter_is_told_of():
    class Nothing:
        def tokenize(self, text):
            return []

    assert warnings_of(["a dog"] * 3, ["a dog"] * 3, tokenizer=Nothing())[1] == 1
    assert warnings_of(["..."], ["..."], tokenizer=Nothing())[1] == 0


@pytest.mark.parametrize(
    "tokenizer", [str.split, "words", 3, type("Broken", (), {"tokenize": lambda self, text: text})()]
)
def test_what_is_no_tokenizer_is_refused(tokenizer):
    with pytest.raises(LabError) as caught:
        rouge(["a dog"], ["a dog"], tokenizer=tokenizer)
    assert caught.value.code == "tokenizer"


def test_a_protocol_names_the_tokenizer():
    assert "Words" in protocol("max", tokenizer=Words()) != protocol("max")


# --- evaluate ------------------------------------------------------------------------------------------------------
def test_import_stays_light():
    code = "import sys, labutils.rouge; print({'evaluate', 'datasets', 'torch'} & set(sys.modules))"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "set()"


@pytest.fixture
def offline(monkeypatch):
    def refuse(*args, **kwargs):
        raise AssertionError("the metric opened a socket")

    monkeypatch.setattr(socket.socket, "connect", refuse)


@pytest.mark.parametrize("references", [["the dog", "no"], [["the dog", "a dog"], ["no"]]])
def test_metric_gives_our_numbers_offline(references, offline):
    texts = ["a dog", "nothing"]
    metric = module.Rouge()
    assert metric.compute(predictions=texts, references=references) == rouge(texts, references)
    expected = rouge(texts, references, "max", False)
    assert metric.compute(predictions=texts, references=references, multi="max", stemmer=False) == expected
    assert metric.compute(predictions=["犬"] * 2, references=["犬"] * 2, tokenizer=Words())["rouge1"] == 1


def test_metric_takes_batches():
    metric = module.Rouge()
    metric.add_batch(predictions=["a dog"], references=[["the dog", "a dog"]])
    metric.add_batch(predictions=["no"], references=[["no"]])
    assert metric.compute() == rouge(["a dog", "no"], [["the dog", "a dog"], ["no"]])


def test_metric_names_bad_input_as_the_function_does():
    with pytest.raises(LabError) as caught:
        module.Rouge().compute(predictions=["a"], references=["a", "b"])
    assert caught.value.code == "lengths"


def test_unknown_attribute():
    with pytest.raises(AttributeError):
        module.Meteor  # noqa: B018


# --- published outputs ---------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def references():
    lines = (shared("dialogsum") / "dialogsum.test.jsonl").read_text(encoding="utf-8").splitlines()
    return [[row["summary1"], row["summary2"], row["summary3"]] for row in map(json.loads, lines)]


@pytest.mark.parametrize(
    ("multi", "stemmer", "expected"),
    [
        ("mean", True, (45.05, 20.07, 37.88)),
        ("first", True, (45.91, 21.32, 38.71)),
        ("max", True, (53.65, 30.07, 47.08)),
        ("mean", False, (42.92, 18.74, 36.32)),
    ],
)
def test_bart_large_under_each_protocol(references, multi, stemmer, expected):
    outputs = (shared("anchors") / "bart_large.txt").read_text(encoding="utf-8").splitlines()
    scores = rouge(outputs, references, multi, stemmer)
    assert tuple(round(100 * scores[name], 2) for name in METRICS[:3]) == expected


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        ("original", (0.2333, 0.0761, 0.2015)),
        ("instruct", (0.4214, 0.1803, 0.3384)),
        ("peft", (0.4081, 0.1635, 0.3251)),
    ],
)
def test_flan_t5_base_of_the_course(column, expected):
    with (shared("anchors") / "flan_t5_base_course.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    outputs = [row[f"{column}_model_summaries"] for row in rows]
    scores = rouge(outputs, [row["human_baseline_summaries"] for row in rows])
    assert tuple(round(scores[name], 4) for name in METRICS[:3]) == expected


def test_published_outputs_score_as_in_the_library(references):
    outputs = (shared("anchors") / "bart_large.txt").read_text(encoding="utf-8").splitlines()[:60]
    ours = np.column_stack(list(rouge_scores(outputs, references[:60]).values()))
    assert np.array_equal(ours, np.array([pairs.mean(0) for pairs in library(outputs, references[:60], True)]))
