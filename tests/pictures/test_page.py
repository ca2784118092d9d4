"""How a lab shows a picture: what the page holds, in a notebook and in nbconvert's export of it."""

import json
from html.parser import HTMLParser

import nbformat
import pandas as pd
import pytest
from nbconvert import HTMLExporter

from labutils import plots
from labutils.lab import Lab
from labutils.pictures import page

EVIL = '<script>alert(1)</script> " & $x$'


class Tags(HTMLParser):
    """The tags of a page with their attributes, and its text."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.text = [], ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text += data

    def all(self, tag):
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.fixture
def lab(tmp_path, monkeypatch):
    monkeypatch.setenv("LABS_RUNS", str(tmp_path))
    return Lab("07", profile="pocket")


@pytest.fixture
def shown(monkeypatch):
    """What is displayed, as (data, metadata)."""
    outputs = []
    monkeypatch.setattr("IPython.display.display", lambda data, **kwargs: outputs.append((data, kwargs)))
    return outputs


def test_a_lab_shows_one_output_and_prints_nothing(lab, shown, capsys):
    capsys.readouterr()
    picture = plots.bars({"a": 0.5, "b": 0.25}, "share")
    lab.figure(picture, title="a is more")
    assert capsys.readouterr().out == ""
    [(data, options)] = shown
    assert options == {"raw": True} and set(data) == {"text/html", "text/plain"}
    assert data["text/plain"] == f"a is more\n{picture.alt}"
    found = Tags(data["text/html"])
    [image] = found.all("img")
    assert image["alt"] == picture.alt and image["src"].startswith("data:image/png;base64,")
    assert [len(found.all(tag)) for tag in ("figure", "figcaption", "details", "summary", "table")] == [1] * 5
    assert "a is more" in found.text and "0.25" in found.text


def test_the_alt_text_stands_in_nbconverts_page(lab, shown):
    """As metadata of an image it did not: nbconvert wrote "No description has been provided"."""
    picture = plots.bars({"a": 0.5}, "share")
    lab.figure(picture, title="a")
    cell = nbformat.v4.new_code_cell("lab.figure(...)", outputs=[nbformat.v4.new_output("display_data", shown[0][0])])
    text, _resources = HTMLExporter().from_notebook_node(nbformat.v4.new_notebook(cells=[cell]))
    [image] = [img for img in Tags(text).all("img") if img.get("src", "").startswith("data:image/png")]
    assert image["alt"] == picture.alt and "No description" not in text


def test_texts_of_models_and_data_are_escaped(lab, shown):
    lab.figure(plots.bars({EVIL: 1.0}, EVIL), title=EVIL)
    found = Tags(shown[0][0]["text/html"])
    assert not found.all("script") and found.all("img")[0]["alt"].count(EVIL) == 2 and found.text.count(EVIL) >= 3


def test_a_labs_own_table_and_alt_text_stand_in_place_of_the_pictures(lab, shown):
    lab.figure(plots.bars({"a": 1.0}, "x"), title="t", table=pd.DataFrame({"mine": [7]}), alt="two bars")
    found = Tags(shown[0][0]["text/html"])
    assert (
        found.all("img")[0]["alt"] == "two bars" and "mine" in found.text and shown[0][0]["text/plain"] == "t\ntwo bars"
    )


def test_the_results_name_file_title_and_alt_text(lab, shown):
    picture = plots.bars({"a": 1.0}, "x")
    lab.figure(picture, title="t")
    lab.finish()
    results = json.loads((lab.folder / "results.json").read_text())
    assert results["figures"] == [{"file": "figure_1.png", "title": "t", "alt": picture.alt}]


def test_a_picture_is_the_same_bytes_each_time_at_150_dots_an_inch():
    one, two = (page.png(plots.bars({"a": 1.0}, "x")) for _ in range(2))
    assert one == two and int.from_bytes(one[16:20], "big") == 1050


def test_letters_that_the_font_has_not_are_no_fault():
    assert page.png(plots.bars({"\U00100000": 1.0}, "x"))
