"""labutils.plots: what a figure draws and says; how a notebook shows one stands in pictures/test_page.py."""

from dataclasses import replace

import pytest
from matplotlib.mathtext import MathTextParser

from labutils import plots
from labutils.evaluation.scores import Score
from labutils.evaluation.tradeoffs import TradeOff
from labutils.pictures import page

import seen


def point(gain, forgetting):
    return TradeOff(
        "x", Score(gain, gain - 0.1, gain + 0.1, 9), Score(forgetting, forgetting - 0.2, forgetting + 0.2, 9)
    )


@pytest.fixture
def ways():
    return {"full": [point(0.5, 0.8), point(0.2, 0.1)], "LoRA": [point(0.3, 0.0)]}


def test_trade_offs_join_a_ways_points_in_the_order_given(ways):
    """By rate, say: joined by gain, a rate that is too large would stand between two good ones."""
    ways = {name: sorted(points, key=lambda point: point.gain.value) for name, points in ways.items()}
    [backward] = plots.trade_offs({"full": ways["full"][::-1]}, "gain", "forgetting").axes
    assert list(next(line for line in backward.get_lines() if line.get_label() == "full").get_xdata()) == [0.5, 0.2]
    [axes] = plots.trade_offs(ways, "gain", "forgetting").axes
    named = {line.get_label(): line for line in axes.get_lines() if line.get_label() in ways}
    assert list(named["full"].get_xdata()) == [0.2, 0.5] and list(named["full"].get_ydata()) == [0.1, 0.8]
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["full", "LoRA"]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("gain", "forgetting")
    assert named["full"].get_marker() != named["LoRA"].get_marker()


def test_trade_offs_draw_both_intervals_of_each_point(ways):
    [axes] = plots.trade_offs(ways, "gain", "forgetting").axes
    drawn = [(tuple(line.get_xdata()), tuple(line.get_ydata())) for line in axes.get_lines()]
    for p in (p for points in ways.values() for p in points):
        assert ((p.gain.low, p.gain.high), (p.forgetting.value,) * 2) in drawn
        assert ((p.gain.value,) * 2, (p.forgetting.low, p.forgetting.high)) in drawn


def test_chosen_points_get_a_ring(ways):
    plain, ringed = (
        plots.trade_offs(ways, "gain", "forgetting", chosen=chosen).axes[0] for chosen in (None, [ways["LoRA"][0]])
    )
    assert len(ringed.get_lines()) == len(plain.get_lines()) + 1
    assert [line.get_markerfacecolor() for line in ringed.get_lines()].count("none") == 1


TOKENS = ["$$", "${", "$\\", "$x$", "a $ b $ c", "\\$", "▁$^{"]  # what stands in a model's vocabulary


def score(value):
    return {"rouge1": Score(value, value - 0.1, value + 0.1, 9)}


def pictures(texts):
    """Every kind of figure, with such texts wherever a text may stand."""
    first, ramp = texts[0], [1.0, 2.0]
    yield plots.bars(dict.fromkeys(texts, 1.0), first, first)
    yield plots.grouped_bars({text: dict.fromkeys(texts, 1.0) for text in texts}, first, first)
    yield plots.stacked_bars({text: dict.fromkeys(texts, 0.5) for text in texts}, first, first)
    yield plots.lines(dict.fromkeys(texts, (ramp, ramp)), first, first)
    yield plots.histogram(dict.fromkeys(texts, ramp), first, first)
    yield plots.scores({text: score(0.5) for text in texts}, bounds={text: score(0.2) for text in texts})
    yield plots.trade_offs({text: [point(0.5, 0.8)] for text in texts}, first, first)


@pytest.mark.parametrize("text", TOKENS)
def test_texts_are_drawn_as_they_are(text, tmp_path, monkeypatch):
    """matplotlib takes what lies between two dollars for a formula, and fails on most."""
    monkeypatch.setattr(MathTextParser, "parse", lambda *args, **kwargs: pytest.fail("taken for a formula"))
    for number, picture in enumerate(pictures([text, "plain"])):
        picture.axes[0].set_title(text)
        plots.plain_texts(picture.figure).savefig(tmp_path / f"{number}.svg")


@pytest.mark.parametrize("text", ["half \ud83d", "\udc00 half", "a \ud83d\ude00 whole"])
def test_half_a_character_is_shown_as_one_that_is_missing(text, tmp_path):
    """A file of text takes none: saving a figure with one was an error of encoding."""
    for number, picture in enumerate(pictures([text, "plain"])):
        picture.axes[0].set_title(text)
        plots.plain_texts(picture.figure).savefig(tmp_path / f"{number}.svg")
        shown = page.page(replace(picture, alt=text), text, page.png(picture)).encode()
        assert "whole" not in text or "\N{GRINNING FACE}".encode() in shown


def test_numbers_on_a_logarithmic_axis_stay_formulas(tmp_path):
    many = [2.0**i for i in range(-9, 9)]
    figure = plots.lines({"a": (many, many)}, "rate", "$$", logarithmic=True).figure
    plots.plain_texts(figure).savefig(tmp_path / "x.svg")
    labels = [label for label in figure.axes[0].get_xticklabels() if label.get_text()]
    assert labels and all(label.get_parse_math() for label in labels)


def test_few_values_on_a_logarithmic_axis_are_written_as_they_are():
    curves = {"a": ([5, 10, 1000], [1, 2, 3]), "b": ([5, 20], [1, 2])}
    axes = plots.lines(curves, "rows drawn", "loss", logarithmic=True).axes[0]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["5", "10", "20", "1,000"]
    assert not len(axes.xaxis.get_minorticklocs())


