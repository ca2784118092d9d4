"""Which private members of other libraries the code touches; run as a program it writes private_touches.txt.

Seen: attributes with one leading underscore on what is not ours, imports of private names or modules, names in getattr and
the like, and methods that override a private one of another library's class.
"""

import ast
import importlib
import inspect
import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LIST = Path(__file__).with_suffix(".txt")
PACKAGES = ("labutils", "makers")
PRIVATE = re.compile(r"_[a-zA-Z]\w*")
HEAD = (
    "# Private members of other libraries that labutils and makers touch; written by: python tests/private_touches.py\n"
)


def sources() -> dict[Path, ast.Module]:
    """Return the parsed modules of both packages."""
    paths = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
    return {path: ast.parse(path.read_text(encoding="utf-8")) for path in paths}


def defined(tree: ast.Module) -> set[str]:
    """Return the private names that a module itself makes: functions, classes, variables, attributes of its objects."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            names |= {node.attr} if isinstance(node.value, ast.Name) and node.value.id in ("self", "cls") else set()
    return {name for name in names if PRIVATE.fullmatch(name)}


def touches(tree: ast.Module, ours: set[str]) -> Iterator[str]:
    """Yield what a module's text touches; ``ours``: the private names that some module of ours makes."""
    foreign = {name for name in _imported(tree) if PRIVATE.fullmatch(name)}
    modules = {alias.asname or alias.name.split(".")[0] for alias in _aliases(tree)}
    endings = {id(part) for node in ast.walk(tree) for part in _endings(node)}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom | ast.Import):
            yield from _imports(node)
        elif isinstance(node, ast.Attribute) and PRIVATE.fullmatch(node.attr):
            owner = ast.unparse(node.value)
            if node.attr not in ours or owner.split(".")[0] in modules or node.attr in foreign:
                yield f"{owner}.{node.attr}"
        elif isinstance(node, ast.Constant) and id(node) not in endings and node.value not in ours:
            yield from [repr(node.value)] if PRIVATE.fullmatch(str(node.value)) else []


def _endings(node: ast.AST) -> list[ast.expr]:
    """Texts that are parts of longer ones, and so no names."""
    if isinstance(node, ast.JoinedStr):
        return node.values
    function = node.func if isinstance(node, ast.Call) else None
    return node.args if isinstance(function, ast.Attribute) and function.attr in ("endswith", "removesuffix") else []


def _aliases(tree: ast.Module) -> Iterator[ast.alias]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias for alias in node.names if alias.name.split(".")[0] not in PACKAGES)


def _imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] not in PACKAGES:
            yield from (alias.name for alias in node.names)


def _imports(node: ast.Import | ast.ImportFrom) -> Iterator[str]:
    names = [alias.name for alias in node.names]
    paths = [f"{node.module}.{name}" for name in names] if isinstance(node, ast.ImportFrom) else names
    for path in paths:
        if path.split(".")[0] not in PACKAGES and any(PRIVATE.fullmatch(part) for part in path.split(".")):
            yield f"import {path}"


def overrides(module: object) -> Iterator[str]:
    """Yield the private members of other libraries' classes that a module's own classes override."""
    for cls in vars(module).values():
        if not inspect.isclass(cls) or cls.__module__ != getattr(module, "__name__", None):
            continue
        for base in cls.__mro__[1:]:
            if base.__module__.split(".")[0] not in (*PACKAGES, "builtins"):
                names = [name for name in vars(cls) if PRIVATE.fullmatch(name) and name in vars(base)]
                names = [name for name in names if inspect.isroutine(vars(cls)[name])]  # a metaclass puts others there
                yield from (f"{cls.__name__}.{name} overrides {base.__name__}'s" for name in names)


def listing() -> list[str]:
    """Return one line for each touch: the file, and what is touched."""
    trees = sources()
    ours = set().union(*(defined(tree) for tree in trees.values()))
    lines = set()
    for path, tree in trees.items():
        name = path.relative_to(ROOT).as_posix()
        lines |= {f"{name}: {touch}" for touch in touches(tree, ours)}
        if any(isinstance(node, ast.ClassDef) and node.bases for node in ast.walk(tree)) and "__main__" not in name:
            module = importlib.import_module(name.removesuffix(".py").removesuffix("/__init__").replace("/", "."))
            lines |= {f"{name}: {touch}" for touch in overrides(module)}
    return sorted(lines)


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    LIST.write_text(HEAD + "".join(f"{line}\n" for line in listing()), encoding="utf-8", newline="\n")
    print(LIST)
