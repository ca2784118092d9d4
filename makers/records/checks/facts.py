"""The checks of ``data/facts``: a made-up company's documents, and the questions, faults and secrets on it."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from labutils.dialogues.records import Field
from labutils.i18n import _
from labutils.words import normalize
from makers.records.checks import common
from makers.records.checks.overlaps import near_duplicates
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
_TEXT, _BLANK = Field(), Field(blank=True)


@dataclass(frozen=True)
class Rules:
    """What the records of one file must keep; as in :class:`makers.records.checks.suite.Rules`."""

    prefix: str
    fields: Mapping[str, Field]
    sizes: Mapping[str, int]
    words: Mapping[str, tuple[int, int]]
    same: Sequence[str] = ()
    near: Mapping[str, float] = field(default_factory=dict)
    openings: Sequence[str] = ()
    one_of: Mapping[str, Sequence[str]] = field(default_factory=dict)
    whole: Sequence[Callable[[Files], Iterator[Problem]]] = ()


def look(folder: Path, rules_of: Mapping[str, Rules]) -> tuple[list[Entry], list[Problem]]:
    """Return the records of the files of ``rules_of`` and what is wrong with them, other data sets left aside.

    Codes: those of :class:`labutils.dialogues.records.DataError`, and ``unknown-field size id duplicate-id length characters
    duplicate near-duplicate opening label reference answer fact belief refusal fault secret``.
    """
    files, problems = {}, []
    for name, rules in rules_of.items():
        files[name], wrong = scan(folder / f"{name}.jsonl", rules.fields)
        problems += wrong
    for name, rules in rules_of.items():
        problems += _of_file(files[name], rules)
        for check in rules.whole:
            problems += check(files)
    return [entry for entries in files.values() for entry in entries], problems


def _of_file(entries: Sequence[Entry], rules: Rules) -> Iterator[Problem]:
    yield from common.check_fields(entries, rules.fields)
    yield from common.check_sizes(entries, rules.sizes, "split" if "split" in rules.fields else "id")
    yield from common.check_ids(entries, rules.prefix)
    yield from common.check_lengths(entries, rules.words)
    yield from common.check_characters(entries)
    for name in rules.same:
        yield from common.check_same(entries, name)
    for name, share in rules.near.items():
        yield from common.check_near(entries, name, share)
    for name in rules.openings:
        yield from common.check_openings(entries, name)
    for name, known in rules.one_of.items():
        yield from common.check_one_of(entries, name, known)


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
    asked: dict[tuple[str, str], str] = {}
    for entry in files["questions"]:
        if entry.split == "train":
            train.setdefault(entry.record["fact"], entry)
            asked.setdefault((entry.record["document"], normalize(entry.record["answer"])), entry.record["id"])
    for entry in files["questions"]:
        record, twin = entry.record, train.get(entry.record["fact"])
        if (entry.split == "phrasing") != bool(twin) and entry.split != "train":
            message = _("{fact} is asked by train") if twin else _("{fact} is not asked by train")
            yield entry.problem("fact", "fact", message.format(fact=record["fact"]))
        if (
            twin
            and entry.split == "phrasing"
            and near_duplicates([record["question"], twin.record["question"]], 3, 0.5)
        ):
            message = _("asks almost in the words of {id}").format(id=twin.record["id"])
            yield entry.problem("question", "near-duplicate", message)
        same = asked.get((record["document"], normalize(record["answer"])))
        if entry.split == "fact" and same and not twin:
            message = _("the same answer from the same document is in train: {id}").format(id=same)
            yield entry.problem("fact", "fact", message)
        for name in ("answer", "document", "belief") if twin else ():
            if record.get(name) != twin.record.get(name):
                message = _("differs from {id}, which asks the same fact").format(id=twin.record["id"])
                yield entry.problem(name, "fact", message)


def check_beliefs(files: Files) -> Iterator[Problem]:
    """A belief is another answer than the right one, and enough questions have one."""
    entries = files["questions"]
    for entry in entries:
        if entry.record["belief"] and normalize(entry.record["belief"]) == normalize(entry.record["answer"]):
            yield entry.problem("belief", "belief", _("is the answer"))
    held = sum(bool(entry.record["belief"]) for entry in entries)
    if entries and held < BELIEFS:
        message = _("{n} questions have one; {least} at least").format(n=held, least=BELIEFS)
        yield entries[-1].problem("belief", "size", message)


def check_phrasings(files: Files) -> Iterator[Problem]:
    """Ten ways to ask what train asks, none of them a question of ``questions``."""
    train = {entry.record["fact"]: entry.record for entry in files["questions"] if entry.split == "train"}
    taken = {normalize(entry.record["question"]): entry.record["id"] for entry in files["questions"]}
    for entry in files["phrasings"]:
        record, twin = entry.record, train.get(entry.record["fact"])
        if twin is None:
            yield entry.problem("fact", "fact", _("{fact} is not asked by train").format(fact=record["fact"]))
        for name in ("answer", "document") if twin else ():
            if record[name] != twin[name]:
                message = _("differs from {id}, which asks the same fact").format(id=twin["id"])
                yield entry.problem(name, "fact", message)
        asked = [normalize(question) for question in record["questions"]]
        if len(set(asked)) != PHRASINGS:
            message = _("{n} different ones; {wanted} are wanted").format(n=len(set(asked)), wanted=PHRASINGS)
            yield entry.problem("questions", "size", message)
        for question in asked:
            if question in taken:
                message = _("{question!r} is {id}").format(question=question, id=taken[question])
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
            message = _("{fault!r} has {counts}; {wanted} are wanted")
            message = message.format(fault=fault, counts=dict(counts), wanted=SYMPTOMS)
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
        for entries in files.values() for entry in entries for name, text in entry.texts() if isinstance(text, str)
    ]  # fmt: skip
    for entry in files["secrets"]:
        secret = entry.record["secret"]
        if not SECRET[0] <= len(secret) <= SECRET[1]:
            message = _("{n} characters; {least} to {most} are allowed")
            message = message.format(n=len(secret), least=SECRET[0], most=SECRET[1])
            yield entry.problem("secret", "length", message)
        if entry.record["text"].count(secret) != 1:
            yield entry.problem("text", "secret", _("must hold the secret once"))
        for other, name, text in texts:
            own = other is entry and name in ("secret", "text")
            if not own and secret.lower() in text:
                yield other.problem(name, "secret", _("holds {id}").format(id=entry.record["id"]))


def _fields(text: str, **more: Field) -> dict[str, Field]:
    return dict.fromkeys(text.split(), _TEXT) | more


FILES = {
    "documents": Rules(
        "doc", _fields("id kind title text"), {"": 60}, {"title": (1, 10), "text": (25, 80)},
        same=("text",), near={"text": 0.4}, openings=("text",), one_of={"kind": KINDS},
    ),
    "questions": Rules(
        "question",
        _fields("id split fact question answer document", belief=_BLANK),
        {"train": 100, "phrasing": 50, "fact": 50},
        {"question": (3, 25), "answer": (1, 6), "belief": (0, 6)},
        same=("question",),
        openings=("question",),
        one_of={"split": ("train", "phrasing", "fact")},
        whole=(check_answers, check_splits, check_beliefs),
    ),
    "phrasings": Rules(
        "phrasing", _fields("id fact answer document", questions=Field(list)), {"": 8},
        {"questions": (2, 45), "answer": (1, 6)}, whole=(check_phrasings,),
    ),
    "faults": Rules(
        "fault",
        _fields("id split fault symptom generic product"),
        {"train": 40, "test": 20},
        {"fault": (3, 8), "symptom": (8, 35), "generic": (8, 20)},
        same=("symptom",),
        near={"symptom": 0.3},
        openings=("symptom", "generic"),
        one_of={"split": ("train", "test"), "product": PRODUCTS},
        whole=(check_faults,),
    ),
    "declines": Rules(
        "decline", _fields("id split reason question answer"), {"train": 20, "test": 20}, {"question": (6, 25)},
        same=("question",), near={"question": 0.4}, openings=("question",), one_of={"split": ("train", "test"), "reason": REASONS},
        whole=(check_refusals,),
    ),
    "secrets": Rules(
        "secret", _fields("id prompt secret text"), {"": 10}, {"prompt": (4, 20), "text": (8, 40)},
        same=("text",), near={"text": 0.4}, whole=(check_secrets,),
    ),
}  # fmt: skip
