"""The card on what base and instruct can do: scores with intervals, verdicts, manners and trials, from results.json."""

from labutils.evaluation.intervals import wilson
from makers.pocket.card.tables import bounded, listed, number, signed, table
from makers.pocket.measure.manners import NAME

STAGES = ("base", "instruct")
PAIRS = ("slots", "entities")  # of the corpus's suite; the others are accuracies
ASKED = {"generated": "written answers", "likelihood": "by likelihood over the labels"}


def of_rows(accuracy, rows):
    """[accuracy, low, high] of an accuracy over so many rows, None without one."""
    return None if accuracy is None else (accuracy, *wilson(round(accuracy * rows), rows))


def score_table(results):
    """Scores of majority, base and instruct on the corpus's held-out rows, with intervals where there are some."""
    suite, rows, measured = results["suite"], results["suite_rows"], results.get("suite_intervals", {})

    def cell(who, name):
        score = suite.get(who, {}).get(name)
        if name in PAIRS:
            return bounded(measured[who][name]) if name in measured.get(who, {}) else number(score)
        return bounded(of_rows(score, rows[name]))

    return table(
        ("held-out task", "rows", "measure", "majority answer", *STAGES),
        [
            (name, rows[name], "F1 of pairs" if name in PAIRS else "accuracy")
            + tuple(cell(who, name) for who in ("majority", *STAGES))
            for name in rows
        ],
    )


def shipped_table(results):
    """Scores on the shipped suite's test sets, with intervals."""
    found = results.get("shipped", {})
    columns = ("majority", *STAGES, "instruct, unseen phrasing")
    rows = [(name, *(bounded(found.get(who, {}).get(name)) for who in columns)) for name in found.get("majority", {})]
    return table(("shipped task", "most frequent answer", *columns[1:]), rows)


# --- against the most frequent answer ------------------------------------------------------------------------------
def likelihood_table(results):
    """Accuracy by likelihood over the labels, of the tasks that have labels; nothing where it was not measured."""
    found, majority = results.get("against", {}), results.get("shipped", {}).get("majority", {})
    if "instruct" not in found:
        return ""

    def cell(stage, name, key, shown=number):
        asked = found.get(stage, {}).get(name, {}).get("likelihood")
        return bounded(asked and asked[key], shown)

    rows = [
        (
            name,
            bounded(majority.get(name)),
            *(cell(stage, name, "score") for stage in STAGES),
            cell("instruct", name, "over_majority", signed),
        )
        for name, ways in found["instruct"].items()
        if "likelihood" in ways
    ]
    head = ("shipped task, by likelihood", "most frequent answer", *STAGES, "instruct over most frequent, paired")
    return table(head, rows)


def verdict_lines(results):
    """On which tasks instruct beats the most frequent answer, by both ways of asking; taught tasks and others apart."""
    found = results.get("against", {}).get("instruct", {})
    lines = []
    for by, asked in ASKED.items():
        for what, names in (
            ("Taught tasks", [name for name in found if name in results["taught"]]),
            ("Others", [name for name in found if name not in results["taught"]]),
        ):
            scored = {name: found[name][by] for name in names if by in found[name]}
            if scored:
                lines.append(f"- {what}, {asked}: instruct is {standing(scored)}.")
    return "\n".join(lines)


def standing(scored):
    """ "better than the most frequent answer on a, b; not shown to be on c (difference with interval)": of these tasks."""
    ahead = [name for name, score in scored.items() if score["verdict"] == "better"]
    behind = [
        f"{name} ({bounded(score['over_majority'], signed)}{', worse' if score['verdict'] == 'worse' else ''})"
        for name, score in scored.items()
        if name not in ahead
    ]
    rest = f"; not shown to be on {listed(behind)}" if behind else ""
    return f"better than the most frequent answer (paired, 95 %) on {listed(ahead)}{rest}"


# --- manners -------------------------------------------------------------------------------------------------------
def manners_text(results):
    """How both behave when asked, with unfinished text and asked for their name; nothing where it was not measured."""
    found = results.get("manners")
    if not found:
        return ""
    questions, unfinished = found["questions"], found["unfinished"]
    rows = [
        (f"{questions['rows']} questions and requests", "replies", *cells(questions["replies"])),
        ("the same", "goes on with the text", *cells(questions["continues"])),
        (f"{unfinished['rows']} unfinished texts", "visibly goes on with the text", *cells(unfinished["goes_on"])),
    ]
    rows += [
        ("asked for its name", plain(prompt), *(plain(said[s]) for s in STAGES))
        for prompt, said in found["name"].items()
    ]
    unsure = "That instruct replies more often than base is not shown"
    often = {"better": "Instruct replies more often than base", "worse": "Instruct replies less often than base"}
    return (
        table(("put to the model, without tags", "what it does", *STAGES), rows)
        + f"\n\n{often.get(questions['verdict'], unsure)}: {bounded(questions['replies_more'], signed)} (paired, 95 %). "
        + name_words(found["name"])
    )


def name_words(asked):
    """To how many of the prompts that ask for its name each model gives it."""
    given = {stage: sum(NAME in said[stage].lower() for said in asked.values()) for stage in STAGES}
    return (
        "Asked for its name, "
        + ", ".join(f"{s} gives it to {n} of {len(asked)} prompts" for s, n in given.items())
        + "."
    )


def cells(shares):
    """Both models' shares with intervals."""
    return [bounded(shares.get(stage)) for stage in STAGES]


def plain(text):
    """What a model wrote, as text of one table cell."""
    return " ".join(text.replace("|", "/").replace("<", "&lt;").split()) or "(nothing)"


# --- trials --------------------------------------------------------------------------------------------------------
def trial_lines(results):
    """Sentences on the two fine-tuning trials, from the figures."""
    lines = []
    if "sentiment" in results:
        trial = results["sentiment"]
        before, after, majority = (
            bounded(of_rows(trial[key], trial["test_rows"])) for key in ("before", "after", "majority")
        )
        lines.append(
            f"- Sentiment of one-line pros and cons ({trial['test_rows']} test rows; never trained with labels): "
            f"{before} before, {after} after full fine-tuning on {trial['examples']} rows ({trial['epochs']} epochs, "
            f"lr {trial['lr']}, {trial['train_s']} s); majority {majority}."
        )
    if "summaries" in results:
        trial = results["summaries"]
        lines.append(
            f"- Shipped dialogues ({trial['test_dialogues']} test dialogues): ROUGE-1 {bounded(trial['before'])} before, "
            f"{bounded(trial['after'])} after {trial['examples']} dialogues, {trial['epochs']} epochs, lr {trial['lr']}; "
            f"paired gain {bounded(trial['gain'], signed)}."
        )
    return "\n".join(lines) or "- not yet run"
