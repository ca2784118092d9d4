"""Exercises of lab 01: judge an output, count wins and losses, fit shots into the context, score a given answer."""

import torch

from labutils.exercises.core import Exercise, Mistake
from labutils.i18n import _

WORDS = "the a dog cat Mars sits sleeps on under red Tell me how name What is your My order number".split()


# --- 1: how much of an output is only the prompt again --------------------------------------------------------------
def copied_share(prompt, output):
    """Return the share of the output's words that stand in the prompt (0 to 1; 0.0 for an empty output)."""
    known = set(prompt.lower().split())
    words = output.lower().split()
    if not words:
        return 0.0
    return sum(word in known for word in words) / len(words)


def _texts(rng):
    pairs = [
        (" ".join(rng.choices(WORDS, k=rng.randint(4, 9))), " ".join(rng.choices(WORDS, k=rng.randint(3, 12))))
        for i in range(8)
    ]
    return [*pairs, ("What is your name?", ""), ("Tell me", "tell me tell me tell me")]


def _share_of_prompt(prompt, output):
    words = output.lower().split()
    return sum(word in set(prompt.lower().split()) for word in words) / len(prompt.split())


def _case_kept(prompt, output):
    words = output.split()
    return sum(word in set(prompt.split()) for word in words) / len(words) if words else 0.0


def _each_word_once(prompt, output):
    words = set(output.lower().split())
    return len(words & set(prompt.lower().split())) / len(words) if words else 0.0


q1 = Exercise(
    reference=copied_share,
    inputs=_texts,
    mistakes=[
        Mistake(
            "of_prompt",
            _("you divided by the words of the prompt; the question is how much of the *output* is copied"),
            _share_of_prompt,
        ),
        Mistake("case", _('you compared with capitals: "Tell" and "tell" are the same word here'), _case_kept),
        Mistake(
            "distinct",
            _(
                "you counted each different word once (a set); a word that is written five times is five words of output"
            ),
            _each_word_once,
        ),
    ],
    hints=[
        _("`text.lower().split()` gives the words of a text in lower case"),
        _("make a set of the prompt's words, then count how many of the output's words are in it"),
        _("divide by the number of the output's words, and return 0.0 first if there are none"),
    ],
    difficulty=1,
    minutes=5,
)


# --- 2: a paired comparison, counted by hand ------------------------------------------------------------------------
def flips(base, tuned):
    """Return (won, lost): prompts that only the tuned model answers, and prompts that only the base model answers."""
    won = sum(t and not b for b, t in zip(base, tuned, strict=True))
    lost = sum(b and not t for b, t in zip(base, tuned, strict=True))
    return won, lost


def _answers(rng):
    return [([rng.random() < 0.4 for i in range(n)], [rng.random() < 0.7 for i in range(n)]) for n in (5, 12, 30, 60)]


q2 = Exercise(
    reference=flips,
    inputs=_answers,
    mistakes=[
        Mistake(
            "swapped",
            _("won and lost are exchanged: won means that only the tuned model answers"),
            lambda base, tuned: flips(tuned, base),
        ),
        Mistake(
            "totals",
            _(
                "you counted each model's answers alone; in a paired comparison the prompts that both answer say nothing"
            ),
            lambda base, tuned: (sum(tuned), sum(base)),
        ),
        Mistake(
            "both",
            _("you counted prompts on which the two agree; those are the ones that tell the models apart least"),
            lambda base, tuned: (
                sum(t and b for b, t in zip(base, tuned, strict=True)),
                sum(not t and not b for b, t in zip(base, tuned, strict=True)),
            ),
        ),
    ],
    hints=[
        _("go through both lists together: `for b, t in zip(base, tuned)`"),
        _("a prompt is won where `t and not b`; lost is the other way round"),
    ],
    difficulty=1,
    minutes=5,
)


# --- 3: how many shots fit ------------------------------------------------------------------------------------------
def shots_that_fit(shot_tokens, question_tokens, context=512):
    """Return how many shots, taken in their order, fit before a question into a context of so many tokens."""
    used = question_tokens
    for number, tokens in enumerate(shot_tokens):
        if used + tokens > context:
            return number
        used += tokens
    return len(shot_tokens)


def _lengths(rng):
    random = [([rng.randint(20, 260) for i in range(6)], rng.randint(20, 200), 512) for k in range(6)]
    return [*random, ([100, 100, 100], 212, 512), ([400, 200, 10], 100, 512), ([], 50, 512), ([100, 100], 600, 512)]


def _without_question(shot_tokens, question_tokens, context=512):
    return shots_that_fit(shot_tokens, 0, context)


def _never_full(shot_tokens, question_tokens, context=512):
    return shots_that_fit(shot_tokens, question_tokens + 1, context)


def _skips(shot_tokens, question_tokens, context=512):
    used, number = question_tokens, 0
    for tokens in shot_tokens:
        if used + tokens <= context:
            used, number = used + tokens, number + 1
    return number


q3 = Exercise(
    reference=shots_that_fit,
    inputs=_lengths,
    mistakes=[
        Mistake("question", _("you forgot the question: it needs its place in the context too"), _without_question),
        Mistake(
            "off_by_one",
            _("a prompt of exactly `context` tokens still fits; compare with > instead of >="),
            _never_full,
        ),
        Mistake("skips", _("you left a long shot out and took a later one; shots are taken in their order"), _skips),
    ],
    hints=[
        _("begin with the question's tokens and add one shot after the other"),
        _("stop at the first shot with which the sum would be greater than `context`"),
    ],
    difficulty=2,
    minutes=8,
)


# --- 4: the likelihood of a given answer ----------------------------------------------------------------------------
def answer_log_likelihood(logits, ids):
    """Return log p(answer): logits of shape (tokens, vocabulary), ids of shape (tokens,); a float."""
    log_p = logits.log_softmax(dim=-1)
    return float(log_p[torch.arange(len(ids)), ids].sum())


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
        _("pick at place i the entry ids[i]: `log_p[torch.arange(len(ids)), ids]`"),
        _("add them up and return a float"),
    ],
    difficulty=3,
    minutes=10,
)
