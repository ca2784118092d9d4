"""The card on what base and instruct can do: scores with intervals, verdicts, manners and trials, from results.json."""

from collections.abc import Callable, Mapping
from typing import Any

from labutils.evaluation.intervals import wilson
from makers.pocket.card.tables import Interval, bounded, listed, number, signed, table
from makers.pocket.measure.manners import NAME
from makers.pocket.measure.models import STAGES

PAIRS = ("slots", "entities")  # of the corpus's suite; the others are accuracies
WAYS = {"generated": "written answers", "likelihood": "by likelihood over the labels"}  # of asking
Results = dict[str, Any]  # results.json


def accuracy_interval(accuracy: float | None, rows: int) -> Interval | None:
    """Return [accuracy, low, high] of an accuracy over so many rows, None without one."""
    return None if accuracy is None else (accuracy, *wilson(round(accuracy * rows), rows))


def score_table(results: Results) -> str:
    """Return a table of the scores of majority, base and instruct on the corpus's held-out rows."""
    suite, rows, intervals = results["suite"], results["suite_rows"], results.get("suite_intervals", {})

    def cell(who: str, name: str) -> str:
        score = suite.get(who, {}).get(name)
        if name in PAIRS:
            return bounded(intervals[who][name]) if name in intervals.get(who, {}) else number(score)
        return bounded(accuracy_interval(score, rows[name]))

    lines = [
        (
            name,
            count,
            "F1 of pairs" if name in PAIRS else "accuracy",
            *(cell(who, name) for who in ("majority", *STAGES)),
        )
        for name, count in rows.items()
    ]
    return table(("held-out task", "rows", "measure", "majority answer", *STAGES), lines)


def shipped_table(results: Results) -> str:
    """Return a table of the scores on the shipped suite's test sets, with intervals."""
    scores = results.get("shipped", {})
    columns = ("majority", *STAGES, "instruct, unseen phrasing", "majority, plain", "instruct, plain")
    rows = [(name, *(bounded(scores.get(who, {}).get(name)) for who in columns)) for name in scores.get("majority", {})]
    shown = [column.replace("majority", "most frequent answer") for column in columns]
    return table(("shipped task", *shown), rows)


# --- against the most frequent answer ------------------------------------------------------------------------------
def likelihood_table(results: Results) -> str:
    """Return a table of the accuracy by likelihood, of the tasks that have labels; "" where it was not measured."""
    against, majority = results.get("against", {}), results.get("shipped", {}).get("majority", {})
    if "instruct" not in against:
        return ""

    def cell(stage: str, name: str, key: str, form: Callable[[float], str] = number) -> str:
        scores = against.get(stage, {}).get(name, {}).get("likelihood")
        return bounded(scores and scores[key], form)

    rows = [
        (
            name,
            bounded(majority.get(name)),
            *(cell(stage, name, "score") for stage in STAGES),
            cell("instruct", name, "over_majority", signed),
        )
        for name, scores in against["instruct"].items()
        if "likelihood" in scores
    ]
    head = ("shipped task, by likelihood", "most frequent answer", *STAGES, "instruct over most frequent, paired")
    return table(head, rows)


def verdict_lines(results: Results) -> str:
    """Return on which tasks instruct beats the most frequent answer, by each way of asking, taught or not."""
    against = results.get("against", {}).get("instruct", {})
    taught = [name for name in against if name in results["taught"]]
    groups = {"Taught tasks": taught, "Others": [name for name in against if name not in taught]}
    lines = []
    for by, way in WAYS.items():
        for group, names in groups.items():
            scores = {name: against[name][by] for name in names if by in against[name]}
            if scores:
                lines.append(f"- {group}, {way}: instruct is {standing(scores)}.")
    return "\n".join(lines)


def standing(scores: Mapping[str, Mapping[str, Any]]) -> str:
    """Return "better than the most frequent answer on a, b; not shown to be on c (difference with interval)"."""
    ahead = [name for name, score in scores.items() if score["verdict"] == "better"]
    behind = [
        f"{name} ({bounded(score['over_majority'], signed)}{', worse' if score['verdict'] == 'worse' else ''})"
        for name, score in scores.items()
        if name not in ahead
    ]
    rest = f"; not shown to be on {listed(behind)}" if behind else ""
    return f"better than the most frequent answer (paired, 95 %) on {listed(ahead)}{rest}"


# --- manners -------------------------------------------------------------------------------------------------------
def manners_text(results: Results) -> str:
    """Return how both behave when asked, with unfinished text, asked for their name; "" where it was not measured."""
    manners = results.get("manners")
    if not manners:
        return ""
    questions, unfinished, names = manners["questions"], manners["unfinished"], manners["name"]
    rows = [
        (f"{questions['rows']} questions and requests", "replies", *cells(questions["replies"])),
        ("the same", "goes on with the text", *cells(questions["continues"])),
        (f"{unfinished['rows']} unfinished texts", "visibly goes on with the text", *cells(unfinished["goes_on"])),
    ]
    for prompt, outputs in names.items():
        rows.append(("asked for its name", cell_text(prompt), *(cell_text(outputs[stage]) for stage in STAGES)))
    verdicts = {"better": "Instruct replies more often than base", "worse": "Instruct replies less often than base"}
    verdict = verdicts.get(questions["verdict"], "That instruct replies more often than base is not shown")
    difference = bounded(questions["replies_more"], signed)
    behaviour = table(("put to the model, without tags", "what it does", *STAGES), rows)
    return f"{behaviour}\n\n{verdict}: {difference} (paired, 95 %). {name_words(names)}"


def name_words(outputs: Mapping[str, Mapping[str, str]]) -> str:
    """Return to how many prompts for its name each model gives it; ``outputs``: {prompt: {stage: output}}."""
    counts = {stage: sum(NAME in row[stage].lower() for row in outputs.values()) for stage in STAGES}
    parts = [f"{stage} gives it to {count} of {len(outputs)} prompts" for stage, count in counts.items()]
    return f"Asked for its name, {', '.join(parts)}."


def cells(shares: Mapping[str, Interval]) -> list[str]:
    """Return both models' shares with intervals."""
    return [bounded(shares.get(stage)) for stage in STAGES]


def cell_text(text: str) -> str:
    """Return what a model wrote, as text of one table cell."""
    return " ".join(text.replace("|", "/").replace("<", "&lt;").split()) or "(nothing)"


# --- trials --------------------------------------------------------------------------------------------------------
def trial_lines(results: Results) -> str:
    """Return sentences on the two fine-tuning trials, from the figures."""
    lines = []
    if "sentiment" in results:
        trial = results["sentiment"]
        before, after, majority = (
            bounded(accuracy_interval(trial[key], trial["test_rows"])) for key in ("before", "after", "majority")
        )
        lines.append(
            f"- Sentiment of one-line pros and cons ({trial['test_rows']} test rows; never trained with labels): "
            f"{before} before, {after} after full fine-tuning on {trial['examples']} rows ({trial['epochs']} epochs, "
            f"lr {trial['lr']}, {trial['train_s']} s); majority {majority}."
        )
    if "summaries" in results:
        trial = results["summaries"]
        before, after, gain = bounded(trial["before"]), bounded(trial["after"]), bounded(trial["gain"], signed)
        lines.append(
            f"- Shipped dialogues ({trial['test_dialogues']} test dialogues): ROUGE-1 {before} before, {after} after "
            f"{trial['examples']} dialogues, {trial['epochs']} epochs, lr {trial['lr']}; paired gain {gain}."
        )
    return "\n".join(lines) or "- not yet run"
