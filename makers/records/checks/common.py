"""Small checks that several sets need: each goes over the entries of one set and yields its problems.

Which of them a set needs, with which bounds, says its row in ``task_sets.SETS`` or ``facts.FILES``; see ``rules``.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping, Sequence

from labutils.evaluation.invented import unsupported_names
from labutils.i18n import _
from labutils.words import words
from makers.records.checks.overlaps import near_duplicates, spoken, spoken_words
from makers.records.problems import Entry, Problem

FEW = 20  # in fewer records a share says nothing
OPENING = 0.15  # of the records of a split may begin with the same words
UNEVEN = 0.20  # how far a label may be from an even share of its split


def by_split(entries: Sequence[Entry]) -> dict[str, list[Entry]]:
    """Return the entries of each split, in their order."""
    splits = defaultdict(list)
    for entry in entries:
        splits[entry.split].append(entry)
    return splits


def repeats(entries: Iterable[Entry], key: Callable[[Entry], Hashable]) -> Iterator[tuple[Entry, Entry]]:
    """Yield each entry whose key an earlier one has, and the first that has it."""
    firsts: dict[Hashable, Entry] = {}
    for entry in entries:
        first = firsts.setdefault(key(entry), entry)
        if first is not entry:
            yield entry, first


def check_fields(entries: Sequence[Entry], fields: Collection[str]) -> Iterator[Problem]:
    """A record has no other fields than those of its set."""
    for entry in entries:
        for name in sorted(set(entry.record) - set(fields)):
            yield entry.problem(name, "unknown-field", _("there is no such field; take it out"))


def check_sizes(
    entries: Sequence[Entry], least: Mapping[str, int], field: str = "id", counted: Collection[str] | None = None
) -> Iterator[Problem]:
    """Each split has enough records, or enough whose ``field`` is one of ``counted``; the last record is named.

    A split that has none is a fault where the records name their splits (``field="split"``); where each split is a
    file, reading it has said so.
    """
    splits = by_split(entries)
    for split, number in least.items():
        rows = splits.get(split) or (entries if field == "split" else [])
        right = [row for row in rows if row.split == split and (counted is None or row.record[field] in counted)]
        if rows and len(right) < number:
            what = " / ".join(filter(None, (split, *(counted or ())))) or _("all")
            message = _("{n} records ({what}); {least} at least").format(n=len(right), what=what, least=number)
            yield rows[-1].problem(field, "size", message)


def check_ids(entries: Sequence[Entry], prefix: str = "") -> Iterator[Problem]:
    """An id is the split (or ``prefix``), an underscore and a number; every id once."""
    for entry in entries:
        name, start = entry.record["id"], prefix or entry.split
        if not re.fullmatch(rf"{re.escape(start)}_\d+", name):
            yield entry.problem("id", "id", _("is {id!r}; it must be {prefix}_N").format(id=name, prefix=start))
    for entry, first in repeats(entries, lambda entry: entry.record["id"]):
        message = _("{id} is also in {file}:{line}")
        message = message.format(id=entry.record["id"], file=first.file, line=first.line)
        yield entry.problem("id", "duplicate-id", message)


def check_origins(entries: Sequence[Entry]) -> Iterator[Problem]:
    """A record says whether it was written or composed; those of validation and test were written."""
    for entry in entries:
        origins = ("written", "composed") if entry.split == "train" else ("written",)
        if entry.record["origin"] not in origins:
            message = _("is {origin!r}; in {split} it must be {origins}")
            message = message.format(origin=entry.record["origin"], split=entry.split, origins=" / ".join(origins))
            yield entry.problem("origin", "origin", message)


def check_one_of(entries: Sequence[Entry], field: str, labels: Collection) -> Iterator[Problem]:
    """A field holds one of a closed set of labels."""
    for entry in entries:
        if entry.record[field] not in labels:
            message = _("is {value!r}; it must be one of: {labels}")
            message = message.format(value=entry.record[field], labels=", ".join(map(str, sorted(labels))))
            yield entry.problem(field, "label", message)


def check_balance(entries: Sequence[Entry], field: str, labels: Collection) -> Iterator[Problem]:
    """Each label's share of its split is within 20 % of even (one record is always allowed); its last record is named.

    For one of ``labels`` that no record of a split has, the last record of that split is named.
    """
    for split, rows in by_split(entries).items():
        counts = Counter(entry.record[field] for entry in rows)
        even = len(rows) / len(labels)
        for label in sorted(labels):
            count = counts[label]
            if len(rows) >= FEW and abs(count - even) > max(UNEVEN * even, 1):
                last = [entry for entry in rows if not count or entry.record[field] == label][-1]
                message = _("{count} of {label!r} in {split}; {even:.1f} would be even")
                yield last.problem(field, "balance", message.format(count=count, label=label, split=split, even=even))


def check_lengths(entries: Sequence[Entry], bounds: Mapping[str, tuple[int, int]]) -> Iterator[Problem]:
    """Lengths in words; of a list, each text."""
    for entry in entries:
        for field, (least, most) in bounds.items():
            for text in _listed(entry.record[field]):
                if not least <= (n := len(text.split())) <= most:
                    message = _("{n} words; {least} to {most} are allowed").format(n=n, least=least, most=most)
                    yield entry.problem(field, "length", message)


def check_characters(entries: Sequence[Entry]) -> Iterator[Problem]:
    """Plain English text: printable ASCII and line breaks, no space at the ends."""
    for entry in entries:
        for field, value in entry.record.items():
            for text in _listed(value):
                foreign = sorted(set(re.findall(r"[^\n\x20-\x7e]", str(text))))
                if foreign:
                    message = _("holds {foreign}; use plain ASCII").format(foreign=" ".join(map(ascii, foreign)))
                    yield entry.problem(field, "characters", message)
                elif isinstance(text, str) and text != text.strip():
                    yield entry.problem(field, "characters", _("begins or ends with a space or an empty line"))


def check_openings(entries: Sequence[Entry], field: str, n: int = 2, share: float = OPENING) -> Iterator[Problem]:
    """No more than ``share`` of the records of a split begin a field with the same ``n`` words."""
    for split, rows in by_split(entries).items():
        openings = defaultdict(list)
        for entry in rows:
            openings[tuple(words(spoken(entry.record[field]), contractions=True)[:n])].append(entry)
        for opening, alike in openings.items():
            if len(rows) >= FEW and len(alike) > share * len(rows):
                message = _("{part:.0%} of {split} begin with {opening!r}; {most:.0%} may")
                message = message.format(
                    part=len(alike) / len(rows), split=split, opening=" ".join(opening), most=share
                )
                yield alike[-1].problem(field, "opening", message)


def check_same(entries: Sequence[Entry], *fields: str) -> Iterator[Problem]:
    """No two records are alike in all of ``fields``, capitals and punctuation apart."""
    for entry, first in repeats(entries, lambda entry: tuple(tuple(spoken_words(entry.record[f])) for f in fields)):
        message = _("is that of {file}:{line}, capitals and punctuation apart")
        yield entry.problem(fields[-1], "duplicate", message.format(file=first.file, line=first.line))


def check_near(entries: Sequence[Entry], field: str, share: float = 0.15, n: int = 5) -> Iterator[Problem]:
    """No two records share ``share`` of their runs of ``n`` words in a field; the later one is reported."""
    for i, j, part in near_duplicates([entry.record[field] for entry in entries], n, share):
        message = _("shares {part:.0%} of its runs of {n} words with {file}:{line}")
        message = message.format(part=part, n=n, file=entries[i].file, line=entries[i].line)
        yield entries[j].problem(field, "near-duplicate", message)


def distinct(entries: Sequence[Entry], field: str) -> list[Entry]:
    """Return the entries without those whose text of a field an earlier one has, letter for letter."""
    return list({entry.record[field]: entry for entry in reversed(entries)}.values())[::-1]


def check_support(
    entries: Sequence[Entry], sources: Sequence[str], texts: Callable[[Entry], Iterable[tuple[str, str]]]
) -> Iterator[Problem]:
    """The names and numbers of a record's ``texts``, (field, text) pairs, stand in one of its fields ``sources``."""
    supports = [" ".join(entry.record[source] for source in sources) for entry in entries]
    ordinary = set(re.findall(r"(?<![\w'])[a-z]+", " ".join(supports)))  # what is written small somewhere is no name
    for entry, support in zip(entries, supports, strict=True):
        for field, text in texts(entry):
            missing = unsupported_names(text, support, ordinary)
            if missing:
                message = _("names what {sources} does not hold: {names}")
                message = message.format(sources=" / ".join(sources), names=", ".join(missing))
                yield entry.problem(field, "unsupported", message)


def is_run(part: str, text: str) -> bool:
    """Return whether ``part`` stands in ``text`` letter for letter and cuts no word."""
    return re.search(rf"(?<!\w){re.escape(part)}(?!\w)", text) is not None


def _listed(value: object) -> list:
    return value if isinstance(value, list) else [value]
