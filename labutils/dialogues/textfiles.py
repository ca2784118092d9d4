"""Text files: CSV, TSV, JSON Lines and JSON arrays into raw rows, each row with its line, each fault with its place.

:mod:`labutils.dialogues.records` is the door to this: it checks the fields and gives them our names. Rows that are in
memory already come the same way (:class:`Table`).
"""

import csv
import io
import json
import re
import reprlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any

from labutils.errors import LabError
from labutils.i18n import _

DELIMITERS = {".csv": ",;\t", ".tsv": "\t"}
JSON_LINES = (".jsonl", ".ndjson")
ENDINGS = (*DELIMITERS, *JSON_LINES, ".json")
SEPARATOR = re.compile(r'"?sep=([,;\t])"?[,;\t]*(?:\r\n|\r|\n)', re.IGNORECASE)  # the first line that Excel understands
GAP = re.compile(r"[\s,]*")  # between the records of an array
LONGEST = 2**31 - 1  # characters of a cell: the most that csv can be told on every machine
_SHORT = reprlib.Repr()
_SHORT.maxstring = _SHORT.maxother = 60
_SHORT.maxlevel = 3


class DataError(LabError):
    """A file or a row that cannot be read.

    Attributes:
        code: ``missing-file extension empty-file encoding nul malformed ragged duplicate-column columns
            missing-column wrong-type empty-value`` and what callers add.
        file: the path as given, or the name of a :class:`Table`.
        line: line in the file from 1 (of a table the row), or None.  field: the file's own name of it, or None.
    """

    def __init__(self, code: str, message: str, file: object, line: int | None = None, field: str | None = None):
        where = f"{file!s:.500}" + (line_of(file, line) if line else "")
        where += _(", field {field}").format(field=short(field)) if field else ""
        super().__init__(code, f"{where}: {message}")
        self.file, self.line, self.field = str(file), line, field


@dataclass(frozen=True)
class Table:
    """Rows in memory with their numbers from 1; ``name`` is what messages call it."""

    name: str
    rows: list[tuple[int, dict]]

    def __str__(self) -> str:
        return self.name


File = str | PathLike[str]
Place = File | Table  # what holds rows
Parsed = tuple[int, dict, DataError | None]


def short(value: object) -> str:
    """Return how a value is shown in a message: what is long or deep is cut."""
    return _SHORT.repr(value)


def listed(values: Iterable, most: int = 12) -> str:
    """Return values for a message, with commas between; of more than ``most`` the number of the others."""
    values = list(values)
    shown = ", ".join(map(short, values[:most]))
    return shown + (_(" and {n} more").format(n=len(values) - most) if len(values) > most else "")


def line_of(source: object, line: int) -> str:
    """Return ", line 3" of a file, ", row 3" of a table."""
    return (_(", row {line}") if isinstance(source, Table) else _(", line {line}")).format(line=line)


def parse(source: Place) -> Iterator[Parsed]:
    """Yield each row of a file or :class:`Table` as (line it begins on, its cells by name, None), or an error for None.

    Raises:
        DataError: the file as a whole cannot be read.
    """
    if isinstance(source, Table):
        return ((number, row, None) for number, row in source.rows)
    text = _text(source)
    if is_textual(source):
        return _csv(source, text)
    return _json_array(source, text) if _is_array(source, text) else _json_lines(source, text)


def is_textual(source: Place) -> bool:
    """Whether lists and numbers stand as text: in a CSV, and in a table, which may come from one."""
    return isinstance(source, Table) or Path(source).suffix.lower() in DELIMITERS


def _text(path: File) -> str:
    """Return a file's text; a byte-order mark of UTF-8 is dropped."""
    path = Path(path)
    if path.suffix.lower() not in ENDINGS:
        message = _("the ending {ending} is not known; save it as one of {choices} (Excel: 'CSV UTF-8'; JSON Lines: one "
                    "object a line), or read it with pandas and give the DataFrame instead of the path")  # fmt: skip
        raise DataError("extension", message.format(ending=short(path.suffix), choices=", ".join(ENDINGS)), path)
    try:
        data = path.read_bytes()
    except (OSError, ValueError) as error:  # the second of a name that no file can have
        message = _("cannot be opened ({reason}); check the path, seen from {folder}")
        reason = getattr(error, "strerror", None) or error
        raise DataError("missing-file", message.format(reason=reason, folder=Path.cwd()), path) from None
    if not data.strip():
        raise DataError("empty-file", _("the file is empty; check that it was saved"), path)
    mark = b"\xef\xbb\xbf"
    return _decode(path, data.removeprefix(mark), len(mark) if data.startswith(mark) else 0)


def _decode(path: File, data: bytes, skipped: int) -> str:
    if data[:4] == b"PK\x03\x04":
        raise DataError("encoding", _("this is a spreadsheet or a zip file; save it from there as 'CSV UTF-8'"), path)
    if data[:2] in (b"\xff\xfe", b"\xfe\xff") or data[:200].count(0) > len(data[:200]) // 4:
        raise DataError("encoding", _("the text is UTF-16; save it again as UTF-8"), path, 1)
    if 0 in data:
        line = data[: data.index(0)].count(b"\n") + 1
        message = _("byte {position} is NUL, which no text holds; the file is damaged or no text: export it again")
        raise DataError("nul", message.format(position=data.index(0) + skipped), path, line)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        message = _("byte {position} (0x{byte:02x}) is not UTF-8, perhaps it is Latin-1 or Windows-1252; save the file "
                    "as UTF-8 (Excel: 'CSV UTF-8'; Python: encoding='cp1252' to read, 'utf-8' to write)")  # fmt: skip
        message = message.format(position=error.start + skipped, byte=data[error.start])
        raise DataError("encoding", message, path, line) from None


