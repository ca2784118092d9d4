"""The ids of dialogues: every row has one, and no two dialogues of a split have the same."""

import re
from collections import defaultdict
from collections.abc import Iterable

from labutils.dialogues.textfiles import DataError, line_of, short
from labutils.i18n import _
from labutils.log import logger

PART = re.compile(r"(\D*_\d+)_\d+")  # test_0_1, test_0_2, test_0_3: the hub's rows of one dialogue, test_0


def identified(source: object, name: str, rows: Iterable[tuple[int, dict]]) -> list[dict]:
    """Return records with ids that differ; rows test_0_1, test_0_2 of one dialogue become test_0 with their references.

    Args:
        source: the file, for messages.
        name: begins the ids of rows that have none.
        rows: (line, record) with id ("" where there is none), dialogue and references.

    Raises:
        DataError: code ``"duplicate-id"``: two rows say the same id.
    """
    rows = list(rows)
    lines = _lines(source, rows)
    taken = {*lines, *(part[1] for part in map(PART.fullmatch, lines) if part)}
    groups: dict[tuple[str, str], list[dict]] = defaultdict(list)  # by id, or base of ids, and dialogue
    for number, (_line, record) in enumerate(rows):
        if not record["id"]:
            id = _free(f"{name}_{number}", taken)
            groups[id, ""].append({**record, "id": id})
            continue
        part = PART.fullmatch(record["id"])
        groups[part[1] if part else record["id"], record["dialogue"]].append(record)
    return _joined(source, groups, lines)


def _lines(source: object, rows: list[tuple[int, dict]]) -> dict[str, int]:
    """Return the line of each id that the rows say."""
    lines: dict[str, int] = {}
    for line, record in rows:
        if record["id"] and lines.setdefault(record["id"], line) != line:
            message = _("the id {id} came before{place}; ids must differ, or leave them out. Several summaries of one dialogue "
                        "stand in one row: summary, summary2, summary3")  # fmt: skip
            place = line_of(source, lines[record["id"]])
            raise DataError("duplicate-id", message.format(id=short(record["id"]), place=place), source, line, "id")
    return lines


def _free(id: str, taken: set[str]) -> str:
    while id in taken:
        id += "_"
    return id


def _joined(source: object, groups: dict[tuple[str, str], list[dict]], lines: dict[str, int]) -> list[dict]:
    """Make one record of each group; where one id would name several dialogues, each keeps that of its first row."""
    dialogues = defaultdict(list)
    for (base, _dialogue), group in groups.items():
        dialogues[base].append(group)
    clashes = {base: gs for base, gs in dialogues.items() if len(gs) > 1 and max(map(len, gs)) > 1}
    for base, clashing in clashes.items():
        ids = [group[0]["id"] for group in clashing]
        places = "; ".join(short(id) + line_of(source, lines[id]) for id in ids[:6])
        text = _("{source}: {n} different dialogues would have the id {id}; each keeps that of its first row: {places}")
        logger.warning(text.format(source=source, n=len(ids), id=short(base), places=places))
    records = []
    for (base, _dialogue), group in groups.items():
        id = base if len(group) > 1 and base not in clashes else group[0]["id"]
        references = [reference for record in group for reference in record["references"]]
        records.append({**group[0], "id": id, "references": references})
    return records
