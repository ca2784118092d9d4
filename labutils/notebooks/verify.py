"""``labs verify notebooks``: what a committed lab must be."""

import re
from collections.abc import Sequence
from pathlib import Path

from nbformat import NotebookNode

from labutils import notebooks
from labutils.i18n import _
from labutils.notebooks import lesson
from labutils.notebooks.normalize import normal_text, normalize
from labutils.notebooks.run import SENTINEL

# A path of one machine; a date such as 2026/11 or a ratio is none.
ABSOLUTE_PATH = re.compile(
    r"(?<![\w./:~-])(/(?:home|root|Users|tmp|work|mnt|content|var|opt|usr)/[\w.-]+|[A-Z]:\\\\?\w+)"
)
MAX_CELL_LINES = 25
BUDGETS = {"00": lesson.Budget(cells=25)}


def verify(labs: Sequence[str] = (), folder: Path | None = None) -> list[str]:
    """Return every fault of the committed labs, each naming file, cell and what is wrong."""
    chosen = notebooks.find(labs, folder) + ([] if labs else notebooks.appendix(folder))
    return [f"{path.name}: {fault}" for path in chosen for fault in faults(path)]


def faults(path: Path) -> list[str]:
    """Return the faults of one lab."""
    notebook = notebooks.read(path)
    lab = notebooks.number(path)
    return [
        *([] if _is_normal(path) else [_("not in normal form; run `labs build {lab}`").format(lab=lab)]),
        *_structure(notebook),
        *_cells(notebook),
        *(_lesson(notebook, lab) if path.resolve().parent == notebooks.paths.labs_dir() else ()),
        *_stubs(notebook, lab),
    ]


def _is_normal(path: Path) -> bool:
    return normal_text(normalize(notebooks.read(path))) == path.read_text(encoding="utf-8")


def _structure(notebook: NotebookNode) -> list[str]:
    faults = []
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    if sum(notebooks.PARAMETERS in notebooks.tags(cell) for cell in code) != 1:
        faults.append(_("exactly one cell must be tagged {tag!r}").format(tag=notebooks.PARAMETERS))
    if not code or SENTINEL not in notebooks.text_outputs(code[-1]):
        faults.append(_("the last code cell's output does not say that the lab is complete"))
    if not any(notebooks.CHECKED in notebooks.tags(cell) for cell in code):
        faults.append(_("no cell is tagged {tag!r}: nothing would be compared").format(tag=notebooks.CHECKED))
    if len({cell.id for cell in notebook.cells}) != len(notebook.cells):
        faults.append(_("two cells have the same id"))
    return faults


def _cells(notebook: NotebookNode) -> list[str]:
    faults = []
    for cell in notebook.cells:
        where = _("cell {id}").format(id=cell.id)
        streams = "".join(o.get("text", "") for o in cell.get("outputs", ()))  # stderr too: nbval compares it
        shown = cell.source + streams + (notebooks.text_outputs(cell) if cell.cell_type == "code" else "")
        path = ABSOLUTE_PATH.search(shown)
        if path:
            faults.append(f"{where}: " + _("an absolute path: {path}").format(path=path[0]))
        if cell.cell_type != "code":
            continue
        if any(output.output_type == "error" for output in cell.outputs):
            faults.append(f"{where}: " + _("an error in its output"))
        if cell.source.strip() and cell.execution_count is None:
            faults.append(f"{where}: " + _("not executed, so no test would compare it"))
        if notebooks.CHECKED in notebooks.tags(cell) and not notebooks.text_outputs(cell).strip():
            faults.append(f"{where}: " + _("checked, but without output"))
        if len(cell.source.splitlines()) > MAX_CELL_LINES:
            faults.append(f"{where}: " + _("over {n} lines").format(n=MAX_CELL_LINES))
    return faults


def _lesson(notebook: NotebookNode, lab: str) -> list[str]:
    numbers = lesson.stored(lab).get("numbers", {})
    return [*lesson.over_budget(notebook, BUDGETS.get(lab)), *lesson.misquoted(notebook, numbers),
            *lesson.answered_at_once(notebook)]  # fmt: skip


def _stubs(notebook: NotebookNode, lab: str) -> list[str]:
    """A learner's stub must hold no solution, and every exercise of the lab must have its stub."""
    from labutils.exercises import load

    stubs: dict[str, NotebookNode] = {}
    for cell in notebook.cells:
        if notebooks.EXERCISE in notebooks.tags(cell):
            stubs |= dict.fromkeys(notebooks.stub_names(cell.source), cell)
    faults = []
    for exercise in load(lab):
        cell = stubs.pop(exercise.name, None)
        if cell is None:
            faults.append(_("exercise {name} has no stub cell").format(name=exercise.name))
        elif not exercise.is_stub_source(cell.source):
            faults.append(
                _("cell {id}: the stub of {name} holds more than `...`").format(id=cell.id, name=exercise.name)
            )
    return faults + [
        _("cell {id}: no exercise is named {name}").format(id=cell.id, name=name) for name, cell in stubs.items()
    ]
