"""Loading by a folder, a role or a name of the hub; fingerprints."""

import hashlib
import shutil

import pytest
import torch
import transformers

from labutils import config
from labutils.errors import LabError
from labutils.machine import paths
from labutils.models import REVISIONS, Baseline, add_lora, fingerprint, load_model, resolve_name
from labutils.t5.surgery import fuse_activation

import hubstub
from toys import logits, make_tiny_model, word_tokenizer

LORA = config.TrainingSettings(method="lora", r=4)


def test_a_folder_loads_in_fp32_whatever_it_is_stored_in(tmp_path):
    make_tiny_model().half().save_pretrained(tmp_path)
    word_tokenizer().save_pretrained(tmp_path)
    model, _tokenizer = load_model(tmp_path)
    assert {p.dtype for p in model.parameters()} == {torch.float32} and not model.training


def test_a_fused_activation_is_the_same_function():
    model = make_tiny_model()
    before, plain = fingerprint(model), logits(model)
    fuse_activation(model)
    assert {type(m.act) for m in model.modules() if hasattr(m, "act")} == {torch.nn.GELU}
    torch.testing.assert_close(logits(model), plain)
    assert fingerprint(model) == before


def test_models_dir_stands_in_for_the_hub(tiny_folder, tmp_path, monkeypatch):
    shutil.copytree(tiny_folder, tmp_path / "google" / "flan-t5-base")
    monkeypatch.setenv("MODELS_DIR", str(tmp_path))
    model, _tokenizer = load_model("google/flan-t5-base")
    assert fingerprint(model) == fingerprint(make_tiny_model())


def test_an_unknown_model_says_what_is_possible():
    with pytest.raises(LabError) as caught:
        load_model("nobody/nothing")
    assert caught.value.code == "model"
    assert "nobody/nothing" in str(caught.value) and "pocket-instruct" in str(caught.value)


def test_pickled_weights_are_refused(tiny_folder, tmp_path):
    folder = tmp_path / "pickled"
    shutil.copytree(tiny_folder, folder)
    (folder / "model.safetensors").unlink()
    torch.save(make_tiny_model().state_dict(), folder / "pytorch_model.bin")
    with pytest.raises(LabError) as caught:
        load_model(folder)
    assert caught.value.code == "model"


def test_roles_belong_to_the_profile():
    profile = config.profile("t4")
    assert resolve_name("base", profile) == profile.base
    assert resolve_name("auto", profile) == resolve_name("tuned", profile) == profile.tuned


@pytest.mark.parametrize("change", ["one_weight", "lora", "nothing"])
def test_a_mutated_baseline_is_caught(change):
    model = make_tiny_model()
    baseline = Baseline(model)
    if change == "one_weight":
        with torch.no_grad():
            model.shared.weight[3, 3] += 1e-6
    elif change == "lora":
        add_lora(model, LORA)
    if change == "nothing":
        baseline.check()
        return
    with pytest.raises(LabError) as caught:
        baseline.check()
    assert caught.value.code == "baseline_changed"


def test_fingerprints_tell_models_apart():
    assert fingerprint(make_tiny_model(0)) == fingerprint(make_tiny_model(0))
    assert fingerprint(make_tiny_model(0)) != fingerprint(make_tiny_model(1))


def load_from_hub(name: str, address: str, home) -> str:
    code = f"from labutils.models import fingerprint, load_model; print(fingerprint(load_model({name!r})[0]))"
    done = hubstub.in_process(code, home, HF_ENDPOINT=address)
    return done.stdout.strip() if done.returncode == 0 else done.stderr


@pytest.mark.tested_stack
@pytest.mark.parametrize("name", ["google/flan-t5-small", "someone/tiny"])
def test_a_model_comes_from_the_hub_at_its_pinned_revision(tiny_folder, tmp_path, name):
    revision = REVISIONS.get(name, "main")
    with hubstub.serving("0" * 40 if revision == "main" else revision) as (address, handler):
        for path in tiny_folder.iterdir():
            handler.files[f"/{name}/resolve/{revision}/{path.name}"] = path.read_bytes()
        assert load_from_hub(name, address, tmp_path) == fingerprint(make_tiny_model())
        asked = [line for line in handler.asked if "/resolve/" in line]
        assert asked and all(f"/{revision}/" in line for line in asked)


def test_a_hub_without_the_model_is_one_clear_error(tmp_path):
    with hubstub.serving() as (address, _handler):
        error = load_from_hub("google/flan-t5-small", address, tmp_path)
    assert "LabError" in error and "pocket-instruct" in error and "MODELS_DIR" in error


@pytest.mark.parametrize("stage", ["base", "instruct"])
def test_the_shipped_weights_are_what_their_card_says(stage):
    """Small, loaded in fp32 by plain transformers, with the checksum that the card prints."""
    folder = paths.data_dir() / "pocket-t5" / stage
    weights = folder / "model.safetensors"
    digest = hashlib.sha256(weights.read_bytes()).hexdigest()
    assert weights.stat().st_size < 25 * 2**20
    assert digest[:16] in (folder.parent / "README.md").read_text(encoding="utf-8")
    model = transformers.AutoModelForSeq2SeqLM.from_pretrained(folder)
    assert {p.dtype for p in model.parameters()} == {torch.float32} and type(model).__name__.startswith("T5")
