"""Exercises of lab 08: what counts as right, which way for which case, and a decision memo."""

import re
from collections.abc import Mapping

from labutils.exercises.core import Check, Exercise, Mistake
from labutils.exercises.kinds import Challenge, Choice
from labutils.i18n import _


# --- 1: what counts as right ----------------------------------------------------------------------------------------
def is_right(said, wanted, question):
    """Return whether two answers have the same words; capitals and words of the question do not count."""
    asked = question.lower().strip("?").split()

    def rest(answer):
        words = answer.lower().split()
        return [word for word in words if word not in asked] or words

    return rest(said) == rest(wanted)


_CASES = [
    ("Twelve", "twelve bottles", "How many bottles does it hold?"),
    ("twelve bottles", "twelve", "How many bottles does it hold?"),
    ("three", "three minutes", "How long does it ring?"),
    ("24 marks", "4 marks", "How much does a filter cost?"),
    ("4 marks", "24 marks", "How much does a fan cost?"),
    ("4 Marks", "4 marks", "What does the filter cost?"),
    ("three hours", "three minutes", "How long does it ring?"),
    ("the bill", "the box", "Should I keep the bill or the box?"),
    ("the box", "the box", "Should I keep the bill or the box?"),
    ("half an hour", "half a litre", "How much milk does it hold?"),
    ("", "six", "How many cups?"),
    ("six cups", "six", "How many cups?"),  # only without its mark is the question's last word in the answer
    ("white", "blue", "Is it white or blue inside?"),  # nothing is left of either, with or without the mark
]


def _judged_by(rest, same=lambda said, wanted: said == wanted):
    return lambda said, wanted, question: same(rest(said, question), rest(wanted, question))


def _rest(answer, question, lower=str.lower, spare=True, mark="?"):
    asked = lower(question).strip(mark).split()
    words = lower(answer).split()
    left = [word for word in words if word not in asked]
    return left or (words if spare else left)


q1 = Exercise(
    reference=is_right,
    inputs=lambda rng: rng.sample(_CASES, len(_CASES)),
    mistakes=[
        Mistake(
            "plain",
            _('"twelve" is a right answer to "How many bottles?": take the words of the question out of both answers'),
            _judged_by(lambda answer, question: answer.lower().split()),
        ),
        Mistake(
            "case",
            _('"Twelve" is the answer "twelve": make all three texts lower case first'),
            _judged_by(lambda answer, question: _rest(answer, question, lower=str)),
        ),
        Mistake(
            "question_mark",
            _('in "How many cups?" the last word is "cups?", and no answer has that: take the question mark off first'),
            _judged_by(lambda answer, question: _rest(answer, question, mark=None)),
        ),
        Mistake(
            "contains",
            _('"24 marks" holds the letters of "4 marks" and is another price: compare whole words, all of them'),
            lambda said, wanted, question: wanted.lower() in said.lower(),
        ),
        Mistake(
            "contained",
            _('"three" is a part of "three minutes", but nothing in the question says minutes'),
            _judged_by(_rest, lambda said, wanted: set(said) <= set(wanted)),
        ),
        Mistake(
            "first_word",
            _("three hours are not three minutes: compare all the words that are left, not the first"),
            _judged_by(_rest, lambda said, wanted: said[:1] == wanted[:1]),
        ),
        Mistake(
            "nothing_left",
            _('"the bill" and "the box" may both stand in the question; without its words nothing is left, and they look '
              "equal: where nothing is left of an answer, keep all its words"),
            _judged_by(lambda answer, question: _rest(answer, question, spare=False)),
        ),
    ],
    hints=[
        _("split all three texts into lower-case words; the question without its question mark"),
        _("keep of each answer the words that are not in the question; if none is left, keep them all; then compare"),
    ],
    why=_("before you say how often a model is right, say what right means: here the rule moves the score by a tenth"),
    minutes=6,
)  # fmt: skip


