"""Exercises of lab 03: opinions of one's own, the loss over real tokens, three planted bugs, a rate by validation."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import torch

from labutils.exercises.core import Check, Exercise, Mistake
from labutils.exercises.kinds import Challenge
from labutils.i18n import _

if TYPE_CHECKING:
    from labutils.tasks import Task

# --- 1: opinions of your own ----------------------------------------------------------------------------------------
FEWEST = 4
OPINIONS = ("negative", "positive")


def _judge_opinions(answer: Iterable, runner: Callable[[list[str]], list[str]], task: "Task") -> Check:
    """Ask the tuned model about a learner's opinions; what counts is that the test is a fair one."""
    rows = list(answer)
    if rows and all(isinstance(part, str) for part in rows):
        text = _("not yet: this is one opinion; write a list of them: [(product, opinion, label), ...]")
        return Check("one_opinion", text)
    if len(rows) < FEWEST:
        return Check("few", _("not yet: {n} opinions; write {most} or more").format(n=len(rows), most=FEWEST))
    for row in rows:
        if isinstance(row, str) or len(row) != 3:
            return Check("form", _("not yet: {row!r} is not (product, opinion, label)").format(row=row))
    labels = [label for _product, _text, label in rows]
    other = sorted(set(labels) - set(OPINIONS))
    if other:
        return Check("label", _("not yet: the label is {label!r}; take positive or negative").format(label=other[0]))
    if len(set(labels)) == 1:
        return Check(
            "one_label", _("not yet: all labels are equal, so a model that always says this would look perfect")
        )
    trained = {record["text"] for record in task.train}
    if any(text in trained for _product, text, _label in rows):
        return Check("trained", _("not yet: one of them is a training record; the model may know it by heart"))
    told = runner([task.prompt({"product": product, "text": text, "opinion": ""}) for product, text, _l in rows])
    for (_product, text, label), said in zip(rows, told, strict=True):
        print(f"{'right' if said == label else 'wrong'}: the model says {said:8}  {text}")
    right = sum(said == label for said, label in zip(told, labels, strict=True))
    return Check("passed", _("a fair test; the model gets {right} of {n}").format(right=right, n=len(rows)))


q1 = Challenge(
    name="own_opinions",
    judge=_judge_opinions,
    example="""[
    ("lamp", "The light is warm and the switch is easy to reach.", "positive"),
    ("lamp", "It broke on the first evening.", "negative"),
    ("bicycle", "I ride it to work every day and love it.", "positive"),
    ("bicycle", "The brakes do not work.", "negative"),
]""",
    hints=[
        _("two good ones, two bad ones, about things that you have at home"),
        _("then try to fool it: a good opinion with a bad word in it, such as *I thought it would break, it did not*"),
    ],
    why=_("Four are too few for a rate, but enough to meet its weak spots."),
    kind="try",
    difficulty=1,
    minutes=4,
)


# --- 2: the loss counts real labels only ----------------------------------------------------------------------------
def mean_token_loss(log_p, labels):
    """Return the mean of -log_p over the places whose label is not -100; both of shape (rows, tokens); a float."""
    real = labels != -100
    return float(-log_p[real].sum() / real.sum())


def _rows_with_padding(rng):
    generator = torch.Generator().manual_seed(rng.randrange(10**6))
    cases = []
    for lengths in ([3, 5], [1, 4, 2], [6, 2, 2, 7], [4, 1]):
        labels = torch.randint(2, 50, (len(lengths), max(lengths)), generator=generator)
        for row, length in enumerate(lengths):
            labels[row, length:] = -100
        cases.append((-3 * torch.rand(labels.shape, generator=generator), labels))
    return cases


def _masked(log_p, labels):
    return -log_p * (labels != -100)


q2 = Exercise(
    reference=mean_token_loss,
    inputs=_rows_with_padding,
    mistakes=[
        Mistake(
            "padded_length",
            _("you divided by the padded length: rows with much padding then look better than they are"),
            lambda log_p, labels: float(_masked(log_p, labels).mean()),
        ),
        Mistake(
            "padding_counted",
            _("you counted the padding: places with the label -100 are no part of the loss"),
            lambda log_p, labels: float(-log_p.mean()),
        ),
        Mistake(
            "mean_of_rows",
            _("you took each row's mean first: a token of a short summary then weighs more than one of a long summary"),
            lambda log_p, labels: float((_masked(log_p, labels).sum(1) / (labels != -100).sum(1)).mean()),
        ),
        Mistake(
            "sum",
            _("you did not divide by the number of real tokens: the loss would grow with the batch"),
            lambda log_p, labels: float(_masked(log_p, labels).sum()),
        ),
        Mistake(
            "sign",
            _("the sign is missing: log p is negative, and the loss is *minus* its mean"),
            lambda log_p, labels: -mean_token_loss(log_p, labels),
        ),
    ],
    hints=[
        _("`real = labels != -100` is True where a token counts"),
        _("`log_p[real]` is a flat tensor of just these places"),
        _("add them up, change the sign, divide by `real.sum()`, and return a float"),
    ],
    difficulty=1,
    minutes=6,
    why=_("every training here divides by the real tokens, so that a batch with much padding weighs no less"),
)


