"""The records of a dialogue data set that somebody gives: read and checked before anything is trained with them."""

from labutils.errors import LabError
from labutils.i18n import _


def checked_rows(dataset, split: str, texts: tuple[str, ...]) -> list[dict]:
    """Return a split's records. They are checked here, since a training first scores when its first epoch is over.

    Args:
        dataset: a DatasetDict, or any mapping of splits to lists of records.
        texts: the fields that must hold text, beside ``references``, a list of texts.

    Raises:
        LabError: code ``"dataset"``: there is no such split, it is empty, or a record lacks a field.
    """
    try:
        rows = dataset[split]
        rows = rows.to_list() if hasattr(rows, "to_list") else list(rows)
        wrong = "" if rows else _("it has no record")
    except (KeyError, TypeError, ValueError):  # what is no data set says in one of these that it has no such split
        rows, wrong = [], _("there is no such split")
    faults = ((number, _fault(row, texts)) for number, row in enumerate(rows, 1))
    number, fault = next(((number, fault) for number, fault in faults if fault), (0, ""))
    if number:
        wrong = _("record {n} has {fault}").format(n=number, fault=fault)
    if wrong:
        text = _("{split}: {wrong}; load_dialogues(dataset, columns={{'ours': 'theirs'}}) brings data of your own to the form that "
                 "summarization wants")  # fmt: skip
        raise LabError("dataset", text.format(split=split, wrong=wrong))
    return rows


def _fault(record, texts: tuple[str, ...]) -> str:
    if not isinstance(record, dict):
        return _("no fields")
    for name in texts:
        if not isinstance(record.get(name), str):
            return _("no text in the field {name}").format(name=name)
    references = record.get("references")
    if not (isinstance(references, list) and references and all(isinstance(text, str) for text in references)):
        return _("no list of texts in the field references")
    return ""
