"""Read and validate CSV and JSON Lines: every row is read, or it is an error that says where and why.

- ``read(path)``: the records, or the first error
- ``read(path, columns={"dialogue": "text"})``: another file's names for our fields
- ``errors(path)``: every error of a learner's file, to list them with line and field
- ``read(path, {"text": Field(), "label": Field()})``: other fields than a dialogue's
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from labutils.dialogues.textfiles import ENDINGS, DataError, is_csv, parse
from labutils.errors import LabError
from labutils.i18n import _

__all__ = ["DIALOGUE", "ENDINGS", "DataError", "Field", "Row", "errors", "read", "rows", "scan"]

NO_TEXT = re.compile("[\0\ud800-\udfff]")


@dataclass(frozen=True)
class Field:
    """What a field must be.

    Attributes:
        kind: ``str``, ``int``, ``float``, ``bool`` or ``list`` (in a CSV cell as JSON).
        items: of a list, what it holds: ``str`` (none of them empty) or ``list``.
        required: every record must have it.  blank: it may be empty (or null, which reads as the empty string).
        aliases: other names under which it is recognised where no column mapping names it.
    """

    kind: type = str
    required: bool = True
    blank: bool = False
    aliases: tuple[str, ...] = ()
    items: type = str


# A dialogue's fields. The aliases are those of DialogSum's authors; SAMSum's and the hub's names are our own.
DIALOGUE = {
    "id": Field(required=False, blank=True, aliases=("fname",)),
    "dialogue": Field(),
    "summary": Field(aliases=("summary1",)),
    "topic": Field(required=False, blank=True, aliases=("topic1",)),
    "summary2": Field(required=False),
    "summary3": Field(required=False),
    "references": Field(list, required=False),
}


@dataclass(frozen=True)
class Row:
    """One row: the line it begins on, the record (fields under our names, other columns as they are), its errors."""

    line: int
    record: dict
    errors: tuple[DataError, ...] = ()


def read(path, fields: Mapping[str, Field] = DIALOGUE, columns: Mapping[str, str] | None = None) -> list[dict]:
    """Return the records of a CSV, TSV or JSON Lines file, in its order.

    ``columns`` maps our names to the file's. An optional field that the file lacks is not in the record.

    Raises:
        DataError: the first thing that cannot be read.
    """
    return [row.record for row in rows(path, fields, columns)]


def rows(path, fields: Mapping[str, Field] = DIALOGUE, columns: Mapping[str, str] | None = None) -> list[Row]:
    """Return the rows of a file with their line numbers, all of them good.

    Raises:
        DataError: the first thing that cannot be read.
    """
    found = []
    for row in scan(path, fields, columns):
        if row.errors:
            raise row.errors[0]
        found.append(row)
    return found


def errors(path, fields: Mapping[str, Field] = DIALOGUE, columns: Mapping[str, str] | None = None) -> list[DataError]:
    """Return every error of a file in line order, one for each field that is wrong; an empty list if it is good.

    A required field that no row has is one error, not one for each row.
    """
    found: list[DataError] = []
    try:
        good = 0
        for row in scan(path, fields, columns):
            good += not any(error.code == "missing-column" for error in row.errors)
            found += row.errors
    except DataError as error:  # the file as a whole
        return [*found, error]
    missing: dict[str | None, DataError] = {}
    if not good:
        for error in found:
            if error.code == "missing-column":
                missing.setdefault(error.field, error)
        found = [error for error in found if error.code != "missing-column" or missing[error.field] is error]
    return found


def scan(path, fields: Mapping[str, Field] = DIALOGUE, columns: Mapping[str, str] | None = None) -> Iterator[Row]:
    """Yield each row of a file with what is wrong in it, so that one bad row does not hide the next.

    Raises:
        DataError: the file as a whole cannot be read.
    """
    unknown = set(columns or ()) - set(fields)
    if unknown:
        known = ", ".join(fields)
        message = _("the column mapping names {unknown}, which is no field; a mapping goes from our name to the file's, "
                    "and our names are: {known}")  # fmt: skip
        raise DataError("columns", message.format(unknown=", ".join(sorted(unknown)), known=known), path)
    empty, from_csv = True, is_csv(path)
    for line, raw, error in parse(path):
        empty = False
        yield Row(line, {}, (error,)) if error else _row((path, line, from_csv), raw, fields, columns or {})
    if empty:
        raise DataError("empty-file", _("the file holds no record; check that this is the file you mean"), path)


# --- the row -------------------------------------------------------------------------------------------------------
def _row(place: tuple, raw: dict, fields: Mapping[str, Field], columns: Mapping[str, str]) -> Row:
    path, line, from_csv = place
    record, wrong = dict(raw), []
    for name, field in fields.items():
        source = columns.get(name) or next((alias for alias in (name, *field.aliases) if alias in raw), name)
        if source not in raw:
            if field.required or name in columns:
                wrong.append(_missing(path, line, source, raw))
            continue
        record.pop(source, None) if source not in fields else None
        try:
            record[name] = _value(raw[source], field, from_csv)
        except LabError as error:
            wrong.append(DataError(error.code, str(error), path, line, source))
    return Row(line, record, tuple(wrong))


def _missing(path, line: int, source: str, raw: dict) -> DataError:
    message = _(
        "there is no such field, only: {have}; rename it, or name the file's own with columns={{'ours': 'theirs'}}"
    )
    return DataError("missing-column", message.format(have=", ".join(map(repr, raw))), path, line, source)


def _value(value, field: Field, from_csv: bool):
    """Return a value as its field wants it; raise a LabError that does not yet say where."""
    if value is None or value == [] or (isinstance(value, str) and not value.strip()):
        if field.blank:
            return ""
        raise LabError("empty-value", _("is empty; fill it in or take the row out"))
    if isinstance(value, str) and field.kind is not str and from_csv:
        value = _from_cell(value, field.kind)
    if type(value) is int and (field.kind is float or (field.kind is str and field.blank)):
        value = field.kind(value)  # a number without a point; an id that is a number
    if type(value) is not field.kind:
        message = _("is {kind} where {expected} is wanted: {value:.60}")
        raise LabError(
            "wrong-type", message.format(kind=type(value).__name__, expected=field.kind.__name__, value=repr(value))
        )
    for text in value if field.kind is list else [value]:
        _check_text(text, field)
    return value


def _from_cell(cell: str, kind: type):
    try:
        return json.loads(cell.lower() if kind is bool else cell)
    except ValueError:
        return cell


def _check_text(text, field: Field) -> None:
    if field.kind is list and field.items is list:
        if not isinstance(text, list):
            raise LabError("wrong-type", _("must be a list of lists; it holds {text!r}").format(text=text))
    elif field.kind is list and not (isinstance(text, str) and text.strip()):
        raise LabError(
            "wrong-type", _("must be a list of texts, none of them empty; it holds {text!r}").format(text=text)
        )
    if isinstance(text, str) and NO_TEXT.search(text):
        raise LabError("nul", _("holds a NUL or half a surrogate pair, which is no text; export the file again"))
