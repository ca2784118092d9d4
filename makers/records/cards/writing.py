"""The card of a shipped data set: counted from its files, never typed, with pictures beside it."""

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import mean, quantiles

from labutils import prompts, tasks
from labutils.files import markdown_table
from labutils.machine import paths
from makers.records.cards import beside, nearest, pictures, trivial
from makers.records.cards.about import SETS
from makers.records.cards.figures import Rows
from makers.records.checks import plainness

LICENCE = "Licence: CC BY 4.0 (`data/LICENSE`)."
WRITTEN_BY = "This card is written by `python -m makers.records cards`."


def card(name: str) -> str:
    """Return the card of one set as Markdown."""
    about, rows = SETS[name], _rows(name)
    parts_of = by_register(rows)
    numbers = about.numbers(parts_of.get("rich", rows))
    parts = [f"# {about.title}", about.made, " ".join(filter(None, (about.checks, about.checked, about.read)))]
    parts += ["Fields: " + about.schema.format(**numbers), "Known weaknesses: " + about.weaknesses.format(**numbers)]
    parts += [about.plain.format(**about.plain_numbers(parts_of.get("plain", {})))] if about.plain else []
    parts += beside.plainness_shown(name)
    named = {
        f"{file} ({part})" if part else file: found for part, files in parts_of.items() for file, found in files.items()
    }
    parts += [_table(named, about.texts), _lengths_shown(named, about.texts)]
    parts += [_counts(named, f"`{label}`", lambda row, label=label: [row.get(label)]) for label in about.labels]
    parts += [_counts(named, what, of) for what, of in (about.counts or {}).items()]
    if name.startswith("tasks/"):
        parts.append(_trivial(trivial.rows(name.removeprefix("tasks/")), "on test"))
    elif name == "facts":
        parts.append(_trivial(trivial.facts_rows(rows), ""))
    elif name == "dialogues":
        parts += beside.scores_and_nearness(parts_of)
    sums = [f"- `{file}.jsonl` {_sum(paths.data_dir() / name / f'{file}.jsonl')}" for file in rows]
    parts += ["Checksums (sha256):\n\n" + "\n".join(sums), LICENCE, WRITTEN_BY]
    return "\n\n".join(parts) + "\n"


def templates_card() -> str:
    """Return the card of ``data/templates`` as Markdown."""
    lines = []
    for path in sorted((paths.data_dir() / "templates").glob("*.yaml")):
        found = prompts.load_templates(path.stem)
        fields = sorted(set().union(*(template.fields for template in found)))
        provenance = " / ".join(sorted({template.provenance for template in found}))
        lines.append([f"`{path.name}`", found[0].task, len(found), ", ".join(fields), provenance, _sum(path)])
    parts = [
        "# Templates",
        "Ways to put a record of each task into words: a `prompt` and a `target`, jinja2 texts over the record's fields, "
        "read by `labutils.prompts`. The first of a file is used wherever one is enough.",
        "Checked by `labs verify data`: each task has a file that can be read, with at least five templates.",
        markdown_table(("file", "task", "templates", "fields", "provenance", "sha256"), lines),
    ]
    return "\n\n".join([*parts, LICENCE, WRITTEN_BY]) + "\n"


