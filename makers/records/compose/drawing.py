"""Drawing a function from its parts: holes are filled in Python and JavaScript side by side."""

import random
import re
from collections import Counter
from collections.abc import Collection

# What the other holes may be; of a pair with a bar the second is the JavaScript.
_WORDS = """
arith: + - *
cmp: < > <= >= ==|=== !=|!==
ch: a e o r n s t
fill: . * _ #
pre: Room Order Level Page Row Part Stage Lot
mid: has needs got takes keeps
post: items days points marks people boxes hours
alt: none unknown empty later closed early full yes no high low
field: kind amount note size state rank
k: 2 3 4 5 6 7 8 9
p: 2 3
i: 0 1 2
"""
_ARGUMENTS = """
n: price count width height age weight speed minutes level distance budget seats pages steps unit_price row_count \
max_size start_year depth hours offset guests days
s: name title city label text code_word first_name street file_name message country nickname note_text
xs: prices/price scores/score ages/age weights/weight temperatures/temperature lap_times/lap_time sizes/size heights/h
ws: names/name words/word cities/city titles/title tags/tag lines/line codes/code guest_names/guest fruits/fruit
t: stock points limits opening_hours rooms fees
key: item player team month dish
size: size_name shirt
food: food bought
color: color shade
vn: half extra base rest_time gap top bonus first_value
vs: part prefix short_form shown greeting
vxs: chosen/entry kept/element remaining/figure
vws: parts/piece pieces/bit found/hit
vt: table rates by_name
"""
WORDS = {line.split(": ")[0]: line.split(": ")[1].split() for line in _WORDS.strip().splitlines()}
WORDS["sep"] = [", ", " ", "-", ": ", "/", " + "]
ARGUMENTS = {line.split(": ")[0]: line.split(": ")[1].split() for line in _ARGUMENTS.strip().splitlines()}
_TEXTS = """
amber lantern|River|stone-grey|oats|level|red, green, blue|left-right|Tea at noon|north/south|sesame|otter|Anna: ready
"""
VALUES = {
    "s": _TEXTS.strip().split("|"),
    "ws": "oak River tern stones amber east noon Tulip rose sparrow salt eel tea otter".split(),
    "key": "apple pear plum fig".split(),
}
BINDING = {"!": 0, "?": 1, "&": 3, "+": 4, "*": 5, "": 8}  # how tightly a composite must bind to stand bare
LEVELS = {  # an operator outside brackets: how tightly it binds, in both languages
    r" if | \? ": 0,
    r" or | \|\| | \?\? ": 1,
    r" and | && |^not ": 2,
    r" in | [<>]=? | [=!]==? ": 3,
    r" [-+] ": 4,
    r" \*(?!\*) | /+ | % ": 5,
    r"^[-!]": 6,
    r" \*\* ": 7,
}
HOLE = re.compile(r"<([A-Za-z]+)(\d?)([!?&+*]?)>")
LEAF = {"N": "n", "S": "s", "L": "xs", "K": "ws"}
ELEMENT = {"x": "xs", "a": "as", "b": "bs", "w": "ws"}
ORDER = {"xs": 0, "as": 0, "bs": 0, "ws": 0} | dict.fromkeys(ELEMENT, 1)
RESULTS = "NNNNNFBBBSSSSSLLLKKK"
Code = tuple[str, str]  # the same in Python and in JavaScript
Part = tuple[str, str, list[str]]  # Python and JavaScript with holes, and the verbs of which a name is made


class Again(Exception):
    """This draw leads nowhere: draw another."""


def camel(name: str) -> str:
    """Return a name_of_python as a nameOfJavascript."""
    return re.sub(r"_(\w)", lambda match: match[1].upper(), name)


def binds(text: str) -> int:
    """Return how tightly the outermost operator of an expression binds."""
    before, text = "", re.sub(r'"[^"]*"|`[^`]*`', "s", text)
    while before != text:
        before, text = text, re.sub(r"\([^()\[\]{}]*\)|\[[^()\[\]{}]*\]|\{[^()\[\]{}]*\}", "g", text)
    return next((level for operator, level in LEVELS.items() if re.search(operator, text)), 8)


