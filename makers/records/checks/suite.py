"""The checks of the task suite, ``data/tasks``: a row of SETS says what each set must keep."""

import ast
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from labutils import tasks
from labutils.errors import LabError
from labutils.evaluation.metrics import f1, parse_entities
from labutils.i18n import _
from labutils.machine import paths
from labutils.words import words
from makers.records.checks import common
from makers.records.checks.dialogues import check_overlaps
from makers.records.compose import replies, running
from makers.records.problems import SPLITS, Entry, Problem, in_order, scan

ENTITY_TYPES = ("person", "pet", "place", "organisation", "product")
HARD = 20  # reviews: mixed, ironic, understated
ALIKE = 0.6  # of a corrected sentence's words stand in the wrong one, as F1
Found = Iterator[tuple[str, str, str]]  # field, code, message


@dataclass(frozen=True)
class Plain:
    """What the plain records of a set keep where they differ from the rich ones."""

    sizes: tuple[int, int, int]
    words: Mapping[str, tuple[int, int]]


@dataclass(frozen=True)
class Rules:
    """What the records of a set must keep.

    Attributes:
        sizes: least number of records of train, validation and test.
        words: bounds of each text's length, measured from what there is, with some air.
        plain: of a set whose records name their register: sizes and words of the plain ones.
        near: for a field, the share of its runs of five words that no two records may share.
        same: fields in which no two records are all alike, capitals and punctuation apart.
        openings: fields of which few may begin alike.
        label: the closed set of answers, balanced in each split; those of train are the known ones.
        supported: for a field, the fields that must hold its names and numbers.
        record: a check of one record.
        whole: a check of all entries.
    """

    sizes: tuple[int, int, int]
    words: Mapping[str, tuple[int, int]]
    plain: Plain | None = None
    near: Mapping[str, float] = field(default_factory=dict)
    same: Sequence[tuple[str, ...]] = ()
    openings: Sequence[str] = ()
    label: str = ""
    supported: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    record: Callable[[dict], Found] = lambda _record: iter(())
    whole: Callable[[Sequence[Entry]], Iterator[Problem]] = lambda _entries: iter(())


def check_task(name: str, folder: Path | str | None = None) -> list[Problem]:
    """Check the set ``name`` of the suite (default folder: ``data/tasks/NAME``), other data sets included."""
    entries, problems = look(name, Path(folder or paths.data_dir() / "tasks" / name))
    return in_order([*problems, *check_overlaps(entries)])


def look(name: str, folder: Path) -> tuple[list[Entry], list[Problem]]:
    """Return the records of a set and what is wrong with them, other data sets left aside.

    Codes: those of :class:`labutils.dialogues.records.DataError`, and ``unknown-field size id duplicate-id origin length characters duplicate
    near-duplicate opening label balance unsupported entities answer grammar code reply``.
    """
    entries, problems, rules = [], [], SETS[name]
    for split in SPLITS:
        found, wrong = scan(folder / f"{split}.jsonl", tasks.FIELDS[name], split)
        entries, problems = entries + found, problems + wrong
    problems += common.check_fields(entries, tasks.FIELDS[name])
    problems += common.check_ids(entries)
    problems += common.check_origins(entries)
    problems += common.check_characters(entries)
    for fields in rules.same:
        problems += common.check_same(entries, *fields)
    for name_of, share in rules.near.items():
        problems += common.check_near(entries, name_of, share)
    known = {entry.record[rules.label] for entry in entries if rules.label and entry.split == "train"}
    if known:
        problems += common.check_one_of(entries, rules.label, known)
    problems += check_registers(entries, rules, known)
    for name_of, sources in rules.supported.items():
        problems += common.check_support(entries, name_of, *sources)
    problems += [entry.problem(*found) for entry in entries for found in rules.record(entry.record)]
    problems += rules.whole(entries)
    return entries, problems


