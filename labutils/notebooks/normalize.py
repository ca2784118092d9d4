"""``labs build``: execute the committed labs and bring them to normal form."""

import os
import re
import tempfile
from collections.abc import Sequence
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from labutils import files, notebooks
from labutils.errors import LabError
from labutils.notebooks import lesson
from labutils.notebooks import run as running
from labutils.notebooks.outcomes import Outcome

KERNEL = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
KEPT_NOTEBOOK_METADATA = ("kernelspec", "language_info", "finetune_labs")
KEPT_CELL_METADATA = ("tags", "jupyter")


def normalize(notebook: NotebookNode) -> NotebookNode:
    """Bring a notebook to normal form, in place: ids, tags, counts and outputs stay; traces of one execution go.

    Dropped: widget state and views (a notebook with ``metadata.widgets`` does not render on some hosts), papermill's
    and the front end's metadata, stderr of cells that no test compares (progress bars, warnings).
    """
    kept = {key: notebook.metadata[key] for key in KEPT_NOTEBOOK_METADATA if key in notebook.metadata}
    notebook.metadata = nbformat.from_dict(kept | KERNEL)
    for cell in notebook.cells:
        cell.metadata = nbformat.from_dict(
            {key: cell.metadata[key] for key in KEPT_CELL_METADATA if key in cell.metadata}
        )
        if cell.cell_type == "code":
            cell.outputs = [_normal_output(output) for output in cell.outputs if _keep(output, cell)]
            cell.outputs = _joined_streams(cell.outputs)
    return notebook


def _keep(output: NotebookNode, cell: NotebookNode) -> bool:
    if output.output_type == "stream" and output.name == "stderr":
        return notebooks.CHECKED in notebooks.tags(cell)
    return WIDGET_VIEW not in output.get("data", {})


def _normal_output(output: NotebookNode) -> NotebookNode:
    if output.output_type == "execute_result":
        output.metadata = {}
    for mime, value in output.get("data", {}).items():
        if isinstance(value, str):
            output.data[mime] = re.sub(r" at 0x[0-9a-f]+", " at 0x...", value)
    return output


def _joined_streams(outputs: list) -> list:
    """Join neighbouring pieces of one stream: where they were cut depends on timing."""
    joined: list = []
    for output in outputs:
        if joined and output.output_type == "stream" == joined[-1].output_type and joined[-1].name == output.name:
            joined[-1].text += output.text
        else:
            joined.append(output)
    return joined


def build(labs: Sequence[str], folder: Path | None = None) -> list[Outcome]:
    """Execute labs with their defaults and write them back, executed and normalised; a failed one stays as it was."""
    os.environ["LABS_PROFILE"] = "pocket"  # what is committed is the course that every machine can run
    with tempfile.TemporaryDirectory() as scratch:
        outcomes = running.run(labs, Path(scratch), folder=folder)
        for outcome, path in zip(outcomes, notebooks.find(labs, folder), strict=True):
            if outcome.ok:
                executed = notebooks.read(outcome.notebook)
                core_share = _core_share(executed)
                _name_folder(executed, scratch)
                write(normalize(executed), path)
                results = files.read_json(outcome.notebook.parent / "results.json")
                if folder is None and results and outcome.lab.isdecimal():  # the appendix is left out here
                    lesson.store(outcome.lab, results, core_share)
    return outcomes


def _name_folder(notebook: NotebookNode, scratch: str) -> None:
    """Write ``runs`` for the folder of a build, in what cells printed: a learner's results lie there."""
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if output.output_type == "stream":
                output.text = output.text.replace(scratch, "runs")


def _core_share(executed: NotebookNode) -> float | None:
    """Return the part of a lab's seconds that its core path took; None where papermill left no seconds."""

    def seconds(notebook: NotebookNode) -> float:
        return float(sum(cell.metadata.get("papermill", {}).get("duration") or 0 for cell in notebook.cells))

    whole = seconds(executed)
    return seconds(lesson.core_path(executed)) / whole if whole else None


def normal_text(notebook: NotebookNode) -> str:
    """Return a notebook as git likes it: one space of indentation, a final newline."""
    return nbformat.writes(notebook, indent=1).rstrip("\n") + "\n"


def write(notebook: NotebookNode, path: Path) -> None:
    """Write a notebook in one step."""
    try:
        nbformat.validate(notebook)
    except nbformat.ValidationError as error:
        raise LabError("notebook", f"{path}: {error.message}") from error
    files.write_text(path, normal_text(notebook))
