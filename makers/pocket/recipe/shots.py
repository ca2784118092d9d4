"""Rows whose task, label words or form are made up for that row alone: only the shots tell what is wanted.

Three kinds: classes that are easily seen, with arbitrary label words; forms in which something is to be written; and
arbitrary words that stand for words. Opinions are among none of them: the labs teach those.
"""

import functools
import re
from collections.abc import Callable, Iterator, Sequence
from random import Random
from typing import Any

from makers.pocket.recipe.copying import Pair
from makers.pocket.recipe.framing import load
from makers.pocket.recipe.matters import Talk
from makers.pocket.recipe.telling import wordings

MOST_SHOTS = 5
MOST_CHARACTERS = 1450  # some 450 tokens
LINE_CHARACTERS = 110
KINDS = {"classes": 9, "forms": 7, "stands_for": 4}  # kind of row: weight
Classes = dict[str, Sequence[str]]  # class: texts that belong to it


@functools.cache
def material() -> dict[str, Any]:
    """shots.yaml."""
    return load("shots.yaml")


def in_sentence(word: str, generator: Random) -> str:
    """A word alone or in a sentence that tells nothing of it."""
    return generator.choice(material()["around"]).replace("{word}", word)


def line_classes(talks: list[Talk]) -> list[Classes]:
    """Classes of lines that a mark in the line tells: question or not, a number or none, short or long."""
    lines = sorted({line for talk in talks for line in talk.said if 8 < len(line) <= LINE_CHARACTERS})
    asked = [line for line in lines if line.endswith("?") and "." not in line]
    stated = [line for line in lines if line.endswith(".") and "?" not in line]
    counted = [line for line in lines if re.search(r"\d", line)]
    uncounted = [line for line in lines if not re.search(r"\d", line)]
    short = [line for line in lines if len(line.split()) <= 4]
    long = [line for line in lines if len(line.split()) >= 12]
    return [
        {"question": asked, "statement": stated},
        {"number": counted, "none": uncounted},
        {"short": short, "long": long},
    ]


def wish_classes(talks: list[Talk]) -> Classes:
    """First wishes of #Person1# by what they are about: a restaurant, a flight, the weather ..."""
    by_subject: dict[str, list[str]] = {}
    for talk in talks:
        for turn, service, kind, _slot, _value in talk.acts:
            subject, said = service.split("_")[0], talk.said[turn]
            if turn == 0 and kind == "INFORM_INTENT" and len(said) <= LINE_CHARACTERS:
                by_subject.setdefault(subject, []).append(said)
    return {subject: said for subject, said in by_subject.items() if len(said) > MOST_SHOTS}


def class_shots(generator: Random, classes: Classes) -> list[Pair]:
    """Shots of two to four classes with made-up labels, the query last; its class is among the shots."""
    count = min(generator.choice((2, 2, 2, 3, 3, 4)), len(classes))
    labels = generator.choice(material()["labels"])
    label_of = dict(zip(generator.sample(sorted(classes), count), generator.sample(labels, count), strict=True))
    asked = generator.choice(list(label_of))
    drawn = [*label_of, *generator.choices(list(label_of), k=generator.randint(0, MOST_SHOTS - count))]
    generator.shuffle(drawn)
    drawn.append(asked)
    texts = {name: iter(generator.sample(classes[name], min(MOST_SHOTS + 1, len(classes[name])))) for name in label_of}
    return [(next(texts[name]), label_of[name]) for name in drawn]


def word_classes(generator: Random) -> Classes:
    """The kinds of words, each word alone or in a sentence, all in the same one."""
    around = generator.choice(material()["around"])
    return {kind: [around.replace("{word}", word) for word in words] for kind, words in material()["words"].items()}


def drawn_classes(generator: Random, pools: list[Classes]) -> Classes:
    """One of the pools, or in a third of the cases the kinds of words."""
    return generator.choice(pools) if pools and generator.random() < 2 / 3 else word_classes(generator)


