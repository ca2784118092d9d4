"""Scores on the data that this project ships: the task suite's test sets, and summaries after a little training."""

from labutils import forgetting, generation, tasks
from labutils.dialogues.loading import load_dialogues
from labutils.evaluation import comparison
from makers.pocket.measure.tuning import facts_of, fine_tune
from makers.pocket.recipe.rows import HELD_OUT_SUITE

ALSO = ("grammar",)  # held out, and of interest; what the labs teach (reviews, summaries) has trials of its own
BATCH = 32


def names():
    """Names of the suite's tasks that are scored."""
    return [name for name in tasks.names() if name not in HELD_OUT_SUITE] + list(ALSO)


def score(task, predictions):
    """[value, low, high] of a task's main metric on the first test records, 95 % interval."""
    found = task.score(predictions)[task.metric]
    return [round(part, 4) for part in (found.value, found.low, found.high)]


def suite_scores(model, tokenizer, limit=None, template=0):
    """{task: [value, low, high]} of one model's greedy answers, asked in the phrasing number `template`."""
    scores = {}
    for name in names():
        task = tasks.load_task(name)
        prompts = [task.prompt(record, template) for record in task.test[:limit]]
        answers = generation.generate(model, tokenizer, prompts, max_new_tokens=task.max_new_tokens, batch_size=BATCH)
        scores[name] = score(task, answers)
    return scores


def majority_scores(limit=None):
    """{task: [value, low, high]} of always giving the most frequent training answer."""
    scores = {}
    for name in names():
        task = tasks.load_task(name)
        scores[name] = score(task, [task.most_frequent()] * len(task.test[:limit]))
    return scores


def against_majority(model, tokenizer, limit=None):
    """{task: {way of asking: score with interval, paired difference to the most frequent answer, verdict}}.

    Asked for the likeliest label, tasks with labels only; asked to write, all of them.
    """
    found = {}
    for by in (forgetting.GENERATED, forgetting.LIKELIHOOD):
        asked = [tasks.load_task(name).take(test=limit) for name in names()]
        matrix = forgetting.Matrix(asked, by=by, batch_size=BATCH).add("model", model, tokenizer)
        for name, task in matrix.tasks.items():
            own = matrix[name, "model"]
            over = comparison.compare_values(own.values, forgetting.majority(task).values, task.metric, margin=None)
            found.setdefault(name, {})[by] = {
                "score": [round(part, 4) for part in (own.score.value, own.score.low, own.score.high)],
                "over_majority": [round(part, 4) for part in (over.difference, *over.interval)],
                "verdict": over.code,
            }
    return found


def dialogues_trial(load, examples, *, epochs=3, lr=1e-3, seed=0, tests=None):
    """Tune on the first shipped dialogues, summarize the test dialogues -> scores before, after, their difference."""
    task = tasks.summarization(load_dialogues("pocket-rich")).take(train=examples, test=tests)
    model, tokenizer = load()
    prompts, references = [task.prompt(row) for row in task.test], [row["references"] for row in task.test]

    def answers():
        return generation.generate(model, tokenizer, prompts, max_new_tokens=task.max_new_tokens, batch_size=BATCH)

    before = answers()
    rows = [(task.prompt(row), task.target(row)) for row in task.train]
    seconds = fine_tune(model, tokenizer, rows, epochs=epochs, lr=lr, seed=seed)
    after = answers()
    gain = comparison.compare(after, before, references, seed=seed)
    return {
        **facts_of(rows, seconds, epochs=epochs, lr=lr, seed=seed),
        "test_dialogues": len(prompts),
        "before": score(task, before),
        "after": score(task, after),
        "gain": [round(part, 4) for part in (gain.difference, *gain.interval)],
    }
