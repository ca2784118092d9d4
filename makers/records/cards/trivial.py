"""What answers without any skill score on a set: what a model has to beat before its score says anything."""

from collections import Counter
from collections.abc import Callable

from labutils import tasks
from labutils.evaluation import bounds
from labutils.words import words

# What "copy the input" means, where it means something.
COPIED: dict[str, tuple[str, Callable[[dict], str]]] = {
    "describe_review": ("copy the body", lambda record: record["body"]),
    "write_review": ("copy the title", lambda record: record["title"]),
    "entities": ("copy the text", lambda record: record["text"]),
    "questions": ("copy the passage", lambda record: record["passage"]),
    "grammar": ("copy the wrong sentence", lambda record: record["wrong"]),
    "code": ("copy the Python", lambda record: record["python"]),
    "reply": ("copy the customer's last turn", lambda record: record["dialogue"].rpartition(": ")[2]),
}


def rows(folder: str) -> list[tuple[str, str, str, float]]:
    """Return (task, metric, answer, score on test) for each task that the folder's records give, and each register."""
    found = []
    for name, spec in tasks.SUITE.items():
        for register in _registers(folder) if spec.folder == folder else ():
            task = tasks.load_task(name, register or tasks.REGISTER)
            answers = {_constant_name(task): [_constant(task)] * len(task.test)}
            if name in COPIED:
                what, copy = COPIED[name]
                answers[what] = [copy(record) for record in task.test]
            for what, given in answers.items():
                score = float(task.values(given, task.test)[task.metric].mean())
                found.append((", ".join(filter(None, (name, register))), task.metric, what, score))
    return found


def _registers(folder: str) -> tuple[str, ...]:
    return tasks.REGISTERS if "register" in tasks.FIELDS[folder] else ("",)


def facts_rows(files: dict[str, list[dict]]) -> list[tuple[str, str, str, float]]:
    """Return the same for ``data/facts``: one answer for all, and what is found by shared words; see :func:`_nearest`."""
    return [*_asked(files), *faults_and_declines(files), *_asked(files, "plain_")]


def _asked(files: dict[str, list[dict]], prefix: str = "") -> list[tuple[str, str, str, float]]:
    train = [row for row in files[f"{prefix}questions"] if row["split"] == "train"]
    usual = Counter(row["answer"] for row in train).most_common(1)[0][0]
    documents = {row["id"]: set(words(f"{row['title']} {row['text']}")) for row in files[f"{prefix}documents"]}
    holders = Counter(word for found in documents.values() for word in found)
    found = []
    for split in ("train", "phrasing", "fact"):
        rows = [row for row in files[f"{prefix}questions"] if row["split"] == split]
        hits = [row["answer"] == usual for row in rows]
        found.append(
            (f"{prefix}questions, {split}", "accuracy", f"one answer for all ({usual})", sum(hits) / len(rows))
        )
        hits = [_nearest(row["question"], documents, holders) == row["document"] for row in rows]
        what = "the document that shares the rarest words is the right one"
        found.append((f"{prefix}questions, {split}", "accuracy", what, sum(hits) / len(rows)))
    return found


def faults_and_declines(files: dict[str, list[dict]]) -> list[tuple[str, str, str, float]]:
    """Return what the first fault of its product, the symptom of train with the rarest words, and one manner for all give."""
    train, test = ([row for row in files["faults"] if row["split"] == split] for split in ("train", "test"))
    known = {row["id"]: row for row in train}
    symptoms = {name: set(words(row["symptom"])) for name, row in known.items()}
    holders = Counter(word for found in symptoms.values() for word in found)
    first = {row["product"]: row["fault"] for row in reversed(train)}
    guesses = {
        f"one fault for all ({train[0]['fault']})": [train[0]["fault"]] * len(test),
        "the first fault of the product that is named in `product`": [first[row["product"]] for row in test],
        "the fault of the symptom in train that shares the rarest words":
            [known[_nearest(row["symptom"], symptoms, holders)]["fault"] for row in test],
    }  # fmt: skip
    scores = [
        ("faults, test", "accuracy", what, sum(guess == row["fault"] for guess, row in zip(given, test, strict=True)) / len(test))
        for what, given in guesses.items()
    ]  # fmt: skip
    # A declined question counts with the answerable ones of the facts: else declining everything would be perfect.
    declined = sum(row["split"] == "test" for row in files["declines"])
    others = sum(row["split"] != "train" for row in files["questions"])
    share = declined / (declined + others)
    what = "declines, test, among the questions of phrasing and fact"
    return [
        *scores,
        (what, "accuracy of declining", "always decline", share),
        (what, "accuracy of declining", "never decline", 1 - share),
    ]


def _nearest(question: str, documents: dict[str, set], holders: Counter) -> str:
    """Return the text whose words shared with the question weigh most; a word weighs one by the texts that hold it."""
    asked = set(words(question))
    return max(documents, key=lambda name: sum(1 / holders[word] for word in sorted(asked & documents[name])))


def _constant_name(task: tasks.Task) -> str:
    return "majority label" if task.labels else "one answer for all"


def _constant(task: tasks.Task) -> str:
    """Return the answer of train that is best for all of train: the most frequent, or the nearest to all by ROUGE-1."""
    if task.metric == "rouge1":
        return bounds.constant_sentence([task.target(record) for record in task.train])
    return task.most_frequent()
