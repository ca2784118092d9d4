"""A learner's first hour in the browser: what opens, what runs, what is seen."""

import pytest

pytestmark = pytest.mark.slow


def test_labs_start_opens_the_first_lab_and_asks_nothing(learner):
    learner.page.goto(f"{learner.address}/?token={learner.token}")
    learner.page.wait_for_selector(".jp-Notebook h1")
    assert "Start here" in learner.page.inner_text(".jp-Notebook h1")
    learner.ready()
    learner.photograph("first-sight")
    assert not learner.page.locator(".jp-Dialog").count()
    assert not learner.page.locator(".Toastify__toast").count()


def test_lab_00_runs_whole_and_its_figures_have_words(learner):
    learner.open("00_start_here.ipynb")
    for name in learner.code_cells():
        learner.run(name)
        errors = [o for o in learner.outputs(name) if o["output_type"] == "error"]
        assert not errors, (name, errors[0]["evalue"])
    images = learner.page.locator(".jp-OutputArea figure img")
    assert images.count() >= 5
    assert all(len(images.nth(i).get_attribute("alt")) > 40 for i in range(images.count()))
    learner.photograph("lab-00-figure", "spread")
