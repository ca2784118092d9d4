"""labutils.evaluation.tradeoffs: what no other training beats, and comparisons at equal gain."""

import pytest

from labutils.errors import LabError
from labutils.evaluation.scores import Score
from labutils.evaluation.tradeoffs import TradeOff, at_common_gain, at_equal_gain, forgetting_at, frontier


def test_the_frontier_keeps_what_no_other_beats_in_both():
    def point(name, gain, forgetting):
        return TradeOff(name, Score(gain, 0, 0, 1), Score(forgetting, 0, 0, 1))

    points = [point("a", 0.8, 0.4), point("b", 0.5, 0.1), point("c", 0.5, 0.3), point("d", 0.2, 0.1)]
    assert [p.name for p in frontier(points)] == ["b", "a"]
    assert frontier([points[1], points[1]]) == [points[1], points[1]]


@pytest.mark.parametrize(
    ("validation", "rates"),
    [
        ({("full", 1.0): 0.9, ("full", 0.1): 0.6, ("LoRA", 1.0): 0.55, ("LoRA", 0.1): 0.2}, {"full": 0.1, "LoRA": 1.0}),
        ({("full", 1.0): 0.5, ("full", 0.1): 0.25, ("LoRA", 0.1): 0.375}, {"full": 1.0, "LoRA": 0.1}),
        ({("full", 1.0): 0.5}, {"full": 1.0}),
    ],
)
def test_each_way_takes_the_gentlest_rate_that_reaches_what_every_way_can(validation, rates):
    assert at_equal_gain(validation) == rates


def test_forgetting_is_read_off_at_the_same_gain():
    full, lora = [(0.2, 0.0), (0.3, 0.1), (0.4, 0.5)], [(0.1, -0.1), (0.35, 0.15)]
    assert forgetting_at(full, 0.25) == pytest.approx(0.05) and forgetting_at(full, 0.3) == 0.1
    assert forgetting_at(full, 0.1) == 0.0  # its gentlest training gains more than that already
    assert forgetting_at([(0.2, 0.0), (0.4, 0.3), (0.3, 0.2)], 0.35) == pytest.approx(0.225)  # the better of two lines
    gain, found = at_common_gain({"full": full, "LoRA": lora})
    assert gain == 0.35 and found == pytest.approx({"full": 0.3, "LoRA": 0.15})
    with pytest.raises(LabError) as error:
        forgetting_at(lora, 0.4)
    assert error.value.code == "gain"
