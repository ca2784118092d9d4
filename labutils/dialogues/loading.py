"""The dialogue data sets: one schema, whatever they come from, and no dialogue on two sides of a split.

data = load_dialogues()  ->  train / validation / test with id, dialogue, topic, summary, references
"""

import hashlib
import itertools
import logging
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from labutils import config
from labutils.dialogues import dialogsum, records
from labutils.dialogues.records import ENDINGS, DataError
from labutils.errors import LabError
from labutils.i18n import _
from labutils.machine import paths
from labutils.words import words

SPLITS = ("train", "validation", "test")
NAMES = {"train": ("train",), "validation": ("validation", "val", "dev", "valid"), "test": ("test",)}
COLUMNS = ("id", "dialogue", "topic", "summary", "references")
SHIPPED = {"pocket": ("plain",), "pocket-rich": ("rich",), "pocket-all": ("rich", "plain")}  # registers of each source
log = logging.getLogger("labutils")


@dataclass(frozen=True)
class Duplicates:
    """Repeated dialogues of a data set, compared by their words (case and punctuation aside).

    Attributes:
        rows, distinct: for each split, its rows and the different dialogues among them.
        shared: for each pair of splits, the different dialogues that both hold.
        dropped: for each split, the ids of the rows that :func:`load_dialogues` took out.
    """

    rows: dict[str, int]
    distinct: dict[str, int]
    shared: dict[tuple[str, str], int]
    dropped: dict[str, list[str]] = field(default_factory=dict)

    def __str__(self) -> str:
        counts = [
            _("{split}: {rows} rows, {distinct} distinct").format(split=s, rows=n, distinct=self.distinct[s])
            for s, n in self.rows.items()
        ]
        shared = [_("{a} and {b} share {n}").format(a=a, b=b, n=n) for (a, b), n in self.shared.items() if n]
        dropped = [_("{n} taken out of {split}").format(n=len(ids), split=s) for s, ids in self.dropped.items() if ids]
        return "; ".join(counts + shared + dropped)


def load_dialogues(
    source: str | os.PathLike = "auto",
    columns: Mapping[str, str] | None = None,
    *,
    drop_repeats: bool = False,
    extra: Iterable[str] = (),
):
    """Return a ``datasets.DatasetDict`` of train, validation and test.

    Columns: id, dialogue, topic ("" where unknown), summary, references (list of str; the first is the summary), and
    those named in ``extra`` as text ("" where a record lacks them; the shipped set has kind, request, action and register).

    Args:
        source: ``"auto"`` (the profile's), ``"pocket"`` (shipped: the plain ones; ``"pocket-rich"`` the hard ones,
            ``"pocket-all"`` both), ``"dialogsum"`` (``DIALOGSUM_DIR``, else the hub, else a mirror), a folder with a
            train, a validation and a test file, or one file, which is split 80/10/10 by the dialogue's words, so that
            a row added later moves no other.
        columns: our name to the file's, for files of your own: ``{"dialogue": "text", "summary": "abstract"}``.
        drop_repeats: take repeats within train out too; they stay by default, so that figures compare with published
            ones. Rows of test always stay; what repeats them leaves train, then validation.

    The counts stand in the result's ``labutils_report`` (:class:`Duplicates`, of the data as they came) and the log.

    Raises:
        DataError: a file cannot be read; it names file, line and field.
        LabError: no such source, or DialogSum cannot be reached.
    """
    parts = _read(source, columns)
    keys = {split: [words_of(row["dialogue"]) for row in rows] for split, rows in parts.items()}
    out = _taken_out(keys, drop_repeats)
    report = _counted(keys, {split: [parts[split][i]["id"] for i in sorted(out[split])] for split in parts})
    kept = {split: [row for i, row in enumerate(rows) if i not in out[split]] for split, rows in parts.items()}
    for split, rows in kept.items():
        if not rows:
            message = _("{source} leaves no row in {split}; {report}")
            raise LabError("empty-split", message.format(source=source, split=split, report=report))
    log.debug("%s: %s", source, report)
    data = _built(kept, extra)
    data.labutils_report = report
    return data


