"""Put annotated values into words: each as it stands in the shown dialogue, or not at all.

A gap of the wordings is {kind:slot|other slot:noun}. The kind says how a value reads ("on March 3rd", "two people")
and which values read well at all: what does not fit its kind leaves the gap open, and the wording is not used.
"""

import functools
import re
from collections.abc import Callable, Iterable
from random import Random

from makers.pocket.recipe.matters import Values

GAP = re.compile(r"\{(?:(\w+):)?([\w|]+)(?::([\w -]+))?\}")
NUMBERS = dict(enumerate("one two three four five six seven eight nine ten eleven twelve".split(), 1))
COUNTS = {word: number for number, word in NUMBERS.items()}
LONGEST_NAME = 44
CUISINE = re.compile(r"[A-Z][a-z]+(an|ese|ish|ai)|Latin American|Greek|French|Middle Eastern")
GENRE = re.compile(
    "drama|comedy|comic|funny|action|adventure|fantasy|horror|scary|romantic|war|mystery|documentary|musical|cartoon|"
    "biographical|sports|ghost"
)
MONEY = re.compile(r"\$\d[\d,]*(\.\d\d)?")
TIME = re.compile(
    r"[1-9]\d?(:\d\d)? ?([ap]m|[AP]M)|[1-9]\d?:\d\d|noon|midnight|"
    r"((half past|quarter (past|to)) )?[1-9]\d?(:\d\d)? in the (morning|afternoon|evening)"
)
DAY_KINDS = (  # pattern, preposition with "on"
    (re.compile(r"today|tomorrow", re.I), ""),
    (re.compile(r"(the )?day after tomorrow", re.I), ""),
    (re.compile(r"(next|this) \w+day", re.I), ""),
    (re.compile(r"\w+day( (next|this) week)?", re.I), "on "),
    (re.compile(r"(the )?\d+(st|nd|rd|th)( of (this month|march))?", re.I), "on "),
    (re.compile(r"march \d+(st|nd|rd|th)", re.I), "on "),
)
FREE = ("some", "the")  # kinds that name no value
CAPITALS = re.compile(r"\b(march|\w+day)\b", re.I)


def article(words: str) -> str:
    """The words after "a" or "an", by their first letter."""
    return f"{'an' if words[:1].lower() in 'aeiou' else 'a'} {words}"


def plural(noun: str) -> str:
    """More than one of it."""
    return "people" if noun == "person" else noun + "s"


def third(phrase: str) -> str:
    """An infinitive in the third person: "book a table" -> "books a table"."""
    verb, _, rest = phrase.partition(" ")
    verb = (
        verb[:-1] + "ies" if re.search(r"[^aeiou]y$", verb) else verb + ("es" if verb.endswith(("ch", "sh")) else "s")
    )
    return f"{verb} {rest}".strip()


