"""Bounds of a summary score: what no skill reaches, and what people reach.

Below: the first three turns of the dialogue (LEAD-3, the usual baseline of summarization, as in Chen et al. 2021,
"DialogSum", https://aclanthology.org/2021.findings-acl.449), and one sentence for every dialogue. Above: people, each
measured by the others. A model's score says something only between the two.
"""

import functools
from collections import Counter
from collections.abc import Collection, Iterable, Sequence

import numpy as np

from labutils.errors import LabError
from labutils.evaluation.comparison import score_summaries, summary_values
from labutils.evaluation.intervals import RESAMPLES, by_dialogue
from labutils.evaluation.scores import Scores, summarize
from labutils.i18n import _
from labutils.rouge import References, protocol, rouge_tokens


def lead(dialogue: str, turns: int = 3) -> str:
    """Return the first ``turns`` turns: lines that hold text, speakers included, as they stand."""
    return "\n".join([line for line in dialogue.splitlines() if line.strip()][:turns])


def constant_sentence(train_summaries: Sequence[str], seed: int = 0) -> str:
    """Return the training summary that is the best answer to everything: the highest mean ROUGE-1 to all of them.

    Chosen on training data alone: a sentence chosen by its test score would be a contaminated bound. Every summary is
    tried on a seeded sample of 500, the best 50 on all: two seconds for 12,460 instead of a minute.

    Raises:
        LabError: ``"no_references"``: no summary was given.
    """
    texts = list(train_summaries)
    if not texts:
        raise LabError("no_references", _("no training summaries to choose from; give those of the train split"))
    bags = [Counter(rouge_tokens(text)) for text in texts]
    some = np.random.default_rng(seed).choice(len(bags), min(500, len(bags)), replace=False)
    tried = _mean_rouge1(bags, [bags[i] for i in some])
    best = np.argsort(-tried, kind="stable")[:50]
    return texts[best[np.argmax(_mean_rouge1([bags[i] for i in best], bags))]]


def human_scores(
    references: References,
    dialogues: Sequence[str] | None = None,
    multi: str = "mean",
    stemmer: bool = True,
    seed: int = 0,
    *,
    resamples: int = RESAMPLES,
    metrics: Collection[str] | None = None,
) -> Scores:
    """Score people by people: each reference as if it were a model's output, against the others of its dialogue.

    Leave-one-out, and the mean over a dialogue's references is that dialogue's value. Under ``multi="mean"`` this is
    fair to a model measured by all references: how many are averaged shifts nothing. Under ``"max"`` people have one
    reference fewer to be lucky with, so the bound is a little low.

    Args:
        references: n lists of strings; dialogues with fewer than two references are left out.
        dialogues: the n dialogues, to count unsupported names; metrics: names to keep (default all).

    Raises:
        LabError: ``"no_references"``: no dialogue has two.
    """
    ids, people, others = [], [], []
    for row, group in enumerate(references):
        several = [] if isinstance(group, str) else list(group)
        for i in range(len(several) if len(several) > 1 else 0):
            ids.append(row)
            people.append(several[i])
            others.append(several[:i] + several[i + 1 :])
    if not ids:
        raise LabError("no_references", _("people can be measured by people only where a dialogue has two references"))
    per_row = None if dialogues is None else [list(dialogues)[row] for row in ids]
    values = summary_values(people, others, per_row, multi, stemmer)
    kept = {name: by_dialogue(column, ids) for name, column in values.items() if metrics is None or name in metrics}
    return summarize(kept, seed, resamples, protocol(multi, stemmer))


def bounds(
    rows: Iterable[dict], train_summaries: Sequence[str], multi: str="mean", stemmer: bool=True, seed: int=0, *, resamples: int=RESAMPLES
) -> dict[str, Scores]:  # fmt: skip
    """Return the scores of ``lead`` (three turns), ``constant`` (one training summary) and, if possible, ``human``.

    ``labutils.evaluation.score_table`` makes one table of them, with a model's scores beside them.

    Args:
        rows: dialogues with columns dialogue and references (or summary): a list of dicts or a ``datasets.Dataset``.
        train_summaries: the train split's summaries: the constant is chosen there.

    Returns:
        ``human`` is missing where no dialogue has two references.
    """
    rows = list(rows)
    dialogues = [row["dialogue"] for row in rows]
    references = [list(row.get("references") or [row["summary"]]) for row in rows]
    score = functools.partial(score_summaries, multi=multi, stemmer=stemmer, seed=seed, resamples=resamples)
    outputs = {
        "lead": [lead(dialogue) for dialogue in dialogues],
        "constant": [constant_sentence(train_summaries, seed)] * len(rows),
    }
    scores = {name: score(texts, references, dialogues) for name, texts in outputs.items()}
    if any(len(group) > 1 for group in references):
        scores["human"] = human_scores(references, dialogues, multi, stemmer, seed, resamples=resamples)
    return scores


def _mean_rouge1(candidates: list[Counter], references: list[Counter]) -> np.ndarray:
    """Return each candidate's mean ROUGE-1 F-measure, 2 * shared words / (length + length); shape (candidates,)."""
    row = {word: i for i, word in enumerate(dict.fromkeys(word for bag in candidates for word in bag))}
    counts = np.zeros((len(row) + 1, len(references)), dtype=np.int16)  # how often each word stands in each text
    for text, bag in enumerate(references):
        counts[[row.get(word, -1) for word in bag], text] = list(bag.values())
    lengths = np.array([bag.total() for bag in references])
    means = np.zeros(len(candidates))
    for i, bag in enumerate(candidates):
        column = np.array(list(bag.values()), dtype=np.int16)[:, None]
        shared = np.minimum(counts[[row[word] for word in bag]], column).sum(axis=0, dtype=np.int32) if bag else 0
        means[i] = (2 * shared / np.maximum(lengths + bag.total(), 1)).mean()
    return means
