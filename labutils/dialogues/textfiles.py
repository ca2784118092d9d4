"""Text files: CSV, TSV and JSON Lines into raw rows, each row with its line, each fault with its place.

:mod:`labutils.dialogues.records` is the door to this: it checks the fields and gives them our names.
"""

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path

from labutils.errors import LabError
from labutils.i18n import _

DELIMITERS = {".csv": ",;\t", ".tsv": "\t"}
JSON_LINES = (".jsonl", ".ndjson")
ENDINGS = (*DELIMITERS, *JSON_LINES)


class DataError(LabError):
    """A file or a row that cannot be read.

    Attributes:
        code: ``missing-file extension empty-file encoding nul malformed ragged duplicate-column columns
            missing-column wrong-type empty-value`` and what callers add.
        file: the path as given.  line: line in the file from 1, or None.  field: the file's own name of it, or None.
    """

    def __init__(self, code: str, message: str, file, line: int | None = None, field: str | None = None):
        where = str(file) + (_(", line {line}").format(line=line) if line else "")
        where += _(", field {field!r}").format(field=field) if field else ""
        super().__init__(code, f"{where}: {message}")
        self.file, self.line, self.field = str(file), line, field


def parse(path) -> Iterator[tuple[int, dict, DataError | None]]:
    """Yield each row as (line it begins on, its cells by name, None), or with the error in the place of None.

    Raises:
        DataError: the file as a whole cannot be read.
    """
    text = _text(path)
    return _csv(path, text) if is_csv(path) else _json_lines(path, text)


def is_csv(path) -> bool:
    """Whether a file's ending says that its values are all text."""
    return Path(path).suffix.lower() in DELIMITERS


def _text(path) -> str:
    """Return a file's text; a byte-order mark of UTF-8 is dropped."""
    path = Path(path)
    if path.suffix.lower() not in ENDINGS:
        known = ", ".join(ENDINGS)
        message = _("the ending {ending!r} is not known; save it as one of {known} (JSON Lines: one object a line)")
        raise DataError("extension", message.format(ending=path.suffix, known=known), path)
    try:
        data = path.read_bytes()
    except OSError as error:
        message = _("cannot be opened ({reason}); check the path, seen from {folder}")
        raise DataError("missing-file", message.format(reason=error.strerror, folder=Path.cwd()), path) from None
    if not data.strip():
        raise DataError("empty-file", _("the file is empty; check that it was saved"), path)
    mark = b"\xef\xbb\xbf"
    return _decode(path, data.removeprefix(mark), len(mark) if data.startswith(mark) else 0)


def _decode(path, data: bytes, skipped: int) -> str:
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


def _json_lines(path, text: str) -> Iterator[tuple[int, dict, DataError | None]]:
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            raw = json.loads(line, object_pairs_hook=_object)
            if not isinstance(raw, dict):
                raise ValueError(_("not an object in braces but {kind}").format(kind=type(raw).__name__))
        except json.JSONDecodeError as error:
            message = _("not JSON ({reason}, column {column}); each line must be one whole object in braces")
            message = message.format(reason=error.msg, column=error.colno)
            yield number, {}, DataError("malformed", message, path, number)
        except (ValueError, RecursionError) as error:
            yield number, {}, DataError("malformed", _("cannot be read: {reason}").format(reason=error), path, number)
        else:
            yield number, raw, None


def _object(pairs: list[tuple[str, object]]) -> dict:
    """Build an object, and refuse a key that comes twice: JSON would keep the last and lose the first."""
    built = dict(pairs)
    if len(built) < len(pairs):
        names = [name for name, _value in pairs]
        raise ValueError(_("key {name!r} comes twice").format(name=next(n for n in names if names.count(n) > 1)))
    return built


def _csv(path, text: str) -> Iterator[tuple[int, dict, DataError | None]]:
    head = text.split("\n", 1)[0]
    delimiters = DELIMITERS[Path(path).suffix.lower()]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=max(delimiters, key=head.count), strict=True)
    header, line = None, 1
    try:
        for cells in reader:
            begins, line = line, reader.line_num + 1
            if not cells:
                continue
            if header is None:
                header = _header(path, begins, cells)
            elif len(cells) != len(header):
                message = _(
                    "{n} cells where the header has {expected}; put quotes around text with commas or line breaks"
                )
                message = message.format(n=len(cells), expected=len(header))
                yield begins, {}, DataError("ragged", message, path, begins)
            else:
                yield begins, dict(zip(header, cells, strict=True)), None
    except csv.Error as error:
        message = _("the quotes do not match ({reason}); double each quote inside a quoted text").format(reason=error)
        yield line, {}, DataError("malformed", message, path, line)


def _header(path, line: int, cells: list[str]) -> list[str]:
    names = [cell.strip() for cell in cells]
    for name in names:
        if names.count(name) > 1:
            message = _("two columns have this name; rename one")
            raise DataError("duplicate-column", message, path, line, name or "''")
    return names
