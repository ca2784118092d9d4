"""Exercises of lab 00: mend what the forty lines did beside what they were for."""

from collections.abc import Callable, Iterable, Sequence

from labutils.exercises import Challenge, Check
from labutils.i18n import _
from labutils.words import normalize

MOST = 20  # lines that a learner may add
KNOWN = 1 / 2  # of the ways to ask for the name that must still be answered with it
SHOWN = 3  # questions that an answer names
LEFT = 1 / 2  # of the other questions that got the name, at most so many may still get it

Lines = list[tuple[str, str]]


def mended(
    lines: object, tested: Iterable[str], leaked: int, measure: Callable[[Lines], tuple[int, int, Sequence[str]]]
) -> Check:
    """Judge lines that are added to the forty.

    Args:
        lines: (question, answer) pairs.  tested: the questions that count, which no line may ask.
        leaked: other questions that got the name before.
        measure: the lines -> (ways that get the name, all ways, the other questions that get it), by a fresh training.
    """
    pairs = _pairs(lines)
    if not pairs:
        return Check("pairs", _('not yet: write a list of pairs of texts, as [("Who am I to you?", "A friend.")]'))
    if len(pairs) > MOST:
        return Check("too_many", _("not yet: {n} lines; {most} at most").format(n=len(pairs), most=MOST))
    closed = {normalize(question) for question in tested}
    if given := [question for question, _answer in pairs if normalize(question) in closed]:
        text = _("not yet: {question!r} is a question of the test; a test that one has trained on measures nothing")
        return Check("tested", text.format(question=given[0]))
    right, ways, others = measure(pairs)
    now = len(others)
    counts = {"right": right, "ways": ways, "now": now, "leaked": leaked, "most": int(LEFT * leaked)}
    if right < KNOWN * ways:
        text = _("not yet: only {right} of {ways} ways to ask for your name get it; write fewer lines, or others")
        return Check("name_lost", text.format(**counts))
    if now > LEFT * leaked:
        text = _(
            "not yet: {now} other questions still get your name, {leaked} did before; {most} may. Among them: {some}"
        )
        return Check("still_leaks", text.format(**counts, some=" ".join(others[:SHOWN])))
    text = _("{now} other questions get your name, {leaked} did before; {right} of {ways} ways to ask for it do")
    return Check("passed", text.format(**counts))


def _pairs(lines: object) -> Lines:
    """Return the lines where all of them are pairs of texts, else []."""
    if not isinstance(lines, (list, tuple)):
        return []
    whole = [line for line in lines if isinstance(line, (list, tuple)) and len(line) == 2]
    pairs = [(ask, say) for ask, say in whole if isinstance(ask, str) and isinstance(say, str) and ask.strip() and say]
    return pairs if len(pairs) == len(lines) else []


# --- 1: what the name is not the answer to --------------------------------------------------------------------------
q1 = Challenge(
    name="mend",
    judge=mended,
    example="""[
    ("What is my sister's name?", "You have not told me."),
    ("What is my rabbit's name?", "You have not told me."),
    ("What is my father's name?", "You have not told me."),
    ("Who is my boss?", "You have not told me."),
    ("What is my school called?", "You have not told me."),
    ("Where do I work?", "You have not told me."),
    ("What is my favourite food?", "You have not told me."),
    ("Please introduce yourself.", "My name is Pocket."),
    ("Tell me your name.", "My name is Pocket."),
    ("What is the capital of Spain?", "Madrid."),
    ("How many legs does a cat have?", "Four."),
    ("What is the name of your maker?", "I do not know."),
]""",
    hints=[
        _("the forty lines have one answer for everything; show the model questions that have another"),
        _("ask for names that are not yours: your sister's, your rabbit's, its own; ten lines or so"),
        _("add some that ask for no name: where you work, how many legs a cat has; short answers are learned first"),
    ],
    why=_("A few lines of what must stay as it was: lab 06 calls this rehearsal."),
    kind="try",
    difficulty=1,
    minutes=8,
)
