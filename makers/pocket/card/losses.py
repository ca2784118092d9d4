"""The card on learning and forgetting: a new task's curve, what it costs the old tasks, and the ways out."""

import numpy as np

from labutils.evaluation import tradeoffs
from makers.pocket.card import frontier
from makers.pocket.card.findings import chosen, grouped, in_seeds, seeds
from makers.pocket.card.tables import listed, number, outer, signed, spread, table

LOST = ("new task's", "invalid", "wrong")  # kinds of answers that are not right
ANSWERS = "of all answers: the new task's"


def lost(group):
    """Mean forgetting of the old tasks with the seeds' paired intervals."""
    return outer([(p["forgetting"], *p["forgetting_interval"]) for p in group])


def kinds(group, names):
    """Share of the new task's, invalid and wrong answers to old tasks, means over the names and the seeds."""
    return [float(np.mean([p["kinds"][name][kind] for p in group for name in names])) for kind in LOST]


def losses_table(groups, *head):
    """Each old task before and after, and what its answers are then; groups: {what the head names: points}."""
    rows = [
        (
            *key,
            name,
            number(group[0]["before"][name]),
            number(np.mean([p["after"][name] for p in group])),
            spread([p["before"][name] - p["after"][name] for p in group], signed),
            *map(number, kinds(group, [name])),
        )
        for key, group in groups.items()
        for name in group[0]["kinds"]
    ]
    return table((*head, "old task", "before", "after", "lost (lowest, highest seed)", ANSWERS, *LOST[1:]), rows)


# --- from 50 to 1,000 reviews --------------------------------------------------------------------------------------
def curve_table(points):
    """Accuracy on the new task by method and examples, and what the old tasks lose on average."""
    rows = [
        (
            method,
            f"{size:,}",
            f"{group[0]['learning_rate']:.2g}",
            outer([p["interval"] for p in group], number),
            outer([p["over_majority"] for p in group]),
            outer([p["likelihood_interval"] for p in group], number),
            lost(group),
        )
        for (method, size), group in grouped(points, "method", "examples").items()
    ]
    majority = f"over the majority answer ({number(points[0]['majority'])})"
    return table(("method", "reviews", "rate", "generated", majority, "by likelihood", "old tasks lose (mean)"), rows)


def curve_words(points):
    """From which size on a method beats the majority answer with every seed, and what its largest training costs."""
    lines = []
    for (method,), own in grouped(points, "method").items():
        sizes = sorted(grouped(own, "examples").items())
        sure = [size for (size,), group in sizes if all(p["over_majority"][1] > 0 for p in group)]
        lasting = [size for (size,), _group in sizes if all(other in sure for (other,), _g in sizes if other >= size)]
        (largest,), group = sizes[-1]
        says = f"from {lasting[0]:,} reviews on" if lasting else "at no size from which it stays so"
        above = sum(p["likelihood_interval"][1] > p["majority"] for p in group)
        new, invalid, wrong = kinds(group, group[0]["kinds"])
        lines.append(
            f"- {method}: generated answers beat the majority answer with every seed {says} (paired). By likelihood after "
            f"{largest:,} the interval lies above the majority's score in {seeds(above, len(group))}. Then the old tasks lose "
            f"{lost(group)} on average ({in_seeds(bounds(group), 'a loss', 'a gain')}); of all answers to them "
            f"{new:.0%} are the new task's, {invalid:.0%} invalid, {wrong:.0%} wrong."
        )
    return "\n".join(lines)


def bounds(group):
    """[forgetting, low, high] of each seed."""
    return [(p["forgetting"], *p["forgetting_interval"]) for p in group]


def curve(points):
    """The curve's table, sentences and losses."""
    groups = {(method, f"{size:,}"): group for (method, size), group in grouped(points, "method", "examples").items()}
    return "\n\n".join((curve_table(points), curve_words(points), losses_table(groups, "method", "reviews")))


# --- the ways out --------------------------------------------------------------------------------------------------
def ways_table(points):
    """Every way at every rate; the rate that validation chose and what no other beats are marked."""
    picked, best = chosen(points), frontier.unbeaten(points)
    rows = [
        (
            way,
            f"{rate:.2g}" + (" (chosen)" if picked[way] == rate else ""),
            spread([p["validation"] for p in group]),
            outer([(p["gain"], *p["gain_interval"]) for p in group]),
            lost(group),
            *map(number, kinds(group, group[0]["kinds"])),
            "yes" if (way, rate) in best else "",
        )
        for (way, rate), group in grouped(points, "way", "learning_rate").items()
    ]
    head = ("way", "rate", "validation (lowest, highest seed)", "gain", "forgetting", ANSWERS, *LOST[1:], "unbeaten")
    return table(head, rows)


def ways_words(points):
    """At the largest gain that every way reaches with every seed: what each forgets, seed by seed; then the frontier."""
    curves = {
        key: [(p["gain"], p["forgetting"]) for p in sorted(group, key=lambda p: p["learning_rate"])]
        for key, group in grouped(points, "way", "seed").items()
    }
    gain, found = tradeoffs.at_common_gain(curves)
    read = {way: {seed: value for (other, seed), value in found.items() if other == way} for way, _seed in found}
    lines = [
        f"- At a gain of {signed(gain)}, the largest that every way reaches with every seed, read off straight lines "
        "between the rates of a way:"
    ]
    for way, values in read.items():
        more = [value - read["full"][seed] for seed, value in values.items() if seed in read["full"]]
        verdict = f"; {against_full(more)}" if way != "full" and more else ""
        lines.append(f"  - {way} forgets {spread(list(values.values()), signed)} (lowest, highest seed){verdict}.")
    best = listed(f"{way} at {rate:.2g}" for way, rate in frontier.unbeaten(points))
    return "\n".join([*lines, f"- Beaten by no other training in both mean gain and mean forgetting: {best}."])


def against_full(more):
    """How much more than full fine-tuning a way forgets, one number a seed, in words."""
    says = "more than full fine-tuning" if min(more) > 0 else "less than full fine-tuning"
    same = min(more) > 0 or max(more) < 0
    return f"{says} with every seed ({spread(more, signed)})" if same else f"not settled ({spread(more, signed)})"


def ways(points):
    """The ways' table, sentences, picture, and what each old task loses at the chosen rates."""
    picked = chosen(points)
    groups = {
        (way, f"{rate:.2g}"): group
        for (way, rate), group in grouped(points, "way", "learning_rate").items()
        if picked[way] == rate
    }
    picture = f"![{frontier.described(points)}]({frontier.PICTURE})"
    return "\n\n".join((ways_table(points), ways_words(points), picture, losses_table(groups, "way", "chosen rate")))
