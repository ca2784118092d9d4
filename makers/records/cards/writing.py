"""The card of a shipped data set: counted from its files, never typed, with pictures beside it."""

from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from statistics import mean, quantiles

from labutils import prompts, tasks
from labutils.files import markdown_table, sha256, write_text
from labutils.machine import paths
from makers.records import jsonl
from makers.records.cards import beside, nearest, pictures, trivial
from makers.records.cards.about import SETS
from makers.records.cards.figures import Rows
from makers.records.checks import plainness

LICENCE = "Licence: CC BY 4.0 (`data/LICENSE`)."
WRITTEN_BY = "This card is written by `python -m makers.records cards`."


def card(name: str) -> str:
    """Return the card of one set as Markdown."""
    about, rows = SETS[name], _rows(name)
    registers = by_register(rows)
    numbers = about.numbers(registers.get("rich", rows))
    checks = " ".join(filter(None, (about.common_checks, about.set_checks, about.review)))
    parts = [f"# {about.title}", about.origin, checks]
    parts += ["Fields: " + about.schema.format(**numbers), "Known weaknesses: " + about.weaknesses.format(**numbers)]
    parts += [about.plain.format(**about.plain_numbers(registers.get("plain", {})))] if about.plain else []
    parts += beside.plainness_part(name)
    files = {
        f"{file} ({register})" if register else file: records
        for register, part in registers.items()
        for file, records in part.items()
    }
    parts += [_table(files, about.texts), _lengths_shown(files, about.texts)]
    counted = {f"`{label}`": partial(_value, label) for label in about.labels} | dict(about.counts or {})
    parts += [_counts(files, what, values) for what, values in counted.items()]
    if name.startswith("tasks/"):
        parts.append(_trivial(trivial.rows(name.removeprefix("tasks/")), "on test"))
    elif name == "facts":
        parts.append(_trivial(trivial.facts_rows(rows), ""))
    elif name == "dialogues":
        parts += beside.scores_and_nearness(registers)
    sums = [f"- `{file}.jsonl` {sha256(paths.data_dir() / name / f'{file}.jsonl')}" for file in rows]
    parts += ["Checksums (sha256):\n\n" + "\n".join(sums), LICENCE, WRITTEN_BY]
    return "\n\n".join(parts) + "\n"


def templates_card() -> str:
    """Return the card of ``data/templates`` as Markdown."""
    lines = []
    for path in sorted((paths.data_dir() / "templates").glob("*.yaml")):
        templates = prompts.load_templates(path.stem)
        fields = sorted(set().union(*(template.fields for template in templates)))
        provenance = " / ".join(sorted({template.provenance for template in templates}))
        cells = f"`{path.name}`", templates[0].task, len(templates), ", ".join(fields), provenance, sha256(path)
        lines.append(cells)
    parts = [
        "# Templates",
        "Ways to put a record of each task into words: a `prompt` and a `target`, jinja2 texts over the record's "
        "fields, read by `labutils.prompts`. The first of a file is used wherever one is enough.",
        "Checked by `labs verify data`: each task has a file that can be read, with at least five templates.",
        markdown_table(("file", "task", "templates", "fields", "provenance", "sha256"), lines),
    ]
    return "\n\n".join([*parts, LICENCE, WRITTEN_BY]) + "\n"


def files(name: str) -> dict[str, str]:
    """Return the text of each file of a set that is generated: the card and its pictures."""
    if name == "templates":
        return {"README.md": templates_card()}
    about, rows = SETS[name], _rows(name)
    registers = by_register(rows)
    panels = [panel for register, part in registers.items() for panel in _panels(part, about.texts, register)]
    texts = {"README.md": card(name), "lengths.svg": pictures.svg(panels)}
    if name == "dialogues":
        values = beside.nearness(registers)
        across = "ROUGE-2 of the nearest training dialogue"
        texts["nearest.svg"] = pictures.svg([(across, "test dialogues, at most x", pictures.cumulative(values, 0.25))])
    return texts


def names() -> list[str]:
    """Return what has a card: the sets whose files are there, and the templates."""
    sets = [name for name, about in SETS.items() if (paths.data_dir() / name / f"{about.files[-1]}.jsonl").is_file()]
    return [*sets, "templates"]


def write_cards() -> list[Path]:
    """Write the card of every set and its pictures beside its files, and first DialogSum's figures if it is here.

    Returns:
        The paths of the files that were written.
    """
    nearest.write_peers(nearest.peers_path())
    plainness.write()
    written = []
    for name in names():
        for file, text in files(name).items():
            path = paths.data_dir() / name / file
            write_text(path, text)
            written.append(path)
    return written


def _rows(name: str) -> Rows:
    folder = paths.data_dir() / name
    return {file: jsonl.read(folder / f"{file}.jsonl") for file in SETS[name].files}


def by_register(rows: Rows) -> dict[str, Rows]:
    """Return the records of each register by their files, a file without any left out; ``""`` where none has one."""
    present = {record.get("register", "") for records in rows.values() for record in records}
    registers: dict[str, Rows] = {}
    for register in (*tasks.REGISTERS, ""):
        if register in present:
            parts = {
                file: [record for record in records if record.get("register", "") == register]
                for file, records in rows.items()
            }
            registers[register] = {file: part for file, part in parts.items() if part}
    return registers


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


def _panels(rows: Rows, texts: Sequence[str], register: str) -> list[tuple[str, str, pictures.Series]]:
    up = " ".join(filter(None, (register, "records")))
    return [(f"words in {text}", up, pictures.histogram(_lengths(rows, text))) for text in texts]


def _lengths_shown(rows: Rows, texts: Sequence[str]) -> str:
    """Return the picture of the lengths, with an alternative text that says where half of the records lie."""
    parts = []
    for text in texts:
        halves = []
        for file, counts in _lengths(rows, text).items():
            low, _middle, high = quantiles(counts, n=4)
            halves.append(f"{file} {low:.0f} to {high:.0f}")
        parts.append(f"{text}: " + ", ".join(halves))
    return f"![Lengths in words, as histograms. The middle half lies in {'; '.join(parts)}.](lengths.svg)"


def _value(field: str, record: dict) -> list:
    return [record.get(field)]


def _counts(rows: Rows, what: str, values: Callable[[dict], list]) -> str:
    counts = {file: Counter(value for row in records for value in values(row)) for file, records in rows.items()}
    lines = [f"- {file}: {_listed(counter)}" for file, counter in counts.items() if set(counter) - {None}]
    return "\n".join([f"Counts of {what}:\n", *lines])


def _listed(counts: Counter) -> str:
    return ", ".join(f"{name} {number}" for name, number in sorted(counts.items()))


# --- scores --------------------------------------------------------------------------------------------------------
def _trivial(scores: Sequence[trivial.Score], where: str) -> str:
    lines = [(task, metric, what, f"{score:.3f}") for task, metric, what, score in scores]
    table = markdown_table(("task", "metric", "answer", f"score {where}".rstrip()), lines)
    return f"What answers without any skill score:\n\n{table}"
