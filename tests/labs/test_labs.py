"""Every lab by papermill: sizes reduced, solutions put in, every socket but loopback and Unix ones refused.

With LABS_FULL=1 the sizes are the learner's: a solution that trains can pass at the one and fail at the other, as lab 06's
did. That takes about as long as `labs build`.

The committed labs are compared as they are by nbval (pyproject's addopts collect labs/*.ipynb).
"""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from labutils import exercises, notebooks, regression
from labutils.notebooks import verify

LABS = notebooks.find()
IDS = [notebooks.number(path) for path in LABS]
CHECK = re.compile(r"\bex\.q\d+\.check\(")  # of an exercise; a Baseline has a check() too

# Put on every kernel's path as sitecustomize: refuses to reach another machine, and writes down who tried.
GUARD = """
import os, re, socket
_connect = socket.socket.connect
LOCAL = re.compile(r"127\\.[0-9.]+|::1|localhost|0\\.0\\.0\\.0")

def _refuse(self, address, what):
    host = str(address[0]) if isinstance(address, tuple) else ""
    if self.family == socket.AF_UNIX or LOCAL.fullmatch(host):
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

    def sendmsg(self, buffers, *rest):
        if len(rest) > 2:  # (ancillary data, flags, address)
            _refuse(self, rest[2], "sendmsg")
        return super().sendmsg(buffers, *rest)

socket.socket = Guarded
_lookup = socket.getaddrinfo

def getaddrinfo(host, *args, **kwargs):
    if host is not None and not LOCAL.fullmatch(str(host)):
        with open(os.environ["SOCKETS_REFUSED"], "a") as file:
            file.write(f"getaddrinfo {host}\\n")
        raise socket.gaierror(f"no network in this test: {host}")
    return _lookup(host, *args, **kwargs)

def gethostbyname(host):
    return getaddrinfo(host, None, socket.AF_INET)[0][4][0]

socket.getaddrinfo, socket.gethostbyname = getaddrinfo, gethostbyname
"""

# The process of `labs run` itself, under the guard like its kernels.
RUN = """
import json, sys
from pathlib import Path
from labutils.notebooks import run
outcome = run.run_one(Path(sys.argv[1]), Path(sys.argv[2]), json.loads(sys.argv[3]))
print(json.dumps([outcome.error, str(outcome.notebook)]))
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
    """Write the lab with every stub replaced by its solution; returns its path and the sizes that it is run at."""
    notebook = notebooks.read(path)
    by_name = {exercise.name: exercise for exercise in exercises.load(notebooks.number(path))}
    for cell in notebook.cells:
        if notebooks.EXERCISE in notebooks.tags(cell):
            [name] = notebooks.stub_names(cell.source)
            kept = [line for line in cell.source.splitlines() if line.startswith(("import ", "from "))]
            cell.source = "\n".join([*kept, "", by_name[name].source()])
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / path.name
    nbformat.write(notebook, target)
    reduced = notebook.metadata["finetune_labs"].get("reduced")
    assert reduced, "the lab's metadata names no reduced sizes"
    return target, {} if os.environ.get("LABS_FULL") else dict(reduced)


def guarded(path: Path, folder: Path, parameters: dict) -> list[str]:
    """Run a lab from a process of its own that the guard is in too; returns its error and its executed notebook."""
    command = [sys.executable, "-c", RUN, str(path), str(folder), json.dumps(parameters)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize("path", LABS, ids=IDS)
def test_solutions_pass_offline_at_reduced_sizes(path, out, tmp_path):
    lab, reduced = solved(path, tmp_path)
    number = notebooks.number(path)
    folder = (tmp_path / "alone" if number == "04" else out) / number  # labs run alone; nbval runs 04 after 03
    error, executed = guarded(lab, folder, {"profile": "pocket"} | reduced)
    assert not error, error
    assert number != "04" or "this lab trains its own" in Path(executed).read_text(encoding="utf-8")
    checks = [c for c in notebooks.read(Path(executed)).cells if c.cell_type == "code" and CHECK.search(c.source)]
    assert len(checks) >= len(exercises.load(number))
    verdicts = [notebooks.text_outputs(cell).strip() for cell in checks]  # a training may print its progress above
    assert all(re.search(r"^right\b", verdict, re.MULTILINE) for verdict in verdicts), verdicts
    refused = out / "refused.txt"
    assert not refused.exists(), refused.read_text()
    assert [check for check in regression.check(folder) if check.state == regression.OUT] == []
    numbers = json.loads((folder / "results.json").read_text())["numbers"]
    assert numbers and all(isinstance(v, (int, float, list)) for v in numbers.values())


def test_the_guard_is_in_the_kernels(out, tmp_path):
    """The test above proves nothing unless a kernel that does reach out is caught."""
    code = "import socket\nsocket.create_connection(('192.0.2.1', 80), timeout=1)"
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code)]), tmp_path / "99_x.ipynb")
    error, _executed = guarded(tmp_path / "99_x.ipynb", out / "99", {})
    assert "no network in this test" in error
    (out / "refused.txt").unlink()


def test_the_guard_is_in_the_process_that_runs_them(out):
    code = "import socket\nsocket.gethostbyname('example.org')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "no network in this test" in done.stderr
    (out / "refused.txt").unlink()


def test_the_committed_labs_have_no_fault():
    assert verify.verify() == []
