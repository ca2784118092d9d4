"""The pre-training objectives as batches of equal-length rows: text infilling, prefix language modelling, copying."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import torch

from makers.pocket.recipe.layout import TokenGroups
from makers.pocket.recipe.plan import Leg
from makers.pocket.recipe.tokenizer import EOS, MASK

Arrays = tuple[np.ndarray, np.ndarray]

WINDOW = 160  # tokens that the decoder writes
NOISE, SPAN = 0.35, 3.5  # share of the window that is gone, mean length of a gap (BART's text infilling)
INFILLING = 0.7  # share of the steps that are not copying; the rest are prefix language modelling
# Shuffled tokens to be written as they stand: nothing helps but to look, so the attention from decoder to encoder
# must learn to find its place. Without them it had not after 2,180 steps (LOG.md); with them it takes some 200.
# What share of the steps they take stands in the plan, leg by leg.
COPY_LENGTHS, COPY_TOKENS = (6, 12, 24, 48), 960
# Tokens that the encoder reads before the decoder goes on: short as often as long, and from the first step. Where short
# texts were only ever copied, the base repeated every short prompt instead of continuing it (LOG.md).
PREFIX = (4, 96)


def described(legs: Sequence[Leg]) -> str:
    """What the base is trained to do, leg by leg, noted when it is made (stages.json)."""
    rest = 1 - legs[0].copying
    first = (
        f"Objective of the base, by share of the steps: text infilling {rest * INFILLING:.0%} "
        f"({NOISE:.0%} of {WINDOW} tokens gone, in gaps of mean {SPAN}; the decoder writes all of them), "
        f"prefix language modelling {rest * (1 - INFILLING):.0%} (prefixes of {PREFIX[0]} to {PREFIX[1]} tokens), "
        f"copying of {COPY_LENGTHS[0]} to {COPY_LENGTHS[-1]} shuffled tokens {legs[0].copying:.0%}."
    )
    more = [
        f"Then {leg.steps:,} steps more with copying {leg.copying:.0%}, the optimizer and the rate begun anew "
        f"(peak {leg.peak:g} after {before.peak:g})."
        for before, leg in pairwise(legs)
    ]
    return " ".join([first, *more])


def random_parts(generator: np.random.Generator, rows: int, total: int, parts: int) -> np.ndarray:
    """Cut `total` into `parts` positive whole numbers, uniformly, for each of `rows` rows -> (rows, parts)."""
    ranks = generator.random((rows, total - 1)).argsort(axis=1).argsort(axis=1)
    cuts = np.nonzero(ranks < parts - 1)[1].reshape(rows, parts - 1) + 1
    edges = np.concatenate([np.zeros((rows, 1), int), cuts, np.full((rows, 1), total)], axis=1)
    return np.diff(edges, axis=1)


def gap_mask(generator: np.random.Generator, rows: int, length: int) -> np.ndarray:
    """Which tokens are gone -> bool (rows, length); every row has the same number of tokens and of gaps gone."""
    gone = round(length * NOISE)
    gaps = max(round(gone / SPAN), 1)
    missing = random_parts(generator, rows, gone, gaps)
    kept = random_parts(generator, rows, length - gone + 1, gaps + 1)
    kept[:, -1] -= 1  # the last kept run may be empty: a gap may end the window
    turn = np.empty((rows, 2 * gaps + 1), int)
    turn[:, 0::2], turn[:, 1::2] = kept, missing
    edges = turn.cumsum(axis=1)
    part = (np.arange(length)[None, :, None] >= edges[:, None, :]).sum(axis=2)
    return part % 2 == 1


def infilling(generator: np.random.Generator, windows: np.ndarray) -> Arrays:
    """(input_ids, labels): the encoder reads the window with one mask piece per gap, the decoder writes all of it."""
    rows, length = windows.shape
    gone = gap_mask(generator, rows, length)
    first = gone & ~np.concatenate([np.zeros((rows, 1), bool), gone[:, :-1]], axis=1)
    shown = np.where(first, MASK, windows)
    return shown[~gone | first].reshape(rows, -1), windows


def prefix_length(generator: np.random.Generator) -> int:
    """Tokens of a prefix, log-uniform over PREFIX."""
    low, high = PREFIX
    return round(low * (high / low) ** generator.random())


def prefix_lm(windows: np.ndarray, prefix: int) -> Arrays:
    """(input_ids, labels): the encoder reads the first `prefix` tokens, the decoder writes the rest."""
    return windows[:, :prefix], windows[:, prefix:]


def tensors(source: np.ndarray, target: np.ndarray) -> tuple[torch.Tensor, torch.Tensor]:
    """Arrays (rows, n) as int64 tensors; the source ends with </s>, as the tokenizer ends every text that is read."""
    source = np.concatenate([source, np.full((len(source), 1), EOS)], axis=1)
    return torch.from_numpy(source), torch.from_numpy(np.ascontiguousarray(target))


def base_batch(
    groups: TokenGroups, seed: int, step: int, rows: int, copying: float
) -> tuple[torch.Tensor, torch.Tensor]:
    """The batch of one step, a function of what is given alone, so that a resumed run goes on exactly.

    -> input_ids (rows, 5 to about 120), labels (rows, 160), both int64; copying has more and shorter rows.
    """
    generator = np.random.default_rng((seed, step))
    if generator.random() < copying:
        length = int(generator.choice(COPY_LENGTHS))
        target = generator.permuted(groups.windows(generator, COPY_TOKENS // length, length), axis=1)
        return tensors(target, target)
    if generator.random() < INFILLING:
        return tensors(*infilling(generator, groups.windows(generator, rows, WINDOW)))
    prefix = prefix_length(generator)
    return tensors(*prefix_lm(groups.windows(generator, rows, WINDOW + prefix), prefix))
