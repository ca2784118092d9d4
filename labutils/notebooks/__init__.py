"""The notebooks: start, run, build, verify, report."""

import ast
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from labutils.errors import LabError
from labutils.i18n import _
from labutils.machine import paths

if TYPE_CHECKING:
    from nbformat import NotebookNode

CHECKED = "nbval-check-output"
PARAMETERS = "parameters"
EXERCISE = "exercise"
APPENDIX = "appendix"  # the folder, in that of the labs
NUMBERED = re.compile(r"\d\d_")


def number(path: Path) -> str:
    """Return a lab's number, ``"03"``, from its file name; of an appendix its name, ``"gpu"``."""
    return path.name[:2] if NUMBERED.match(path.name) else path.stem


def find(labs: Sequence[str] = (), folder: Path | None = None) -> list[Path]:
    """Return the notebooks of the labs named (``"3"``, ``"03"``, ``"gpu"``; none: all that have a number), in their order.

    Raises:
        LabError: no such lab (code ``"lab"``).
    """
    folder = folder or paths.labs_dir()
    numbered = {number(path): path for path in sorted(folder.glob("[0-9][0-9]_*.ipynb"))}
    there = numbered | {number(path): path for path in appendix(folder)}
    wanted = [lab.zfill(2) if lab.isdecimal() else lab for lab in labs] or list(numbered)
    for lab in wanted:
        if lab not in there:
            choices = ", ".join(there)
            raise LabError(
                "lab",
                _("there is no lab {lab!r} in {folder}; there are: {choices}").format(
                    lab=lab, folder=folder, choices=choices
                ),
            )
    return [there[lab] for lab in sorted(set(wanted))]


def appendix(folder: Path | None = None) -> list[Path]:
    """Return the notebooks that are no lab: they are run where they are named, and never by the way."""
    return sorted(((folder or paths.labs_dir()) / APPENDIX).glob("*.ipynb"))


def read(path: Path) -> "NotebookNode":
    """Read a notebook.

    Raises:
        LabError: it is no notebook (code ``"notebook"``).
    """
    import nbformat

    try:
        notebook = nbformat.read(path, as_version=4)
        if not _is_whole(notebook):  # nbformat writes that into a log alone
            raise ValueError(_("its cells are of another shape"))
    except Exception as error:  # nbformat raises many types for one thing: not a notebook
        raise LabError(
            "notebook", _("{path} is not a notebook: {error}").format(path=path, error=str(error)[:200])
        ) from error
    return notebook


def _is_whole(notebook: "NotebookNode") -> bool:
    """Whether each cell has what a cell has, as far as it is read here."""
    return all(
        isinstance(cell.get("cell_type"), str) and isinstance(cell.get("source"), str) and isinstance(cell.get("metadata"), dict)
        and isinstance(cell.metadata.get("tags", []), list)
        and (cell.cell_type != "code" or ("execution_count" in cell and all(map(_is_output, cell.get("outputs", [None])))))
        for cell in notebook.cells
    )  # fmt: skip


def _is_output(output: object) -> bool:
    if not isinstance(output, dict) or not isinstance(output.get("output_type"), str):
        return False
    if output["output_type"] == "stream":
        return isinstance(output.get("name"), str) and isinstance(output.get("text"), str)
    return isinstance(output.get("data", {}), dict) and isinstance(output.get("data", {}).get("text/plain", ""), str)


def tags(cell: "NotebookNode") -> list[str]:
    """Return a cell's tags."""
    return cell.metadata.get("tags", [])


def stub_names(source: str) -> list[str]:
    """Return the exercises that a stub cell leaves to the learner: functions, and names set as ``answer_NAME = ...``."""
    names = []
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef):
            names.append(node.name)
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            name = node.targets[0].id
            names += [name.removeprefix("answer_")] if name.startswith("answer_") else []
    return names


def text_outputs(cell: "NotebookNode") -> str:
    """Return what a code cell printed to stdout and showed as plain text."""
    parts = []
    for output in cell.get("outputs", []):
        if output.output_type == "stream" and output.name == "stdout":
            parts.append(output.text)
        elif "data" in output:
            parts.append(output.data.get("text/plain", ""))
    return "\n".join(parts)
