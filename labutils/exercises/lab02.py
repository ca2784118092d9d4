"""Exercises of lab 02: a fourth instruction, the shift, six broken batches, and a file of one's own."""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from labutils.batches import IGNORE
from labutils.dialogues import records
from labutils.errors import LabError
from labutils.exercises.broken import LABELS, WIDTH, leaking, pair_of_batches  # noqa: F401 - the lab takes them from here
from labutils.exercises.core import Check, Exercise, Mistake
from labutils.exercises.kinds import Challenge
from labutils.i18n import _
from labutils.prompts import Template, lint, render

# --- 1: a fourth instruction ----------------------------------------------------------------------------------------
TAKEN = ("stars", "body", "description")  # the answers of the three instructions that the lab shows
OWN_WORDS = 3  # of a prompt: with fewer it asks for nothing


def instruction_faults(prompt: str, target: str, rows: Sequence[Mapping]) -> Check | None:
    """Return the first fault of an instruction made of two jinja2 texts for these records, or None."""
    template = Template("mine", "mine", prompt, target)
    try:
        asked, answered = Template("", "", prompt, "").fields, Template("", "", "", target).fields
        if shared := sorted(asked & answered):
            text = _("not yet: {fields} stands in the prompt and in the target; the model would only copy it")
            return Check("leak", text.format(fields=", ".join(shared)))
        for row in rows:
            if faults := lint(template, dict(row)):
                return Check(
                    faults[0].code, _("not yet: record {id}: {why}").format(id=row.get("id", ""), why=faults[0].message)
                )
        filled = [render(template, dict(row)) for row in rows]
    except LabError as error:
        return Check(error.code, _("not yet: {why}").format(why=error))
    except Exception as error:  # jinja2's own, of a text that somebody is just writing
        return Check("template_syntax", _("not yet: the template cannot be filled in: {why}").format(why=error))
    if not asked or (len(rows) > 1 and len({said for said, _answer in filled}) == 1):
        return Check("one_prompt", _("not yet: every record gives the same prompt; write a field as {{ title }}"))
    try:
        empty = render(Template("own", "own", prompt, ""), dict.fromkeys(asked, ""))[0]
    except LabError:  # it reckons with a field, which empty texts do not bear
        empty = None
    if empty is not None and len(empty.split()) < OWN_WORDS:
        return Check(
            "no_instruction", _("not yet: the prompt holds the record, but says nothing about what to do with it")
        )
    if len(rows) > 1 and len({answer for _said, answer in filled}) == 1:
        return Check("one_answer", _("not yet: every record gives the same answer; then the prompt need not be read"))
    return None


def _judge_instruction(answer: Any, rows: Sequence[Mapping]) -> Check:
    if isinstance(answer, str) or len(answer) != 2 or not all(isinstance(text, str) for text in answer):
        return Check("form", _("not yet: write a pair of texts: (prompt, target)"))
    prompt, target = answer
    if fault := instruction_faults(prompt, target, rows):
        return fault
    if target.replace(" ", "") in {f"{{{{{name}}}}}" for name in TAKEN}:
        return Check("same_task", _("not yet: this answer is one of the three above; ask for something else"))
    said, answered = render(Template("mine", "mine", prompt, target), dict(rows[0]))
    print(f"{said}\n  -> {answered}\n")
    return Check("passed", _("a fourth instruction, checked on {n} records").format(n=len(rows)))


q1 = Challenge(
    name="fourth_instruction",
    judge=_judge_instruction,
    example='("Find a title for this review.\\n\\n{{ body }}\\n\\nTitle:", "{{ title }}")',
    hints=[
        _("which field of the review was not an answer yet? `title`, `product`, or a word that you make of the stars"),
        _("the field of the answer must not stand in the prompt; the prompt needs another field, and a request"),
        _('a word made of the stars: `{{ "happy" if stars > 3 else "not happy" }}`'),
    ],
    why=_("One table, as many tasks as you can ask for: the work is in the records, not in the templates."),
    difficulty=1,
    minutes=6,
)


# --- 2: what the decoder reads --------------------------------------------------------------------------------------
def decoder_reads(labels, start, pad):
    """Return what the decoder reads for labels of shape (rows, tokens): shifted right by one, no -100; same shape."""
    reads = torch.full_like(labels, start)
    reads[:, 1:] = labels[:, :-1]
    return reads.masked_fill(reads == -100, pad)


