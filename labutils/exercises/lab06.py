"""Exercises of lab 06: kinds of answers, a share by validation, sixty old rows, and which sentence follows."""

from collections.abc import Callable, Mapping

from labutils.exercises.core import Check, Exercise, Mistake
from labutils.exercises.kinds import Challenge, Choice
from labutils.i18n import _


# --- 1: what kind of answer -----------------------------------------------------------------------------------------
def kind_of_answer(said, right, labels, new_labels):
    """Return "right", "voice" (a label of the new task alone) or "wrong"; capitals do not count."""
    said = said.lower()
    if said == right:
        return "right"
    if said in new_labels and said not in labels:
        return "voice"
    return "wrong"


_OLD, _NEW = ["food", "money", "music", "neutral"], ["negative", "neutral", "positive"]


def _said(rng):
    pool = ["", "the food", *"food Food MONEY music positive Negative neutral Neutral positively".split()]
    cases = [(said, rng.choice(_OLD), _OLD, _NEW) for said in pool for _k in range(3)]
    return [*cases, ("neutral", "neutral", _OLD, _NEW), ("neutral", "food", _OLD, _NEW), ("Music", "music", _OLD, _NEW)]


def _sorted_by(lower=str.lower, is_voice=lambda said, labels, new: said in new and said not in labels):
    def wrong(said, right, labels, new_labels):
        said = lower(said)
        return "right" if said == right else "voice" if is_voice(said, labels, new_labels) else "wrong"

    return wrong


q1 = Exercise(
    reference=kind_of_answer,
    inputs=_said,
    mistakes=[
        Mistake(
            "both_know",
            _("a label that both tasks know is an answer of the old task: it is voice only if it is not in `labels`"),
            _sorted_by(is_voice=lambda said, labels, new: said in new),
        ),
        Mistake(
            "case",
            _('"Food" is the answer "food"; make the answer lower case before you compare it'),
            _sorted_by(lower=str),
        ),
        Mistake(
            "no_label_is_voice",
            _('an answer that is no label of either task is "wrong"; "voice" needs a label of the new task'),
            _sorted_by(is_voice=lambda said, labels, new: said not in labels),
        ),
        Mistake(
            "part_of_a_word",
            _('"positively" is not the label "positive"; compare whole answers (`in new_labels`)'),
            _sorted_by(is_voice=lambda said, labels, new: said not in labels and any(label in said for label in new)),
        ),
    ],
    hints=[
        _("three cases, each with its own `return`; make `said` lower case first"),
        _("right? else: a label of the new task that the old task does not know? else wrong"),
    ],
    why=_("a score says how much is wrong; only the kind of the mistake says what happened"),
    minutes=6,
)


# --- 2: how far to go, by validation --------------------------------------------------------------------------------
KEPT = 0.9  # of the gain, or of the old tasks

Points = Mapping[float, tuple[float, float]]


def smallest_share(points: Points) -> float:
    """Return the smallest share that keeps nine tenths of the gain; points: share -> (new task, old tasks)."""
    start, end = points[0.0][0], points[1.0][0]
    return min(share for share, (new, _old) in points.items() if new >= start + KEPT * (end - start) - 1e-9)


def _judge_share(answer: float, points: Points) -> Check:
    if isinstance(answer, str):
        return Check("not_measured", _("not yet: write the share as a number, without quotes"))
    if answer not in points:
        text = _("no point was measured at {answer!r}; the shares are {shares}")
        return Check("not_measured", text.format(answer=answer, shares=", ".join(f"{s:g}" for s in sorted(points))))
    start, end = points[0.0][0], points[1.0][0]
    kept = (points[answer][0] - start) / (end - start) if end > start else 1.0
    best = smallest_share(points)
    if answer < best and kept < KEPT:
        text = _("not yet: at {answer:g} only {kept:.0%} of the gain is kept; nine tenths were asked for")
        return Check("gain_lost", text.format(answer=answer, kept=kept))
    if answer > best:
        text = _("not yet: {best:g} keeps nine tenths of the gain, too, and lies nearer to the old weights")
        return Check("too_far", text.format(best=best))
    return Check("passed", _("share {best:g} keeps {kept:.0%} of the gain").format(best=best, kept=kept))


