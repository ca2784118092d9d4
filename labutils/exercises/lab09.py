"""Exercises of lab 09: the cheapest plan that fits, a step on parts of a batch, and which sentence follows."""

from collections.abc import Mapping

import torch

from labutils.exercises.core import Check, Exercise, Mistake
from labutils.exercises.kinds import Challenge, Choice
from labutils.i18n import _

Costs = Mapping[tuple[str, int, bool], float | None]  # (card, parts, checkpointing) -> cost, None where it does not fit


# --- 1: the cheapest plan that fits ---------------------------------------------------------------------------------
def cheapest(costs: Costs) -> tuple[str, int, bool]:
    """Return the cheapest (card, parts, checkpointing) that fits; of equal ones the first."""
    return min((plan for plan, cost in costs.items() if cost is not None), key=lambda plan: costs[plan] or 0.0)


def _judge_plan(answer: tuple, costs: Costs) -> Check:
    plan = tuple(answer)
    if plan not in costs:
        cards, parts, switches = (sorted(set(values), key=str) for values in zip(*costs, strict=True))
        text = _("{plan} is no plan; give (card, parts, checkpointing), such as ({card!r}, {part}, {switch})")
        return Check("no_plan", text.format(plan=plan, card=cards[0], part=parts[0], switch=switches[0]))
    cost, best = costs[plan], cheapest(costs)
    if cost is None:
        return Check("does_not_fit", _("not yet: this does not fit on {card}").format(card=plan[0]))
    lowest = costs[best] or 0.0
    if cost <= lowest * 1.001:
        return Check("passed", _("{card} does it for {cost:,.2f}").format(card=plan[0], cost=cost))
    if plan[2] and any(costs.get((plan[0], parts, False)) for parts in {parts for _card, parts, _more in costs}):
        text = _(
            "not yet: it fits, but on {card} it also fits without checkpointing, which computes a part of the step twice"
        )
        return Check("computes_twice", text.format(card=plan[0]))
    text = _(
        "not yet: it fits and costs {cost:,.2f}, but another plan costs {share:.0%} of that; the price of an hour is not the price of the job"
    )
    return Check("too_dear", text.format(cost=cost, share=lowest / cost))


q1 = Challenge(
    name="cheapest_plan",
    judge=_judge_plan,
    example="min((plan for plan in costs if costs[plan]), key=costs.get)",
    hints=[
        _("first find a card that holds it at all: weights, gradients and optimizer alone take three quarters of it"),
        _("then compare price x hours: a card that costs twice as much an hour may need a quarter of the hours"),
        _("last, leave checkpointing away if parts of the batch make enough room: parts cost no arithmetic"),
    ],
    why=_("What changes no arithmetic comes first, and a job's price is hours times price."),
    kind="choose",
    difficulty=2,
    minutes=7,
)


# --- 2: one step on parts of unequal size ---------------------------------------------------------------------------
def step_in_parts(weight, parts, rate):
    """Return the weight after one step on a batch that comes in parts; a token's loss is (weight * x - y) ** 2.

    parts: a list of (x, y), one pair of tensors a part. The batch's loss is the mean over ALL its tokens.
    """
    tokens = sum(len(x) for x, y in parts)
    for x, y in parts:
        loss = ((weight * x - y) ** 2).sum() / tokens
        loss.backward()
    return (weight - rate * weight.grad).detach()


def _batches(rng):
    cases = []
    draw = torch.Generator().manual_seed(rng.randrange(2**31))
    for lengths in ((1, 3), (4, 1, 2), (5,), (2, 2), (1, 1, 6)):
        parts = [(torch.randn(n, generator=draw), torch.randn(n, generator=draw)) for n in lengths]
        cases.append((torch.tensor(rng.uniform(-1, 1), requires_grad=True), parts, 0.1))
    return cases


