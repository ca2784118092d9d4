"""Each lab as a learner runs it: every cell, at reduced sizes; its figures, tables and texts in both themes."""

import numpy as np
import pytest

from labutils import notebooks

from learner import DARK, LIGHT
from readable import FIGURE, clipped_code, contrast_of, figures, is_cut, misfits, pale, pixels

pytestmark = pytest.mark.slow

LABS = {notebooks.number(path): notebooks.read(path).metadata.finetune_labs.reduced for path in notebooks.find()}


@pytest.mark.parametrize("number", LABS)
def test_a_lab_runs_and_is_readable_in_both_themes(learner, number):
    names = learner.lab(number, profile="pocket", **LABS[number])
    learner.run(*names)
    assert f"lab {number} complete" in learner.said(names[-1])
    images = [image for name in names for image in figures(learner.outputs(name))]
    assert images and not any(is_cut(pixels(image)) for image in images)
    shown = learner.page.locator(".jp-OutputArea-output figure img")
    assert shown.count() == len(images)
    assert all(len(shown.nth(i).get_attribute("alt")) > 40 for i in range(len(images)))
    learner.page.evaluate("document.querySelectorAll('figure details').forEach(node => { node.open = true })")
    seen = {}
    for theme in (DARK, LIGHT):
        learner.theme(theme)
        learner.photograph_whole(f"lab-{number}-{theme.split()[1].lower()}")
        assert not pale(learner.page) and not misfits(learner.page) and not clipped_code(learner.page)
        seen[theme] = [pixels(shown.nth(i).screenshot()) for i in range(len(images))]
        assert min(map(contrast_of, seen[theme])) >= FIGURE
    for light, dark in zip(seen[LIGHT], seen[DARK], strict=True):  # nothing shines through, but at the very edge
        assert np.array_equal(light[2:-2, 2:-2], dark[2:-2, 2:-2])
