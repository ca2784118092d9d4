"""Bounds (first turns, constant sentence, people) and probes of ROUGE, on made texts and on DialogSum."""

import json

import numpy as np
import pytest

from labutils.evaluation.bounds import bounds, constant_sentence, human_scores, lead
from labutils.evaluation.probes import negate, swap_names
from labutils.rouge import rouge

from toys import code_of, shared

TEXTS = ["Anna takes a seat.", "A cat"]
REFERENCES = [["Tom sat down.", "Tom sits."], ["A dog ran", "The dog ran off"]]
DIALOGUES = ["#Person1#: Sit down, Tom.", "#Person1#: A dog!"]


def test_lead_is_the_first_turns():
    dialogue = "#Person1#: One.\n\n#Person2#: Two.\r\n#Person1#: Three.\n#Person2#: Four."
    assert lead(dialogue) == "#Person1#: One.\n#Person2#: Two.\n#Person1#: Three."
    assert lead(dialogue, 1) == "#Person1#: One."
    assert lead("") == ""


def test_constant_sentence_is_the_best_training_summary():
    rng = np.random.default_rng(0)
    words = ["anna", "tom", "asks", "the", "a", "dog", "for", "to", "about", "tells", "help", "and", "plan"]
    train = [" ".join(rng.choice(words, rng.integers(1, 12))) for _ in range(40)] + ["", "..."]
    best = max(train, key=lambda text: rouge([text] * len(train), train)["rouge1"])
    assert constant_sentence(train) == best == constant_sentence(train, seed=5)
    assert code_of(constant_sentence, []) == "no_references"


def test_people_are_measured_by_the_others():
    references = [["a dog ran", "a dog sat", "the dog"], ["alone"], ["a cat", "the cat ran off"]]
    scores = human_scores(references, resamples=200)
    first = [rouge([group[i]], [group[:i] + group[i + 1 :]])["rouge1"] for group in references[:1] for i in range(3)]
    last = rouge(["a cat"], ["the cat ran off"])["rouge1"]
    assert scores["rouge1"].value == pytest.approx((np.mean(first) + last) / 2)
    assert scores["rouge1"].n == 2
    assert code_of(human_scores, [["alone"], "alone"]) == "no_references"


def test_bounds_of_a_split():
    rows = [{"dialogue": d, "summary": r[0], "references": r} for d, r in zip(DIALOGUES, REFERENCES, strict=True)]
    found = bounds(rows, ["Tom sat.", "A dog ran."])
    assert list(found) == ["lead", "constant", "human"]
    assert found["lead"]["rouge1"].value == rouge(DIALOGUES, REFERENCES)["rouge1"]
    assert found["human"]["unsupported_names"].value == 0
    single = bounds([{"dialogue": "#Person1#: Hi.", "summary": "A greeting."}], ["A greeting."])
    assert list(single) == ["lead", "constant"]


# --- probes -----------------------------------------------------------------------------------------------------------
def test_swapped_names_keep_rouge_1():
    right = "#Person1# asks #Person2# for #Person2#'s key and #Person1#'s bill."
    wrong = swap_names(right)
    assert wrong == "#Person2# asks #Person1# for #Person1#'s key and #Person2#'s bill."
    assert swap_names(wrong) == right
    assert rouge([wrong], [right])["rouge1"] == 1.0
    assert swap_names("Ann tells Anna.", "Ann", "Anna") == "Anna tells Ann."
    assert code_of(swap_names, right, "Ann", "Ann") == "names"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Tom is late. Ann is not.", "Tom is late. Ann is."),
        ("She can't go.", "She can go."),
        ("She won't go.", "She will go."),
        ("She doesn't go.", "She does go."),
        ("The shop is open.", "The shop is not open."),
        ("Ms. Dawson helps #Person1#.", "Ms. Dawson never helps #Person1#."),
        ("#Person1# and Tom talk.", "#Person1# and Tom never talk."),
        ("They talk.", "They never talk."),
        ("The shop sells tea.", "It is not true that The shop sells tea."),
        ("", ""),
    ],
)
def test_negation(text, expected):
    assert negate(text) == expected


# --- DialogSum --------------------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def dialogsum():
    rows = map(json.loads, (shared("dialogsum") / "dialogsum.test.jsonl").read_text(encoding="utf-8").splitlines())
    return [{"dialogue": r["dialogue"], "references": [r[f"summary{i}"] for i in (1, 2, 3)]} for r in rows]


def test_bounds_of_dialogsum(dialogsum):
    lines = (shared("dialogsum") / "dialogsum.train.jsonl").read_text(encoding="utf-8").splitlines()
    train = [json.loads(line)["summary"] for line in lines]
    found = bounds(dialogsum, train, resamples=200)
    measured = {name: round(scores["rouge1"].value, 4) for name, scores in found.items()}
    assert measured == {"lead": 0.2695, "constant": 0.2659, "human": 0.5337}
    assert found["human"]["length_words"].value == pytest.approx(18.75, abs=0.01)
