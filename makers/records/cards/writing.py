"""The card of a shipped data set: counted from its files, never typed, with pictures beside it."""

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import mean, pstdev, quantiles

from labutils import prompts
from labutils.files import markdown_table
from labutils.machine import paths
from makers.records.cards import nearest, pictures, trivial
from makers.records.cards.about import SETS
from makers.records.cards.figures import Rows

LICENCE = "Licence: CC BY 4.0 (`data/LICENSE`)."
WRITTEN_BY = "This card is written by `python -m makers.records cards`."


def card(name: str) -> str:
    """Return the card of one set as Markdown."""
    about, rows = SETS[name], _rows(name)
    numbers = about.numbers(rows)
    parts = [f"# {about.title}", about.made, " ".join(filter(None, (about.checks, about.checked, about.read)))]
    parts += ["Fields: " + about.schema.format(**numbers), "Known weaknesses: " + about.weaknesses.format(**numbers)]
    parts += [_table(rows, about.texts), _lengths_shown(rows, about.texts)]
    parts += [_counts(rows, f"`{label}`", lambda row, label=label: [row.get(label)]) for label in about.labels]
    parts += [_counts(rows, what, of) for what, of in (about.counts or {}).items()]
    if name.startswith("tasks/"):
        parts.append(_trivial(trivial.rows(name.removeprefix("tasks/")), "on test"))
    elif name == "facts":
        parts.append(_trivial(trivial.facts_rows(rows), ""))
    elif name == "dialogues":
        parts += _beside_dialogsum(rows)
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
    made = {"README.md": card(name), "lengths.svg": pictures.svg(_panels(rows, about.texts))}
    if name == "dialogues":
        values = {"ours": _nearest(rows), "DialogSum": nearest.peers()["nearest_rouge2"]}
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
    paths = []
    for name in there():
        for file, text in files(name).items():
            paths.append(paths.data_dir() / name / file)
            paths[-1].write_text(text, encoding="utf-8")
    return paths


def _rows(name: str) -> dict[str, list[dict]]:
    folder = paths.data_dir() / name
    return {
        file: [json.loads(line) for line in (folder / f"{file}.jsonl").read_text(encoding="utf-8").splitlines()]
        for file in SETS[name].files
    }


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


def _panels(rows: Rows, texts: Sequence[str]) -> list[tuple]:
    return [(f"words in {text}", "records", pictures.histogram(_lengths(rows, text))) for text in texts]


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


def _beside_dialogsum(rows: Rows) -> list[str]:
    """Return what trivial answers and people score, and how near test is to train, both beside DialogSum."""
    peers = nearest.peers()
    own = nearest.trivial_scores(rows["test"], [row["summary"] for row in rows["train"]])
    said = {"lead": "the first three turns (LEAD-3)", "constant": "one training summary for all",
            "human": "each reference, by the other two"}  # fmt: skip
    lines = [
        [what, of, *(f"{scores[name][metric]:.3f}" for metric in nearest.METRICS)]
        for name, what in said.items() for of, scores in (("ours", own), ("DialogSum", peers["scores"]))
    ]  # fmt: skip
    table = markdown_table(("answer", "set", "ROUGE-1", "ROUGE-2", "ROUGE-L"), lines)
    values = {"ours": _nearest(rows), "DialogSum": peers["nearest_rouge2"]}
    shown = markdown_table(
        ("", "mean", *(f"{q} %" for q in nearest.QUANTILES)),
        [
            [of, f"{mean(found):.3f}", *(f"{value:.3f}" for value in nearest.at_quantiles(found))]
            for of, found in values.items()
        ],
    )
    text = (
        f"ROUGE-2 (F-measure, speaker tags taken off) of each test dialogue's nearest training dialogue: {nearest.TEST} "
        f"of ours against {nearest.TRAIN} of ours, and {nearest.TEST} of DialogSum's test against {nearest.TRAIN} of "
        f"its train drawn at random ({nearest.DRAWS} draws together; figures in `peers.json`). Quantiles:"
    )
    ours, theirs = (nearest.at_quantiles(found) for found in values.values())
    alt = (
        f"Cumulative curves. Half of our test dialogues have no nearer training dialogue than {ours[3]:.3f}, nine "
        f"tenths {ours[5]:.3f}; of DialogSum's {theirs[3]:.3f} and {theirs[5]:.3f}."
    )
    return [
        "What answers without any skill score on test, and people measured by each other (stemmed ROUGE, mean over "
        "the references; figures of DialogSum's 500 test dialogues in `peers.json`):\n\n" + table,
        f"{text}\n\n{shown}\n\n{_nearness_in_words(rows, *values.values())}",
        f"![{alt}](nearest.svg)",
    ]


def _nearness_in_words(rows: Rows, ours: list[float], theirs: list[float]) -> str:
    above = nearest.above(ours, theirs)
    gap = nearest.largest_gap(ours, theirs, 1)
    lies = "it lies above at no percentile"
    if above:
        places = f"{len(above)} of the 101 percentiles ({above[0]} to {above[-1]})"
        lies = f"it lies above at {places}, by {gap:.3f} at most from the first on, and below at the others"
    return (
        f"One of ours, drawn at random, lies above one of DialogSum's with a probability of "
        f"{nearest.chance_above(ours, theirs):.2f}; the standard deviation of ours is {pstdev(ours):.3f}, of DialogSum's "
        f"{pstdev(theirs):.3f}. Percentile by percentile {lies}. Within ours, length hardly goes with nearness (correlation "
        f"{nearest.length_correlation(rows['test'], rows['train']):+.2f}). 48 of our training dialogues were rewritten because, by "
        "this very measure, they were the nearest to most of test."
    )


def _nearest(rows: Rows) -> list[float]:
    return nearest.compare(*(tuple(row["dialogue"] for row in rows[split]) for split in ("test", "train")))
