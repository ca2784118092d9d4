"""The plain documents and questions of ``data/facts``, and the checks of all its files.

They are what the first ones are, in everyday words and shorter; ``wrong`` is a false answer of the same kind, to build
a wrong document with.
"""

from collections.abc import Iterator
from pathlib import Path

from labutils.dialogues.records import Field
from labutils.i18n import _
from labutils.machine import paths
from labutils.words import normalize
from makers.records.checks import common, facts
from makers.records.checks.dialogues import check_overlaps
from makers.records.checks.facts import Files
from makers.records.checks.rules import Rules
from makers.records.problems import Entry, Problem, in_order


def check_facts(folder: Path | str | None = None) -> list[Problem]:
    """Check a folder of facts as shipped (default: ``data/facts``), other data sets included."""
    entries, problems = read_and_check(Path(folder or paths.data_dir() / "facts"))
    return in_order([*problems, *check_overlaps(entries)])


def read_and_check(folder: Path) -> tuple[list[Entry], list[Problem]]:
    """Return the records of all files and what is wrong with them.

    Codes: those of :func:`makers.records.checks.facts.read_and_check`, and ``wrong``.
    """
    checks = (*facts.FOLDER_CHECKS, check_questions, check_wrong)
    return facts.read_and_check(folder, facts.FIELDS | FIELDS, facts.FILES | FILES, checks)


def check_questions(files: Files) -> Iterator[Problem]:
    """Answers stand in their documents, and the splits keep apart, as with the first questions."""
    plain = {"documents": files["plain_documents"], "questions": files["plain_questions"], "phrasings": ()}
    yield from facts.check_answers(plain)
    yield from facts.check_splits(plain)


def check_wrong(files: Files) -> Iterator[Problem]:
    """The false answer is another than the right one, and does not stand in the document."""
    texts = {entry.record["id"]: entry.record["text"] for entry in files["plain_documents"]}
    for entry in files["plain_questions"]:
        answer, text = entry.record["wrong"], texts.get(entry.record["document"], "")
        if normalize(answer) == normalize(entry.record["answer"]) or common.is_run(answer.lower(), text.lower()):
            message = _("{wrong!r} is the answer or stands in the text of {id}")
            yield entry.problem("wrong", "wrong", message.format(wrong=answer, id=entry.record["document"]))


FIELDS = {
    "plain_documents": facts.FIELDS["documents"],
    "plain_questions": dict.fromkeys("id split fact question answer document wrong".split(), Field()),
}
FILES = {
    "plain_documents": Rules(
        {"": 100},
        {"title": (1, 10), "text": (12, 32)},
        prefix="plain_doc",
        same=(("text",),),
        near={"text": 0.4},
        openings=("text",),
        one_of={"kind": facts.KINDS},
    ),
    "plain_questions": Rules(
        {"train": 100, "phrasing": 50, "fact": 50},
        {"question": (3, 25), "answer": (1, 6), "wrong": (1, 6)},
        prefix="plain_question",
        same=(("question",),),
        openings=("question",),
        one_of={"split": ("train", "phrasing", "fact")},
    ),
}
