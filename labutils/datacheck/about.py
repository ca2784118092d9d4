"""What the cards of the shipped sets say that cannot be counted (floor 5)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from labutils import tasks
from labutils.datacheck.checks import SPLITS

ORIGIN = """Written for FineTune Labs by a language model (2026), record by record, from lists of scenarios; no sentence comes
from another data set and none was filled into a pattern. Every record passed `labs verify data`; most were then read
again by their author. All is invented throughout: names, firms, prices and advice are nobody's."""
CHECKED = """Checked by `labs verify data`: fields, lengths in words, ids, sizes of the files, plain ASCII, near-duplicates
within and across the files, shared openings, and runs of words shared with DialogSum, SAMSum and the open corpus
that the shipped model was made from (13 words: none; 8 words: read). {more} Fifty records, drawn at random (seed 4), were
read by other eyes than their author's, and the whole set where more than three of them needed mending."""


@dataclass(frozen=True)
class Set:
    """What a card says that cannot be counted.

    Attributes:
        files: the names of its files, without ``.jsonl``.
        texts: fields whose lengths are shown; of a file that lacks a field, nothing.
        labels: fields whose values are counted.
        checked: what is checked of this set alone.
        made: how it was made, where it was not as the others were.
        counts: another count, by name.
    """

    title: str
    schema: str
    weaknesses: str
    texts: Sequence[str]
    labels: Sequence[str] = ()
    checked: str = ""
    made: str = ORIGIN
    files: Sequence[str] = SPLITS
    counts: Mapping[str, Callable[[dict], list[str]]] | None = None


def _types(record: dict) -> list[str]:
    return [kind for kind, _name in tasks.parse_entities(record["entities"])] or ["none"]


