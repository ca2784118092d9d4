"""What a widget shows: nothing that a model or a record says is taken for markup, and no number hides in a colour."""

from html.parser import HTMLParser

import pytest

from labutils.widgets.blocks import Bars, Columns, Marked, Passage, Sentence, Table, as_html, as_text

HOSTILE = "<b>bold</b><script>alert(1)</script>\"'&amp;$x$"


class Tags(HTMLParser):
    def __init__(self, html):
        super().__init__()
        self.tags, self.data = set(), ""
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)

    def handle_data(self, data):
        self.data += data


BLOCKS = [
    Sentence(HOSTILE),
    Passage(HOSTILE, HOSTILE),
    Table(HOSTILE, (HOSTILE, HOSTILE), [(HOSTILE, HOSTILE)]),
    Bars(HOSTILE, [(HOSTILE, 0.5, HOSTILE)]),
    Marked(HOSTILE, [(HOSTILE, False)]),
    Columns({HOSTILE: [Sentence(HOSTILE)]}),
]


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: type(block).__name__)
def test_markup_in_a_text_is_shown_and_not_interpreted(block):
    page = Tags(as_html([block]))
    assert HOSTILE in page.data and "script" not in page.tags
    if not isinstance(block, Columns):
        assert "b" not in page.tags
    assert HOSTILE in as_text([block])


def test_a_bar_has_its_number_and_no_bar_leaves_its_frame():
    bars = Bars("p", [("cat", 0.25, "0.25"), ("dog", 7.0, "7.00"), ("none", -1.0, "-1.00")])
    assert {"0.25", "7.00", "-1.00"} <= set(as_text([bars]).split())
    html = as_html([bars])
    assert "width:25.0%" in html and "width:100.0%" in html and "width:0.0%" in html and "aria-hidden" in html


def test_bars_of_nothing_are_empty():
    assert "█" not in as_text([Bars("cost", [("a", 0.0, "0")], full=0.0)])


def test_marked_words_stand_in_brackets_in_both_forms():
    marked = Marked("text", [("cat", True), (" sat", False)])
    assert as_text([marked]) == "text: [cat] sat" and "[cat]" in as_html([marked])


def test_lines_of_a_cell_do_not_break_the_text_table():
    assert len(as_text([Table("t", ("a", "b"), [("x\ny", "z")])]).splitlines()) == 3