# --- JSON ----------------------------------------------------------------------------------------------------------
def _is_array(path: File, text: str) -> bool:
    """Whether a file is one JSON array of records, as SAMSum's authors give it; the ending alone does not tell."""
    whole = text.strip()
    return whole[:1] == "[" and (whole[-1] == "]" or Path(path).suffix.lower() == ".json")


def _json_array(path: File, text: str) -> Iterator[Parsed]:
    decoder = json.JSONDecoder(object_pairs_hook=_object)
    line, counted, position = 1, 0, text.index("[") + 1
    while True:
        gap = GAP.match(text, position)
        position = gap.end() if gap else position
        line, counted = line + text.count("\n", counted, position), position
        if text[position : position + 1] in ("]", ""):
            break
        value, error = _decoded(path, line, lambda start=position: decoder.raw_decode(text, start))
        if error:
            yield line, {}, error
            return  # where the next record begins is not known
        raw, position = value
        yield line, *_checked_object(path, line, raw)
    rest = text[position + 1 :].strip()
    if position == len(text) or rest:
        fault = _("more stands behind it: {rest}").format(rest=short(rest)) if rest else _("its end is missing")
        yield line, {}, DataError("malformed", _("not one JSON array: {fault}").format(fault=fault), path, line)


def _json_lines(path: File, text: str) -> Iterator[Parsed]:
    decoder = json.JSONDecoder(object_pairs_hook=_object)
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            value, error = _decoded(path, number, lambda row=line: decoder.decode(row))
            yield number, *(({}, error) if error else _checked_object(path, number, value))


def _decoded(path: File, line: int, decode: Callable) -> tuple[Any, DataError | None]:
    """Return what ``decode`` gives and None, or None and the error."""
    try:
        return decode(), None
    except json.JSONDecodeError as error:
        message = _("not JSON ({reason}, column {column}); each line must be one whole object in braces, or the whole file "
                    "one array of such objects")  # fmt: skip
        message, line = message.format(reason=error.msg, column=error.colno), max(line, error.lineno)
    except (ValueError, RecursionError) as error:
        message = _("cannot be read: {reason}").format(reason=error)
    return None, DataError("malformed", message, path, line)


def _checked_object(path: File, line: int, raw: object) -> tuple[dict, DataError | None]:
    if isinstance(raw, dict):
        return raw, None
    message = _("not an object in braces but {kind}").format(kind=type(raw).__name__)
    return {}, DataError("malformed", message, path, line)


def _object(pairs: list[tuple[str, object]]) -> dict:
    """Build an object, and refuse a key that comes twice: JSON would keep the last and lose the first."""
    built: dict[str, object] = {}
    for name, value in pairs:
        if name in built:
            raise ValueError(_("key {name} comes twice").format(name=short(name)))
        built[name] = value
    return built


# --- CSV -----------------------------------------------------------------------------------------------------------
def _csv(path: File, text: str) -> Iterator[Parsed]:
    excel = SEPARATOR.match(text)
    body = text[excel.end() :] if excel else text
    head = re.search(r"[^\r\n]+", body)
    delimiters = excel[1] if excel else DELIMITERS[Path(path).suffix.lower()]
    delimiter = max(delimiters, key=head[0].count) if head else delimiters[0]
    rows, broken = _cells(body, delimiter, 2 if excel else 1)
    header = None
    for line, cells in rows:
        if not any(map(str.strip, cells)):  # an empty line, or Excel's rows of commas
            continue
        if header is None:
            header = _header(path, line, cells)
        else:
            yield line, *_named(path, line, header, cells)
    if broken:
        line, reason = broken
        message = _("the quotes do not match ({reason}); double each quote inside a quoted text").format(reason=reason)
        yield line, {}, DataError("malformed", message, path, line)


def _cells(text: str, delimiter: str, line: int) -> tuple[list[tuple[int, list[str]]], tuple[int, str] | None]:
    """Return the rows, each with the line it begins on (the first on ``line``), and where and why reading ended early."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows, begins = [], line
    usual = csv.field_size_limit(LONGEST)  # else a cell of more than 131,072 characters is an error
    try:
        for cells in reader:
            rows.append((begins, cells))
            begins = line + reader.line_num
    except csv.Error as error:
        return rows, (begins, str(error))
    finally:
        csv.field_size_limit(usual)
    return rows, None


def _header(path: File, line: int, cells: list[str]) -> list[str]:
    """Return the columns' names; "" where there is none: an index of pandas, or the rest of Excel's range."""
    names = [cell.strip() for cell in cells]
    for name, count in Counter(filter(None, names)).items():
        if count > 1:
            raise DataError("duplicate-column", _("two columns have this name; rename one"), path, line, name)
    return names


def _named(path: File, line: int, header: list[str], cells: list[str]) -> tuple[dict, DataError | None]:
    width = max(i for i, name in enumerate(header) if name) + 1  # behind it only columns without a name, empty ones
    if not width <= len(cells) <= len(header):
        message = _("{n} cells where the header has {expected}; put quotes around text with commas or line breaks")
        message = message.format(n=len(cells), expected=width if len(cells) < width else len(header))
    elif any(map(str.strip, cells[width:])):
        message = _(
            "{cell} stands behind the last named column; put quotes around text with commas, or name that column"
        )
        message = message.format(cell=short(next(filter(str.strip, cells[width:]))))
    else:
        return {name: cell for name, cell in zip(header, cells, strict=False) if name}, None
    return {}, DataError("ragged", message, path, line)
