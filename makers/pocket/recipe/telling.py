"""Tell one matter of an annotated dialogue: which patterns fit how it went, and what stands in their gaps.

The wordings are this project's: notes.yaml (patterns, what is asked besides) and intents.yaml (each intent).
"""

import functools
import re
from collections.abc import Callable
from typing import Any

from makers.pocket.recipe.framing import load
from makers.pocket.recipe.matters import Goal, Matter, Values
from makers.pocket.recipe.wording import Words, third

TOLD = re.compile(r"\{(\w+)\}")
FILLED_FIRST = ("item", "first", "change", "proposal", "other")


@functools.cache
def wordings() -> dict[str, Any]:
    """notes.yaml, with intents.yaml under "intents"."""
    return load("notes.yaml") | {"intents": load("intents.yaml")}


@functools.cache
def intent_words(intent: str, service: str) -> dict[str, Any]:
    """The wordings of one intent of one service."""
    words = wordings()["intents"][intent]
    return words | words.get("by_service", {}).get(service, {})


@functools.cache
def of_kind(kind: str) -> set[str]:
    """The intents of a kind: search, errand or question."""
    return {intent for intent, words in wordings()["intents"].items() if words["kind"] == kind}


def words_of(goal: Goal) -> dict[str, Any]:
    """The wordings of a goal."""
    return intent_words(goal.intent, goal.service)


def values_of(matter: Matter, goal: Goal) -> Values:
    """What is agreed for a goal; an errand is about what its search chose, a question about what was told."""
    if words_of(goal)["kind"] == "question":
        return goal.wanted | goal.offers[-1]
    chosen = matter.search.chosen if matter.search and goal is matter.errand else None
    return (chosen or {}) | goal.wanted


def situation(matter: Matter) -> str:
    """Which patterns tell a matter, "" if none does."""
    search, errand = matter.search, matter.errand
    if errand and errand.worked is not None:
        both = "both" if search and search.chosen else "errand"
        if errand.worked:
            how = "second" if errand.failures else "changed" if errand.changed else "done"
            return (
                f"{both}_others" if both == "both" and how == "done" and search and search.others else f"{both}_{how}"
            )
        return f"{both}_{'refused' if errand.refused else 'failed'}"
    if search is None or errand or not search.offers:
        return ""
    if words_of(search)["kind"] == "question":
        return "question"
    if search.chosen is None:
        return "search_open"
    return f"search_{'declined' if search.declined and search.next else 'others' if search.others else 'taken'}"


class Telling:
    """Fills the gaps of the patterns for one matter."""

    def __init__(self, matter: Matter, words: Words) -> None:
        self.matter, self.words = matter, words
        self.first, self.last = matter.goals[0], matter.goals[-1]

    def pattern(self, pattern: str) -> str | None:
        """The pattern filled, or None; what is suggested is filled first, so that details do not repeat it."""
        room, used = self.words.room, set(self.words.used)
        names = list(dict.fromkeys(TOLD.findall(pattern)))
        told: dict[str, str] = {}
        for name in sorted(names, key=lambda name: name not in FILLED_FIRST):
            said = self.words.people.get(name) or self.gap(name)
            if said is None:
                self.words.room, self.words.used = room, used
                return None
            told[name] = said
        return TOLD.sub(lambda gap: told[gap[1]], pattern)

    def gap(self, name: str) -> str | None:
        """What stands for one gap of a pattern."""
        if name.endswith("2") or name == "serve20":
            goal, kind = self.last, "then" if name.startswith("serve") else name[:-1]
            phrase = self.phrase(goal, kind, details="0" not in name)
        else:
            goal = self.first if name in ("want", "serve", "thing") else self.last
            kind = name.removesuffix("0")
            special: Callable[[], str | None] | None = getattr(self, f"tell_{kind}", None)
            kind = "serve" if kind == "serves" else kind
            phrase = special() if special else self.phrase(goal, kind, details=not name.endswith("0"))
        return third(phrase) if phrase and name.startswith("serves") else phrase

    def phrase(self, goal: Goal, kind: str, details: bool) -> str | None:
        """One of a goal's wordings, with details where it may have some."""
        words, values = words_of(goal), values_of(self.matter, goal)
        text = self.words.one_of(words.get(kind) or words.get("serve" if kind == "then" else kind, ()), values)
        if text is None or not details or kind in ("does", "failed", "answer"):
            return text
        wanted = words.get("want_details" if kind == "want" else "", words.get("details", ()))
        return text + self.words.some(wanted, values)

    def tell_item(self) -> str | None:
        """What was chosen, or suggested last."""
        goal = self.first
        return self.words.one_of(words_of(goal)["item"], goal.chosen or goal.offers[-1])

    def tell_first(self) -> str | None:
        """The first suggestion, if it is not the chosen one."""
        return self.words.one_of(words_of(self.first)["first"], self.first.offers[0])

    def tell_next(self) -> str | None:
        """The errand that #Person2# offers."""
        return self.words.generator.choice(intent_words(self.first.next, self.first.service)["plain"])

    def tell_change(self) -> str | None:
        """What #Person1# mended."""
        changes = wordings()["changes"]
        return self.words.one_of([changes[slot] for slot in self.last.changed if slot in changes], self.last.wanted)

    def tell_proposal(self) -> str | None:
        """What #Person2# suggests after a failure."""
        return self.words.one_of(words_of(self.last).get("instead", ()), self.last.instead)

    tell_other = tell_proposal

    def answers(self) -> Values:
        """What #Person1# asked besides, and the answers."""
        return {slot: value for goal in self.matter.goals for slot, value in goal.answers.items()}

    def tell_ask(self) -> str | None:
        """One or two things that #Person1# asks for."""
        nouns = wordings()["asks"]
        asked = list(dict.fromkeys(nouns[slot] for slot in self.answers() if slot in nouns))
        return " and ".join(asked[:2]) or None

    def tell_fact(self) -> str | None:
        """One of the answers."""
        facts, answers = wordings()["facts"], self.answers()
        return self.words.one_of([facts[slot] for slot in answers if slot in facts], answers)

    def tell_whether(self) -> str | None:
        """A question of yes or no."""
        self.asked = next((slot for slot in self.answers() if slot in wordings()["whether"]), "")
        return wordings()["whether"][self.asked][0] if self.asked else None

    def tell_yes(self) -> str | None:
        """Its answer."""
        return "yes" if self.answers()[self.asked] == "True" else "no"
