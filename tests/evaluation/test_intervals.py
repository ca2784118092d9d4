"""Bootstrap and Wilson intervals: properties on made values."""

import math

import numpy as np
import pytest

from labutils.evaluation import intervals
from labutils.evaluation.comparison import by_dialogue, interval, wilson
from labutils.evaluation.intervals import bootstrap

from toys import code_of


def test_same_seed_same_interval():
    values = np.random.default_rng(0).random(200)
    assert interval(values, seed=3) == interval(values, seed=3) != interval(values, seed=4)


def test_interval_is_that_of_the_mean():
    values = np.random.default_rng(0).normal(10, 2, 400)
    low, high = interval(values, resamples=5000)
    assert (low + high) / 2 == pytest.approx(values.mean(), abs=0.02)
    assert high - low == pytest.approx(2 * 1.96 * values.std() / math.sqrt(400), rel=0.05)


def test_interval_holds_the_true_mean_as_often_as_it_says():
    rng = np.random.default_rng(1)
    held = [low <= 0 <= high for low, high in (interval(rng.normal(size=80), seed=i) for i in range(400))]
    assert 0.91 <= np.mean(held) <= 0.98


def test_interval_of_equal_values_has_no_width():
    assert interval([0.25] * 7) == (0.25, 0.25)


def test_bootstrap_resamples_each_sample_by_itself():
    few, many = np.random.default_rng(0).random(30), np.random.default_rng(1).random((90, 2))
    rng = np.random.default_rng(7)
    rows = rng.integers(30, size=(1000, 30)), rng.integers(90, size=(1000, 90))
    by_hand = few[rows[0]].mean(axis=1) - many[rows[1]].sum(axis=1)[:, 1] / 90
    found = bootstrap(lambda a, b: a.mean(axis=1) - b.sum(axis=1)[:, 1] / 90, few, many, seed=7)
    assert found == tuple(np.quantile(by_hand, [0.025, 0.975]))
    assert bootstrap(lambda drawn: drawn.mean(axis=1), few, seed=3) == interval(few, seed=3)
    assert code_of(bootstrap, np.mean, few, []) == code_of(bootstrap, np.mean) == "no_values"


def test_large_samples_are_resampled_in_blocks(monkeypatch):
    values = np.random.default_rng(0).random(500)
    monkeypatch.setattr(intervals, "_BLOCK", 500 * 300)
    low, high = interval(values)
    assert low < values.mean() < high


def test_rows_of_one_dialogue_count_once():
    values = np.random.default_rng(0).random(50)
    rows, ids = np.repeat(values, 3), np.repeat([f"test_{i}" for i in range(50)], 3)
    assert interval(by_dialogue(rows, ids)) == interval(values)
    wide, narrow = interval(values), interval(rows)
    assert wide[1] - wide[0] > 1.5 * (narrow[1] - narrow[0])


def test_by_dialogue_keeps_order_and_takes_ragged_groups():
    assert by_dialogue([1, 2, 3, 5], ["b", "a", "b", "b"]).tolist() == [3, 2]
    assert code_of(by_dialogue, [1, 2], ["a"]) == "lengths"


@pytest.mark.parametrize("values", [[], [1, float("nan")], [[1, 2]], [float("inf")]])
def test_interval_needs_numbers(values):
    assert code_of(interval, values) == "no_values"


@pytest.mark.parametrize(("hits", "n"), [(0, 0), (3, 2), (-1, 2)])
def test_wilson_of_no_share_is_named(hits, n):
    assert code_of(wilson, hits, n) == "no_values"


def test_wilson_on_the_edges():
    assert wilson(0, 10) == pytest.approx((0, 0.2775), abs=1e-4)
    assert wilson(10, 10) == pytest.approx((0.7225, 1), abs=1e-4)
    assert wilson(50, 100) == pytest.approx((0.4038, 0.5962), abs=1e-4)
