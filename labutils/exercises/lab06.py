"""Exercises of lab 06: forgetting, kinds of wrong answers, weights between two models, rehearsal rows, the frontier."""

import torch

from labutils.exercises.core import Exercise, Mistake
from labutils.i18n import _


# --- 1: forgetting --------------------------------------------------------------------------------------------------
def mean_forgetting(before, after):
    """Return the mean forgetting of the tasks; before and after: task -> list of values (0 to 1), one a record."""
    lost = []
    for task in before:
        score_before = sum(before[task]) / len(before[task])
        score_after = sum(after[task]) / len(after[task])
        lost.append(score_before - score_after)
    return sum(lost) / len(lost)


def _scores(rng):
    def values(n, share):
        return [float(rng.random() < share) for i in range(n)]

    cases = []
    for k in range(6):
        sizes = {name: rng.randint(5, 40) for name in ("entities", "intent", "topic")[: 2 + k % 2]}
        before = {name: [1.0, *values(n, rng.uniform(0.4, 0.9))] for name, n in sizes.items()}
        cases.append((before, {name: values(len(row), rng.uniform(0, 0.6)) for name, row in before.items()}))
    fixed = {"topic": [0.0, 1.0, 0.0], "intent": [1.0, 1.0]}, {"topic": [1.0, 1.0, 0.0], "intent": [0.0, 1.0]}
    return [*cases, fixed]


def _mean(values):
    return sum(values) / len(values)


def _over_tasks(loss):
    def wrong(before, after):
        return _mean([loss(_mean(before[task]), _mean(after[task])) for task in before])

    return wrong


def _pooled(before, after):
    return _mean([v for row in before.values() for v in row]) - _mean([v for row in after.values() for v in row])


q1 = Exercise(
    reference=mean_forgetting,
    inputs=_scores,
    mistakes=[
        Mistake(
            "sign",
            _("you subtracted before from after; forgetting is before - after, so that what was lost is positive"),
            _over_tasks(lambda before, after: after - before),
        ),
        Mistake(
            "pooled", _("you pooled all records, so that the largest task decides; each task weighs the same"), _pooled
        ),
        Mistake(
            "clipped",
            _("you counted a task that became better as 0; it has negative forgetting and belongs to the mean"),
            _over_tasks(lambda before, after: max(0.0, before - after)),
        ),
    ],
    hints=[
        _("two means are needed: over the records of a task, then over the tasks"),
        _("for one task: `sum(before[task]) / len(before[task])` minus the same of `after`"),
        _("a task that gained has negative forgetting; leave it as it is"),
    ],
    difficulty=1,
    minutes=5,
)


# --- 2: what kind of answer -----------------------------------------------------------------------------------------
def kind_of_answer(said, right, labels, new_labels):
    """Return "right", "new task's", "invalid" or "wrong": what an old task's answer is; case does not count."""
    said = said.lower()
    if said == right:
        return "right"
    if said in labels:
        return "wrong"
    if said in new_labels:
        return "new task's"
    return "invalid"


_OLD, _NEW = ["food", "money", "music", "neutral"], ["negative", "neutral", "positive"]


def _said(rng):
    pool = ["", "the food", *"food Food MONEY music positive Negative neutral Neutral positively".split()]
    cases = [(said, rng.choice(_OLD), _OLD, _NEW) for said in pool for _k in range(3)]
    return [*cases, ("neutral", "neutral", _OLD, _NEW), ("Music", "music", _OLD, _NEW)]


def _sorted_by(lower=str.lower, new_first=False, other="invalid"):
    def wrong(said, right, labels, new_labels):
        said = lower(said)
        if said == right:
            return "right"
        old, new = said in labels, said in new_labels
        order = [("new task's", new), ("wrong", old)] if new_first else [("wrong", old), ("new task's", new)]
        return next((kind for kind, yes in order if yes), other)

    return wrong


q2 = Exercise(
    reference=kind_of_answer,
    inputs=_said,
    mistakes=[
        Mistake(
            "new_first",
            _("a label that both tasks know is a valid answer of the old task: ask for `labels` first"),
            _sorted_by(new_first=True),
        ),
        Mistake(
            "case",
            _('"Food" is the answer "food"; make the answer lower case before you compare it'),
            _sorted_by(lower=str),
        ),
        Mistake(
            "all_wrong",
            _('an answer that is no label of either task is "invalid"; "wrong" is another label of the old task'),
            _sorted_by(other="wrong"),
        ),
    ],
    hints=[
        _("four cases, each with its own `return`; the order in which you ask matters"),
        _("right? else a label of the old task? else one of the new task's? else none at all"),
    ],
    difficulty=1,
    minutes=6,
)


# --- 3: between two models ------------------------------------------------------------------------------------------
def between(before, after, share):
    """Return the weights at `share` of the way from before (0) to after (1); both: name -> tensor."""
    return {name: (1 - share) * before[name] + share * after[name] for name in before}