def _sum(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def files(name: str) -> dict[str, str]:
    """Return the text of each file of a set that is generated: the card and its pictures."""
    if name == "templates":
        return {"README.md": templates_card()}
    about, rows = SETS[name], _rows(name)
    parts = by_register(rows)
    panels = [panel for register, part in parts.items() for panel in _panels(part, about.texts, register)]
    made = {"README.md": card(name), "lengths.svg": pictures.svg(panels)}
    if name == "dialogues":
        values = beside.nearness(parts)
        across = "ROUGE-2 of the nearest training dialogue"
        made["nearest.svg"] = pictures.svg([(across, "test dialogues, at most x", pictures.cumulative(values, 0.25))])
    return made


def there() -> list[str]:
    """Return what has a card: the sets whose files are there, and the templates."""
    there = [name for name, about in SETS.items() if (paths.data_dir() / name / f"{about.files[-1]}.jsonl").is_file()]
    return [*there, "templates"]


def write_cards() -> list[Path]:
    """Write the card of every set and its pictures beside its files, DialogSum's figures first where it is there."""
    nearest.write_peers(nearest.peers_path())
    plainness.write()
    written = []
    for name in there():
        for file, text in files(name).items():
            written.append(paths.data_dir() / name / file)
            written[-1].write_text(text, encoding="utf-8")
    return written


def _rows(name: str) -> dict[str, list[dict]]:
    folder = paths.data_dir() / name
    return {
        file: [json.loads(line) for line in (folder / f"{file}.jsonl").read_text(encoding="utf-8").splitlines()]
        for file in SETS[name].files
    }


def by_register(rows: Rows) -> dict[str, Rows]:
    """Return the records of each register by their files, a file that has none left out; all as "" where none is named."""
    named = {row.get("register", "") for found in rows.values() for row in found}
    order = [register for register in (*tasks.REGISTERS, "") if register in named]
    parts = {
        register: {file: [row for row in found if row.get("register", "") == register] for file, found in rows.items()}
        for register in order
    }
    return {register: {file: found for file, found in part.items() if found} for register, part in parts.items()}


# --- lengths and labels --------------------------------------------------------------------------------------------
def _lengths(rows: Rows, text: str) -> dict[str, list[int]]:
    """Return the lengths in words of a field in each file that has it."""
    return {file: [len(row[text].split()) for row in records] for file, records in rows.items() if text in records[0]}


def _table(rows: Rows, texts: Sequence[str]) -> str:
    head = ["file", "records", *(f"words in {text}: mean (least to most)" for text in texts)]
    lines = []
    for file, records in rows.items():
        cells = [file, len(records)]
        for text in texts:
            counts = _lengths(rows, text).get(file)
            cells.append(f"{mean(counts):.1f} ({min(counts)} to {max(counts)})" if counts else "")
        lines.append(cells)
    return markdown_table(head, lines)


def _panels(rows: Rows, texts: Sequence[str], register: str = "") -> list[tuple]:
    up = " ".join(filter(None, (register, "records")))
    return [(f"words in {text}", up, pictures.histogram(_lengths(rows, text))) for text in texts]


def _lengths_shown(rows: Rows, texts: Sequence[str]) -> str:
    """Return the picture of the lengths, with an alternative text that says where half of the records lie."""
    said = []
    for text in texts:
        halves = [
            f"{file} {low:.0f} to {high:.0f}"
            for file, counts in _lengths(rows, text).items() for low, _middle, high in [quantiles(counts, n=4)]
        ]  # fmt: skip
        said.append(f"{text}: " + ", ".join(halves))
    return f"![Lengths in words, as histograms. The middle half lies in {'; '.join(said)}.](lengths.svg)"


def _counts(rows: Rows, what: str, of: Callable[[dict], list]) -> str:
    shown = {file: Counter(value for row in records for value in of(row)) for file, records in rows.items()}
    shown = {file: counts for file, counts in shown.items() if set(counts) - {None}}
    return "\n".join([f"Counts of {what}:\n", *(f"- {file}: {_listed(counts)}" for file, counts in shown.items())])


def _listed(counts: Counter) -> str:
    return ", ".join(f"{name} {number}" for name, number in sorted(counts.items()))


# --- scores --------------------------------------------------------------------------------------------------------
def _trivial(found: list[tuple[str, str, str, float]], where: str) -> str:
    lines = [(task, metric, what, f"{score:.3f}") for task, metric, what, score in found]
    table = markdown_table(("task", "metric", "answer", f"score {where}".rstrip()), lines)
    return f"What answers without any skill score:\n\n{table}"
