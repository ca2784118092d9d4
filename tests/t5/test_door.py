"""What T5 and PEFT are made of is known in labutils/t5 alone: a release that renames a part is mended there."""

import ast
import re
from pathlib import Path

import labutils
from labutils import t5
from labutils.t5 import decoding, forward, surgery

ROOT = Path(labutils.__file__).parent
OUTSIDE = [path for path in sorted(ROOT.rglob("*.py")) if "t5" not in path.relative_to(ROOT).parts]
INSIDES = (
    r"SelfAttention|EncDecAttention|DenseReluDense|relative_attention|T5Block|T5Layer|\bwi_[01]|base_layer|lora_[AB]\b"
)


def imported(path):
    """The modules that a file imports, each name of a `from` import as one."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_the_rest_of_the_package_comes_through_the_door():
    inner = {"forward", "decoding", "structure", "agreement", "weights"}
    for path in OUTSIDE:
        assert not {f"labutils.t5.{name}" for name in inner} & {*imported(path)}, path


def test_the_rest_of_the_package_names_no_part_of_t5_or_of_an_adapter():
    for path in OUTSIDE:
        found = re.findall(INSIDES, path.read_text(encoding="utf-8"))
        assert not found or "exercises" in path.parts, (path, found)  # lab 05 builds a LoRA layer of its own


def test_t5_stands_below_models():
    for path in sorted((ROOT / "t5").glob("*.py")):
        assert not {"labutils.models", "labutils.generation"} & {*imported(path)}, path


def test_what_the_labs_and_the_makers_call_stays():
    assert (forward.Forward, forward.fits, forward.loss_function) == (t5.Forward, t5.fits_training, t5.loss_function)
    assert (decoding.Greedy, decoding.fits) == (t5.Greedy, t5.fits_decoding)
    assert surgery.set_dropout is t5.set_dropout
    assert all(getattr(t5, name).__doc__ for name in t5.__all__)
