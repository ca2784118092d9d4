"""What the labs need: a row for each, more memory for dialogues than for short texts, seconds by this machine's speed."""

import pytest

from labutils import config, notebooks
from labutils.notebooks import lesson, needs
from tests.toys import make_tiny_model


@pytest.fixture
def stored(monkeypatch):
    kept = {"00": {"seconds": 10, "numbers": {needs.SPEED: 20.0}}, "01": {"seconds": 40}}
    monkeypatch.setattr(lesson, "stored", lambda lab: kept.get(lab, {}))


def test_a_machine_half_as_fast_needs_twice_the_seconds(stored):
    table = needs.table(make_tiny_model(), config.profile("pocket"), 10.0).set_index("lab")
    assert list(table.index) == [notebooks.number(path) for path in notebooks.find()]
    assert table.loc["00", "seconds"] == 20 and table.loc["01", "seconds"] == 80
    assert table.loc["03", "seconds"] == "-"  # never built: nothing is known
    assert table.loc["03", "memory, MiB"] > table.loc["00", "memory, MiB"] > 0
    assert table.loc["01", "memory, MiB"] == "-"


def test_every_lab_that_is_there_has_its_trainings():
    assert {notebooks.number(path) for path in notebooks.find()} <= set(needs.TRAININGS)
    assert {text for text, _kept in needs.TRAININGS.values()} - {""} == set(needs.TOKENS)