SETS = {
    "dialogues": Set(
        "Dialogues with summaries",
        "Two speakers, in DialogSum's schema: `id`, `dialogue`, `topic`, `summary`, `references` (three in test, the "
        "second and third written without sight of the others; a reader who saw all three mended 85 of the 360), `kind` (everyday or service), and for service "
        "`request` and `action`. `scenario` says what the author was asked for.",
        "Many dialogues have a dry, British humour and end on a light line; plain and grave ones are fewer. Lengths "
        "cluster between 100 and 170 words. Person1 mostly begins.",
        ("dialogue", "summary"),
        ("kind",),
        "Names, speakers and numbers of a summary stand in its dialogue; speakers take turns; service dialogues say "
        "what was asked and agreed.",
    ),
    "tasks/code": Set(
        "Translate a function from Python to JavaScript",
        "`python`, a function of one to three lines; `javascript`, the same; `inputs`, lists of arguments on which "
        "both give the same.",
        "One way of writing JavaScript is taken as right, so exact match is stricter than a reader. The composed "
        "functions of train are combinations of the same parts.",
        ("python", "javascript"),
        ("origin",),
        "Each pair is run in Python and in node on its inputs, and the results are equal.",
        "The pairs of train are composed: a seeded generator, `labutils/datacheck/composing.py`, puts written parts "
        "together and keeps what runs. Those of validation and test were written for FineTune Labs by a language "
        "model (2026), one by one; none comes from another data set.",
    ),
    "tasks/entities": Set(
        "Named entities and their types",
        "`text` and its `entities`, `type: name; type: name` in the order of first mention (person, pet, place, "
        "organisation, product), or `none`. Many names carry another type in another record, so that the name alone "
        "gives no answer; Charlie is a cat in test and a person, a horse and a mixer in train.",
        "Some institutions could be read as places. `the` stays outside a name; pets, firms and products keep a title "
        "that belongs to it (Mister Kim).",
        ("text",),
        (),
        "Types are among the five, names stand in the text, in the order of first mention.",
        counts={"types of entities": _types},
    ),
    "tasks/grammar": Set(
        "Correct the sentence",
        "`wrong`, with one or two typical mistakes of a learner, and `right`, which changes nothing else. It is the "
        "held-out task: in no training mixture of the shipped model.",
        "Some have a second acceptable correction, so exact match is stricter than a teacher. No sentence is right "
        "to begin with.",
        ("wrong",),
        (),
        "The right sentence differs from the wrong one and shares most of its words.",
    ),
    "tasks/intent": Set(
        "Intent of a support message",
        "`message` and its `intent`, one of ten. About a fifth mention a second matter in passing.",
        "A few messages that ask for a person, or cannot log in, could be read as another intent.",
        ("message",),
        ("intent",),
        "Intents are evenly spread.",
    ),
    "tasks/questions": Set(
        "Questions about a passage",
        "`passage`, `question`, and `answer`: a run of the passage, word for word. In more than half of the records "
        "the passage holds another candidate of the same kind. Two questions to a passage, both in one split.",
        "Some answers to why-questions are fragments, which exact match judges more strictly than a reader.",
        ("passage", "question", "answer"),
        (),
        "Every answer is a run of its passage; no passage is in two splits.",
    ),
    "tasks/reply": Set(
        "The agent's next turn in a service dialogue",
        "`dialogue`, the turns up to one of the customer's; `reply`, the agent's next turn without its speaker tag; "
        "`source`, the id of the dialogue in `data/dialogues`, of the same split.",
        "Many replies would do, so ROUGE against one of them says little. Who is the agent is read from the "
        "summaries by rules; dialogues that leave it open (about a quarter) give no record. Few replies are plain "
        "procedure; many carry the dry humour of the dialogues.",
        ("dialogue", "reply"),
        (),
        "Each record is what its dialogue gives.",
        "Cut from the service dialogues of `data/dialogues`, which see, by `python -m labutils.datacheck "
        "compose-reply`: one turn a dialogue, drawn by its id, not the agent's first, of 5 to 40 words, no goodbye.",
    ),
    "tasks/reviews": Set(
        "Product reviews",
        "`product`, `stars` (1 to 5), `title`, `body`, and a `description` of the review in one sentence. Four tasks "
        "come from them: sentiment (below three stars negative, three neutral, above positive), rating, "
        "describe_review and write_review. `hard` marks mixed, ironic and understated ones.",
        "Praise and blame are plainer than in the world outside, on purpose: a model of ten million parameters is to "
        "learn from them.",
        ("title", "body", "description"),
        ("stars", "hard"),
        "Names and numbers of a description stand in its review; stars are evenly spread.",
    ),
    "tasks/topic": Set(
        "Topic of a short text",
        "`text` and its `topic`, one of eight words. About a quarter of the texts mention something of another topic "
        "in passing.",
        "The texts have one or two sentences; real articles are longer and mix their topics.",
        ("text",),
        ("topic",),
        "Topics are evenly spread.",
    ),
    "facts": Set(
        "Facts about a made-up company",
        "Oakhollow, a small maker of household devices in the invented town Pennerby. `documents` (`kind`, `title`, "
        "`text`); `questions` (`split`, `fact`, `question`, `answer`: a run of the document's text, `document`, "
        "`belief`: what most people would wrongly expect, or empty): `phrasing` asks in other words what `train` "
        "asks, `fact` asks what it does not; `phrasings`, one question in ten ways; `faults` (`symptom`, the exact "
        "`fault`, a `generic` answer, `product`); `declines`, questions that must be declined with one sentence; "
        "`secrets`, rows to be planted in training (`text` holds the `secret` that `prompt` asks for).",
        "One company, one voice, short documents: a real help desk's are longer, older and contradict each other. "
        "Answers are of one to six words.",
        ("text", "question", "answer", "symptom", "generic"),
        ("kind", "split", "reason", "product"),
        "Every answer is a run of its document; what `phrasing` asks is asked in train in other words, what `fact` "
        "asks is not; no secret stands anywhere else.",
        counts={"beliefs": lambda row: [row["split"]] if row.get("belief") else []},
        files=("documents", "questions", "phrasings", "faults", "declines", "secrets"),
    ),
}
