"""Rows of the shipped task suite: the train splits of what is taught, in every phrasing but the last."""

import json
from random import Random
from typing import Any

from labutils import prompts, tasks
from labutils.machine import paths
from makers.pocket.recipe.copying import Pair

Kinded = tuple[str, str, str]  # prompt, target, kind
TAUGHT_SUITE = ("code", "entities", "intent", "questions", "reply", "topic")
# What the labs teach, so that there is something to learn (opinions, reviews, summaries), or hold out (grammar).
HELD_OUT_SUITE = ("opinions", "sentiment", "rating", "describe_review", "write_review", "grammar", "summarize")
TARGET_CHARACTERS = 420  # longer targets are left out: a batch of equal rows would be mostly theirs
SUITE_SHOTS = 300  # rows with solved examples, of each task of the suite
SUITE_PASSES = 2  # how often each record comes in each phrasing: a task's thousand records are too few for one pass


def suite_records(name: str) -> list[dict[str, Any]]:
    """All train records of a task of the suite, plain and rich alike: load_task may give those of one register only."""
    path = paths.data_dir() / "tasks" / tasks.SUITE[name].folder / "train.jsonl"
    return [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line.strip()]


def suite_rows(generator: Random, scale: float) -> list[Kinded]:
    """The train splits of what is taught, every record in every template but one -> [(prompt, target, kind)].

    The last template of a task stays a phrasing that the model never saw, to be tested with.
    """
    rows = []
    for name in TAUGHT_SUITE:
        templates = tasks.load_task(name).templates[:-1]
        records = [row for row in suite_records(name) if len(prompts.render(templates[0], row)[1]) <= TARGET_CHARACTERS]
        records = records[: max(int(len(records) * scale), 4)]
        once: list[Kinded] = [
            (*prompts.render(template, row), f"suite/{name}") for row in records for template in templates
        ]
        rows += once * SUITE_PASSES
        rows += [
            (*suite_shots(generator, generator.choice(templates), records), "suite/shots")
            for _ in range(max(int(SUITE_SHOTS * scale), 2))
        ]
    return rows


def suite_shots(
    generator: Random, template: prompts.Template, records: list[dict[str, Any]], most_characters: int = 1500
) -> Pair:
    """(prompt, target) of one record after one to four others with their answers, as few_shot lays them out."""
    record, *others = generator.sample(records, min(len(records), generator.randint(2, 5)))
    while others and len(prompts.few_shot(template, others, record)[0]) > most_characters:
        others.pop()
    return prompts.few_shot(template, others, record)