def _padded_labels(rng):
    generator = torch.Generator().manual_seed(rng.randrange(10**6))
    cases = []
    for lengths in ([2], [3, 1], [4, 2, 3]):
        labels = torch.randint(5, 50, (len(lengths), max(lengths) + 1), generator=generator)
        for row, length in enumerate(lengths):
            labels[row, length:] = IGNORE
        cases.append((labels, 2, 0))
    return [*cases, (torch.tensor([[7, 8, 1], [9, 1, IGNORE]]), 0, 0)]


q2 = Exercise(
    reference=decoder_reads,
    inputs=_padded_labels,
    mistakes=[
        Mistake(
            "ignored_kept",
            _(
                "-100 is left in: it is a mark for the loss and no token, so the model has no row for it; put `pad` there"
            ),
            lambda labels, start, pad: torch.cat([torch.full_like(labels[:, :1], start), labels[:, :-1]], 1),
        ),
        Mistake(
            "not_shifted",
            _("not shifted: at each place the decoder would read the very token that it must write"),
            lambda labels, start, pad: labels.masked_fill(labels == IGNORE, pad),
        ),
        Mistake(
            "shifted_left",
            _("shifted to the left: the decoder would read the token after the one that it must write"),
            lambda labels, start, pad: torch.cat([labels[:, 1:], torch.full_like(labels[:, :1], start)], 1).masked_fill(
                torch.cat([labels[:, 1:] == IGNORE, torch.zeros_like(labels[:, :1], dtype=torch.bool)], 1), pad
            ),
        ),
        Mistake(
            "rolled",
            _("the last label came round to the front: `start` belongs there"),
            lambda labels, start, pad: labels.roll(1, 1).masked_fill(labels.roll(1, 1) == IGNORE, pad),
        ),
        Mistake(
            "one_longer",
            _("one place too many: drop the last label, nothing is written after it"),
            lambda labels, start, pad: torch.cat([torch.full_like(labels[:, :1], start), labels], 1).masked_fill(
                torch.cat([torch.zeros_like(labels[:, :1], dtype=torch.bool), labels == IGNORE], 1), pad
            ),
        ),
    ],
    hints=[
        _("make a tensor full of `start` in the shape of labels: `torch.full_like(labels, start)`"),
        _("its places from the second on are the labels up to the last but one: `reads[:, 1:] = labels[:, :-1]`"),
        _("at last put `pad` where -100 stands: `reads.masked_fill(reads == -100, pad)`"),
    ],
    why=_("in training the decoder reads the right answer so far, and never the token that it must write next"),
    difficulty=2,
    minutes=8,
)


# --- 3: six broken batches ------------------------------------------------------------------------------------------
FAULTS = {
    1: _("the answer stands in the prompt"),
    2: _("the question itself stands among the solved examples"),
    3: _("a field is missing, and the prompt has a hole"),
    4: _("the prompt was too long, and its end was cut"),
    5: _("the padding of the labels is not -100"),
    6: _("the attention mask covers the padding, too"),
    7: _("the prompts and the targets are shifted by one row"),
}
PLANTED = {"A": 5, "B": 2, "C": 6, "D": 1, "E": 4, "F": 3}
_OVERLOOKED = {
    "A": _("look at the labels of A: how many of them count, and how many tokens does an answer have?"),
    "B": _("read the whole prompt of B, the examples too, and compare each with the last question"),
    "C": _("C's rows are filled up to {width} places; how many of these does the model take for text?"),
    "D": _("read D's prompt slowly: would you still have to read the opinion?"),
    "E": _("read the end of E's prompt: where is the question?"),
    "F": _("what is there to read in F, between the question and the word for the answer?"),
}


def _diagnosed(answer: Any) -> Check:
    """Say for the first batch that is diagnosed wrongly where to look."""
    if not isinstance(answer, Mapping) or set(answer) != set(PLANTED):
        return Check("batches", _("not yet: name a fault for each of the batches A to F"))
    if other := [fault for fault in answer.values() if fault not in FAULTS]:
        return Check("fault", _("not yet: {fault!r} is none of the faults; they are 1 to 7").format(fault=other[0]))
    wrong = [letter for letter, fault in PLANTED.items() if answer[letter] != fault]
    if not wrong:
        return Check("passed", _("all six"))
    text = _OVERLOOKED[wrong[0]].format(width=WIDTH)
    if answer[wrong[0]] == 7:
        text = _(
            "a shift by one row changes only the answers; which number of {letter}, or what in its prompt, is wrong, too?"
        )
        text = text.format(letter=wrong[0])
    return Check(f"batch_{wrong[0]}", _("not yet, {n} of 6: {why}").format(n=6 - len(wrong), why=text))


