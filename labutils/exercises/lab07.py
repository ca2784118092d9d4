"""Exercises of lab 07: a phrasing of one's own, the shares of a mixture, and two fair comparisons."""

import math
from collections.abc import Callable

from labutils.errors import LabError
from labutils.evaluation import wilson
from labutils.exercises.core import Check, Exercise, Mistake
from labutils.exercises.kinds import Challenge, Choice
from labutils.i18n import _

# --- 1: a phrasing of one's own -------------------------------------------------------------------------------------
FIELDS = ("{{ product }}", "{{ text }}")
RECORDS = 40  # that lab 07 puts a phrasing to, where the notebook does not say how many
Measure = Callable[[str], tuple[float, float]]


def _judge_phrasing(answer: str, trained: list[str], needed: float, measure: Measure, records: int = RECORDS) -> Check:
    """Judge a phrasing by its form, then by ``measure``: phrasing -> (accuracy after one, accuracy after many).

    ``needed`` is met by luck, too: of 63 phrasings put to the models of three seeds 36 met it on 40 records, and 8 of
    these had no gap on the other 60. So a gap whose interval holds 0 is called what it may be.
    """
    if not isinstance(answer, str):
        return Check("no_text", _("a phrasing is one text, between quotes"))
    missing = [field for field in FIELDS if field not in answer]
    if missing:
        text = _("your phrasing lacks {fields}: there the product and what was said about it are put in")
        return Check("field_missing", text.format(fields=_(" and ").join(missing)))
    if any(_words(answer) == _words(other) for other in trained):
        return Check("not_new", _("these are the words of a phrasing that the lab has already; write one of your own"))
    try:
        one, many = measure(answer)
    except LabError as error:
        return Check("template", str(error))
    text = _("after one phrasing {one:.0%} right, after many {many:.0%}")
    figures = text.format(one=one, many=many)
    if many - one < needed - 1e-9:
        text = _("not yet: {figures}; {needed:.0%} more are asked for")
        return Check("too_near", text.format(figures=figures, needed=needed))
    low, high = _gap(one, many, records)
    if low <= 0:
        text = _(
            "{figures}. With {records} records the interval of this gap, [{low:+.2f}, {high:+.2f}], holds 0: it may be luck"
        )
        return Check("passed", text.format(figures=figures, records=records, low=low, high=high))
    return Check("passed", figures)


def _gap(one: float, many: float, records: int) -> tuple[float, float]:
    """Return the interval of many minus one (Newcombe 1998): that of two sets of records, wider than that of pairs."""
    (low_one, high_one), (low_many, high_many) = (wilson(round(share * records), records) for share in (one, many))
    low = many - one - math.hypot(many - low_many, high_one - one)
    return low, many - one + math.hypot(high_many - many, one - low_one)


def _words(text: str) -> list[str]:
    return text.lower().split()


q1 = Challenge(
    name="phrasing",
    judge=_judge_phrasing,
    example="max(ideas, key=lambda idea: asked_so(idea)[1] - asked_so(idea)[0])  # of five, the one that divides them most",
    hints=[
        _("go far away from the trained phrasing: another order, another verb, no question mark, a form to fill in"),
        _(
            "the trained phrasing offers both answers; leave `positive` and `negative` away: which model still says them?"
        ),
        _("print `ideas`: five phrasings to begin with"),
    ],
    why=_("Users write what they like, so a model must be tested in words that no training held."),
    kind="try",
    difficulty=2,
    minutes=8,
)


# --- 2: how large a share each task gets ----------------------------------------------------------------------------
def mixing_shares(sizes, cap):
    """Return {task: share of the training rows}; no task counts as larger than cap (None: no cap)."""
    counted = {task: size if cap is None else min(size, cap) for task, size in sizes.items()}
    return {task: size / sum(counted.values()) for task, size in counted.items()}


def _sizes(rng):
    cases = [({"a": 3, "b": 1}, None), ({"a": 300, "b": 100}, 100), ({"a": 900, "b": 90, "c": 10}, 100)]
    for cap in (1, 50, 400, None):
        cases.append(({name: rng.randint(1, 1000) for name in ("topic", "intent", "code")}, cap))
    return cases


