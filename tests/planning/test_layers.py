"""A large model's memory, read off from its first layers, is what the whole trace says."""

import pytest

from labutils.config import TrainingSettings
from labutils.planning.layers import estimate_by_layers
from labutils.planning.planner import estimate

CASES = [
    ("pocket", {}, 32),
    ("flan-t5-base", {}, 32),
    ("flan-t5-base", {"gradient_accumulation": 4}, 32),
    ("flan-t5-base", {"gradient_checkpointing": True}, 32),
    ("flan-t5-base", {"method": "lora"}, 4),
    ("flan-t5-xl", {}, 32),
    ("flan-t5-xxl", {"batch_size": 64}, 32),
]


@pytest.mark.parametrize(("shape", "changes", "bits"), CASES)
def test_it_is_the_whole_trace_within_two_percent(shape, changes, bits):
    settings = TrainingSettings(**({"precision": "bf16", "batch_size": 16} | changes))
    quick, whole = estimate_by_layers(shape, settings, base_bits=bits), estimate(shape, settings, base_bits=bits)
    for name in ("weights_mib", "optimizer_mib", "gathered_mib", "flops"):
        assert getattr(quick, name) == pytest.approx(getattr(whole, name))
    assert quick.peak_mib == pytest.approx(whole.peak_mib, rel=0.02)
    [(gradients, rest)] = quick.moments
    assert gradients == pytest.approx(max(most for most, _rest in whole.moments))
    assert rest == pytest.approx(max(most for _gradients, most in whole.moments), rel=0.05)
    assert quick.shape == shape
