"""The dialogue data sets: one schema, whatever they come from, and no dialogue on two sides of a split.

data = load_dialogues()  ->  train / validation / test with id, dialogue, topic, summary, references
"""

import hashlib
import logging
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from labutils import config
from labutils.dialogues import dialogsum, ids, records, sources, turns
from labutils.dialogues.records import DataError
from labutils.dialogues.repeats import Duplicates, counted, taken_out, words_of
from labutils.dialogues.sources import SHIPPED, SPLITS, places
from labutils.dialogues.textfiles import Place, Table, line_of, short
from labutils.errors import LabError
from labutils.i18n import _
from labutils.log import logger
from labutils.parameters import MEND

if TYPE_CHECKING:
    import datasets
    import pandas as pd

COLUMNS = ("id", "dialogue", "topic", "summary", "references")
Rows: TypeAlias = "Sequence[Mapping] | pd.DataFrame | datasets.Dataset"
Source: TypeAlias = "str | os.PathLike[str] | Mapping[str, Rows] | Rows"


def load_dialogues(
    source: Source = "auto",
    columns: Mapping[str, str | None] | None = None,
    *,
    drop_repeats: bool = False,
    extra: Iterable[str] = (),
    mend: bool = False,
) -> "datasets.DatasetDict":
    """Return a ``datasets.DatasetDict`` of train, validation and test.

    Columns: id, dialogue, topic ("" where unknown), summary, references (list of str; the first is the summary), and
    those named in ``extra`` as text ("" where a record lacks them; the shipped set has kind, request, action and register).

    Args:
        source: ``"auto"`` (the profile's), ``"pocket"`` (shipped: the plain ones; ``"pocket-rich"`` the hard ones,
            ``"pocket-all"`` both), ``"dialogsum"`` (``DIALOGSUM_DIR``, else the hub, else a mirror), a folder with a
            train, a validation and a test file (CSV, TSV, JSON Lines, JSON) or one that ``save_to_disk`` of datasets wrote,
            or one file, which is split 80/10/10 by the dialogue's words, so that a row added later moves no other. The
            same in memory: a DatasetDict or dict of the three splits, or one DataFrame, Dataset or list of dicts.
        columns: our name to the file's, for data of your own: ``{"dialogue": "text", "summary": "abstract"}``; None
            leaves an optional field out. A dialogue is text with a line for each turn, or a list of texts or of objects
            with a speaker and a text, which are joined to such lines.
        drop_repeats: take repeats within train out too; they stay by default, so that figures compare with published
            ones. Rows of test always stay; what repeats them leaves train, then validation.
        mend: of CSV files whose dialogues are a list in one cell (``"['A: ..', 'B: ..']"``), or have their line breaks as
            the two characters ``\\n``, make lines of turns where it is sure what is meant. Without it a note counts them.
            The same for a source with ``mend:`` before it: ``"mend:talks.csv"``, on a command line for one.

    What was taken out is told in the log; :func:`load_counted` returns the counts, too.

    Raises:
        DataError: a file cannot be read; it names file, line and field.
        LabError: no such source, or DialogSum cannot be reached.
    """
    return load_counted(source, columns, drop_repeats=drop_repeats, extra=extra, mend=mend)[0]


def load_counted(
    source: Source = "auto",
    columns: Mapping[str, str | None] | None = None,
    *,
    drop_repeats: bool = False,
    extra: Iterable[str] = (),
    mend: bool = False,
) -> tuple["datasets.DatasetDict", Duplicates]:
    """Return what :func:`load_dialogues` does, and the repeated dialogues of the data as they came."""
    extra = _names(extra)
    config.check_truth(drop_repeats=drop_repeats, mend=mend)
    source, mend = sources.asked(source, mend)
    source = config.profile("auto").dialogues if isinstance(source, str) and source == "auto" else source
    parts = _read(source, columns, extra, mend)
    keys = {split: [words_of(row["dialogue"]) for row in rows] for split, rows in parts.items()}
    out = taken_out(keys, drop_repeats)
    report = counted(keys, {split: [parts[split][i]["id"] for i in sorted(out[split])] for split in parts})
    kept = {split: [row for i, row in enumerate(rows) if i not in out[split]] for split, rows in parts.items()}
    for split, rows in kept.items():
        if not rows:
            message = _("{source} leaves no row in {split}; {report}")
            raise LabError("empty-split", message.format(source=_shown(source), split=split, report=report))
    logger.log(logging.INFO if any(report.dropped.values()) else logging.DEBUG, "%s: %s", _shown(source), report)
    return _built(kept, extra), report


