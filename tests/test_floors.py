"""The house stands: imports go down or along a floor, never up, never in a circle; modules and functions stay small."""

import ast
import graphlib
from pathlib import Path

import labutils

ROOT = Path(labutils.__file__).parent
FLOORS = {
    0: ["i18n", "config", "environment", "runtime"],
    1: [
        "textfiles",
        "records",
        "dialogsum",
        "dialogues",
        "support",
        "rouge",
        "probes",
        "intervals",
        "scores",
        "processes",
    ],
    2: ["prompts", "models", "overlaps", "claims", "tradeoffs"],
    3: ["tasks", "batches", "forward", "decoding", "generation", "behaviour"],
    4: ["tracing", "planner", "memory", "checkpoints", "history", "trainer", "training", "evaluation", "bounds"],
    5: ["datacheck", "forgetting"],
    6: ["runner", "lab", "plots"],
    7: ["exercises", "notebooks", "launching", "bench"],
    8: ["cli"],
}
FLOOR = {module: floor for floor, modules in FLOORS.items() for module in modules}
MAX_LINES = 280
MAX_FUNCTION_LINES = 60


def module_of(path: Path) -> str:
    """Return the first part of a module's name below labutils: the unit that has a floor."""
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


def sources() -> list[Path]:
    return [p for p in sorted(ROOT.rglob("*.py")) if p.relative_to(ROOT).parts[0] not in ("_data", "_labs")]


def imported(path: Path) -> set[str]:
    """Return the labutils modules that a file imports, inside functions too."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "labutils":
            rest = node.module.split(".")[1:]
            found |= {rest[0]} if rest else {alias.name for alias in node.names}
        elif isinstance(node, ast.Import):
            found |= {a.name.split(".")[1] for a in node.names if a.name.startswith("labutils.")}
    return found


def graph() -> dict[str, set[str]]:
    edges: dict[str, set[str]] = {}
    for path in sources():
        if path.name == "__init__.py" and path.parent == ROOT:
            continue
        edges.setdefault(module_of(path), set()).update(imported(path) - {module_of(path)})
    return edges


def test_every_module_has_a_floor():
    assert set(graph()) - {"pocket"} == set(FLOOR)


def test_imports_never_go_up():
    wrong = [
        f"{module} (floor {FLOOR[module]}) imports {other} (floor {FLOOR[other]})"
        for module, others in graph().items() if module != "pocket"
        for other in others if other in FLOOR and FLOOR[other] > FLOOR[module]
    ]  # fmt: skip
    assert not wrong


def test_nothing_imports_the_maker_of_the_model():
    assert not [module for module, others in graph().items() if "pocket" in others]


def test_no_circles():
    edges = {module: others - {"runtime"} if module == "config" else others for module, others in graph().items()}
    graphlib.TopologicalSorter(edges).prepare()  # raises CycleError


def test_modules_and_functions_are_short():
    for path in sources():
        text = path.read_text(encoding="utf-8")
        assert len(text.splitlines()) <= MAX_LINES, path
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef):
                assert node.end_lineno - node.lineno < MAX_FUNCTION_LINES, f"{path}: {node.name}"


def test_importing_labutils_is_cheap():
    import subprocess
    import sys

    code = "import sys, labutils, labutils.cli; print(sorted({'torch', 'transformers', 'datasets'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
