"""What a learner does in JupyterLab, by mouse and keyboard; cells are named by their ids."""

from pathlib import Path
from typing import Any
from uuid import uuid4

import nbformat

MINUTES = 60_000  # ms
LIGHT, DARK = "JupyterLab Light", "JupyterLab Dark"
# The notebook in front; JupyterLab shows its application as window.jupyterapp when it is told to.
NOTEBOOK = "window.jupyterapp.shell.currentWidget"
READY = f"() => {NOTEBOOK}?.sessionContext?.session?.kernel?.status === 'idle' && {NOTEBOOK}.content.widgets.length > 0"
IDLE = f"() => {NOTEBOOK}.sessionContext.session.kernel.status === 'idle'"
MARK = f"() => {{ for (const cell of {NOTEBOOK}.content.widgets) cell.node.dataset.cell = cell.model.id }}"
SELECT = f"""id => {{
    const notebook = {NOTEBOOK}.content
    notebook.activeCellIndex = notebook.widgets.findIndex(cell => cell.model.id === id)
    notebook.deselectAll()
}}"""
RUN = f"async id => {{ ({SELECT})(id); await window.jupyterapp.commands.execute('notebook:run-cell') }}"
CELL = f"{NOTEBOOK}.content.widgets.find(cell => cell.model.id === id).model"
OUTPUTS = f"id => {CELL}.outputs.toJSON()"
COMMAND = "([id, values]) => window.jupyterapp.commands.execute(id, values)"


class Learner:
    """A person before one page of JupyterLab.

    Attributes:
        page: Playwright's page.  folder: where the learner's notebooks lie.  pictures: where photographs go.
    """

    def __init__(self, page: Any, address: str, token: str, folder: Path, pictures: Path):
        self.page, self.address, self.token, self.folder, self.pictures = page, address, token, folder, pictures
        page.set_default_timeout(5 * MINUTES)  # a machine may be busy

    # --- notebooks and their cells ----------------------------------------------------------------------------------
    def open(self, name: str) -> None:
        """Open a notebook, alone in a workspace of its own, and wait until its kernel is ready."""
        self.page.goto(f"{self.address}/lab/workspaces/{uuid4().hex}/tree/{name}?token={self.token}")
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

    def lab(self, number: str, **parameters: object) -> list[str]:
        """Open a lab, write these parameters below its own; return the ids of its code cells, in their order."""
        [path] = self.folder.glob(f"{number}_*.ipynb")
        self.open(path.name)
        source = self.page.evaluate(f"id => {CELL}.sharedModel.getSource()", "parameters")
        self.write("parameters", "\n".join([source, *(f"{name} = {value!r}" for name, value in parameters.items())]))
        return self.page.evaluate(
            f"() => {NOTEBOOK}.content.widgets.filter(cell => cell.model.type === 'code').map(cell => cell.model.id)"
        )

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
        self.page.evaluate(f"([id, text]) => {CELL}.sharedModel.setSource(text)", [name, source])

    def start(self, name: str) -> None:
        """Begin a cell and do not wait for its end."""
        self.page.evaluate(f"id => {{ ({RUN})(id) }}", name)

    def until(self, name: str, words: str) -> None:
        """Wait until a cell's outputs hold these words."""
        self.page.wait_for_function(
            f"([id, words]) => JSON.stringify(({OUTPUTS})(id)).includes(words)", arg=[name, words]
        )

    def until_idle(self) -> None:
        """Wait until the kernel waits for work: after an error it first throws away, unsaid, what comes at once."""
        self.page.wait_for_function(IDLE)
        self.page.evaluate(f"async () => {{ await {NOTEBOOK}.sessionContext.session.kernel.requestKernelInfo() }}")

    def command(self, name: str, **values: object) -> None:
        """Call one of JupyterLab's commands, as its menus do."""
        self.page.evaluate(COMMAND, [name, values])

    def theme(self, name: str) -> None:
        """Put on one of JupyterLab's themes."""
        self.command("apputils:change-theme", theme=name)
        self.page.wait_for_function("name => document.body.dataset.jpThemeName === name", arg=name)

    def photograph(self, name: str, cell: str = "") -> None:
        """Keep a picture of the page, a cell in its middle."""
        if cell:
            self.cell(cell).evaluate("node => node.scrollIntoView({block: 'center'})")
        self.page.screenshot(path=self.pictures / f"{name}.png")

    def photograph_whole(self, name: str) -> None:
        """Keep a picture of the whole notebook: the window is made as high as it is for a moment."""
        size = self.page.viewport_size
        height = self.page.evaluate(f"() => {NOTEBOOK}.content.outerNode.scrollHeight")
        self.page.set_viewport_size({"width": size["width"], "height": min(height + 120, 16_000)})
        self.page.locator(".jp-NotebookPanel:not(.lm-mod-hidden)").first.screenshot(path=self.pictures / f"{name}.png")
        self.page.set_viewport_size(size)

    def leave(self) -> None:
        """Close the notebook without saving and end its kernel."""
        if self.page.evaluate(f"() => Boolean(window.jupyterapp && {NOTEBOOK}?.sessionContext)"):
            self.page.evaluate(f"async () => {{ await {NOTEBOOK}.sessionContext.shutdown() }}")