NAMES = ["full", "LoRA", "rehearsal 10%", "rehearsal 30%", "majority answer"]
SPANS = dict.fromkeys(NAMES, (0.4, 0.6))
GROUPS = {task: dict.fromkeys(NAMES, 0.2) for task in ("topic", "sentiment", "conversation summaries")}
KINDS = {
    "scores": lambda: plots.scores({n: score(0.5) for n in NAMES}, bounds={n: score(0.2) for n in ("LEAD-3", "human")}),
    "bars": lambda: plots.bars(dict.fromkeys(NAMES, 0.5), "share of the answers", intervals=SPANS),
    "grouped bars": lambda: plots.grouped_bars(GROUPS, "accuracy", intervals=dict.fromkeys(GROUPS, SPANS)),
    "stacked bars": lambda: plots.stacked_bars(GROUPS, "share of the answers"),
    "lines": lambda: plots.lines(
        {n: ([1, 2, 3], [0.5, 0.97, 1]) for n in NAMES}, "step", "accuracy", {"full": ([0.4, 0.9, 0.9], [0.6, 1, 1])}
    ),
    "trade-offs": lambda: plots.trade_offs(
        {n: [point(0.5, 0.8), point(0.2, 0.1)] for n in NAMES}, "gain", "forgetting"
    ),
    "histogram": lambda: plots.histogram({n: [0.1, 0.2, 0.2, 0.4] for n in NAMES}, "ROUGE-1"),
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_seen_whole_and_strong_enough(kind):
    """Orange had a contrast of 2.25, intervals of 1.7; labels were cut at the right."""
    assert seen.faults(KINDS[kind]()) == []


def test_labels_as_long_as_sentences_are_seen_whole():
    long = {"a phrasing that no template of the training had " * 2 + str(i): 0.5 for i in range(4)}
    assert seen.faults(plots.bars(long, "share")) == []
    assert seen.faults(plots.grouped_bars({name: {"base": 0.1, "tuned": 0.2} for name in long}, "share")) == []
    assert seen.faults(plots.grouped_bars({f"conversation_{i}": {"a": 0.1} for i in range(9)}, "share")) == []


def test_what_is_pale_small_or_cut_is_found():
    """The checks above prove nothing unless a faulty figure is caught."""
    picture = plots.bars({"a": 1.0, "b": 1.0}, "x")
    [axes] = picture.axes
    axes.patches[0].set_facecolor("#E69F00")
    axes.plot([0, 1], [0, 1], color="#56B4E9")
    axes.text(0.5, 0.5, "small", fontsize=6)
    axes.text(0.5, 0.5, "small also", fontsize=6)
    axes.annotate("far away", (1, 0), xytext=(400, 0), textcoords="offset points", annotation_clip=False)
    picture.figure.set_layout_engine("none")
    assert {fault.split(":")[0] for fault in seen.faults(picture)} >= {"pale", "small", "cut", "on each other"}


@pytest.mark.parametrize("kind", KINDS)
def test_alt_text_and_table_name_all_that_is_drawn(kind):
    picture = KINDS[kind]()
    table = picture.table.to_string()
    for name in NAMES:
        assert name in picture.alt and name in table


def test_alt_texts_give_two_decimals_and_intervals():
    picture = plots.bars({"full": 0.12345}, "gain", intervals={"full": (0.1, 0.16666)})
    assert "full 0.12 [0.10, 0.17]" in picture.alt
    assert picture.table.loc["full"].tolist() == [0.12345, 0.1, 0.16666]


def test_a_long_line_is_told_by_its_ends_its_lowest_and_its_highest():
    y = [0.5, 0.4, 0.1, 0.3, 0.4, 0.5, 0.9, 0.6, 0.7, 0.65]
    picture = plots.lines({"loss": (range(10), y)}, "step", "loss")
    assert "0.50 at 0, 0.10 at 2, 0.90 at 6, 0.65 at 9" in picture.alt and len(picture.table) == 10


def test_lines_of_other_places_stand_one_point_a_row():
    table = plots.lines({"a": ([1, 2], [3, 4]), "b": ([1, 9], [3, 4])}, "x", "y").table
    assert table.values.tolist() == [["a", 1, 3], ["a", 2, 4], ["b", 1, 3], ["b", 9, 4]]


@pytest.mark.parametrize("kind", ["bars", "grouped bars", "stacked bars", "lines"])
def test_shares_stay_between_zero_and_one(kind):
    [axes] = KINDS[kind]().axes
    low, high = axes.get_ylim() if kind in ("grouped bars", "lines") else axes.get_xlim()
    assert low >= 0 and high <= 1


def test_a_role_has_one_colour_in_every_figure():
    two, three = (plots.lines({n: ([1], [1]) for n in names}, "x", "y") for names in (["LoRA", "full"], NAMES))
    of = [{line.get_label(): line.get_color() for line in p.axes[0].get_lines()} for p in (two, three)]
    assert of[0]["full"] == of[1]["full"] == plots.ROLES["full"] != of[0]["LoRA"] == plots.ROLES["lora"]
    assert len(set(of[1].values())) == len(NAMES)


@pytest.mark.parametrize("kind", ["grouped bars", "stacked bars"])
def test_bars_differ_by_more_than_their_colour(kind):
    [axes] = KINDS[kind]().axes
    assert len({container.patches[0].get_hatch() for container in axes.containers}) == len(NAMES)


def test_stacked_bars_stand_end_to_end():
    [axes] = plots.stacked_bars({"base": {"answers": 0.25, "continues": 0.75}}, "share of the prompts").axes
    assert [(bar.get_x(), bar.get_width()) for bar in axes.patches] == [(0, 0.25), (0.25, 0.75)]