q3 = Challenge(
    name="six_batches",
    judge=_diagnosed,
    example=repr(PLANTED),
    hints=[
        _("two batches have a loss that is too good; in both the answer stands where it should not"),
        _(
            "for the others compare the table's columns: places and real tokens, labels that count and tokens of an answer"
        ),
        _("the last two show in the prompt itself: one has a hole, one has no end"),
    ],
    why=_("None of the six crashed. Reading one whole row of a batch finds each of them."),
    kind="debug",
    difficulty=2,
    minutes=10,
)


# --- 4: a file of your own ------------------------------------------------------------------------------------------
FEWEST = 3  # records of an own file
SHOP = """product,stars,title,body
desk lamp,5,Bright and calm,"The light is soft, and the arm stays where I put it."
rain jacket,two,Wet after an hour,The seams let the water in.
garden chair,4,Good for the price,
tea pot,1,Do not buy,It drips, it burns the fingers, and the lid does not fit.
alarm clock,3,Loud,It wakes the whole house. The buttons are small.
"""
MENDED = [
    ("desk lamp", 5, "Bright and calm", "The light is soft, and the arm stays where I put it."),
    ("rain jacket", 2, "Wet after an hour", "The seams let the water in."),
    ("garden chair", 4, "Good for the price", "It is light and stands firm. The colour fades."),
    ("tea pot", 1, "Do not buy", "It drips, it burns the fingers, and the lid does not fit."),
    ("alarm clock", 3, "Loud", "It wakes the whole house. The buttons are small."),
]


def write_mended(folder: str | Path) -> Path:
    """Write the lab's shop file without its faults; return its path."""
    path = Path(folder) / "shop_mended.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([SHOP.splitlines()[0].split(","), *MENDED])
    return path


def _judge_file(answer: Any) -> Check:
    if not isinstance(answer, Mapping) or not {"path", "prompt", "target"} <= set(answer):
        return Check("form", _('not yet: write {"path": ..., "prompt": ..., "target": ...}'))
    prompt, target = answer["prompt"], answer["target"]
    try:
        wanted = Template("own", "own", prompt, target).fields
    except Exception as error:  # jinja2's own
        return Check("template_syntax", _("not yet: the template cannot be read: {why}").format(why=error))
    fields = {name: records.Field(convert=records.as_text) for name in sorted(wanted)}
    wrong = records.errors(answer["path"], fields)
    print(*wrong[:10], sep="\n", end="\n" if wrong else "")
    if wrong:
        return Check(
            f"file_{wrong[0].code}",
            _("not yet, errors left: {n}; mend them from the first on, and check again").format(n=len(wrong)),
        )
    rows = records.read(answer["path"], fields)
    if len(rows) < FEWEST:
        return Check("few", _("not yet: {n} records; take {most} or more").format(n=len(rows), most=FEWEST))
    if fault := instruction_faults(prompt, target, rows):
        return fault
    said, answered = render(Template("own", "own", prompt, target), rows[0])
    print(f"{said}\n  -> {answered}\n")
    return Check("passed", _("{n} records, each with a prompt and an answer").format(n=len(rows)))


q4 = Challenge(
    name="own_file",
    judge=_judge_file,
    example="""{
    "path": ex.write_mended(lab.folder),
    "prompt": "How many stars, from 1 to 5?\\n\\n{{ body }}\\n\\nStars:",
    "target": "{{ stars }}",
}""",
    hints=[
        _("begin with the shop's file: open it in an editor, and mend what the errors say, line by line"),
        _("the names between {{ and }} are the names of the columns"),
        _("a text with commas stands in quotes; a row without an answer is taken out"),
    ],
    why=_("ModelRunner.train takes such records as they are: lab 03 shows how."),
    kind="transfer",
    difficulty=2,
    minutes=12,
)
