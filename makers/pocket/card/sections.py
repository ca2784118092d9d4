"""The card on what the labs show: of each part of phenomena.py a table, sentences with the verdict, and the command."""

from collections.abc import Callable
from pathlib import Path

from makers.pocket.card import losses, many
from makers.pocket.card.findings import Facts, Points, count_of_seeds, current_parts, group_by, in_seeds, progress
from makers.pocket.card.tables import number, outer, signed, spread, table
from makers.pocket.measure import experiments, multitask, phenomena

# Zero-shot outputs of FLAN-T5-base on the same 500 test dialogues, published with the AWS / DeepLearning.AI course
# (flan_t5_base_course.csv in ANCHORS_DIR); tests/test_rouge.py scores them by the same protocol.
FLAN_ZERO_SHOT = 0.2333


def summaries_table(points: Points) -> str:
    """Return a table of ROUGE-1 by training dialogues, against the first three turns and the constant sentence."""
    rows = [
        (
            f"{size:,}",
            outer([p["interval"] for p in group], number),
            number(group[0]["lead"]),
            outer([p["over_lead"] for p in group]),
            in_seeds([p["over_lead"] for p in group], "above", "below"),
            number(group[0]["constant"]),
            outer([p["over_constant"] for p in group]),
            outer([p["fit"] for p in group]),
        )
        for (size,), group in group_by(points, "rows").items()
    ]
    head = (
        "dialogues",
        "ROUGE-1",
        "LEAD-3",
        "over LEAD-3, paired",
        "by its interval",
        "constant",
        "over constant, paired",
    )
    return table((*head, "ROUGE-2 with its own references over another dialogue's of the topic, paired"), rows)


def summaries_words(points: Points) -> str:
    """Return where the largest training stands against LEAD-3."""
    (size,), group = max(group_by(points, "rows").items(), key=lambda item: item[0])
    differences = [p["over_lead"] for p in group]
    verdict = in_seeds(differences, "above it", "below it")
    before = outer([p["before"] for p in group], number)
    return f"Before any: {before}. After {size:,} dialogues: {outer(differences)} against LEAD-3: {verdict}."


def summaries(points: Points) -> str:
    """Return table and sentence on the shipped dialogues."""
    return f"{summaries_table(points)}\n\n{summaries_words(points)}"


def dialogsum(points: Points) -> str:
    """Return the same on DialogSum, and where each size stands against zero-shot FLAN-T5-base."""
    lines = []
    for (size,), group in group_by(points, "rows").items():
        above = sum(p["interval"][1] > FLAN_ZERO_SHOT for p in group)
        lines.append(
            f"- {size:,} dialogues: {spread([p['score'] for p in group])} (lowest, highest seed), the interval above "
            f"{FLAN_ZERO_SHOT} in {count_of_seeds(above, len(group))}"
        )
    about = (
        f"Zero-shot FLAN-T5-base has {FLAN_ZERO_SHOT} there by the same protocol (its published outputs, "
        "`flan_t5_base_course.csv`; tests/test_rouge.py). Against that:"
    )
    return "\n\n".join((summaries(points), about, "\n".join(lines)))


def walk(points: Points) -> str:
    """Return what each share of the way from before to after keeps and costs."""
    rows = [
        (
            f"{share:g}",
            outer([[p["gain"], *p["gain_interval"]] for p in group]),
            outer([[p["forgetting"], *p["forgetting_interval"]] for p in group]),
            spread([p["validation"] for p in group]),
            spread([p["validation_old"] for p in group]),
        )
        for (share,), group in group_by(points, "share").items()
    ]
    head = (
        "share of the way",
        "gain on the new task",
        "mean forgetting",
        "validation, new task",
        "validation, old tasks",
    )
    return table(head, rows)


def phrasing(points: Points) -> str:
    """Return the accuracy in a trained and in an unseen phrasing, and what the unseen one costs."""
    groups = [(count, group) for (count,), group in sorted(group_by(points, "number").items())]
    rows = [
        (count, *(outer([p[key] for p in group], number) for key in ("seen", "unseen")), cost(group))
        for count, group in groups
    ]
    words = [
        f"{cost(group)} after {count} trained ({in_seeds([p['cost'] for p in group], 'a cost', 'a gain')})"
        for count, group in groups
    ]
    few, many = ({p["seed"]: p["cost"][0] for p in group} for _count, group in (groups[0], groups[-1]))
    more = spread([few[seed] - many[seed] for seed in few if seed in many], signed)
    costs = table(("phrasings trained", "trained phrasing", "unseen phrasing", "cost, paired"), rows)
    return (
        f"{costs}\n\nAn unseen phrasing costs {'; '.join(words)}. After the fewest it costs {more} more than after the "
        "most (lowest, highest seed)."
    )


