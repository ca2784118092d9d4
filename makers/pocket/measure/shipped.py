"""Scores on the test sets of the shipped task suite."""

from typing import Any

from labutils import forgetting, tasks
from labutils.evaluation.comparison import compare_values
from labutils.interfaces import Model, Tokenizer
from makers.pocket.measure.scoring import BATCH, interval, rounded
from makers.pocket.measure.trials import values_of
from makers.pocket.recipe.rows import HELD_OUT_SUITE

ALSO = ("grammar",)  # held out, and of interest; what the labs teach (reviews, summaries) has trials of its own


def names() -> list[str]:
    """Return the names of the suite's tasks that are scored."""
    return [name for name in tasks.names() if name not in HELD_OUT_SUITE] + list(ALSO)


def suite_scores(
    model: Model,
    tokenizer: Tokenizer,
    limit: int | None = None,
    template: int = 0,
    register: str = "all",
) -> dict[str, list[float]]:
    """Return {task: [value, low, high]} of one model's greedy answers, asked in the phrasing number ``template``."""
    scores = {}
    for name in names():
        task = tasks.load_task(name, register).take(test=limit)
        scores[name] = interval(values_of(model, tokenizer, task, task.test, template), task.metric)
    return scores


def majority_scores(limit: int | None = None, register: str = "all") -> dict[str, list[float]]:
    """Return {task: [value, low, high]} of always giving the most frequent training answer."""
    scores = {}
    for name in names():
        task = tasks.load_task(name, register).take(test=limit)
        scores[name] = interval(forgetting.majority(task).values, task.metric)
    return scores


def against_majority(
    model: Model, tokenizer: Tokenizer, limit: int | None = None
) -> dict[str, dict[str, dict[str, Any]]]:
    """Return {task: {way of asking: score with interval, paired difference to the most frequent answer, verdict}}.

    Asked for the likeliest label, tasks with labels only; asked to write, all of them.
    """
    results: dict[str, dict[str, dict[str, Any]]] = {}
    for by in (forgetting.GENERATED, forgetting.LIKELIHOOD):
        suite = [tasks.load_task(name, "all").take(test=limit) for name in names()]
        matrix = forgetting.Matrix(suite, by=by, batch_size=BATCH).add("model", model, tokenizer)
        for name, task in matrix.tasks.items():
            answers = matrix[name, "model"]
            over = compare_values(answers.values, forgetting.majority(task).values, task.metric, margin=None)
            results.setdefault(name, {})[by] = {
                "score": rounded(answers.score.value, answers.score.low, answers.score.high),
                "over_majority": rounded(over.difference, *over.interval),
                "verdict": over.code,
            }
    return results
