"""labutils.pictures: colours by role, and numbers as a person reads them."""

import numpy as np
import pytest

from labutils import pictures
from labutils.pictures import words


def test_contrast_is_that_of_wcag():
    assert pictures.contrast("black") == pytest.approx(21)
    assert pictures.contrast("#767676") == pytest.approx(4.54, abs=0.01)
    assert pictures.contrast("#E69F00") == pytest.approx(2.25, abs=0.01)


@pytest.mark.parametrize("colour", sorted({*pictures.ROLES.values(), *pictures.PALETTE}))
def test_every_colour_is_seen_on_white(colour):
    assert pictures.contrast(colour) >= 3


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("LoRA, r = 8", "lora"),
        ("accuracy of the majority answer", "majority"),
        ("zero-shot", "zero-shot"),
        ("$x", None),
    ],
)
def test_a_role_is_read_from_a_name(name, role):
    assert pictures.role(name) == role


def test_names_of_one_role_have_colours_of_their_own():
    given = pictures.colours(["tuned: precision", "tuned: recall", "x", "full"])
    assert given["tuned: precision"] == pictures.ROLES["tuned"] and given["full"] == pictures.ROLES["full"]
    assert len(set(given.values())) == 4


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.123456, "0.12"), (1.0, "1.00"), (0.0, "0.00"), (0.0042, "0.004"), (-0.3, "-0.30"), (12.34, "12.3"),
        (1234.5, "1,234"), (7, "7"), (np.int64(1000), "1,000"), (float("nan"), "nan"),
    ],
)  # fmt: skip
def test_numbers(value, shown):
    assert words.number(value) == shown
