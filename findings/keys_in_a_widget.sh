#!/usr/bin/env bash
# jupyterlab 4.6.6 with ipywidgets 8.1.9, in the system's Chromium: a letter that is pressed in a widget's drop-down list is a
# command of the notebook. Guessed: it chooses the entry that begins with it, as everywhere in a browser. Seen: R makes the cell
# raw and its output is gone (X cuts the cell, D D deletes it), and the down arrow leaves the list for the next cell. Beside it:
# a slider without a tooltip says "null" when the mouse rests on its description, and an arrow key does not go from one radio
# button to the next, since they have no common name; Tab and Space do.
# What the course does: labutils/notebooks/jupyter/labconfig/default_setting_overrides.json leaves these keys to the control,
# labutils/widgets/panel.py gives each control a tooltip (tests/browser/test_widgets_in_a_browser.py, tests/notebooks/test_start.py).
set -euo pipefail
browser=$(command -v chromium chromium-browser google-chrome | head -1)
work=$(mktemp -d)
trap '{ kill "$(cat "$work/pid")" && wait; } 2> /dev/null || true; rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet "jupyterlab==4.6.6" "ipywidgets==8.1.9" "ipykernel==7.4.0" "playwright==1.65.2" "nbformat" 2> "$work/log"
cd "$work"
mkdir notebooks
export JUPYTER_CONFIG_DIR=$work/config JUPYTER_DATA_DIR=$work/data JUPYTERLAB_SETTINGS_DIR=$work/settings
env/bin/jupyter lab --allow-root --no-browser --port=8931 --notebook-dir=notebooks --IdentityProvider.token=seen \
    --LabApp.expose_app_in_browser=True > log 2>&1 &
echo $! > pid
for _ in $(seq 120); do grep -q "is running at" log && break; sleep 1; done
env/bin/python - "$browser" <<'PY'
import sys

import nbformat
from playwright.sync_api import sync_playwright

code = "import ipywidgets\nipywidgets.VBox([ipywidgets.Dropdown(options=['one', 'raw']), ipywidgets.IntSlider(description='n')])"
cells = [nbformat.v4.new_code_cell(source) for source in (code, "2")]
kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=kernel), "notebooks/keys.ipynb")
notebook = "window.jupyterapp.shell.currentWidget"
with sync_playwright() as play:
    browser = play.chromium.launch(executable_path=sys.argv[1], args=["--no-sandbox"])
    page = browser.new_page()
    page.set_default_timeout(300_000)
    page.goto("http://127.0.0.1:8931/lab/tree/keys.ipynb?token=seen")
    page.wait_for_function(f"{notebook}?.sessionContext?.session?.kernel?.status === 'idle' && {notebook}.content.widgets.length")
    page.evaluate(f"async () => {{ {notebook}.content.activeCellIndex = 0; await window.jupyterapp.commands.execute('notebook:run-cell') }}")
    page.wait_for_selector(".jp-OutputArea select")
    title = page.get_attribute(".widget-slider label", "title")
    assert title == "null", title
    page.focus(".jp-OutputArea select")
    page.keyboard.press("ArrowDown")
    index = page.evaluate(f"{notebook}.content.activeCellIndex")
    assert index == 1, "the arrow is the notebook's"
    page.evaluate(f"{notebook}.content.activeCellIndex = 0")
    page.focus(".jp-OutputArea select")
    page.keyboard.press("r")
    page.wait_for_function(f"{notebook}.content.widgets[0].model.type === 'raw'")
    assert not page.locator(".jp-OutputArea select").count(), "the output is still there"
    print(f"slider's tooltip: {title!r}; down arrow in the list: cell {index} is selected; R in the list: the cell is raw")
    browser.close()
PY