class Function:
    """One function being drawn: its arguments and locals by type, and the elements of its lists."""

    def __init__(self, rng: random.Random, parts: dict[str, list[Part]], used: Counter[str]):
        self.rng, self.parts, self.used = rng, parts, used
        self.kinds: dict[str, str] = {}  # argument or local: its type
        self.arguments: list[str] = []
        self.element: dict[str, str] = {}
        self.verbs: list[str] = []

    def draw(self, rows: list[Part]) -> Part:
        """Return one of ``rows``; one that was seldom drawn is likelier."""
        row = min(self.rng.sample(rows, min(3, len(rows))), key=lambda row: self.used[row[0]])
        self.used[row[0]] += 1
        return row

    def name(self, kind: str, others: Collection[str]) -> str:
        """Return an argument of a type that is none of ``others``, an old one or a new one."""
        old = [name for name, its in self.kinds.items() if its == kind and name not in others]
        if old and (len(self.arguments) > 2 or self.rng.random() < 0.75):
            return self.rng.choice(old)
        if len(self.arguments) > 2:
            raise Again
        self.arguments.append(self.fresh(kind))
        return self.arguments[-1]

    def fresh(self, kind: str) -> str:
        """Give a name to a new argument or, where the type begins with v, to a local."""
        name, _bar, element = self.rng.choice(ARGUMENTS[kind]).partition("/")
        if {name, element} & {*self.kinds, *self.element.values()} or any(element and element in k for k in self.kinds):
            raise Again
        self.kinds[name] = kind.removeprefix("v")
        self.element |= {name: element} if element else {}
        return name

    def hole(self, kind: str, depth: int, filled: dict[str, Code]) -> Code:
        """Return what stands in one hole, in both languages."""
        if kind == "R":
            return self.expression(self.rng.choice(RESULTS), depth)
        if kind in self.parts:
            return self.expression(kind, depth - 1, filled)
        if kind in WORDS:
            words = [word for word in WORDS[kind] if (word.split("|")[0], word.split("|")[-1]) not in filled.values()]
            word = self.rng.choice(words)
            return word.split("|")[0], word.split("|")[-1]
        if kind in ELEMENT and kind not in filled:
            owner = filled.get(ELEMENT[kind], ("", ""))[0]
            name = self.element.get(owner) or self.rng.choice(ARGUMENTS[ELEMENT[kind]]).split("/")[1]
        elif kind.startswith("v"):
            name = self.fresh(kind)
        else:
            name = self.name(
                "xs" if kind in ("as", "bs") else kind, {python for python, _javascript in filled.values()}
            )
        return name, camel(name)

    def fill(self, row: Part, depth: int, outer: dict[str, Code]) -> Code:
        """Fill the holes of a part, lists before their elements and new locals last in their line."""
        filled = dict(outer)
        for line in [*row[0].split(";;"), row[1]]:
            holes = {match[1] + match[2]: match[1] for match in HOLE.finditer(line)}
            for label in sorted(holes, key=lambda label: (label[0] == "v", ORDER.get(holes[label], 2))):
                if label not in filled:
                    filled[label] = self.hole(holes[label], depth, {**filled})

        def put(match: re.Match[str], side: int) -> str:
            text = filled[match[1] + match[2]][side]
            return f"({text})" if match[1].isupper() and binds(text) < BINDING[match[3]] else text

        return HOLE.sub(lambda match: put(match, 0), row[0]), HOLE.sub(lambda match: put(match, 1), row[1])

    def expression(self, kind: str, depth: int, outer: dict[str, Code] | None = None) -> Code:
        """Return an expression of a kind in both languages."""
        outer = {label: text for label, text in (outer or {}).items() if label in ELEMENT and kind in "PQEW"}
        if kind in LEAF and outer is not None and depth < 1 and (depth < 0 or self.rng.random() < 0.4):
            name = self.name(LEAF[kind], ())
            return name, camel(name)
        rows = [row for row in self.parts[kind] if depth > 0 or not re.search(r"<[NSLKB]\d?[!?&+*]?>", row[0])]
        row = self.draw(rows)
        self.verbs = self.verbs or row[2]
        return self.fill(row, depth, outer)
