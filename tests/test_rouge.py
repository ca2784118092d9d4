"""ROUGE: equal to rouge_score to the last digit, under every protocol, on random text and on published outputs."""

import csv
import json
import random

import numpy as np
import pytest
from rouge_score.rouge_scorer import RougeScorer

from labutils import rouge as module
from labutils.errors import LabError
from labutils.rouge import METRICS, PROTOCOL, pairs, protocol, rouge, rouge_scores, rouge_tokens

from toys import Words, library_rouge, shared

WORDS = [
    "the", "a", "dog", "dogs", "asks", "asked", "Asking", "agreed", "running", "RAN", "12", "3,000",
    "#Person1#", "#Person2#'s", "it's", "naïve", "ß", "İstanbul", "犬", "—", "_x_",
]  # fmt: skip


def random_text(rng):
    """A text of 0 to 30 words with what trips tokenizers: no words at all, empty lines, digits, other scripts."""
    gaps = [" ", " ", " ", "  ", ", ", ". ", "\n", "\n\n", "\t", "-", "\r\n"]
    return "".join(rng.choice(WORDS) + rng.choice(gaps) for _ in range(rng.choice([0, 1, 2, 5, 12, 30])))


@pytest.mark.filterwarnings("ignore::labutils.rouge.LostLetters")
@pytest.mark.parametrize("stemmer", [True, False])
def test_random_texts_score_as_in_the_library(stemmer):
    rng = random.Random(0)
    predictions = [random_text(rng) for _ in range(300)]
    references = [[random_text(rng) for _ in range(rng.randint(1, 4))] for _ in predictions]
    expected = library_rouge(predictions, references, stemmer)
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


def test_unknown_protocol():
    for call in (lambda: rouge(["a"], ["a"], multi="best"), lambda: protocol("best")):
        with pytest.raises(LabError) as caught:
            call()
        assert caught.value.code == "multi"


def test_each_protocol_has_its_own_sentence():
    sentences = {protocol(multi, stemmer) for multi in module.MULTI for stemmer in (True, False)}
    assert len(sentences) == 6
    assert protocol("mean", True) == PROTOCOL


def test_a_protocol_names_the_tokenizer():
    assert "Words" in protocol("max", tokenizer=Words()) != protocol("max")


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
    assert np.array_equal(ours, np.array([pairs.mean(0) for pairs in library_rouge(outputs, references[:60], True)]))
