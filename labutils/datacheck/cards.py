"""The card of a shipped data set (floor 2): counted from its files, never typed."""

import hashlib
import json
from collections import Counter
from pathlib import Path
from statistics import mean

from labutils import runtime

SPLITS = ("train", "validation", "test")
ORIGIN = """Written for FineTune Labs by a language model (2026), record by record, from lists of scenarios; no sentence comes
from another data set and none was filled into a pattern. Every record passed `labs verify data`; most were then read
again by their author. All is invented throughout: names, firms, prices and advice are nobody's."""
SETS = {
    "dialogues": (
        "Dialogues with summaries",
        "Two speakers, in DialogSum's schema: `id`, `dialogue`, `topic`, `summary`, `references` (three in test, the "
        "second and third written without sight of the others), `kind` (everyday or service), and for service "
        "`request` and `action`. `scenario` says what the author was asked for.",
        "Many dialogues have a dry, British humour and end on a light line; plain and grave ones are fewer. Lengths "
        "cluster between 100 and 170 words. Person1 mostly begins.",
        ("dialogue", "summary"),
        ("kind",),
    ),
    "tasks/entities": (
        "Named entities and their types",
        "`text` and its `entities`, `type: name; type: name` in the order of first mention (person, pet, place, "
        "organisation, product), or `none`. Many names carry another type in another record, so that the name alone "
        "gives no answer; Charlie is a cat in test and a person, a horse and a mixer in train.",
        "Some institutions could be read as places. `the` and titles stay outside a name.",
        ("text",),
        (),
    ),
    "tasks/grammar": (
        "Correct the sentence",
        "`wrong`, with one or two typical mistakes of a learner, and `right`, which changes nothing else. It is the "
        "held-out task: in no training mixture of the shipped model.",
        "Some have a second acceptable correction, so exact match is stricter than a teacher. No sentence is right "
        "to begin with.",
        ("wrong",),
        (),
    ),
    "tasks/intent": (
        "Intent of a support message",
        "`message` and its `intent`, one of ten. About a fifth mention a second matter in passing.",
        "A few messages that ask for a person, or cannot log in, could be read as another intent.",
        ("message",),
        ("intent",),
    ),
    "tasks/questions": (
        "Questions about a passage",
        "`passage`, `question`, and `answer`: a run of the passage, word for word. In more than half of the records "
        "the passage holds another candidate of the same kind. Two questions to a passage, both in one split.",
        "Some answers to why-questions are fragments, which exact match judges more strictly than a reader.",
        ("passage", "question", "answer"),
        (),
    ),
    "tasks/reviews": (
        "Product reviews",
        "`product`, `stars` (1 to 5), `title`, `body`, and a `description` of the review in one sentence. Four tasks "
        "come from them: sentiment (below three stars negative, three neutral, above positive), rating, "
        "describe_review and write_review. `hard` marks mixed, ironic and understated ones.",
        "Praise and blame are plainer than in the world outside, on purpose: a model of ten million parameters is to "
        "learn from them.",
        ("title", "body", "description"),
        ("stars", "hard"),
    ),
    "tasks/topic": (
        "Topic of a short text",
        "`text` and its `topic`, one of eight words. About a quarter of the texts mention something of another topic "
        "in passing.",
        "Sport texts give themselves away by the word `won` more often than others by any one word.",
        ("text",),
        ("topic",),
    ),
}


def card(name: str, folder: Path | None = None) -> str:
    """Return the card of one set as Markdown."""
    title, schema, weaknesses, texts, labels = SETS[name]
    folder = folder or runtime.data_dir() / name
    rows = {
        s: [json.loads(x) for x in (folder / f"{s}.jsonl").read_text(encoding="utf-8").splitlines()] for s in SPLITS
    }
    parts = [f"# {title}", ORIGIN, "Fields: " + schema, "Known weaknesses: " + weaknesses, _table(rows, texts)]
    parts += [_counts(rows, label) for label in labels]
    sums = [f"- `{s}.jsonl` {hashlib.sha256((folder / f'{s}.jsonl').read_bytes()).hexdigest()}" for s in SPLITS]
    parts += ["Checksums (sha256):\n\n" + "\n".join(sums), "Licence: CC BY 4.0 (`data/LICENSE`)."]
    return "\n\n".join([*parts, "This card is written by `python -m labutils.datacheck cards`."]) + "\n"


def _words(row: dict, field: str) -> int:
    return len(row[field].split())


def _table(rows: dict, texts: tuple[str, ...]) -> str:
    head = ["split", "records", *(f"words in {text}: mean (least to most)" for text in texts)]
    lines = [" | ".join(head), " | ".join(["---"] * len(head))]
    for split, records in rows.items():
        cells = [split, str(len(records))]
        for text in texts:
            counts = [_words(row, text) for row in records]
            cells.append(f"{mean(counts):.1f} ({min(counts)} to {max(counts)})")
        lines.append(" | ".join(cells))
    return "\n".join(f"| {line} |" for line in lines)


def _counts(rows: dict, label: str) -> str:
    shown = {split: Counter(row[label] for row in records) for split, records in rows.items()}
    return "\n".join([f"Counts of `{label}`:\n", *(f"- {split}: {_listed(counts)}" for split, counts in shown.items())])


def _listed(counts: Counter) -> str:
    return ", ".join(f"{name} {number}" for name, number in sorted(counts.items()))


def write_cards() -> list[Path]:
    """Write the card of every set beside its files."""
    paths = []
    for name in SETS:
        paths.append(runtime.data_dir() / name / "README.md")
        paths[-1].write_text(card(name), encoding="utf-8")
    return paths