class Words:
    """Fills gaps from the values of a goal, for one shown text; `room` values may be named, none twice."""

    def __init__(self, text: str, names: tuple[str, str], generator: Random, room: int) -> None:
        self.text, self.low, self.generator, self.room = text, text.lower(), generator, room
        self.people = dict(zip("ab", names, strict=True))
        self.used: set[str] = set()

    def stands(self, value: str, capital: bool = False) -> str | None:
        """The value as it stands in the text, whole words in whatever case; `capital`: begun by one or by a digit."""
        wanted, start = value.lower(), -1
        while (start := self.low.find(wanted, start + 1)) >= 0:
            end = start + len(wanted)
            whole = not self.text[max(start - 1, 0) : start].isalnum() and not self.text[end : end + 1].isalnum()
            if whole and not (capital and self.text[start].islower()):
                return self.text[start:end]
        return None

    def count(self, value: str) -> str | None:
        """A small number as it stands in the text ("two" before "2"), or None."""
        number = int(value) if value.isdigit() else COUNTS.get(value.lower(), 0)
        if not 0 < number <= len(NUMBERS):
            return None
        if re.search(rf"\b{NUMBERS[number]}\b", self.low):
            return NUMBERS[number]
        clear = rf"(?<![\w.,:$#/-]){number}(?![\w:/-]|[.,]\d| ?[ap]m\b)"
        return str(number) if re.search(clear, self.low) else None

    def say(self, kind: str, value: str, noun: str) -> str | None:
        """One value in words, or None if it does not fit its kind or does not stand in the text."""
        if kind in FREE:
            several = value not in ("1", "one", "One")
            counted = plural(noun) if several else noun
            return f"the {counted}" if kind == "the" else counted if several else article(counted)
        if kind in ("count", "number"):
            form = self.count(value)
            if form is None or kind == "number":
                return form
            if form in ("one", "1"):
                return f"{form} {noun}" if noun == "person" else article(noun)
            return f"{form} {plural(noun)}"
        form = self.stands(value, capital=kind in ("", "an", "cuisine", "money"))
        return SAY[kind](form) if form else None

    def fill(self, wording: str, values: Values) -> str | None:
        """The wording with its gaps filled, its values counted as used; None, and nothing used, if one stays open."""
        new: list[str] = []
        missing = False

        def put(gap: re.Match[str]) -> str:
            nonlocal missing
            kind, slots, noun = gap[1] or "", gap[2].split("|"), gap[3] or ""
            if slots[0] in self.people:
                return self.people[slots[0]]
            value = next((values[slot] for slot in slots if slot in values), "2" if kind in FREE else "")
            said = self.say(kind, value, noun) if value else None
            if kind not in FREE:
                missing |= said is None or value.lower() in self.used
                new.append(value.lower())
            return said or ""

        text = GAP.sub(put, wording)
        if missing or len(set(new)) > self.room:
            return None
        self.used.update(new)
        self.room -= len(set(new))
        return text

    def one_of(self, wordings: Iterable[str], values: Values) -> str | None:
        """One of the wordings by chance, filled; None if none can be."""
        left = list(wordings)
        self.generator.shuffle(left)
        return next((text for wording in left if (text := self.fill(wording, values)) is not None), None)

    def some(self, wordings: Iterable[str], values: Values) -> str:
        """As many of the wordings as chance and room allow, filled, in order, each after a space."""
        left = [wording for wording in wordings if self.generator.random() < 0.75]
        return "".join(f" {text}" for wording in left if (text := self.fill(wording, values)) is not None)


@functools.cache
def day(form: str) -> tuple[str, str] | None:
    """(preposition, day in its usual spelling), or None if it is not a plain day."""
    for pattern, preposition in DAY_KINDS:
        if pattern.fullmatch(form):
            spelled = CAPITALS.sub(lambda name: name[0].capitalize(), form.lower())
            if spelled in ("Today", "Tomorrow"):
                spelled = spelled.lower()
            return preposition, f"the {spelled}" if re.match(r"\d|day after", spelled) else spelled
    return None


def dated(lead: str | None) -> Callable[[str], str | None]:
    """How a day is said after a word ("from today"); None: after the preposition that it takes."""

    def say(form: str) -> str | None:
        parsed = day(form)
        return parsed and (parsed[0] if lead is None else lead) + parsed[1]

    return say


def matching(pattern: re.Pattern[str], form_of: Callable[[str], str] = str) -> Callable[[str], str | None]:
    """Say only what matches whole."""
    return lambda form: form_of(form) if pattern.fullmatch(form) else None


def room_of(form: str) -> str:
    """Where a device is."""
    return f"{'on' if form.lower() == 'patio' else 'in'} the {form.lower()}"


def short_name(form: str) -> str | None:
    """A name, unless it is too long to be noted."""
    return form if len(form) <= LONGEST_NAME else None


SAY: dict[str, Callable[[str], str | None]] = {
    "": short_name,
    "an": lambda form: short_name(article(form)),
    "low": str.lower,
    "language": matching(re.compile("English|Spanish|Hindi|French|Mandarin", re.I), str.capitalize),
    "device": matching(
        re.compile("TV|(kitchen|bedroom) speaker", re.I), lambda form: form if form == "TV" else form.lower()
    ),
    "room": room_of,
    "cuisine": matching(CUISINE, article),
    "genre": lambda form: matching(GENRE, article)(form.lower()),
    "job": lambda form: article(form if form.startswith("ENT") else form.lower()),
    "on": dated(None),
    "day": dated(""),
    "from": dated("from "),
    "until": dated("until "),
    "time": matching(TIME),
    "money": matching(MONEY),
    "digits": matching(re.compile(r"\d+")),
}
