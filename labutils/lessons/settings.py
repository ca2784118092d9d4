"""Which of a lab's parameters a learner changed: results of other sizes are not compared with the usual ones."""

import ast
import json
import sys
from pathlib import Path

from labutils.machine import paths

# What results.json says elsewhere, or what no number depends on.
ELSEWHERE = frozenset("profile seed base_model tuned_model dialogues your_name class_folder prices".split())
Value = bool | int | float | str


def defaults(path: Path) -> dict[str, Value]:
    """Return the parameters of a notebook with the values that it declares, {} where it has none or cannot be read."""
    try:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        [source] = ["".join(cell["source"]) for cell in cells if "parameters" in cell["metadata"].get("tags", [])]
        tree = ast.parse(source)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, SyntaxError):
        return {}
    return {
        node.target.id: node.value.value
        for node in tree.body
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, Value)
    }  # fmt: skip


def changed(lab: str) -> dict[str, Value]:
    """Return the parameters that have other values in this notebook than in the shipped one, with these values.

    Outside of a notebook, and for a lab that is not shipped, there are none.
    """
    module = sys.modules.get("IPython")
    shell = module.get_ipython() if module else None
    path = next(paths.labs_dir().glob(f"{lab}_*.ipynb"), None)
    if shell is None or path is None:
        return {}
    usual = {name: value for name, value in defaults(path).items() if name not in ELSEWHERE}
    values = {name: shell.user_ns.get(name, value) for name, value in usual.items()}
    return {name: value for name, value in values.items() if isinstance(value, Value) and value != usual[name]}
