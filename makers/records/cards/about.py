"""What the cards of the shipped sets say that cannot be counted."""

import functools

from labutils.evaluation.metrics import parse_entities
from makers.records.cards import figures, plain
from makers.records.cards.sets import ADDED, CHECKS, DRAWN, EARLIER, FORM, LATER, RUNS, Set


def _types(record: dict) -> list[str]:
    return [kind for kind, _name in parse_entities(record["entities"])] or ["none"]


def _number_of(field: str, record: dict) -> list[str]:
    return [str(len(record[field]))]


SETS = {
    "dialogues": Set(
        "Dialogues with summaries",
        "Two speakers, in DialogSum's schema: `id`, `dialogue`, `topic`, `summary`, `references` (three in test, the "
        "second and third written without sight of the others; a reader who saw all three mended 85 of the 360), "
        "`kind` (everyday or service), and for service `request` and `action`. `scenario` says what the author of a "
        "rich one was asked for; `register` is rich or plain. What follows is said of the rich ones.",
        "Many dialogues have a dry, British humour and end on a light line; plain and grave ones are fewer. "
        "{within:.0%} have 100 to 170 words. #Person1# begins {first} of {all}. Dialogues are longer than "
        "DialogSum's, those of test most: {words}, speaker tags not counted; the references of test have {references} "
        "words (first, second and third: {thrice}), DialogSum's {their_references}. 48 of train were rewritten after "
        "the others had been read, since they lay nearest to test by the measure below; the measure is flattered by "
        "that.",
        ("dialogue", "summary"),
        ("kind",),
        set_checks=(
            "Names, speakers and numbers of a summary, a request and an action stand in the dialogue; speakers take "
            "turns; service dialogues say what was asked and agreed."
        ),
        review=DRAWN.format(seed=4, result="four needed mending, so all 800 rich ones were read, and 102 were changed")
        + (
            " 48 of train were rewritten after that; all 48 were read too, and 16 were mended. Of fifty more, drawn "
            "over the other 552 of train (seed 7), none needed mending."
        ),
        numbers=figures.dialogues,
        plain=plain.DIALOGUES,
        plain_numbers=figures.plain_dialogues,
    ),
    "chats": Set(
        "Everyday chats with notes",
        "Two or three friends, neighbours or colleagues, each turn `Name: text`: `id`, `dialogue`, `summary` (what a "
        "third person would note).",
        "Most chats are short; nearly all end well, and the notes leave out what is small talk. Turns are short and "
        "names of many countries, so the tokenizer cuts a chat into more pieces a word than a dialogue.",
        ("dialogue", "summary"),
        common_checks=CHECKS,
        set_checks="Names and numbers of a summary stand in its chat; no chat is near a dialogue of `data/dialogues`.",
        review=plain.CHATS_REVIEW,
        origin=plain.CHATS,
        files=("train",),
        counts={"speakers": lambda row: [str(len({turn.split(":")[0] for turn in row["dialogue"].split("\n")}))]},
    ),
    "support": Set(
        "Support chats with notes",
        "A customer and an agent of Merrow Post and Parcel, an invented parcel service, each turn `Name: text`: `id`, "
        "`dialogue`, `summary` (the note that an agent files: both names, what was asked, what was agreed), and the "
        "fields that a note is scored by, `request` and `action`: one to three words or phrases of two words, without "
        "which the note misses the one or the other.",
        plain.SUPPORT_WEAK,
        ("dialogue", "summary"),
        common_checks=CHECKS,
        set_checks=plain.SUPPORT_CHECKS,
        review=plain.SUPPORT_REVIEW,
        origin=plain.SUPPORT,
        counts={f"entries of `{field}`": functools.partial(_number_of, field) for field in ("request", "action")},
        numbers=figures.support,
    ),
    "tasks/code": Set(
        "Translate a function from Python to JavaScript",
        "`python`, a function of one to three lines; `javascript`, the same; `inputs`, lists of arguments on which "
        "both give the same.",
        "One way of writing JavaScript is taken as right, so exact match is stricter than a reader. The composed "
        "functions of train are combinations of the same parts, and their names promise little.",
        ("python", "javascript"),
        ("origin",),
        common_checks=f"{FORM}, and {RUNS}.",
        set_checks=(
            "No two functions are the same. Each pair is run in Python and in node on its inputs, and the results are "
            "equal."
        ),
        review=DRAWN.format(
            seed=5, result="all of validation and test were read too, and the names of three functions were mended"
        )
        + " Train was composed anew after that, without operators on bits, and its 300 were read once.",
        origin=(
            "The pairs of train are composed: a seeded generator, `makers/records/compose/functions.py`, puts written "
            "parts together and keeps what runs. Those of validation and test were written for FineTune Labs by a "
            "language model (2026), one by one; none comes from another data set."
        ),
    ),
    "tasks/entities": Set(
        "Named entities and their types",
        "`text` and its `entities`, `type: name; type: name` in the order of first mention (person, pet, place, "
        "organisation, product), or `none`. Many names carry another type in another record, so that the name alone "
        "gives no answer: of the {seen} names of test that stand in train too, {other} have another type there. "
        "Charlie is a cat in test; in train the name belongs to {charlie}.",
        "Some institutions could be read as places. `the` stays outside a name; pets, firms and products keep a title "
        "that belongs to it (Mister Kim). " + ADDED,
        ("text",),
        set_checks="Types are among the five, names stand in the text, in the order of first mention.",
        review=EARLIER.format(records=730)
        + LATER.format(result="five needed mending, so all 500 were read, and 28 were mended"),
        counts={"types of entities": _types},
        numbers=figures.added(500, figures.entities),
        plain=plain.ENTITIES,
    ),
    "tasks/grammar": Set(
        "Correct the sentence",
        "`wrong`, with one or two typical mistakes of a learner, and `right`, which changes nothing else. It is the "
        "held-out task: in no training mixture of the shipped model.",
        "Some have a second acceptable correction, so exact match is stricter than a teacher. No sentence is right "
        "to begin with.",
        ("wrong",),
        set_checks="The right sentence differs from the wrong one and shares most of its words.",
        review=DRAWN.format(seed=4, result="two needed mending; all 350 were read, and seven were changed"),
    ),
    "tasks/intent": Set(
        "Intent of a support message",
        "`message` and its `intent`, one of {labels}. Of fifty messages of validation and test that were read for it, "
        "about eight mention a second matter in passing; in the later ones of train this is rarer.",
        "A few messages that ask for a person, or cannot log in, could be read as another intent. "
        + ADDED
        + (
            " They repeat some situations in other words. `reset password` stands for codes and blocked accounts too, "
            "`update payment` for dates of billing, `opening hours` for those of a phone line."
        ),
        ("message",),
        ("intent",),
        set_checks="Intents are evenly spread.",
        review=EARLIER.format(records=630)
        + LATER.format(result="one needed mending; all 800 were read nonetheless, and 24 were mended"),
        numbers=figures.added(400, figures.labels("intent")),
        plain=plain.INTENT,
    ),
    "tasks/questions": Set(
        "Questions about a passage",
        "`passage`, `question`, and `answer`: a run of the passage, word for word. Of forty records of validation and "
        "test that were read for it, in about half the passage holds another candidate of the same kind; in the later "
        "ones of train this is rarer. Several questions to a passage, all in one split: {passages}.",
        "Some answers to why-questions are fragments, which exact match judges more strictly than a reader. "
        + ADDED
        + " Some of "
        "their scenes come twice in other words.",
        ("passage", "question", "answer"),
        set_checks="Every answer is a run of its passage; no passage is in two splits.",
        review=EARLIER.format(records=630)
        + LATER.format(result="one needed mending; all 900 were read nonetheless, and 44 were mended"),
        numbers=figures.added(400, figures.passages),
        plain=plain.QUESTIONS,
    ),
    "tasks/opinions": Set(
        "Opinions about products",
        "`product`, `text` (what somebody says about it, in one line) and `opinion`, positive or negative.",
        "Few words decide: a model that knows which words praise has most of it. Of the {products} products of test "
        "{shared} are in train too.",
        ("text",),
        ("opinion",),
        set_checks="Opinions are evenly spread.",
        review=plain.OPINIONS_REVIEW,
        origin=plain.OPINIONS,
        numbers=figures.products,
    ),
    "tasks/reply": Set(
        "The agent's next turn in a service dialogue",
        "`dialogue`, the turns up to one of the customer's; `reply`, the agent's next turn without its speaker tag; "
        "`source`, the id of the dialogue in `data/dialogues`, of the same split.",
        "Many replies would do, so ROUGE against one of them says little. Who is the agent is read from the summaries "
        "by rules; dialogues that leave it open, or have no such turn, give no record: {given} of {service} give one. "
        "Few replies are plain procedure; many carry the dry humour of the dialogues.",
        ("dialogue", "reply"),
        common_checks=f"{FORM}, shared openings.",
        set_checks="Each record is what its dialogue gives, and every dialogue that gives one has one.",
        review=DRAWN.format(seed=5, result="none needed mending")
        + " The 41 of train that changed when dialogues were mended later were read too.",
        numbers=figures.replies,
        origin="Cut from the rich service dialogues of `data/dialogues`, which see, by `python -m makers.records "
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
        set_checks="Names and numbers of a description stand in its review; stars are evenly spread.",
        review=DRAWN.format(seed=4, result="eleven needed mending, so all 1,450 were read, and 135 were changed"),
    ),
    "tasks/topic": Set(
        "Topic of a short text",
        "`text` and its `topic`, one of {labels} words. Of fifty texts of validation and test that were read for it, "
        "about ten mention something of another topic in passing; in the later ones of train this is rarer.",
        "Nearly all texts have one or two sentences; real articles are longer and mix their topics. "
        + ADDED
        + (
            " They stand in blocks of one topic, repeat some advice and scenes in other words, and many list words of "
            "their topic; those of test are wry and mixed on purpose, so test is harder than most of train. Weather "
            "and sky count as nature, wages and prices as money, the body as health, energy and machines as "
            "technology."
        ),
        ("text",),
        ("topic",),
        set_checks="Topics are evenly spread.",
        review=(
            "Fifty records each of the first 400 of train and of validation with test (seed 6), and of the others of "
            "train (seed 7) were read by other eyes than their authors': two, three and six needed mending. All 1,590 "
            "were read then, and 66 were mended."
        ),
        numbers=figures.added(400, figures.labels("topic")),
        plain=plain.TOPIC,
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
        common_checks=f"{FORM}, near-duplicates within a file, shared openings, and {RUNS}.",
        set_checks=(
            "Every answer is a run of its document; what `phrasing` asks is asked in train in other words, what "
            "`fact` asks is not; no secret stands anywhere else."
        ),
        review=DRAWN.format(
            seed=5,
            result="all the others were read too, and five questions, a phrasing, two faults and a secret were mended",
        )
        + " Of 25 questions drawn and read later, two were mended, with the document of one.",
        counts={"beliefs": lambda row: [row["split"]] if row.get("belief") else []},
        files=tuple("documents questions phrasings faults declines secrets plain_documents plain_questions".split()),
        plain=plain.FACTS,
    ),
    "behaviour": Set(
        "Behaviour: the prompts of lab 01 and the rows its rule is measured on",
        "`prompts` (`id`, `prompt`, plain, without instruction tags; `kind`; `seen`: true where the prompt stands "
        "word for word in the shipped model's instruction data, `makers/pocket/recipe/answers.yaml`; a test keeps it "
        "so) and `labelled` (`id`, `prompt`, `output`, `label`, `origin`: who made the output, `written` where it was "
        "made for the purpose; `held_out`: true where it was labelled after the last change of the rule in "
        "`labutils/evaluation/behaviour.py`; agreement on these is the fair figure). What the labels mean. "
        "**answers**: it replies, rightly or wrongly. **declines**: it replies that it cannot, will not or does not "
        "know. **asks_back**: it replies with a question to the person. **continues**: it goes on with the text: "
        "finishes the sentence, writes other speakers' lines, speaks in the asker's place. **repeats**: more than "
        "half of it is the prompt again, or itself again and again. **empty**: no word. Where two fit, the one that "
        "fills more of the output.",
        "One labeller: nobody has measured how far two would agree.",
        ("prompt", "output"),
        ("kind", "seen", "label", "origin", "held_out"),
        common_checks="Checked by `labs verify data`: fields, ids, kinds and labels.",
        origin=(
            "The prompts were written for FineTune Labs by a language model (2026). The outputs were labelled by "
            "reading prompt and output, by one labeller (a language model, 2026), without the rule's verdict."
        ),
        files=("prompts", "labelled"),
    ),
}
