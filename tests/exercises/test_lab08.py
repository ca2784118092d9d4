"""Lab 08's memo: each part is asked for, and a way that the facts outrun is named."""

import pytest

from labutils.exercises import lab08

MEMO = eval(lab08.q3.example)


@pytest.fixture(autouse=True)
def runs(tmp_path, monkeypatch):
    monkeypatch.setenv("LABS_RUNS", str(tmp_path))


@pytest.mark.parametrize(
    ("changes", "code"),
    [({}, "passed"), ({"way": "both"}, "passed"), ({"way": "Retrieve"}, "way"), ({"way": "fine-tune"}, "stale"),
     ({"risk": ""}, "short"), ({"stop": "never"}, "short"), ({"floor": "an answer without any skill is never right"}, "no_figure"),
     ({"case": "word " * 400}, "long"),
     ({"way": "fine-tune", "change": "The faults stay the same for years to come."}, "passed")],
)  # fmt: skip
def test_a_memo_is_judged_part_by_part(changes, code):
    assert lab08.q3.check(MEMO | changes).code == code


def test_what_is_no_memo_is_an_error_or_not_attempted():
    assert lab08.q3.check(...).code == "not_attempted"
    check = lab08.q3.check("we retrieve")
    assert check.code == "error" and "eight parts" in check.message


def test_a_part_that_is_missing_is_named_with_what_it_must_say():
    memo = {part: text for part, text in MEMO.items() if part != "cost"}
    assert "'cost'" in lab08.q3.check(memo).message


def test_answers_that_only_the_question_tells_apart():
    assert lab08.is_right("six", "six cups", "How many cups?")
    assert not lab08.is_right("three", "three minutes", "How long does it ring?")


def test_a_question_mark_that_is_left_at_its_word_is_named():
    def marked(said, wanted, question):
        asked = question.lower().split()
        said, wanted = ([w for w in text.lower().split() if w not in asked] for text in (said, wanted))
        return said == wanted

    def spared(said, wanted, question):
        asked = question.lower().split()
        words = [text.lower().split() for text in (said, wanted)]
        said, wanted = ([w for w in each if w not in asked] or each for each in words)
        return said == wanted

    assert lab08.q1.check(spared).code == "question_mark"
    assert not lab08.q1.check(marked).passed  # two errors at once: the smallest failing case is shown
