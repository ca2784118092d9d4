"""The task ``reply``: the agent's next turn, cut from the rich service dialogues of the same split.

Who is the agent is read from the references, which say who asks and who helps, and from what gives an agent away in
speech (a title, "your booking", "we close at six"). Where that decides nothing, the dialogue gives no record.
"""

import json
import random
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from labutils.dialogues.records import Field
from labutils.i18n import _
from labutils.machine import paths
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
    r"\b(?:bye|goodbye|good (?:night|luck|day)|see you|take care|have a (?:good|nice|lovely|safe)|safe (?:journey|trip)|"
    r"you're welcome|my pleasure|till (?:then|tomorrow)|until then)\b",
    re.I,
)


def agent(record: dict) -> str | None:
    """Return the speaker tag of the one who is asked, or None where the record does not show who that is."""
    told = _told(record, "#Person1#") - _told(record, "#Person2#")
    heard = _heard(record, "#Person2#") - _heard(record, "#Person1#")
    if told >= 0 and told + heard >= 1:  # the first speaker is nearly always the customer: a little evidence is enough
        return "#Person2#"
    return "#Person1#" if told < 0 and told + heard <= -2 else None


def _told(record: dict, tag: str) -> int:
    """Return how often the references let ``tag`` ask, less how often they let him help."""
    told = " ".join(record["references"])
    asking = re.findall(rf"{tag}{BETWEEN} (?:{ASKS})\b|{tag}'s \w+", told)
    return len(asking) - len(re.findall(rf"{tag}{BETWEEN} (?:{HELPS})\b", told))


def _heard(record: dict, tag: str) -> int:
    """Return how many of the agent's ways of speaking ``tag`` has: a title, the words of a counter."""
    said = "\n".join(text for who, text in turns(record["dialogue"]) if who == tag)
    return bool(TITLE.search(said)) + bool(COUNTER.search(said))


def turns(dialogue: str) -> list[tuple[str, str]]:
    """Return (speaker tag, text) of each turn."""
    return [tuple(line.split(": ", 1)) for line in dialogue.split("\n") if ": " in line]


def reply(record: dict, number: int, name: str) -> dict:
    """Return the record that turn ``number`` of a service dialogue gives."""
    lines = record["dialogue"].split("\n")
    before, said = "\n".join(lines[:number]), lines[number].split(": ", 1)[1]
    return {"id": name, "dialogue": before, "reply": said, "source": record["id"], "origin": "written"}


def candidates(record: dict) -> list[int]:
    """Return the agent's turns that may be asked for: not the first, of 5 to 40 words, not a goodbye."""
    who = agent(record) if (record["kind"], record["register"]) == ("service", "rich") else None
    own = [number for number, (speaker, _text) in enumerate(turns(record["dialogue"])) if speaker == who]
    texts = turns(record["dialogue"])
    return [n for n in own[1:] if WORDS[0] <= len(texts[n][1].split()) <= WORDS[1] and not GOODBYE.search(texts[n][1])]


def compose(dialogues: Path | None = None, folder: Path | None = None) -> dict[str, int]:
    """Write the three files of ``data/tasks/reply``; return how many records each split has.

    One turn a dialogue, drawn by its id: a dialogue that is mended changes only its own record.
    """
    dialogues = dialogues or paths.data_dir() / "dialogues"
    folder = folder or paths.data_dir() / "tasks" / "reply"
    folder.mkdir(parents=True, exist_ok=True)
    sizes = {}
    for split in SPLITS:
        rows = []
        for line in (dialogues / f"{split}.jsonl").read_text(encoding="utf-8").splitlines():
            record = json.loads(line)
            open_to = candidates(record)
            if open_to:
                number = random.Random(f"{SEED} {record['id']}").choice(open_to)
                rows.append(reply(record, number, f"{split}_{len(rows)}"))
        text = "".join(json.dumps(row) + "\n" for row in rows)
        (folder / f"{split}.jsonl").write_text(text, encoding="utf-8")
        sizes[split] = len(rows)
    return sizes


def check(entries: Sequence[Entry]) -> Iterator[Problem]:
    """Each record is what its dialogue gives, a service dialogue of the same split, and none that gives one is left out."""
    sources: dict[tuple[str, str], dict] = {}
    for file, split in dict.fromkeys((entry.file, entry.split) for entry in entries):
        beside = Path(file).parents[2] / "dialogues" / f"{split}.jsonl"
        rows, _wrong = scan(beside, SOURCE, split)
        sources |= {(split, row.record["id"]): row.record for row in rows}
    for entry in entries:
        source = sources.get((entry.split, entry.record["source"]))
        if source is None:
            message = _("there is no dialogue {id} in {split}").format(id=entry.record["source"], split=entry.split)
            yield entry.problem("source", "reply", message)
            continue
        made = [reply(source, number, entry.record["id"]) for number in candidates(source)]
        if entry.record not in made:
            alike = [one for one in made if one["dialogue"] == entry.record["dialogue"]]
            message = _("is not what {id} gives; run: python -m makers.records compose-reply")
            message = message.format(id=entry.record["source"])
            yield entry.problem("reply" if alike else "dialogue", "reply", message)
    there = {(entry.split, entry.record["source"]) for entry in entries}
    last = {entry.split: entry for entry in entries}
    for (split, name), source in sources.items():
        if (split, name) not in there and candidates(source):
            message = _("{id} gives a record and has none; run: python -m makers.records compose-reply")
            yield last[split].problem("source", "reply", message.format(id=name))
