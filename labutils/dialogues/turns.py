"""A dialogue's turns in other forms than lines of text: joined, or told and mended.

- ``join([{"speaker": "A", "text": "Hi."}, ...])`` -> ``"A: Hi.\\n..."``: a list is a list, so this is done unasked
- ``mended(record)``: a list written into one cell, line breaks as the two characters ``\\n``: done where one asks for it
"""

import ast
import contextlib
import json
import re
import warnings

from labutils.dialogues.textfiles import listed, short
from labutils.errors import LabError
from labutils.i18n import _

SPEAKERS = ("speaker", "role", "from", "name", "author", "sender", "user", "participant")
TEXTS = ("text", "content", "utterance", "message", "value", "sentence")
# "[Laughs] Yes. [Ends]" is none, nor is "(Laughs) Yes."
LIST = re.compile(r"\s*(?:\[\s*(?:['\"{].*)?\]|\(\s*['\"{].*\))\s*", re.DOTALL)
STRING = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"", re.DOTALL)
BREAK = re.compile(r"(?:\\r)?\\n|<br\s*/?>", re.IGNORECASE)
LINE_BREAK = re.compile(r"\s*[\r\n]+\s*")
SPEAKER = re.compile(r"\s*[^\s:][^:\n]{0,40}:")
SPEAKERS_IN = re.compile(r"(?:^|\s)(#?[^\W\d_][\w.'-]{0,20}#?):(?=\s)")  # "A: Hi. B: Hello." but not "7:30", "http://"


def join(turns: object) -> str:
    """Return turns, a list of texts or of objects with a speaker and a text, as lines ``speaker: text``.

    Raises:
        LabError: code ``"wrong-type"``: it is nothing of the kind.
    """
    if isinstance(turns, dict) and turns and all(isinstance(column, list) for column in turns.values()):
        with contextlib.suppress(ValueError):  # a list for the speakers and one for the texts
            turns = [dict(zip(turns, row, strict=True)) for row in zip(*turns.values(), strict=True)]
    if isinstance(turns, list) and turns:
        lines = [_line(turn) for turn in turns]
        if any(map(str.strip, lines)):
            return "\n".join(lines)
    message = _("is {kind} where a text is wanted: {value}; give one text with a line for each turn, or a list of texts or of "
                "objects such as {{'speaker': 'A', 'text': 'Hi.'}}")  # fmt: skip
    raise LabError("wrong-type", message.format(kind=type(turns).__name__, value=short(turns)))


def _line(turn: object) -> str:
    if isinstance(turn, dict):
        speakers, texts = ([name for name in names if name in turn] for names in (SPEAKERS, TEXTS))
        if len(speakers) == len(texts) == 1:
            speaker, text = turn[speakers[0]], turn[texts[0]]
            if isinstance(speaker, str | int) and isinstance(text, str):
                return f"{speaker}: {LINE_BREAK.sub(' ', text.strip())}"  # one turn is one line
        message = _("holds a turn with {names}; it needs one speaker (as {speakers}) and one text (as {texts}), or join the turns "
                    "to lines 'speaker: text' yourself")  # fmt: skip
        raise LabError("wrong-type", message.format(
            names=listed(turn), speakers=listed(SPEAKERS), texts=listed(TEXTS)
        ))  # fmt: skip
    if isinstance(turn, str):
        return turn.strip()
    message = _("holds a turn that is {kind}: {turn}; a turn is a text, or an object with a speaker and a text")
    raise LabError("wrong-type", message.format(kind=type(turn).__name__, turn=short(turn)))


def listed_in(text: str) -> list | None:
    """Return the list that a text spells, as JSON, Python or numpy write one, or None."""
    if not LIST.fullmatch(text):
        return None
    for read in (json.loads, _literals, ast.literal_eval):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of the parser, about "\d" in somebody's text
                items = read(text.strip())
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            continue
        if isinstance(items, list | tuple):
            return list(items)
    return None


def _literals(text: str) -> list[str]:
    """Read ``['a', 'b']`` and numpy's ``['a' 'b']``, which Python would take for one text."""
    if STRING.sub("", text[1:-1]).replace(",", "").strip():
        raise ValueError(text)
    return [ast.literal_eval(literal) for literal in STRING.findall(text)]


def mended(record: dict) -> tuple[str, dict | None]:
    """Look for turns that are no lines.

    Args:
        record: with dialogue, summary and references.

    Returns:
        what is odd (``""``, ``"list"``: one in a cell, ``"breaks"``: written as two characters, ``"line"``: one line with
        two speakers or more), and the record as it is meant, or None where that is not sure.
    """
    dialogue, references = record["dialogue"], record["references"]
    lists = [text for text in (dialogue, *references) if LIST.fullmatch(text)]
    breaks = "\n" not in dialogue and bool(BREAK.search(dialogue))
    if not lists and not breaks:
        several = "\n" not in dialogue and len(set(SPEAKERS_IN.findall(dialogue))) > 1
        return ("line" if several else ""), None
    kind = "list" if lists else "breaks"
    if LIST.fullmatch(dialogue):
        try:
            dialogue = join(listed_in(dialogue))
        except LabError:
            return kind, None
    elif breaks:
        lines = [line.strip() for line in BREAK.split(dialogue)]
        if not SPEAKER.match(lines[0]) or not any(map(SPEAKER.match, lines[1:])):
            return kind, None
        dialogue = "\n".join(lines).strip()
    summaries: list = []
    for text in references:
        items = listed_in(text) if LIST.fullmatch(text) else [BREAK.sub("\n", text) if breaks else text]
        if not items or not all(isinstance(item, str) and item.strip() for item in items):
            return kind, None
        summaries += [item.strip() for item in items]
    return kind, {**record, "dialogue": dialogue, "summary": summaries[0], "references": summaries}


def tagged(record: dict) -> dict:
    """Return a record whose speakers bear tags: ``Nora: Hi, Imran.`` becomes ``#Person1#: Hi, #Person2#.``

    DialogSum and the shipped dialogues are written so. Chats of another form would be harder for a model because of the
    form; with tags, what is compared is what they are about. Speakers are numbered as they come, in the dialogue, the
    summary and the references alike.
    """
    names = dict.fromkeys(re.findall(r"^\s*([^\s:#][^:\n]{0,40}):", record["dialogue"], re.MULTILINE))
    tags = {name: f"#Person{number}#" for number, name in enumerate(names, 1)}
    if not tags:
        return record
    name = re.compile("|".join(rf"\b{re.escape(each)}\b" for each in sorted(tags, key=len, reverse=True)))
    texts = {field: record[field] for field in ("dialogue", "summary") if field in record}
    changed: dict = {field: name.sub(lambda hit: tags[hit[0]], text) for field, text in texts.items()}
    if "references" in record:
        changed["references"] = [name.sub(lambda hit: tags[hit[0]], text) for text in record["references"]]
    return record | changed
