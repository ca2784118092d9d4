"""Mixtures: the shares of the tasks, the whole numbers that come of them, and the rows."""

from collections import Counter
from dataclasses import replace

import pytest

from labutils import mixtures, tasks
from labutils.errors import LabError

SIZES = {"topic": 900, "intent": 90, "code": 10}


@pytest.mark.parametrize(
    ("cap", "expected"),
    [(None, (0.9, 0.09, 0.01)), (90, (90 / 190, 90 / 190, 10 / 190)), (mixtures.EQUAL, (1 / 3, 1 / 3, 1 / 3))],
)
def test_a_task_larger_than_the_cap_counts_as_the_cap(cap, expected):
    assert tuple(mixtures.shares(SIZES, cap).values()) == pytest.approx(expected)


@pytest.mark.parametrize(("sizes", "cap", "code"), [({}, None, "sizes"), ({"a": 0}, None, "sizes"), (SIZES, 0, "cap")])
def test_what_cannot_be_shared_out_is_said(sizes, cap, code):
    with pytest.raises(LabError) as error:
        mixtures.shares(sizes, cap)
    assert error.value.code == code


@pytest.mark.parametrize("rows", [0, 1, 7, 100, 101])
def test_counts_add_up(rows):
    counted = mixtures.counts(rows, mixtures.shares(SIZES, 90))
    assert sum(counted.values()) == rows and min(counted.values()) >= 0


def test_a_mixture_holds_each_task_s_rows_in_its_own_phrasings():
    one, two = (tasks.load_task(name).take(train=3) for name in ("topic", "intent"))
    mixture = mixtures.mix([one, two], {"topic": 7, "intent": 2}, seed=1, templates=slice(-1))
    assert Counter(row["task"] for row in mixture.train) == {"topic": 7, "intent": 2}
    assert max(Counter(row["id"] for row in mixture.train if row["task"] == "topic").values()) == 3  # three times each
    asked = {mixture.prompt(row) for row in mixture.train}
    last = {one.prompt(record, len(one.templates) - 1) for record in one.train}
    assert not asked & last and all(mixture.target(row) in one.labels + two.labels for row in mixture.train)
    assert mixtures.mix([one, two], {"topic": 7, "intent": 2}, 1, slice(-1)).train == mixture.train


def test_fewer_rows_of_a_seed_are_among_more():
    task = tasks.load_task("topic")
    few, many = ({r["id"] for r in mixtures.mix([task], {"topic": n}, 3).train} for n in (5, 9))
    assert few < many


def test_a_task_without_records_cannot_give_any():
    with pytest.raises(LabError) as error:
        mixtures.mix([replace(tasks.load_task("topic"), train=[])], {"topic": 1})
    assert error.value.code == "no_data"
