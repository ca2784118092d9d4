"""The tree is as it is drawn: imports go down, in no circle; types fit; what is private to another library is listed."""

import ast
import subprocess
import sys
from pathlib import Path

from makers import picture

import private_touches

ROOT = Path(__file__).parents[1]


def call(*arguments):
    done = subprocess.run([sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_imports_keep_the_contracts_of_pyproject():
    call("-c", "from importlinter.cli import lint_imports_command as lint; lint()", "--no-cache")


def test_the_picture_shows_the_imports():
    """If this fails: python -m makers.picture"""
    text = picture.TARGET.read_text(encoding="utf-8")
    for start, end in picture.arrows(picture.imports_down(picture.layers())):
        assert f"{start} imports {end}" in text


def test_private_members_of_other_libraries_are_listed():
    """A release of a library may change them without a word. If one is needed: python tests/private_touches.py"""
    listed = private_touches.LIST.read_text(encoding="utf-8").splitlines()[1:]
    assert sorted(listed) == private_touches.listing()


def test_a_touch_is_seen_in_each_of_its_forms():
    source = """
import torch, torch._dynamo
from transformers.utils._x import y
from transformers import Trainer, _private
def _own(x): return x._own_attribute
class Ours(Trainer):
    def __init__(self): self._own_attribute = 1
print(model._n_gpu, getattr(model, "_flag"), torch._C, _own(1), name.endswith("_end"), f"{name}_part", model.__dict__)
"""
    tree = ast.parse(source)
    assert set(private_touches.touches(tree, private_touches.defined(tree))) == {
        "import torch._dynamo", "import transformers.utils._x.y", "import transformers._private", "model._n_gpu", "'_flag'",
        "torch._C",
    }  # fmt: skip


def test_no_file_is_written_but_in_one_step():
    """A full disk or a kill left half a file where a whole one was: labutils.files knows how."""
    paths = [path for room in ("labutils", "makers") for path in (ROOT / room).rglob("*.py")]
    found = {
        path.relative_to(ROOT).as_posix(): node.func.attr
        for path in paths if path.name != "files.py"
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("write_text", "write_bytes")
        and not (isinstance(node.func.value, ast.Name) and node.func.value.id == "files")
    }  # fmt: skip
    assert found == {}


def test_types():
    """Its cache makes the second call a matter of seconds."""
    call("-m", "mypy")
