"""Exercises of lab 01: fool the rule, ask both models, find the right control, score a given answer."""

from collections.abc import Callable

import torch

from labutils.evaluation import behaviour as rule
from labutils.exercises.core import Check, Exercise, Mistake
from labutils.exercises.kinds import Challenge, Choice
from labutils.i18n import _
from labutils.words import words

DOG_PROMPT = "Tell me how to train my dog to sit."
# A sentence with none of these can hardly say how a dog learns to sit; a good reply holds two of them.
DOG_WORDS = frozenset(
    "dog dogs puppy pet animal sit sits sitting train trains training teach teaches learn treat treats food reward rewards "
    "nose floor down command praise practise practice repeat".split()
)
FEWEST_WORDS = 6


# --- 1: two texts that the rule judges wrongly ----------------------------------------------------------------------
def judge_fooled(answer: object) -> Check:
    """Judge a pair: nonsense that the rule takes for an answer, and a good reply that it takes for none."""
    if not (isinstance(answer, (tuple, list)) and len(answer) == 2 and all(isinstance(text, str) for text in answer)):
        return Check("pair", _("not yet: give two texts, (nonsense, good reply)"))
    nonsense, good = answer
    verdicts = [rule.behaviour(DOG_PROMPT, text) for text in answer]
    if min(len(words(nonsense)), len(words(good))) < FEWEST_WORDS:
        text = _("not yet: each text needs {n} words or more, so that a reader can tell sense from nonsense")
        return Check("short", text.format(n=FEWEST_WORDS))
    if sense := sorted(DOG_WORDS & set(words(nonsense))):
        text = _("not yet: the first text speaks of dogs or training ({words}); leave that out, so that it is nonsense")
        return Check("sense", text.format(words=", ".join(sense)))
    if verdicts[0] != "answers":
        text = _("not yet: the rule says {verdict} of your nonsense; it was to say answers")
        return Check("seen_through", text.format(verdict=verdicts[0]))
    if len(DOG_WORDS & set(words(good))) < 2:
        return Check(
            "useless", _("not yet: the second text must help with the dog: say what to do (treat, sit, repeat)")
        )
    if rule.is_copy(DOG_PROMPT, good) or rule.is_loop(good):
        return Check("stuck", _("not yet: the second text repeats; a reader would not call it a good reply either"))
    if verdicts[1] in rule.REPLIES:
        text = _("not yet: the rule takes your good reply for one ({verdict}); how could it look like a continuation?")
        return Check("counted", text.format(verdict=verdicts[1]))
    return Check(
        "passed", _("the rule says {a} of the nonsense and {b} of the good reply").format(a=verdicts[0], b=verdicts[1])
    )


q1 = Challenge(
    name="fooled",
    judge=judge_fooled,
    example="""(
    "Green ideas sleep under seven quiet windows.",
    "and when it sits, give a treat. Repeat it every day.",
)""",
    hints=[
        _("the rule reads no meaning: any tidy sentence that stands alone passes for an answer"),
        _("for the good reply: what would make a text look as if it began in the middle of a sentence?"),
        _('begin it in lower case, or with "and", and go on for two sentences'),
    ],
    why=_("A rule counts manners, not sense: read a few outputs before you believe any automatic score."),
    kind="attack",
    difficulty=2,
    minutes=6,
)


# --- 2: a prompt of one's own, to both models -----------------------------------------------------------------------
def judge_prompt(answer: object, ask: Callable[[str, list[str]], list[str]]) -> Check:
    """Judge (prompt, base's behaviour, tuned's behaviour): a new prompt, read and named by the learner.

    ``ask``: (model's name, list of prompts) -> list of outputs.
    """
    if not (isinstance(answer, (tuple, list)) and len(answer) == 3 and all(isinstance(text, str) for text in answer)):
        return Check("triple", _("not yet: give three texts, (your prompt, what base does, what tuned does)"))
    prompt, *said = answer
    if unknown := [name for name in said if name not in rule.BEHAVIOURS]:
        text = _("not yet: {name!r} is no behaviour; choose from: {all}")
        return Check("behaviour", text.format(name=unknown[0], all=", ".join(rule.BEHAVIOURS)))
    if not words(prompt) or prompt.strip() in {row["prompt"] for row in rule.load_prompts()}:
        return Check("not_new", _("not yet: write a prompt of your own, one that is not among the sixty"))
    ruled = [rule.behaviour(prompt, ask(name, [prompt])[0]) for name in ("base", "tuned")]
    agreed = sum(mine == its for mine, its in zip(said, ruled, strict=True))
    text = _("for base you say {a}, the rule {b}; for tuned you say {c}, the rule {d}: {n} of 2 agree")
    return Check("passed", text.format(a=said[0], b=ruled[0], c=said[1], d=ruled[1], n=agreed))


