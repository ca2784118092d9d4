"""The instruct mixture as (prompt, target, kind) rows, before tokens: phrasings, copying, own answers, shots."""

import random
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any, cast

import yaml

from makers.pocket.recipe import asking, framing, notes
from makers.pocket.recipe.chats import chat_rows, read_chats
from makers.pocket.recipe.copying import Pair, fact_rows, repeats, slot_questions, text_rows
from makers.pocket.recipe.corpus import Row, Splits, documents, task_rows
from makers.pocket.recipe.matters import read_talks
from makers.pocket.recipe.shipped_tasks import HELD_OUT_SUITE, TARGET_CHARACTERS, Kinded, suite_records, suite_rows
from makers.pocket.recipe.shots import Classes, shot_rows

__all__ = ["HELD_OUT_SUITE", "MADE", "all_rows", "entry_for", "phrasings", "render", "suite_rows"]

Entry = dict[str, Any]  # of phrasings.yaml

HERE = Path(__file__).parent
TAGS = "[INST] {} [/INST]"
# How many rows of each made kind, at scale 1. Copying is the weak point of so small a model, so it gets the most.
MADE = {
    "copy_text": 14000,
    "copy_facts": 6000,
    "copy_repeat": 1500,
    "copy_slots": 7000,
    "copy_entities": 3000,
    "framed_entities": 10000,
    "framed_questions": 8000,
    "shots": 2000,
    "made_shots": 8000,
    "notes": 16000,
    "note_questions": 5000,
    "answers": 4500,
}
# These come in the first six tenths of an epoch, so that a run of half an epoch sees more of them: a base that copies
# needs them most. (Raw copying is not among them any more; the base has learned it, LOG.md.)
EARLY = (
    "copy_facts",
    "copy_slots",
    "copy_entities",
    "answers",
    "ner_btc/ner",
    "ner_wnut17/ner",
    "ner_wikigold/ner",
    "sgd_slot_tagging/slot_ner",
    "restaurant8k_slots/slot_ner",
)


def phrasings() -> dict[str, Entry]:
    """The phrasing file as {"set/task": entry}."""
    return yaml.safe_load((HERE / "phrasings.yaml").read_text(encoding="utf-8"))


def entry_for(wordings: dict[str, Entry], key: tuple[str, str]) -> Entry | None:
    """The phrasing entry of (set, task), or None where the task is left out."""
    name, task = key
    whole = wordings.get(f"{name}/*")
    if whole is not None and task not in whole.get("skip", ()):
        return whole
    return wordings.get(f"{name}/{task}")


def fill(phrasing: str, fields: dict[str, str]) -> str:
    """Put fields into a phrasing in one pass, so that braces in a text stay what they are."""
    return re.sub(r"\{(\w+)\}", lambda match: fields.get(match.group(1), match.group(0)), phrasing)


def answer_of(entry: Entry, target: str) -> str | None:
    """The row's target in the wording of the phrasing file; None drops the row."""
    return entry.get("labels", {}).get(target, target)


def render(entry: Entry, row: Row, index: int) -> Pair:
    """(prompt, target) of a usable row in the phrasing number `index` (taken modulo their count)."""
    fields = {"input": row["input"]}
    if "parse" in entry:
        parsed = re.fullmatch(entry["parse"], row["input"], flags=re.S)
        fields.update(parsed.groupdict() if parsed else {})
    wanted = entry["phrasings"]
    prompt = fill(wanted[index % len(wanted)], fields)
    if re.search(r"\{(one|two|title|text|story|question)\}", prompt) and "parse" in entry:
        prompt = fill(wanted[0], fields) if wanted[0].count("{input}") else row["input"]
    return prompt, cast(str, answer_of(entry, row["target"]))  # `usable` leaves out the rows without a wording


def usable(entry: Entry, row: Row) -> bool:
    """Whether a row may be trained on: short enough, its label has a wording, and it holds nothing to be avoided."""
    target = answer_of(entry, row["target"])
    if not target or ("avoid" in entry and re.search(entry["avoid"], row["input"], flags=re.I)):
        return False
    return len(row["input"]) <= entry.get("max_input", 1600) and len(target) <= TARGET_CHARACTERS


def corpus_rows(sets: Splits, generator: Random, scale: float) -> list[Kinded]:
    """Rows of the corpus's tasks, capped, each in one phrasing drawn by chance -> [(prompt, target, kind)]."""
    wordings, rows = phrasings(), []
    for key, (train, _) in sets.items():
        entry = entry_for(wordings, key)
        if entry is None:
            continue
        kept = [row for row in train if usable(entry, row)]
        generator.shuffle(kept)
        kept = kept[: max(int(entry["cap"] * scale), 4)] * entry.get("repeat", 1)
        rows += [(*render(entry, row, generator.randrange(60)), "/".join(key)) for row in kept]
    return rows


def written_answers(generator: Random, count: int) -> Iterator[Pair]:
    """`count` rows of answers.yaml; {number} becomes an order number, the same in question and answer."""
    entries = yaml.safe_load((HERE / "answers.yaml").read_text(encoding="utf-8"))
    asks = [(ask, entry["say"]) for entry in entries for ask in entry["ask"]]
    for place in range(count):
        ask, say = asks[place % len(asks)]
        number = str(generator.randrange(10 ** generator.randint(1, 7)))
        yield ask.replace("{number}", number), say.replace("{number}", number)


