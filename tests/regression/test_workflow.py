"""The workflow that users copy: its command lines are those of this project, and do what it says."""

import re
import shlex
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
import yaml

from labutils import cli, notebooks

ROOT = Path(__file__).parents[2]
WORKFLOW = yaml.safe_load((ROOT / "examples" / "ci.yml").read_text(encoding="utf-8"))
STEPS = WORKFLOW["jobs"]["labs"]["steps"]
COMMANDS = [shlex.split(step["run"]) for step in STEPS if "run" in step]
OUT = "runs/ci"


def of(*start: str) -> list[str]:
    """Return the one command line that begins so."""
    [command] = [command for command in COMMANDS if command[: len(start)] == list(start)]
    return command


def test_it_is_a_workflow():
    """`on` is True for YAML 1.1, as for the parser that reads it here."""
    assert {"name", True, "permissions", "jobs"} <= WORKFLOW.keys() and WORKFLOW["permissions"] == {"contents": "read"}
    for step in STEPS:
        assert ("uses" in step) != ("run" in step), step
        assert "uses" not in step or re.fullmatch(r"actions/[a-z-]+@v\d+", step["uses"])
    for name in re.findall(r"\$\{\{ *matrix\.(\w+)", (ROOT / "examples" / "ci.yml").read_text(encoding="utf-8")):
        assert name in WORKFLOW["jobs"]["labs"]["strategy"]["matrix"]


def test_the_pythons_are_promised_ones():
    low, high = re.search(r'requires-python = ">=3\.(\d+),<3\.(\d+)"', (ROOT / "pyproject.toml").read_text()).groups()
    for version in WORKFLOW["jobs"]["labs"]["strategy"]["matrix"]["python"]:
        assert int(low) <= int(version.removeprefix("3.")) < int(high)


@pytest.mark.parametrize("command", [c for c in COMMANDS if c[0] == "labs"], ids=lambda c: c[1])
def test_each_command_line_is_one_of_this_project(command):
    options = cli._parser().parse_args(command[1:])
    assert callable(options.call)


def test_what_is_installed_is_there():
    command = of("python", "-m", "pip", "install")
    assert (ROOT / command[command.index("-c") + 1]).is_file() and ".[test]" in command


def test_what_is_kept_is_what_the_commands_write():
    written = [
        command[command.index(option) + 1]
        for command in COMMANDS
        for option in ("--junit", "--junitxml")
        if option in command
    ]
    kept = STEPS[-1]["with"]["path"].split()
    assert len(written) == 3 and {str(Path(path).parent / "*.xml") for path in written} <= set(kept)
    assert all(path.startswith(f"{OUT}/") for path in kept)


def test_nbval_takes_every_lab_and_the_appendix():
    command = of("python", "-m", "pytest")
    place = command.index("--junitxml")
    call = [sys.executable, *command[1:place], *command[place + 2 :], "--collect-only", "-q", "-p", "no:cacheprovider"]
    done = subprocess.run(call, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    for path in [*notebooks.find(), *notebooks.appendix()]:
        assert path.name in done.stdout


def test_the_labs_are_run_and_verified_as_it_says(tmp_path, monkeypatch):
    """On lab 00, made smaller: its numbers are then not compared, which the JUnit file tells as skipped."""
    monkeypatch.setenv("LABS_DEVICE", "cpu")
    out = tmp_path / "ci"
    lab_run, verify = ([part.replace(OUT, str(out)) for part in of("labs", name)[1:]] for name in ("run", "verify"))
    assert cli.main([*lab_run[:1], "00", "-p", "epochs=1", *lab_run[1:]]) == 0
    assert cli.main(verify) == 0
    [suite] = ElementTree.parse(out / "junit" / "run.xml").getroot()
    assert (suite.get("name"), suite.get("tests"), suite.get("failures")) == ("lab 00", "1", "0")
    [suite] = ElementTree.parse(out / "junit" / "verify.xml").getroot()
    assert suite.get("failures") == "0" and suite.get("skipped") == "1" and int(suite.get("tests")) >= 5
    assert (out / "index.html").is_file() and list(out.glob("00/*.png"))
