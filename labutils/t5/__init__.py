"""The one door to all that knows the insides of T5 and of PEFT: their modules, their names and what they compute.

:func:`fits_training` and :func:`fits_decoding` say whether :class:`Forward` and :class:`Greedy`, the training step and the
decoding written out for a CPU, give a model's own numbers; :func:`library_only` switches both off for a while. Beside
them stand the names of weights and the changes made to a loaded model.
"""

from labutils.t5.agreement import library_only
from labutils.t5.decoding import Greedy
from labutils.t5.decoding import fits as fits_decoding
from labutils.t5.forward import Forward, loss_function
from labutils.t5.forward import fits as fits_training
from labutils.t5.surgery import (
    attention,
    fuse_activation,
    one_embedding,
    recompute_activations,
    set_dropout,
    untie_head,
)
from labutils.t5.weights import base_name, block_sizes, of_an_adapter, quantizable_bytes, unwrapped

__all__ = [
    "Forward",
    "Greedy",
    "attention",
    "base_name",
    "block_sizes",
    "fits_decoding",
    "fits_training",
    "fuse_activation",
    "library_only",
    "loss_function",
    "of_an_adapter",
    "one_embedding",
    "quantizable_bytes",
    "recompute_activations",
    "set_dropout",
    "untie_head",
    "unwrapped",
]
