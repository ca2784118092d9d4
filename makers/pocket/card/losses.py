"""The card on learning and forgetting: a new task's curve, what it costs the old tasks, and the ways out."""

from collections.abc import Collection, Hashable, Mapping, Sequence

import numpy as np

from labutils.evaluation import tradeoffs
from makers.pocket.card import frontier
from makers.pocket.card.findings import Points, chosen_rates, count_of_seeds, group_by, in_seeds
from makers.pocket.card.tables import Interval, listed, number, outer, signed, spread, table

NOT_RIGHT = ("new task's", "invalid", "wrong")  # kinds of answers that are not right
ANSWERS = "of all answers: the new task's"


def forgetting_intervals(group: Points) -> list[Interval]:
    """Return [forgetting, low, high] of each seed."""
    return [(point["forgetting"], *point["forgetting_interval"]) for point in group]


def mean_forgetting(group: Points) -> str:
    """Return the mean forgetting of the old tasks with the seeds' paired intervals."""
    return outer(forgetting_intervals(group))


def answer_shares(group: Points, names: Collection[str]) -> list[float]:
    """Return the shares of the new task's, invalid and wrong answers to old tasks, means over names and seeds."""
    return [float(np.mean([p["kinds"][name][kind] for p in group for name in names])) for kind in NOT_RIGHT]


def losses_table(groups: Mapping[tuple, Points], *head: str) -> str:
    """Return a table of each old task before and after, and what its answers are then.

    Args:
        groups: {what the columns ``head`` name: points}.
    """
    rows = []
    for key, group in groups.items():
        for name in group[0]["kinds"]:
            losses = [point["before"][name] - point["after"][name] for point in group]
            after = float(np.mean([point["after"][name] for point in group]))
            scores = number(group[0]["before"][name]), number(after), spread(losses, signed)
            rows.append((*key, name, *scores, *map(number, answer_shares(group, [name]))))
    return table((*head, "old task", "before", "after", "lost (lowest, highest seed)", ANSWERS, *NOT_RIGHT[1:]), rows)


# --- from 50 to 1,000 opinions --------------------------------------------------------------------------------------
def curve_table(points: Points) -> str:
    """Return a table of the accuracy on the new task by method and examples, and the old tasks' mean loss."""
    rows = [
        (
            method,
            f"{size:,}",
            f"{group[0]['learning_rate']:.2g}",
            outer([p["interval"] for p in group], number),
            outer([p["over_majority"] for p in group]),
            outer([p["likelihood_interval"] for p in group], number),
            mean_forgetting(group),
        )
        for (method, size), group in group_by(points, "method", "examples").items()
    ]
    majority = f"over the majority answer ({number(points[0]['majority'])})"
    return table(("method", "opinions", "rate", "generated", majority, "by likelihood", "old tasks lose (mean)"), rows)


def curve_words(points: Points) -> str:
    """Return from which size on a method beats the majority answer with every seed, and its largest training's cost."""
    lines = []
    for (method,), of_method in group_by(points, "method").items():
        groups = {size: group for (size,), group in sorted(group_by(of_method, "examples").items())}
        first = lasting_size({size: all(p["over_majority"][1] > 0 for p in group) for size, group in groups.items()})
        size, group = max(groups.items())
        start = "at no size from which it stays so" if first is None else f"from {first:,} opinions on"
        above = sum(p["likelihood_interval"][1] > p["majority"] for p in group)
        new, invalid, wrong = answer_shares(group, group[0]["kinds"])
        lines.append(
            f"- {method}: generated answers beat the majority answer with every seed {start} (paired). By likelihood "
            f"after {size:,} the interval lies above the majority's score in {count_of_seeds(above, len(group))}. "
            f"Then the old tasks lose {mean_forgetting(group)} on average "
            f"({in_seeds(forgetting_intervals(group), 'a loss', 'a gain')}); of all answers to them {new:.0%} are the "
            f"new task's, {invalid:.0%} invalid, {wrong:.0%} wrong."
        )
    return "\n".join(lines)


def lasting_size(better: Mapping[int, bool]) -> int | None:
    """Return the first size from which on all are better, or None; ``better``: {size: whether it is}, ascending."""
    first = None
    for size, is_better in better.items():
        first = (size if first is None else first) if is_better else None
    return first


def curve(points: Points) -> str:
    """Return the curve's table, sentences and losses."""
    groups = {(method, f"{size:,}"): group for (method, size), group in group_by(points, "method", "examples").items()}
    return "\n\n".join((curve_table(points), curve_words(points), losses_table(groups, "method", "opinions")))


# --- the ways out --------------------------------------------------------------------------------------------------
def ways_table(points: Points) -> str:
    """Return a table of every way at every rate; the rate that validation chose and what no other beats are marked."""
    rates, best = chosen_rates(points), frontier.unbeaten(points)
    rows = [
        (
            way,
            f"{rate:.2g}" + (" (chosen)" if rates[way] == rate else ""),
            spread([p["validation"] for p in group]),
            outer([(p["gain"], *p["gain_interval"]) for p in group]),
            mean_forgetting(group),
            *map(number, answer_shares(group, group[0]["kinds"])),
            "yes" if (way, rate) in best else "",
        )
        for (way, rate), group in group_by(points, "way", "learning_rate").items()
    ]
    head = "way", "rate", "validation (lowest, highest seed)", "gain", "forgetting", ANSWERS, *NOT_RIGHT[1:], "unbeaten"
    return table(head, rows)


def ways_words(points: Points) -> str:
    """Return what each way forgets at the largest gain that all reach with every seed, seed by seed; the frontier."""
    curves: dict[Hashable, list[tuple[float, float]]] = {
        key: [(p["gain"], p["forgetting"]) for p in sorted(group, key=lambda p: p["learning_rate"])]
        for key, group in group_by(points, "way", "seed").items()
    }
    gain, forgetting = tradeoffs.at_common_gain(curves)
    by_way: dict[str, dict[int, float]] = {}
    for (way, seed), value in forgetting.items():
        by_way.setdefault(way, {})[seed] = value
    lines = [
        f"- At a gain of {signed(gain)}, the largest that every way reaches with every seed, read off straight lines "
        "between the rates of a way:"
    ]
    for way, values in by_way.items():
        more = [value - by_way["full"][seed] for seed, value in values.items() if seed in by_way["full"]]
        verdict = f"; {against_full(more)}" if way != "full" and more else ""
        lines.append(f"  - {way} forgets {spread(list(values.values()), signed)} (lowest, highest seed){verdict}.")
    best = listed(f"{way} at {rate:.2g}" for way, rate in frontier.unbeaten(points))
    return "\n".join([*lines, f"- Beaten by no other training in both mean gain and mean forgetting: {best}."])


def against_full(more: Sequence[float]) -> str:
    """Return in words how much more than full fine-tuning a way forgets; ``more``: one number a seed."""
    if min(more) <= 0 <= max(more):
        return f"not settled ({spread(more, signed)})"
    side = "more" if min(more) > 0 else "less"
    return f"{side} than full fine-tuning with every seed ({spread(more, signed)})"


def ways(points: Points) -> str:
    """Return the ways' table, sentences, picture, and what each old task loses at the chosen rates."""
    rates = chosen_rates(points)
    groups = {
        (way, f"{rate:.2g}"): group
        for (way, rate), group in group_by(points, "way", "learning_rate").items()
        if rates[way] == rate
    }
    picture = f"![{frontier.alt_text(points)}]({frontier.PICTURE})"
    return "\n\n".join((ways_table(points), ways_words(points), picture, losses_table(groups, "way", "chosen rate")))
