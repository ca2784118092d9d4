"""labutils.datacheck's cards: pictures, nearness and trivial answers are counted right and come out the same twice."""

import json
import re
from xml.etree import ElementTree

import pytest

from labutils import runtime
from labutils.datacheck import cards, nearest, pictures, trivial
from labutils.datacheck.about import SETS
from labutils.rouge import rouge


def test_a_histogram_holds_every_record_once():
    outlines = pictures.histogram({"train": [1, 2, 2, 9], "test": [100]})
    for points in outlines.values():
        heights = [high for (_x, high), (_next, same) in zip(points[1:-1:2], points[2::2], strict=True) if high == same]
        assert sum(heights) == pytest.approx(100)


def test_a_picture_is_xml_and_says_what_is_drawn():
    values = pictures.histogram({"train & more": [1, 2, 2, 9], "test": [3]})
    drawn = pictures.svg([("words in text", "records", values)] * 4)
    assert drawn == pictures.svg([("words in text", "records", values)] * 4)
    texts = [node.text for node in ElementTree.fromstring(drawn).iter("{http://www.w3.org/2000/svg}text")]
    assert texts.count("train & more") == 4 and texts.count("words in text") == 4


def test_the_cumulative_curve_ends_where_it_is_cut():
    curve = pictures.cumulative({"ours": [0.3, 0.1, 0.9, 0.2]}, 0.5)["ours"]
    assert curve == [(0.0, 0.0), (0.1, 25.0), (0.2, 50.0), (0.3, 75.0), (0.5, 75.0)]


def test_the_nearest_dialogue_is_found_by_rouge_2_without_tags():
    train = ["#Person1#: The dog sat on the mat.", "#Person2#: Where have all the boats gone?"]
    test = ["#Person2#: A dog sat on the mat today.\n#Person1#: It did.", "#Person1#: Quite another thing."]
    plain = [re.sub(r"#\w+#:?", " ", text) for text in (*train, *test)]
    expected = [max(rouge([one], [[other]])["rouge2"] for other in plain[:2]) for one in plain[2:]]
    assert nearest.nearest_rouge2(test, train) == pytest.approx(expected)
    assert expected[0] > 0.5 and expected[1] == 0


def test_people_are_measured_by_the_others_of_their_dialogue():
    rows = [{"dialogue": "a: b\nc: d", "references": ["one two", "one two", "three four"]}]
    scores = nearest.trivial_scores(rows, ["one two"])
    assert scores["human"]["rouge1"] == pytest.approx((0.5 + 0.5 + 0) / 3, abs=1e-4)
    assert scores["constant"]["rouge1"] == pytest.approx(2 / 3, abs=1e-4)


def test_where_dialogsum_is_not_there_its_figures_stay(tmp_path, monkeypatch):
    monkeypatch.setenv("DIALOGSUM_DIR", str(tmp_path))
    nearest.write_peers(tmp_path / "peers.json")
    assert not (tmp_path / "peers.json").exists()
    peers = json.loads((runtime.data_dir() / "dialogues" / "peers.json").read_text(encoding="utf-8"))
    assert len(peers["nearest_rouge2"]) == nearest.DRAWS * nearest.TEST
    assert all(isinstance(value, float) for value in peers["nearest_rouge2"])
    assert set(peers["scores"]) == {"lead", "constant", "human"}


def test_every_set_has_a_card_and_every_suite_set_a_trivial_score():
    assert cards.there() == list(SETS)
    for name in SETS:
        if name.startswith("tasks/"):
            rows = trivial.rows(name.removeprefix("tasks/"))
            assert rows and all(0 <= score < 0.5 for *_what, score in rows)


def test_cards_stand_on_no_torch():
    import subprocess
    import sys

    code = (
        "import sys, labutils.datacheck.cards; print(sorted({'torch', 'transformers', 'datasets'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
