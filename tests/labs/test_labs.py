"""Every lab by papermill: sizes reduced, solutions put in, every socket but loopback and Unix ones refused.

The committed labs are compared as they are by nbval (pyproject's addopts collect labs/*.ipynb).
"""

import ast
import json
import os
import re
from pathlib import Path

import nbformat
import pytest

from labutils import exercises, notebooks
from labutils.notebooks import run, verify

LABS = notebooks.find()
IDS = [notebooks.number(path) for path in LABS]
CHECK = re.compile(r"\bex\.q\d+\.check\(")  # of an exercise; a Baseline has a check() too

# Put on every kernel's path as sitecustomize: refuses to reach another machine, and writes down who tried.
GUARD = """
import os, socket
_connect = socket.socket.connect
LOCAL = ("127.", "::1", "localhost", "0.0.0.0")

def _refuse(self, address, what):
    host = str(address[0]) if isinstance(address, tuple) else ""
    if self.family == socket.AF_UNIX or host.startswith(LOCAL):
        return
    with open(os.environ["SOCKETS_REFUSED"], "a") as file:
        file.write(f"{what} {address}\\n")
    raise OSError(f"no network in this test: {what} {address}")

class Guarded(socket.socket):
    def connect(self, address):
        _refuse(self, address, "connect")
        return super().connect(address)

    def connect_ex(self, address):
        _refuse(self, address, "connect_ex")
        return super().connect_ex(address)

    def sendto(self, data, *rest):
        _refuse(self, rest[-1], "sendto")
        return super().sendto(data, *rest)

socket.socket = Guarded
_lookup = socket.getaddrinfo

def getaddrinfo(host, *args, **kwargs):
    if host is not None and not str(host).startswith(LOCAL):
        with open(os.environ["SOCKETS_REFUSED"], "a") as file:
            file.write(f"getaddrinfo {host}\\n")
        raise socket.gaierror(f"no network in this test: {host}")
    return _lookup(host, *args, **kwargs)

socket.getaddrinfo = getaddrinfo
"""


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    """One folder for the run of all labs, so that they go on from each other's checkpoints; sockets are guarded."""
    folder = tmp_path_factory.mktemp("solved")
    guard = tmp_path_factory.mktemp("guard")
    (guard / "sitecustomize.py").write_text(GUARD)
    before = {name: os.environ.get(name) for name in ("PYTHONPATH", "SOCKETS_REFUSED", "LABS_RUNS", "HF_HUB_OFFLINE")}
    os.environ["PYTHONPATH"] = str(guard)
    os.environ["SOCKETS_REFUSED"] = str(folder / "refused.txt")
    os.environ.pop("HF_HUB_OFFLINE", None)  # the labs must stay off the network by themselves
    yield folder
    for name, value in before.items():
        os.environ.pop(name, None) if value is None else os.environ.__setitem__(name, value)


def solved(path: Path, folder: Path) -> tuple[Path, dict]:
    """Write the lab with every stub replaced by its solution; returns its path and its reduced sizes."""
    notebook = notebooks.read(path)
    by_name = {exercise.name: exercise for exercise in exercises.load(notebooks.number(path))}
    for cell in notebook.cells:
        if notebooks.EXERCISE in notebooks.tags(cell):
            [name] = [node.name for node in ast.parse(cell.source).body if isinstance(node, ast.FunctionDef)]
            kept = [line for line in cell.source.splitlines() if line.startswith(("import ", "from "))]
            cell.source = "\n".join([*kept, "", by_name[name].source()])
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / path.name
    nbformat.write(notebook, target)
    return target, dict(notebook.metadata.get("finetune_labs", {}).get("reduced", {}))


@pytest.mark.parametrize("path", LABS, ids=IDS)
def test_solutions_pass_offline_at_reduced_sizes(path, out, tmp_path):
    lab, reduced = solved(path, tmp_path)
    assert reduced, "the lab's metadata names no reduced sizes"
    outcome = run.run_one(lab, out / notebooks.number(path), {"profile": "pocket"} | reduced)
    assert outcome.ok, outcome.error
    checks = [c for c in notebooks.read(outcome.notebook).cells if c.cell_type == "code" and CHECK.search(c.source)]
    assert len(checks) >= len(exercises.load(notebooks.number(path)))
    assert {notebooks.text_outputs(cell).strip() for cell in checks} == {"right"}
    refused = out / "refused.txt"
    assert not refused.exists(), refused.read_text()
    numbers = json.loads((out / notebooks.number(path) / "results.json").read_text())["numbers"]
    assert numbers and all(isinstance(v, (int, float, list)) for v in numbers.values())


def test_the_guard_is_in_the_kernels(out, tmp_path):
    """The test above proves nothing unless a kernel that does reach out is caught."""
    code = "import socket\nsocket.create_connection(('192.0.2.1', 80), timeout=1)"
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code)]), tmp_path / "99_x.ipynb")
    outcome = run.run_one(tmp_path / "99_x.ipynb", out / "99", {})
    assert "no network in this test" in outcome.error
    (out / "refused.txt").unlink()


def test_the_committed_labs_have_no_fault():
    assert verify.verify() == []