q2 = Challenge(
    name="share",
    judge=_judge_share,
    example="min(s for s in points if points[s][0] >= points[0][0] + 0.9 * (points[1][0] - points[0][0]))",
    hints=[
        _("move the slider: which shares keep 90 % of the gain or more?"),
        _("of those, take the smallest: it lies nearest to the old weights"),
    ],
    why=_("Who picks the share that looks best on the test records reports luck as skill."),
    kind="choose",
    difficulty=1,
    minutes=4,
)


# --- 3: which sentence follows --------------------------------------------------------------------------------------
q3 = Choice(
    name="follows",
    question=_(
        "Method A: accuracy .58 on the new task, the old tasks lost .56. Method B: accuracy .42, the old tasks lost .01.\n"
        "The majority answer has .40. Which sentence follows?"
    ),
    choices={
        "a": _("B forgets less than A, so B is the better method."),
        "b": _("A is better: it learned more."),
        "c": _("B has hardly learned anything, so its small loss says nothing yet. Train it on until it has .58, too."),
        "d": _("The two cannot be compared, because the methods are different."),
    },
    right="c",
    diagnoses={
        "a": _("B stands .02 above the majority answer. Who learns nothing forgets nothing; that is no remedy"),
        "b": _("A learned more and lost more; which is better is open until both have learned the same"),
        "d": _("different methods can be compared: at the same accuracy on the new task"),
    },
    hints=[
        _("how far does each method stand above the majority answer?"),
        _("what would a model forget that was not trained at all?"),
    ],
    why=_("compare what two methods forget only where both have learned the same"),
)


# --- 4: sixty old rows ----------------------------------------------------------------------------------------------
MOST_ROWS = 60


def _judge_plan(plan: Mapping, names: tuple[str, ...], try_it: Callable[[Mapping], tuple[float, float]]) -> Check:
    """Judge a plan by its form, then by what ``try_it`` measures: (new, old), both as shares of what there was."""
    rows = {name: plan.get(name, 0) for name in names}
    if sum(rows.values()) > MOST_ROWS:
        text = _("that is {n} old rows; {most} are allowed (`times` may repeat them)")
        return Check("too_many", text.format(n=sum(rows.values()), most=MOST_ROWS))
    if not any(rows.values()):
        return Check("no_rows", _("not yet: a plan without old rows is the walk of part 4; use some of the sixty"))
    new, old = try_it(plan)
    left_out = [name for name in names if not rows[name]]
    if old < KEPT:
        text = _("not yet: the old tasks kept {old:.0%} of their score") + (
            _("; no row of {names}") if left_out else ""
        )
        return Check("forgets", text.format(old=old, names=", ".join(left_out)))
    if new < KEPT:
        text = _(
            "not yet: the old tasks kept {old:.0%}, but the new task reached only {new:.0%} of plain training's score"
        )
        return Check("learns_too_little", text.format(old=old, new=new))
    text = _("the old tasks kept {old:.0%} of their score, the new task reached {new:.0%} of plain training's")
    return Check("passed", text.format(old=old, new=new))


q4 = Challenge(
    name="plan",
    judge=_judge_plan,
    example="""next(  # the first of four shares that keeps nine tenths of both
    plan
    for share in (0.6, 0.7, 0.5, 0.1)
    if min(try_it(plan := dict.fromkeys(old_names, 60 // len(old_names)) | {"share": share})) >= 0.9
)""",
    hints=[
        _(
            "`times=3` shows each old row three times in each pass: more rows in the mixture, still sixty different ones"
        ),
        _("a lower `rate` moves the weights less; see how much of the new task it costs"),
        _("walk a part of the way back at the end: `share=0.7`"),
    ],
    why=_("Remedies add up: old rows keep asking, a gentle rate moves less, the walk takes back the rest."),
    kind="attack",
    difficulty=2,
    minutes=12,
)
