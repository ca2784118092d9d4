"""Adapters: what LoRA changes and leaves, and folders of adapters with their base."""

import json
import shutil
import warnings

import pytest
import torch

from labutils import adapters, config
from labutils.errors import LabError
from labutils.generation import generate
from labutils.models import adapter_off, add_lora, fingerprint, load_model, parameter_counts

from toys import code_of, logits, make_tiny_model

LORA = config.TrainingSettings(method="lora", r=4)


def test_fresh_lora_changes_nothing():
    model = make_tiny_model()
    before = logits(model)
    adapted = add_lora(model, LORA)
    assert torch.equal(logits(adapted), before)  # B = 0
    counts = parameter_counts(adapted)
    assert 0 < counts.trainable < counts.total and 0 < counts.share < 1


def test_adapter_off_gives_the_base_exactly():
    model = make_tiny_model()
    before, mark = logits(model), fingerprint(model)
    adapted = add_lora(model, LORA)
    with torch.no_grad():
        for name, p in adapted.named_parameters():
            if "lora_B" in name:
                p.normal_()
    assert not torch.equal(logits(adapted), before)
    with adapter_off(adapted):
        assert torch.equal(logits(adapted), before)
    assert fingerprint(adapted, adapters=False) == mark


def test_a_second_adapter_is_refused():
    with pytest.raises(LabError) as caught:
        add_lora(add_lora(make_tiny_model(), LORA), LORA)
    assert caught.value.code == "adapted"


def test_an_adapter_folder_loads_with_its_base(tiny_folder, tmp_path):
    model, tokenizer = load_model(tiny_folder)
    adapted = add_lora(model, LORA)
    with torch.no_grad():
        for name, p in adapted.named_parameters():
            if "lora_B" in name:
                p.normal_()
    adapted.save_pretrained(tmp_path / "adapter")
    loaded, _tokenizer = load_model(tmp_path / "adapter")
    torch.testing.assert_close(logits(loaded), logits(adapted))
    assert generate(loaded, tokenizer, ["anna"], max_new_tokens=3) == generate(
        adapted, tokenizer, ["anna"], max_new_tokens=3
    )


def test_a_base_by_its_hub_name_is_kept_by_that_name(tiny_folder, tmp_path, monkeypatch):
    """Though it lies in a folder of this machine."""
    shutil.copytree(tiny_folder, tmp_path / "flan-t5-base")
    monkeypatch.setenv("MODELS_DIR", str(tmp_path))
    adapters.save(add_lora(load_model("google/flan-t5-base")[0], LORA), tmp_path / "adapter")
    assert adapters.base_of(tmp_path / "adapter") == "google/flan-t5-base"
    assert load_model(tmp_path / "adapter")[0].peft_config


@pytest.mark.parametrize("base", ["/home/ann/models/gone", "nobody/nothing", None, 3, "", "itself"])
def test_an_adapter_whose_base_is_not_there_is_named(adapter, base):
    path = adapter / "adapter_config.json"
    content = json.loads(path.read_text()) | {"base_model_name_or_path": str(adapter) if base == "itself" else base}
    path.write_text(json.dumps(content))
    with pytest.raises(LabError) as caught:
        load_model(adapter)
    assert caught.value.code == "adapter"
    assert all(part in str(caught.value) for part in (str(adapter), "adapter_config.json", "base_model_name_or_path"))


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '"x"'])
def test_an_adapters_file_that_is_damaged_is_named(adapter, content):
    (adapter / "adapter_config.json").write_text(content)
    assert code_of(load_model, adapter) == "adapter"


def test_lora_warns_of_no_name_that_only_peft_can_change(tmp_path):
    """`labs train -p method=lora` showed a FutureWarning with a path of the machine: peft 0.21 asks transformers 5.23
    for `is_gradient_checkpointing`."""
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        add_lora(make_tiny_model(), LORA).save_pretrained(tmp_path)
        adapters.load(make_tiny_model(), tmp_path)
    assert not [warning for warning in seen if issubclass(warning.category, FutureWarning)]
