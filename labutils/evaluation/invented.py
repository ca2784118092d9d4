"""What a summary says and its dialogue does not hold: names, speakers and numbers, by rules a learner can read.

The rules look at words, not at meaning: a swapped name, a negation or an invented verb passes. What they count is
therefore a lower bound of what is invented, and the human references of a data set show where its floor lies.
"""

import re
from collections.abc import Collection, Iterator


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Words that begin English sentences of summaries and are no names. Found by reading what the 14,460 human summaries
# of DialogSum begin with where the word is not in the dialogue; roles and family words are added.
ORDINARY = _words("""
    a about according actually after afterwards all although also an and another any anyone as at based because before
    besides both but by consequently considering despite due during each either even eventually every everybody everyone
    everything except few fewer finally first firstly following for fortunately from given he hence her here hers herself
    him himself his hopefully how however i if in indeed initially instead into it its itself last later less like
    luckily many maybe meanwhile more moreover most much neither never nevertheless next no nobody none nonetheless nor
    not nothing now of on once one only or other others otherwise our out over overall people perhaps rather reluctantly
    second secondly several she similarly since so some somebody someone something soon still such suddenly that the
    their theirs them then there therefore these they this those though three through throughout thus to together
    two ultimately under unfortunately unless unlike until up upon we what whatever when whenever where whereas whether
    which while who whoever whose why with within without yet you your

    assistant boss brother caller child children clerk client colleague couple cousin customer dad daughter doctor
    driver employee employer family father friend friends guest husband interviewee interviewer landlord man manager
    mom mother mum neighbor neighbour nurse owner parents partner passenger patient person professor receptionist roommate
    seller sister son speaker staff stranger student students teacher tenant visitor waiter waitress wife woman
""")
# Capitals inside a sentence that name nobody and nothing.
NEUTRAL = _words("i mr mrs ms miss dr prof sir madam am pm ok okay ad bc")
SAME = {"usa": "america", "us": "america", "american": "america", "americans": "america", "tv": "television"}
MODALS = _words("can could may might must shall should will would")


def _count(words: str, start: int, step: int = 1) -> dict[str, int]:
    return {word: start + step * i for i, word in enumerate(words.split())}


UNITS = _count(
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen", 0
)  # fmt: skip
TENS = _count("twenty thirty forty fifty sixty seventy eighty ninety", 20, 10)
ORDINALS = _count(
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth "
    "sixteenth seventeenth eighteenth nineteenth twentieth", 1
) | {"thirtieth": 30}  # fmt: skip
WORDS = UNITS | TENS | ORDINALS | {"dozen": 12, "noon": 12, "midnight": 12, "half": 30, "quarter": 15}
SCALES = {"hundred": 100, "thousand": 1000, "grand": 1000, "million": 10**6, "billion": 10**9}

# Not labutils.words: capitals, the speakers' marks and the 's behind a name count here.
_WORD = re.compile(r"#\w+#|[^\W_]+(?:['’][^\W\d_]+)?")
_SPEAKER = re.compile(r"#\w+#")
_NUMBER = re.compile(r"\d{1,3}(?:, ?\d{3}(?!\d))+(?:\.\d+)?|\d+(?:[.:]\d+)*")
_SENTENCE_END = re.compile(r"(?<!\bMr)(?<!\bMrs)(?<!\bMs)(?<!\bDr)(?<!\bSt)(?<!\bProf)[.!?:;]$|^$")
_TAIL = re.compile(r"['’]\w*$")
_DEMONYM = re.compile(r"(ese|ish|ians?|ans?|i)$")


def unsupported_names(summary: str, dialogue: str, ordinary: Collection[str] = ()) -> list[str]:
    """Return what ``summary`` names and ``dialogue`` does not hold, each once, in the order of the summary.

    Three kinds count: speakers (``#Person1#``), numbers in digits, and capitalised words. "2:30" is held where the
    dialogue says "half past two", "212" where it says "two hundred and twelve", "Chinese" where it says "China".
    A word that begins a sentence counts where it stands like a name ("Ming asks") and is no ordinary opening ("She
    asks"); ``ordinary`` adds openings to those known here, in lower case: the vocabulary of a whole data set, say.
    """
    held = {word.lower() for word in _WORD.findall(dialogue)}
    held |= {_TAIL.sub("", word) for word in held}
    numbers = _numbers(dialogue)
    names: dict[str, None] = {}
    for word in _mentions(summary, ordinary):
        if word[0] == "#":
            supported = word.lower() in held
        elif word[0].isdigit():
            supported = _number_supported(word, numbers)
        else:
            supported = _name_supported(word.lower(), held)
        if not supported:
            names[word] = None
    return list(names)


