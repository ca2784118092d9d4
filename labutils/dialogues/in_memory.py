"""Dialogues in memory, and what ``save_to_disk`` wrote: DataFrames, datasets, lists and splits of these, as tables."""

import math
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, TypeGuard

from labutils.dialogues.textfiles import DataError, Table, short
from labutils.errors import LabError
from labutils.i18n import _

if TYPE_CHECKING:
    import datasets
    import pandas as pd


def is_saved(folder: Path) -> bool:
    """Whether ``save_to_disk`` of datasets wrote a folder."""
    return any((folder / name).is_file() for name in ("dataset_dict.json", "state.json"))


def load_saved(folder: Path) -> "datasets.Dataset | datasets.DatasetDict":
    """Return the Dataset or DatasetDict of a folder.

    Raises:
        DataError: code ``"saved-dataset"``: it cannot be read.
    """
    import datasets

    try:
        return datasets.load_from_disk(str(folder), keep_in_memory=True)
    except Exception as error:  # of a damaged folder Arrow, JSON and datasets raise whatever they meet
        message = _("save_to_disk wrote this folder, and it cannot be loaded ({reason}); write it again")
        reason = f"{type(error).__name__}: {error!s:.200}"
        raise DataError("saved-dataset", message.format(reason=reason), folder) from error


def tables(source: object, wanted: set[str], name: str = "") -> dict[str, Table]:
    """Return the tables of what is in memory by the names of its splits; one without splits has the name ``""``.

    Args:
        source: a DataFrame, Dataset, list of dicts, or a mapping (a DatasetDict, say) of splits to these.
        wanted: columns that are read; the others may hold anything, and come as None.
        name: what messages call it (default: its kind).

    Raises:
        LabError: code ``"dialogues"``: it is nothing of the kind; ``"duplicate-column"``.
    """
    name = name or type(source).__name__
    if not isinstance(source, Mapping):
        return {"": _table(source, name, wanted)}
    if not all(isinstance(split, str) for split in source):
        raise _unknown(source)
    return {split: _table(rows, f"{name}, {short(split)}", wanted) for split, rows in source.items()}


def _table(source: object, name: str, wanted: set[str]) -> Table:
    if is_dataset(source):
        chosen = source.with_format(None).select_columns([column for column in source.column_names if column in wanted])
        rows = _rows(source.column_names, chosen.to_dict(), range(len(source)))
    elif _is_frame(source):
        names = list(map(str, source.columns))
        for column, count in Counter(names).items():
            if count > 1:
                raise DataError("duplicate-column", _("two columns have this name; rename one"), name, field=column)
        chosen = {column: source.iloc[:, i].tolist() for i, column in enumerate(names) if column in wanted}
        filled = source.notna().any(axis=1).tolist()  # pandas keeps the empty rows of Excel's unused range
        rows = _rows(names, chosen, [i for i, row in enumerate(filled) if row])
    elif isinstance(source, list | tuple) and all(isinstance(row, Mapping) for row in source):
        rows = (
            (i, {str(column): row[column] if column in wanted else None for column in row})
            for i, row in enumerate(source, 1)
        )
    else:
        raise _unknown(source)
    table = Table(name, [])
    for number, row in rows:
        try:
            table.rows.append((number, {column: _plain(value) for column, value in row.items()}))
        except RecursionError:
            raise DataError("wrong-type", _("holds a value that is nested too deep"), table, number) from None
    return table


def _rows(names: list[str], columns: Mapping[str, list], chosen: Iterable[int]) -> Iterator[tuple[int, dict]]:
    others = dict.fromkeys(names)
    return ((i + 1, others | {column: values[i] for column, values in columns.items()}) for i in chosen)


def is_dataset(source: object) -> "TypeGuard[datasets.Dataset]":
    """Whether something is a Dataset, without importing what cannot be there."""
    return "datasets" in sys.modules and isinstance(source, sys.modules["datasets"].Dataset)


def _is_frame(source: object) -> "TypeGuard[pd.DataFrame]":
    return "pandas" in sys.modules and isinstance(source, sys.modules["pandas"].DataFrame)


def _plain(value: object) -> object:
    """Return a value as Python has it: None for what pandas calls missing, lists for arrays."""
    if hasattr(value, "tolist"):  # of numpy
        value = value.tolist()
    if isinstance(value, str):
        return str(value)
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    missing = type(value).__name__ in ("NAType", "NaTType") or (isinstance(value, float) and math.isnan(value))
    return None if missing else value


def _unknown(source: object) -> LabError:
    message = _("dialogues come from a name, the path of a file or folder, a DataFrame, a Dataset or a list of dicts, or a dict "
                "or DatasetDict of train, validation and test; this is {kind}")  # fmt: skip
    return LabError("dialogues", message.format(kind=type(source).__name__))
