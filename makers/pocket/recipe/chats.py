"""Rows of the written everyday chats (data/chats): a chat in one of the prompts of notes.yaml, and its note.

In the first pass the speakers have their names; in the second they are #Person1# and #Person2# where that can be done
without touching what is said, since DialogSum calls them so.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from random import Random

from labutils.errors import LabError
from labutils.i18n import _
from labutils.machine import paths
from makers.pocket.recipe.copying import Pair
from makers.pocket.recipe.notes import PERSONS
from makers.pocket.recipe.telling import wordings

PHRASINGS = 3  # prompts of each chat in a pass, all different


def chats_path() -> Path:
    """Where the written chats lie."""
    return paths.data_dir() / "chats" / "train.jsonl"


def read_chats(path: Path | str) -> list[dict[str, str]]:
    """The chats of a JSON Lines file, each with `dialogue` ("Anna: ..." a line) and `summary`.

    Raises:
        LabError: the file is missing, or a line is no chat (code ``"chats"``).
    """
    path = Path(path)
    if not path.is_file():
        raise LabError("chats", _("{path} is missing: --chats must name the file of the chats").format(path=path))
    chats = []
    lines = path.read_text(encoding="utf-8").split("\n")  # not splitlines: a text may hold other ends of lines
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            chats.append({"dialogue": row["dialogue"].strip(), "summary": row["summary"].strip()})
        except (json.JSONDecodeError, KeyError, TypeError, AttributeError):
            text = _("{path}, line {number}: a chat needs the texts dialogue and summary; mend the line")
            raise LabError("chats", text.format(path=path, number=number)) from None
    return chats


def speakers(dialogue: str) -> list[str]:
    """Who speaks, each once, in order."""
    return list(dict.fromkeys(line.split(": ", 1)[0] for line in dialogue.split("\n") if ": " in line))


def as_persons(chat: dict[str, str]) -> dict[str, str]:
    """The chat with #Person1# and #Person2# for its two speakers; unchanged if there are more or one is spoken to by name."""
    names = speakers(chat["dialogue"])
    lines = [line.split(": ", 1) for line in chat["dialogue"].split("\n")]
    if len(names) != 2 or any(len(line) < 2 for line in lines):
        return chat
    name = re.compile("|".join(rf"\b{re.escape(name)}\b" for name in names))
    if any(name.search(said) for _who, said in lines):
        return chat
    person = dict(zip(names, PERSONS, strict=True))
    return {
        "dialogue": "\n".join(f"{person[who]}: {said}" for who, said in lines),
        "summary": name.sub(lambda who: person[who[0]], chat["summary"]),
    }


def chat_rows(generator: Random, chats: list[dict[str, str]]) -> Iterator[Pair]:
    """Every chat in PHRASINGS prompts, twice."""
    for change in (dict, as_persons):
        for chat in chats:
            shown = change(chat)
            for prompt in generator.sample(wordings()["prompts"], PHRASINGS):
                yield prompt.replace("{dialogue}", shown["dialogue"]), shown["summary"]
