"""What a lab itself says: a text that stands in its shipped code is nobody's own, and may leave a student's machine."""

import ast
import json
import re
from functools import cache

from labutils.machine import paths

NUMBER = r"[-+]?[\d.,]+ ?%?"  # what an f-string of a lab puts into its sentences


@cache
def _said(lab: str) -> tuple[frozenset[str], tuple[re.Pattern[str], ...]]:
    """Return the strings of a lab's code, and patterns of those with numbers in them."""
    path = next(paths.labs_dir().glob(f"{lab}_*.ipynb"), None)
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"] if path else []
    plain: set[str] = set()
    patterns = []
    for cell in cells:
        source = "".join(cell["source"]) if cell["cell_type"] == "code" else ""
        try:
            nodes = list(ast.walk(ast.parse(source)))
        except SyntaxError:  # a line of IPython's own
            continue
        plain |= {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}
        patterns += [_pattern(node) for node in nodes if isinstance(node, ast.JoinedStr)]
    return frozenset(plain), tuple(patterns)


def _pattern(text: ast.JoinedStr) -> re.Pattern[str]:
    parts = [re.escape(str(part.value)) if isinstance(part, ast.Constant) else NUMBER for part in text.values]
    return re.compile("".join(parts))


def shipped(lab: str, text: str) -> bool:
    """Whether a text stands in the shipped lab's code, with any numbers where the code puts some."""
    plain, patterns = _said(lab)
    return text in plain or any(pattern.fullmatch(text) for pattern in patterns)
