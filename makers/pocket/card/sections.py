"""The card on what the labs show: of each part of phenomena.py a table, sentences with the verdict, and the command."""

from makers.pocket.card import losses
from makers.pocket.card.findings import grouped, in_seeds, measured, missing, seeds
from makers.pocket.card.tables import number, outer, signed, spread, table
from makers.pocket.measure import phenomena

# Zero-shot outputs of FLAN-T5-base on the same 500 test dialogues, published with the AWS / DeepLearning.AI course
# (shared/anchors/flan_t5_base_course.csv); tests/test_rouge.py scores them by the same protocol.
FLAN_ZERO_SHOT = 0.2333


def summaries_table(points):
    """ROUGE-1 by training dialogues, against the first three turns."""
    rows = [
        (
            f"{size:,}",
            outer([p["interval"] for p in group], number),
            number(group[0]["lead"]),
            outer([p["over_lead"] for p in group]),
            in_seeds([p["over_lead"] for p in group], "above", "below"),
        )
        for (size,), group in grouped(points, "rows").items()
    ]
    return table(("dialogues", "ROUGE-1", "LEAD-3", "difference, paired", "by its interval"), rows)


def summaries_words(points):
    """Where the largest training stands against LEAD-3."""
    (size,), group = max(grouped(points, "rows").items(), key=lambda item: item[0])
    bounds = [p["over_lead"] for p in group]
    return f"After {size:,} dialogues: {outer(bounds)} against LEAD-3: {in_seeds(bounds, 'above it', 'below it')}."


def summaries(points):
    """Table and sentence."""
    return f"{summaries_table(points)}\n\n{summaries_words(points)}"


def dialogsum(points):
    """The same, and where each size stands against zero-shot FLAN-T5-base."""
    lines = [
        f"- {size:,} dialogues: {spread([p['score'] for p in group])} (lowest, highest seed), the interval above "
        f"{FLAN_ZERO_SHOT} in {seeds(sum(p['interval'][1] > FLAN_ZERO_SHOT for p in group), len(group))}"
        for (size,), group in grouped(points, "rows").items()
    ]
    about = (
        f"Zero-shot FLAN-T5-base has {FLAN_ZERO_SHOT} there by the same protocol (its published outputs, "
        "`flan_t5_base_course.csv`; tests/test_rouge.py). Against that:"
    )
    return "\n\n".join((summaries(points), about, "\n".join(lines)))


def phrasing(points):
    """Accuracy in a trained and in an unseen phrasing, and what the unseen one costs."""
    groups = sorted(grouped(points, "number").items(), key=lambda item: item[0])
    rows = [
        (trained, *(outer([p[key] for p in group], number) for key in ("seen", "unseen")), cost(group))
        for (trained,), group in groups
    ]
    words = [
        f"{cost(group)} after {trained} trained (" + in_seeds([p["cost"] for p in group], "a cost", "a gain") + ")"
        for (trained,), group in groups
    ]
    few, many = ({p["seed"]: p["cost"][0] for p in group} for _key, group in (groups[0], groups[-1]))
    more = spread([few[seed] - many[seed] for seed in few if seed in many], signed)
    shown = table(("phrasings trained", "trained phrasing", "unseen phrasing", "cost, paired"), rows)
    return (
        f"{shown}\n\nAn unseen phrasing costs {'; '.join(words)}. After the fewest it costs {more} more than after the "
        "most (lowest, highest seed)."
    )


def cost(group):
    """Trained minus unseen phrasing with the seeds' paired intervals."""
    return outer([p["cost"] for p in group])


TITLES = {
    "summaries": "Summaries of the shipped test dialogues, by training dialogues (full fine-tuning)",
    "dialogsum": "Summaries of the real DialogSum's 500 test dialogues, mean of 3 references (full fine-tuning)",
    "curve": "A new task, sentiment of reviews, by training reviews, and what it costs the old tasks",
    "ways": f"The ways out, with {phenomena.EXAMPLES} reviews. Rates are chosen on the new task's validation records alone, from "
    f"{len(phenomena.AXES['ways']['factor'])} for "
    "each way: the gentlest that reaches what every way can reach. Then the ways are compared at the very same gain",
    "phrasing": "A phrasing that was never trained",
}
SECTIONS = {
    "summaries": summaries,
    "dialogsum": dialogsum,
    "curve": losses.curve,
    "ways": losses.ways,
    "phrasing": phrasing,
}


def made(part, facts):
    """How a part came about: seeds, seconds, machine, date and command."""
    command = "DIALOGSUM_DIR=<folder> " * (part == "dialogsum") + facts["command"]
    seeds, spent = ", ".join(map(str, facts["seeds"])), f"{facts['core_seconds']:,.0f} core-seconds"
    return f"Seeds {seeds}; {spent} on {facts['machine']}, {facts['date']}: `{command}`."


def section(part, facts):
    """A part in full, or how far its measurement is."""
    lacking, total = missing(part, facts)
    if lacking:
        return (
            f"**{TITLES[part]}.** {total - lacking} of {total} trainings are measured; the figures follow when all are."
        )
    return f"**{TITLES[part]}.**\n\n{SECTIONS[part](facts['points'])}\n\n{made(part, facts)}"


def text(folder, weights):
    """All parts; a sentence where nothing was measured on these weights and these data."""
    parts = [section(part, facts) for part, facts in measured(folder, weights).items()]
    return "\n\n".join(parts) or "Not yet measured on these weights and data."


def folder_card(folder, weights):
    """The card of the folder that the parts lie in: what each file holds and how it was made."""
    found = measured(folder, weights)
    rows = [
        (f"`{part}.json`", TITLES[part].split(".")[0], len(facts["points"]), missing(part, facts)[1], made(part, facts))
        for part, facts in found.items()
    ]
    about = (
        "One plain record a training, measured from `../pocket-t5/instruct` by `python -m makers.pocket phenomena` and "
        "read by lab 06; [the model's card](../pocket-t5/README.md) shows them with intervals and verdicts. Rates are "
        "chosen on validation records; test records are only reported."
    )
    shown = table(("file", "what", "trainings", "of", "how"), rows)
    return f"# Trainings behind what the labs show\n\n{about}\n\n{shown}\n\nLicence: CC BY 4.0 (`data/LICENSE`).\n"
