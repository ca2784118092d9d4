"""labutils.plots: what a figure draws; how a lab shows one stands in test_lab."""

import pytest
from matplotlib.mathtext import MathTextParser

from labutils import plots
from labutils.evaluation.scores import Score
from labutils.evaluation.tradeoffs import TradeOff


def point(gain, forgetting):
    return TradeOff(
        "x", Score(gain, gain - 0.1, gain + 0.1, 9), Score(forgetting, forgetting - 0.2, forgetting + 0.2, 9)
    )


@pytest.fixture
def ways():
    return {"full": [point(0.5, 0.8), point(0.2, 0.1)], "LoRA": [point(0.3, 0.0)]}


def test_trade_offs_join_a_ways_points_in_order_of_gain(ways):
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


def figures(texts):
    """Every kind of figure, with such texts wherever a text may stand."""
    first, ramp = texts[0], [1.0, 2.0]
    yield plots.bars(dict.fromkeys(texts, 1.0), first, first)
    yield plots.grouped_bars({text: dict.fromkeys(texts, 1.0) for text in texts}, first, first)
    yield plots.lines(dict.fromkeys(texts, (ramp, ramp)), first, first)
    yield plots.histogram(dict.fromkeys(texts, ramp), first, first)
    yield plots.scores({text: score(0.5) for text in texts}, bounds={text: score(0.2) for text in texts})
    yield plots.trade_offs({text: [point(0.5, 0.8)] for text in texts}, first, first)


@pytest.mark.parametrize("text", TOKENS)
def test_texts_are_drawn_as_they_are(text, tmp_path, monkeypatch):
    """matplotlib takes what lies between two dollars for a formula, and fails on most."""
    monkeypatch.setattr(MathTextParser, "parse", lambda *args, **kwargs: pytest.fail("taken for a formula"))
    for number, figure in enumerate(figures([text, "plain"])):
        figure.axes[0].set_title(text)
        plots.plain_texts(figure).savefig(tmp_path / f"{number}.svg")


def test_numbers_on_a_logarithmic_axis_stay_formulas(tmp_path):
    figure = plots.lines({"a": ([1e-4, 1e-2], [1, 2])}, "rate", "$$")
    figure.axes[0].set_xscale("log")
    plots.plain_texts(figure).savefig(tmp_path / "x.svg")
    labels = [label for label in figure.axes[0].get_xticklabels() if label.get_text()]
    assert labels and all(label.get_parse_math() for label in labels)
