"""The task ``reply``: the agent's next turn, cut from the rich service dialogues of the same split.

Who is the agent is read from the references, which say who asks and who helps, and from what only an agent says (a
title, "your booking", "we close at six"). Where that decides nothing, the dialogue gives no record.
"""

import random
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from labutils.dialogues.records import Field
from labutils.i18n import _
from labutils.machine import paths
from makers.records import jsonl
from makers.records.problems import SPLITS, Entry, Problem, scan

SEED = 0
SOURCE = {
    "id": Field(),
    "kind": Field(),
    "register": Field(),
    "dialogue": Field(),
    "references": Field(list),
    "summary": Field(),
}
WORDS = (5, 40)
ASKS = (
    "asks|wants|needs|wishes|complains|disputes|reports|objects|requests|seeks|protests|hopes|claims|questions|rings|"
    "would like|has lost|has not|is locked|is annoyed|is charged|was charged|missed|contests|queries"
)
HELPS = (
    "offers|arranges|suggests|promises|explains|advises|recommends|lends|agrees|refuses|waives|apologi[sz]es|allows|"
    "lets|insists|reserves|resends|refunds|will|books|sends|gives|tells|checks|extends|replaces|warns|grants|charges|"
    "unlocks|expects|prescribes|calls|moves|repairs|mends|admits|forbids|opens"
)
BETWEEN = r"(?:,[^,.;]{1,40},)?(?: \w+ly)?"
TITLE = re.compile(r"(?<!'s )(?<!'m )\b(?:Mr|Mrs|Ms|Miss|Dr)\b\.? [A-Z][\w-]+[.,?!]|\b(?:sir|madam|ma'am)\b")
COUNTER = re.compile(
    r"\b(?:may|could|can) I (?:have|see|take|ask)\b|\bI can (?:offer|give|put|send|book|move|let)\b|\bwhat name\b|"
    r"name is it under|(?:booking|order|account|customer|contract|policy) number|"
    r"\byour (?:order|booking|account|contract|reservation|policy|appointment)\b|"
    r"\bwe (?:can|have|don't|close|open)\b|\bwe've\b|\bwe're\b|\bour\b",
    re.I,
)
GOODBYE = re.compile(
    r"\b(?:bye|goodbye|good (?:night|luck|day)|see you|take care|have a (?:good|nice|lovely|safe)|"
    r"safe (?:journey|trip)|you're welcome|my pleasure|till (?:then|tomorrow)|until then)\b",
    re.I,
)


def agent(record: dict) -> str | None:
    """Return the speaker tag of the one who is asked, or None where the record does not show who that is."""
    requests = _requests(record, "#Person1#") - _requests(record, "#Person2#")
    marks = _agent_marks(record, "#Person2#") - _agent_marks(record, "#Person1#")
    if requests >= 0 and requests + marks >= 1:  # the first speaker is nearly always the customer: little is enough
        return "#Person2#"
    return "#Person1#" if requests < 0 and requests + marks <= -2 else None


def _requests(record: dict, tag: str) -> int:
    """Return how often the speaker ``tag`` asks in the references, less how often that speaker helps."""
    references = " ".join(record["references"])
    requests = re.findall(rf"{tag}{BETWEEN} (?:{ASKS})\b|{tag}'s \w+", references)
    return len(requests) - len(re.findall(rf"{tag}{BETWEEN} (?:{HELPS})\b", references))


def _agent_marks(record: dict, tag: str) -> int:
    """Return how many of an agent's ways of speaking ``tag`` has, 0 to 2: a title, the words of a counter."""
    text = "\n".join(text for speaker, text in turns(record["dialogue"]) if speaker == tag)
    return bool(TITLE.search(text)) + bool(COUNTER.search(text))


def turns(dialogue: str) -> list[tuple[str, str]]:
    """Return (speaker tag, text) of each turn."""
    parts = [line.partition(": ") for line in dialogue.split("\n")]
    return [(speaker, text) for speaker, colon, text in parts if colon]


def reply(record: dict, number: int, name: str) -> dict:
    """Return the record that turn ``number`` of a service dialogue gives."""
    lines = record["dialogue"].split("\n")
    before, answer = "\n".join(lines[:number]), lines[number].split(": ", 1)[1]
    return {"id": name, "dialogue": before, "reply": answer, "source": record["id"], "origin": "written"}


def candidates(record: dict) -> list[int]:
    """Return the agent's turns that may be asked for: not the first, of 5 to 40 words, not a goodbye."""
    tag = agent(record) if (record["kind"], record["register"]) == ("service", "rich") else None
    agent_turns = [(n, text) for n, (speaker, text) in enumerate(turns(record["dialogue"])) if speaker == tag]
    return [n for n, text in agent_turns[1:] if WORDS[0] <= len(text.split()) <= WORDS[1] and not GOODBYE.search(text)]


def compose(dialogues: Path | None = None, folder: Path | None = None) -> dict[str, int]:
    """Write the three files of ``data/tasks/reply``; return how many records each split has.

    One turn a dialogue, drawn by its id: a dialogue that is mended changes only its own record.
    """
    dialogues = dialogues or paths.data_dir() / "dialogues"
    folder = folder or paths.data_dir() / "tasks" / "reply"
    sizes = {}
    for split in SPLITS:
        rows: list[dict] = []
        for record in jsonl.read(dialogues / f"{split}.jsonl"):
            numbers = candidates(record)
            if numbers:
                number = random.Random(f"{SEED} {record['id']}").choice(numbers)
                rows.append(reply(record, number, f"{split}_{len(rows)}"))
        jsonl.write(folder / f"{split}.jsonl", rows)
        sizes[split] = len(rows)
    return sizes


def check(entries: Sequence[Entry]) -> Iterator[Problem]:
    """Each record is cut from a service dialogue of its split, and each dialogue that gives a record has one."""
    sources: dict[tuple[str, str], dict] = {}
    for file, split in dict.fromkeys((entry.file, entry.split) for entry in entries):
        beside = Path(file).parents[2] / "dialogues" / f"{split}.jsonl"
        rows, _problems = scan(beside, SOURCE, split)
        sources |= {(split, row.record["id"]): row.record for row in rows}
    for entry in entries:
        source = sources.get((entry.split, entry.record["source"]))
        if source is None:
            message = _("there is no dialogue {id} in {split}").format(id=entry.record["source"], split=entry.split)
            yield entry.problem("source", "reply", message)
            continue
        cuts = [reply(source, number, entry.record["id"]) for number in candidates(source)]
        if entry.record not in cuts:
            alike = [cut for cut in cuts if cut["dialogue"] == entry.record["dialogue"]]
            message = _("is not what {id} gives; run: python -m makers.records compose-reply")
            message = message.format(id=entry.record["source"])
            yield entry.problem("reply" if alike else "dialogue", "reply", message)
    used = {(entry.split, entry.record["source"]) for entry in entries}
    last = {entry.split: entry for entry in entries}
    for (split, name), source in sources.items():
        if (split, name) not in used and candidates(source):
            message = _("{id} gives a record and has none; run: python -m makers.records compose-reply")
            yield last[split].problem("source", "reply", message.format(id=name))
