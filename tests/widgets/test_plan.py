"""Lab 09's planner: what makes a training smaller makes the plan smaller."""

from labutils.planning.planner import DEVICES, SHAPES
from labutils.widgets import planner
from labutils.widgets.plan import memory


def test_what_makes_a_training_smaller_makes_the_plan_smaller():
    usual = {
        "size": "flan-t5-small", "method": "full", "precision": "fp32", "batch": 64, "parts": 1, "checkpointing": False,
        "bits": 32, "optimizer": "adamw", "tokens": (128, 32),
    }  # fmt: skip
    peak = memory(**usual).peak_mib
    ways = (
        {"parts": 4},
        {"checkpointing": True},
        {"optimizer": "adamw_8bit"},
        {"method": "lora"},
        {"precision": "bf16"},
    )
    for way in ways:
        assert memory(**(usual | way)).peak_mib < peak, way
    lora = usual | {"method": "lora"}
    assert memory(**(lora | {"bits": 4})).weights_mib < memory(**lora).weights_mib


def test_the_planner_names_parts_and_cards_and_refuses_what_does_not_go():
    panel = planner(size="pocket", batch_size=4, tokens=(32, 8))
    assert all(name in panel.text for name in DEVICES) and panel.text.count("GiB") > 10
    panel.controls["bits"].value = 4
    assert len(panel.text.splitlines()) == 1
    panel.controls["method"].value = "lora"
    assert len(panel.text.splitlines()) > 5
    panel.controls["parts"].value = 32
    assert len(panel.text.splitlines()) == 1
    assert set(SHAPES) == set(panel.controls["size"].options)
