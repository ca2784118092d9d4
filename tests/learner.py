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
WRITE = (
    f"([id, text]) => {NOTEBOOK}.content.widgets.find(cell => cell.model.id === id).model.sharedModel.setSource(text)"
)
COMMAND = "([id, values]) => window.jupyterapp.commands.execute(id, values)"
# Contrast as WCAG 2.2 defines it: (L1 + 0.05) / (L2 + 0.05) of the relative luminances.
CONTRASTS = """selector => {
    const rgb = text => text.match(/[\\d.]+/g).map(Number)
    const light = ([r, g, b]) => [r, g, b].map(v => v / 255).map(v => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4)
        .reduce((sum, v, i) => sum + v * [.2126, .7152, .0722][i], 0)
    const behind = node => {
        for (; node; node = node.parentElement) {
            const colour = rgb(getComputedStyle(node).backgroundColor)
            if (colour.length < 4 || colour[3] > 0) return colour
        }
        return [255, 255, 255]
    }
    const texts = [...document.querySelectorAll(selector + ' *')].filter(node => node.checkVisibility() &&
        [...node.childNodes].some(child => child.nodeType === 3 && child.data.trim()))
    return texts.map(node => {
        const [a, b] = [light(rgb(getComputedStyle(node).color)), light(behind(node))].sort((x, y) => y - x)
        return [node.textContent.trim().slice(0, 40), (a + .05) / (b + .05)]
    })
}"""


class Learner:
    """A person before one page of JupyterLab.

    Attributes:
        page: Playwright's page.  folder: where the learner's notebooks lie.
    """

    def __init__(self, page: Any, address: str, token: str, folder: Path, pictures: Path):
        self.page, self.address, self.token, self.folder, self.pictures = page, address, token, folder, pictures
        page.set_default_timeout(5 * MINUTES)

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
        """Run cells one after the other; return what the last one says. A cell that fails fails the test."""
        for name in names:
            self.page.evaluate(RUN, name)
            errors = [output for output in self.outputs(name) if output["output_type"] == "error"]
            assert not errors, (name, errors[0]["ename"], errors[0]["evalue"])
        return self.said(names[-1])

    def outputs(self, name: str) -> list[dict]:
        """Return a cell's outputs in the format of notebooks."""
        return self.page.evaluate(OUTPUTS, name)

    def said(self, name: str) -> str:
        """Return what a cell printed, and the words of what it displayed."""
        texts = [output.get("text", output.get("data", {}).get("text/plain", "")) for output in self.outputs(name)]
        return "".join("".join(text) for text in texts)

    def write(self, name: str, source: str) -> None:
        """Write into a cell instead of what stands there."""
        self.page.evaluate(WRITE, [name, source])

    def start(self, name: str) -> None:
        """Begin a cell and do not wait for its end."""
        self.page.evaluate(f"id => {{ ({RUN})(id) }}", name)

    def until(self, name: str, words: str) -> None:
        """Wait until a cell's outputs hold these words."""
        self.page.wait_for_function(
            f"([id, words]) => JSON.stringify(({OUTPUTS})(id)).includes(words)", arg=[name, words]
        )

    def contrasts(self, selector: str) -> list[tuple[str, float]]:
        """Return (text, contrast to what is behind it, by WCAG 2) of all texts below a selector."""
        pairs = [tuple(pair) for pair in self.page.evaluate(CONTRASTS, selector)]
        assert pairs, f"no text is seen below {selector}"
        return pairs

    def command(self, name: str, **values: object) -> None:
        """Call one of JupyterLab's commands, as its menus do."""
        self.page.evaluate(COMMAND, [name, values])

    def code_cells(self) -> list[str]:
        """Return the ids of the code cells, in their order."""
        cells = f"{NOTEBOOK}.content.widgets.filter(cell => cell.model.type === 'code').map(cell => cell.model.id)"
        return self.page.evaluate(cells)

    def photograph(self, name: str, cell: str = "") -> None:
        """Keep a picture of the page, a cell in its middle."""
        if cell:
            self.cell(cell).evaluate("node => node.scrollIntoView({block: 'center'})")
        self.page.screenshot(path=self.pictures / f"{name}.png")

    def leave(self) -> None:
        """Close the notebook without saving and end its kernel."""
        if self.page.evaluate(f"() => Boolean(window.jupyterapp && {NOTEBOOK}?.sessionContext)"):
            self.page.evaluate(f"async () => {{ await {NOTEBOOK}.sessionContext.shutdown() }}")
