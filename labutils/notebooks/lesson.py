"""What makes a lab a lesson: a budget of cells, words and code, something to do early, and prose that its results bear out."""

import copy
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from labutils import files, notebooks
from labutils.i18n import _
from labutils.machine import paths

if TYPE_CHECKING:
    from nbformat import NotebookNode

# A figure in prose, and the stored number that it quotes: .74<!--accuracy-->, 74 %<!--accuracy-->, of an interval
# [.70<!--accuracy_interval[0]-->, ...]. The comment does not show.
QUOTE = re.compile(
    r"(?P<sign>[-+]?)(?P<number>\d[\d,]*\.?\d*|\.\d+)(?P<percent> ?%)?<!--(?P<key>\w+)(?:\[(?P<side>[01])\])?-->"
)
CHART = re.compile(r"\bplots\.\w+\(")
DRAWING = re.compile(r"\bdrawings\.\w+\(")
ASKED, SETTLED = re.compile(r'\blab\.predict\(\s*"([^"]+)"'), re.compile(r'\blab\.settle\(\s*"([^"]+)"')
CORE = re.compile(r"\bparts 1 (?:to|and) (?P<last>\d+)\b")
STORED = Path("results")  # in data/: the key numbers of each lab's last build
KEPT = (
    "profile", "seed", "parameters", "goes_on_from", "date", "machine", "seconds", "cpu_seconds", "sentence", "key_numbers", "numbers"
)  # fmt: skip


@dataclass(frozen=True)
class Budget:
    """The most that a lab may hold, counted by :func:`measure`; lab 00 is half as long."""

    cells: int = 50
    words: int = 1500
    lines: int = 180
    charts: int = 4
    exercises: int = 4
    first_exercise: int = 15  # cells before it
    first_result: int = 10


def measure(notebook: "NotebookNode") -> dict[str, int]:
    """Count a lab: cells, words of prose, shown lines of code, charts, drawings, exercises, and the places of firsts.

    Code in a folded cell (``source_hidden``) is not shown. ``first_result`` is the first cell with an output that a
    learner came for: a figure.
    """
    counts = dict.fromkeys(("words", "lines", "charts", "drawings", "exercises"), 0)
    counts["cells"] = len(notebook.cells)
    counts["first_exercise"] = counts["first_result"] = len(notebook.cells)
    for place, cell in enumerate(notebook.cells, 1):
        if cell.cell_type == "markdown":
            counts["words"] += len(re.sub(r"<!--.*?-->", "", cell.source, flags=re.DOTALL).split())
            continue
        charts, drawings = len(CHART.findall(cell.source)), len(DRAWING.findall(cell.source))
        counts["charts"] += charts
        counts["drawings"] += drawings
        if not cell.metadata.get("jupyter", {}).get("source_hidden"):
            counts["lines"] += sum(bool(line.strip()) for line in cell.source.splitlines())
        if charts or drawings:
            counts["first_result"] = min(counts["first_result"], place)
        if notebooks.EXERCISE in notebooks.tags(cell):
            counts["exercises"] += 1
            counts["first_exercise"] = min(counts["first_exercise"], place)
    return counts


def over_budget(notebook: "NotebookNode", budget: Budget | None = None) -> Iterator[str]:
    """Yield what a lab holds too much of, or comes to too late; and where a lesson's parts are missing."""
    counts, limits = measure(notebook), vars(budget or Budget())
    for what, limit in limits.items():
        if counts[what] > limit:
            yield _("{n} {what}; a lesson has {limit} at most").format(n=counts[what], what=what, limit=limit)
    if not counts["drawings"]:
        yield _("no drawing: one before a mechanism, by labutils.drawings")
    if not any("core path" in cell.source.lower() for cell in notebook.cells if cell.cell_type == "markdown"):
        yield _("the 45-minute core path is not marked")


def core_path(notebook: "NotebookNode") -> "NotebookNode":
    """Return the part of a lab that its 45-minute core path holds: up to *More*, or the first part behind the core's.

    The first cell says which parts those are ("parts 1 to 4"); without that, the whole lab is the core.
    """
    said = CORE.search(notebook.cells[0].source) if notebook.cells else None
    ends = rf"^#+ (?:More\b|{int(said['last']) + 1}\.)" if said else r"(?!)"
    core = copy.deepcopy(notebook)
    for place, cell in enumerate(core.cells):
        heading = re.search(ends, cell.source, re.MULTILINE) if cell.cell_type == "markdown" else None
        if heading:
            cell.source = cell.source[: heading.start()]
            core.cells = core.cells[: place + 1]
            break
    return core


def answered_at_once(notebook: "NotebookNode") -> Iterator[str]:
    """Yield each question that the very cell settles that asks it: nobody can answer before the result shows."""
    for cell in notebook.cells:
        if cell.cell_type == "code":
            for key in set(ASKED.findall(cell.source)) & set(SETTLED.findall(cell.source)):
                yield _("cell {id}: it asks the question {key} and settles it; ask in a cell before").format(
                    id=cell.id, key=key
                )


def stored(lab: str) -> dict:
    """Return what the last build of a lab recorded, {} where there is none."""
    return files.read_json(paths.data_dir() / STORED / f"{lab}.json") or {}


def store(lab: str, results: dict, core_share: float | None = None) -> None:
    """Keep what a build of a lab recorded, so that its prose, and later runs, can be held against it.

    Args:
        core_share: the core path's part of the seconds, 0 to 1; None: not known.
    """
    kept = kept_of(results)
    if core_share is not None:
        kept["core_share"] = round(core_share, 3)
    folder = paths.data_dir() / STORED
    folder.mkdir(exist_ok=True)
    files.write_json(folder / f"{lab}.json", kept)


def kept_of(results: dict) -> dict:
    """Return what the project keeps of a run's results: no predictions, bets or figures."""
    return {name: results[name] for name in KEPT if name in results}


def misquoted(notebook: "NotebookNode", numbers: dict) -> Iterator[str]:
    """Yield each figure in prose that its stored number does not round to."""
    for cell in notebook.cells:
        if cell.cell_type != "markdown":
            continue
        for quote in QUOTE.finditer(cell.source):
            fault = _misquote(quote, numbers)
            if fault:
                yield _("cell {id}: {fault}").format(id=cell.id, fault=fault)


def _misquote(quote: re.Match, numbers: dict) -> str:
    key, side = quote["key"], quote["side"]
    if key not in numbers:
        return _("it quotes {key}, which the lab does not record").format(key=key)
    value = numbers[key]
    if isinstance(value, list) != (side is not None):
        return _("{key} is {value}: quote an interval by its sides, [0] and [1]").format(key=key, value=value)
    value = (value[int(side)] if side else value) * (100 if quote["percent"] else 1)
    digits = quote["number"].replace(",", "")
    places = len(digits.partition(".")[2])
    said = float(quote["sign"] + digits)
    # half a unit of the last place, and a little for the binary form
    if abs((value if quote["sign"] else abs(value)) - said) <= 0.5 * 10**-places + 1e-9:
        return ""
    return _("it says {said} for {key}, which is {value:.4g}").format(
        said=quote[0].partition("<")[0], key=key, value=value
    )
