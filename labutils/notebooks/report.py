"""``labs report``: one page with each lab's time, key numbers, figures, and whether it passed."""

import json
from pathlib import Path

from jinja2 import Environment, PackageLoader, select_autoescape

from labutils import notebooks
from labutils.errors import LabError
from labutils.i18n import _


def write(out: Path) -> Path:
    """Write ``index.html`` for the labs that were run into ``out`` and return its path.

    Everything that comes from models, data or notebooks is escaped by the template engine.

    Raises:
        LabError: nothing was run there (code ``"no_run"``).
    """
    outcomes = out / "outcomes.json"
    if not outcomes.is_file():
        raise LabError("no_run", _("{out} holds no run; `labs run` makes one").format(out=out))
    labs = [_entry(out, lab, outcome) for lab, outcome in json.loads(outcomes.read_text(encoding="utf-8")).items()]
    environment = Environment(
        loader=PackageLoader("labutils.notebooks", "."), autoescape=select_autoescape(default=True)
    )
    page = environment.get_template("report.html.j2").render(
        labs=labs, seconds=sum(lab["seconds"] for lab in labs), passed=sum(lab["ok"] for lab in labs)
    )
    path = out / "index.html"
    path.write_text(page, encoding="utf-8")
    return path


def _entry(out: Path, lab: str, outcome: dict) -> dict:
    results = out / lab / "results.json"
    content = json.loads(results.read_text(encoding="utf-8")) if results.is_file() else {}
    numbers = content.get("numbers", {})
    rows = [
        (name, value, numbers.get(f"{name}_interval"))
        for name, value in numbers.items()
        if not name.endswith("_interval")
    ]
    return outcome | {"lab": lab, "title": _title(out, outcome["notebook"]), "content": content, "numbers": rows}


def _title(out: Path, notebook: str) -> str:
    """Return the title that the lab gives itself, or its file's name in words where it has none."""
    path = out / notebook
    own = notebooks.read(path).metadata.get("finetune_labs", {}).get("title") if path.is_file() else None
    return own or Path(notebook).stem[3:].replace("_", " ").capitalize()