# --- splits --------------------------------------------------------------------------------------------------------
def _shown(source: object) -> str:
    return str(source) if isinstance(source, str | Path) else type(source).__name__


def _read(
    source: Source, columns: Mapping[str, str | None] | None, extra: list[str], mend: bool
) -> dict[str, list[dict]]:
    """Return the rows of each split."""
    registers = SHIPPED.get(source) if isinstance(source, str) else None
    extra = [*extra, "register"] if registers else extra
    wanted = {*records.DIALOGUE, *extra, *(alias for field in records.DIALOGUE.values() for alias in field.aliases)}
    if isinstance(columns, Mapping):
        wanted |= {column for column in columns.values() if isinstance(column, str)}
    held = places(source, wanted)
    if isinstance(source, str) and source == "dialogsum" and not os.environ.get("DIALOGSUM_DIR"):
        return _fetched(held, columns, extra, mend)
    if list(held) == [""]:
        name = held[""].stem if isinstance(held[""], Path) else "row"
        return _divided(held[""], _rows(held[""], name, columns, extra, mend))
    parts = {split: _rows(place, split, columns, extra, mend) for split, place in held.items()}
    if registers:
        parts = {s: [row for row in rows if row["register"] in registers] for s, rows in parts.items()}
    return parts


def _fetched(
    held: Mapping[str, Path | Table], columns: Mapping[str, str | None] | None, extra: list[str], mend: bool
) -> dict[str, list[dict]]:
    """Return the rows of DialogSum's files; files that are not DialogSum's are not kept."""
    try:
        parts = {split: _rows(place, split, columns, extra, mend) for split, place in held.items()}
    except DataError:
        if columns is None:  # else the caller's columns may be at fault
            dialogsum.forget(place for place in held.values() if isinstance(place, Path))
        raise
    for split, rows in parts.items():
        if len(rows) != dialogsum.ROWS[split]:
            dialogsum.forget(place for place in held.values() if isinstance(place, Path))
            message = _("DialogSum's {split} has {n} dialogues where {expected} are known; the source is another data set. "
                        "Nothing of it is kept: the next call fetches it again")  # fmt: skip
            raise LabError("counts", message.format(split=split, n=len(rows), expected=dialogsum.ROWS[split]))
    return parts


def _divided(place: Path | Table, rows: list[dict]) -> dict[str, list[dict]]:
    """Divide the rows of one place 80/10/10 by a hash of the dialogue's words: repeats fall on one side, and stay there."""
    shares = [(_share(row["dialogue"]), row) for row in rows]
    distinct = sorted({share for share, _row in shares})
    if len(distinct) < 3:
        message = _("{n} different dialogues cannot be divided into train, validation and test; give 3 at least")
        raise DataError("too-few", message.format(n=len(distinct)), place)
    # A small file may leave a side empty: then its borders move just so far that each side has a dialogue.
    last = min(max(0.9, distinct[1]), distinct[-1])
    first = min(max(0.8, distinct[0]), max(share for share in distinct if share < last))
    parts: dict[str, list[dict]] = {split: [] for split in SPLITS}
    for share, row in shares:
        parts["test" if share >= last else "validation" if share >= first else "train"].append(row)
    return parts


def _share(dialogue: str) -> float:
    return int(hashlib.sha256(words_of(dialogue).encode("utf-8")).hexdigest()[:12], 16) / 16**12