# --- 3: three planted bugs, by their loss curves --------------------------------------------------------------------
CAUSES = {
    1: _("the optimizer holds the weights of another copy of the model"),
    2: _("the learning rate is a hundred times too high"),
    3: _("the decoder reads the labels unshifted: it sees the token that it has to say"),
    4: _("the answers of all rows are the same word"),
    5: _("the batch is shuffled anew in each pass"),
}
BUGS = {"A": 3, "B": 1, "C": 2}  # which cause made which curve
_OVERLOOKED = {
    "A": _("curve A is far below the loss of a fair guess within a few steps, and stays there: who sees the answer needs no learning"),
    "B": _("curve B goes up and down and never on the whole: the losses differ because the batches do, the weights do not move"),
    "C": _("curve C jumps up at once and needs many steps to come back: each step lands far beyond the place where the loss is low"),
}  # fmt: skip


def broken_losses(model: Any, other: Any, batches: Sequence[Mapping], rate: float, curve: str = "") -> list[float]:
    """Train a model with one planted bug; return the loss of each step.

    Args:
        model, other: two equal models; both may be changed.  batches: as :func:`labutils.batches.collate` makes them.
        curve: "A", "B" or "C"; "" plants no bug.
    """
    cause, losses = BUGS.get(curve), []
    weights = list((other if cause == 1 else model).parameters())
    optimizer = torch.optim.AdamW(weights, lr=100 * rate if cause == 2 else rate, weight_decay=0.0)
    model.train()
    for batch in batches:
        inputs = {name: tensor.to(model.device) for name, tensor in batch.items()}
        if cause == 3:
            inputs["decoder_input_ids"] = inputs["labels"].clamp(min=0)
        loss = model(**inputs).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm=1.0)
        optimizer.step()
        model.zero_grad()
        losses.append(loss.item())
    return losses


def _matched(answer: Mapping[str, int]) -> Check:
    """Say for the first wrong curve what it shows."""
    if set(answer) != set(BUGS):
        return Check("curves", _("not yet: name a cause for each of the curves A, B and C"))
    if other := [cause for cause in answer.values() if cause not in CAUSES]:
        return Check("cause", _("not yet: {cause!r} is none of the causes; they are 1 to 5").format(cause=other[0]))
    for curve, cause in BUGS.items():
        if answer[curve] == 4 and cause == 3:  # it falls, too: only the start tells the two apart
            text = _("not yet: one answer for all is learned fast, too; but look at step 1, where no weight has moved: there "
                     "the shipped model's loss is lower with one answer for all, whichever of the two; what could make it as "
                     "high as in {curve}?")  # fmt: skip
            return Check(f"same_{curve}", text.format(curve=curve))
        if answer[curve] == 4:
            text = _("not yet: with one answer for all, curve {curve} would fall as fast as the loss without a bug, or faster, "
                     "and for another reason: print a few labels and you would see it")  # fmt: skip
            return Check(f"same_{curve}", text.format(curve=curve))
        if answer[curve] == 5:
            return Check(
                f"shuffled_{curve}", _("not yet: to shuffle is no bug; the three trainings saw the same batches")
            )
        if answer[curve] != cause:
            return Check(f"curve_{curve}", _("not yet: {why}").format(why=_OVERLOOKED[curve]))
    return Check("passed", _("all three"))


q3 = Challenge(
    name="planted_bugs",
    judge=_matched,
    example=repr(BUGS),
    hints=[
        _("one curve does not learn, one learns too well, one gets worse: sort them first"),
        _("one curve falls far below the loss of a fair guess within a few steps; what would make that so easy?"),
        _("if no weight moves, only the batches change from step to step"),
    ],
    why=_("A loss that is too good is as much a warning as one that rises."),
    kind="debug",
    difficulty=2,
    minutes=8,
)


# --- 4: a rate by validation ----------------------------------------------------------------------------------------
def _chosen(answer: float, tried: Mapping[float, Mapping[str, float]]) -> Check:
    """Judge a rate by the table of those that were tried: rate -> {"training loss", "validation loss", ...}."""
    if answer not in tried:
        told = ", ".join(f"{rate:g}" for rate in sorted(tried))
        return Check(
            "untried",
            _("not yet: {rate!r} was not tried; the rates are {told}, as numbers without quotes").format(
                rate=answer, told=told
            ),
        )
    best = min(tried, key=lambda rate: tried[rate]["validation loss"])
    if answer == best:
        if len(tried) > 2 and best in (min(tried), max(tried)):
            text = _(
                "the lowest validation loss of those tried, but at the edge of the grid: in earnest, try one rate more"
            )
            return Check("passed", text)
        return Check("passed", _("no other rate of the table has a lower validation loss"))
    if answer == min(tried, key=lambda rate: tried[rate]["training loss"]):
        text = _("not yet: {rate:g} has the lowest training loss; that measures what was learned by heart, too")
        return Check("by_training", text.format(rate=answer))
    if answer == min(tried):
        return Check("slow", _("not yet: the smallest rate is safe, but in so few steps it does not get far enough"))
    if answer == max(tried):
        return Check("fast", _("not yet: the largest rate is fast, and oversteps"))
    text = _("not yet: {best:g} has a lower validation loss than {rate:g}")
    return Check("not_lowest", text.format(best=best, rate=answer))


q4 = Challenge(
    name="rate_by_validation",
    judge=_chosen,
    example='min(tried, key=lambda rate: tried[rate]["validation loss"])',
    hints=[
        _("which column was measured on records that the model did not learn from?"),
        _("take the rate whose validation loss is lowest"),
    ],
    why=_("The test split stays closed for this: who chooses by it has nothing left to report."),
    kind="choose",
    difficulty=1,
    minutes=5,
)
