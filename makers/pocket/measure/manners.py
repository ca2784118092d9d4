"""How base and instruct behave: asked something, given unfinished text, asked for their name (without tags).

Replies are counted by the rule of lab 01 (labutils.evaluation.behaviour), on its prompts that stand in no training row. Unfinished
text is what reviews begin with, which neither model was tuned on; going on with it is counted only where it shows: the
output begins as the middle of a sentence does, so a continuation that begins with a name is missed.
"""

import numpy as np

from labutils import generation, tasks
from labutils.evaluation import behaviour
from labutils.evaluation.comparison import compare_values
from labutils.evaluation.intervals import wilson

ROOM, TEXTS = 48, 60
NAME = "pocket"
NAME_ASKED = ("identity_1", "identity_2")  # "What is your name?", taught in these words, and one in other words


def begun(text):
    """The first half of a text's words, cut in the middle of a sentence."""
    words = text.split()
    words = words[: len(words) // 2]
    while words and words[-1][-1] in ".!?":
        words.pop()
    return " ".join(words)


def goes_on(text, output):
    """Whether an output visibly continues a text: a mark or a small letter first, and neither a copy nor a loop."""
    if behaviour.behaviour(text, output) in ("repeats", "empty"):
        return False
    return bool(behaviour.MIDWAY.match(output)) or output[0].islower()


def asked(limit=None):
    """{what is put to a model: prompts}."""
    known = behaviour.load_prompts()
    plain = [row["prompt"] for row in known if row["kind"] in ("question", "request") and not row["seen"]]
    texts = [begun(row["body"]) for row in tasks.load_task("sentiment").test[: limit or TEXTS]]
    return {
        "questions": plain[:limit],
        "unfinished": texts,
        "name": [row["prompt"] for row in known if row["id"] in NAME_ASKED],
    }


def share(found):
    """[share, low, high] of yes among answers yes and no, 95 %."""
    hits, number = sum(found), len(found)
    return [round(part, 4) for part in (hits / number, *wilson(hits, number))]


def measure(loads, limit=None):
    """Put all prompts to each model; loads: {"base": .., "instruct": ..}, functions that load (model, tokenizer)."""
    put = asked(limit)
    prompts = [prompt for group in put.values() for prompt in group]
    said = {}
    for stage, load in loads.items():
        outputs = iter(generation.generate(*load(), prompts, max_new_tokens=ROOM))
        said[stage] = {name: [next(outputs) for _prompt in group] for name, group in put.items()}
    kinds = {
        stage: [behaviour.behaviour(*pair) for pair in zip(put["questions"], outputs["questions"], strict=True)]
        for stage, outputs in said.items()
    }
    replies = {stage: [kind in behaviour.REPLIES for kind in found] for stage, found in kinds.items()}
    shares = [np.asarray(replies[stage], dtype=float) for stage in ("instruct", "base")]
    more = compare_values(*shares, "replies", margin=None)
    return {
        "questions": {
            "rows": len(put["questions"]),
            "replies": {stage: share(found) for stage, found in replies.items()},
            "continues": {stage: share([kind == "continues" for kind in found]) for stage, found in kinds.items()},
            "replies_more": [round(part, 4) for part in (more.difference, *more.interval)],
            "verdict": more.code,
        },
        "unfinished": {
            "rows": len(put["unfinished"]),
            "goes_on": {
                stage: share([goes_on(*pair) for pair in zip(put["unfinished"], outputs["unfinished"], strict=True)])
                for stage, outputs in said.items()
            },
        },
        "name": {
            prompt: {stage: outputs["name"][place] for stage, outputs in said.items()}
            for place, prompt in enumerate(put["name"])
        },
    }
