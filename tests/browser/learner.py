"""What a learner does in JupyterLab, by mouse and keyboard; cells are named by their ids."""

from pathlib import Path
from typing import Any

import nbformat

MINUTES = 60_000  # ms
# The notebook in front; JupyterLab shows its application as window.jupyterapp when it is told to.
NOTEBOOK = "window.jupyterapp.shell.currentWidget"
READY = f"() => {NOTEBOOK}?.sessionContext?.session?.kernel?.status === 'idle' && {NOTEBOOK}.content.widgets.length > 0"
MARK = f"() => {{ for (const cell of {NOTEBOOK}.content.widgets) cell.node.dataset.cell = cell.model.id }}"
RUN = f"""async id => {{
    const panel = {NOTEBOOK}, notebook = panel.content
    notebook.activeCellIndex = notebook.widgets.findIndex(cell => cell.model.id === id)
    notebook.deselectAll()
    await window.jupyterapp.commands.execute('notebook:run-cell')
}}"""
OUTPUTS = f"id => {NOTEBOOK}.content.widgets.find(cell => cell.model.id === id).model.outputs.toJSON()"
WRITE = f"([id, text]) => {NOTEBOOK}.content.widgets.find(cell => cell.model.id === id).model.sharedModel.setSource(text)"
COMMAND = "([id, values]) => window.jupyterapp.commands.execute(id, values)"


class Learner:
    """A person before one page of JupyterLab.

    Attributes:
        page: Playwright's page.  folder: where the learner's notebooks lie.
    """

    def __init__(self, page: Any, address: str, token: str, folder: Path, pictures: Path):
        self.page, self.address, self.token, self.folder, self.pictures = page, address, token, folder, pictures
        page.set_default_timeout(2 * MINUTES)

    def open(self, name: str) -> None:
        """Open a notebook and wait until its kernel is ready."""
        self.page.goto(f"{self.address}/lab/tree/{name}?token={self.token}")
        self.ready()

    def ready(self) -> None:
        """Wait until the notebook in front has a kernel that waits for work."""
        self.page.wait_for_function(READY)
        self.page.evaluate(MARK)

    def make(self, name: str, *sources: str) -> None:
        """Write a notebook with these code cells, ids c0, c1 ..., and open it."""
        cells = [nbformat.v4.new_code_cell(source, id=f"c{i}") for i, source in enumerate(sources)]
        kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
        nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=kernel), self.folder / name)
        self.open(name)

    def cell(self, name: str) -> Any:
        """Return a cell's place in the page."""
        return self.page.locator(f'[data-cell="{name}"]')

    def run(self, *names: str) -> str:
        """Run cells one after the other; return what the last one printed."""
        for name in names:
            self.page.evaluate(RUN, name)
        return self.printed(names[-1])

    def outputs(self, name: str) -> list[dict]:
        """Return a cell's outputs in the format of notebooks."""
        return self.page.evaluate(OUTPUTS, name)

    def printed(self, name: str) -> str:
        """Return what a cell printed."""
        return "".join("".join(o["text"]) for o in self.outputs(name) if o["output_type"] == "stream")

    def write(self, name: str, source: str) -> None:
        """Write into a cell instead of what stands there."""
        self.page.evaluate(WRITE, [name, source])

    def command(self, name: str, **values: object) -> None:
        """Call one of JupyterLab's commands, as its menus do."""
        self.page.evaluate(COMMAND, [name, values])

    def code_cells(self) -> list[str]:
        """Return the ids of the code cells, in their order."""
        cells = f"{NOTEBOOK}.content.widgets.filter(cell => cell.model.type === 'code').map(cell => cell.model.id)"
        return self.page.evaluate(cells)

    def photograph(self, name: str, cell: str = "") -> None:
        """Keep a picture of the page, or of one cell."""
        (self.cell(cell) if cell else self.page).screenshot(path=self.pictures / f"{name}.png")

    def leave(self) -> None:
        """Close the notebook without saving and end its kernel."""
        if self.page.evaluate(f"() => Boolean(window.jupyterapp && {NOTEBOOK}?.sessionContext)"):
            self.page.evaluate(f"async () => {{ await {NOTEBOOK}.sessionContext.shutdown() }}")
