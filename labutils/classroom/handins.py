"""A hand-in: one file with what a student's runs say, under the name that the student chose. `labs hand-in NAME`.

It holds no path, no machine, and no text that is not the course's own (see :func:`labutils.classroom.runs.without_own`).
A digest tells whether it came through whole. A teacher may also take a ``results.json``, or a whole folder of runs.
"""

import contextlib
import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import labutils
from labutils import exercises, files
from labutils.classroom import runs
from labutils.classroom.runs import Run, printable
from labutils.errors import LabError
from labutils.i18n import _
from labutils.lessons import progress
from labutils.machine import paths

FORMAT, VERSION = "finetune-labs hand-in", 1
ENDING = ".handin.json"
RESULTS = "results.json"
MOST = 8 * 2**20  # bytes that are read of a file: a hand-in has some 50,000
LETTERS = 60  # of a name


@dataclass(frozen=True)
class HandIn:
    """What one student hands in.

    Attributes:
        name: what the student chose to be called.  course: the version of the course that wrote it.
        runs: in the order of the labs.  exercises: name -> {"tries", "passed", "last"}.
        begun: labs without a result that were begun.
        notes: a sentence for each part that could not be read, or that was there twice.
    """

    name: str
    runs: tuple[Run, ...]
    exercises: dict[str, dict] = field(default_factory=dict)
    begun: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    course: str = labutils.__version__


def named(name: str) -> str:
    """Return a name as a hand-in has it, at most :data:`LETTERS` letters.

    Raises:
        LabError: code ``"name"``: no letter is left of it.
    """
    name = " ".join(printable(name.replace("\n", " ")).split())[:LETTERS].strip()
    if not any(letter.isalnum() for letter in name):
        raise LabError("name", _("{name!r} is no name; say what you want to be called, as in: labs hand-in Mia")
                       .format(name=name))  # fmt: skip
    return name


def collect(folder: Path, name: str) -> HandIn:
    """Return what lies below a folder of runs, as ``labs run`` and JupyterLab leave it; anything of the student's own stays.

    Raises:
        LabError: code ``"no_results"``: no lab there was run to its end.
    """
    found: dict[str, tuple[Run, Path]] = {}
    notes = []
    for path in sorted(folder.rglob(RESULTS)):
        where = path.relative_to(folder).as_posix()
        try:
            run = runs.parse(read_json(path))
        except LabError as error:
            notes.append(_("{file} was left out: {why}").format(file=where, why=error))
            continue
        if run.lab not in found:
            found[run.lab] = (runs.without_own(run), path)
        elif run != runs.parse(read_json(found[run.lab][1])):
            first = found[run.lab][1].relative_to(folder).as_posix()
            text = _("lab {lab} is there twice; {first} is taken, {file} was left out")
            notes.append(text.format(lab=run.lab, first=first, file=where))
    if not found:
        text = _("no lab in {folder} was run to its end: none has a results.json that can be read")
        raise LabError("no_results", " ".join([text.format(folder=folder), *notes]))
    begun = {path.parent.name for path in folder.rglob("start.json")} - found.keys()
    return HandIn(
        name, tuple(run for _lab, (run, _path) in sorted(found.items())), _progress(folder),
        tuple(sorted(lab for lab in begun if runs.LAB.fullmatch(lab))), tuple(notes),
    )  # fmt: skip


def _progress(folder: Path) -> dict[str, dict]:
    """Return the checks of the course's exercises in all ``progress.json`` of a folder."""
    ours = {exercise.name for n in range(100) for exercise in exercises.load(f"{n:02}")}
    checks: dict[str, dict] = {}
    for path in sorted(folder.rglob(progress.FILE)):
        try:
            read = _exercises(read_json(path))
        except LabError:
            continue
        checks |= {name: entry for name, entry in read.items() if name in ours and name not in checks}
    return checks


def _exercises(content: object) -> dict[str, dict]:
    """Return the entries of a ``progress.json`` that are whole."""
    entries = content.items() if isinstance(content, dict) else ()
    return {
        name: {"tries": entry["tries"], "passed": bool(entry["passed"]), "last": entry["last"]}
        for name, entry in entries
        if isinstance(entry, dict) and type(entry.get("tries")) is int and "passed" in entry
        and isinstance(entry.get("last"), str) and entry["last"].isidentifier() and len(entry["last"]) < 80
        and name.isidentifier()
    }  # fmt: skip