def duplicates(data: Mapping[str, Iterable]) -> Duplicates:
    """Count the repeated dialogues of a data set: a DatasetDict, or any mapping of splits to records or to columns."""
    keys = {}
    for split, rows in data.items():
        texts = rows["dialogue"] if hasattr(rows, "column_names") else [row["dialogue"] for row in rows]
        keys[split] = [words_of(text) for text in texts]
    return _counted(keys, {})


def words_of(text: str) -> str:
    """Return a text's words in lower case with single spaces: what two dialogues are compared by."""
    return " ".join(words(text)) or text


# --- duplicates ----------------------------------------------------------------------------------------------------
def _counted(keys: dict[str, list[str]], dropped: dict[str, list[str]]) -> Duplicates:
    sets = {split: set(found) for split, found in keys.items()}
    shared = {(a, b): len(sets[a] & sets[b]) for a, b in itertools.combinations(keys, 2)}
    counts = {split: len(found) for split, found in keys.items()}
    return Duplicates(counts, {split: len(found) for split, found in sets.items()}, shared, dropped)


def _taken_out(keys: dict[str, list[str]], drop_repeats: bool) -> dict[str, set[int]]:
    """Return the row numbers that leave each split: test keeps all, validation gives way to test, train to both."""
    out: dict[str, set[int]] = {}
    for split, later in (("train", ("validation", "test")), ("validation", ("test",)), ("test", ())):
        leaks = {key for other in later for key in keys[other]}
        out[split] = {i for i, key in enumerate(keys[split]) if key in leaks}
    if drop_repeats:
        first: dict[str, int] = {}
        out["train"] |= {i for i, key in enumerate(keys["train"]) if first.setdefault(key, i) != i}
    return out


# --- sources -------------------------------------------------------------------------------------------------------
def _read(source, columns: Mapping[str, str] | None) -> dict[str, list[dict]]:
    if source == "auto":
        source = config.profile("auto").dialogues
    if source in SHIPPED:
        parts = _folder(paths.data_dir() / "dialogues", columns)
        return {split: [row for row in rows if row["register"] in SHIPPED[source]] for split, rows in parts.items()}
    if source == "dialogsum":
        return _dialogsum(columns)
    path = Path(source).expanduser()
    if path.is_dir():
        return _folder(path, columns)
    if path.is_file() or path.suffix:
        return _divided(path, _file(path, path.stem, columns))
    message = _(
        "there are no dialogues called {source!r}; use 'auto', {shipped}, 'dialogsum', or the path of a folder or file"
    )
    raise LabError("dialogues", message.format(source=str(source), shipped=", ".join(map(repr, SHIPPED))))


def _dialogsum(columns: Mapping[str, str] | None) -> dict[str, list[dict]]:
    folder = os.environ.get("DIALOGSUM_DIR")
    if folder:
        if not Path(folder).is_dir():
            message = _("DIALOGSUM_DIR is {folder}, and there is no such folder (seen from {here})")
            raise LabError("dialogsum-dir", message.format(folder=folder, here=Path.cwd()))
        return _folder(Path(folder), columns)
    parts = {split: _file(path, split, columns) for split, path in dialogsum.fetch().items()}
    for split, rows in parts.items():
        if len(rows) != dialogsum.ROWS[split]:
            message = _(
                "DialogSum's {split} has {n} dialogues where {expected} are known; the source is another data set"
            )
            raise LabError("counts", message.format(split=split, n=len(rows), expected=dialogsum.ROWS[split]))
    return parts


