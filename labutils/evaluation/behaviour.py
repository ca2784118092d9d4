"""Behaviour: what an output does with a prompt, by a rule short enough to read (lab 01).

The rule looks at the two texts and at nothing else. It judges manners, not knowledge: a wrong answer is an answer.
``data/behaviour`` holds the prompts of lab 01 and the rows, labelled by a reader, that the rule is measured on.
"""

import re
from typing import TYPE_CHECKING

from labutils.dialogues import records
from labutils.dialogues.records import Field
from labutils.evaluation.intervals import wilson
from labutils.evaluation.scores import Score
from labutils.machine import paths
from labutils.prompts import CLOSE_TAG, OPEN_TAG
from labutils.words import words as split_words

if TYPE_CHECKING:
    import pandas as pd

BEHAVIOURS = ("answers", "declines", "asks_back", "continues", "repeats", "empty")
REPLIES = BEHAVIOURS[:3]  # it takes part in a conversation, whatever it says
KINDS = ("question", "request", "identity", "chat")
PROMPT = {"id": Field(), "prompt": Field(), "kind": Field(), "seen": Field(bool)}
LABELLED = {name: Field() for name in ("id", "prompt", "label", "origin")} | {
    "output": Field(blank=True),
    "held_out": Field(bool),
}

SPEAKER = r"#Person\d#|User|Human|Assistant|Speaker|Customer|Agent|Question|Answer|Q|A"
# How a text goes on in mid-sentence: with a mark, with the ending of a word, with a joining word.
MIDWAY = re.compile(r"[,.;:!?)]|-\w|(?:s|and|or|but|of|than|which|who|that)\b")
SORRY = re.compile(
    r"\bsorry,? (?:but )?(?:i|we)\b|\b(?:i|we) (?:do not|don['’]t) know\b|\bi (?:cannot|can['’]t|will not|won['’]t)\b",
    re.IGNORECASE,
)
LABEL = re.compile(r"^(#Person\d#|[A-Z]\w*(?=:))", re.MULTILINE)


# --- the rule ------------------------------------------------------------------------------------------------------
def behaviour(prompt: str, output: str) -> str:
    """Return what ``output`` does with ``prompt``: the first of these that fits.

    empty: it holds no word.  repeats: most of it is the prompt again, or itself again and again.
    continues: it goes on with the text instead of replying to it.  asks_back: it replies with a question.
    declines: it replies that it cannot, will not or does not know.  answers: any other reply, right or wrong.
    """
    prompt, output = clean(prompt, output)
    if not words(output):
        return "empty"
    if is_copy(prompt, output) or is_loop(output):
        return "repeats"
    if begins_midway(output) or speaks_for_others(prompt, output) or takes_the_askers_place(prompt, output):
        return "continues"
    if output.endswith("?"):
        return "asks_back"
    return "declines" if SORRY.search(output) else "answers"


def clean(prompt: str, output: str) -> tuple[str, str]:
    """Return both texts without instruction tags; a reply's own speaker ("Agent:") is no part of what it says."""
    prompt, output = (re.sub(rf"{re.escape(OPEN_TAG)}|{re.escape(CLOSE_TAG)}", "", t).strip() for t in (prompt, output))
    if prompt.endswith(":"):  # a half-finished chat: the line that is asked for begins with this label
        label = prompt.splitlines()[-1]
        output = output.removeprefix(label).removeprefix(":").strip()
    return prompt, output


def is_copy(prompt: str, output: str) -> bool:
    """It says nothing new: more than three quarters of its runs of three words stand in the prompt. Of one or two words
    each must, and the prompt must not offer a choice (a horse or a mouse?).
    """
    prompt_runs, runs = set(threes(prompt)), threes(output)
    if not runs:
        return set(words(output)) <= set(words(prompt)) and "or" not in words(prompt)
    return 4 * sum(run in prompt_runs for run in runs) > 3 * len(runs)


def is_loop(output: str) -> bool:
    """Fewer than half of the output's runs of three words are different ones."""
    runs = threes(output)
    return 2 * len(set(runs)) < len(runs)


def begins_midway(output: str) -> bool:
    """It starts in the middle of a sentence: with a comma, with ``and``, with the ending of a word; or in lower case,
    and then it runs on for more than one sentence (a short answer may be in lower case).
    """
    return bool(MIDWAY.match(output)) or (output[0].islower() and len(sentences(output)) > 1)


def speaks_for_others(prompt: str, output: str) -> bool:
    """It writes a line for a speaker, one of the prompt's or a usual one: a chat with itself."""
    speakers = set(LABEL.findall(prompt))
    return any(label in speakers or re.fullmatch(SPEAKER, label) for label in LABEL.findall(output))


def takes_the_askers_place(prompt: str, output: str) -> bool:
    """It speaks as the one who asked: *my dog* where the prompt said *my dog*, or a sentence that begins as the prompt
    does: another question of the same kind."""
    mine = set(re.findall(r"\bmy \w+", prompt.lower())) & set(re.findall(r"\bmy \w+", output.lower()))
    return bool(mine) or any(words(sentence)[:2] == words(prompt)[:2] for sentence in sentences(output))


def words(text: str) -> list[str]:
    """Return the words of a text, contractions whole: an output that begins with "I'm" and another verb is a reply."""
    return split_words(text, contractions=True)


def threes(text: str) -> list[tuple[str, ...]]:
    """Return the runs of three words of a text, in their order."""
    tokens = words(text)
    return list(zip(tokens, tokens[1:], tokens[2:], strict=False))


def sentences(text: str) -> list[str]:
    """Split a text after its full stops, question and exclamation marks, and at its line ends."""
    return [part for part in re.split(r"(?<=[.!?])\s+|\n+", text) if part.strip()]


# --- the rows ------------------------------------------------------------------------------------------------------
def load_prompts() -> list[dict]:
    """Return the prompts of lab 01: id, prompt, kind (one of ``KINDS``; the first n hold all kinds), and seen: whether
    the prompt stands word for word in the shipped model's instruction data.
    """
    return records.read(paths.data_dir() / "behaviour" / "prompts.jsonl", PROMPT)


def load_labelled() -> list[dict]:
    """Return the rows that a reader labelled: id, prompt, output, label, origin (who wrote the output) and held_out:
    whether the row was labelled after the rule had its last change.
    """
    return records.read(paths.data_dir() / "behaviour" / "labelled.jsonl", LABELLED)


def agreement(rows: list[dict]) -> Score:
    """Return the share of labelled rows on which the rule says what the person said, with its interval."""
    hits = sum(behaviour(row["prompt"], row["output"]) == row["label"] for row in rows)
    return Score(hits / len(rows), *wilson(hits, len(rows)), len(rows))


def confusion(rows: list[dict]) -> "pd.DataFrame":
    """Return how many labelled rows of each hand label (index) the rule sorts where (columns): a pandas.DataFrame."""
    import pandas as pd

    table = pd.DataFrame(0, index=list(BEHAVIOURS), columns=list(BEHAVIOURS)).rename_axis("as read")
    for row in rows:
        table.loc[row["label"], behaviour(row["prompt"], row["output"])] += 1
    return table
