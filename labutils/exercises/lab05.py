"""Exercises of lab 05: an adapter on q and v counted, a rate bracketed, a fair comparison, a merge mended."""

import math
from collections.abc import Mapping

import torch

from labutils.exercises.core import Check, Exercise, Mistake
from labutils.exercises.kinds import Challenge, Choice
from labutils.i18n import _


# --- 1: an adapter on q and v ---------------------------------------------------------------------------------------
def qv_parameters(d_model, inner, encoder_layers, decoder_layers, r):
    """Return how many numbers LoRA of rank r trains beside the matrices q and v alone, each of shape (inner, d_model)."""
    matrices = 2 * encoder_layers + 2 * 2 * decoder_layers  # a decoder layer has two attentions
    return matrices * r * (d_model + inner)


def _models(rng):
    drawn = [
        (rng.choice((128, 256, 512, 768)), rng.choice((128, 384, 512)), rng.randint(1, 12), rng.randint(1, 12), rng.choice((1, 2, 4, 16)))
        for k in range(6)
    ]  # fmt: skip
    return [*drawn, (256, 256, 4, 4, 8), (1024, 1024, 24, 24, 8)]


q1 = Exercise(
    reference=qv_parameters,
    inputs=_models,
    mistakes=[
        Mistake(
            "one_attention",
            _("you gave a decoder layer one attention; it has two, one over its own words and one over the encoder's"),
            lambda d_model, inner, encoder_layers, decoder_layers, r: (
                2 * (encoder_layers + decoder_layers) * r * (d_model + inner)
            ),
        ),
        Mistake(
            "all_four",
            _("you counted all four matrices of an attention; only q and v get a detour here"),
            lambda d_model, inner, encoder_layers, decoder_layers, r: (
                4 * (encoder_layers + 2 * decoder_layers) * r * (d_model + inner)
            ),
        ),
        Mistake(
            "one_of_two",
            _("you counted one matrix for each attention; q and v are two, and each gets a detour"),
            lambda d_model, inner, encoder_layers, decoder_layers, r: (
                (encoder_layers + 2 * decoder_layers) * r * (d_model + inner)
            ),
        ),
        Mistake(
            "product",
            _("you multiplied the two sides of W; A has r * d_model numbers and B has inner * r, and the two are added"),
            lambda d_model, inner, encoder_layers, decoder_layers, r: (
                2 * (encoder_layers + 2 * decoder_layers) * r * d_model * inner
            ),
        ),
        Mistake(
            "one_matrix",
            _("you counted A alone; beside each W stand two small matrices, A and B"),
            lambda d_model, inner, encoder_layers, decoder_layers, r: (
                2 * (encoder_layers + 2 * decoder_layers) * r * d_model
            ),
        ),
    ],
    hints=[
        _("first count the matrices: an encoder layer has one attention, a decoder layer has two, and each has one q and one v"),
        _("beside one matrix of shape (inner, d_model) stand A (r, d_model) and B (inner, r)"),
        _("so it is (2 * encoder_layers + 4 * decoder_layers) * r * (d_model + inner)"),
    ],
    why=_("the adapter grows with the sum of a matrix's sides, the model with their product"),
    difficulty=1,
    minutes=5,
)  # fmt: skip


# --- 2: a rate, bracketed -------------------------------------------------------------------------------------------
def _judge_rate(answer: float, tried: Mapping[float, float]) -> Check:
    rates, best = sorted(tried), min(tried, key=lambda rate: tried[rate])
    near = [rate for rate in rates if math.isclose(rate, answer, rel_tol=1e-6)]
    if not near:
        text = _("not yet: no short training ran at {answer:g}; tried were {rates}")
        return Check("not_tried", text.format(answer=answer, rates=", ".join(f"{rate:g}" for rate in rates)))
    if near[0] != best:
        text = _(
            "not yet: at {answer:g} the validation loss is {loss:.3f}; another rate that you tried has a lower one"
        )
        return Check("not_lowest", text.format(answer=answer, loss=tried[near[0]]))
    if best in (rates[0], rates[-1]):
        beyond = best * 3 if best == rates[-1] else best / 3
        text = _(
            "not yet: {best:g} is the lowest so far, but it stands at the edge of what you tried; what comes beyond it, at {beyond:g}?"
        )
        return Check("edge", text.format(best=best, beyond=beyond))  # fmt: skip
    return Check("passed", _("{best:g} is lower than a rate on either side").format(best=best))


