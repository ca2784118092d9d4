"""Exercises of lab 04: ROUGE-N, one sentence that beats LEAD-3, what follows from an interval, a paired interval."""

import contextlib
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from labutils import files
from labutils.evaluation.bounds import lead
from labutils.evaluation.comparison import compare
from labutils.exercises.core import Check, Exercise, Mistake
from labutils.exercises.intervals import FOLLOWS, INTERVALS, SENTENCES, judge_sentences  # noqa: F401 - lab 04 shows them
from labutils.exercises.kinds import Challenge
from labutils.i18n import _

WORDS = "the a clerk guest books room asks for quiet and nights two".split()


# --- 1: ROUGE-N -----------------------------------------------------------------------------------------------------
def rouge_n(prediction_tokens, reference_tokens, n):
    """Return the F-measure of the n-grams that the two token lists share; 0.0 if they share none."""
    from collections import Counter

    def grams(tokens):
        return Counter(tuple(tokens[i : i + n]) for i in range(len(tokens) - n + 1))

    prediction, reference = grams(prediction_tokens), grams(reference_tokens)
    shared = (prediction & reference).total()
    if not shared:
        return 0.0
    precision, recall = shared / prediction.total(), shared / reference.total()
    return 2 * precision * recall / (precision + recall)


def _token_lists(rng):
    random = [(rng.choices(WORDS, k=rng.randint(6, 14)), rng.choices(WORDS, k=rng.randint(6, 14)), 2) for i in range(8)]
    twice = ["the", "room", "the", "room", "the"]
    fixed = [(twice, ["the", "room", "the", "clerk"], 2), (twice, ["the", "room", "the", "room"], 1), (["a"], ["a"], 2)]
    return [*random, *fixed, (["the", "a", "room"], ["the", "a", "room"], 3)]


def _grams(tokens, n):
    return [tuple(tokens[i : i + n]) for i in range(len(tokens) - n + 1)]


def _f(precision, recall):
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def _as_sets(prediction_tokens, reference_tokens, n):
    a, b = set(_grams(prediction_tokens, n)), set(_grams(reference_tokens, n))
    return _f(len(a & b) / max(len(a), 1), len(a & b) / max(len(b), 1))


def _unclipped(prediction_tokens, reference_tokens, n):
    a, b = _grams(prediction_tokens, n), _grams(reference_tokens, n)
    return _f(sum(gram in b for gram in a) / max(len(a), 1), sum(gram in a for gram in b) / max(len(b), 1))


def _per_token(prediction_tokens, reference_tokens, n):
    from collections import Counter

    a, b = Counter(_grams(prediction_tokens, n)), Counter(_grams(reference_tokens, n))
    shared = (a & b).total()
    return _f(shared / len(prediction_tokens), shared / len(reference_tokens))


def _recall_only(prediction_tokens, reference_tokens, n):
    from collections import Counter

    a, b = Counter(_grams(prediction_tokens, n)), Counter(_grams(reference_tokens, n))
    return (a & b).total() / max(b.total(), 1)


q1 = Exercise(
    reference=rouge_n,
    inputs=_token_lists,
    mistakes=[
        Mistake(
            "sets",
            _("you made sets of the n-grams: an n-gram that stands twice in both texts counts twice"),
            _as_sets,
        ),
        Mistake(
            "unclipped",
            _(
                "you counted every n-gram that stands anywhere in the other text; one that stands once there can be "
                "matched once only (take the smaller count)"
            ),
            _unclipped,
        ),
        Mistake(
            "per_token",
            _("you divided by the number of tokens; precision and recall of ROUGE-N are shares of *n-grams*"),
            _per_token,
        ),
        Mistake("recall", _("that is recall alone; combine it with precision to the F-measure"), _recall_only),
    ],
    hints=[
        _("the n-grams of a list: `tuple(tokens[i : i + n])` for every i from 0 to len(tokens) - n"),
        _("put each side's n-grams into a `Counter`; `a & b` keeps the smaller count of each, `.total()` adds them up"),
        _(
            "precision = shared / n-grams of the prediction, recall = shared / n-grams of the reference; F = 2pr / (p + r)"
        ),
    ],
    difficulty=2,
    minutes=8,
    why=_("this is the whole of ROUGE-N: a count of shared pieces; nothing in it reads."),
)


