"""Code and notebooks are clean by the project's own linter settings; nothing names a place on one machine."""

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from labutils import cli, notebooks
from labutils.machine import paths
from makers import records
from makers.records.cards import writing

ROOT = Path(__file__).parents[1]


MAX_LINES, MAX_FUNCTION_LINES = 285, 60


def test_modules_and_functions_are_short():
    for path in [*ROOT.glob("labutils/**/*.py"), *ROOT.glob("makers/**/*.py")]:
        text = path.read_text(encoding="utf-8")
        assert len(text.splitlines()) <= MAX_LINES, path
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef):
                assert node.end_lineno - node.lineno < MAX_FUNCTION_LINES, f"{path}: {node.name}"


def test_importing_labutils_is_cheap():
    code = "import sys, labutils, labutils.cli; print(sorted({'torch', 'transformers', 'datasets'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("command", [["check"], ["format", "--check"]], ids=["check", "format"])
def test_ruff(command):
    done = subprocess.run([sys.executable, "-m", "ruff", *command, ROOT], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_the_shipped_data_has_no_fault():
    """Without the open corpus: that takes a minute and is left to ``labs verify data``."""
    assert [str(problem) for problem in records.check_all(corpus=False) if not problem.note] == []


@pytest.mark.parametrize("name", writing.names())
def test_the_cards_are_those_of_the_data(name):
    """If this fails: python -m makers.records cards"""
    for file, text in writing.files(name).items():
        assert (paths.data_dir() / name / file).read_text(encoding="utf-8") == text, file


def test_readme_tells_the_variables_and_the_commands():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    code = "".join(path.read_text(encoding="utf-8") for path in ROOT.glob("labutils/**/*.py"))
    names = set(re.findall(r'environ[^"\n]*"((?:LABS|DIALOGSUM)_[A-Z]+)"', code)) - {
        "LABS_LAUNCHED"
    }  # one tells the other
    assert len(names) >= 5 and {name for name in names if f"`{name}" not in text} == set()
    done = subprocess.run([sys.executable, "-m", "labutils.cli", "--help"], capture_output=True, text=True, check=True)
    commands = re.findall(r"^    ([a-z]+) ", done.stdout, re.M)
    assert len(commands) >= 8 and {name for name in commands if f"| `labs {name}" not in text} == set()


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", "TEACHING.md", "BENCHMARKS.md", "CHANGELOG.md"])
def test_every_row_of_a_table_has_the_cells_of_its_head(page):
    """A row that lands in another table is found by its number of cells."""
    cells = 0
    for line in (ROOT / page).read_text(encoding="utf-8").splitlines():
        if not line.startswith("|"):
            cells = 0
            continue
        row = len(re.findall(r"(?<!\\)\|", re.sub(r"`[^`]*`", "", line)))
        assert not cells or row == cells, f"{page}: {line}"
        cells = row


def test_readme_lists_the_labs_as_they_call_themselves():
    rows = re.findall(
        r"^\| (\d\d) ([^|]+) \| [^|]+ \| [\d ()]+ \|", (ROOT / "README.md").read_text(encoding="utf-8"), re.M
    )
    labs = {notebooks.number(path): notebooks.read(path).metadata["finetune_labs"] for path in notebooks.find()}
    assert dict(rows) == {lab: about["title"] for lab, about in labs.items()}


def test_files_that_are_named_are_there():
    """A comment, a card or a data file that points to a test, a maker or a module of another place misleads."""
    files = [*ROOT.glob("*.md"), *ROOT.glob("*.toml")]
    files += [path for room in ("labutils", "makers", "tests", "data") for path in (ROOT / room).rglob("*.*")]
    for path in files:
        if path.suffix in (".py", ".md", ".yaml", ".toml") and path.name not in ("LOG.md", "CHANGELOG.md"):
            text = path.read_text(encoding="utf-8")
            for name in re.findall(r"\b(?:tests|makers|labutils)/[\w/]+\.py\b", text):
                assert "NN" in name or (ROOT / name).is_file(), f"{path.relative_to(ROOT)}: {name}"


def test_every_option_says_what_it_is_for():
    for parser in [cli._parser(), *cli._parser()._subparsers._group_actions[0].choices.values()]:
        for action in parser._actions:
            assert action.help or action.choices, f"{parser.prog}: {action.dest}"


def test_pictures_are_written_in_one_step():
    """matplotlib opens the file first: an interruption or a full disk left half a picture in the place of the old one."""
    calls = {
        (path.name, ast.unparse(call.args[0]))
        for folder in ("labutils", "makers")
        for path in sorted((ROOT / folder).rglob("*.py"))
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "savefig"
    }
    assert len(calls) == 5 and {to for _name, to in calls} == {"buffer"}, calls


def test_no_address_is_invented():
    """The project has no public address: README says REPOSITORY where a teacher's own stands."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert "urls" not in tomllib.loads(text)["project"]
    assert "git+REPOSITORY" in (ROOT / "README.md").read_text(encoding="utf-8")
    texts = [p for p in ROOT.glob("*") if p.is_file()] + [*ROOT.glob("labutils/**/*.py"), *ROOT.glob("labs/*.ipynb")]
    written = [p.name for p in texts if b"/finetune-labs/" in p.read_bytes()]
    assert written == []
