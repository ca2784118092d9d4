"""``labs report``: one page with each lab's time, key numbers, figures, and whether it passed."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from jinja2 import Environment, PackageLoader, select_autoescape

from labutils import files, notebooks
from labutils.errors import LabError
from labutils.i18n import _
from labutils.log import logger
from labutils.notebooks import outcomes
from labutils.notebooks.numbers import label

RESULTS = "results.json"
PARTS = {"numbers": dict, "models": dict, "figures": list}  # of the results, as the page reads them
MORE: dict[str, type | tuple[type, ...]] = {
    "key_numbers": list,
    "seconds": (int, float),
    "sentence": str,
    "predictions": dict,
    "bets": dict,
    "parameters": dict,
    "goes_on_from": list,
}  # may be left out


def find(folders: Sequence[Path], option: str = "--out") -> Path:
    """Return the first of some folders in which labs were run, by ``labs run`` or in JupyterLab.

    Args:
        option: what names such a folder on the command line, for the error.

    Raises:
        LabError: code ``"no_run"``: there is none.
    """
    for folder in folders:
        if (folder / outcomes.FILE).is_file() or list(folder.glob(f"[0-9][0-9]/{RESULTS}")):
            return folder
    text = _("no lab was run to its end in {folders}; `labs run` runs them, and a lab run in JupyterLab leaves "
             "runs/NN/results.json beside it: name that folder runs with {option}")  # fmt: skip
    raise LabError("no_run", text.format(folders=" or ".join(map(str, folders)), option=option))


def write(out: Path) -> Path:
    """Write ``index.html`` for the labs that were run into ``out`` and return its path.

    Labs that a learner ran in JupyterLab, which leave their results alone, are listed with them. Everything that comes
    from models, data or notebooks is escaped by the template engine.

    Raises:
        LabError: nothing was run there (code ``"no_run"``), or its page is another's (code ``"folder"``).
    """
    outcomes.check_page(find([out]))
    listed = outcomes.read(out)
    alone = {path.parent.name for path in out.glob(f"[0-9][0-9]/{RESULTS}")} - listed.keys()
    labs = [_entry(out, lab, listed.get(lab)) for lab in sorted({*listed, *alone})]
    environment = Environment(
        loader=PackageLoader("labutils.notebooks", "."), autoescape=select_autoescape(default=True)
    )
    environment.filters.update(short=short, words=label)
    page = environment.get_template("report.html.j2").render(
        labs=labs, seconds=sum(lab["seconds"] for lab in labs), passed=sum(lab["ok"] for lab in labs)
    )
    path = out / outcomes.PAGE
    files.write_bytes(path, page.encode("utf-8", "replace"))  # a result may hold half a character
    return path


def _entry(out: Path, lab: str, outcome: dict | None) -> dict:
    """Return what the page shows of a lab; without an outcome it ran in JupyterLab, and its results are its last act."""
    content = _results(out / lab / RESULTS)
    if outcome is None:
        error = "" if content else _("its results cannot be read")
        outcome = {"ok": not error, "seconds": content.get("seconds") or 0.0, "error": error, "notebook": ""}
    numbers = content.get("numbers", {})
    rows = [
        (name, value, numbers.get(f"{name}_interval"))
        for name, value in numbers.items()
        if not name.endswith("_interval")
    ]
    key_numbers = content.get("key_numbers") or []
    bets = _entries(content, "bets")
    return outcome | {
        "lab": lab, "title": _title(out, lab, outcome["notebook"]), "content": content, "numbers": rows,
        "key_numbers": [row for row in rows if row[0] in key_numbers], "tally": _tally(_entries(content, "predictions")),
        "bets": [bet for bet in bets if bet.get("text") and bet.get("verdict")],
    }  # fmt: skip


def _entries(content: dict, part: str) -> list[dict]:
    """Return the entries of a part of the results that a learner's own run has."""
    entries = content.get(part)
    return [entry for entry in entries.values() if isinstance(entry, dict)] if isinstance(entries, dict) else []


def _tally(predictions: list[dict]) -> dict[str, int]:
    settled = [entry for entry in predictions if entry.get("answer") and entry.get("outcome")]
    right = sum(entry["answer"] == entry["outcome"] for entry in settled)
    return {"right": right, "settled": len(settled), "asked": len(predictions)}


def short(value: object) -> str:
    """Return a number as the page shows it: two decimals, small ones with two digits that count, an interval as two."""
    if isinstance(value, list):
        return _("{low} to {high}").format(low=short(value[0]), high=short(value[-1])) if value else ""
    if isinstance(value, float) and not value.is_integer():
        return f"{value:.2f}" if abs(value) >= 0.05 else f"{value:.2g}"
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return str(value)
    return f"{value:,.0f}" if isinstance(value, float) else f"{value:,}"


def _results(path: Path) -> dict:
    """Return a lab's results, {} where there are none that the page could show."""
    if not path.is_file():
        return {}
    try:
        content = files.parse_json(path.read_text(encoding="utf-8"))
    except ValueError:
        content = None
    if whole(content):
        return content
    logger.warning(_("{path} is cut or of another program; it is left out").format(path=path))
    return {}


def whole(content: object, parts: Mapping[str, type] = PARTS) -> bool:
    """Whether results have these parts, and what else is there of them in the shape that a lab writes."""
    return (
        isinstance(content, dict)
        and all(isinstance(content.get(name), kind) for name, kind in parts.items())
        and all(isinstance(content[name], kind) for name, kind in MORE.items() if content.get(name) is not None)
        and all(isinstance(x, str) for name in ("key_numbers", "goes_on_from") for x in content.get(name) or ())
    )


def _title(out: Path, lab: str, notebook: str) -> str:
    """Return the title that the lab gives itself, or its file's name in words where it has none."""
    path = out / notebook if notebook else next(iter(notebooks.paths.labs_dir().glob(f"{lab}_*.ipynb")), out / lab)
    try:
        title = files.parse_json(path.read_text(encoding="utf-8"))["metadata"]["finetune_labs"]["title"]
    except (OSError, ValueError, KeyError, TypeError):
        title = None
    return str(title) if title else path.stem[3:].replace("_", " ").capitalize()
