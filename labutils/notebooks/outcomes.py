"""What came of the labs of a run: ``outcomes.json``, which also marks a folder as a run's."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from labutils import files, junit
from labutils.errors import LabError
from labutils.i18n import _
from labutils.lab import check_folder, not_ours, start_of
from labutils.log import logger

FILE, PAGE = "outcomes.json", "index.html"
MARK = b'name="generator" content="labs report"'  # in each page that is ours
NOT_YET = _("    did not run yet")
STOPPED = _("    began, and did not run to its end")
KINDS: dict[str, type | tuple[type, ...]] = {"ok": bool, "seconds": (int, float), "error": str, "notebook": str}


@dataclass(frozen=True)
class Outcome:
    """What came of one lab: ``error`` is "" when every cell ran to the end."""

    lab: str
    seconds: float
    notebook: Path
    error: str = ""

    @property
    def ok(self) -> bool:
        """Whether every cell of the lab ran to its end."""
        return not self.error


def read(out: Path) -> dict[str, dict]:
    """Return the outcome of each lab that was begun in ``out``, {} where no run was.

    Raises:
        LabError: code ``"outcomes"``: the file is cut, or another program's.
    """
    path = out / FILE
    try:
        outcomes = files.parse_json(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (ValueError, IsADirectoryError):
        outcomes = None
    entries = outcomes.values() if isinstance(outcomes, dict) else [None]
    if all(isinstance(e, dict) and all(isinstance(e.get(k), kind) for k, kind in KINDS.items()) for e in entries):
        return outcomes
    text = _("{path} is cut or not of `labs run`; run the labs again into that folder, or remove the file")
    raise LabError("outcomes", text.format(path=path))


def write(out: Path, outcomes: Iterable[Outcome]) -> None:
    """Record what came of labs; labs of earlier runs in the same folder stay listed."""
    entries = {
        outcome.lab: {
            "ok": outcome.ok, "seconds": round(outcome.seconds, 1), "error": outcome.error,
            "notebook": outcome.notebook.relative_to(out).as_posix(),
        }
        for outcome in outcomes
    }  # fmt: skip
    files.write_json(out / FILE, dict(sorted((read(out) | entries).items())))


def cases(outcomes: Iterable[Outcome]) -> list[junit.Case]:
    """Return outcomes as the cases of a JUnit file, a suite each lab: did it run to its end?"""
    return [
        junit.Case(f"lab {outcome.lab}", "ran", "" if outcome.ok else junit.FAILURE, outcome.error, outcome.seconds)
        for outcome in outcomes
    ]


def begin(out: Path, notebooks: Mapping[str, Path]) -> None:
    """Make ``out`` the folder of a run of these labs (number -> executed notebook), and list those that it did not have.

    What is listed counts as failed until it has run to its end. An unreadable ``outcomes.json`` is renamed.

    Raises:
        LabError: code ``"folder"``: no run was there, but files of the names that it would write.
    """
    out.mkdir(parents=True, exist_ok=True)
    before: dict[str, dict] = {}
    try:
        before = read(out)
    except LabError as error:
        if not list(out.glob("*/*.ipynb")):  # no lab ran here: it is another program's
            raise not_ours(out / FILE) from None
        kept = files.keep(out / FILE, "broken")
        logger.warning(_("{error}; now it is kept as {kept}").format(error=error, kept=kept.name))
    if not before:
        check_page(out)
    for target in (target for lab, target in notebooks.items() if lab not in before):
        check_folder(target.parent)
        if target.exists() and start_of(target.parent) is None:
            raise not_ours(target)
    write(out, [Outcome(lab, 0.0, path, NOT_YET) for lab, path in notebooks.items() if lab not in before])


def check_page(out: Path) -> None:
    """Raise where ``index.html`` is a page of somebody else's.

    Raises:
        LabError: code ``"folder"``.
    """
    page = out / PAGE
    if page.exists() and not (page.is_file() and MARK in page.read_bytes()):
        raise not_ours(page)
