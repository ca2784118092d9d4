"""The sizes that a lab ran at: its parameters as the notebook has set them, so that only like runs are compared."""

import ast
import json
import sys

from labutils.machine import paths

PARAMETERS = "parameters"  # papermill's tag of the cell that declares them
APART = ("profile", "seed")  # results name these themselves
OTHER = "(another)"  # instead of a text that a person wrote: a name or a path is nobody's business


def declared(lab: str) -> dict[str, object]:
    """Return a shipped lab's parameters and their defaults, but for profile and seed; {} where there is no such lab."""
    for path in (*paths.labs_dir().glob(f"{lab}_*.ipynb"), paths.labs_dir() / "appendix" / f"{lab}.ipynb"):
        if path.is_file():
            return _of_cells(json.loads(path.read_text(encoding="utf-8"))["cells"])
    return {}


def _of_cells(cells: list[dict]) -> dict[str, object]:
    sources = (cell["source"] for cell in cells if PARAMETERS in cell["metadata"].get("tags", ()))
    body = ast.parse("".join(next(sources, ""))).body
    pairs = ((node.target, node.value) for node in body if isinstance(node, ast.AnnAssign) and node.value is not None)
    return {
        name.id: ast.literal_eval(value) for name, value in pairs if isinstance(name, ast.Name) and name.id not in APART
    }


def now(lab: str) -> dict[str, object]:
    """Return the parameters as the running notebook has them; {} where no notebook of the lab runs.

    Of texts only the default is told, anything else is :data:`OTHER`: a results file goes from hand to hand.
    """
    defaults, values = declared(lab), vars(sys.modules["__main__"])
    if not defaults.keys() <= values.keys():
        return {}
    return {name: _told(values[name], default) for name, default in defaults.items()}


def _told(value: object, default: object) -> object:
    same = type(value) is type(default) and value == default
    return value if same or isinstance(value, (bool, int, float)) else OTHER


def differing(here: dict, there: dict) -> list[str]:
    """Return the names of the parameters in which two runs differ."""
    return sorted(name for name in here.keys() | there.keys() if here.get(name, OTHER) != there.get(name, OTHER))