# --- rows ----------------------------------------------------------------------------------------------------------
def _names(extra: Iterable[str]) -> list[str]:
    """Return the names of the extra columns that are not ours anyway."""
    if isinstance(extra, str | bytes) or not isinstance(extra, Iterable):
        raise LabError("extra", _("extra is {extra}; it must be a list of columns").format(extra=short(extra)))
    extra = list(extra)
    for name in extra:
        if not isinstance(name, str):
            raise LabError("extra", _("extra holds {name}; it must be a list of columns").format(name=short(name)))
    return [name for name in dict.fromkeys(extra) if name not in COLUMNS]


def _rows(
    place: Path | Table, name: str, columns: Mapping[str, str | None] | None, extra: list[str], mend: bool
) -> list[dict]:
    """Return a place's rows in our schema; ``name`` begins the ids of rows that have none."""
    rows = [(row.line, _standard(place, row, extra)) for row in records.rows(place, columns=columns)]
    return ids.identified(place, name, _mended(place, rows, mend))


def _standard(place: Place, row: records.Row, extra: list[str]) -> dict:
    record = row.record
    references = record.get("references") or [record[k] for k in ("summary", "summary2", "summary3") if k in record]
    if references[0] != record["summary"]:
        message = _("the first must be the summary itself; if it means something else, columns={{'references': None}} leaves "
                    "it out")  # fmt: skip
        raise DataError("references", message.format(), place, row.line, "references")
    references = [_clean(reference) for reference in references]
    ours = {"id": record.get("id", ""), "topic": record.get("topic", ""), "dialogue": _clean(record["dialogue"])}
    return (
        ours | {name: _extra(place, row, name) for name in extra} | {"summary": references[0], "references": references}
    )


def _extra(place: Place, row: records.Row, name: str) -> str:
    value = row.record.get(name)
    try:
        text = "" if value is None else records.as_text(value)
        records.check_text(text)
    except LabError as error:
        raise DataError(error.code, str(error), place, row.line, name) from None
    return text


def _clean(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()


def _mended(place: Place, rows: list[tuple[int, dict]], mend: bool) -> list[tuple[int, dict]]:
    """Count the rows whose turns are no lines, say so, and return the rows as they are meant where ``mend`` says so."""
    lines: dict[tuple[str, bool], list[int]] = {}  # by what is odd, and whether it can be mended
    result = []
    for line, record in rows:
        kind, better = turns.mended(record)
        if kind:
            lines.setdefault((kind, better is not None), []).append(line)
        result.append((line, better if mend and better else record))
    for (kind, sure), odd in lines.items():
        what = {"list": _("a list stands in one cell"), "breaks": _("line breaks are the two characters \\n"),
                "line": _("all speakers stand in one line, which counts as one turn")}[kind]  # fmt: skip
        done = _("it is not sure what is meant, they stay as they are: mend the file") if not sure else (
            _("made lines of turns") if mend
            else _("they count as one turn; load_dialogues(..., mend=True) mends them, or {mend} before the path")
        )  # fmt: skip
        text = _("{source}: in {n} of {rows} rows (first{line}) {what}; {done}")
        logger.warning(
            text.format(
                source=place,
                n=len(odd),
                rows=len(rows),
                line=line_of(place, odd[0]),
                what=what,
                done=done.format(mend=MEND),
            )
        )
    return result


def _built(parts: dict[str, list[dict]], extra: list[str]) -> "datasets.DatasetDict":
    import datasets  # slow to import

    features = {name: datasets.Value("string") for name in (*COLUMNS, *extra)}
    features = datasets.Features(features | {"references": [datasets.Value("string")]})
    data = datasets.DatasetDict()
    for split, rows in parts.items():
        table = {name: [row[name] for row in rows] for name in (*COLUMNS, *extra)}
        data[split] = datasets.Dataset.from_dict(table, features=features, split=split)
    return data
