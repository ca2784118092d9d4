"""What the card of the dialogues says beside DialogSum: how plain they are, what trivial answers score, how near test is to train."""

from statistics import mean, pstdev

from labutils.files import markdown_table
from makers.records.cards import nearest
from makers.records.cards.figures import Rows
from makers.records.checks import plainness


def plainness_shown(name: str) -> list[str]:
    """Return how frequent the words of a set are, beside DialogSum's; of the dialogues, what else says how plain they are."""
    stored = plainness.stored()
    columns = {
        "dialogue": "frequent words",
        "summary": "in summaries",
        "copied": "copied",
        "pieces": "pieces a word",
        "text": "frequent words",
    }
    rows = {key.removeprefix(f"{name}/"): found for key, found in stored.items() if key.startswith(f"{name}/")}
    if not rows:
        return []
    if name == "dialogues":
        rows["DialogSum"] = stored["dialogsum"]
    used = [key for key in columns if key in next(iter(rows.values()))]
    lines = [[where.replace("/", ", "), *(f"{found[key]:.3f}" for key in used)] for where, found in rows.items()]
    text = (
        f"How plain it is. Frequent words: the share of words among the {plainness.FREQUENT:,} most frequent of DialogSum's train less its "
        f"first {plainness.SKIPPED:,} dialogues, on which DialogSum itself is measured: "
        f"{stored['dialogsum']['dialogue']:.3f} in dialogues (figures in `data/dialogues/plainness.json`)."
    )
    if name == "dialogues":
        text += (
            " Copied: of a summary's words those that stand in its dialogue. Pieces: of the shipped tokenizer. `labs verify data` "
            "holds the plain ones to "
            + "; ".join(f"{columns[key]} {low} to {high}" for key, (low, high) in plainness.LIMITS.items())
            + "."
        )
    return [f"{text}\n\n{markdown_table(('', *(columns[key] for key in used)), lines)}"]


def scores_and_nearness(parts: dict[str, Rows]) -> list[str]:
    """Return what trivial answers and people score, and how near test is to train, both beside DialogSum."""
    peers = nearest.peers()
    scores = {
        f"ours, {register}": nearest.trivial_scores(rows["test"], [row["summary"] for row in rows["train"]])
        for register, rows in parts.items()
    } | {"DialogSum": peers["scores"]}
    said = {"lead": "the first three turns (LEAD-3)", "constant": "one training summary for all",
            "human": "each reference, by the other two"}  # fmt: skip
    lines = [
        [what, of, *(f"{found[name][metric]:.3f}" for metric in nearest.METRICS)]
        for name, what in said.items() for of, found in scores.items()
    ]  # fmt: skip
    table = markdown_table(("answer", "set", "ROUGE-1", "ROUGE-2", "ROUGE-L"), lines)
    values = nearness(parts)
    shown = markdown_table(
        ("", "mean", *(f"{q} %" for q in nearest.QUANTILES)),
        [
            [of, f"{mean(found):.3f}", *(f"{value:.3f}" for value in nearest.at_quantiles(found))]
            for of, found in values.items()
        ],
    )
    text = (
        f"ROUGE-2 (F-measure, speaker tags taken off) of each test dialogue's nearest training dialogue: {nearest.TEST} "
        f"of test against {nearest.TRAIN} of train; of our plain ones and of DialogSum they are drawn at random "
        f"({nearest.DRAWS} draws together; DialogSum's figures in `peers.json`). Quantiles:"
    )
    halves = [
        f"{of} {found[3]:.3f} and {found[5]:.3f}"
        for of, found in ((of, nearest.at_quantiles(found)) for of, found in values.items())
    ]
    alt = f"Cumulative curves. Half of the test dialogues, and nine tenths, have no nearer training dialogue than: {'; '.join(halves)}."
    return [
        "What answers without any skill score on test, and people measured by each other (stemmed ROUGE, mean over "
        "the references; figures of DialogSum's 500 test dialogues in `peers.json`):\n\n" + table,
        f"{text}\n\n{shown}",
        *(
            _nearness_in_words(register, rows, values[f"ours, {register}"], values["DialogSum"])
            for register, rows in parts.items()
        ),
        f"![{alt}](nearest.svg)",
    ]


def _nearness_in_words(register: str, rows: Rows, ours: list[float], theirs: list[float]) -> str:
    above = nearest.above(ours, theirs)
    gap = nearest.largest_gap(ours, theirs, 1)
    lies = "it lies above at no percentile"
    if above:
        places = f"{len(above)} of the 101 percentiles ({above[0]} to {above[-1]})"
        lies = f"it lies above at {places}, by {gap:.3f} at most from the first on, and below at the others"
    if register == "plain":
        return (
            f"A plain one of ours, drawn at random, lies above one of DialogSum's with a probability of "
            f"{nearest.chance_above(ours, theirs):.2f}; the standard deviation of ours is {pstdev(ours):.3f}. Percentile by percentile {lies}. "
            f"Length and nearness correlate with {nearest.length_correlation(rows['test'], rows['train']):+.2f}. None was rewritten by this measure."
        )
    return (
        f"A rich one of ours, drawn at random, lies above one of DialogSum's with a probability of "
        f"{nearest.chance_above(ours, theirs):.2f}; the standard deviation of ours is {pstdev(ours):.3f}, of DialogSum's "
        f"{pstdev(theirs):.3f}. Percentile by percentile {lies}. Within the rich ones, length hardly goes with nearness (correlation "
        f"{nearest.length_correlation(rows['test'], rows['train']):+.2f}). 48 of the rich training dialogues were rewritten because, by "
        "this very measure, they were the nearest to most of test."
    )


def nearness(parts: dict[str, Rows]) -> dict[str, list[float]]:
    """Return how near test is to train, of each register and of DialogSum."""
    texts = {
        f"ours, {register}": [tuple(row["dialogue"] for row in rows[split]) for split in ("test", "train")]
        for register, rows in parts.items()
    }
    return {of: nearest.compare(*pair) for of, pair in texts.items()} | {"DialogSum": nearest.peers()["nearest_rouge2"]}
