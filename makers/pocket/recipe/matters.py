"""Read annotated dialogues (frames.jsonl.xz): who wants what, what is offered, chosen and asked, whether it worked.

A dialogue is a list of turns, #Person1# first; its acts are [turn, service, act, slot, value] as MANIFEST.md tells.
A goal is one intent of one service with all that is said about it. A matter is what a note has a sentence for: a
search, an errand, or a search and the errand that follows from it ("find a restaurant", then "book a table").
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from makers.pocket.recipe.corpus import read_jsonl_xz

FRAMES = "frames.jsonl.xz"
Act = tuple[int, str, str, str, str]  # turn, service, act, slot, value
Values = dict[str, str]  # slot: value
UNSAID = ("", "dontcare")
# What #Person1# says about the goal before (select, refuse) is read before the new goal that the same turn begins.
ORDER = {"SELECT": 0, "REQUEST_ALTS": 0, "NEGATE_INTENT": 0, "AFFIRM": 1, "INFORM_INTENT": 2, "AFFIRM_INTENT": 2}


@dataclass
class Talk:
    """An annotated dialogue: what is said at each turn, and the acts."""

    said: list[str]
    acts: list[Act]


@dataclass
class Goal:
    """One intent of #Person1#, and how it went."""

    service: str
    intent: str
    turn: int
    wanted: Values = field(default_factory=dict)  # what #Person1# gave or agreed to, the last value of each slot
    offers: list[Values] = field(default_factory=list)  # what #Person2# suggested, in order
    chosen: Values | None = None
    answers: Values = field(default_factory=dict)  # what #Person1# asked and #Person2# answered
    changed: Values = field(default_factory=dict)  # what #Person1# mended when #Person2# asked for a confirmation
    others: bool = False  # #Person1# asked for other suggestions
    confirming: bool = False
    proposal: Values | None = None  # what #Person2# suggests after a failure, until it is answered
    instead: Values = field(default_factory=dict)  # the last such proposal, where it differs from what was wanted
    failures: int = 0
    worked: bool | None = None
    refused: bool = False  # the proposal
    next: str = ""  # the errand that #Person2# offers
    declined: bool = False  # that errand


@dataclass
class Matter:
    """A search, an errand, or a search and its errand."""

    search: Goal | None
    errand: Goal | None

    @property
    def goals(self) -> list[Goal]:
        """The goals, in order."""
        return [goal for goal in (self.search, self.errand) if goal]


def read_talks(corpus: Path | str, left_out: Iterable[str] = ()) -> list[Talk]:
    """The dialogues of frames.jsonl.xz that alternate and are written with capitals.

    `left_out`: utterances of test rows; a dialogue that holds one is left out whole, since the notes name its details.
    """
    avoid, talks = set(left_out), []
    for row in read_jsonl_xz(Path(corpus) / FRAMES):
        lines = row["text"].split("\n")
        if not all(line.startswith(f"#Person{1 + place % 2}#: ") for place, line in enumerate(lines)):
            continue
        said = [line.split(": ", 1)[1].strip() for line in lines]
        small = sum(text[:1].islower() for text in said)
        if small <= len(said) / 4 and not avoid.intersection(said):
            talks.append(Talk(said, [(turn, *map(str, rest)) for turn, *rest in row["acts"]]))
    return talks


def parts(talk: Talk) -> list[tuple[int, int]]:
    """(first turn, end) of every part of a dialogue that begins where #Person1# turns to a new service, the whole too."""
    seen, starts = set(), [0]
    for turn, service, act, *_ in talk.acts:
        if act == "INFORM_INTENT" and service not in seen:
            seen.add(service)
            if turn > 0 and turn % 2 == 0:
                starts.append(turn)
    starts = sorted(set(starts))
    return [(start, end) for start in starts for end in [*starts, len(talk.said)] if end > start + 2]


def goals(talk: Talk, start: int, end: int) -> list[Goal]:
    """The goals of the turns start to end, in order; what belongs to a goal that began earlier is passed over."""
    turns: dict[int, list[Act]] = defaultdict(list)
    for act in talk.acts:
        if start <= act[0] < end:
            turns[act[0]].append(act)
    made: list[Goal] = []
    open_goals: dict[str, Goal] = {}
    asked: dict[str, set[str]] = defaultdict(set)
    for turn in sorted(turns):
        acts = sorted(turns[turn], key=lambda act: ORDER.get(act[2], 3))
        if turn % 2 == 0:
            for act in acts:
                hear(act, acts, open_goals, asked, made)
        else:
            reply(acts, open_goals, asked)
    return made


