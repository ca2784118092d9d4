"""`python -m makers.minutes`: reckon how long a learner takes for each lab; write it into README and the notebooks.

An estimate, and no class has tried it. It adds up what can be counted:

- the machine's seconds at the last build (data/results): of its processors where the build recorded them and they are
  fewer, since a busy machine makes a learner wait for other programs; of the core path its own share where it is known;
- the words of the text, and the lines of shown code;
- a minute for each figure, drawing, widget, prediction and bet;
- for each exercise the minutes of its kind.

The minutes that stand beside an exercise in a lab are what one may take for it; these here are what one takes who is
not stuck.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from nbformat import NotebookNode

from labutils import exercises, files, notebooks
from labutils.exercises.core import Guided
from labutils.notebooks import lesson, normalize

README = Path(__file__).parents[1] / "README.md"
MARKERS = re.compile(r"(<!-- minutes -->\n).*?(<!-- end of minutes -->)", re.DOTALL)
ROW = re.compile(r"^(\| (?P<lab>\d\d) [^|]*\|[^|]*\|) [\d ()]+\|", re.MULTILINE)
WORDS = 130  # a minute: of a text about something new, in a language that is not one's own
LINES = 20  # of shown code, a minute; to run it one need not write it
LOOKED_AT = re.compile(r"\b(?:plots|drawings|widgets)\.\w+\(|\blab\.(?:predict|bet)\(")
KINDS = {"write": 5, "debug": 4, "choose": 2, "interpret": 2, "try": 2, "attack": 5, "transfer": 10}
TO = 5  # what is reckoned is no more exact than that


@dataclass(frozen=True)
class Minutes:
    """What a lab, or a part of it, takes: minutes of each kind."""

    machine: float
    reading: float
    code: float
    looking: int
    exercises: int

    @property
    def all(self) -> int:
        """All together, to the nearest five minutes."""
        return TO * round(sum(vars(self).values()) / TO)


def exercises_of(notebook: NotebookNode, known: list[Guided]) -> Iterator[Guided]:
    """Yield the exercises whose stubs stand in a notebook."""
    stubs = [cell.source for cell in notebook.cells if notebooks.EXERCISE in notebooks.tags(cell)]
    yield from (exercise for exercise in known if any(exercise.is_stub_source(stub) for stub in stubs))


def reckon(notebook: NotebookNode, known: list[Guided], seconds: float) -> Minutes:
    """Reckon the minutes of a notebook, or of a part of one, whose cells run for so many seconds."""
    counts = lesson.measure(notebook)
    code = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    return Minutes(
        machine=seconds / 60,
        reading=counts["words"] / WORDS,
        code=counts["lines"] / LINES,
        looking=sum(len(LOOKED_AT.findall(source)) for source in code),
        exercises=sum(KINDS[exercise.kind] for exercise in exercises_of(notebook, known)),
    )


def of_lab(lab: str) -> tuple[Minutes, Minutes]:
    """Return what a lab's core path takes, and what the whole lab takes."""
    [path] = notebooks.find([lab])
    notebook, results, known = notebooks.read(path), lesson.stored(lab), exercises.load(lab)
    seconds = results.get("seconds", 0.0)
    seconds = min(seconds, results.get("cpu_seconds", seconds))
    core = reckon(lesson.core_path(notebook), known, seconds * results.get("core_share", 1.0))
    return core, reckon(notebook, known, seconds)


def said(core: Minutes, whole: Minutes) -> str:
    """Return both as README shows them."""
    return f"{core.all} ({whole.all})" if core.all < whole.all else f"{whole.all}"


def assumptions() -> str:
    """Return what the estimate assumes, for README."""
    kinds = ", ".join(f"{kind} {minutes}" for kind, minutes in KINDS.items())
    return (
        "Minutes of the core path (of the whole lab). They are an estimate, and no class has tried it: the seconds of the cells\n"
        f"at the last build, {WORDS} words of text and {LINES} lines of shown code a minute, one minute for each figure, widget,\n"
        f"prediction and bet, and for an exercise by its kind ({kinds});\n"
        f"to the nearest {TO}. Who gets stuck takes longer. `python -m makers.minutes` reckons them anew.\n"
    )


def filled(text: str) -> str:
    """Return README's text with the minutes of each lab, and what they assume, as they are now."""
    text = ROW.sub(lambda row: f"{row[1]} {said(*of_lab(row['lab']))} |", text)
    return MARKERS.sub(lambda place: place[1] + assumptions() + place[2], text)


def main() -> None:
    """Write README and each notebook's metadata, and print the parts."""
    files.write_text(README, filled(README.read_text(encoding="utf-8")))
    print("lab  path   machine  reading  code  looking  exercises  all")
    for path in notebooks.find():
        lab, notebook = notebooks.number(path), notebooks.read(path)
        for name, part in zip(("core", "whole"), of_lab(lab), strict=True):
            shown = f"{part.machine:7.1f}  {part.reading:7.1f}  {part.code:4.1f}  {part.looking:7}  {part.exercises:9}"
            print(f"{lab}   {name:5}  {shown}  {part.all:3}")
        if notebook.metadata.finetune_labs.get("minutes") != part.all:
            notebook.metadata.finetune_labs["minutes"] = part.all
            normalize.write(normalize.normalize(notebook), path)


if __name__ == "__main__":
    main()
