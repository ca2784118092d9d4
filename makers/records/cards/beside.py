"""What the card of the dialogues says beside DialogSum: how plain they are, trivial scores, and nearness to train."""

from collections.abc import Mapping, Sequence
from statistics import mean, pstdev

from labutils.files import markdown_table
from makers.records.cards import nearest
from makers.records.cards.figures import Rows
from makers.records.checks import plainness

COLUMNS = {
    "dialogue": "frequent words",
    "summary": "in summaries",
    "copied": "copied",
    "pieces": "pieces a word",
    "text": "frequent words",
}
ANSWERS = {
    "lead": "the first three turns (LEAD-3)",
    "constant": "one training summary for all",
    "human": "each reference, by the other two",
}


NEARNESS = (
    f"ROUGE-2 (F-measure, speaker tags taken off) of each test dialogue's nearest training dialogue: {nearest.TEST} of "
    f"test against {nearest.TRAIN} of train; of our plain ones and of DialogSum they are drawn at random "
    f"({nearest.DRAWS} draws together; DialogSum's figures in `peers.json`). Quantiles:"
)


def plainness_part(name: str) -> list[str]:
    """Return how frequent the words of a set are, beside DialogSum's; of the dialogues, what else shows plainness."""
    stored = plainness.stored_shares()
    rows = {label.removeprefix(f"{name}/"): row for label, row in stored.items() if label.startswith(f"{name}/")}
    if not rows:
        return []
    if name == "dialogues":
        rows["DialogSum"] = stored["dialogsum"]
    keys = [key for key in COLUMNS if key in next(iter(rows.values()))]
    lines = [[label.replace("/", ", "), *(f"{row[key]:.3f}" for key in keys)] for label, row in rows.items()]
    text = (
        f"How plain it is. Frequent words: the share of words among the {plainness.FREQUENT:,} most frequent of "
        f"DialogSum's train less its first {plainness.SKIPPED:,} dialogues, on which DialogSum itself is measured: "
        f"{stored['dialogsum']['dialogue']:.3f} in dialogues (figures in `data/dialogues/plainness.json`)."
    )
    if name == "dialogues":
        limits = "; ".join(f"{COLUMNS[key]} {low} to {high}" for key, (low, high) in plainness.LIMITS.items())
        text += (
            " Copied: of a summary's words those that stand in its dialogue. Pieces: of the shipped tokenizer. "
            f"`labs verify data` holds the plain ones to {limits}."
        )
    return [f"{text}\n\n{markdown_table(('', *(COLUMNS[key] for key in keys)), lines)}"]


def scores_and_nearness(parts: Mapping[str, Rows]) -> list[str]:
    """Return what trivial answers and people score, and how near test is to train, both beside DialogSum.

    Args:
        parts: the rows of each register.
    """
    values = nearness(parts)
    quantiles = {name: nearest.at_quantiles(series) for name, series in values.items()}
    halves = "; ".join(f"{name} {row[3]:.3f} and {row[5]:.3f}" for name, row in quantiles.items())
    alt = (
        "Cumulative curves. Half of the test dialogues, and nine tenths, have no nearer training dialogue than: "
        f"{halves}."
    )
    return [
        "What answers without any skill score on test, and people measured by each other (stemmed ROUGE, mean over "
        "the references; figures of DialogSum's 500 test dialogues in `peers.json`):\n\n" + _trivial_table(parts),
        f"{NEARNESS}\n\n{_quantile_table(values)}",
        *(
            _nearness_in_words(register, rows, values[f"ours, {register}"], values["DialogSum"])
            for register, rows in parts.items()
        ),
        f"![{alt}](nearest.svg)",
    ]


def _trivial_table(parts: Mapping[str, Rows]) -> str:
    scores = {
        f"ours, {register}": nearest.trivial_scores(rows["test"], [row["summary"] for row in rows["train"]])
        for register, rows in parts.items()
    } | {"DialogSum": nearest.peers()["scores"]}
    lines = [
        [what, name, *(f"{by_answer[answer][metric]:.3f}" for metric in nearest.METRICS)]
        for answer, what in ANSWERS.items()
        for name, by_answer in scores.items()
    ]
    return markdown_table(("answer", "set", "ROUGE-1", "ROUGE-2", "ROUGE-L"), lines)


def _quantile_table(values: Mapping[str, Sequence[float]]) -> str:
    head = ("", "mean", *(f"{q} %" for q in nearest.QUANTILES))
    lines = [
        [name, f"{mean(series):.3f}", *(f"{value:.3f}" for value in nearest.at_quantiles(series))]
        for name, series in values.items()
    ]
    return markdown_table(head, lines)


def _nearness_in_words(register: str, rows: Rows, ours: Sequence[float], theirs: Sequence[float]) -> str:
    above = nearest.above(ours, theirs)
    gap = nearest.largest_gap(ours, theirs, 1)
    lies = "it lies above at no percentile"
    if above:
        places = f"{len(above)} of the 101 percentiles ({above[0]} to {above[-1]})"
        lies = f"it lies above at {places}, by {gap:.3f} at most from the first on, and below at the others"
    chance, correlation = nearest.chance_above(ours, theirs), nearest.length_correlation(rows["test"], rows["train"])
    first = (
        f"A {register} one of ours, drawn at random, lies above one of DialogSum's with a probability of {chance:.2f}; "
        f"the standard deviation of ours is {pstdev(ours):.3f}"
    )
    if register == "plain":
        return (
            f"{first}. Percentile by percentile {lies}. Length and nearness correlate with {correlation:+.2f}. None "
            "was rewritten by this measure."
        )
    return (
        f"{first}, of DialogSum's {pstdev(theirs):.3f}. Percentile by percentile {lies}. Within the rich ones, length "
        f"hardly goes with nearness (correlation {correlation:+.2f}). 48 of the rich training dialogues were rewritten "
        "because, by this very measure, they were the nearest to most of test."
    )


def nearness(parts: Mapping[str, Rows]) -> dict[str, list[float]]:
    """Return how near test is to train, of each register and of DialogSum."""
    values = {}
    for register, rows in parts.items():
        test, train = (tuple(row["dialogue"] for row in rows[split]) for split in ("test", "train"))
        values[f"ours, {register}"] = nearest.compare(test, train)
    return values | {"DialogSum": nearest.peers()["nearest_rouge2"]}