# --- one record ----------------------------------------------------------------------------------------------------
def check_entities(record: dict) -> Found:
    """``type: name; type: name`` or ``none``: known types, names as in the text, in the order of first mention."""
    if record["entities"] == "none":
        return
    found, at = [], -1
    for part in record["entities"].split("; "):
        kind, colon, name = part.partition(": ")
        if not colon or kind not in ENTITY_TYPES or not name.strip() or parse_entities(part) == []:
            message = _("{part!r} is not 'type: name' with one of the types {known}")
            yield "entities", "entities", message.format(part=part, known=", ".join(ENTITY_TYPES))
        elif not common.is_run(name, record["text"]):
            yield "entities", "entities", _("{name!r} does not stand in the text").format(name=name)
        else:
            found.append((kind, name))
    for _kind, name in found:
        longer = [other for _kind, other in found if name != other and name in other]
        here = _first(name, record["text"], longer)
        if here < at:
            yield "entities", "entities", _("{name!r} is not in the order of first mention").format(name=name)
        at = max(at, here)
    for (_kind, name), count in Counter(found).items():
        if count > 1:
            yield "entities", "entities", _("{name!r} is there {count} times").format(name=name, count=count)


def _first(name: str, text: str, longer: Sequence[str]) -> int:
    """Return where a name stands first, as itself and not as a part of a longer one."""
    for other in longer:
        text = text.replace(other, "\0" * len(other))
    here = [i for i in range(len(text)) if text.startswith(name, i) and common.is_run(name, text[max(i - 1, 0) :])]
    return here[0] if here else 0


def check_stars(record: dict) -> Found:
    """One to five stars."""
    if record["stars"] not in range(1, 6):
        yield "stars", "label", _("is {stars}; 1 to 5 are allowed").format(stars=record["stars"])


def check_answer(record: dict) -> Found:
    """The answer is a run of the passage, word for word, and not the whole of it."""
    if not common.is_run(record["answer"], record["passage"]):
        yield "answer", "answer", _("{answer!r} does not stand in the passage").format(answer=record["answer"])
    if not record["question"].endswith("?"):
        yield "question", "answer", _("does not end with a question mark")


def check_correction(record: dict) -> Found:
    """The right sentence is another one, but not quite another one."""
    wrong, right = words(record["wrong"]), words(record["right"])
    if record["wrong"] == record["right"]:
        yield "right", "grammar", _("is the wrong sentence")
    elif f1(wrong, right) < ALIKE:
        yield "right", "grammar", _("shares too few words with the wrong one; correct it and leave the rest")


def check_function(record: dict) -> Found:
    """The Python is one statement that makes a function, a head and three lines at most."""
    try:
        body = ast.parse(record["python"]).body
    except SyntaxError as error:
        yield "python", "code", _("is no Python: {error}").format(error=error)
        return
    if len(body) != 1 or not isinstance(body[0], ast.FunctionDef | ast.Assign):
        yield "python", "code", _("must be one function")
    if record["python"].count("\n") > 3:
        yield "python", "code", _("has more than three lines below its head")


# --- the set -------------------------------------------------------------------------------------------------------
def check_registers(entries: Sequence[Entry], rules: Rules, known: Collection) -> Iterator[Problem]:
    """Sizes, lengths, openings and labels, of each register alone where a set has two."""
    parts = {"rich": rules, "plain": rules.plain} if rules.plain else {"": rules}
    if rules.plain:
        yield from common.check_one_of(entries, "register", tasks.REGISTERS)
    for register, part in parts.items():
        counted = ("register", (register,)) if register else ()
        yield from common.check_sizes(entries, dict(zip(SPLITS, part.sizes, strict=True)), *counted)
        rows = [entry for entry in entries if entry.record.get("register", "") == register]
        yield from common.check_lengths(rows, part.words)
        for name in rules.openings:
            yield from common.check_openings(rows, name)
        if known:
            yield from common.check_balance(rows, rules.label, known)


