"""What the cards say of the plain records: how they were made, who read them, and what is weak in them."""

MADE = """\
The plain ones (`register`) were written in November 2026 by a language model, record by record, in batches of 25 to 60
with scenarios of their own, in everyday words: short main clauses, common names, no wit. \
They came later than the rich ones, which
stand first in each file and are the hard case."""
HELD_OUT = (
    " The 40 of validation were written last, by one author who had read those of train and test: chat lines, notes, "
    "labels and forms. No other eyes have read them."
)
SAMPLE = " Of the plain ones {sample} (seed 11) were read by other eyes than their author's: {result}."

DIALOGUES = (
    MADE
    + (
        " Those of train have four authors, who saw none of each other's; those of validation and test have one, and "
        "the second and third references of test two others, who saw the dialogue alone. One request and one outcome "
        "each."
    )
    + SAMPLE.format(
        sample="240 of train",
        result=("three needed a fact mended and two their English, and two more that were met on the way were mended"),
    )
    + (
        " The authors of the references named small faults in eight dialogues of test and a topic that did not quite "
        "fit in four; eleven of the twelve were mended, and all 150 were then read with their three references: "
        "nothing more was found. Of validation 40 were read: none needed mending; the other 60 were not read. Known "
        "weaknesses of the plain ones: {turns:.0%} have eight or nine turns, {middle:.0%} have 80 to 140 words, and "
        "nearly all end in agreement. #Person1# begins all of train, {first:.0%} of validation and test together. The "
        "same few dozen names come back, some scenes come twice in other words (a wake-up call at the hotel, a lost "
        "bag), and the summaries copy more of the dialogue than DialogSum's. In test two to four dialogues share a "
        "topic, in train hardly any. Some actions lack their subject."
    )
)
TOPIC = MADE + SAMPLE.format(sample="60 of train and 40 of test", result="none needed mending") + HELD_OUT
INTENT = MADE + (
    " All 400 of train and 40 of test were read against their labels by other eyes than their author's: nine of "
    "train and one of test were mended, most because a message about a code named no password. Thirteen of train "
    "were put in other words, since a rich one said nearly the same." + HELD_OUT
)
QUESTIONS = (
    MADE
    + SAMPLE.format(
        sample="60 of train and 40 of test",
        result=(
            "four needed their English mended and none its answer; six more whose question hung on another question "
            "were mended"
        ),
    )
    + " Two or three questions share a passage."
    + HELD_OUT
)
ENTITIES = (
    MADE
    + SAMPLE.format(sample="60 of train and 40 of test", result="none needed mending")
    + " A script searched all 520 for capitalised words that are not named."
    + HELD_OUT
)
FACTS = (
    "`plain_documents` and `plain_questions` were written in November 2026 by a language model: documents of one to "
    "three short sentences of the same firm's kind, with other products, and questions as above (no `belief`) with "
    "`wrong`, a false answer of the same kind. All 100 documents and 200 questions were read by other eyes than their "
    "author's: none had a wrong answer; nine questions of `phrasing` were put in other words, since they asked almost "
    "in those of train, and six of train, since too many began alike. Their sentences are alike, and no two documents "
    "contradict each other: they are the easy case."
)
OPINIONS = """\
Written for FineTune Labs in November 2026 by a language model, record by record; no sentence comes from another
data set and none was filled into a pattern. Every record passed `labs verify data`. \
It is the easy task of the suite: one line, two labels,
nothing mixed or ironic. The products and the opinions are invented."""
OPINIONS_REVIEW = (
    "Sixty of train and 40 of test (seed 11) were read by other eyes than their author's: none needed mending. "
    "Validation was not read."
)
CHATS = """\
Written for FineTune Labs in November 2026 by a language model, chat by chat, \
by two authors from scenarios of their own; no
sentence comes from another data set and none was filled into a pattern. Every record passed `labs verify data`. \
They are for the
instruction data of the shipped model, as SAMSum (Gliwa et al., 2019) is in that of FLAN-T5, \
and stand in no lab's train or test."""
CHATS_REVIEW = (
    "Sixty (seed 11) were read by other eyes than their author's: none needed mending. The other 440 were not read."
)
SUPPORT = """\
Written for FineTune Labs in November 2026 by a language model, chat by chat, by two authors from scenarios of their \
own; no sentence comes from another data set and none was filled into a pattern. The service, its customers, prices \
and rules are invented. Every record passed `labs verify data`. One author wrote the first 155 of train, private \
customers; the other the rest of train (firms and pick-up points) and all of validation and test. They are for lab 07: \
a model that notes everyday chats is asked to note another kind, and is then fine-tuned on it."""
SUPPORT_CHECKS = (
    "Two people take turns, and the note names both; names and numbers of a note stand in its chat; each entry of "
    "`request` and `action` stands word for word in the lower-cased chat and note, is no speaker's name, and stands "
    "in one of the two fields only; no chat is near a dialogue of `data/dialogues` or a chat of `data/chats`."
)
SUPPORT_REVIEW = (
    "Validation, test and the last 45 of train were all read by the other author: one verb was mended, three notes "
    "that named the service where the chat did not, and a sentence too near to one of DialogSum. The first 155 of "
    "train were read again by their author alone."
)
SUPPORT_WEAK = (
    "Small: an interval over {test} test notes is wide. Train and test differ in more than the chats, since they have "
    "two authors: notes of train are {shorter:.1f} words shorter than those of test and name {fewer:.1f} fewer entries "
    "of `action`, and {firms} of train are of firms and pick-up points, of which test has few. Most "
    "chats end well, have six to eight turns and one request; real ones wander. The key words are one author's choice: "
    "a note that says the same in other words misses them, a copy of the chat holds them all (read them beside the "
    "length), and a note that denies what it names is not caught. Key words such as `tomorrow` or `driver` come back "
    "in many records."
)