q2 = Challenge(
    name="own",
    judge=judge_prompt,
    example='("Tell me how to bake bread.", "continues", "answers")',
    hints=[
        _("type your prompt into the box above, and read both outputs"),
        _("does the output reply, go on with your text, or repeat it? The names stand in the exercise"),
    ],
    why=_("Where you and the rule differ, ask who is right: that is how the rule itself was tested."),
    kind="try",
    difficulty=1,
    minutes=5,
)


# --- 3: which control -----------------------------------------------------------------------------------------------
q3 = Choice(
    name="control",
    question=_(
        'Three shots before a question cost a model ten points of accuracy. Somebody says: "The shots are not to blame, '
        'any longer prompt would do that." Which run tells?'
    ),
    choices={
        "a": _("the same three shots with their answers exchanged"),
        "b": _("ordinary text, as long as the three shots, before the question"),
        "c": _("one shot instead of three"),
        "d": _("three other shots, drawn with another seed"),
    },
    right="b",
    diagnoses={
        "a": _(
            "this keeps the shots' texts and changes their answers: it tells whether the right answers matter, and leaves "
            "the length as it was"
        ),
        "c": _(
            "this changes the length and the content at once: if it costs less, you still do not know which of the two did it"
        ),
        "d": _("this tells how much luck is in the drawing; length and kind of content stay the same"),
    },
    hints=[
        _("a control changes one thing and keeps the rest: what must stay, if length is the question?"),
        _("the length must stay, and the content of the shots must go"),
    ],
    why=_("A control keeps all but one thing; two things changed at once tell nothing about either."),
    kind="interpret",
)


# --- 4: the likelihood of a given answer ----------------------------------------------------------------------------
def answer_log_likelihood(logits, ids):
    """Return log p(answer): logits of shape (tokens, vocabulary), ids of shape (tokens,); a float."""
    log_p = logits.log_softmax(dim=-1)
    return float(log_p.gather(-1, ids[:, None]).sum())


def _logits(rng):
    generator = torch.Generator().manual_seed(rng.randrange(10**6))
    shapes = [(1, 5), (2, 8), (3, 20), (4, 50)]
    return [
        (2 * torch.randn(tokens, size, generator=generator), torch.randint(size, (tokens,), generator=generator))
        for tokens, size in shapes
    ]


def _picked(values, ids):
    return values[torch.arange(len(ids)), ids]


q4 = Exercise(
    reference=answer_log_likelihood,
    inputs=_logits,
    mistakes=[
        Mistake(
            "mean",
            _("you took the mean over the tokens; the probability of a sequence is a product, so its log is a sum"),
            lambda logits, ids: float(_picked(logits.log_softmax(-1), ids).mean()),
        ),
        Mistake(
            "logits",
            _("you added raw logits; they become log-probabilities only by log_softmax over the vocabulary"),
            lambda logits, ids: float(_picked(logits, ids).sum()),
        ),
        Mistake(
            "no_log",
            _("you added probabilities; add their logarithms (or multiply the probabilities and take the log)"),
            lambda logits, ids: float(_picked(logits.softmax(-1), ids).sum()),
        ),
        Mistake(
            "axis",
            _("log_softmax ran over the tokens (dim 0); at each place the *vocabulary* must add up to one"),
            lambda logits, ids: float(_picked(logits.log_softmax(0), ids).sum()),
        ),
        Mistake(
            "first",
            _("you scored the first token alone; labels that begin alike would come out equal"),
            lambda logits, ids: float(_picked(logits.log_softmax(-1), ids)[0]),
        ),
    ],
    hints=[
        _("`logits.log_softmax(dim=-1)` gives the log-probability of every token of the vocabulary at every place"),
        _("pick at place i the entry ids[i]: `log_p.gather(-1, ids[:, None])`"),
        _("add them up and return a float"),
    ],
    why=_("This sum is what training raises: the loss is its negative, divided by the number of tokens."),
    difficulty=3,
    minutes=10,
)
