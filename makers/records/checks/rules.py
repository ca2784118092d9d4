"""What a set must keep, as one row of a table, and the checks that read it."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from labutils.dialogues.records import Field
from labutils.tasks import REGISTERS
from makers.records.checks import common
from makers.records.problems import Entry, Problem

Faults = Iterator[tuple[str, str, str]]  # of one record: field, code, message


@dataclass(frozen=True)
class Plain:
    """What the plain records of a set keep where they differ from the rich ones: sizes and words as in Rules."""

    sizes: Mapping[str, int]
    words: Mapping[str, tuple[int, int]]


@dataclass(frozen=True)
class Rules:
    """What the records of a set must keep.

    Attributes:
        sizes: least number of records of each split; of ``""`` where there are no splits.
        words: bounds of each text's length in words, measured from what there is, with some air.
        plain: of a set whose records name their register: sizes and words of the plain ones.
        prefix: what an id begins with, where that is not the split.
        same: fields in which no two records are all alike, capitals and punctuation apart.
        near: for a field, the share of its runs of five words that no two records may share.
        openings: fields of which few may begin alike.
        one_of: for a field, its closed set of values.
        label: the field with the answers of a classification: its labels are those of train, balanced in each split.
        supported: for a field, the fields that must hold its names and numbers.
        record: a check of one record.
    """

    sizes: Mapping[str, int]
    words: Mapping[str, tuple[int, int]]
    plain: Plain | None = None
    prefix: str = ""
    same: Sequence[tuple[str, ...]] = ()
    near: Mapping[str, float] = field(default_factory=dict)
    openings: Sequence[str] = ()
    one_of: Mapping[str, Sequence[str]] = field(default_factory=dict)
    label: str = ""
    supported: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    record: Callable[[dict], Faults] = lambda _record: iter(())


def check(entries: Sequence[Entry], rules: Rules, fields: Mapping[str, Field]) -> Iterator[Problem]:
    """Yield what is wrong with the records of a set whose fields are ``fields``, other sets left aside."""
    yield from common.check_fields(entries, fields)
    yield from common.check_ids(entries, rules.prefix)
    if "origin" in fields:
        yield from common.check_origins(entries)
    yield from common.check_characters(entries)
    for names in rules.same:
        yield from common.check_same(entries, *names)
    for name, share in rules.near.items():
        yield from common.check_near(common.distinct(entries, name), name, share)
    for name, values in rules.one_of.items():
        yield from common.check_one_of(entries, name, values)
    labels = {entry.record[rules.label] for entry in entries if rules.label and entry.split == "train"}
    if labels:
        yield from common.check_one_of(entries, rules.label, labels)
    if rules.plain:
        yield from common.check_one_of(entries, "register", REGISTERS)
        parts: dict[str, Rules | Plain] = {"rich": rules, "plain": rules.plain}
        for register, part in parts.items():
            yield from common.check_sizes(entries, part.sizes, "register", (register,))
            rows = [entry for entry in entries if entry.record["register"] == register]
            yield from check_register(rows, rules, part.words, labels)
    else:
        yield from common.check_sizes(entries, rules.sizes, "split" if "split" in fields else "id")
        yield from check_register(entries, rules, rules.words, labels)
    for name, sources in rules.supported.items():
        yield from common.check_support(entries, sources, partial(_text, name))
    for entry in entries:
        yield from (entry.problem(*fault) for fault in rules.record(entry.record))


def _text(name: str, entry: Entry) -> list[tuple[str, str]]:
    return [(name, entry.record[name])]


def check_register(
    entries: Sequence[Entry], rules: Rules, words: Mapping[str, tuple[int, int]], labels: Collection
) -> Iterator[Problem]:
    """Lengths, openings and the balance of labels: of each register alone where a set has two."""
    yield from common.check_lengths(entries, words)
    for name in rules.openings:
        yield from common.check_openings(entries, name)
    if labels:
        yield from common.check_balance(entries, rules.label, labels)
