"""Loading, adapters, fingerprints."""

import hashlib
import json
import shutil
from pathlib import Path

import pytest
import torch
import transformers
from safetensors.torch import load_file, save_file

from labutils import adapters, config
from labutils.errors import LabError
from labutils.generation import generate
from labutils.machine import paths
from labutils.models import (
    REVISIONS,
    Baseline,
    adapter_off,
    add_lora,
    fingerprint,
    load_model,
    parameter_counts,
    resolve_name,
)
from labutils.t5.surgery import fuse_activation

import hubstub
from damage import a_folder, cut, deleted, emptied, flipped
from toys import code_of, make_tiny_model, word_tokenizer

LORA = config.TrainingSettings(method="lora", r=4)


def logits(model):
    ids = word_tokenizer()("anna likes red", return_tensors="pt")["input_ids"]
    with torch.no_grad():
        return model(input_ids=ids, decoder_input_ids=torch.zeros((1, 1), dtype=torch.long)).logits


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


@pytest.fixture
def copy(tiny_folder, tmp_path):
    """A copy of the tiny model's folder, to be damaged."""
    return Path(shutil.copytree(tiny_folder, tmp_path / "copy"))


def changed_weights(folder, change, name="model.safetensors"):
    weights = load_file(folder / name)
    change(weights, next(name for name in sorted(weights) if "decoder" in name))
    save_file(weights, folder / name, {"format": "pt"})


def set_first(value):
    def change(weights, name):
        weights[name].view(-1)[0] = value

    return change


SPOILT = {
    "missing": lambda weights, name: weights.pop(name),
    "nan": set_first(float("nan")),
    "infinite": set_first(float("inf")),
}


@pytest.mark.parametrize("spoil", SPOILT.values(), ids=SPOILT)
@pytest.mark.parametrize("adapter", [False, True])
def test_weights_that_are_missing_or_no_numbers_are_named(copy, tmp_path, spoil, adapter):
    """The library draws missing ones at random, and every answer of weights that are no numbers was ''."""
    folder, name = copy, "model.safetensors"
    if adapter:
        folder, name = tmp_path / "adapter", "adapter_model.safetensors"
        adapters.save(add_lora(load_model(copy)[0], LORA), folder)
        word_tokenizer().save_pretrained(folder)
    load_model(folder)
    changed_weights(folder, spoil, name)
    with pytest.raises(LabError, match="decoder") as caught:
        load_model(folder)
    assert caught.value.code == "model"


@pytest.mark.parametrize(("layers", "told"), [(3, "made up"), (1, "left out")])
def test_a_config_of_another_number_of_layers_is_told(copy, layers, told, caplog):
    """More were drawn at random, and those that were too many were passed over, without a word."""
    config = json.loads((copy / "config.json").read_text())
    (copy / "config.json").write_text(json.dumps(config | {"num_decoder_layers": layers}))
    try:
        load_model(copy)
    except LabError as error:
        assert layers == 3 and error.code == "model" and told in str(error)
    else:
        assert layers == 1 and told in caplog.text


@pytest.mark.parametrize("damage", ["gone", "empty"])
def test_a_folder_without_a_tokenizer_is_named(copy, damage):
    """The library makes an empty one up: every answer was '', and a training ran to its end."""
    for path in copy.glob("*tok*"):
        path.unlink() if damage == "gone" else path.write_text("{}")
    (copy / "config.json").write_text((copy / "config.json").read_text())
    assert code_of(load_model, copy) in (("tokenizer",) if damage == "gone" else ("tokenizer", "model"))


@pytest.mark.parametrize(("words", "code"), [(64 - 25, None), (100, "tokenizer")])
def test_a_tokenizer_with_ids_beyond_the_models_embeddings_is_named(copy, words, code):
    """Fewer are usual: FLAN-T5 has 32,100 pieces and 32,128 rows."""
    tokenizer = word_tokenizer()
    tokenizer.add_tokens([f"word{i}" for i in range(words)][: max(0, 64 - len(tokenizer)) if code is None else words])
    tokenizer.save_pretrained(copy)
    if code is None:
        assert len(load_model(copy)[1]) == 64
    else:
        assert code_of(load_model, copy) == code


