"""makers.records's cards: pictures, nearness and trivial answers are counted right and come out the same twice."""

import hashlib
import json
import re
import shutil
from statistics import mean, median
from xml.etree import ElementTree

import pytest

from labutils.machine import paths
from labutils.rouge import rouge
from makers.records.__main__ import main
from makers.records.cards import figures, nearest, pictures, trivial, writing
from makers.records.cards.about import SETS


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
    peers = json.loads((paths.data_dir() / "dialogues" / "peers.json").read_text(encoding="utf-8"))
    assert len(peers["nearest_rouge2"]) == nearest.DRAWS * nearest.TEST
    assert all(isinstance(value, float) for value in peers["nearest_rouge2"])
    assert set(peers["scores"]) == {"lead", "constant", "human"}


def test_every_set_has_a_card_and_every_suite_set_a_trivial_score():
    assert writing.names() == [*SETS, "templates"]
    for name in SETS:
        if name.startswith("tasks/"):
            rows = trivial.rows(name.removeprefix("tasks/"))
            even = 0.5 if name == "tasks/opinions" else 0.0  # two labels, as many of each
            assert rows and all(score == even or 0 <= score < 0.5 for *_what, score in rows)


def test_the_dialogues_are_as_hard_and_as_far_from_train_as_dialogsum():
    """The bounds set for the committed records: a change of the dialogues that breaks one made them too easy."""
    train, test = nearest.shipped("train"), nearest.shipped("test")
    scores = nearest.trivial_scores(test, [row["summary"] for row in train])
    assert 0.20 <= scores["lead"]["rouge1"] <= 0.32
    assert scores["constant"]["rouge1"] < 0.24
    ours = nearest.compare(*(tuple(row["dialogue"] for row in rows) for rows in (test, train)))
    theirs = nearest.peers()["nearest_rouge2"]
    assert mean(ours) <= mean(theirs) and median(ours) <= median(theirs)
    assert nearest.chance_above(ours, theirs) < 0.5
    assert abs(nearest.length_correlation(test, train)) < 0.2  # the card says "hardly"


def test_the_percentiles_above_are_named():
    assert nearest.above([1, 2, 3], [1, 2, 3]) == []
    assert nearest.above([2, 2, 2], [1, 2, 3]) == list(range(50))
    assert nearest.chance_above([2, 2], [1, 2, 3]) == pytest.approx(0.5)
    assert nearest.largest_gap([2, 2, 2], [1, 2, 3]) == pytest.approx(1.0)
    assert nearest.largest_gap([2, 2, 2], [1, 2, 3], 25) == pytest.approx(0.5)


@pytest.mark.parametrize("name", SETS)
def test_a_cards_sentences_are_filled_from_the_records(name):
    assert not re.search(r"[{}]", writing.card(name))


def test_figures_are_counted():
    rows = {
        "train": [{"entities": "pet: Charlie; person: Ana"}, {"entities": "organisation: Charlie and Finch"}],
        "test": [{"entities": "place: Ana; person: Bo"}, {"entities": "none"}],
    }
    assert figures.added(1, figures.entities)(rows) == {
        "added": 1,
        "seen": 1,
        "other": 1,
        "charlie": "organisation 1, pet 1",
    }
    questions = {"train": [{"passage": text} for text in "aabbbccc"], "test": [{"passage": "d"}, {"passage": "d"}]}
    assert figures.passages(questions) == {
        "passages": "train 1 passages with 2, 2 passages with 3; test 1 passages with 2"
    }


def test_faults_and_declines_have_trivial_scores():
    def fault(split, symptom, name):
        return {"id": symptom, "split": split, "symptom": symptom, "fault": name, "product": "Heron"}

    files = {
        "faults": [
            fault("train", "it hums low", "hum"),
            fault("train", "it leaks", "leak"),
            fault("test", "it leaks a lot", "leak"),
            fault("test", "a low hum", "hum"),
        ],
        "declines": [{"split": "train"}, {"split": "test"}],
        "questions": [{"split": "train"}, {"split": "fact"}, {"split": "phrasing"}, {"split": "fact"}],
    }
    scores = [score for *_what, score in trivial.faults_and_declines(files)]
    assert scores == [0.5, 0.5, 1.0, 0.25, 0.75]


def test_the_card_of_the_templates_names_every_file():
    card = writing.templates_card()
    for path in (paths.data_dir() / "templates").glob("*.yaml"):
        assert f"`{path.name}`" in card and hashlib.sha256(path.read_bytes()).hexdigest() in card


def test_cards_are_written_beside_their_files(tmp_path, monkeypatch, capsys):
    """The command failed for a while: nothing ran it."""
    shutil.copytree(paths.data_dir() / "templates", tmp_path / "templates")
    card = (tmp_path / "templates" / "README.md").read_text(encoding="utf-8")
    (tmp_path / "templates" / "README.md").unlink()
    monkeypatch.setenv("DIALOGSUM_DIR", str(tmp_path))
    monkeypatch.setattr(writing.paths, "data_dir", lambda: tmp_path)
    assert main(["cards"]) == 0
    assert (tmp_path / "templates" / "README.md").read_text(encoding="utf-8") == card
    assert capsys.readouterr().out == f"{tmp_path / 'templates' / 'README.md'}\n"


def test_cards_stand_on_no_torch():
    import subprocess
    import sys

    heavy = {"torch", "transformers", "datasets"}
    code = f"import sys, makers.records.cards.writing; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
