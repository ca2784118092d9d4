"""What `labs start` tells JupyterLab: its settings are files of the package."""

import json
from pathlib import Path

import pytest

from labutils.notebooks import start

NOTEBOOK = ".jp-Notebook.jp-mod-commandMode:not(.jp-mod-readWrite) :focus"  # where a key is a command of JupyterLab's


def test_every_key_that_is_a_command_beside_the_cells_is_left_to_a_control():
    commands = pytest.importorskip("jupyterlab.commands", reason="JupyterLab is not installed")
    schemas = Path(commands.get_app_dir()) / "schemas"
    if not schemas.is_dir():
        pytest.skip(f"no schemas of JupyterLab in {schemas}")
    overrides = json.loads((start.CONFIG / "labconfig" / "default_setting_overrides.json").read_text())
    left = overrides["@jupyterlab/shortcuts-extension:shortcuts"]["shortcuts"]
    assert all(not rule["preventDefault"] and rule["selector"] != NOTEBOOK for rule in left)
    taken = set()
    for path in schemas.glob("@jupyterlab/*/*.json"):
        for shortcut in json.loads(path.read_text()).get("jupyter.lab.shortcuts", []):
            keys = tuple(shortcut["keys"])
            if (
                shortcut["selector"] == NOTEBOOK and keys and not any(" " in key for key in keys)
            ):  # "Shift M" has a space
                taken.add(keys)
    assert ("D", "D") in taken  # else JupyterLab has changed its selectors, and the test sees none
    assert taken <= {tuple(rule["keys"]) for rule in left}
