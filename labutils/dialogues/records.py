"""Read and validate CSV, JSON Lines and JSON: every row is read, or it is an error that says where and why.

- ``read(path)``: the records, or the first error
- ``read(path, columns={"dialogue": "text"})``: another file's names for our fields
- ``errors(path)``: every error of a learner's file, to list them with line and field
- ``read(path, {"text": Field(), "label": Field()})``: other fields than a dialogue's
"""

import json
import math
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from labutils.dialogues import turns
from labutils.dialogues.textfiles import ENDINGS, DataError, Place, is_textual, listed, parse, short
from labutils.errors import LabError
from labutils.i18n import _

__all__ = ["DIALOGUE", "ENDINGS", "DataError", "Field", "Row", "errors", "read", "rows", "scan"]

Columns = Mapping[str, str | None]  # our name of a field -> the file's, or None for a field that is not read
NO_TEXT = re.compile("[\0\ud800-\udfff]")


@dataclass(frozen=True)
class Field:
    """What a field must be.

    Attributes:
        kind: ``str``, ``int``, ``float``, ``bool`` or ``list`` (in a CSV cell as JSON).
        items: of a list, what it holds: ``str`` (none of them empty) or ``list``.
        required: every record must have it.  blank: it may be empty (or null, which reads as the empty string).
        aliases: other names under which it is recognised where no column mapping names it.
        absent: where it is empty or null, the record is read as if it had no such field.
        convert: makes its kind out of a value of another, or raises a LabError; without it that is an error.
    """

    kind: type = str
    required: bool = True
    blank: bool = False
    aliases: tuple[str, ...] = ()
    items: type = str
    absent: bool = False
    convert: Callable[[object], object] | None = None


def as_text(value: object) -> str:
    """Return any value as text: a number without a point as such, what is nested as JSON."""
    try:
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        return json.dumps(value, ensure_ascii=False, default=str) if isinstance(value, list | dict) else str(value)
    except (ValueError, TypeError, RecursionError) as error:
        raise LabError("wrong-type", _("cannot be read as text: {reason}").format(reason=error)) from None


def _one_summary(value: object) -> object:
    """Return the summary that stands alone in a list."""
    if not isinstance(value, list):
        return value
    if len(value) == 1 and isinstance(value[0], str) and value[0].strip():
        return value[0]
    message = _("holds a list: {value}; several summaries of one dialogue stand in summary, summary2 and summary3, or with the "
                "first in summary and all in references")  # fmt: skip
    raise LabError("wrong-type", message.format(value=short(value)))


# A dialogue's fields. The aliases are those of DialogSum's authors; SAMSum's and the hub's names are our own.
DIALOGUE = {
    "id": Field(required=False, blank=True, aliases=("fname",), convert=as_text),
    "dialogue": Field(convert=turns.join),
    "summary": Field(aliases=("summary1",), convert=_one_summary),
    "topic": Field(required=False, blank=True, aliases=("topic1",), convert=as_text),
    "summary2": Field(required=False, absent=True),
    "summary3": Field(required=False, absent=True),
    "references": Field(list, required=False, absent=True),
}


@dataclass(frozen=True)
class Row:
    """One row: the line it begins on, the record (fields under our names, other columns as they are), its errors."""

    line: int
    record: dict
    errors: tuple[DataError, ...] = ()


def read(path: Place, fields: Mapping[str, Field] = DIALOGUE, columns: Columns | None = None) -> list[dict]:
    """Return the records of a CSV, TSV, JSON Lines or JSON file or of a :class:`~labutils.dialogues.textfiles.Table`, in order.

    ``columns`` maps our names to the file's, or an optional field to None: then it is not read. An optional field that the
    file lacks is not in the record.

    Raises:
        DataError: the first thing that cannot be read.
    """
    return [row.record for row in rows(path, fields, columns)]


def rows(path: Place, fields: Mapping[str, Field] = DIALOGUE, columns: Columns | None = None) -> list[Row]:
    """Return the rows of a file with their line numbers, all of them good.

    Raises:
        DataError: the first thing that cannot be read.
    """
    good = []
    for row in scan(path, fields, columns):
        if row.errors:
            raise row.errors[0]
        good.append(row)
    return good


def errors(path: Place, fields: Mapping[str, Field] = DIALOGUE, columns: Columns | None = None) -> list[DataError]:
    """Return every error of a file in line order, one for each field that is wrong; an empty list if it is good.

    A required field that no row has is one error, not one for each row.
    """
    faults: list[DataError] = []
    try:
        good = 0
        for row in scan(path, fields, columns):
            good += not any(error.code == "missing-column" for error in row.errors)
            faults += row.errors
    except DataError as error:  # the file as a whole
        return [*faults, error]
    missing: dict[str | None, DataError] = {}
    if not good:
        for fault in faults:
            if fault.code == "missing-column":
                missing.setdefault(fault.field, fault)
        faults = [fault for fault in faults if fault.code != "missing-column" or missing[fault.field] is fault]
    return faults


