"""What limits a training: its operations, sorted by what they do."""

import pytest

from labutils.bench import limits


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("aten::addmm", limits.PRODUCTS),
        ("aten::_softmax_backward_data", "softmax"),
        ("aten::_fused_adamw_", "optimizer"),
        ("aten::_scaled_dot_product_flash_attention_for_cpu", "fused attention"),
        ("aten::_to_copy", "copies, types, look-ups"),
        ("aten::gelu", limits.ARITHMETIC),
        ("Optimizer.step#AdamW.step", limits.OUTSIDE),
    ],
)
def test_operations_are_sorted_by_what_they_do(name, expected):
    assert limits.kind(name) == expected
