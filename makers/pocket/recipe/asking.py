"""Questions on the dialogues of notes.py, answered from their annotation: (prompt, target) rows.

An answer is a value as it stands in the shown dialogue, a wish in the words of intents.yaml, or yes or no.
"""

import functools
from collections.abc import Iterator
from random import Random
from typing import Any

from makers.pocket.recipe.copying import Pair
from makers.pocket.recipe.framing import load
from makers.pocket.recipe.matters import Matter, Talk, Values
from makers.pocket.recipe.notes import told_parts
from makers.pocket.recipe.telling import Telling, intent_words, situation, wordings, words_of
from makers.pocket.recipe.wording import GAP, Words

ROOM = 4  # values that an answer may name
YES_KEPT = 0.4  # of the questions that are answered yes: most errands are done, and a no must be as likely
KINDS = {"value": 8, "want": 3, "done": 4, "search": 3, "whether": 1}  # kind of question: weight
ANSWERS = {True: "yes", False: "no"}


@functools.cache
def questions() -> dict[str, Any]:
    """questions.yaml."""
    return load("questions.yaml")


def agreed_values(matter: Matter) -> list[Values]:
    """What each goal of a matter is about: what is wanted, chosen or told last, and answered."""
    agreed = []
    for goal in matter.goals:
        chosen = goal.chosen or (goal.offers[-1] if len(goal.offers) == 1 and not goal.others else {})
        agreed.append({**chosen, **goal.wanted, **goal.answers})
    return agreed


def value_question(told: list[Matter], words: Words) -> Pair | None:
    """A question on a detail that has one value only in all that is shown."""
    for entry in words.generator.sample(questions()["values"], len(questions()["values"])):
        gap = GAP.fullmatch(entry["gap"])
        assert gap is not None, entry
        kind, slots = gap[1] or "", gap[2].split("|")
        given = [
            values[slot] for matter in told for values in agreed_values(matter) for slot in slots if slot in values
        ]
        said = {words.say(kind, value, "") for value in given}
        if len(said) == 1 and None not in said:
            return words.generator.choice(entry["ask"]), str(said.pop())
    return None


def want_question(told: list[Matter], words: Words) -> Pair | None:
    """What the first speaker wants, where it is one thing."""
    if len(told) > 1:
        return None
    teller = Telling(told[0], words)
    kind = words.generator.choice(("want", "serve", "thing"))
    answer = teller.gap(kind)
    if answer is None:
        return None
    return words.generator.choice(questions()[kind]), answer if kind == "thing" else f"to {answer}"


def done_question(told: list[Matter], words: Words) -> Pair | None:
    """Whether the errand was done; no where it was only offered."""
    errands = [matter.errand for matter in told if matter.errand]
    declined = [matter for matter in told if situation(matter) == "search_declined"]
    if len(errands) == 1 and not declined and errands[0].worked is not None:
        return words.generator.choice(words_of(errands[0])["asked"]), ANSWERS[errands[0].worked]
    if len(declined) == 1 and not errands:
        search = declined[0].goals[0]
        offered = intent_words(search.next, search.service)
        if words.generator.random() < 0.5:
            return words.generator.choice(offered["asked"]), "no"
        asked = words.generator.choice(questions()["declined"])
        return asked.replace("{next}", words.generator.choice(offered["plain"])), "no"
    return None


def search_question(told: list[Matter], words: Words) -> Pair | None:
    """What is suggested and chosen, where there is one search."""
    searches = [matter for matter in told if matter.search and words_of(matter.search)["kind"] == "search"]
    if len(searches) != 1 or searches[0].search is None:
        return None
    search, teller = searches[0].search, Telling(searches[0], words)
    several = len(search.offers) > 1
    kinds = ["first" if several else "item", *(["chosen", "first_taken"] if search.chosen else [])]
    kind = words.generator.choice(kinds)
    asked = words.generator.choice(questions()[kind])
    if kind == "first_taken":
        took = search.chosen == search.offers[0]
        return (asked, ANSWERS[took]) if took or several else None
    answer = teller.tell_first() if kind == "first" else teller.tell_item()
    return (asked, answer) if answer else None


def whether_question(told: list[Matter], words: Words) -> Pair | None:
    """A question of yes or no that #Person1# asks as well."""
    phrases = wordings()["whether"]
    asked = [(slot, value) for matter in told for slot, value in Telling(matter, words).answers().items()]
    asked = [(slot, value) for slot, value in asked if slot in phrases]
    if len(asked) != 1:
        return None
    slot, value = asked[0]
    return questions()["whether"].replace("{whether}", phrases[slot][1]), ANSWERS[value == "True"]


MAKERS = {
    "value": value_question,
    "want": want_question,
    "done": done_question,
    "search": search_question,
    "whether": whether_question,
}


def ask(told: list[Matter], text: str, names: tuple[str, str], generator: Random) -> Pair | None:
    """(question, answer) on the matters of the shown text, or None where chance draws a kind that does not fit."""
    kind = generator.choices(list(KINDS), list(KINDS.values()))[0]
    words = Words(text, names, generator, ROOM)
    row = MAKERS[kind](told, words)
    if row is None or (row[1] == "yes" and generator.random() > YES_KEPT):
        return None
    question = row[0].replace("{a}", names[0]).replace("{b}", names[1])
    if row[1] in ANSWERS.values():
        question = generator.choice(questions()["yes_or_no"]).replace("{question}", question)
    return question, row[1]


def question_rows(generator: Random, talks: list[Talk], count: int) -> Iterator[Pair]:
    """`count` rows: a dialogue and a question in one of the layouts, and the answer."""
    made = 0
    for text, told, names in told_parts(generator, talks):
        if made == count:
            return
        row = ask(told, text, names, generator)
        if row:
            layout = generator.choice(questions()["layouts"])
            yield layout.replace("{question}", row[0]).replace("{dialogue}", text), row[1]
            made += 1