def begin(act: Act, intent: str, open_goals: dict[str, Goal], made: list[Goal]) -> None:
    """A new goal, unless the open one of the service goes on: the same errand after a failure, the same search."""
    turn, service = act[:2]
    goal = open_goals.get(service)
    if goal and goal.intent == intent and not goal.worked and goal.chosen is None:
        return
    open_goals[service] = Goal(service, intent, turn)
    made.append(open_goals[service])


def hear(act: Act, acts: list[Act], open_goals: dict[str, Goal], asked: dict[str, set[str]], made: list[Goal]) -> None:
    """Take in one act of #Person1#; `acts` are those of the whole turn."""
    _turn, service, kind, slot, value = act
    if kind == "INFORM_INTENT":
        begin(act, value, open_goals, made)
    goal = open_goals.get(service)
    if goal is None:
        return
    if kind == "AFFIRM_INTENT" and goal.next:
        begin(act, goal.next, open_goals, made)
    elif kind == "INFORM" and value not in UNSAID and slot != "intent":
        goal.wanted[slot] = value
    elif kind == "SELECT" and goal.offers:
        goal.chosen = {slot: value} if slot and goal.offers[-1].get(slot) != value else goal.offers[-1]
    elif kind == "REQUEST_ALTS":
        goal.others = True
    elif kind == "REQUEST":
        asked[service].add(slot)
    elif kind == "NEGATE_INTENT":
        goal.declined = True
    elif kind == "AFFIRM":
        goal.wanted.update(goal.proposal or {})
        goal.proposal, goal.confirming = None, False
    elif kind == "NEGATE" and goal.proposal is not None:
        goal.refused, goal.proposal = True, None
    elif kind == "NEGATE" and goal.confirming:
        mended = {s: v for _, name, k, s, v in acts if name == service and k == "INFORM" and v not in UNSAID}
        goal.changed.update(mended)
        goal.wanted.update(mended)
        goal.confirming = False


def reply(acts: list[Act], open_goals: dict[str, Goal], asked: dict[str, set[str]]) -> None:
    """Take in a turn of #Person2#."""
    for service in {act[1] for act in acts}:
        goal = open_goals.get(service)
        if goal is None:
            continue
        by_kind: dict[str, Values] = defaultdict(dict)
        for _, name, kind, slot, value in acts:
            if name == service:
                by_kind[kind][slot] = value
        goal.next = by_kind["OFFER_INTENT"].get("intent", goal.next) if "OFFER_INTENT" in by_kind else goal.next
        goal.answers.update({s: v for s, v in by_kind["INFORM"].items() if s in asked[service] and v not in UNSAID})
        if "CONFIRM" in by_kind:
            goal.confirming, goal.refused = True, False
            goal.wanted.update({s: v for s, v in by_kind["CONFIRM"].items() if v not in UNSAID})
        if "NOTIFY_SUCCESS" in by_kind:
            goal.worked, goal.refused = True, False
        offered = {s: v for s, v in by_kind["OFFER"].items() if v not in UNSAID}
        if "NOTIFY_FAILURE" in by_kind:
            goal.worked, goal.failures = False, goal.failures + 1
            goal.proposal = offered or None
            goal.instead = {s: v for s, v in offered.items() if goal.wanted.get(s) != v}
        elif offered:
            goal.offers.append(offered)


def matters(wishes: list[Goal], searches: set[str], errands: set[str]) -> Iterator[Matter]:
    """Join each search with the errand of the same service that comes next."""
    waiting: dict[str, Matter] = {}
    made: list[Matter] = []
    for goal in wishes:
        before = waiting.pop(goal.service, None)
        if goal.intent in errands and before:
            before.errand = goal
        else:
            made.append(Matter(None, goal) if goal.intent in errands else Matter(goal, None))
            if goal.intent in searches:
                waiting[goal.service] = made[-1]
    yield from made


def shown(talk: Talk, start: int, end: int, names: tuple[str, str]) -> str:
    """The turns start to end as a text, each line after its speaker's name."""
    lines = enumerate(talk.said[start:end], start)
    return "\n".join(f"{names[turn % 2]}: {said}" for turn, said in lines)
