"""Lab 04's third exercise: five intervals, and which sentence follows from each."""

from collections.abc import Mapping

from labutils.exercises.core import Check
from labutils.i18n import _

INTERVALS = {
    "A": (0.004, 0.031),
    "B": (-0.005, 0.012),
    "C": (-0.030, 0.050),
    "D": (-0.041, -0.009),
    "E": (0.001, 0.006),
}
SENTENCES = {
    1: _("The new model is better."),
    2: _("The new model is better, but by less than .02."),
    3: _("The new model is worse."),
    4: _("There is no difference larger than .02."),
    5: _("These dialogues cannot say."),
    6: _("The two models are equally good."),
    7: _("The new model is better on 95 % of the dialogues."),
}
FOLLOWS = {"A": 1, "B": 4, "C": 5, "D": 3, "E": 2}
_BELIEFS = {
    ("A", 2): _("the interval of A reaches beyond .02: the difference may be larger"),
    ("B", 5): _("B holds 0, but all of it lies between -.02 and .02: that does say something"),
    ("C", 4): _("C reaches to .05: a difference of that size is still possible"),
    ("E", 1): _("that is true of E, but more follows: even its upper end lies below .02"),
    ("E", 4): _("that is true of E, but more follows: E does not hold 0"),
}
_NEVER = {
    6: _("no interval shows that two models are equal; it can only show that they are not far apart"),
    7: _("the interval is about the *mean* of the differences; single dialogues vary far more"),
}


def judge_sentences(answer: Mapping[str, int]) -> Check:
    """Say for the first interval with a wrong sentence what that sentence overlooks."""
    if set(answer) != set(FOLLOWS):
        return Check("intervals", _("not yet: name a sentence for each of A, B, C, D and E"))
    for name, right in FOLLOWS.items():
        chosen = answer[name]
        if chosen not in SENTENCES:
            return Check("sentence", _("not yet: {chosen!r} is none of the sentences 1 to 7").format(chosen=chosen))
        if chosen in _NEVER:
            return Check(f"never_{chosen}", _("not yet: {why}").format(why=_NEVER[chosen]))
        if chosen != right:
            other = _("ask of {name}: does it hold 0, on which side does it lie, does it stay between -.02 and .02?")
            why = _BELIEFS.get((name, chosen), other.format(name=name))
            return Check(f"chose_{name}_{chosen}", _("not yet: {why}").format(why=why))
    return Check("passed", _("all five"))
