"""makers.records.checks.plainness: frequent and copied words and pieces are counted; what breaks a limit is named."""

import json

import pytest

from makers.records.checks import plainness
from makers.records.problems import Entry

from toy_sets import write

PLAIN = "#Person1#: I need a new key for my room, please.\n#Person2#: Here is your new key."
RARE = "#Person1#: Quixotic zephyrs bewilder quagga husbandry.\n#Person2#: Phlegmatic wombats gyrate nightly."


@pytest.fixture
def dialogsum(tmp_path, monkeypatch):
    """A DialogSum of 2,010 rows: the words of the last ten are the frequent ones."""
    rows = [{"dialogue": RARE, "summary": "x"}] * plainness.SKIPPED + [{"dialogue": PLAIN, "summary": "x"}] * 10
    write(tmp_path / "dialogsum.train.jsonl", rows)
    monkeypatch.setenv("DIALOGSUM_DIR", str(tmp_path))


def entries(dialogue, summary, register="plain"):
    record = {"dialogue": dialogue, "references": [summary], "summary": summary, "register": register}
    return [Entry("train.jsonl", 1, "train", record)]


def test_frequent_words_are_those_after_the_first_rows(dialogsum):
    assert plainness.frequent_words() == set(plainness.spelled(PLAIN))
    assert plainness.share(["Here is a ZEPHYR.", "#Person1#: it's"], plainness.frequent_words()) == pytest.approx(4 / 6)


def test_words_are_letters_and_apostrophes_and_tags_count():
    assert plainness.spelled("#Person1#: It's 9:30, isn't it?") == ["person", "it's", "isn't", "it"]


def test_copied_is_the_mean_share_of_a_summarys_words():
    records = [{"dialogue": PLAIN, "references": ["a new key", "the old gate is here"]}]
    assert plainness.text_shares(records)["copied"] == pytest.approx((1 + 2 / 5) / 2)


def test_plain_dialogues_pass_and_rare_words_are_named(dialogsum):
    kept = "#Person1# needs a new key for a room, and #Person2# has one for #Person1#"
    assert {p.field for p in plainness.check(entries(PLAIN, kept))} <= {"summary"}
    problems = {p.field: p for p in plainness.check(entries(RARE, "Wombats gyrate by the sea."))}
    assert {"dialogue", "summary", "copied", "pieces"} == set(problems)
    assert {p.code for p in problems.values()} == {"plainness"} and not any(p.note for p in problems.values())


def test_rich_dialogues_are_free(dialogsum):
    assert list(plainness.check(entries(RARE, "Wombats gyrate by the sea.", "rich"))) == []


def test_without_dialogsum_the_stored_shares_are_shown(tmp_path, monkeypatch):
    monkeypatch.setenv("DIALOGSUM_DIR", str(tmp_path))
    notes = [p for p in plainness.check(entries(PLAIN, "a key the gate is new")) if p.note]
    assert len(notes) == 1 and f"{plainness.stored_shares()['dialogsum']['dialogue']:.3f}" in notes[0].message
    before = plainness.path().read_bytes()
    plainness.write()
    assert plainness.path().read_bytes() == before


def test_the_stored_figures_keep_the_limits():
    stored = plainness.stored_shares()
    for split in ("train", "validation", "test"):
        for name, (least, most) in plainness.LIMITS.items():
            assert least <= stored[f"dialogues/{split}/plain"][name] <= most
    assert "DialogSum" in json.loads(plainness.path().read_text(encoding="utf-8"))["of"]
