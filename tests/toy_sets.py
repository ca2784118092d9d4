"""Small sets of nonsense records that pass the checks, and what writes them: for the tests of makers.records."""

import json
import random

# Nonsense words make long texts that share nothing; the frame around them is what the checks read.
SYLLABLES = [a + b for a in "bdfgklmnprstvz" for b in ("a", "e", "i", "o", "u", "an", "el", "or")]


def nonsense(rng, count):
    return " ".join("".join(rng.choices(SYLLABLES, k=rng.choice((2, 3)))) for _ in range(count))


def change_line(path, line, **fields):
    """Change fields of one record of a file, counted from 1: to a value, a function of the record, or None (none)."""
    rows = [json.loads(row) for row in path.read_text(encoding="utf-8").splitlines()]
    for field, value in fields.items():
        rows[line - 1][field] = value(rows[line - 1]) if callable(value) else value
    write(path, [{k: v for k, v in row.items() if v is not None} for row in rows])


def write(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


SIZES = {"train": 40, "validation": 8, "test": 8}
AGENT = ", and we close at six, Mr Okafor, so your order waits here"


def text(seed, count):
    return nonsense(random.Random(seed), count)


def review(seed, number):
    body = f"The handle broke on day 3, {text(seed, 14)}."
    return {
        "product": "steel pan",
        "stars": 1 + number % 5,
        "title": text(f"t{seed}", 3),
        "body": f"{text(f'o{seed}', 2)} {body}",
        "description": f"{text(f'd{seed}', 8)} after day 3.",
        "hard": False,
    }


def entities(seed, _number):
    first, second = text(f"a{seed}", 1).title(), text(f"b{seed}", 1).title()
    return {
        "text": f"{text(seed, 6)}, said {first} Moor to {second} at {first}.",
        "entities": f"person: {first} Moor; pet: {second}; place: {first}",
        "register": "rich",
    }


def question(seed, _number):
    passage = text(seed, 40)
    return {
        "passage": passage,
        "question": f"{text(f'q{seed}', 4)}?",
        "answer": " ".join(passage.split()[5:7]),
        "register": "rich",
    }


def topic(seed, number):
    return {"text": text(seed, 15), "topic": ("sea", "sky")[number % 2], "register": "rich"}


def intent(seed, number):
    return {"message": text(seed, 15), "intent": ("ask", "tell")[number % 2], "register": "rich"}


def grammar(seed, _number):
    return {"wrong": f"{text(seed, 7)} go.", "right": f"{text(seed, 7)} goes."}


def code(seed, _number):
    name = text(seed, 1)
    return {
        "python": f"def {name}(a):\n    return a + 1",
        "javascript": f"function {name}(a) {{\n  return a + 1;\n}}",
        "inputs": [[1], [2], [3]],
    }


def opinion(seed, number):
    return {"product": text(f"p{seed}", 1), "text": text(seed, 9), "opinion": ("negative", "positive")[number % 2]}


MAKERS = {
    "opinions": opinion,
    "reviews": review,
    "entities": entities,
    "questions": question,
    "topic": topic,
    "intent": intent,
    "grammar": grammar,
    "code": code,
}


def dialogue(seed, split, number):
    turns = []
    for i in range(4):
        turns += [f"#Person1#: {text(f'{seed}c{i}', 9)}?"]
        turns += [f"#Person2#: {text(f'{seed}a{i}', 8)}{AGENT if i == 1 else ''}."]
    summary = f"#Person1# asks for {text(seed, 9)}."
    return {
        "id": f"{split}_{number}",
        "dialogue": "\n".join(turns),
        "topic": "x",
        "summary": summary,
        "references": [summary],
        "kind": "service",
        "request": "a b",
        "action": "c d",
        "register": "rich",
    }


def rows_of(data, name, split="train"):
    return [json.loads(row) for row in (data / "tasks" / name / f"{split}.jsonl").read_text("utf-8").splitlines()]
