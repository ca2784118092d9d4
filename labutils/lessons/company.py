"""Lab 08's company: its documents and questions, what counts as a right answer, and the prompts that are asked."""

import json
import random
import re
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from labutils import prompts
from labutils.errors import LabError
from labutils.evaluation import metrics
from labutils.i18n import _
from labutils.machine import paths
from labutils.prompts import Template
from labutils.retrieval import Retriever
from labutils.tasks import Task
from labutils.words import normalize, words

Row = Mapping[str, Any]
FACTS = "facts"
ROOM = 16  # tokens of an answer
ASKING = "questions_exam"  # of the phrasings that the model was taught, the best on the training questions
SMALL = frozenset("a an the at in on after for to about of with from under".split())  # words that may stand before
NUMBERS = frozenset(
    "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen "
    "nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred thousand half".split()
)


def load(name: str) -> list[dict[str, Any]]:
    """Return the records of ``data/facts/<name>.jsonl``: plain_documents, plain_questions, declines ...

    Raises:
        LabError: code ``"file"``: there is no such file.
    """
    path = paths.data_dir() / FACTS / f"{name}.jsonl"
    if not path.is_file():
        text = _("there are no facts named {name!r}; there are: {names}")
        there = ", ".join(sorted(file.stem for file in path.parent.glob("*.jsonl")))
        raise LabError("file", text.format(name=name, names=there))
    return [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line.strip()]


def training_job(length: str, number: int) -> tuple[list[dict[str, Any]], Callable[[Row], list[Row]]]:
    """Return the first training questions about the short or the long documents, and what gives each its own document.

    Args:
        length: ``"short"`` or ``"long"``.  number: of questions, at most.
    """
    prefix = {"short": "plain_", "long": ""}[length]
    by_id = {document["id"]: document for document in load(f"{prefix}documents")}
    rows = [row for row in load(f"{prefix}questions") if row["split"] == "train"][:number]
    return rows, lambda row: [by_id[row["document"]]]


def is_amount(answer: str) -> bool:
    """Whether an answer is an amount: a price, a number of things, a time, a size, a date in digits."""
    return any(word.isdigit() or word in NUMBERS for word in words(answer))


def first_amount(text: str) -> str:
    """Return the first amount in a text with the word after it, "" where there is none: an answer without any reading."""
    said = text.split()
    places = [i for i, word in enumerate(said) if is_amount(word)]
    return " ".join(said[places[0] : places[0] + 2]) if places else ""


def essence(answer: str, question: str) -> str:
    """Return what is compared of an answer: its words without small ones in front, and without words of the question.

    To "How many bottles does it hold?", "twelve" is as right as "twelve bottles". To "How long does it ring?", "three" is
    not as right as "three minutes". Where nothing would be left, the words stay.
    """
    said = normalize(answer).split()
    while len(said) > 1 and said[0] in SMALL:
        said = said[1:]
    asked = set(words(question))
    return " ".join([word for word in said if word not in asked] or said)


def right(answers: Sequence[str], rows: Sequence[Row]) -> np.ndarray:
    """Return 1.0 where an answer is right and 0.0 where it is not, shape (n,); rows hold ``question`` and ``answer``.

    Right means: exactly the same :func:`essence`.
    """
    metrics.same_length(answers, rows, "answers", "questions")
    pairs = zip(answers, rows, strict=True)
    return np.array(
        [essence(said, row["question"]) == essence(row["answer"], row["question"]) for said, row in pairs], dtype=float
    )


def invented(answers: Sequence[str], rows: Sequence[Row], documents: Sequence[Row]) -> np.ndarray:
    """Return 1.0 where an answer is wrong and does not stand in the question's own document, shape (n,)."""
    texts = {document["id"]: document["text"].lower() for document in documents}
    wrong = 1 - right(answers, rows)

    def stands(said: str, row: Row) -> bool:
        return re.search(rf"(?<!\w){re.escape(normalize(said))}(?!\w)", texts[row["document"]]) is not None

    return np.array(
        [float(bool(fault) and not stands(said, row)) for said, row, fault in zip(answers, rows, wrong, strict=True)]
    )


def prompt(question: str, documents: Sequence[Row | str] = ()) -> str:
    """Return the prompt of a question: with documents the taught reading exercise, without any the question alone."""
    if not documents:
        return question
    passage = "\n\n".join(text if isinstance(text, str) else text["text"] for text in documents)
    [template] = [one for one in prompts.load_templates("questions") if one.id == ASKING]
    return prompts.render(template, {"passage": passage, "question": question, "answer": ""})[0]


def crowd(row: Row, retriever: Retriever, number: int, seed: int = 0, of: Sequence[Row] = ()) -> list[Row]:
    """Return a question's own document among others, ``number`` in all, in an order drawn by the seed and the question.

    Args:
        of: where the others are drawn from; else those of the firm's that the search ranks highest.
    """
    chance = random.Random(f"{seed} {row['id']}")
    own = next(document for document in retriever.documents if document["id"] == row["document"])
    alike = [document for document in retriever.search(row["question"], number + 1) if document is not own]
    texts = [*(chance.sample(list(of), number - 1) if of else alike[: number - 1]), own]
    return chance.sample(texts, len(texts))


def timed(request: Callable[[Row], object], rows: Sequence[Row], number: int) -> list[float]:
    """Return the seconds of ``number`` single requests, one after the other; one before them warms up."""
    request(rows[0])
    seconds = []
    for i in range(number):
        start = time.perf_counter()
        request(rows[i % len(rows)])
        seconds.append(time.perf_counter() - start)
    return seconds


def steadiness(answers: Sequence[str], ways: int = 10) -> np.ndarray:
    """Return for each question the share of its phrasings that get its commonest answer, shape (questions,).

    Args:
        answers: of the first question's phrasings, then of the second's ...  ways: phrasings of a question.
    """
    groups = [[normalize(said) for said in answers[i : i + ways]] for i in range(0, len(answers), ways)]
    return np.array([Counter(group).most_common(1)[0][1] / len(group) for group in groups])


def as_task(rows: Sequence[tuple[str, str]], name: str = "company") -> Task:
    """Return (prompt, answer) pairs as a task to train on; nothing is held back, and the last step is kept."""
    records = [{"id": f"train_{i}", "prompt": asked, "target": said} for i, (asked, said) in enumerate(rows)]
    template = Template("ask", name, "{{ prompt }}", "{{ target }}")

    def measure(predictions: list[str], tested: list[dict]) -> dict:
        return {"accuracy": metrics.accuracy_values(predictions, [row["target"] for row in tested])}

    return Task(name, records, [], records, [template], measure, "accuracy", max_new_tokens=ROOM)
