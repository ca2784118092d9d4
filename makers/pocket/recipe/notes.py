"""Notes composed from annotated dialogues, and questions on them: (prompt, target) rows.

What stands in a note is annotated, and every value in it stands in the dialogue that is shown. Half of the rows show
first names instead of #Person1# and #Person2#. The wordings are this project's: notes.yaml and intents.yaml.
"""

import re
from collections.abc import Iterator
from random import Random

from makers.pocket.recipe.copying import Pair
from makers.pocket.recipe.matters import Matter, Talk, goals, matters, parts, shown
from makers.pocket.recipe.telling import Telling, of_kind, situation, wordings
from makers.pocket.recipe.wording import Words

NOTE_WORDS = (8, 40)
SHOWN_CHARACTERS = (150, 1550)  # 1,550 are some 470 tokens: with its prompt a row stays within 512
MOST_MATTERS = 3
TRIES = 12  # wordings that are tried for one note
PERSONS = ("#Person1#", "#Person2#")
# Where the wordings of a situation cannot be filled, those of a simpler one are true as well.
SIMPLER = {
    "search_others": "search_taken",
    "search_declined": "search_taken",
    "errand_changed": "errand_done",
    "errand_second": "errand_done",
    "errand_refused": "errand_failed",
    "both_others": "both_done",
    "both_changed": "both_done",
    "both_second": "both_done",
    "both_refused": "both_failed",
}
WELL = ("search_taken", "errand_done", "both_done")
ALSO = re.compile(r"^\{[ab]\}( is| would)?(?! and)")


def tell(matter: Matter, words: Words, also: bool) -> str | None:
    """Sentences on one matter, or None; `also`: it is not the first of the note."""
    kind = situation(matter)
    while kind:
        patterns = list(wordings()["patterns"][kind])
        words.generator.shuffle(patterns)
        for pattern in patterns:
            text = Telling(matter, words).pattern(linked(pattern, words.generator) if also else pattern)
            if text:
                return text
        kind = SIMPLER.get(kind, "")
    return None


def linked(pattern: str, generator: Random) -> str:
    """A pattern that goes on from the one before."""
    lead = generator.choice(("Then ", "After that, ", "", ""))
    return ALSO.sub(lambda start: f"{start[0]} also", pattern) if not lead else lead + pattern


def together(told: list[Matter], words: Words) -> str | None:
    """Two matters that went well in one sentence or two, or None."""
    if len(told) != 2 or not all(situation(matter) in WELL for matter in told):
        return None
    pattern = words.generator.choice(wordings()["patterns"]["two_done"])
    one, other = (Telling(matter, words) for matter in told)
    text: str | None = pattern
    for teller, lead in ((other, "other_"), (one, "")):
        for name in ("want", "serve"):
            gap = f"{{{lead}{name}}}"
            if text and gap in text:
                said = teller.gap(name)
                text = said and text.replace(gap, said)
    return text and text.format(**words.people)


def compose(told: list[Matter], text: str, names: tuple[str, str], generator: Random) -> str | None:
    """A note of NOTE_WORDS words on the matters of the shown text, or None where no wording fits."""
    for _ in range(TRIES):
        words = Words(text, names, generator, generator.choice((1, 2, 2, 3, 3, 3)))
        note = together(told, words) if generator.random() < 0.3 else None
        if note is None:
            said = [tell(matter, words, also=place > 0) for place, matter in enumerate(told)]
            if not said or None in said:
                continue
            note = " ".join(sentence for sentence in said if sentence)
            if generator.random() < 0.4:
                more = Telling(told[-1], words).pattern(generator.choice(wordings()["patterns"]["asked"]))
                note += f" {more}" if more else ""
        if NOTE_WORDS[0] <= len(note.split()) <= NOTE_WORDS[1]:
            return re.sub(r"\.\.+", ".", note)
    return None


def told_of(talk: Talk, start: int, end: int) -> list[Matter]:
    """The matters of a part of a dialogue, [] if one of them cannot be told."""
    told = list(matters(goals(talk, start, end), of_kind("search"), of_kind("errand")))
    return told if len(told) <= MOST_MATTERS and all(situation(matter) for matter in told) else []


def part_of(talk: Talk, generator: Random) -> tuple[str, list[Matter]]:
    """(text with #Person1# and #Person2#, matters) of one part of a dialogue, by chance; ("", []) if none can be told."""
    left = parts(talk)
    generator.shuffle(left)
    for start, end in left:
        text = shown(talk, start, end, PERSONS)
        if SHOWN_CHARACTERS[0] <= len(text) <= SHOWN_CHARACTERS[1] and (told := told_of(talk, start, end)):
            return text, told
    return "", []


def named(text: str, generator: Random) -> tuple[str, tuple[str, str]]:
    """The text with first names for the speakers in half of the cases, and the names."""
    if generator.random() < 0.5:
        return text, PERSONS
    one, other = generator.sample([name for name in wordings()["names"] if name not in text], 2)
    return text.replace(PERSONS[0], one).replace(PERSONS[1], other), (one, other)


def told_parts(generator: Random, talks: list[Talk]) -> Iterator[tuple[str, list[Matter], tuple[str, str]]]:
    """(shown text, matters, names) without end, each dialogue once before one comes again."""
    order = list(talks)
    while order:
        generator.shuffle(order)
        for talk in order:
            text, told = part_of(talk, generator)
            if told:
                text, names = named(text, generator)
                yield text, told, names


def note_rows(generator: Random, talks: list[Talk], count: int) -> Iterator[Pair]:
    """`count` rows: a dialogue in one of the prompts, and a note on it."""
    made = 0
    for text, told, names in told_parts(generator, talks):
        if made == count:
            return
        note = compose(told, text, names, generator)
        if note:
            yield generator.choice(wordings()["prompts"]).replace("{dialogue}", text), note
            made += 1
