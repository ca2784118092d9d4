"""Each error that the doctor explains is induced by a real call; so a library that words it otherwise is noticed."""

import json
from pathlib import Path

import pytest
import torch

from labutils.doctor import AILMENTS, ailment_of, explain
from labutils.errors import LabError

from toys import make_tiny_model


def _mixed_devices():
    torch.ones(2, device="meta") + torch.ones(2)


def _two_formats():
    torch.ones(2, 2) @ torch.ones(2, 2, dtype=torch.bfloat16)


def _second_backward():
    loss = (torch.ones(2, requires_grad=True) ** 2).sum()
    loss.backward()
    loss.backward()


def _inplace():
    torch.ones(2, requires_grad=True).add_(1)


def _other_tokenizer():
    make_tiny_model()(input_ids=torch.tensor([[999_999]]), decoder_input_ids=torch.tensor([[0]]))


def _other_weights():
    model = make_tiny_model()
    model.load_state_dict({"shared.weight": torch.ones(3, 3)}, strict=False)


def _renamed_argument():
    from transformers import TrainingArguments

    TrainingArguments("x", evaluation_strategy="epoch")


def _wrong_modules():
    from peft import LoraConfig, get_peft_model

    get_peft_model(make_tiny_model(), LoraConfig(target_modules=["no_such_layer"]))


def _cut_weights(folder):
    from safetensors.torch import load_file

    (folder / "model.safetensors").write_bytes(b"\x10\x00\x00\x00\x00\x00\x00\x00{")
    load_file(folder / "model.safetensors")


def _offline():
    from transformers import AutoTokenizer

    AutoTokenizer.from_pretrained("someone/a-model-that-is-not-here")


def _busy_port():
    import socket

    with socket.socket() as first, socket.socket() as second:
        first.bind(("127.0.0.1", 0))
        first.listen()
        second.bind(first.getsockname())


def _ragged_table(folder):
    import pandas as pd

    (folder / "a.csv").write_text("a,b\n1,2\n1,2,3\n")
    pd.read_csv(folder / "a.csv")


def _not_utf8(folder):
    (folder / "a.txt").write_bytes("Käse".encode("latin-1"))
    (folder / "a.txt").read_text(encoding="utf-8")


def _huge():
    import numpy as np

    np.ones(2**45)


def _no_end(n=0):
    return _no_end(n + 1)


def _cut_cell():
    import nbformat
    from nbclient import NotebookClient

    cell = nbformat.v4.new_code_cell("import time; time.sleep(60)")
    NotebookClient(nbformat.v4.new_notebook(cells=[cell]), timeout=1, kernel_name="python3").execute()


INDUCED = [  # (code, a call that raises it)
    ("cell-skipped", lambda: eval("model_of_a_cell_above")),
    ("ellipsis", lambda: ... + 1),
    ("indentation", lambda: compile("if 1:\nx = 1", "cell", "exec")),
    ("syntax", lambda: compile("print((1)", "cell", "exec")),
    ("package-missing", lambda: __import__("a_package_that_nobody_has")),
    ("package-version", _renamed_argument),
    ("memory", _huge),
    ("devices", _mixed_devices),
    ("devices", _two_formats),
    ("shapes", lambda: torch.ones(2, 3) @ torch.ones(2, 3)),
    ("shapes", lambda: torch.ones(3) + torch.ones(2)),
    ("token-id", _other_tokenizer),
    ("weights-fit-not", _other_weights),
    ("no-gradient", lambda: torch.ones(1).sum().backward()),
    ("second-backward", _second_backward),
    ("in-place", _inplace),
    ("target-modules", _wrong_modules),
    ("offline", _offline),
    ("port", _busy_port),
    ("no-file", lambda: Path("/no/such/file").read_text()),
    ("json", lambda: json.loads("{")),
    ("key", lambda: {}["summary"]),
    ("nothing-there", lambda: None.score),
    ("attribute", lambda: "text".score),
    ("arguments", lambda: _no_end(1, 2)),
    ("division", lambda: 1 / len([])),
    ("recursion", _no_end),
    ("cell-too-long", _cut_cell),
]
WITH_FOLDER = [("weights-damaged", _cut_weights), ("csv", _ragged_table), ("not-utf8", _not_utf8)]
# What needs a GPU, a full disk, another package or a person: the words of the libraries, as their sources have them.
TOLD = [
    ("interrupted", KeyboardInterrupt()),
    ("gpu-memory", torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB.")),
    ("disk-full", OSError(28, "No space left on device")),
    ("no-rights", PermissionError(13, "Permission denied")),
    ("torchao", ImportError("Found an incompatible version of torchao. Found version 0.10.0")),
    ("not-a-number", ValueError("Attempting to unscale FP16 gradients.")),
    ("gated", OSError("You are trying to access a gated repo.")),
    ("no-such-model", OSError("x is not a local folder and is not a valid model identifier listed on the hub")),
    ("kernel-died", RuntimeError("Kernel died before replying to kernel_info")),
]


def _raised(call, *arguments) -> BaseException:
    try:
        call(*arguments)
    except BaseException as error:
        return error
    raise AssertionError("nothing was raised")


@pytest.mark.parametrize(("code", "call"), INDUCED)
def test_an_induced_error_is_explained(code, call):
    error = _raised(call)
    assert ailment_of(error) and ailment_of(error).code == code, repr(error)


@pytest.mark.parametrize(("code", "call"), WITH_FOLDER)
def test_an_error_of_a_file_is_explained(code, call, tmp_path):
    error = _raised(call, tmp_path)
    assert ailment_of(error) and ailment_of(error).code == code, repr(error)


@pytest.mark.parametrize(("code", "error"), TOLD)
def test_an_error_that_cannot_be_induced_here_is_explained(code, error):
    assert ailment_of(error).code == code


def test_every_ailment_has_its_test():
    tested = {code for code, _call in (*INDUCED, *WITH_FOLDER, *TOLD)}
    assert tested == {ailment.code for ailment in AILMENTS}


def test_the_cause_is_explained_where_the_error_itself_is_unknown():
    class Odd(Exception):
        pass

    def wrapped():
        try:
            {}["summary"]
        except KeyError as error:
            raise Odd("odd") from error

    assert ailment_of(_raised(wrapped)).code == "key"


def test_explain_names_the_line_and_what_to_do(capsys):
    text = explain(_raised(lambda: {}["summary"]))
    assert "KeyError" in text and '{}["summary"]' in text and capsys.readouterr().out.strip() == text


def test_a_lab_error_explains_itself():
    assert explain(LabError("x", "this and that; do so")) == "this and that; do so"


def test_an_unknown_error_says_what_to_send():
    class Odd(Exception):
        pass

    assert "torch" in explain(_raised(lambda: (_ for _ in ()).throw(Odd("odd"))))


def test_without_an_error_it_says_so(monkeypatch):
    import sys

    monkeypatch.delattr(sys, "last_exc", raising=False)
    monkeypatch.delattr(sys, "last_value", raising=False)
    assert explain()
