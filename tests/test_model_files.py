"""A model's folder: what is missing, damaged or another model's is named, and files are left alone."""

import json
import shutil
from pathlib import Path

import pytest
from safetensors.torch import load_file, save_file

from labutils import adapters, config
from labutils.errors import LabError
from labutils.models import add_lora, fingerprint, load_model

from damage import a_folder, cut, deleted, emptied, flipped
from toys import code_of, word_tokenizer

LORA = config.TrainingSettings(method="lora", r=4)


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