# --- the file ------------------------------------------------------------------------------------------------------
def write(hand_in: HandIn, target: Path) -> Path | None:
    """Write a hand-in; an earlier file of the name is kept beside it -> the kept one, or None.

    Raises:
        LabError: code ``"folder"``: the file's folder cannot be made, or a folder has its name.
    """
    paths.make(target.parent)
    content = _content(hand_in)
    text = json.dumps(content | {"digest": digest(content)}, indent=1)
    if target.is_dir():
        raise LabError("folder", _("{file} is a folder; name a file with --out").format(file=target))
    kept = None
    while not files.write_new(target, text.encode()):
        with contextlib.suppress(FileNotFoundError):  # another call took it away in between
            if target.read_bytes() == text.encode():
                return kept
            kept = files.keep(target, "older")
    return kept


def _content(hand_in: HandIn) -> dict[str, Any]:
    return {
        "format": FORMAT, "version": VERSION, "course": hand_in.course, "name": hand_in.name,
        "runs": [asdict(run) for run in hand_in.runs], "exercises": hand_in.exercises, "begun": list(hand_in.begun),
    }  # fmt: skip


def digest(content: dict, leave_out: Iterable[str] = ()) -> str:
    """Return a hand-in's digest, of its content alone: neither spaces nor the order of names count."""
    counted = {name: value for name, value in content.items() if name not in {"digest", *leave_out}}
    return hashlib.sha256(json.dumps(counted, sort_keys=True).encode()).hexdigest()


def same(hand_in: HandIn) -> str:
    """Return what two hand-ins share that differ in their names alone."""
    return digest(_content(hand_in), ("name",))


def read_json(path: Path) -> object:
    """Return the content of a file that somebody else sent.

    Raises:
        LabError: code ``"unreadable"``; the text is half a sentence that says why: it is empty, cut, too large.
    """
    try:
        size = path.stat().st_size
        if size > MOST:
            raise LabError("unreadable", _("it has {n} MiB, and a hand-in is far smaller").format(n=size >> 20))
        raw = path.read_bytes()
    except OSError as error:
        raise LabError("unreadable", _("it cannot be opened ({why})").format(why=error.strerror)) from None
    if not raw.strip():
        raise LabError("unreadable", _("it is empty; ask for it again"))
    if raw[:4] in (b"PK\x03\x04", b"\x1f\x8b\x08\x00"):
        raise LabError("unreadable", _("it is packed; unpack it, and call this again"))
    try:
        return files.parse_json(raw.decode("utf-8-sig"))
    except ValueError:
        raise LabError("unreadable", _("it is cut or no JSON; ask for it again")) from None


def read(path: Path) -> HandIn:
    """Return a hand-in, or what a lab's ``results.json`` says under the name of its file.

    Raises:
        LabError: codes ``"unreadable"``, ``"other_file"``, ``"newer"``, ``"changed"``, ``"results"``: half a sentence that
            says why it cannot be taken.
    """
    content = read_json(path)
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        if isinstance(content, dict) and {"lab", "numbers"} <= content.keys():
            stem = path.name.removesuffix(path.suffix)
            return HandIn(named(stem), (runs.without_own(runs.parse(content)),))
        raise LabError("other_file", _("it is neither a file of `labs hand-in` nor a lab's results.json"))
    if content.get("version") != VERSION:
        text = _(
            "it is of format {version!r}, and this course reads format {ours}; use one version of the course for all"
        )
        raise LabError("newer", text.format(version=content.get("version"), ours=VERSION))
    if content.get("digest") != digest(content):
        raise LabError("changed", _("it is not as `labs hand-in` wrote it (its digest is another); ask for it again"))
    if not isinstance(content.get("name"), str) or not isinstance(content.get("runs"), list):
        raise LabError("other_file", _("it has no name or no runs; ask for it again"))
    of_lab = {run.lab: run for run in map(runs.parse, content["runs"])}
    begun = content["begun"] if isinstance(content.get("begun"), list) else []
    return HandIn(
        named(content["name"]), tuple(run for _lab, run in sorted(of_lab.items())), _exercises(content.get("exercises")),
        tuple(lab for lab in begun if isinstance(lab, str) and runs.LAB.fullmatch(lab)), (),
        printable(str(content.get("course")))[:20],
    )  # fmt: skip