def cost(group: Points) -> str:
    """Return trained minus unseen phrasing with the seeds' paired intervals."""
    return outer([p["cost"] for p in group])


TITLES = {
    "summaries": "Summaries of the shipped test dialogues, by training dialogues (full fine-tuning)",
    "dialogsum": "Summaries of the real DialogSum's 500 test dialogues, mean of 3 references (full fine-tuning)",
    "dialogsum_all": "The same after all of DialogSum's training dialogues",
    "curve": "A new task, opinions, by training records, and what it costs the old tasks",
    "ways": (
        f"The ways out, with {experiments.EXAMPLES} opinions. Rates are chosen on the new task's validation records "
        f"alone, from {len(phenomena.AXES['ways']['factor'])} for each way: the gentlest that reaches what every way "
        "can reach. Then the ways are compared at the very same gain"
    ),
    "walk": f"The weights between before and after a full training on {experiments.EXAMPLES} opinions",
    "phrasing": "A phrasing that was never trained",
    "tasks": f"One task and four, trained from the base model, and {experiments.NEW}, a task that was held out",
    "mixing": f"Three tasks of unequal size ({multitask.SIZES}), {multitask.MIXED} rows in all, from the base model",
    "support": "Notes on support chats after a first training on everyday dialogues, and after a second one",
    "reading": "A firm's questions by retrieval, by heart, and by a trained reader with retrieval",
    "service": "A firm's facts by heart, with refusals and planted secrets",
    "faults": "The exact fault of a symptom",
    "labels": "Few right labels against twice as many with a fifth wrong",
}
SECTIONS: dict[str, Callable[[Points], str]] = {
    "summaries": summaries,
    "dialogsum": dialogsum,
    "dialogsum_all": dialogsum,
    "curve": losses.curve,
    "ways": losses.ways,
    "walk": walk,
    "phrasing": phrasing,
    "tasks": many.tasks,
    "mixing": many.mixing,
    "support": many.support,
}


def provenance(part: str, facts: Facts) -> str:
    """Return how a part came about: seeds, seconds, machine, date and command."""
    command = "DIALOGSUM_DIR=<folder> " * part.startswith("dialogsum") + facts["command"]
    seeds, seconds = ", ".join(map(str, facts["seeds"])), f"{facts['core_seconds']:,.0f} core-seconds"
    return f"Seeds {seeds}; {seconds} on {facts['machine']}, {facts['date']}: `{command}`."


def section(part: str, facts: Facts) -> str:
    """Return a part in full, or how far its measurement is."""
    count, total = progress(part, facts)
    if count < total:
        return f"**{TITLES[part]}.** {count} of {total} trainings are measured; the figures follow when all are."
    return f"**{TITLES[part]}.**\n\n{SECTIONS[part](facts['points'])}\n\n{provenance(part, facts)}"


def text(folder: Path, weights: str) -> str:
    """Return all parts; a sentence where nothing was measured on these weights and these data."""
    parts = [section(part, facts) for part, facts in current_parts(folder, weights).items() if part in SECTIONS]
    return "\n\n".join(parts) or "Not yet measured on these weights and data."


def folder_card(folder: Path, weights: str) -> str:
    """Return the card of the folder that the parts lie in: what each file holds and how it was made."""
    rows = []
    for part, facts in current_parts(folder, weights).items():
        total = progress(part, facts)[1]
        title = TITLES[part].split(".")[0]
        rows.append((f"`{part}.json`", title, len(facts["points"]), total, provenance(part, facts)))
    about = (
        "One plain record a training, measured from `../pocket-t5/instruct` by `python -m makers.pocket phenomena` "
        "(`tasks` and `mixing` from `../pocket-t5/base`), read by the labs; [the model's card](../pocket-t5/README.md) shows them with intervals and verdicts. Rates are "
        "chosen on validation records; test records are only reported."
    )
    files = table(("file", "what", "trainings", "of", "how"), rows)
    return f"# Trainings behind what the labs show\n\n{about}\n\n{files}\n\nLicence: CC BY 4.0 (`data/LICENSE`).\n"