# --- 2: one sentence against LEAD-3 ---------------------------------------------------------------------------------
BEST = "best_sentence.json"  # in the lab's folder: the best sentence so far, and its score
NONSENSE = "#Person1# and #Person2# will {first} the to a and for"


def filled(sentence: str, dialogue: str) -> str:
    """Return the sentence with ``{first}`` and ``{last}`` replaced by the dialogue's first and last turn."""
    turns = [line.partition(":")[2].strip() or line for line in dialogue.splitlines() if line.strip()] or [""]
    return sentence.format(first=turns[0], last=turns[-1])


def _best(folder: Path) -> float:
    """Return the best score so far; a file that says none, cut or another program's, is renamed."""
    if not (folder / BEST).exists():
        return 0.0
    try:
        return float(files.read_json(folder / BEST)["score"])
    except (OSError, ValueError, TypeError, KeyError):
        with contextlib.suppress(OSError):
            files.keep(folder / BEST, "broken")
        return 0.0


def _judge_sentence(sentence: str, rows: Sequence[Mapping], folder: Path) -> Check:
    """Judge one sentence for all dialogues by ROUGE-1 against LEAD-3; the best one is kept in the folder."""
    holes = set(re.findall(r"{(.*?)}", sentence))
    if holes - {"first", "last"}:
        return Check("hole", _("not yet: the only holes are {first} and {last}"))
    if re.search(r"[.!?]\s+\S", sentence):
        return Check("sentences", _("not yet: that is more than one sentence"))
    references, dialogues = [row["references"] for row in rows], [row["dialogue"] for row in rows]
    pair = compare([filled(sentence, text) for text in dialogues], [lead(text) for text in dialogues], references)
    before = _best(folder)
    if pair.a > before:
        files.write_json(folder / BEST, {"score": pair.a, "sentence": sentence})
    # As many digits as tell the two apart: "right: 0.319, LEAD-3 has 0.319" is read as a fault.
    digits = next((n for n in (3, 4, 5) if round(pair.a, n) != round(pair.b, n)), 3)
    text = _("{score:.{digits}f}, LEAD-3 has {lead:.{digits}f}; your best so far: {best:.{digits}f}")
    text = text.format(score=pair.a, lead=pair.b, best=max(pair.a, before), digits=digits)
    if pair.difference > 0:
        return Check("passed", text)
    if not holes:
        return Check("no_hole", _("not yet: {text}. Put {{first}} or {{last}} into it").format(text=text))
    return Check("below", _("not yet: {text}").format(text=text))


q2 = Challenge(
    name="one_sentence",
    judge=_judge_sentence,
    example=f'"{NONSENSE}"',
    hints=[
        _("which words stand in nearly every summary? Two of them are `#Person1#` and `#Person2#`"),
        _("a hole brings in words of the dialogue itself: the first turn often says what it is about"),
        _("it need not be English: leave out every word that few references hold"),
    ],
    why=_("Nonsense can win a score that counts words. And who tries twenty sentences on the test set has fitted it."),
    kind="attack",
    difficulty=2,
    minutes=8,
)


# --- 3: what follows from an interval -------------------------------------------------------------------------------
q3 = Challenge(
    name="five_intervals",
    judge=judge_sentences,
    example=repr(FOLLOWS),
    hints=[
        _("does the interval hold 0? Then neither *better* nor *worse* follows"),
        _("of those that hold 0: does the whole of it lie between -.02 and .02?"),
        _("two of the seven sentences follow from no interval at all"),
    ],
    why=_("*Cannot say* and *no difference that matters* are two results: only the second is an answer."),
    kind="interpret",
    difficulty=1,
    minutes=5,
)