LINE_FORMS: tuple[Callable[[list[str]], str], ...] = (
    lambda words: words[0],
    lambda words: words[-1],
    lambda words: " ".join(words).upper(),
    lambda words: " ".join(reversed(words)),
    lambda words: str(len(words)),
    lambda words: " ".join(words[:2]),
    lambda words: " ".join(words[1:]),
    lambda words: f"[{' '.join(words)}]",
    lambda words: f"{words[-1]} {words[0]}",
    lambda words: "-".join(words),
    lambda words: ", ".join(words),
    lambda words: words[0].upper(),
    lambda words: f"{words[0]} ... {words[-1]}",
    lambda words: "".join(word[0] for word in words),
    lambda words: f"{words[1]} ({len(words)})",
    lambda words: " ".join(words[:-1]),
)


def fact_form_shots(generator: Random) -> list[Pair]:
    """Sentences on a name and a value, written down in one form; the query last."""
    form = generator.choice(material()["fact_forms"])
    sentences, words = material()["facts"], material()["words"]
    kind = generator.choice(list(sentences))
    one_sentence = [generator.choice(sentences[kind])] if generator.random() < 0.5 else sentences[kind]
    count = generator.randint(1, MOST_SHOTS) + 1
    pairs = []
    for name in generator.sample(wordings()["names"], count):
        value = generator.choice(words[kind])
        said = generator.choice(one_sentence).format(name=name, value=value)
        pairs.append((said, form.format(name=name, value=value, NAME=name.upper(), VALUE=value.upper())))
    return pairs


def line_form_shots(generator: Random, phrases: Sequence[str]) -> list[Pair]:
    """Short lines, each changed in the same way; the query last."""
    change = generator.choice(LINE_FORMS)
    drawn = generator.sample(phrases, generator.randint(1, MOST_SHOTS) + 1)
    return [(phrase, change(phrase.split())) for phrase in drawn]


def stands_for_shots(generator: Random) -> list[Pair]:
    """Words that stand for other words, as it pleases; the query repeats one of the shots' words."""
    words = material()["words"]
    from_kind, to_kind = generator.sample(list(words), 2)
    values = words[to_kind] if generator.random() < 0.6 else material()["labels"][0]
    count = generator.randint(2, MOST_SHOTS)
    pairs = list(zip(generator.sample(words[from_kind], count), generator.sample(values, count), strict=True))
    shots = [(in_sentence(word, generator), value) for word, value in pairs]
    word, value = generator.choice(pairs)
    return [*shots, (in_sentence(word, generator), value)]


def laid_out(generator: Random, pairs: list[Pair]) -> Pair:
    """(prompt, target): all pairs but the last as shots in one layout, then the last one's question."""
    fitting = [
        layout
        for layout in material()["layouts"]
        if not any(mark in pairs[-1][1] for mark in ("->", "=", ":") if f" {mark} " in layout[0])
    ]
    layout, between = generator.choice(fitting)
    shots = [layout.replace("{x}", x).replace("{y}", y) for x, y in pairs[:-1]]
    question, target = pairs[-1]
    query = layout.split("{y}")[0].replace("{x}", question).rstrip()
    lead = generator.choice(material()["leads"]) if generator.random() < 0.5 else ""
    return lead + between.join([*shots, query]), target


def shot_rows(generator: Random, talks: list[Talk], more: list[Classes], count: int) -> Iterator[Pair]:
    """`count` rows; `more`: further texts by class."""
    pools = [*line_classes(talks), wish_classes(talks), *more]
    pools = [pool for pool in pools if len(pool) > 1 and all(len(texts) > MOST_SHOTS for texts in pool.values())]
    lines = sorted({line for talk in talks for line in talk.said})
    phrases = [" ".join(re.findall(r"[\w']+", line)) for line in lines if 3 <= len(line.split()) <= 7]
    makers: dict[str, Callable[[], list[Pair]]] = {
        "classes": lambda: class_shots(generator, drawn_classes(generator, pools)),
        "forms": lambda: (
            fact_form_shots(generator) if generator.random() < 0.5 else line_form_shots(generator, phrases)
        ),
        "stands_for": lambda: stands_for_shots(generator),
    }
    made = 0
    while made < count:
        kind = generator.choices(list(KINDS), list(KINDS.values()))[0]
        prompt, target = laid_out(generator, makers[kind]())
        if len(prompt) <= MOST_CHARACTERS:
            yield prompt, target
            made += 1
