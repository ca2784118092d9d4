"""Exercises of lab 03: the loss over real tokens, what the decoder reads, the learning rate, an accumulated step."""

import torch

from labutils.exercises.core import Exercise, Mistake
from labutils.i18n import _


# --- 1: the loss counts real labels only ----------------------------------------------------------------------------
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


q1 = Exercise(
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
)


# --- 2: what the decoder reads --------------------------------------------------------------------------------------
def decoder_input(labels, start=0, pad=0):
    """Return what the decoder reads for these labels: shifted right by one, `start` first, `pad` where -100 stood."""
    shifted = labels.new_full(labels.shape, start)
    shifted[:, 1:] = labels[:, :-1]
    return shifted.masked_fill(shifted == -100, pad)


def _label_rows(rng):
    generator = torch.Generator().manual_seed(rng.randrange(10**6))
    cases = []
    for lengths, start, pad in (([4, 6], 0, 0), ([2, 5, 3], 7, 0), ([1, 3], 9, 1), ([5, 5], 8, 2)):
        labels = torch.randint(10, 50, (len(lengths), max(lengths)), generator=generator)
        for row, length in enumerate(lengths):
            labels[row, length:] = -100
        cases.append((labels, start, pad))
    return cases


def _shift_left(labels, start=0, pad=0):
    shifted = labels.new_full(labels.shape, start)
    shifted[:, :-1] = labels[:, 1:]
    return shifted.masked_fill(shifted == -100, pad)


def _with_ignored(labels, start=0, pad=0):
    shifted = labels.new_full(labels.shape, start)
    shifted[:, 1:] = labels[:, :-1]
    return shifted


q2 = Exercise(
    reference=decoder_input,
    inputs=_label_rows,
    mistakes=[
        Mistake(
            "not_shifted",
            _("you did not shift: the decoder would read at each place the very token that it has to predict there"),
            lambda labels, start=0, pad=0: labels.masked_fill(labels == -100, pad),
        ),
        Mistake("left", _("you shifted to the left: the decoder would read the tokens of the future"), _shift_left),
        Mistake(
            "ignored_kept",
            _("a -100 is still there: it is a mark for the loss, the embedding has no row of that number"),
            _with_ignored,
        ),
        Mistake(
            "rolled",
            _("the first place holds the last label (as `roll` does); it must hold `start`"),
            lambda labels, start=0, pad=0: labels.roll(1, dims=1).masked_fill(labels.roll(1, dims=1) == -100, pad),
        ),
    ],
    hints=[
        _("make a tensor of the same shape full of `start`: `labels.new_full(labels.shape, start)`"),
        _("its places from 1 on are the labels up to the last but one: `shifted[:, 1:] = labels[:, :-1]`"),
        _("`masked_fill(shifted == -100, pad)` replaces the marks"),
    ],
    difficulty=2,
    minutes=8,
)


# --- 3: the learning rate of a step ---------------------------------------------------------------------------------
def rate_at(step, total, peak, warmup=0):
    """Return the learning rate of `step` (0 is the first) of `total`: from 0 up to `peak` in `warmup` steps, then a
    straight line that would reach 0 at step `total`."""
    if step < warmup:
        return peak * step / warmup
    return peak * (total - step) / (total - warmup)


def _steps(rng):
    cases = []
    for _i in range(6):
        total, warmup = rng.randint(20, 200), rng.randint(1, 15)
        cases += [(rng.randrange(total), total, 1e-3, 0), (rng.randrange(total), total, 3e-4, warmup)]
    return [*cases, (0, 10, 1e-3, 0), (0, 10, 1e-3, 4), (2, 10, 1e-3, 4), (4, 10, 1e-3, 4), (9, 10, 1e-3, 4)]


q3 = Exercise(
    reference=rate_at,
    inputs=_steps,
    mistakes=[
        Mistake(
            "no_warmup",
            _("you left the warm-up out: the first `warmup` steps climb from 0 to the peak"),
            lambda step, total, peak, warmup=0: peak * (total - step) / total,
        ),
        Mistake(
            "decay_from_zero",
            _(
                "after the warm-up your line falls as if it had begun at step 0; at step `warmup` it must be at the peak"
            ),
            lambda step, total, peak, warmup=0: (
                peak * step / warmup if step < warmup else peak * (total - step) / total
            ),
        ),
        Mistake(
            "constant",
            _("after the warm-up your rate stays at the peak; it should fall to 0"),
            lambda step, total, peak, warmup=0: peak * step / warmup if step < warmup else peak,
        ),
        Mistake(
            "off_by_one",
            _("your steps begin at 1; the first step is step 0, as in the loop above"),
            lambda step, total, peak, warmup=0: rate_at(step + 1, total, peak, warmup),
        ),
    ],
    hints=[
        _("two cases: `step < warmup` and the rest"),
        _("while it climbs: the share `step / warmup` of the peak"),
        _("while it falls: the share of the steps that are left, `(total - step) / (total - warmup)`"),
    ],
    difficulty=1,
    minutes=6,
    tolerance=1e-9,
)


# --- 4: the loss of a step that is computed in parts ----------------------------------------------------------------
def step_loss(losses, tokens):
    """Return the loss of one optimizer step computed in parts: part i has the mean loss losses[i] over tokens[i]."""
    return sum(loss * n for loss, n in zip(losses, tokens, strict=True)) / sum(tokens)


def _parts(rng):
    return [([rng.uniform(1, 6) for i in range(n)], [rng.randint(20, 400) for i in range(n)]) for n in (2, 4, 8, 4)]


q4 = Exercise(
    reference=step_loss,
    inputs=_parts,
    mistakes=[
        Mistake(
            "sum",
            _(
                "you added the parts' means: with four parts the loss comes out about four times too large (the trap above)"
            ),
            lambda losses, tokens: sum(losses),
        ),
        Mistake(
            "mean_of_means",
            _("you took the mean of the means: a part with few tokens must weigh less than one with many"),
            lambda losses, tokens: sum(losses) / len(losses),
        ),
        Mistake(
            "not_divided",
            _("you did not divide by the tokens of all parts together"),
            lambda losses, tokens: sum(loss * n for loss, n in zip(losses, tokens, strict=True)),
        ),
    ],
    hints=[
        _("a mean times its number of tokens is a sum of token losses again"),
        _("add these sums, then divide by the tokens of all parts together"),
    ],
    difficulty=2,
    minutes=6,
)
