"""Read the open text corpus: documents by group, task rows, and the split that keeps test rows out of training."""

import hashlib
import json
import lzma
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from labutils.errors import LabError
from labutils.i18n import _

Row = dict[str, str]  # input, target
Splits = dict[tuple[str, str], tuple[list[Row], list[Row]]]  # (set, task): (train, test)

# Groups of the pre-training mixture: weight in per cent, the corpus's sets, and a cap in bytes per set.
# The weights are those of the second trial; plain modern prose outweighs novels, whose English is old.
GROUPS = {
    "task_dialogues": (37, ("sgd_dialogues", "star", "multiwoz_valtest", "taskmaster4"), 40e6),
    "chats": (22, ("topical_chat", "synthetic_persona_chat"), 40e6),
    "book_dialogues": (10, ("classic_books_dialogues",), 12e6),
    "meetings": (6, ("qmsum_meetings", "aci_bench", "mts_dialog"), 12e6),
    "plain": (
        15,
        (
            "onestop_english",
            "masc_text",
            "ud_english_ewt",
            "openstax_textbooks",
            "wikipedia_en_subset",
            "nltk_state_union",
            "nltk_inaugural",
        ),
        10e6,
    ),
    "stories": (5, ("tinystories_sample", "african_storybook", "fairytaleqa_stories"), 10e6),
    "novels": (2, ("classic_books_prose",), 10e6),
    # The wording of reviews, never their labels: so that a lab can teach the sentiment itself.
    "reviews": (
        3,
        ("product_pros_cons", "product_review_sentences", "sentiment_labelled_sentences", "movie_reviews_long"),
        10e6,
    ),
}
FILES = {"dialogue": "dialogue.jsonl.xz", "prose": "prose.jsonl.xz", "task": "task.jsonl.xz"}
TEST_ROWS, TEST_SHARE = 600, 5  # at most 600 test rows a task, and at most a fifth of it


def read_jsonl_xz(path: Path | str) -> Iterator[dict[str, Any]]:
    """Yield the rows of one xz-compressed JSON Lines file (bytes on disk -> dict a line).

    Raises:
        LabError: the file is missing, or a line is not JSON (code ``"corpus"``).
    """
    path = Path(path)
    if not path.is_file():
        text = _("{path} is missing: --corpus must name the folder that holds {names}")
        raise LabError("corpus", text.format(path=path, names=", ".join(FILES.values())))
    with lzma.open(path, "rt", encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            try:
                yield json.loads(line)
            except json.JSONDecodeError as error:
                text = _("{path}, line {number}: not JSON ({error}); get the corpus again, this file is damaged")
                raise LabError("corpus", text.format(path=path, number=number, error=error)) from None


def digest(text: str) -> str:
    """sha256 of a text in hexadecimal: the order in which rows are held out, the same everywhere."""
    return hashlib.sha256(text.encode()).hexdigest()


def held_out(rows: Iterable[Row]) -> tuple[list[Row], list[Row]]:
    """Split one task's rows into (train, test), ordered by the input's sha256; duplicates of an input go."""
    unique: dict[str, Row] = {}
    for row in rows:
        unique.setdefault(row["input"], row)
    ordered = sorted(unique.values(), key=lambda row: digest(row["input"]))
    size = min(TEST_ROWS, len(ordered) // TEST_SHARE)
    return ordered[size:], ordered[:size]


def task_rows(corpus: Path | str) -> Splits:
    """All task rows by (set, task): {("ner_btc", "ner"): (train, test), ...}, each row with `input` and `target`."""
    rows = defaultdict(list)
    for row in read_jsonl_xz(Path(corpus) / FILES["task"]):
        rows[row["set"], row["task"]].append({"input": row["input"].strip(), "target": row["target"].strip()})
    return {key: held_out(group) for key, group in sorted(rows.items())}


def review_texts(corpus: Path | str) -> Iterator[tuple[str, str]]:
    """The wording of the review sets without labels, test rows left out; short lines are joined twelve a document."""
    wanted = set(GROUPS["reviews"][1])
    for (name, _task), (train, _test) in task_rows(corpus).items():
        if name in wanted:
            texts = [row["input"] for row in train]
            step = 1 if name == "movie_reviews_long" else 12
            for start in range(0, len(texts), step):
                yield name, "\n".join(texts[start : start + step])


def documents(corpus: Path | str, scale: float = 1.0) -> Iterator[tuple[str, str]]:
    """Yield (group, text) of the pre-training mixture, each set up to its cap in bytes times `scale`.

    Only the field `text` is read: a summary that the corpus holds never reaches the model.
    """
    group_of = {name: group for group, (_, sets, _) in GROUPS.items() for name in sets}
    taken: dict[str, int] = defaultdict(int)

    def wanted(name: str, text: str) -> str | None:
        group = group_of.get(name)
        if group is None or taken[name] >= GROUPS[group][2] * scale:
            return None
        taken[name] += len(text.encode())
        return group

    for kind in ("dialogue", "prose"):
        for row in read_jsonl_xz(Path(corpus) / FILES[kind]):
            group = wanted(row["set"], row["text"])
            if group:
                yield group, row["text"].strip()
    for name, text in review_texts(corpus):
        group = wanted(name, text)
        if group:
            yield group, text
