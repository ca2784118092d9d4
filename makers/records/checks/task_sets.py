"""The checks of the task suite, ``data/tasks``: a row of SETS says what each set must keep."""

import ast
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from labutils import tasks
from labutils.errors import LabError
from labutils.evaluation.metrics import f1, parse_entities
from labutils.i18n import _
from labutils.machine import paths
from labutils.words import words
from makers.records.checks import common, rules
from makers.records.checks.dialogues import check_overlaps
from makers.records.checks.rules import Faults, Plain, Rules
from makers.records.compose import replies, running
from makers.records.problems import SPLITS, Entry, Problem, in_order, scan_splits

ENTITY_TYPES = ("person", "pet", "place", "organisation", "product")
HARD = 20  # reviews: mixed, ironic, understated
ALIKE = 0.6  # of a corrected sentence's words stand in the wrong one, as F1


def check_task(name: str, folder: Path | str | None = None) -> list[Problem]:
    """Check the set ``name`` of the suite (default folder: ``data/tasks/NAME``), other data sets included."""
    entries, problems = read_and_check(name, Path(folder or paths.data_dir() / "tasks" / name))
    return in_order([*problems, *check_overlaps(entries)])


def read_and_check(name: str, folder: Path) -> tuple[list[Entry], list[Problem]]:
    """Return the records of a set and what is wrong with them, other data sets left aside.

    Codes: those of :class:`labutils.dialogues.records.DataError`, and ``unknown-field size id duplicate-id origin
    length characters duplicate near-duplicate opening label balance unsupported entities answer grammar code reply``.
    """
    entries, problems = scan_splits(folder, tasks.FIELDS[name])
    problems += rules.check(entries, SETS[name], tasks.FIELDS[name])
    if name in SET_CHECKS:
        problems += SET_CHECKS[name](entries)
    return entries, problems


# --- one record ----------------------------------------------------------------------------------------------------
def check_entities(record: dict) -> Faults:
    """``type: name; type: name`` or ``none``: types of the list, names as in the text, in order of first mention."""
    if record["entities"] == "none":
        return
    pairs, place = [], -1
    for part in record["entities"].split("; "):
        kind, colon, name = part.partition(": ")
        if not colon or kind not in ENTITY_TYPES or not name.strip() or parse_entities(part) == []:
            message = _("{part!r} is not 'type: name' with one of the types {types}")
            yield "entities", "entities", message.format(part=part, types=", ".join(ENTITY_TYPES))
        elif not common.is_run(name, record["text"]):
            yield "entities", "entities", _("{name!r} does not stand in the text").format(name=name)
        else:
            pairs.append((kind, name))
    for _kind, name in pairs:
        longer = [other for _kind, other in pairs if name != other and name in other]
        first = _first(name, record["text"], longer)
        if first < place:
            yield "entities", "entities", _("{name!r} is not in the order of first mention").format(name=name)
        place = max(place, first)
    for (_kind, name), count in Counter(pairs).items():
        if count > 1:
            yield "entities", "entities", _("{name!r} is there {count} times").format(name=name, count=count)


def _first(name: str, text: str, longer: Sequence[str]) -> int:
    """Return where a name stands first, as itself and not as a part of a longer one."""
    for other in longer:
        text = text.replace(other, "\0" * len(other))
    places = (i for i in range(len(text)) if text.startswith(name, i))
    return next((i for i in places if common.is_run(name, text[max(i - 1, 0) :])), 0)


def check_stars(record: dict) -> Faults:
    """One to five stars."""
    if record["stars"] not in range(1, 6):
        yield "stars", "label", _("is {stars}; 1 to 5 are allowed").format(stars=record["stars"])


def check_answer(record: dict) -> Faults:
    """The answer is a run of the passage, word for word, and not the whole of it."""
    if not common.is_run(record["answer"], record["passage"]):
        yield "answer", "answer", _("{answer!r} does not stand in the passage").format(answer=record["answer"])
    if not record["question"].endswith("?"):
        yield "question", "answer", _("does not end with a question mark")


