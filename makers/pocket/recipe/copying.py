"""Rows that can only be answered by copying: made from dialogues, from prose and from small invented facts.

A model of ten million parameters knows little, so it must learn to look: the last line, the line after a given one,
the missing word, the names, the value of a slot. Answers are found by code in the text itself; no label is needed.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from random import Random

Pair = tuple[str, str]  # prompt, target

WORD = re.compile(r"[A-Za-z]{4,}")
NAME = re.compile(r"(?<=[a-z,] )(?!I\b)[A-Z][a-z]+(?: [A-Z][a-z]+)*")
NUMBER = re.compile(r"\$?\d[\d:,.]*\d|\d")
MAX_WORDS = 40  # of a line that is to be copied

FACT_NAMES = (
    "Charlie",
    "Luna",
    "Bella",
    "Max",
    "Rocky",
    "Daisy",
    "Oscar",
    "Ruby",
    "Anna",
    "Ben",
    "Carla",
    "David",
    "Emma",
    "Frank",
    "Grace",
    "Henry",
    "Ivy",
    "Jack",
    "Kate",
    "Leo",
    "Mia",
    "Noah",
    "Olivia",
    "Paul",
    "Rosa",
    "Sam",
    "Tina",
    "Victor",
    "Wendy",
    "Zoe",
    "Maya",
    "Omar",
    "Priya",
    "Kenji",
    "Fatima",
    "Diego",
    "Ingrid",
    "Yusuf",
)
FACT_KINDS = {
    "animal": (
        "a cat|a dog|a horse|a parrot|a rabbit|a goldfish|a turtle|a hamster|a cow|a sheep|a snake|a goat",
        "{name} is {value}.",
        ("What animal is {name}?", "What is {name}?", "What kind of animal is {name}?"),
    ),
    "job": (
        "a teacher|a doctor|a baker|a pilot|a farmer|a nurse|a painter|a driver|a cook|a lawyer|a singer|an engineer",
        "{name} works as {value}.",
        ("What is {name}'s job?", "What does {name} do?", "What does {name} work as?"),
    ),
    "city": (
        "London|Paris|Rome|Cairo|Lima|Oslo|Delhi|Tokyo|Boston|Nairobi|Madrid|Toronto|Sydney|Berlin",
        "{name} lives in {value}.",
        ("Where does {name} live?", "In which city does {name} live?"),
    ),
    "colour": (
        "red|blue|green|yellow|white|black|brown|orange|pink|grey",
        "{name}'s favourite colour is {value}.",
        ("What is {name}'s favourite colour?", "Which colour does {name} like?"),
    ),
    "food": (
        "soup|bread|rice|pizza|apples|cheese|fish|cake|noodles|salad|pancakes|eggs",
        "{name} likes to eat {value}.",
        ("What does {name} like to eat?", "What is {name}'s favourite food?"),
    ),
    "age": (
        "3|5|7|9|12|16|21|28|34|40|52|67",
        "{name} is {value} years old.",
        ("How old is {name}?", "What is {name}'s age?"),
    ),
    "place": (
        "in the garden|in the kitchen|at the station|in the park|at school|on the beach|at the office|in the car",
        "{name} is {value} now.",
        ("Where is {name}?", "Where is {name} now?"),
    ),
}


def fact_rows(generator: Random, count: int) -> Iterator[Pair]:
    """Invented facts about two to five names and a question on one of them: `count` (prompt, target) pairs."""
    for _ in range(count):
        names = generator.sample(FACT_NAMES, generator.randint(2, 5))
        facts = []
        for name in names:
            kind = generator.choice(list(FACT_KINDS))
            values, sentence, questions = FACT_KINDS[kind]
            value = generator.choice(values.split("|"))
            facts.append(
                (sentence.format(name=name, value=value), generator.choice(questions).format(name=name), value)
            )
        text = " ".join(fact for fact, _, _ in facts)
        _, question, value = generator.choice(facts)
        yield (
            generator.choice(("{0}\n{1}", "{1}\n{0}", "{0} {1}", "Text: {0}\nQuestion: {1}")).format(text, question),
            value,
        )


def windows(generator: Random, text: str, fewest: int = 3, most: int = 9) -> list[str] | None:
    """A run of consecutive lines of a text, or None if it has too few."""
    lines = [line for line in text.split("\n") if line.strip()]
    if len(lines) < fewest:
        return None
    size = min(generator.randint(fewest, most), len(lines))
    start = generator.randrange(len(lines) - size + 1)
    return lines[start : start + size]


def sentences(text: str, limit: int = 900) -> list[str]:
    """The sentences of the first `limit` characters of prose, as lines."""
    return [part.strip() for part in re.split(r"(?<=[.!?]) +", text[:limit].replace("\n", " "))][:-1]


def said(line: str) -> str:
    """A dialogue line without its speaker."""
    return line.split(": ", 1)[-1]


def last_line(generator: Random, lines: list[str]) -> Pair:
    """The last or the first line, copied."""
    if generator.random() < 0.7:
        return generator.choice(("What is the last line?", "Repeat the last line.", "What was said last?")), lines[-1]
    return generator.choice(("What is the first line?", "Repeat the first line.")), lines[0]


def next_line(generator: Random, lines: list[str]) -> Pair:
    """The line after a given one."""
    place = generator.randrange(len(lines) - 1)
    ask = generator.choice(("What comes after this line?", "Which line follows?", "What is said next after this?"))
    return f"{ask} {said(lines[place])}", lines[place + 1]


def speaker(generator: Random, lines: list[str]) -> Pair | None:
    """Who says a given line."""
    line = generator.choice(lines)
    if ": " not in line:
        return None
    who, words = line.split(": ", 1)
    return f"{generator.choice(('Who says this?', 'Who said:'))} {words}", who


def line_end(generator: Random, lines: list[str]) -> Pair | None:
    """The rest of a line of which the beginning is given."""
    words = said(generator.choice(lines)).split()
    if len(words) < 6:
        return None
    cut = generator.randint(2, len(words) - 2)
    ask = generator.choice(
        ("Complete the line from the text:", "How does this line go on?", "Finish it as in the text:")
    )
    return f"{ask} {' '.join(words[:cut])}", " ".join(words[cut:])


def missing_word(generator: Random, lines: list[str]) -> Pair | None:
    """The word that is left out of a line."""
    line = said(generator.choice(lines))
    matches = list(WORD.finditer(line))
    if len(matches) < 2:
        return None
    word = generator.choice(matches)
    shown = line[: word.start()] + "____" + line[word.end() :]
    ask = generator.choice(("Which word is missing?", "Fill in the gap from the text.", "What is the missing word?"))
    return f"{ask} {shown}", word.group()


def line_with(generator: Random, lines: list[str]) -> Pair | None:
    """The line that holds a given word."""
    words = [word for line in lines for word in WORD.findall(said(line))]
    once = [word for word in words if words.count(word) == 1]
    if not once:
        return None
    word = generator.choice(once)
    line = next(line for line in lines if word in WORD.findall(said(line)))
    ask = generator.choice(('Which line has the word "{}"?', 'Copy the line with the word "{}".'))
    return ask.format(word), line


def listed(pattern: re.Pattern[str], asks: Sequence[str]) -> Callable[[Random, list[str]], Pair | None]:
    """A maker of rows that list all that a pattern finds, in order, each once."""

    def rows(generator: Random, lines: list[str]) -> Pair | None:
        items = list(dict.fromkeys(pattern.findall("\n".join(said(line) for line in lines))))
        return (generator.choice(asks), "; ".join(items[:6])) if items else None

    return rows


KINDS = (
    last_line,
    next_line,
    speaker,
    line_end,
    line_end,
    missing_word,
    missing_word,
    line_with,
    listed(NAME, ("Which names are in the text?", "List the names.", "List every name that is mentioned.")),
    listed(NUMBER, ("Which numbers are in the text?", "List the numbers.", "List all numbers and times.")),
)


def text_rows(generator: Random, texts: Sequence[str], count: int) -> Iterator[Pair]:
    """`count` (prompt, target) pairs from dialogues (lines) and prose (sentences as lines)."""
    made = 0
    while made < count:
        text = generator.choice(texts)
        lines = windows(generator, text if "#Person" in text else "\n".join(sentences(text)))
        if lines is None or len(" ".join(lines)) > 1400:
            continue
        row = generator.choice(KINDS)(generator, lines)
        if row is None or not 0 < len(row[1].split()) <= MAX_WORDS:
            continue
        question, target = row
        body = ("\n" if "#Person" in text else " ").join(lines)
        yield (f"{body}\n\n{question}" if generator.random() < 0.6 else f"{question}\n\n{body}"), target
        made += 1


def repeats(generator: Random, phrases: Sequence[str], count: int) -> Iterator[Pair]:
    """`count` rows that repeat a name or a value alone."""
    for _ in range(count):
        phrase = generator.choice(phrases)
        yield (
            generator.choice(("Repeat: {}", "Say this: {}", "Repeat the name: {}", "Copy this: {}")).format(phrase),
            phrase,
        )


def slot_questions(generator: Random, rows: Sequence[dict[str, str]], count: int) -> Iterator[Pair]:
    """Turn "type: value; type: value" rows into a question on one of the values: `count` (prompt, target) pairs."""
    rows = [row for row in rows if ": " in row["target"]]
    for row in generator.choices(rows, k=count) if rows else ():
        pairs = [pair.split(": ", 1) for pair in row["target"].split("; ") if ": " in pair]
        kinds = [kind for kind, _ in pairs]
        kind, value = generator.choice(pairs)
        if kinds.count(kind) == 1 and value:
            ask = generator.choice(("What is the {}?", "Which {} is given?", "{}?", "Find the {}.")).format(kind)
            yield (f"{row['input']}\n{ask}" if generator.random() < 0.6 else f"{ask}\n{row['input']}"), value
