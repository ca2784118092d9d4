"""How base and instruct behave: asked something, given unfinished text, asked for their name (without tags).

Replies are counted by the rule of lab 01 (labutils.evaluation.behaviour), on its prompts that stand in no training row.
Unfinished text is what reviews begin with, which neither model was tuned on. Going on with it is counted only where it
shows: the output begins as the middle of a sentence does, so a continuation that begins with a name is missed.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from labutils import generation, tasks
from labutils.evaluation import behaviour
from labutils.evaluation.comparison import compare_values
from makers.pocket.measure.models import Loader
from makers.pocket.measure.scoring import interval, rounded

ROOM, TEXTS = 48, 60  # tokens of an output; unfinished texts
NAME = "pocket"
NAME_PROMPTS = ("identity_1", "identity_2")  # "What is your name?", taught in these words, and one in other words
Outputs = dict[str, list[str]]  # kind of prompt: texts


def first_half(text: str) -> str:
    """Return the first half of a text's words, cut in the middle of a sentence."""
    words = text.split()
    words = words[: len(words) // 2]
    while words and words[-1][-1] in ".!?":
        words.pop()
    return " ".join(words)


def goes_on(text: str, output: str) -> bool:
    """Return whether an output visibly continues a text.

    It begins with a mark or a small letter, and is neither a copy of the text nor a loop.
    """
    if behaviour.behaviour(text, output) in ("repeats", "empty"):
        return False
    return bool(behaviour.MIDWAY.match(output)) or output[0].islower()


def load_prompts(limit: int | None = None) -> Outputs:
    """Return the prompts of each kind: questions, unfinished and name."""
    prompts = behaviour.load_prompts()
    unseen = [row["prompt"] for row in prompts if row["kind"] in ("question", "request") and not row["seen"]]
    texts = [first_half(row["body"]) for row in tasks.load_task("sentiment").test[: limit or TEXTS]]
    return {
        "questions": unseen[:limit],
        "unfinished": texts,
        "name": [row["prompt"] for row in prompts if row["id"] in NAME_PROMPTS],
    }


def outputs_of(load: Loader, prompts: Outputs) -> Outputs:
    """Return what a model writes to each prompt."""
    texts = [prompt for group in prompts.values() for prompt in group]
    outputs = iter(generation.generate(*load(), texts, max_new_tokens=ROOM))
    return {kind: [next(outputs) for _prompt in group] for kind, group in prompts.items()}


def share(hits: Sequence[bool]) -> list[float]:
    """Return [share, low, high] of the hits, 95 %."""
    return interval(np.asarray(hits, dtype=float))


def measure(loaders: Mapping[str, Loader], limit: int | None = None) -> dict[str, Any]:
    """Put all prompts to each model, {"base": .., "instruct": ..}; return the section ``manners`` of results.json."""
    prompts = load_prompts(limit)
    outputs = {stage: outputs_of(load, prompts) for stage, load in loaders.items()}
    return {
        "questions": questions_part(prompts["questions"], {stage: o["questions"] for stage, o in outputs.items()}),
        "unfinished": {
            "rows": len(prompts["unfinished"]),
            "goes_on": {
                stage: share([goes_on(*pair) for pair in zip(prompts["unfinished"], o["unfinished"], strict=True)])
                for stage, o in outputs.items()
            },
        },
        "name": {
            prompt: {stage: o["name"][place] for stage, o in outputs.items()}
            for place, prompt in enumerate(prompts["name"])
        },
    }


def questions_part(prompts: Sequence[str], outputs: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """Return how often each model replies and how often it continues, and whether instruct replies more often."""
    kinds = {
        stage: [behaviour.behaviour(*pair) for pair in zip(prompts, texts, strict=True)]
        for stage, texts in outputs.items()
    }
    replies = {stage: [kind in behaviour.REPLIES for kind in row] for stage, row in kinds.items()}
    instruct, base = (np.asarray(replies[stage], dtype=float) for stage in ("instruct", "base"))
    more = compare_values(instruct, base, "replies", margin=None)
    return {
        "rows": len(prompts),
        "replies": {stage: share(hits) for stage, hits in replies.items()},
        "continues": {stage: share([kind == "continues" for kind in row]) for stage, row in kinds.items()},
        "replies_more": rounded(more.difference, *more.interval),
        "verdict": more.code,
    }
