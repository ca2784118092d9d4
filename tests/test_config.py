"""labutils.config: every absurd setting is named, with its value and what is allowed, before anything is loaded."""

import math

import pytest
import torch

from labutils import config
from labutils.config import PROFILES, TrainingSettings
from labutils.errors import LabError
from labutils.machine import device

ABSURD = {
    "method": ["qlora", None, 3],
    "learning_rate": ["fast", 0, -1e-3, math.nan, math.inf, True],
    "epochs": [0, -1, math.nan, "3", None],
    "max_steps": [0, -2, 1.5],
    "batch_size": [0, -1, "many", 1.5, True],
    "eval_batch_size": [0, -1],
    "gradient_accumulation": [0, -2],
    "warmup": [-0.1, "a little"],
    "schedule": ["steep", None],
    "weight_decay": [-0.1, 2, math.nan],
    "max_grad_norm": [-1, math.inf],
    "dropout": [2, 1.0, -0.1, "none"],
    "precision": ["fp16", None],
    "group_by_length": ["yes", 1],
    "gradient_checkpointing": ["yes", 0],
    "r": [0, -1, 1.5],
    "lora_alpha": [0, -16],
    "lora_dropout": [1.0, -0.5],
    "target_modules": ["", (), 5, ("q", "")],
    "max_source_tokens": [0, -1, 1],
    "max_target_tokens": [0, -1],
    "max_tokens": [-1],
    "compile": [None, True],
    "eval_examples": [-1, 10.0],
    "metric": [5],
    "saves_per_epoch": [0],
    "keep_checkpoints": [0],
    "patience": [-1],
    "seed": [-1, 2**32, 0.5, True],
}


def test_every_setting_has_absurd_values_here():
    assert set(ABSURD) == set(TrainingSettings.__dataclass_fields__)


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in ABSURD.items() for value in values])
def test_an_absurd_setting_is_named_with_its_value(name, value):
    with pytest.raises(LabError) as caught:
        TrainingSettings(**{name: value})
    assert name in str(caught.value) and repr(value) in str(caught.value)


@pytest.mark.parametrize("changes", [
    {"r": 64}, {"lora_alpha": 8}, {"lora_dropout": 0.1}, {"target_modules": ("q",)}, {"metric": "loss", "eval_examples": 0},
])  # fmt: skip
def test_a_setting_that_has_no_effect_is_named(changes):
    """A full training took LoRA's settings without a word."""
    with pytest.raises(LabError, match=f"{next(iter(changes))}.*has no effect") as caught:
        TrainingSettings(**changes)
    assert caught.value.code == "settings"


@pytest.mark.parametrize("name", ["method", "epochs", "seed", "target_modules"])
def test_a_value_of_a_million_characters_makes_no_message_of_a_million(name):
    with pytest.raises(LabError, match=name) as caught:
        TrainingSettings(**{name: ["x" * 10**6, ""] if name == "target_modules" else "x" * 10**6})
    assert len(str(caught.value)) < 5000 and "must be" in str(caught.value)


@pytest.mark.parametrize("changes", [
    {"learning_rate": 1}, {"epochs": 0.5}, {"max_steps": 3}, {"dropout": 0.0}, {"seed": 7}, {"method": "lora", "target_modules": ["q", "v"]},
    {"method": "lora", "r": 4}, {"metric": "accuracy"},
])  # fmt: skip
def test_what_makes_sense_is_taken(changes):
    assert TrainingSettings(**changes)


@pytest.mark.parametrize("method", ["full", "lora"])
def test_a_profile_maps_to_settings_in_one_place(method):
    profile = PROFILES["t4"]
    settings = profile.settings(method, epochs=1)
    rate = {"full": profile.learning_rate_full, "lora": profile.learning_rate_lora}[method]
    assert (settings.learning_rate, settings.precision, settings.method) == (rate, "fp32", method)
    assert profile.settings(method, learning_rate=5e-5).learning_rate == 5e-5


@pytest.mark.parametrize("change", [{"tunde": "x"}, {"why": "x"}, {"batch_size": "x"}])
def test_a_change_that_a_profile_cannot_have_is_named(change):
    with pytest.raises(LabError, match=next(iter(change))) as caught:
        config.profile("pocket", **change)
    assert caught.value.code == "settings"


def test_an_unknown_profile_is_named():
    with pytest.raises(LabError, match="huge") as caught:
        config.profile("huge")
    assert caught.value.code == "profile"


def test_profiles():
    assert config.profile("pocket").tuned == "pocket-instruct"
    assert config.profile("gpu", tuned="google/flan-t5-large").tuned == "google/flan-t5-large"
    assert config.profile("auto").why
    with pytest.raises(LabError) as caught:
        config.profile("tpu")
    assert caught.value.code == "profile"


def test_the_environment_overrules_the_machine(monkeypatch):
    """The committed labs are those of the shipped model, on a machine with a GPU too."""
    monkeypatch.setattr(device, "torch_device", lambda: torch.device("cuda"))
    monkeypatch.setenv("LABS_PROFILE", "pocket")
    assert config.profile("auto").name == "pocket"
    monkeypatch.setenv("LABS_PROFILE", "tpu")
    with pytest.raises(LabError) as caught:
        config.profile("auto")
    assert caught.value.code == "profile" and "'tpu'" in str(caught.value)


def test_settings_that_cannot_be_are_refused():
    for changes in ({"method": "adapter"}, {"batch_size": 10, "gradient_accumulation": 4}, {"saves_per_epoch": 0}):
        with pytest.raises(LabError):
            config.TrainingSettings(**changes)
