"""Exercises of lab 04: ROUGE-N, people measured by people, a paired interval, rankings that a small sample gets wrong."""

import numpy as np

from labutils.exercises.core import Exercise, Mistake
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
    minutes=10,
)


# --- 2: people measured by people -----------------------------------------------------------------------------------
def human_bound(scores):
    """Return people's mean score by people: scores[i][j] is reference i scored against reference j (1.0 for i == j)."""
    people = []
    for i, row in enumerate(scores):
        others = [score for j, score in enumerate(row) if j != i]
        people.append(sum(others) / len(others))
    return sum(people) / len(people)


def _score_tables(rng):
    def table(k):
        return [[1.0 if i == j else round(rng.uniform(0.2, 0.8), 3) for j in range(k)] for i in range(k)]

    return [(table(k),) for k in (2, 3, 3, 4, 5)]


q2 = Exercise(
    reference=human_bound,
    inputs=_score_tables,
    mistakes=[
        Mistake(
            "self",
            _("you let each person be measured by their own text too, which always scores 1.0: leave it out"),
            lambda scores: float(np.mean(scores)),
        ),
        Mistake(
            "max",
            _("you took the best of the other references; our protocol takes their mean"),
            lambda scores: float(np.mean([max(s for j, s in enumerate(r) if j != i) for i, r in enumerate(scores)])),
        ),
        Mistake(
            "first",
            _("you measured the first person alone; each person takes a turn, then the mean over people"),
            lambda scores: float(np.mean(scores[0][1:])),
        ),
    ],
    hints=[
        _("for person i, take row i without its i-th entry"),
        _("the mean of that is person i's score; the bound is the mean over people"),
    ],
    difficulty=1,
    minutes=6,
)


# --- 3: a paired interval -------------------------------------------------------------------------------------------
def paired_interval(a, b, draws):
    """Return (low, high), the 95 % bootstrap interval of mean(a) - mean(b): a and b are arrays with one score a
    dialogue, each row of draws holds the numbers of the dialogues of one resample."""
    differences = np.asarray(a) - np.asarray(b)
    means = [differences[rows].mean() for rows in draws]
    low, high = np.quantile(means, [0.025, 0.975])
    return float(low), float(high)


def _paired_scores(rng):
    cases = []
    for n in (12, 25, 40):
        numbers = np.random.default_rng(rng.randrange(10**6))
        b = numbers.uniform(0.1, 0.5, n)
        cases.append((b + numbers.normal(0.03, 0.05, n), b, numbers.integers(n, size=(200, n))))
    return cases


def _quantiles(means, low=0.025, high=0.975):
    return tuple(float(x) for x in np.quantile(means, [low, high]))


def _unpaired(a, b, draws):
    return _quantiles([a[rows].mean() - b[others].mean() for rows, others in zip(draws, draws[::-1], strict=True)])


def _from_two_intervals(a, b, draws):
    (low_a, high_a), (low_b, high_b) = (_quantiles([x[rows].mean() for rows in draws]) for x in (a, b))
    return low_a - high_b, high_a - low_b


def _end_from_end(a, b, draws):
    (low_a, high_a), (low_b, high_b) = (_quantiles([x[rows].mean() for rows in draws]) for x in (a, b))
    return low_a - low_b, high_a - high_b


q3 = Exercise(
    reference=paired_interval,
    inputs=_paired_scores,
    mistakes=[
        Mistake(
            "unpaired",
            _("you drew other dialogues for b than for a; paired means: the same dialogues for both, in each resample"),
            _unpaired,
        ),
        Mistake(
            "two_intervals",
            _("you put two separate intervals together (low - high, high - low); that is far too wide"),
            _from_two_intervals,
        ),
        Mistake(
            "ends",
            _("you subtracted one interval from the other, end by end; the difference needs a bootstrap of its own"),
            _end_from_end,
        ),
        Mistake("swapped", _("you took b - a; the question is a - b"), lambda a, b, d: paired_interval(b, a, d)),
        Mistake(
            "ninety",
            _("you cut 5 % off at each end: that is a 90 % interval; 95 % leaves 2.5 % at each end"),
            lambda a, b, draws: _quantiles([(a - b)[rows].mean() for rows in draws], 0.05, 0.95),
        ),
        Mistake(
            "values",
            _("you took quantiles of the dialogues' differences; an interval of the *mean* needs means of resamples"),
            lambda a, b, draws: _quantiles(a - b),
        ),
    ],
    hints=[
        _("subtract first: one difference a dialogue"),
        _("for each row of draws, `differences[rows].mean()` is one resampled mean"),
        _("`np.quantile(means, [0.025, 0.975])` gives both ends"),
    ],
    difficulty=2,
    minutes=8,
)


# --- 4: how often a small sample ranks two models wrongly -----------------------------------------------------------
def wrong_share(differences, samples):
    """Return the share of samples whose mean difference is not on the side of the mean over all dialogues (a mean of
    0 is on no side). differences: one number a dialogue; samples: rows of dialogue numbers."""
    differences = np.asarray(differences)
    side = np.sign(differences.mean())
    wrong = [np.sign(differences[rows].mean()) != side for rows in samples]
    return sum(wrong) / len(wrong)


def _samples(rng):
    cases = []
    for n, shift in ((30, 0.02), (60, -0.03), (50, 0.05)):
        numbers = np.random.default_rng(rng.randrange(10**6))
        cases.append((numbers.normal(shift, 0.1, n), numbers.integers(n, size=(300, 10))))
    return [*cases, (np.array([0.2, -0.1, 0.3, 0.0, -0.2]), np.array([[0, 1], [3, 3], [4, 1], [2, 0], [1, 1]]))]


q4 = Exercise(
    reference=wrong_share,
    inputs=_samples,
    mistakes=[
        Mistake(
            "right",
            _("that is the share of samples that rank them *rightly*"),
            lambda differences, samples: 1 - wrong_share(differences, samples),
        ),
        Mistake(
            "negative",
            _("you took a negative mean for wrong; wrong is what differs from the sign over *all* dialogues"),
            lambda differences, samples: float(np.mean([differences[rows].mean() < 0 for rows in samples])),
        ),
        Mistake(
            "dialogues",
            _("you counted single dialogues; each sample has one mean, and that mean has one sign"),
            lambda differences, samples: float(np.mean(np.sign(differences) != np.sign(differences.mean()))),
        ),
    ],
    hints=[
        _("`np.sign(differences.mean())` is the side on which all dialogues together fall: 1 or -1"),
        _("`differences[rows].mean()` is one sample's mean; compare its sign with the one above"),
    ],
    difficulty=1,
    minutes=6,
)
