"""The checks of what the labs read beside the sets of records: templates, claims and the rows of ``data/behaviour``."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from labutils import prompts, tasks
from labutils.dialogues.records import Field
from labutils.errors import LabError
from labutils.evaluation import behaviour
from labutils.evaluation.claims import load_claims
from labutils.i18n import _
from makers.records.checks import common
from makers.records.problems import Problem, scan

TEMPLATES = 5  # of a task, at least
BEHAVIOUR: dict[str, tuple[Mapping[str, Field], Mapping[str, Sequence[str]]]] = {
    "prompts": (behaviour.PROMPT, {"kind": behaviour.KINDS}),
    "labelled": (behaviour.LABELLED, {"label": behaviour.BEHAVIOURS}),
}


def check(data: Path) -> Iterator[Problem]:
    """Check ``claims.yaml``, ``templates`` and ``behaviour`` of the folder ``data``."""
    yield from check_claims(data / "claims.yaml")
    yield from check_templates(data / "templates")
    yield from check_behaviour(data / "behaviour")


def check_claims(path: Path) -> Iterator[Problem]:
    """The claims are there and can be read (the entry that cannot be is named)."""
    try:
        load_claims(path)
    except LabError as error:
        yield Problem(str(path), 0, "claims", str(error), error.code)


def check_templates(folder: Path) -> Iterator[Problem]:
    """Each task has a file of templates that can be read, and enough of them."""
    for task in (*tasks.SUITE, "summarize", "support"):
        path = str(folder / f"{task}.yaml")
        try:
            count = len(prompts.load_templates(task, folder))
        except LabError as error:
            yield Problem(path, 0, "templates", str(error), error.code)
            continue
        if count < TEMPLATES:
            message = _("{n} templates; {least} at least").format(n=count, least=TEMPLATES)
            yield Problem(path, 0, "templates", message, "size")


def check_behaviour(folder: Path) -> Iterator[Problem]:
    """The prompts and the labelled rows have their fields, each id once, and labels of the rule's list."""
    for name, (fields, labels_of) in BEHAVIOUR.items():
        entries, problems = scan(folder / f"{name}.jsonl", fields)
        yield from problems
        yield from common.check_fields(entries, fields)
        yield from common.check_same(entries, "id")
        for field, labels in labels_of.items():
            yield from common.check_one_of(entries, field, labels)