# --- 2: which way for which case ------------------------------------------------------------------------------------
q2 = Choice(
    name="which_way",
    question=_(
        "Three cases. Which plan fits them all?\n"
        "1. A shop: 3,000 products, prices change every Monday. The bot must name the price.\n"
        "2. A repair desk: symptoms in, one of 20 exact faults out. 2,000 solved cases; the faults stay the same.\n"
        "3. A club: 30 mails a day, another wish every week, no data yet. It must work tomorrow."
    ),
    choices={
        "a": _("1 fine-tune, 2 retrieve, 3 prompt"),
        "b": _("1 retrieve, 2 fine-tune, 3 prompt"),
        "c": _("1 prompt with all 3,000 products in it, 2 fine-tune, 3 prompt"),
        "d": _("1 retrieve, 2 fine-tune, 3 fine-tune"),
        "e": _("1 retrieve, 2 prompt with the 20 faults listed, 3 prompt"),
    },
    right="b",
    diagnoses={
        "a": _("prices that change each Monday need a training each Monday, and a document can be changed at once"),
        "c": _("3,000 products are far more than a context holds, and each one beside the right one can mislead"),
        "d": _("where there are no data and the wish changes every week, there is nothing to train on"),
        "e": _("a list names the faults, but says nothing of how customers describe them; 2,000 solved cases do"),
    },
    hints=[
        _("what changes often must not stand in the weights"),
        _("what needs an exact form, stays as it is, and has examples can be trained"),
    ],
    why=_("facts that change belong in documents, a form that stays in the weights, a first try in the prompt"),
    kind="choose",
    minutes=4,
)  # fmt: skip


# --- 3: the memo ----------------------------------------------------------------------------------------------------
WAYS = ("prompt", "retrieve", "fine-tune", "both")
PARTS = {  # part of the memo -> (what it must say, whether a figure must stand in it)
    "case": (_("who asks what, how often, and what a wrong answer costs"), False),
    "test": (_("which questions you will ask, how many, and what counts as right"), True),
    "floor": (_("what an answer without any skill would score"), True),
    "why": (_("the result that speaks for this way and against another"), True),
    "cost": (_("tokens, seconds or money a thousand requests, and what is paid once"), True),
    "change": (_("what happens when a fact changes"), False),
    "risk": (_("what may come out that must not, and who sees the data"), False),
    "stop": (_("which result would make you choose another way"), False),
}
FEWEST, MOST = 6, 350  # words of a part, of the page
OFTEN = re.compile(r"\b(daily|hourly|weekly|every (day|week|hour|monday)|each (day|week|hour))\b", re.IGNORECASE)


def _judge_memo(memo: Mapping) -> Check:
    if not isinstance(memo, Mapping):
        return Check(
            "error", _("a memo is a dict with a way and eight parts; the comment in the cell shows how it begins")
        )
    way = memo.get("way")
    if way not in WAYS:
        text = _("`way` is {way!r}; choose one of: {ways}")
        return Check("way", text.format(way=way, ways=", ".join(WAYS)))
    texts = {part: str(memo.get(part, "")) for part in PARTS}
    short = [part for part, text in texts.items() if len(text.split()) < FEWEST]
    if short:
        text = _("not yet: the part {part!r} is missing or too short. It must say {what}")
        return Check("short", text.format(part=short[0], what=PARTS[short[0]][0]))
    bare = [part for part, (_what, figure) in PARTS.items() if figure and not re.search(r"\d", texts[part])]
    if bare:
        text = _("not yet: the part {part!r} has no figure. It must say {what}")
        return Check("no_figure", text.format(part=bare[0], what=PARTS[bare[0]][0]))
    if way == "fine-tune" and OFTEN.search(texts["change"]):
        return Check("stale", _("not yet: your facts change often, and the weights would be out of date. How would they be "
                                "trained again, or is there another way?"))  # fmt: skip
    total = sum(len(text.split()) for text in texts.values())
    if total > MOST:
        return Check("long", _("not yet: {n} words; one page is {most} at most").format(n=total, most=MOST))
    text = _("{n} words, every part is there; now let somebody ask what would change your mind")
    return Check("passed", text.format(n=total))


q3 = Challenge(
    name="memo",
    judge=_judge_memo,
    example=(
        '{"way": "retrieve",\n'
        '    "case": "Customers ask our shop for prices, 300 a day; a wrong price costs us the difference.",\n'
        '    "test": "100 real questions of last month; right is the exact amount with its unit.",\n'
        '    "floor": "Always the commonest price: right for 2 of 100.",\n'
        '    "why": "Retrieval finds 8 of 10 documents; training by heart failed on facts it never saw.",\n'
        '    "cost": "About 100 tokens a request, 0.1 seconds on our own machine, nothing is paid once.",\n'
        '    "change": "Prices change every week; we change the document, and the next answer is right.",\n'
        '    "risk": "A missed document gives a wrong price; no customer data are in the documents.",\n'
        '    "stop": "If fewer than half of the answers are right, people go on answering."}'
    ),
    hints=[
        _("a dict: `way`, and the parts case, test, floor, why, cost, change, risk, stop; a sentence or two each"),
        _("take the figures of `why` and `cost` from the table of part 5, or from your own measurements"),
    ],
    why=_("The rubric sees that a part is there, not that it is true: read it to somebody who will pay for it."),
    kind="transfer",
    difficulty=2,
    minutes=15,
)