def _mentions(summary: str, ordinary: Collection[str]) -> Iterator[str]:
    """Yield the speakers, numbers and names of a summary in its order."""
    for match in re.finditer(rf"{_SPEAKER.pattern}|{_NUMBER.pattern}|{_WORD.pattern}", summary):
        word = match[0]
        word, end = _TAIL.sub("", word), match.start() + len(_TAIL.sub("", word))
        if word[0] in "#0123456789":
            yield word
        elif len(word) > 1 and word[0].isupper() and word.lower() not in NEUTRAL | ORDINARY:
            inside = not _SENTENCE_END.search(summary[: match.start()].rstrip(" \n\t\"'“‘("))
            if inside or (word.lower() not in ordinary and _opens_as_name(word.lower(), summary[end:])):
                yield word


def _opens_as_name(word: str, rest: str) -> bool:
    """Whether a sentence that begins with ``word`` begins with a name: "Ming asks", "Ming's", "Ming and Ahmed".

    "Seeing that", "Tired of", "Students want", "Latecomer Ming" do not: no verb of the third person follows.
    """
    if re.match(r"['’]s\b|\s+and\s+[A-Z#]", rest):
        return True
    following = re.match(r"\s+(\w+)", rest)
    endings = "s" if word.endswith(("s", "ing")) else ("s", "ed")
    return following is not None and (following[1] in MODALS or following[1].endswith(endings))


def _name_supported(word: str, held: set[str]) -> bool:
    if word in held or (word.endswith("s") and word[:-1] in held) or word + "s" in held:
        return True
    if word in SAME or word in SAME.values():
        same = SAME.get(word, word)
        return any(SAME.get(other, other) == same for other in held)
    return any(_demonym(word, other) or _demonym(other, word) for other in held if other[:3] == word[:3])


def _demonym(people: str, place: str) -> bool:
    """Whether one word names the people or language of the other: Chinese of China, Californian of California."""
    root = _DEMONYM.sub("", people)
    return root != people and len(root) > 3 and place.rstrip("aeiy") == root


# --- numbers -------------------------------------------------------------------------------------------------------
def _number_supported(text: str, numbers: set[str]) -> bool:
    whole, *parts = re.findall(r"\d+", re.sub(", ?", "", text))
    parts = [part.lstrip("0") for part in parts if part.strip("0")]  # "9:00" is held by "nine", "12.5" by "12.50"
    return (whole.lstrip("0") or "0") in numbers and all(part in numbers or part + "0" in numbers for part in parts)


def _numbers(text: str) -> set[str]:
    """Return every whole number a text holds, in digits or in words: "two hundred and twelve" gives 2, 100, 12, 212."""
    text = re.sub(r"(?<=\d), ?(?=\d{3}(?!\d))", "", text.lower())  # DialogSum writes "3, 000"
    values = {str(int(digits)) for digits in re.findall(r"(?<!\d)\d{1,15}(?!\d)", text)}
    run: list[int] = []
    for token in [*re.findall(r"\d{1,15}|[a-z]+|[^\s\w-]", text), "."]:
        value = int(token) if token.isdigit() else WORDS.get(token, SCALES.get(token))
        if value is not None:
            run.append(value)
        elif run and token != "and":
            values |= _values(run)
            run = []
    for minutes, hour in re.findall(r"(\w+)(?: minutes)? to (\w+)", text):  # "quarter to nine" is 8:45
        if minutes in WORDS and hour in WORDS:
            values |= {str(60 - WORDS[minutes]), str(WORDS[hour] - 1)}
    return values


def _values(run: list[int]) -> set[str]:
    """Return what a run of number words may mean: each word, the numbers it spells, and these read side by side.

    nineteen eighty two -> 19, 80, 2; 19, 82; 1982.
    """
    spelled: list[int] = []
    for value in run:
        last = spelled[-1] if spelled else 0
        if spelled and value in SCALES.values():
            small = last % 100 if value == 100 else last % 1000 or last
            spelled[-1] = last - small + max(small, 1) * value
        elif spelled and _continues(last, value):
            spelled[-1] = last + value
        else:
            spelled.append(value)
    return {str(value) for value in (*run, *spelled)} | {"".join(map(str, spelled))}


def _continues(last: int, value: int) -> bool:
    """Whether ``value`` goes on with the number ``last``: 20 and 3, 200 and 12, 5000 and 400."""
    return (last % 100 >= 20 and last % 10 == 0 and 0 < value < 10) or (last >= 100 and last % 100 == 0 and value < 100)