class Keyboard:
    """Drives the controls of a cell by keys alone, once the focus is there."""

    def __init__(self, learner: Learner, name: str):
        self.page, self.cell = learner.page, learner.cell(name)
        self.page.evaluate(SELECT, name)

    def at(self, selector: str) -> Any:
        """Put the focus on a control, where the keys go from then on."""
        control = self.cell.locator(selector).first
        control.focus()
        self.until_focused(control)
        return control

    def until_focused(self, control: Any) -> None:
        """Wait until a control has the focus."""
        self.page.wait_for_function("node => document.activeElement === node", arg=control.element_handle())

    def press(self, selector: str, _value: str = "") -> None:
        """Push a button, tick a box or choose what a radio button stands for."""
        self.at(selector)
        self.page.keyboard.press("Space")

    def write(self, selector: str, value: str) -> None:
        """Write into a field instead of what stands there, and leave it."""
        control = self.at(selector)
        self.page.keyboard.press("Control+a")
        self.page.keyboard.type(value)
        assert control.input_value() == value
        self.page.keyboard.press("Tab")

    def slide(self, selector: str, _value: str = "") -> None:
        """Move a slider to its end."""
        self.at(f"{selector} >> .noUi-handle")
        self.page.keyboard.press("End")

    def choose(self, selector: str, value: str) -> None:
        """Go down a drop-down list to an entry."""
        control = self.at(selector)
        for _entry in range(control.locator("option").count()):
            shown = control.evaluate("node => node.selectedOptions[0].label")
            if shown.replace("\N{NO-BREAK SPACE}", " ") == value:
                return
            self.page.keyboard.press("ArrowDown")
        raise AssertionError(f"no entry {value!r} was reached")


class Mouse(Keyboard):
    """Drives the controls of a cell by clicks."""

    def press(self, selector: str, _value: str = "") -> None:
        """Click on a button, a box or a radio button."""
        self.cell.locator(selector).first.click()

    def write(self, selector: str, value: str) -> None:
        """Mark what stands in a field, write over it, and click elsewhere."""
        control = self.cell.locator(selector).first
        control.click()
        control.select_text()
        self.page.keyboard.type(value)
        assert control.input_value() == value
        self.cell.locator(".widget-html-content").first.click()

    def slide(self, selector: str, _value: str = "") -> None:
        """Click at the end of a slider."""
        bar = self.cell.locator(f"{selector} >> .noUi-target").first
        box = bar.bounding_box()
        bar.click(position={"x": box["width"] - 1, "y": box["height"] / 2})

    def choose(self, selector: str, value: str) -> None:
        """Take an entry of a drop-down list. (Its open list is the system's, out of the page's reach.)"""
        self.cell.locator(selector).first.select_option(label=value)