def check_correction(record: dict) -> Faults:
    """The right sentence differs from the wrong one and shares most of its words."""
    if record["wrong"] == record["right"]:
        yield "right", "grammar", _("is the wrong sentence")
    elif f1(words(record["wrong"]), words(record["right"])) < ALIKE:
        yield "right", "grammar", _("shares too few words with the wrong one; correct it and leave the rest")


def check_function(record: dict) -> Faults:
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
def check_hard(entries: Sequence[Entry]) -> Iterator[Problem]:
    """Enough reviews are marked as hard ones."""
    hard = sum(bool(entry.record.get("hard")) for entry in entries)
    if entries and hard < HARD:
        yield entries[-1].problem("hard", "size", _("{n} are hard; {least} at least").format(n=hard, least=HARD))


def check_passages(entries: Sequence[Entry]) -> Iterator[Problem]:
    """A passage stands in one split only."""
    for entry, first in common.repeats(entries, lambda entry: entry.record["passage"]):
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
    for entry, first in common.repeats(entries, lambda entry: "".join(entry.record["python"].split())):
        message = _("is that of {file}:{line}").format(file=first.file, line=first.line)
        yield entry.problem("python", "duplicate", message)
    yield from check_pairs(entries) if entries else ()


def _sizes(*least: int) -> dict[str, int]:
    return dict(zip(SPLITS, least, strict=True))


SET_CHECKS: Mapping[str, Callable[[Sequence[Entry]], Iterator[Problem]]] = {
    "reviews": check_hard,
    "questions": check_passages,
    "code": check_distinct_code,
    "reply": replies.check,
}
SETS = {
    "opinions": Rules(
        _sizes(1200, 100, 300),
        {"product": (1, 3), "text": (2, 16)},
        near={"text": 0.4},
        same=(("product", "text"),),
        openings=("text",),
        label="opinion",
    ),
    "reviews": Rules(
        _sizes(1200, 100, 150),
        {"product": (1, 6), "title": (1, 9), "body": (12, 65), "description": (7, 22)},
        near={"body": 0.3, "description": 0.4},
        same=(("body",), ("title",), ("description",)),
        openings=("title", "body", "description"),
        label="stars",
        supported={"description": ("product", "title", "body")},
        record=check_stars,
    ),
    "entities": Rules(
        _sizes(500, 80, 150),
        {"text": (6, 32)},
        Plain(_sizes(400, 40, 80), {"text": (5, 40)}),
        near={"text": 0.4},
        same=(("text",),),
        openings=("text",),
        record=check_entities,
    ),
    "questions": Rules(
        _sizes(400, 80, 150),
        {"passage": (30, 95), "question": (3, 16), "answer": (1, 8)},
        Plain(_sizes(400, 40, 80), {"passage": (12, 80), "question": (3, 16), "answer": (1, 6)}),
        near={"passage": 0.2},
        same=(("passage", "question"),),
        openings=("question",),
        record=check_answer,
    ),
    "topic": Rules(
        _sizes(400, 80, 150),
        {"text": (10, 50)},
        Plain(_sizes(400, 40, 80), {"text": (5, 40)}),
        near={"text": 0.4},
        same=(("text",),),
        openings=("text",),
        label="topic",
    ),
    "intent": Rules(
        _sizes(400, 80, 150),
        {"message": (6, 38)},
        Plain(_sizes(400, 40, 80), {"message": (4, 38)}),
        near={"message": 0.4},
        same=(("message",),),
        openings=("message",),
        label="intent",
    ),
    "grammar": Rules(
        _sizes(200, 50, 100),
        {"wrong": (5, 18), "right": (5, 18)},
        near={"wrong": 0.4},
        same=(("wrong",), ("right",)),
        openings=("wrong",),
        record=check_correction,
    ),
    "code": Rules(_sizes(300, 30, 60), {"python": (3, 30), "javascript": (4, 35)}, record=check_function),
    "reply": Rules(
        _sizes(180, 20, 40),
        {"dialogue": (8, 290), "reply": replies.WORDS},
        same=(("source",),),
        openings=("reply",),
    ),
}