def _folder(folder: Path, columns: Mapping[str, str] | None) -> dict[str, list[dict]]:
    """Read the three split files of a folder: train.jsonl, samsum.val.jsonl, dialogsum.dev.jsonl, test.csv ..."""
    found: dict[str, list[Path]] = {split: [] for split in SPLITS}
    for path in sorted(folder.iterdir()):
        for split, names in NAMES.items():
            if path.stem.lower().split(".")[-1] in names and path.suffix.lower() in ENDINGS:
                found[split].append(path)
    for split, files in found.items():
        if len(files) != 1:
            have = ", ".join(path.name for path in files) or _("none")
            message = _("{folder} must hold one {split} file (its name or the part before its ending is {names}; "
                        "{endings}); found: {have}")  # fmt: skip
            message = message.format(folder=folder, split=split, names=" / ".join(NAMES[split]),
                                     endings=" ".join(ENDINGS), have=have)  # fmt: skip
            raise LabError("split-files", message)
    return {split: _file(files[0], split, columns) for split, files in found.items()}


def _divided(path: Path, rows: list[dict]) -> dict[str, list[dict]]:
    """Divide one file's rows 80/10/10 by a hash of the dialogue's words: repeats fall on one side, and stay there."""
    shares = [(_share(row["dialogue"]), row) for row in rows]
    distinct = sorted({share for share, _row in shares})
    if len(distinct) < 3:
        message = _("{n} different dialogues cannot be divided into train, validation and test; give 3 at least")
        raise DataError("too-few", message.format(n=len(distinct)), path)
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
def _file(path: Path, name: str, columns: Mapping[str, str] | None) -> list[dict]:
    """Return a file's rows in our schema; ``name`` begins the ids of rows that have none."""
    rows, seen = [], set()
    for number, row in enumerate(records.rows(path, columns=columns)):
        record = _standard(path, row)
        record["id"] = record["id"] or f"{name}_{number}"
        if record["id"] in seen:
            message = _("the id {id!r} came before; ids must differ, or leave them out").format(id=record["id"])
            raise DataError("duplicate-id", message, path, row.line, "id")
        seen.add(record["id"])
        rows.append(record)
    return _grouped(rows)


def _standard(path: Path, row: records.Row) -> dict:
    record = row.record
    references = record.get("references") or [record[k] for k in ("summary", "summary2", "summary3") if k in record]
    if references[0] != record["summary"]:
        raise DataError("references", _("the first must be the summary itself"), path, row.line, "references")
    references = [_clean(reference) for reference in references]
    known = {"id": record.get("id", ""), "topic": record.get("topic", ""), "dialogue": _clean(record["dialogue"])}
    return {**record, **known, "summary": references[0], "references": references}


def _clean(text: str) -> str:
    return text.replace("\r\n", "\n").strip()


def _grouped(rows: list[dict]) -> list[dict]:
    """Join rows test_0_1, test_0_2, test_0_3 of one dialogue, as the hub has them, into test_0 with three references."""
    groups: dict[tuple[str, str], list[dict]] = {}
    for row in rows:
        base = re.fullmatch(r"(\D*_\d+)_\d+", row["id"])
        groups.setdefault((base[1] if base else row["id"], row["dialogue"]), []).append(row)
    if len(groups) == len(rows):
        return rows
    joined = []
    for (base, _dialogue), group in groups.items():
        references = [reference for row in group for reference in row["references"]]
        joined.append({**group[0], "id": base if len(group) > 1 else group[0]["id"], "references": references})
    return joined


def _built(parts: dict[str, list[dict]], extra: Iterable[str]):
    import datasets  # slow to import

    extra = [name for name in extra if name not in COLUMNS]
    features = {name: datasets.Value("string") for name in (*COLUMNS, *extra)}
    features = datasets.Features(features | {"references": [datasets.Value("string")]})
    data = datasets.DatasetDict()
    for split, rows in parts.items():
        table = {name: [row[name] for row in rows] for name in COLUMNS}
        table |= {name: [str(row.get(name) or "") for row in rows] for name in extra}
        data[split] = datasets.Dataset.from_dict(table, features=features, split=split)
    return data
