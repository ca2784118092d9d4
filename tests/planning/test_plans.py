"""The plans that the labs show: those in the file are those that the planner gives."""

import pytest

from labutils.planning import plans
from labutils.planning.planner import DEVICES

STORED = plans.stored()


def test_every_plan_is_stored():
    assert list(STORED) == list(plans.all_plans())


@pytest.mark.parametrize("plan", [
    plans.Plan("flan-t5-small", "LoRA, checkpointing", "bf16"), plans.Plan("flan-t5-base", "full", "fp32"),
])  # fmt: skip
def test_a_stored_plan_is_the_planners(plan):
    traced, kept = plan.trace(), STORED[plan]
    assert kept.peak_mib == pytest.approx(traced.peak_mib, rel=0.01)
    assert kept.sharded_mib(8) == pytest.approx(traced.sharded_mib(8), rel=0.01) and kept.settings == traced.settings


def test_a_plan_survives_being_written():
    plan = next(iter(STORED))
    row = plans.record(plan, STORED[plan])
    assert row["shape"] == plan.shape and row["weights_mib"] == STORED[plan].weights_mib


def test_the_smallest_card_is_the_first_that_holds_it():
    card = plans.smallest_card(STORED, "flan-t5-xl", "full")
    assert plans.on_card(STORED, "flan-t5-xl", "full", card).fits(card)
    smaller = [other for other in DEVICES.values() if other.memory_gib < card.memory_gib]
    kept = [plans.on_card(STORED, "flan-t5-xl", "full", other) for other in smaller]
    assert not any(estimate and estimate.fits(other) for estimate, other in zip(kept, smaller, strict=True))
    assert plans.smallest_card(STORED, "flan-t5-xxl", "full") is None


def test_thrift_takes_less():
    for shape in plans.SIZES:
        peak = {way: STORED[plans.Plan(shape, way, "bf16")].peak_mib for way in plans.WAYS}
        assert peak["full"] > peak["full, checkpointing"] > peak["LoRA, checkpointing"]
        assert (
            peak["LoRA, checkpointing"]
            > peak["LoRA, 8-bit base, checkpointing"]
            > peak["LoRA, 4-bit base, checkpointing"]
        )


def test_without_the_file_there_is_no_plan(monkeypatch, tmp_path):
    monkeypatch.setattr(plans.paths, "data_dir", lambda: tmp_path)
    assert plans.stored() == {} and plans.smallest_card({}, "flan-t5-xl", "full") is None