q2 = Challenge(
    name="bracketed_rate",
    judge=_judge_rate,
    example="""min(tried, key=tried.get)
while answer_bracketed_rate in (min(tried), max(tried)):  # at an edge: one step beyond it
    step = 3 if answer_bracketed_rate == max(tried) else 1 / 3
    tried[answer_bracketed_rate * step] = short_training(answer_bracketed_rate * step)
    answer_bracketed_rate = min(tried, key=tried.get)""",
    hints=[
        _("`tried[0.009] = short_training(0.009)` adds a rate; print `tried` and look where the lowest loss stands"),
        _("as long as the lowest loss stands at the highest rate, try one three times higher"),
        _("the answer is the rate with a higher loss on both of its sides"),
    ],
    why=_("A best rate at the edge of a grid says only that the grid was too small."),
    kind="choose",
    minutes=6,
)


# --- 3: which comparison is fair? -----------------------------------------------------------------------------------
q3 = Choice(
    name="fair_comparison",
    question=_("Four sentences from reports. Which one rests on a fair comparison?"),
    choices={
        "a": _("Both methods ran at the rate 0.001, and full fine-tuning scored higher: full is better."),
        "b": _("LoRA was tried at nine rates, full at the one from the paper. On test LoRA's best was .78, full had .75: LoRA wins."),
        "c": _("Each method had four rates, chosen on validation. On 300 test rows full minus LoRA is [-.02, +.07]: "
               "not told apart; a gap above .07 is unlikely."),
        "d": _("Each method had four rates, chosen on validation. On 300 test rows full minus LoRA is [-.02, +.07]: "
               "this proves that they are equally good."),
    },
    right="c",
    diagnoses={
        "a": _("one rate for both favours the method that it suits: LoRA wants a higher one than full"),
        "b": _("nine tries against one, and the best of nine picked on the test set: it wins by luck alone"),
        "d": _("an interval that holds 0 proves no equality: full may still be better by up to .07"),
    },
    hints=[
        _("ask of each: did both methods have the same number of tries, and on which split were they chosen?"),
        _("two of them compare fairly; only one of these says no more than its interval"),
    ],
    why=_("the same number of tries each, chosen on validation, and no more said than the interval says"),
    kind="interpret",
    minutes=4,
)  # fmt: skip


# --- 4: a merge to mend ---------------------------------------------------------------------------------------------
def merged_weight(W, A, B, alpha):
    """Return the one matrix (out, in) that answers as W with its detour does: A is (r, in), B is (out, r)."""
    return W + alpha / A.shape[0] * (B @ A)


def _square(rng):  # square, so that a product in the wrong order has the right shape
    generator = torch.Generator().manual_seed(rng.randrange(10**6))
    return [
        (
            torch.randn(size, size, generator=generator),
            torch.randn(r, size, generator=generator),
            torch.randn(size, r, generator=generator),
            alpha,
        )
        for size, r, alpha in ((4, 2, 4), (6, 3, 12), (8, 1, 2), (5, 4, 16))
    ]


q4 = Exercise(
    reference=merged_weight,
    inputs=_square,
    mistakes=[
        Mistake(
            "unmended",
            _("this is the colleague's merge as it was: the product is in the wrong order, and the factor is not right"),
            lambda W, A, B, alpha: W + alpha * (A.T @ B.T).reshape(W.shape),
        ),
        Mistake(
            "transposed",
            _("the factor is mended, the product is still transposed: W has a row for each output, and so has B @ A"),
            lambda W, A, B, alpha: W + alpha / A.shape[0] * (B @ A).T,
        ),
        Mistake(
            "alpha_alone",
            _("the order is mended, the factor is not: the detour is multiplied by alpha / r, not by alpha"),
            lambda W, A, B, alpha: W + alpha * (B @ A),
        ),
        Mistake(
            "no_scale",
            _("you left the factor out; the detour is multiplied by alpha / r"),
            lambda W, A, B, alpha: W + B @ A,
        ),
        Mistake(
            "change_alone",
            _("you returned the change alone; the merged matrix is W plus the change"),
            lambda W, A, B, alpha: alpha / A.shape[0] * (B @ A),
        ),
    ],
    hints=[
        _("there are two bugs: one in the product, one in the factor; and `reshape` hides the first one"),
        _("W has the shape (out, in); of A (r, in) and B (out, r) only one product has that shape"),
        _("r is `A.shape[0]`, and the detour's factor stands in the class `LoRALinear`"),
    ],
    why=_("a reshape that silences an error keeps the wrong numbers; compare a merged model's answers before you ship it"),
    kind="debug",
    difficulty=2,
    minutes=6,
)  # fmt: skip