def with_shots(sets: Splits, generator: Random, count: int, most_characters: int = 1750) -> Iterator[Pair]:
    """`count` rows with solved examples of the same task before the question: prompts of some 400 to 512 tokens."""
    wordings = phrasings()
    keys = [key for key in sets if key[0] != "t0_train_sample" and sets[key][0]]
    entries = {key: entry for key in keys if (entry := entry_for(wordings, key))}
    pools = {
        key: [row for row in sets[key][0] if usable(entry, row) and len(row["input"]) < 600]
        for key, entry in entries.items()
    }
    keys = [key for key in pools if len(pools[key]) > 8]
    styles = ("{0}\n{1}", "{0}\nAnswer: {1}", "{0} {1}")
    for _ in range(count if keys else 0):
        key = generator.choice(keys)
        entry, index, style = entries[key], generator.randrange(60), generator.choice(styles)
        prompt, target = render(entry, generator.choice(pools[key]), index)
        last = style.format(prompt, "").rstrip()
        text, room = "", generator.randint(900, most_characters)
        for row in generator.sample(pools[key], min(len(pools[key]), 12)):
            shot = style.format(*render(entry, row, index)) + "\n\n"
            if len(text) + len(shot) + len(last) > room:
                break
            text += shot
        yield text + last, target


def made_rows(corpus: Path | str, sets: Splits, generator: Random, scale: float) -> list[Kinded]:
    """Rows that this project makes: copying, own answers, shots -> [(prompt, target, kind)]."""
    counts = {kind: max(int(count * scale), 12) for kind, count in MADE.items()}
    wanted = {"task_dialogues", "chats", "book_dialogues", "stories", "plain"}
    by_group: dict[str, list[str]] = defaultdict(list)
    for group, text in documents(corpus, scale):
        if group in wanted and len(by_group[group]) < 2500:
            by_group[group].append(text)
    texts = [text for group in sorted(by_group) for text in by_group[group]]
    slots = [row for key, (train, _) in sets.items() if key[1] == "slot_ner" for row in train]
    names = [row for key, (train, _) in sets.items() if key[1] == "ner" for row in train]
    values = [pair.split(": ", 1)[1] for row in slots + names for pair in row["target"].split("; ") if ": " in pair]
    makers: dict[str, Iterator[Pair]] = {
        "copy_text": text_rows(generator, texts, counts["copy_text"]),
        "copy_facts": fact_rows(generator, counts["copy_facts"]),
        "copy_repeat": repeats(generator, values or ["Pocket"], counts["copy_repeat"]),
        "copy_slots": slot_questions(generator, slots, counts["copy_slots"]),
        "copy_entities": slot_questions(generator, names, counts["copy_entities"]),
        "framed_entities": framing.entity_rows(generator, counts["framed_entities"]),
        "framed_questions": framing.question_rows(generator, counts["framed_questions"]),
        "shots": with_shots(sets, generator, counts["shots"]),
        "answers": written_answers(generator, counts["answers"]),
    }
    return [(prompt, target, kind) for kind, made in makers.items() for prompt, target in made]


def topic_classes(sets: Splits) -> list[Classes]:
    """Texts by topic and messages by intent, for shots with other label words: of the corpus and of the suite."""
    pools: list[dict[str, list[str]]] = [defaultdict(list) for _ in range(3)]
    for row in sets.get(("cl_benchmark", "topic"), ([], []))[0]:
        text = row["input"].split("Text: ", 1)[-1].split(". ", 1)[0]
        if 30 < len(text) < 220:
            pools[0][row["target"]].append(text)
    for pool, name, text in ((pools[1], "topic", "text"), (pools[2], "intent", "message")):
        for record in suite_records(name):
            if len(record[text]) < 260:
                pool[record[name]].append(record[text])
    return [dict(pool) for pool in pools]


def dialogue_rows(corpus: Path | str, sets: Splits, generator: Random, scale: float) -> list[Kinded]:
    """Rows made from annotated dialogues, and shots made up from their lines -> [(prompt, target, kind)].

    A dialogue that holds an utterance of a test row is left out, since its annotation is the row's answer.
    """
    tests = [row["input"] for (name, _), (_, test) in sets.items() if name.startswith("sgd_") for row in test]
    talks = read_talks(corpus, tests)
    counts = {kind: max(int(MADE[kind] * scale), 12) for kind in ("notes", "note_questions", "made_shots")}
    makers = {
        "notes": notes.note_rows(generator, talks, counts["notes"]),
        "note_questions": asking.question_rows(generator, talks, counts["note_questions"]),
        "made_shots": shot_rows(generator, talks, topic_classes(sets), counts["made_shots"]),
    }
    return [(prompt, target, kind) for kind, made in makers.items() for prompt, target in made]


def all_rows(corpus: Path | str, chats: Path | str, seed: int = 0, scale: float = 1.0) -> list[Kinded]:
    """The whole mixture in a fixed order; every other row, by chance, is wrapped in the instruction tags."""
    generator = random.Random(seed)
    sets = task_rows(corpus)
    rows = corpus_rows(sets, generator, scale) + made_rows(corpus, sets, generator, scale)
    rows += dialogue_rows(corpus, sets, generator, scale) + suite_rows(generator, scale)
    written = read_chats(chats)
    written = written[: max(int(len(written) * scale), 4)]
    rows += [(prompt, target, "chats") for prompt, target in chat_rows(generator, written)]
    return [
        (TAGS.format(prompt) if generator.random() < 0.5 else prompt, target, kind) for prompt, target, kind in rows
    ]