def _capped_shares(sizes, cap):
    """Cut the shares instead of the sizes: they no longer add up to one."""
    total = sum(sizes.values())
    return {task: (size if cap is None else min(size, cap)) / total for task, size in sizes.items()}


def _raised(sizes, cap):
    counted = {task: size if cap is None else max(size, cap) for task, size in sizes.items()}
    return {task: size / sum(counted.values()) for task, size in counted.items()}


def _left_out(sizes, cap):
    counted = {task: size for task, size in sizes.items() if cap is None or size <= cap}
    return {task: size / sum(counted.values()) for task, size in counted.items()}


q2 = Exercise(
    reference=mixing_shares,
    inputs=_sizes,
    mistakes=[
        Mistake(
            "not_one",
            _("your shares do not add up to one: divide by the sum of the capped sizes, not of all sizes"),
            _capped_shares,
        ),
        Mistake(
            "no_cap",
            _("the cap does nothing: a task larger than `cap` must count as if it had `cap` rows"),
            lambda sizes, cap: mixing_shares(sizes, None),
        ),
        Mistake(
            "raises",
            _("a cap is an upper bound: `min(size, cap)`; `max` makes the small tasks larger than they are"),
            _raised,
        ),
        Mistake(
            "left_out",
            _("a task larger than the cap is not left out; it counts as if it had `cap` rows"),
            _left_out,
        ),
        Mistake(
            "equal",
            _("all tasks get the same share; only a cap of 1 should do that"),
            lambda sizes, cap: dict.fromkeys(sizes, 1 / len(sizes)),
        ),
    ],
    hints=[
        _("two steps: first the size that each task counts with, then that size divided by the sum of them"),
        _("the size that counts: `min(size, cap)`, and the size itself where `cap` is None"),
    ],
    why=_("without a cap the largest data set fills the training, and the small tasks are hardly seen"),
    difficulty=1,
    minutes=6,
)


# --- 3: which sentence follows --------------------------------------------------------------------------------------
q3 = Choice(
    name="unseen",
    question=_(
        "A task that no training held. The majority answer has .50. A model trained on one other task has .10, a model\n"
        "trained on four other tasks .48. The interval of four minus one is [+.25, +.51]. Which sentence follows?"
    ),
    choices={
        "a": _("Four tasks taught the model to solve a task that it never saw."),
        "b": _(
            "Four tasks are better than one here, but not better than an answer without reading: no skill is shown."
        ),
        "c": _("Nothing follows, because .48 lies below .50."),
        "d": _("With forty tasks the model would solve it."),
    },
    right="b",
    diagnoses={
        "a": _("always the same answer has .50. To pick one of two words at random gives about .48, too"),
        "c": _(
            "the difference between the two models is real: its interval lies above 0. It is the skill that is missing"
        ),
        "d": _("that may be, but it was not measured; a line through two points says nothing about a third far away"),
    },
    hints=[
        _("compare twice: the two models with each other, and the better one with the floor"),
        _("what does a model get that has learned to answer with one of the words in the question, and no more?"),
    ],
    why=_("a gain over a weaker model is a skill only where it also lies above the floor"),
)


# --- 4: which comparison is fair ------------------------------------------------------------------------------------
q4 = Choice(
    name="fair",
    question=_(
        "You want to know whether your organisation's 200 chats are worth collecting. After a first training on everyday\n"
        "chats, you train a second time on your 200 and test on other chats of yours. What do you compare with?"
    ),
    choices={
        "a": _("the model before the second training"),
        "b": _("a second training on 200 further everyday chats, with as many steps, on the same test chats"),
        "c": _("the same model on everyday test chats"),
        "d": _("a second training on 2,000 everyday chats"),
    },
    right="b",
    diagnoses={
        "a": _("then any further training could be the reason; perhaps 200 chats of any kind help as much"),
        "c": _("other chats, other notes: the scores of two test sets differ for many reasons"),
        "d": _("then number and kind of the chats differ at once; a draw could mean either"),
    },
    hints=[
        _("change one thing only: what is the thing that you want to know about?"),
        _("the same start, as many chats, as many steps, the same test; only the kind of chat differs"),
    ],
    why=_("a control differs from what it controls in one thing only"),
    kind="choose",
)
