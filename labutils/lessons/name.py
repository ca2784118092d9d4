"""Lab 00's first training: forty lines about the learner's name, and the questions that show what they taught."""

import re
from collections.abc import Callable, Sequence

from labutils.evaluation import metrics
from labutils.prompts import Template
from labutils.tasks import Task

ROOM = 16  # tokens of an answer
YOURS = "your name, in other words"
QUESTIONS = {  # asked before and after; no training has them
    YOURS: (
        "What name do I have?", "Can you tell me what I am called?", "What is my first name?", "How should you call me?",
        "What do people call me?", "Which name is mine?",
    ),
    "another name": (
        "What is my dog's name?", "What is my cat's name?", "What is my mother's name?", "Who is my best friend?",
        "What is my teacher called?", "What is the name of my street?", "What is your name?", "Who are you?",
    ),
    "something else": (
        "Where do I live?", "How old am I?", "What is my favourite colour?", "What is the capital of France?",
        "How many legs does a dog have?", "What do you think of Mars?", "Tell me how to train my dog to sit.",
        "Why do leaves fall in autumn?",
    ),
}  # fmt: skip
ASKED = tuple(question for questions in QUESTIONS.values() for question in questions)


def as_task(lines: Sequence[tuple[str, str]]) -> Task:
    """Return (question, answer) pairs as a task; every tenth pair is also what its training validates on."""
    rows = [{"id": f"train_{i}", "question": asked, "answer": said} for i, (asked, said) in enumerate(lines)]
    template = Template("ask", "name", "{{ question }}", "{{ answer }}")

    def measure(predictions: list[str], records: list[dict]) -> dict:
        return {"accuracy": metrics.accuracy_values(predictions, [row["answer"] for row in records])}

    return Task("name", rows, rows[::10], rows[::10], [template], measure, "accuracy", max_new_tokens=ROOM)


def says(answer: str, name: str) -> bool:
    """Whether an answer holds the name, as a word of its own, in upper or lower case."""
    return re.search(rf"(?<!\w){re.escape(name.strip())}(?!\w)", answer, re.IGNORECASE) is not None


def ask(answerer: Callable[..., list[str]]) -> dict[str, dict[str, str]]:
    """Return kind -> {question: answer} of a model that is called as :class:`labutils.ModelRunner` is."""
    said = dict(zip(ASKED, answerer(list(ASKED), max_new_tokens=ROOM), strict=True))
    return {kind: {question: said[question] for question in questions} for kind, questions in QUESTIONS.items()}


def count(answers: dict[str, dict[str, str]], name: str) -> dict[str, int]:
    """Return kind -> how many of its answers hold the name."""
    return {kind: sum(says(answer, name) for answer in said.values()) for kind, said in answers.items()}


def leaked(counts: dict[str, int]) -> int:
    """Return how many questions that do not ask for the learner's name were answered with it."""
    return sum(number for kind, number in counts.items() if kind != YOURS)
