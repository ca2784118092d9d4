"""``labs class``: one page of a class's hand-ins."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from jinja2 import Environment, PackageLoader, select_autoescape

from labutils import files, notebooks
from labutils.classroom import answers, charts, gathering, handins, merging
from labutils.classroom.gathering import Gathered
from labutils.classroom.handins import HandIn
from labutils.classroom.merging import LabOfClass, Number
from labutils.errors import LabError
from labutils.i18n import _
from labutils.lessons import calibration
from labutils.machine import paths
from labutils.notebooks.numbers import label
from labutils.notebooks.report import short
from labutils.pictures import Picture
from labutils.pictures.page import png

FILE = "class.html"


@dataclass(frozen=True)
class Shown:
    """A picture as the page has it: its image as text, its words."""

    source: str
    alt: str


def write(folder: Path, out: Path | None = None, names: bool = True) -> tuple[Path, Gathered]:
    """Merge the hand-ins of a folder into one page; returns its path, and what was read.

    Args:
        out: the page (default: ``class.html`` in the folder).
        names: False shows students as numbers, and of what names them only how many there are.

    Raises:
        LabError: as :func:`labutils.classroom.gathering.gather`; ``"hand_ins"``: none of them can be read;
            ``"page"``: a file of the name is there that is no page of ours.
    """
    target = out or folder / FILE
    if target.exists() and not (target.is_file() and gathering.MARK in target.read_bytes()):
        text = _("{page} is there and was not written by `labs class`; name another page with --out")
        raise LabError("page", text.format(page=target))
    gathered = gathering.gather(folder)
    if not gathered.hand_ins:
        reasons = "; ".join(f"{name}: {why}" for name, why in gathered.unread)
        raise LabError("hand_ins", _("no hand-in in {folder} can be read: {reasons}")
                       .format(folder=folder, reasons=reasons))  # fmt: skip
    paths.make(target.parent)
    files.write_text(target, render(gathered, names))
    return target, gathered


def render(gathered: Gathered, names: bool = True) -> str:
    """Return the page; whatever a student wrote is escaped by the template engine."""
    hand_ins = gathered.hand_ins if names else _numbered(gathered.hand_ins)
    labs = merging.labs(hand_ins)
    placed, bets = answers.bets(hand_ins)
    curve = calibration.curve(placed)
    environment = Environment(
        loader=PackageLoader("labutils.classroom", "."), autoescape=select_autoescape(default=True), trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    environment.filters |= {"short": short, "seeds": _seeds, "span": charts.span}
    return environment.get_template("class.html.j2").render(
        names=names, gathered=gathered, hand_ins=hand_ins, labs=[_of_lab(lab) for lab in labs],
        students=[_student(one, labs) for one in hand_ins], questions=answers.questions(hand_ins), bets=bets,
        curve=_shown(charts.calibration(curve)) if len(curve) else None, error=calibration.error(placed),
        exercises=answers.progress(hand_ins), all=len(hand_ins),
    )  # fmt: skip


def _numbered(hand_ins: Sequence[HandIn]) -> tuple[HandIn, ...]:
    """Return hand-ins with numbers for names, in an order that has nothing to do with the names."""
    shuffled = sorted(hand_ins, key=handins.same)
    return tuple(replace(one, name=_("student {n}").format(n=n)) for n, one in enumerate(shuffled, 1))


def _shown(picture: Picture) -> Shown:
    return Shown(f"data:image/png;base64,{base64.b64encode(png(picture)).decode('ascii')}", picture.alt)


def _of_lab(lab: LabOfClass) -> dict:
    """Return what the page shows of a lab."""
    keys = [
        {"number": number, "label": label(lab.lab, number.name), "picture": _histogram(lab.lab, number)}
        for number in lab.key_numbers
    ]
    shared = {seed: students for seed, students in lab.seeds.items() if len(students) > 1}
    return {
        "lab": lab.lab, "title": _title(lab.lab), "of": lab, "keys": keys, "shared": shared,
        "numbers": [(number, label(lab.lab, number.name)) for number in (*lab.key_numbers, *lab.numbers)],
        "sizes": merging.sizes(lab.kind), "lost": sum(run.lost for run in lab.runs.values()),
    }  # fmt: skip


def _histogram(lab: str, number: Number) -> Shown:
    return _shown(charts.histogram(number, label(lab, number.name)))


def _title(lab: str) -> str:
    path = next((path for path in notebooks.find() if notebooks.number(path) == lab), None)
    return notebooks.read(path).metadata.get("finetune_labs", {}).get("title", "") if path else ""


def _student(one: HandIn, labs: Sequence[LabOfClass]) -> dict:
    """Return a student's row: labs, seeds, exercises, and the key numbers that lie outside."""
    outside = [
        f"{lab.lab} {label(lab.lab, number.name)}"
        for lab in labs for number in lab.key_numbers if one.name in {*number.outside, *number.far}
    ]  # fmt: skip
    return {
        "name": one.name, "labs": [run.lab for run in one.runs], "begun": one.begun,
        "seeds": sorted({run.seed for run in one.runs}), "outside": outside,
        "solved": sum(entry["passed"] for entry in one.exercises.values()), "tried": len(one.exercises),
    }  # fmt: skip


def _seeds(seeds: Sequence[int]) -> str:
    return ", ".join(map(str, seeds))
