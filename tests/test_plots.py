"""labutils.plots: what a figure draws; how a lab shows one stands in test_lab."""

import pytest

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