# --- 4: a paired interval, three rows a dialogue --------------------------------------------------------------------
def paired_interval(a, b, ids, draws):
    """Return (low, high), the 95 % bootstrap interval of mean(a) - mean(b). a, b: one score a row; ids: the row's
    dialogue; draws: each row of it holds the numbers (0, 1, ...) of the dialogues of one resample."""
    differences, ids = np.asarray(a) - np.asarray(b), np.asarray(ids)
    dialogues = list(dict.fromkeys(ids.tolist()))  # each once, in order of appearance
    means_of = np.array([differences[ids == dialogue].mean() for dialogue in dialogues])
    means = [means_of[numbers].mean() for numbers in draws]
    low, high = np.quantile(means, [0.025, 0.975])
    return float(low), float(high)


def _paired_scores(rng):
    cases = []
    for n in (12, 25, 40):
        numbers = np.random.default_rng(rng.randrange(10**6))
        b = np.repeat(numbers.uniform(0.1, 0.5, n), 3) + numbers.normal(0, 0.02, 3 * n)
        a = b + np.repeat(numbers.normal(0.03, 0.05, n), 3) + numbers.normal(0, 0.02, 3 * n)
        cases.append((a, b, np.repeat(np.arange(n) + 100, 3), numbers.integers(n, size=(200, n))))
    return cases


def _quantiles(means, low=0.025, high=0.975):
    return tuple(float(x) for x in np.quantile(means, [low, high]))


def _by_id(values, ids):
    return np.array([values[ids == dialogue].mean() for dialogue in dict.fromkeys(ids.tolist())])


def _rows_alone(a, b, ids, draws):
    return _quantiles([(a - b)[numbers].mean() for numbers in draws])


def _first_rows(a, b, ids, draws):
    return _quantiles([(a - b)[::3][numbers].mean() for numbers in draws])


def _unpaired(a, b, ids, draws):
    a, b = _by_id(a, ids), _by_id(b, ids)
    return _quantiles(
        [a[numbers].mean() - b[others].mean() for numbers, others in zip(draws, draws[::-1], strict=True)]
    )


q4 = Exercise(
    reference=paired_interval,
    inputs=_paired_scores,
    mistakes=[
        Mistake(
            "rows",
            _("you drew rows as if each were a dialogue of its own; three rows of one dialogue rise and fall together"),
            _rows_alone,
        ),
        Mistake(
            "first",
            _("you kept one row a dialogue and threw the others away; take the mean of its rows"),
            _first_rows,
        ),
        Mistake(
            "unpaired",
            _("you drew other dialogues for b than for a; paired means: the same dialogues for both, in each resample"),
            _unpaired,
        ),
        Mistake(
            "swapped",
            _("you took b - a; the question is a - b"),
            lambda a, b, ids, draws: paired_interval(b, a, ids, draws),
        ),
        Mistake(
            "ninety",
            _("you cut 5 % off at each end: that is a 90 % interval; 95 % leaves 2.5 % at each end"),
            lambda a, b, ids, draws: _quantiles([_by_id(a - b, ids)[n].mean() for n in draws], 0.05, 0.95),
        ),
        Mistake(
            "values",
            _("you took quantiles of the dialogues' differences; an interval of the *mean* needs means of resamples"),
            lambda a, b, ids, draws: _quantiles(_by_id(a - b, ids)),
        ),
    ],
    hints=[
        _("subtract first; then one mean a dialogue: `differences[ids == dialogue].mean()`"),
        _("for each row of draws, the mean of those dialogues' differences is one resampled mean"),
        _("`np.quantile(means, [0.025, 0.975])` gives both ends"),
    ],
    difficulty=2,
    minutes=8,
    why=_("three rows of one dialogue are not three dialogues; counted as such, the interval comes out too narrow."),
)
