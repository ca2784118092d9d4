"""What a card of a set is made of, and the sentences that several of them say."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from makers.records.cards.figures import Rows
from makers.records.problems import SPLITS

ORIGIN = """\
Written for FineTune Labs by a language model (2026), record by record, from lists of scenarios; no sentence comes
from another data set and none was filled into a pattern. Every record passed `labs verify data`. All is invented
throughout: names, firms, prices and advice are nobody's."""
FORM = "Checked by `labs verify data`: fields, lengths in words, ids, sizes of the files, plain ASCII"
RUNS = """runs of words shared with DialogSum, SAMSum and the open corpus that the shipped model was made from
(13 words: none; 8 words: read, and listed in `data/read_overlaps.txt`)"""
CHECKS = f"{FORM}, near-duplicates within and across the files, shared openings, and {RUNS}."
DRAWN = "Fifty records, drawn at random (seed {seed}), were read by other eyes than their author's: {result}."
EARLIER = DRAWN.format(
    seed=4,
    result=(
        "none needed mending; all {records} that there were then were read nonetheless, and 18 of entities, intent "
        "and questions together were mended"
    ),
)
ADDED = "The last {added} of the rich ones of train were written later and are plainer than the others."
LATER = " Of fifty drawn from the later ones (seed 7) {result}."


@dataclass(frozen=True)
class Set:
    """What a card says that cannot be counted; ``{name}`` in its texts is filled with what ``numbers`` counts.

    Attributes:
        title, schema, weaknesses: the card's heading, its fields, and what a reader must know of its limits.
        files: the names of its files, without ``.jsonl``.
        texts: fields whose lengths are shown; of a file that lacks a field, nothing.
        labels: fields whose values are counted.
        common_checks: what is checked of most sets alike.
        set_checks: what is checked of this set alone.
        review: what a second reader read, and what came of it.
        origin: how the set was made.
        counts: another count, by name.
        numbers: the figures that the texts name, by their names there; of a set with registers, from the rich ones.
        plain: what is said of the plain records, with figures that ``plain_numbers`` counts from them.
    """

    title: str
    schema: str
    weaknesses: str
    texts: Sequence[str]
    labels: Sequence[str] = ()
    common_checks: str = CHECKS
    set_checks: str = ""
    review: str = ""
    origin: str = ORIGIN
    files: Sequence[str] = SPLITS
    counts: Mapping[str, Callable[[dict], list[str]]] | None = None
    numbers: Callable[[Rows], dict] = lambda _rows: {}
    plain: str = ""
    plain_numbers: Callable[[Rows], dict] = lambda _rows: {}