def scan(path: Place, fields: Mapping[str, Field] = DIALOGUE, columns: Columns | None = None) -> Iterator[Row]:
    """Yield each row of a file with what is wrong in it, so that one bad row does not hide the next.

    Raises:
        DataError: the file as a whole cannot be read.
    """
    columns = _mapping(path, fields, columns)
    parsed, textual = list(parse(path)), is_textual(path)
    if not parsed:
        raise DataError("empty-file", _("there is no record in it; check that this is the one you mean"), path)
    names = {name for _line, raw, _error in parsed for name in raw}
    for line, raw, error in parsed:
        yield Row(line, {}, (error,)) if error else _row((path, line, textual), raw, fields, columns, names)


def _mapping(path: Place, fields: Mapping[str, Field], columns: Columns | None) -> Mapping[str, str | None]:
    """Return a column mapping that is sound; {} for None."""
    if not isinstance(columns or {}, Mapping):
        message = _("columns is {kind}; it must be a dict of our names to the file's")
        raise DataError("columns", message.format(kind=type(columns).__name__), path)
    columns = columns or {}
    unknown = [name for name in columns if name not in fields]
    if unknown:
        message = _("the column mapping names {unknown}, which is no field; a mapping goes from our name to the file's, "
                    "and our names are: {choices}")  # fmt: skip
        raise DataError("columns", message.format(unknown=listed(unknown), choices=", ".join(fields)), path)
    for name, column in columns.items():
        if not (isinstance(column, str) or (column is None and not fields[name].required)):
            message = _("the column mapping says {column} for {name}; it must be the name of a column, as text")
            raise DataError("columns", message.format(column=short(column), name=name), path)
    for column, count in Counter(columns.values()).items():
        if column is not None and count > 1:
            message = _("the column mapping takes {column} for two of our fields")
            raise DataError("columns", message.format(column=short(column)), path)
    return columns


# --- the row -------------------------------------------------------------------------------------------------------
def _row(place: tuple, raw: dict, fields: Mapping[str, Field], columns: Columns, names: set[str]) -> Row:
    """Make a row of its raw cells; ``names`` are those that some row of the file has."""
    path, line, textual = place
    record, wrong = dict(raw), []
    for name, field in fields.items():
        source = columns.get(name, next((alias for alias in (name, *field.aliases) if alias in raw), name))
        if source not in raw:
            record.pop(name, None)
            if source is not None and (field.required or (name in columns and source not in names)):
                wrong.append(_missing(path, line, source, raw))
            continue
        record.pop(source, None) if source not in fields else None
        if field.absent and _is_blank(raw[source]):
            record.pop(name, None)
            continue
        try:
            record[name] = _value(raw[source], field, textual)
        except LabError as error:
            wrong.append(DataError(error.code, str(error), path, line, source))
    return Row(line, record, tuple(wrong))


def _missing(path: Place, line: int, source: str, raw: dict) -> DataError:
    message = _(
        "there is no such field, only: {have}; rename it, or name the file's own with columns={{'ours': 'theirs'}}"
    )
    return DataError("missing-column", message.format(have=listed(raw)), path, line, source)


def _is_blank(value: object) -> bool:
    if isinstance(value, float):
        return math.isnan(value)
    return value is None or (isinstance(value, str) and not value.strip())


def _value(value: object, field: Field, textual: bool) -> object:
    """Return a value as its field wants it; raise a LabError that does not yet say where."""
    if _is_blank(value) or value == []:
        if field.blank:
            return ""
        raise LabError(
            "empty-value", _("is empty; fill it in, or take out the row or, where it is optional, the field")
        )
    if isinstance(value, str) and field.kind is not str and textual:
        value = _from_cell(value, field.kind)
    if type(value) is int and (field.kind is float or (field.kind is str and field.blank)):
        value = field.kind(value)  # a number without a point; an id that is a number
    if type(value) is not field.kind and field.convert:
        value = field.convert(value)
    if type(value) is not field.kind:
        message = _(
            "is {kind} where {expected} is wanted: {value}; name the right one with columns={{'ours': 'theirs'}}"
        )
        if not field.required:
            message = _("is {kind} where {expected} is wanted: {value}; if it means something else, columns={{'ours': None}} "
                        "leaves this optional field out")  # fmt: skip
        kinds = {"kind": type(value).__name__, "expected": field.kind.__name__}
        raise LabError("wrong-type", message.format(**kinds, value=short(value)))
    for text in value if isinstance(value, list) else [value]:
        _check_text(text, field)
    return value


def _from_cell(cell: str, kind: type) -> object:
    try:
        return json.loads(cell.lower() if kind is bool else cell)
    except (ValueError, RecursionError):
        return (turns.listed_in(cell) if kind is list else None) or cell


def _check_text(text: object, field: Field) -> None:
    if field.kind is list and field.items is list:
        if not isinstance(text, list):
            raise LabError("wrong-type", _("must be a list of lists; it holds {text}").format(text=short(text)))
    elif field.kind is list and not (isinstance(text, str) and text.strip()):
        message = _("must be a list of texts, none of them empty; it holds {text}")
        raise LabError("wrong-type", message.format(text=short(text)))
    check_text(text)


def check_text(text: object) -> None:
    """Raise a LabError where a text holds what is none: code ``"nul"``."""
    if isinstance(text, str) and NO_TEXT.search(text):
        raise LabError("nul", _("holds a NUL or half a surrogate pair, which is no text; export the file again"))
