"""What answers without any skill score on a set: what a model has to beat before its score says anything."""

from collections import Counter
from collections.abc import Callable, Mapping

from labutils import tasks
from labutils.evaluation import bounds
from labutils.words import words
from makers.records.cards.figures import Rows

Score = tuple[str, str, str, float]  # task, metric, answer, score

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


def rows(folder: str) -> list[Score]:
    """Return the scores on test for each task that the folder's records give, and each register."""
    scores: list[Score] = []
    for name, spec in tasks.SUITE.items():
        for register in _registers(folder) if spec.folder == folder else ():
            task = tasks.load_task(name, register or tasks.REGISTER)
            answers = {_constant_name(task): [_constant(task)] * len(task.test)}
            if name in COPIED:
                what, copy = COPIED[name]
                answers[what] = [copy(record) for record in task.test]
            for what, predictions in answers.items():
                values = task.values(predictions, task.test)[task.metric]
                scores.append((", ".join(filter(None, (name, register))), task.metric, what, float(values.mean())))
    return scores


def _registers(folder: str) -> tuple[str, ...]:
    return tasks.REGISTERS if "register" in tasks.FIELDS[folder] else ("",)


def facts_rows(files: Rows) -> list[Score]:
    """Return the same for ``data/facts``: one answer for all, and the document nearest by its words (_nearest)."""
    return [*_questions(files), *faults_and_declines(files), *_questions(files, "plain_")]


def _questions(files: Rows, prefix: str = "") -> list[Score]:
    train = [row for row in files[f"{prefix}questions"] if row["split"] == "train"]
    usual = Counter(row["answer"] for row in train).most_common(1)[0][0]
    documents = {row["id"]: set(words(f"{row['title']} {row['text']}")) for row in files[f"{prefix}documents"]}
    holders = Counter(word for bag in documents.values() for word in bag)
    scores: list[Score] = []
    for split in ("train", "phrasing", "fact"):
        name, rows = (
            f"{prefix}questions, {split}",
            [row for row in files[f"{prefix}questions"] if row["split"] == split],
        )
        hits = [row["answer"] == usual for row in rows]
        scores.append((name, "accuracy", f"one answer for all ({usual})", sum(hits) / len(rows)))
        hits = [_nearest(row["question"], documents, holders) == row["document"] for row in rows]
        what = "the document that shares the rarest words is the right one"
        scores.append((name, "accuracy", what, sum(hits) / len(rows)))
    return scores


def faults_and_declines(files: Rows) -> list[Score]:
    """Return the scores of guesses at the faults, and of declining always or never."""
    train, test = ([row for row in files["faults"] if row["split"] == split] for split in ("train", "test"))
    faults = {row["id"]: row["fault"] for row in train}
    symptoms = {row["id"]: set(words(row["symptom"])) for row in train}
    holders = Counter(word for bag in symptoms.values() for word in bag)
    first = {row["product"]: row["fault"] for row in reversed(train)}
    guesses = {
        f"one fault for all ({train[0]['fault']})": [train[0]["fault"]] * len(test),
        "the first fault of the product that is named in `product`": [first[row["product"]] for row in test],
        "the fault of the symptom in train that shares the rarest words": [
            faults[_nearest(row["symptom"], symptoms, holders)] for row in test
        ],
    }
    scores: list[Score] = []
    for what, predictions in guesses.items():
        hits = sum(guess == row["fault"] for guess, row in zip(predictions, test, strict=True))
        scores.append(("faults, test", "accuracy", what, hits / len(test)))
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


def _nearest(question: str, documents: Mapping[str, set[str]], holders: Counter[str]) -> str:
    """Return the text whose words shared with the question weigh most; a word weighs one by the texts that hold it."""
    bag = set(words(question))
    return max(documents, key=lambda name: sum(1 / holders[word] for word in sorted(bag & documents[name])))


def _constant_name(task: tasks.Task) -> str:
    return "majority label" if task.labels else "one answer for all"


def _constant(task: tasks.Task) -> str:
    """Return the answer of train that is best for all of train: the most frequent, or the nearest to all by ROUGE-1."""
    if task.metric == "rouge1":
        return bounds.constant_sentence([task.target(record) for record in task.train])
    return task.most_frequent()
