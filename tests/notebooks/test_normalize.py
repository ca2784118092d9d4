"""Labs that are built: executed and brought to normal form, or left as they were."""

import nbformat
from nbformat.v4 import new_code_cell, new_notebook, new_output

from labutils import notebooks
from labutils.notebooks import normalize, verify

from small_labs import RESULTS, built, notebook


def test_build_then_verify_then_build_changes_nothing(folder):
    assert all(outcome.ok for outcome in normalize.build([], folder))
    before = {path.name: path.read_text() for path in notebooks.find(folder=folder)}
    assert verify.verify(folder=folder) == []
    normalize.build([], folder)
    assert before == {path.name: path.read_text() for path in notebooks.find(folder=folder)}


def test_a_build_names_no_folder_of_its_own(folder):
    """A training that is interrupted says where its checkpoints lie; in a build that is a folder for a while."""
    where = "from labutils.machine import paths\nprint('saved in', paths.runs_dir() / '91')\n" + RESULTS.format(
        lab="91"
    )
    nbformat.write(notebook("91", where), folder / "91_first.ipynb")
    said = [notebooks.text_outputs(cell) for cell in built(folder).cells if cell.get("outputs")]
    assert any(text.startswith("saved in runs/91\n") for text in said), said


def test_a_failed_build_leaves_the_committed_lab(folder):
    nbformat.write(notebook("92", "1 / 0"), folder / "92_second.ipynb")
    before = (folder / "92_second.ipynb").read_text()
    assert [o.ok for o in normalize.build([], folder)] == [True, False]
    assert (folder / "92_second.ipynb").read_text() == before


def test_stderr_and_widget_views_go_results_stay():
    cell = new_code_cell("x", execution_count=1)
    cell.outputs = [
        new_output("stream", name="stderr", text="bar"),
        new_output("stream", name="stdout", text="a"),
        new_output("stream", name="stdout", text="b"),
        new_output("display_data", {"application/vnd.jupyter.widget-view+json": {}, "text/plain": "w"}),
        new_output("display_data", {"image/png": "AA=="}, metadata={"image/png": {"alt": "text"}}),
    ]
    normal = normalize.normalize(new_notebook(cells=[cell])).cells[0]
    assert [o.output_type for o in normal.outputs] == ["stream", "display_data"]
    assert normal.outputs[0].text == "ab" and normal.outputs[1].metadata["image/png"]["alt"] == "text"
