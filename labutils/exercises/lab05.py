"""Exercises of lab 05: LoRA's forward pass, its parameters, its merge, the memory of training, a fair learning rate."""

import torch

from labutils.exercises.core import Exercise, Mistake
from labutils.i18n import _


def _generator(rng):
    return torch.Generator().manual_seed(rng.randrange(10**6))


# --- 1: the forward pass --------------------------------------------------------------------------------------------
def lora_forward(x, W, A, B, alpha):
    """Return x W^T plus LoRA's part: x (rows, in), W (out, in), A (r, in), B (out, r), alpha a number."""
    r = A.shape[0]
    return x @ W.T + alpha / r * (x @ A.T @ B.T)


def _layers(rng):
    generator = _generator(rng)
    shapes = [(3, 6, 5, 2, 16), (1, 4, 4, 1, 4), (5, 8, 3, 4, 8), (2, 7, 7, 3, 2)]
    return [
        (
            torch.randn(rows, inner, generator=generator),
            torch.randn(outer, inner, generator=generator),
            torch.randn(r, inner, generator=generator),
            torch.randn(outer, r, generator=generator),
            alpha,
        )
        for rows, inner, outer, r, alpha in shapes
    ]


def _forward(scale, keep=1.0):
    def wrong(x, W, A, B, alpha):
        return keep * (x @ W.T) + scale(alpha, A.shape[0]) * (x @ A.T @ B.T)

    return wrong


q1 = Exercise(
    reference=lora_forward,
    inputs=_layers,
    mistakes=[
        Mistake(
            "no_scale",
            _("you left out the factor alpha / r: without it, every new r would need a new learning rate"),
            _forward(lambda alpha, r: 1.0),
        ),
        Mistake(
            "alpha_alone",
            _("you multiplied by alpha but did not divide by r; the factor is alpha / r"),
            _forward(lambda alpha, r: alpha),
        ),
        Mistake(
            "inverted",
            _("you multiplied by r / alpha; it is the other way round: alpha / r"),
            _forward(lambda alpha, r: r / alpha),
        ),
        Mistake(
            "no_base",
            _("the frozen weights are missing: LoRA is added to x W^T, it does not replace it"),
            _forward(lambda alpha, r: alpha / r, keep=0.0),
        ),
    ],
    hints=[
        _("the layer's own answer is `x @ W.T`; LoRA adds a second path beside it"),
        _("the second path goes down to r numbers with `x @ A.T` and up again with `@ B.T`"),
        _("r is `A.shape[0]`; multiply the second path by `alpha / r` before you add it"),
    ],
    difficulty=1,
    minutes=5,
)


# --- 2: how many parameters -----------------------------------------------------------------------------------------
def lora_parameters(shapes, r):
    """Return how many parameters LoRA trains: shapes is a list of (out, in), one linear layer each."""
    return sum(r * (outer + inner) for outer, inner in shapes)


def _shapes(rng):
    drawn = [
        ([(rng.randint(8, 700), rng.randint(8, 700)) for i in range(rng.randint(1, 9))], rng.choice((1, 2, 8, 16)))
        for k in range(6)
    ]
    return [*drawn, ([(256, 256)], 8), ([(704, 256), (704, 256), (256, 704)], 4)]


q2 = Exercise(
    reference=lora_parameters,
    inputs=_shapes,
    mistakes=[
        Mistake(
            "product",
            _("you counted r * out * in; the point of LoRA is that out and in are added, not multiplied"),
            lambda shapes, r: sum(r * outer * inner for outer, inner in shapes),
        ),
        Mistake(
            "frozen_too",
            _("you counted the frozen weights with them; they are there, but they are not trained"),
            lambda shapes, r: sum(outer * inner + r * (outer + inner) for outer, inner in shapes),
        ),
        Mistake(
            "one_matrix",
            _("you counted one of the two small matrices; A has r * in numbers, B has out * r"),
            lambda shapes, r: sum(r * inner for outer, inner in shapes),
        ),
        Mistake(
            "one_layer",
            _("you counted one layer; every layer that is adapted has an A and a B of its own"),
            lambda shapes, r: r * sum(shapes[0]),
        ),
    ],
    hints=[
        _("A has r rows of `in` numbers; B has `out` rows of r numbers"),
        _("so one layer trains r * in + out * r; add that up over the layers"),
    ],
    difficulty=1,
    minutes=4,
)


# --- 3: the merge ---------------------------------------------------------------------------------------------------
def merged_weight(W, A, B, alpha):
    """Return the one matrix (out, in) that answers as W with its adapter does: A is (r, in), B is (out, r)."""
    return W + alpha / A.shape[0] * (B @ A)


def _square(rng):  # square layers, so that a product in the wrong order has the right shape
    generator = _generator(rng)
    return [
        (
            torch.randn(size, size, generator=generator),
            torch.randn(r, size, generator=generator),
            torch.randn(size, r, generator=generator),
            alpha,
        )
        for size, r, alpha in ((4, 2, 4), (6, 3, 12), (8, 1, 2), (5, 4, 16))
    ]


