"""How plain the plain dialogues are: by DialogSum's most frequent words, by what a summary copies, by the tokenizer.

Which words are frequent cannot be had without DialogSum: ``python -m makers.records cards`` writes the shares to
``data/dialogues/plainness.json`` where it is, and they are read from there on other machines.
"""

import functools
import json
import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from statistics import mean

from labutils.dialogues import textfiles
from labutils.files import write_text
from labutils.i18n import _
from labutils.machine import paths
from makers.records import jsonl
from makers.records.checks import common, corpora
from makers.records.problems import Entry, Problem

FREQUENT, SKIPPED = 2000, 2000  # words; and rows of DialogSum's train that are left for measuring it with
LIMITS = {  # of a split
    "dialogue": (0.905, 1.0),  # share of frequent words
    "summary": (0.80, 1.0),
    "copied": (0.66, 0.80),  # of a summary's words, those that stand in its dialogue: the mean of the summaries
    "pieces": (1.0, 1.6),  # of the shipped tokenizer, to a word
}
TEXTS = {  # of the other sets, the text that is measured
    "tasks/opinions": "text",
    "tasks/topic": "text",
    "tasks/intent": "message",
    "tasks/questions": "passage",
    "tasks/entities": "text",
    "chats": "dialogue",
    "support": "dialogue",
}
Shares = dict[str, float]


def spelled(text: str) -> list[str]:
    """Return the words that are counted: lower case, letters and apostrophes, those of speaker tags too.

    As DialogSum's own figures were counted that LIMITS come from; :func:`labutils.words.words` takes digits too.
    """
    return re.findall(r"[a-z']+", text.lower())


def frequent_words() -> frozenset[str]:
    """Return DialogSum's most frequent words; none where this machine does not have it."""
    return _frequent_words(corpora.folder("dialogsum") / "dialogsum.train.jsonl")


@functools.cache
def _frequent_words(path: Path) -> frozenset[str]:
    rows = [row for _line, row, error in textfiles.parse(path) if not error] if path.is_file() else []
    counts = Counter(word for row in rows[SKIPPED:] for word in spelled(row["dialogue"]))
    return frozenset(word for word, _count in counts.most_common(FREQUENT))


def share(texts: Sequence[str], vocabulary: Collection[str]) -> float:
    """Return the share of the words of ``vocabulary`` among the words of all texts together."""
    words = [word for text in texts for word in spelled(text)]
    return sum(word in vocabulary for word in words) / max(len(words), 1)


def own_shares(records: Sequence[Mapping]) -> Shares:
    """Return what needs no other data: how much of a summary stands in its dialogue, and pieces a word."""
    copied = [share([text], set(spelled(record["dialogue"]))) for record in records for text in record["references"]]
    return {"copied": mean(copied), "pieces": pieces([record["dialogue"] for record in records])}


def frequent_shares(records: Sequence[Mapping]) -> Shares:
    """Return the shares of frequent words in dialogues and in all their summaries; nothing without DialogSum."""
    words = frequent_words()
    if not words:
        return {}
    summaries = [text for record in records for text in record["references"]]
    return {"dialogue": share([record["dialogue"] for record in records], words), "summary": share(summaries, words)}


def pieces(texts: Sequence[str]) -> float:
    """Return the pieces of the shipped tokenizer to a word, words parted by spaces."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(paths.data_dir() / "pocket-t5" / "base" / "tokenizer.json"))
    counts = [len(encoding.ids) for encoding in tokenizer.encode_batch(list(texts), add_special_tokens=False)]
    return sum(counts) / sum(len(text.split()) for text in texts)


def check(entries: Sequence[Entry]) -> Iterator[Problem]:
    """The plain dialogues of each split keep LIMITS; without DialogSum a note shows the stored shares."""
    plain = [entry for entry in entries if entry.record["register"] == "plain"]
    for split, rows in common.by_split(plain).items():
        records = [entry.record for entry in rows]
        for name, value in (own_shares(records) | frequent_shares(records)).items():
            least, most = LIMITS[name]
            if not least <= round(value, 3) <= most:
                message = _("{name} is {value:.3f} in the plain dialogues of {split}; {least} to {most} is allowed")
                message = message.format(name=name, value=value, split=split, least=least, most=most)
                yield Problem(rows[0].file, 0, name, message, "plainness")
        if not frequent_words():
            message = _("frequent words are not counted without DialogSum, set DIALOGSUM_DIR; last shares: {shares}")
            message = message.format(shares=stored_in_words(split))
            yield Problem(rows[0].file, 0, "dialogue", message, "plainness", note=True)


def stored_shares() -> dict[str, Shares]:
    """Return the stored figures: ``dialogsum``, ``dialogues/train/plain``, ``tasks/topic/train/rich`` and so on."""
    return json.loads(path().read_text(encoding="utf-8"))["figures"]


def stored_in_words(split: str) -> str:
    """Return the stored shares of frequent words of the plain dialogues of a split, beside DialogSum's, in words."""
    shares = stored_shares()
    parts = {_("ours"): shares[f"dialogues/{split}/plain"], "DialogSum": shares["dialogsum"]}
    return "; ".join(f"{name} {row['dialogue']:.3f}, in summaries {row['summary']:.3f}" for name, row in parts.items())


def path() -> Path:
    """Return where the figures lie."""
    return paths.data_dir() / "dialogues" / "plainness.json"


def write() -> None:
    """Write the figures of DialogSum and of all sets with a register; without DialogSum they stay as they are."""
    words = frequent_words()
    if not words:
        return
    parsed = list(textfiles.parse(corpora.folder("dialogsum") / "dialogsum.train.jsonl"))[:SKIPPED]
    rows = [row | {"references": [row["summary"]]} for _line, row, _error in parsed]
    figures = {"dialogsum": frequent_shares(rows) | own_shares(rows)}
    for label, rows in _registers("dialogues"):
        figures[label] = frequent_shares(rows) | own_shares(rows)
    for name, text in TEXTS.items():
        figures |= {label: {"text": share([row[text] for row in rows], words)} for label, rows in _registers(name)}
    content = {
        "of": f"shares of the {FREQUENT} most frequent words of DialogSum's train (Chen et al. 2021) without its first "
        f"{SKIPPED} rows, which are `dialogsum`: figures only, none of its text",
        "command": "python -m makers.records cards",
        "figures": {label: {key: round(value, 4) for key, value in row.items()} for label, row in figures.items()},
    }
    write_text(path(), json.dumps(content, indent=1) + "\n")


def _registers(name: str) -> Iterator[tuple[str, list[dict]]]:
    """Yield the records of each file of a set, of each register alone: ``tasks/topic/train/rich`` and its records."""
    for file in sorted((paths.data_dir() / name).glob("*.jsonl")):
        records = jsonl.read(file)
        for register in sorted({record.get("register", "") for record in records}):
            label = "/".join(filter(None, (name, file.stem, register)))
            yield label, [record for record in records if record.get("register", "") == register]