def _states(rng):
    generator = torch.Generator().manual_seed(rng.randrange(10**6))

    def state():
        return {name: torch.randn(3, 2, generator=generator) for name in ("encoder", "decoder")}

    return [(state(), state(), share) for share in (0.0, 0.25, 0.4, 0.8, 1.0)]


def _mixed(weights):
    def wrong(before, after, share):
        a, b = weights(share)
        return {name: a * before[name] + b * after[name] for name in before}

    return wrong


q3 = Exercise(
    reference=between,
    inputs=_states,
    mistakes=[
        Mistake(
            "turned_round",
            _("you went from after to before: share 0 must give the weights before, share 1 those after"),
            _mixed(lambda share: (share, 1 - share)),
        ),
        Mistake(
            "added",
            _("you added to all of the weights before; take the same part of those away"),
            _mixed(lambda share: (1, share)),
        ),
    ],
    hints=[
        _("one new tensor a name: `{name: ... for name in before}`"),
        _("the two weights of the mean add up to 1: `1 - share` and `share`"),
    ],
    difficulty=1,
    minutes=4,
)


# --- 4: rows for a rehearsal ----------------------------------------------------------------------------------------
def rehearsal_rows(new, old_tasks, share):
    """Return how many rows each old task gives (whole numbers, the first ones get what is left over)."""
    old = round(new * share / (1 - share))
    return [old // old_tasks + (i < old % old_tasks) for i in range(old_tasks)]


def _mixtures(rng):  # shares whose number of rows never ends in .5, where roundings part
    fixed = [(120, 3, 0.25), (100, 4, 0.5), (128, 3, 0.75), (250, 3, 0.1), (10, 3, 0.5)]
    return [*fixed, *((rng.randint(20, 500), rng.randint(2, 6), rng.choice((0.1, 0.3, 0.7))) for k in range(5))]


def _even(total, parts):
    return [total // parts + (i < total % parts) for i in range(parts)]


q4 = Exercise(
    reference=rehearsal_rows,
    inputs=_mixtures,
    mistakes=[
        Mistake(
            "share_of_new",
            _("you took the share of the *new* rows; it is a share of all rows: old / (new + old)"),
            lambda new, old_tasks, share: _even(round(new * share), old_tasks),
        ),
        Mistake(
            "each_task_all",
            _("you gave each old task the whole number; they share it evenly"),
            lambda new, old_tasks, share: [round(new * share / (1 - share))] * old_tasks,
        ),
        Mistake(
            "rest_dropped",
            _("you dropped the rest of the division; what is left over goes to the first tasks, one each"),
            lambda new, old_tasks, share: [round(new * share / (1 - share)) // old_tasks] * old_tasks,
        ),
    ],
    hints=[
        _("call the old rows x: x / (new + x) = share. Solve for x"),
        _("x = new * share / (1 - share), rounded with `round`"),
        _("`x // old_tasks` for each, and one more for the first `x % old_tasks` of them"),
    ],
    difficulty=2,
    minutes=8,
)


# --- 5: the frontier ------------------------------------------------------------------------------------------------
def unbeaten(points):
    """Return the points (gain, forgetting) that no other beats, in their order."""
    return [
        (gain, lost)
        for gain, lost in points
        if not any(g >= gain and f <= lost and (g, f) != (gain, lost) for g, f in points)
    ]


def _points(rng):
    drawn = [([(rng.randint(0, 8) / 10, rng.randint(-1, 8) / 10) for k in range(rng.randint(3, 8))],) for i in range(6)]
    return [*drawn, ([(0.5, 0.1), (0.5, 0.3), (0.8, 0.4), (0.2, 0.1), (0.8, 0.4)],)]


def _kept(beats):
    def wrong(points):
        return [p for p in points if not any(beats(q, p) for q in points)]

    return wrong


q5 = Exercise(
    reference=unbeaten,
    inputs=_points,
    mistakes=[
        Mistake(
            "both_strictly",
            _("with equal gain and less forgetting a point is beaten, too; it need not be better in both"),
            _kept(lambda q, p: q[0] > p[0] and q[1] < p[1]),
        ),
        Mistake(
            "either",
            _("you threw a point out when another was better in *one*; it must be no worse in both"),
            _kept(lambda q, p: q[0] > p[0] or q[1] < p[1]),
        ),
        Mistake(
            "most_gain",
            _("you kept the most gain alone; a point with less gain stays if it forgets less"),
            _kept(lambda q, p: q[0] > p[0]),
        ),
    ],
    hints=[
        _("a point stays if there is no other that beats it: `if not any(... for other in points)`"),
        _("beats: gain `>=` and forgetting `<=`, and not the same point"),
    ],
    difficulty=2,
    minutes=8,
)