def check_hard(entries: Sequence[Entry]) -> Iterator[Problem]:
    """Enough reviews are marked as hard ones."""
    hard = sum(bool(entry.record.get("hard")) for entry in entries)
    if entries and hard < HARD:
        yield entries[-1].problem("hard", "size", _("{n} are hard; {least} at least").format(n=hard, least=HARD))


def check_passages(entries: Sequence[Entry]) -> Iterator[Problem]:
    """A passage stands in one split only."""
    home: dict[str, Entry] = {}
    for entry in entries:
        first = home.setdefault(entry.record["passage"], entry)
        if first.split != entry.split:
            message = _("is also in {file}:{line}").format(file=first.file, line=first.line)
            yield entry.problem("passage", "duplicate", message)


def check_pairs(entries: Sequence[Entry]) -> Iterator[Problem]:
    """Each pair of functions gives the same in both languages; a note where there is no node to run them."""
    try:
        for index, message in running.disagreements([entry.record for entry in entries]):
            yield entries[index].problem("javascript", "code", message)
    except LabError as error:
        if error.code != "node":
            raise
        yield Problem(entries[0].file, 0, "javascript", str(error), "code", note=True)


def check_distinct_code(entries: Sequence[Entry]) -> Iterator[Problem]:
    """No two functions are the same but for spaces; another name or number makes another one."""
    seen: dict[str, Entry] = {}
    for entry in entries:
        first = seen.setdefault("".join(entry.record["python"].split()), entry)
        if first is not entry:
            message = _("is that of {file}:{line}").format(file=first.file, line=first.line)
            yield entry.problem("python", "duplicate", message)
    yield from check_pairs(entries) if entries else ()


SETS = {
    "opinions": Rules(
        (1200, 100, 300),
        {"product": (1, 3), "text": (2, 16)},
        near={"text": 0.4},
        same=(("product", "text"),),
        openings=("text",),
        label="opinion",
    ),
    "reviews": Rules(
        (1200, 100, 150),
        {"product": (1, 6), "title": (1, 9), "body": (12, 65), "description": (7, 22)},
        near={"body": 0.3, "description": 0.4},
        same=(("body",), ("title",), ("description",)),
        openings=("title", "body", "description"),
        label="stars",
        supported={"description": ("product", "title", "body")},
        record=check_stars,
        whole=check_hard,
    ),
    "entities": Rules(
        (500, 80, 150), {"text": (6, 32)}, Plain((400, 0, 80), {"text": (5, 40)}), near={"text": 0.4}, same=(("text",),),
        openings=("text",), record=check_entities,
    ),
    "questions": Rules(
        (400, 80, 150),
        {"passage": (30, 95), "question": (3, 16), "answer": (1, 8)},
        Plain((400, 0, 80), {"passage": (12, 80), "question": (3, 16), "answer": (1, 6)}),
        near={"passage": 0.2},
        same=(("passage", "question"),),
        openings=("question",),
        record=check_answer,
        whole=check_passages,
    ),
    "topic": Rules(
        (400, 80, 150), {"text": (10, 50)}, Plain((400, 0, 80), {"text": (5, 40)}), near={"text": 0.4}, same=(("text",),),
        openings=("text",), label="topic",
    ),
    "intent": Rules(
        (400, 80, 150), {"message": (6, 38)}, Plain((400, 0, 80), {"message": (4, 38)}), near={"message": 0.4},
        same=(("message",),), openings=("message",), label="intent",
    ),
    "grammar": Rules(
        (200, 50, 100),
        {"wrong": (5, 18), "right": (5, 18)},
        near={"wrong": 0.4},
        same=(("wrong",), ("right",)),
        openings=("wrong",),
        record=check_correction,
    ),
    "code": Rules((300, 30, 60), {"python": (3, 30), "javascript": (4, 35)}, record=check_function, whole=check_distinct_code),
    "reply": Rules(
        (180, 20, 40),
        {"dialogue": (8, 290), "reply": replies.WORDS},
        same=(("source",),),
        openings=("reply",),
        whole=replies.check,
    ),
}  # fmt: skip
