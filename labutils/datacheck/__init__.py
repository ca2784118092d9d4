"""Checks of the shipped data, and the way in for new dialogues (floor 5).

- ``python -m labutils.datacheck``: check ``data/dialogues``, ``data/tasks`` and ``data/facts``
- ``python -m labutils.datacheck --folder F --set NAME``: check one folder as the set NAME (default: dialogues)
- ``python -m labutils.datacheck add FILE``: check new dialogues, append the good ones under ids of their own
- ``python -m labutils.datacheck add-references FILE``: second and third summaries of test dialogues
- ``python -m labutils.datacheck compose-reply``: cut ``data/tasks/reply`` from the dialogues, after any change of them
- ``python -m labutils.datacheck cards``: write the card of every set

New records: ``{"split", "kind", "topic", "dialogue", "summary"}`` and, where kind is service, ``"request"`` and
``"action"``; ``"scenario"`` if you like. New references: ``{"id", "references": [...]}``. Both as JSON Lines or CSV.
"""

from pathlib import Path

from labutils import runtime
from labutils.claims import load_claims
from labutils.datacheck import checks, common, elsewhere, facts, suite
from labutils.datacheck.adding import add, add_references
from labutils.datacheck.checks import SPLITS, Problem, check_dialogues
from labutils.datacheck.facts import check_facts
from labutils.datacheck.suite import check_task
from labutils.i18n import LabError

__all__ = ["Problem", "add", "add_references", "check_all", "check_dialogues", "check_facts", "check_set", "check_task"]

DIALOGUES = dict(zip(SPLITS, (600, 80, 120), strict=True))  # records at least


def check_set(name: str, folder: Path | str | None = None) -> list[Problem]:
    """Check one set: ``dialogues``, ``facts`` or ``tasks/NAME``."""
    if name.startswith("tasks/"):
        return check_task(name.removeprefix("tasks/"), folder)
    return {"dialogues": check_dialogues, "facts": check_facts}[name](folder)


def check_all(corpus: bool = True, data: Path | None = None) -> list[Problem]:
    """Check all shipped data.

    ``corpus=False`` leaves out the comparison with the open corpus, which takes most of a minute.
    """
    data = data or runtime.data_dir()
    entries, problems = checks.look(data / "dialogues")
    problems += common.check_sizes(entries, DIALOGUES)
    for name in suite.SETS:
        if (data / "tasks" / name).is_dir():
            found, wrong = suite.look(name, data / "tasks" / name)
            problems += wrong
            entries += found if name != "reply" else []  # cut from the dialogues: compared already
    if (data / "facts").is_dir():
        found, wrong = facts.look(data / "facts")
        entries, problems = entries + found, problems + wrong
    problems += check_claims(data / "claims.yaml")
    problems += checks.check_overlaps(entries, elsewhere.NAMES if corpus else elsewhere.SMALL)
    return checks.in_order(problems)


def check_claims(path: Path) -> list[Problem]:
    """Check that the claims, where they are there, can be read (the entry that cannot be is named)."""
    try:
        if path.is_file():
            load_claims(path)
    except LabError as error:
        return [Problem(str(path), 0, "claims", str(error), error.code)]
    return []


def set_names() -> list[str]:
    """Return the names of all sets that are checked."""
    return ["dialogues", *(f"tasks/{name}" for name in suite.SETS), "facts"]
