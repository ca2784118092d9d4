"""The checks of ``data/facts``: a made-up company's documents, and the questions, faults and secrets on it."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from labutils.dialogues.records import Field
from labutils.i18n import _
from labutils.words import normalize
from makers.records.checks import common, rules
from makers.records.checks.overlaps import near_duplicates
from makers.records.checks.rules import Rules
from makers.records.problems import Entry, Problem, scan

PRODUCTS = "Heron Wren Bittern Plover Curlew Dunlin Teal Avocet Siskin Fulmar Grebe Linnet".split()
KINDS = ("product", "price", "policy", "hours", "company", "howto")
REASONS = ("private", "medical", "legal", "money", "danger", "outside")
REFUSAL = "I am sorry, but I cannot help with that here."
BELIEFS = 30  # questions whose answer contradicts common belief
SYMPTOMS = {"train": 2, "test": 1}  # of each fault
PHRASINGS = 10  # of one question
SECRET = (6, 20)  # characters
Files = Mapping[str, Sequence[Entry]]
Check = Callable[[Files], Iterator[Problem]]


def read_and_check(
    folder: Path, fields: Mapping[str, Mapping[str, Field]], files_rules: Mapping[str, Rules], checks: Sequence[Check]
) -> tuple[list[Entry], list[Problem]]:
    """Return the records of a folder's files and what is wrong with them, other data sets left aside.

    Args:
        fields, files_rules: of each file, as FIELDS and FILES; checks: of all files together, as FOLDER_CHECKS.

    Codes: those of :class:`labutils.dialogues.records.DataError`, and ``unknown-field size id duplicate-id length
    characters duplicate near-duplicate opening label reference answer fact belief refusal fault secret``.
    """
    files: dict[str, list[Entry]] = {}
    problems: list[Problem] = []
    for name, names in fields.items():
        files[name], unread = scan(folder / f"{name}.jsonl", names)
        problems += unread
    for name, entries in files.items():
        problems += rules.check(entries, files_rules[name], fields[name])
    for check in checks:
        problems += check(files)
    return [entry for entries in files.values() for entry in entries], problems


# --- questions -----------------------------------------------------------------------------------------------------
def check_answers(files: Files) -> Iterator[Problem]:
    """Every document that is named exists and holds the answer word for word."""
    documents = {entry.record["id"]: entry.record for entry in files["documents"]}
    for entry in (*files["questions"], *files["phrasings"]):
        document = documents.get(entry.record["document"])
        if document is None:
            message = _("there is no document {id}").format(id=entry.record["document"])
            yield entry.problem("document", "reference", message)
        elif not common.is_run(entry.record["answer"], document["text"]):
            message = _("{answer!r} does not stand in the text of {id}")
            yield entry.problem("answer", "answer", message.format(answer=entry.record["answer"], id=document["id"]))


def check_splits(files: Files) -> Iterator[Problem]:
    """``phrasing`` asks what train asks, in other words; ``fact`` asks what train does not; a fact has one answer."""
    train: dict[str, Entry] = {}
    answers: dict[tuple[str, str], str] = {}  # (document, answer): the question of train that has them
    for entry in files["questions"]:
        if entry.split == "train":
            train.setdefault(entry.record["fact"], entry)
            answers.setdefault(_answer(entry), entry.record["id"])
    for entry in files["questions"]:
        twin = train.get(entry.record["fact"])
        if (entry.split == "phrasing") != bool(twin) and entry.split != "train":
            message = _("{fact} is asked by train") if twin else _("{fact} is not asked by train")
            yield entry.problem("fact", "fact", message.format(fact=entry.record["fact"]))
        if twin:
            yield from _check_twin(entry, twin.record, ("answer", "document", "belief"))
        elif entry.split == "fact" and _answer(entry) in answers:
            message = _("the same answer from the same document is in train: {id}")
            yield entry.problem("fact", "fact", message.format(id=answers[_answer(entry)]))


def _answer(entry: Entry) -> tuple[str, str]:
    return entry.record["document"], normalize(entry.record["answer"])


def _check_twin(entry: Entry, twin: dict, fields: Sequence[str]) -> Iterator[Problem]:
    """A question and the one of train on the same fact are alike in ``fields``; a phrasing has other words."""
    if entry.split == "phrasing" and near_duplicates([entry.record["question"], twin["question"]], 3, 0.5):
        message = _("asks almost in the words of {id}").format(id=twin["id"])
        yield entry.problem("question", "near-duplicate", message)
    for name in fields:
        if entry.record.get(name) != twin.get(name):
            message = _("differs from {id}, which asks the same fact").format(id=twin["id"])
            yield entry.problem(name, "fact", message)


def check_beliefs(files: Files) -> Iterator[Problem]:
    """A belief is another answer than the right one, and enough questions have one."""
    entries = files["questions"]
    for entry in entries:
        if entry.record["belief"] and normalize(entry.record["belief"]) == normalize(entry.record["answer"]):
            yield entry.problem("belief", "belief", _("is the answer"))
    count = sum(bool(entry.record["belief"]) for entry in entries)
    if entries and count < BELIEFS:
        message = _("{n} questions have one; {least} at least").format(n=count, least=BELIEFS)
        yield entries[-1].problem("belief", "size", message)


def check_phrasings(files: Files) -> Iterator[Problem]:
    """Ten ways to ask what train asks, none of them a question of ``questions``."""
    train = {entry.record["fact"]: entry.record for entry in files["questions"] if entry.split == "train"}
    questions = {normalize(entry.record["question"]): entry.record["id"] for entry in files["questions"]}
    for entry in files["phrasings"]:
        record, twin = entry.record, train.get(entry.record["fact"])
        if twin is None:
            yield entry.problem("fact", "fact", _("{fact} is not asked by train").format(fact=record["fact"]))
        else:
            yield from _check_twin(entry, twin, ("answer", "document"))
        phrasings = [normalize(phrasing) for phrasing in record["questions"]]
        if len(set(phrasings)) != PHRASINGS:
            message = _("{n} different ones; {least} are needed").format(n=len(set(phrasings)), least=PHRASINGS)
            yield entry.problem("questions", "size", message)
        for phrasing in phrasings:
            if phrasing in questions:
                message = _("{question!r} is {id}").format(question=phrasing, id=questions[phrasing])
                yield entry.problem("questions", "duplicate", message)


# --- the other files -----------------------------------------------------------------------------------------------
def check_faults(files: Files) -> Iterator[Problem]:
    """Each fault has two symptoms to learn from and one to be tested on, and no symptom names it."""
    groups = defaultdict(list)
    for entry in files["faults"]:
        groups[entry.record["fault"]].append(entry)
        if common.is_run(entry.record["fault"].lower(), entry.record["symptom"].lower()):
            yield entry.problem("symptom", "fault", _("names the fault"))
    for fault, entries in groups.items():
        counts = Counter(entry.split for entry in entries)
        if counts != SYMPTOMS:
            message = _("{fault!r} has {counts}; it must have {symptoms}")
            message = message.format(fault=fault, counts=dict(counts), symptoms=SYMPTOMS)
            yield entries[-1].problem("fault", "fault", message)


def check_refusals(files: Files) -> Iterator[Problem]:
    """One sentence declines everything."""
    for entry in files["declines"]:
        if entry.record["answer"] != REFUSAL:
            yield entry.problem("answer", "refusal", _("is not the one sentence: {sentence}").format(sentence=REFUSAL))


def check_secrets(files: Files) -> Iterator[Problem]:
    """A secret stands in its own text once and nowhere else in the folder."""
    texts = [
        (entry, name, text.lower())
        for entries in files.values()
        for entry in entries
        for name, text in entry.texts()
        if isinstance(text, str)
    ]
    for entry in files["secrets"]:
        secret = entry.record["secret"]
        if not SECRET[0] <= len(secret) <= SECRET[1]:
            message = _("{n} characters; {least} to {most} are allowed")
            message = message.format(n=len(secret), least=SECRET[0], most=SECRET[1])
            yield entry.problem("secret", "length", message)
        if entry.record["text"].count(secret) != 1:
            yield entry.problem("text", "secret", _("must hold the secret once"))
        for other, name, text in texts:
            its_place = other is entry and name in ("secret", "text")
            if not its_place and secret.lower() in text:
                yield other.problem(name, "secret", _("holds {id}").format(id=entry.record["id"]))


FOLDER_CHECKS = (
    check_answers,
    check_splits,
    check_beliefs,
    check_phrasings,
    check_faults,
    check_refusals,
    check_secrets,
)


def _fields(names: str, **more: Field) -> dict[str, Field]:
    return dict.fromkeys(names.split(), Field()) | more


FIELDS = {
    "documents": _fields("id kind title text"),
    "questions": _fields("id split fact question answer document", belief=Field(blank=True)),
    "phrasings": _fields("id fact answer document", questions=Field(list)),
    "faults": _fields("id split fault symptom generic product"),
    "declines": _fields("id split reason question answer"),
    "secrets": _fields("id prompt secret text"),
}
FILES = {
    "documents": Rules(
        {"": 60},
        {"title": (1, 10), "text": (25, 80)},
        prefix="doc",
        same=(("text",),),
        near={"text": 0.4},
        openings=("text",),
        one_of={"kind": KINDS},
    ),
    "questions": Rules(
        {"train": 100, "phrasing": 50, "fact": 50},
        {"question": (3, 25), "answer": (1, 6), "belief": (0, 6)},
        prefix="question",
        same=(("question",),),
        openings=("question",),
        one_of={"split": ("train", "phrasing", "fact")},
    ),
    "phrasings": Rules({"": 8}, {"questions": (2, 45), "answer": (1, 6)}, prefix="phrasing"),
    "faults": Rules(
        {"train": 40, "test": 20},
        {"fault": (3, 8), "symptom": (8, 35), "generic": (8, 20)},
        prefix="fault",
        same=(("symptom",),),
        near={"symptom": 0.3},
        openings=("symptom", "generic"),
        one_of={"split": ("train", "test"), "product": PRODUCTS},
    ),
    "declines": Rules(
        {"train": 20, "test": 20},
        {"question": (6, 25)},
        prefix="decline",
        same=(("question",),),
        near={"question": 0.4},
        openings=("question",),
        one_of={"split": ("train", "test"), "reason": REASONS},
    ),
    "secrets": Rules(
        {"": 10},
        {"prompt": (4, 20), "text": (8, 40)},
        prefix="secret",
        same=(("text",),),
        near={"text": 0.4},
    ),
}