q3 = Exercise(
    reference=merged_weight,
    inputs=_square,
    mistakes=[
        Mistake(
            "transposed",
            _("your product is transposed: W has a row for each output, so the update is B @ A, not its transpose"),
            lambda W, A, B, alpha: W + alpha / A.shape[0] * (B @ A).T,
        ),
        Mistake(
            "update_alone",
            _("you returned the update alone; the merged matrix is W plus the update"),
            lambda W, A, B, alpha: alpha / A.shape[0] * (B @ A),
        ),
        Mistake(
            "no_scale",
            _("you merged without the factor alpha / r: the merged model would answer otherwise than the adapted one"),
            lambda W, A, B, alpha: W + B @ A,
        ),
        Mistake(
            "subtracted",
            _("you took the update away; that is how a merge is undone"),
            lambda W, A, B, alpha: W - alpha / A.shape[0] * (B @ A),
        ),
    ],
    hints=[
        _("x W^T + s x A^T B^T is x times one matrix: take x out of both terms"),
        _("A^T B^T is (B A)^T, so the matrix is W + s B A with s = alpha / r"),
    ],
    difficulty=2,
    minutes=6,
)


# --- 4: the memory of a training ------------------------------------------------------------------------------------
def training_bytes(frozen, trained, frozen_bytes=4):
    """Return the bytes that a training with AdamW holds, activations aside.

    frozen: weights that do not move, of frozen_bytes each. trained: weights that move; these, their gradients and
    AdamW's two moments are fp32, 4 bytes each.
    """
    return frozen * frozen_bytes + trained * (4 + 4 + 4 + 4)


def _trainings(rng):
    drawn = [(rng.randint(10**6, 10**9), rng.randint(10**4, 10**7), rng.choice((1, 2, 4))) for k in range(6)]
    return [*drawn, (0, 9_568_256, 4), (11_000_000_000, 50_000_000, 2)]


q4 = Exercise(
    reference=training_bytes,
    inputs=_trainings,
    mistakes=[
        Mistake(
            "all_gradients",
            _("you gave frozen weights gradients and moments; only weights that are trained have them"),
            lambda frozen, trained, frozen_bytes=4: frozen * (frozen_bytes + 12) + trained * 16,
        ),
        Mistake(
            "three_numbers",
            _("a trained weight costs four numbers: itself, its gradient and AdamW's *two* moments; you counted three"),
            lambda frozen, trained, frozen_bytes=4: frozen * frozen_bytes + trained * 12,
        ),
        Mistake(
            "adapter_shrunk",
            _("you stored the trained weights like the frozen ones; what is trained stays in fp32 here"),
            lambda frozen, trained, frozen_bytes=4: frozen * frozen_bytes + trained * (frozen_bytes + 12),
        ),
    ],
    hints=[
        _("a frozen weight costs its own bytes and nothing else"),
        _("a trained weight costs four fp32 numbers: weight, gradient, first moment, second moment"),
    ],
    difficulty=2,
    minutes=6,
)


# --- 5: a fair choice -----------------------------------------------------------------------------------------------
def chosen_rate(losses):
    """Return the learning rate to use; losses: rate -> {"train": loss, "validation": loss, "test": loss}."""
    return min(losses, key=lambda rate: losses[rate]["validation"])


def _candidates(rng):
    rates = (0.0003, 0.001, 0.003, 0.01)
    return [({rate: {s: rng.uniform(2, 4) for s in ("train", "validation", "test")} for rate in rates},)] + [
        ({rate: {s: rng.uniform(1, 5) for s in ("train", "validation", "test")} for rate in rates[: 2 + k % 3]},)
        for k in range(8)
    ]


def _lowest(split):
    return lambda losses: min(losses, key=lambda rate: losses[rate][split])


q5 = Exercise(
    reference=chosen_rate,
    inputs=_candidates,
    mistakes=[
        Mistake(
            "test",
            _("you chose by the test split: then its score is no longer a test, it is the best of several tries"),
            _lowest("test"),
        ),
        Mistake(
            "train",
            _("you chose by the training loss: the rate that learns the examples by heart wins there"),
            _lowest("train"),
        ),
        Mistake(
            "highest",
            _("you took the highest loss; a loss is better when it is lower"),
            lambda losses: max(losses, key=lambda rate: losses[rate]["validation"]),
        ),
        Mistake(
            "loss_itself",
            _("you returned the loss; the question is at which learning rate it was reached"),
            lambda losses: min(values["validation"] for values in losses.values()),
        ),
    ],
    hints=[
        _("which of the three splits may be looked at while choices are still open?"),
        _("`min(losses, key=...)` returns the key whose value under `key` is lowest"),
    ],
    difficulty=1,
    minutes=4,
)