def test_a_tokenizer_without_an_end_is_named(copy):
    tokenizer = word_tokenizer()
    tokenizer.pad_token = tokenizer.eos_token = None
    tokenizer.save_pretrained(copy)
    assert code_of(load_model, copy) == "tokenizer"


SPOIL = {
    **{way.__name__: way for way in (emptied, cut, flipped, deleted)},
    "a folder": a_folder,
    **{
        text: lambda path, text=text: path.write_text(text)
        for text in ('["x"]', '{"x": {"y": [1]}}', "3", "null", '"x"')
    },
}


@pytest.mark.parametrize("spoil", SPOIL.values(), ids=SPOIL)
def test_every_damaged_file_of_a_models_folder_is_one_clear_error_or_changes_nothing(copy, tmp_path, spoil):
    """It bears no seal. A generation_config.json that was cut passed for none; others gave the library's own errors."""
    expected = loaded(copy)
    for name in sorted(path.name for path in copy.iterdir()):
        folder = Path(shutil.copytree(copy, tmp_path / "spoilt" / name))
        spoil(folder / name)
        try:
            now = loaded(folder)  # a flipped bit in the weights is as good a number
            assert now == expected or name == "model.safetensors", name
        except LabError as error:
            assert error.code in ("model", "tokenizer") and (name in str(error) or str(folder) in str(error)), name
            assert "attribute" not in str(error) and "is not a mapping" not in str(error), error


def loaded(folder):
    model, tokenizer = load_model(folder)
    settings = model.generation_config.to_dict()
    return (
        fingerprint(model),
        {n: v for n, v in settings.items() if n.endswith("_id")},
        tokenizer("anna likes red")["input_ids"],
    )


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"eos_token_id": "1"}, "eos_token_id"),
        ({"eos_token_id": [1, 64]}, "eos_token_id"),
        ({"decoder_start_token_id": 1000}, "decoder_start_token_id"),
        ({"decoder_start_token_id": None}, "decoder_start_token_id"),
        ({"num_beams": "four"}, "num_beams"),
        ({"no_repeat_ngram_size": [3]}, "no_repeat_ngram_size"),
        ({"do_sample": "no"}, "do_sample"),
        ({"suppress_tokens": {"x": 1}}, "suppress_tokens"),
    ],
)
def test_a_models_settings_of_answering_are_of_their_kinds(copy, change, told):
    path = copy / "generation_config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(LabError, match=told) as caught:
        load_model(copy)
    assert caught.value.code == "model" and "generation_config.json" in str(caught.value)


def test_a_setting_of_answering_that_nobody_knows_is_told(copy, caplog):
    """A flipped bit in a name, and its value has no effect."""
    path = copy / "generation_config.json"
    path.write_text(path.read_text().replace("eos_token_id", "eos_tokeo_id"))
    load_model(copy)
    assert "eos_tokeo_id" in caplog.text
    caplog.clear()
    load_model("pocket-instruct")
    assert not caplog.text


@pytest.fixture
def adapter(tiny_folder, tmp_path):
    """A folder with an adapter of the tiny model."""
    adapters.save(add_lora(load_model(tiny_folder)[0], LORA), tmp_path / "adapter")
    return tmp_path / "adapter"


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


@pytest.mark.skipif(not Path("/proc/self/maps").is_file(), reason="asks the system which files are open")
def test_a_loaded_model_leaves_its_files_alone(copy, adapter):
    """Its weights were a view of the file: Windows would not rename the folder, and a save there cut them off."""
    model, adapted = load_model(copy)[0], load_model(adapter)[0]
    files = Path("/proc/self/maps").read_text()
    assert str(copy) not in files and str(adapter) not in files
    before = fingerprint(model), fingerprint(adapted)
    model.save_pretrained(copy)
    adapters.save(adapted, adapter)
    assert (fingerprint(model), fingerprint(load_model(adapter)[0])) == before
    assert fingerprint(load_model(copy)[0]) == before[0]
