"""A real JupyterLab and a real Chromium, as a learner has them; without a browser these tests skip and say why."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from learner import MINUTES, Learner

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
TOKEN = "of-the-tests"
ROOT = Path(__file__).parents[2]
PICTURES = ROOT / "runs" / "browser"  # what was seen, to be looked at
# All cells stand in the page, not only those in sight: a test asks for any of them.
SETTINGS = {"@jupyterlab/notebook-extension/tracker.jupyterlab-settings": {"windowingMode": "none"}}


@pytest.fixture(scope="session")
def program():
    """The path of a browser; without one nothing is started, JupyterLab neither."""
    if not os.environ.get("LABS_BROWSER"):
        pytest.skip("tests in a browser run where LABS_BROWSER is set: make browser")
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        pytest.skip(f"no browser: none of {', '.join(BROWSERS)} is installed (apt-get install chromium)")
    return path


@pytest.fixture(scope="module")
def chromium(program):
    """A browser for the tests of a file: Playwright's event loop, which runs meanwhile, would keep others from theirs."""
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed (the extra test has it)")
    with api.sync_playwright() as play:
        try:
            browser = play.chromium.launch(executable_path=program, args=["--no-sandbox"], timeout=3 * MINUTES)
        except api.Error as error:  # Ubuntu's package is a pointer to a snap, which a container has not
            pytest.skip(f"{program} does not start: {str(error).splitlines()[0]}")
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def jupyter(program, tmp_path_factory):
    """``labs start`` on a fresh folder, with a token; yields (address, folder of the learner's labs)."""
    home = tmp_path_factory.mktemp("learner")
    for name, values in SETTINGS.items():
        path = home / "settings" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(values))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    folders = {"JUPYTER_CONFIG_DIR": "config", "JUPYTERLAB_SETTINGS_DIR": "settings", "JUPYTER_RUNTIME_DIR": "runtime"}
    folders |= {"JUPYTERLAB_WORKSPACES_DIR": "workspaces", "LABS_RUNS": "runs"}
    environment = os.environ | {name: str(home / folder) for name, folder in folders.items()}
    call = [sys.executable, "-m", "labutils.cli", "start", str(home / "my-labs"), "--allow-root", "--"]
    call += [f"--port={port}", "--no-browser", f"--IdentityProvider.token={TOKEN}"]
    call += ["--LabApp.expose_app_in_browser=True"]  # so that a test can name a cell by its id
    log = home / "jupyter.log"
    with log.open("w") as sink, subprocess.Popen(call, env=environment, stdout=sink, stderr=sink) as process:
        address = f"http://127.0.0.1:{port}"
        try:
            _wait(f"{address}/api/status?token={TOKEN}", process, log)
            yield address, home / "my-labs"
        finally:
            process.terminate()
            process.wait(30)


def _wait(address: str, process: subprocess.Popen, log: Path, seconds: float = 300) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end and process.poll() is None:
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.5)
    raise AssertionError(f"JupyterLab did not start:\n{log.read_text()[-3000:]}")


@pytest.fixture
def learner(chromium, jupyter):
    """A learner before an open JupyterLab."""
    address, folder = jupyter
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    PICTURES.mkdir(parents=True, exist_ok=True)
    learner = Learner(context.new_page(), address, TOKEN, folder, PICTURES)
    yield learner
    learner.leave()
    context.close()
