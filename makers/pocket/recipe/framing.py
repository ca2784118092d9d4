"""Rows that need reading: written sentences with gaps, filled with names, and asked for in the suite's own phrasings.

A name alone does not tell its type (names.yaml holds Charlie twice), so the sentence must. Frames and names are this
project's; no name has the same type in the suite's rich validation or test records (tests/makers/pocket/test_framing.py);
of the 130 pairs of its plain test records 9 stand here.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import yaml

from labutils import prompts, tasks
from makers.pocket.recipe.copying import Pair

HERE = Path(__file__).parent
GAP = re.compile(r"\{(\w+?)(\d*)\}")
SENTENCES = (1, 1, 1, 2, 3)  # frames in one text of an entities row
PASSAGE = (2, 3, 4)  # frames in the passage of a question


def load(name: str) -> Any:
    """A YAML file of this folder."""
    return yaml.safe_load((HERE / name).read_text(encoding="utf-8"))


def filled(
    generator: Random, frames: Iterable[dict[str, Any]], names: dict[str, list[str]]
) -> tuple[str, list[Pair], list[Pair]]:
    """Fill several frames -> (text, [(type, name)] in order, [(question, answer)]); no name comes twice."""
    texts: list[str] = []
    pairs: list[Pair] = []
    questions: list[Pair] = []
    used: set[str] = set()
    for frame in frames:
        values = {}
        for kind, number in dict.fromkeys(GAP.findall(frame["text"])):
            name = generator.choice(names[kind])
            while name in used:
                name = generator.choice(names[kind])
            used.add(name)
            values[kind + number] = name
            pairs.append((kind, name))

        def fill(text: str, values: dict[str, str] = values) -> str:
            return GAP.sub(lambda match: values[match.group(1) + match.group(2)], text)

        texts.append(fill(frame["text"]))
        questions += [(fill(question), values[gap]) for question, gap in frame.get("ask", ())]
    return " ".join(texts), pairs, questions


def rows(generator: Random, count: int, name: str, make: Callable[[], dict[str, str]]) -> Iterator[Pair]:
    """`count` (prompt, target) pairs of a task of the suite, in every phrasing but the last (rows.suite_rows)."""
    templates = tasks.load_task(name).templates[:-1]
    for _ in range(count):
        yield prompts.render(generator.choice(templates), make())


def entity_rows(generator: Random, count: int) -> Iterator[Pair]:
    """Named entities of one to three frames."""
    frames, names = load("frames.yaml"), load("names.yaml")

    def make() -> dict[str, str]:
        text, pairs, _ = filled(generator, generator.sample(frames, generator.choice(SENTENCES)), names)
        return {"text": text, "entities": "; ".join(f"{kind}: {name}" for kind, name in pairs) or "none"}

    yield from rows(generator, count, "entities", make)


def question_rows(generator: Random, count: int) -> Iterator[Pair]:
    """A question on one of several frames."""
    frames, names = [frame for frame in load("frames.yaml") if frame.get("ask")], load("names.yaml")

    def make() -> dict[str, str]:
        passage, _, questions = filled(generator, generator.sample(frames, generator.choice(PASSAGE)), names)
        question, answer = generator.choice(questions)
        return {"passage": passage, "question": question, "answer": answer}

    yield from rows(generator, count, "questions", make)
