"""What is stored of each lab at each profile, in one table; and what was not yet run."""

import re
from collections.abc import Iterator

from labutils import config, files, forgetting, notebooks
from labutils.i18n import _
from labutils.machine import paths
from labutils.notebooks.numbers import label
from labutils.regression import ranges

MARKERS = re.compile(r"(<!-- stored results -->\n).*?(<!-- end stored results -->)", re.DOTALL)
NAME = re.compile(r"\"(\w+)(?:\.json)?\"")


def rows() -> Iterator[list[str]]:
    """Yield a row for each lab and for the appendix: its name, and what is stored at each profile."""
    for path in [*notebooks.find(), *notebooks.appendix()]:
        lab, trainings, appendix = notebooks.number(path), sorted(_trainings(path)), path in notebooks.appendix()
        yield [_title(path), *(
            "-" if appendix and not profile.network else cell(lab, name, trainings)  # it runs on a GPU alone
            for name, profile in config.PROFILES.items()
        )]  # fmt: skip


def _title(path: notebooks.Path) -> str:
    about = notebooks.read(path).metadata.get("finetune_labs", {})
    return f"{notebooks.number(path)} {about.get('title', '')}".strip()


def _trainings(path: notebooks.Path) -> set[str]:
    """The files of data/trainings that a lab reads: what is named in the cells that speak of stored ones."""
    there = {file.stem for file in (paths.data_dir() / "trainings").glob("*.json")}
    sources = [
        cell.source for cell in notebooks.read(path).cells if cell.cell_type == "code" and "stored" in cell.source
    ]
    return there.intersection(NAME.findall("\n".join(sources)))


def cell(lab: str, profile: str, trainings: list[str]) -> str:
    """Return what is stored of a lab at a profile: its first key number with seeds and date, and its trainings' date."""
    parts = []
    if runs := ranges.runs(lab, profile):
        seeds = ", ".join(str(seed) for seed in sorted({run["seed"] for run in runs}))
        parts.append(_("{number} (seed {seeds}; {date})").format(
            number=_key_number(lab, runs), seeds=seeds, date=max(run.get("date", "") for run in runs)))  # fmt: skip
    measured = [facts for name in trainings if (facts := forgetting.stored(name)) and facts["profile"] == profile]
    if measured:
        parts.append(_("{n} stored trainings, {date}").format(
            n=sum(len(facts["points"]) for facts in measured), date=max(facts["date"] for facts in measured)))  # fmt: skip
    return "; ".join(parts) or _("not yet run")


def _key_number(lab: str, runs: list[dict]) -> str:
    """The first key number of a lab, from the lowest seed to the highest."""
    name = next(iter(runs[0]["key_numbers"]), None)
    values = [run["numbers"][name] for run in runs if name in run["numbers"]]
    if not values:
        return _("it ran")
    ends = list(dict.fromkeys(f"{value:.3g}" for value in (min(values), max(values))))
    return f"{label(lab, str(name))}: {_(' to ').join(ends)}"


def table() -> str:
    """Return the table as Markdown."""
    return files.markdown_table([_("lab"), *config.PROFILES], rows())


def filled(text: str) -> str:
    """Return a page with the table, as it is now, between its markers."""
    return MARKERS.sub(lambda place: f"{place[1]}{table()}\n{place[2]}", text)