def _gradients(weight, parts, divide):
    losses = (((weight * x - y) ** 2).sum() / divide(len(x)) for x, y in parts)
    return [torch.autograd.grad(loss, weight)[0] for loss in losses]


def _summed_means(weight, parts, rate):
    return (weight - rate * sum(_gradients(weight, parts, lambda n: n))).detach()


def _mean_of_means(weight, parts, rate):
    return (weight - rate * sum(_gradients(weight, parts, lambda n: n * len(parts)))).detach()


def _summed_losses(weight, parts, rate):
    return (weight - rate * sum(_gradients(weight, parts, lambda n: 1))).detach()


def _last_part(weight, parts, rate):
    tokens = sum(len(x) for x, _y in parts)
    return (weight - rate * _gradients(weight, parts, lambda n: tokens)[-1]).detach()


def _step_each(divide):
    def wrong(weight, parts, rate):
        tokens = sum(len(x) for x, _y in parts)
        for x, y in parts:
            [gradient] = _gradients(weight, [(x, y)], lambda n: divide(n, tokens))
            weight = (weight - rate * gradient).detach().requires_grad_()
        return weight.detach()

    return wrong


q2 = Exercise(
    reference=step_in_parts,
    inputs=_batches,
    mistakes=[
        Mistake(
            "mean_of_means",
            _("that is the mean of the parts' means: a token in a short part counts more than one in a long part; divide each "
              "part's sum by the tokens of all parts"),
            _mean_of_means,
        ),
        Mistake(
            "not_divided",
            _("you add up a mean for each part, so that the gradient grows with the number of parts; divide each part's sum by "
              "the tokens of all parts"),
            _summed_means,
        ),
        Mistake("summed", _("the losses are added up and never divided; the batch's loss is a mean"), _summed_losses),
        Mistake(
            "last_part",
            _("only the last part counts: `backward()` adds to `weight.grad` by itself, so nothing may set it to zero between"),
            _last_part,
        ),
        Mistake(
            "steps_each_part",
            _("you take a step after every part; the parts are one batch, and all of it must see the same weight"),
            _step_each(lambda n, tokens: tokens),
        ),
        Mistake(
            "steps_each_mean",
            _("you take a step after every part: those are small batches, each with its own step, not one batch in parts"),
            _step_each(lambda n, tokens: n),
        ),
    ],
    hints=[
        _("count the tokens of all parts before the loop"),
        _("in the loop: the part's summed loss, divided by that count, then `loss.backward()`; gradients add up by themselves"),
        _("after the loop, once: `(weight - rate * weight.grad).detach()`"),
    ],
    why=_("Then parts, processes and machines change how a step is computed, and not what is learned."),
    difficulty=2,
    minutes=8,
)  # fmt: skip


# --- 3: which sentence follows --------------------------------------------------------------------------------------
q3 = Choice(
    name="scaling_follows",
    question=_(
        "A training runs in one process with batches of 16 and reaches a validation loss of .52.\n"
        "A friend starts it in two processes, each with batches of 16 of its own, at the same rate, for one epoch.\n"
        "It ends at .58. Which sentence follows?"
    ),
    choices={
        "a": _("Two processes make a training worse."),
        "b": _("The processes average their gradients wrongly."),
        "c": _(
            "It is another training: batches of 32, and half as many steps. The two numbers do not compare processes."
        ),
        "d": _("Two processes need a warm-up."),
    },
    right="c",
    diagnoses={
        "a": _("with the same batch, cut in two, the losses are equal; here the batch was doubled"),
        "b": _("they may be right: the mean over 32 rows is what they should give, and it is not the mean over 16"),
        "d": _(
            "a warm-up changes the first steps; the difference here is the size of the batch and the number of steps"
        ),
    },
    hints=[
        _("how many rows does one step see, over both processes?"),
        _("how many steps does one epoch have then?"),
    ],
    why=_("Say the size of the whole batch, over all processes and parts, and compare at that size."),
)
