"""The shape of the model: T5 v1.1, 4 + 4 layers of width 256, tied embeddings."""

from typing import Any

import torch
from transformers import T5Config, T5ForConditionalGeneration

from makers.pocket.recipe.tokenizer import EOS, PAD, VOCABULARY

SHAPE = {"d_model": 256, "num_layers": 4, "num_decoder_layers": 4, "num_heads": 4, "d_kv": 64, "d_ff": 704}


def config(**changes: Any) -> T5Config:
    """T5Config of the shipped model. tie_word_embeddings keeps its default: in transformers 5
    False does not untie, it only drops the scaling of the output."""
    values = {
        **SHAPE,
        "vocab_size": VOCABULARY,
        "feed_forward_proj": "gated-gelu",
        "dropout_rate": 0.0,
        "pad_token_id": PAD,
        "eos_token_id": EOS,
        "decoder_start_token_id": PAD,
        "use_cache": True,
        **changes,
    }
    return T5Config(**values)


def new_model(seed: int = 0, **changes: Any) -> T5ForConditionalGeneration:
    """A model from scratch with its own seed (the global generator is set)."""
    torch.manual_seed(seed)
    model = T5ForConditionalGeneration(config(**changes))
    local_start(model.get_parameter("encoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight"))
    return model


@torch.no_grad()
def local_start(bias: torch.Tensor) -> None:
    """Let the encoder's heads begin with a sense of place: one looks back, one ahead, one around, the rest anywhere.

    T5's own start is noise of .06 in `bias` (buckets, heads), from which an optimizer that scales by the parameter's
    size moves slowly: after 2,180 steps the encoder still read a bag of words (LOG.md), and nothing could be copied.
    """
    half = len(bias) // 2  # T5's buckets: the first half looks back, the second ahead; one bucket a place up to 7
    distance = torch.tensor(
        [place if place < half // 2 else half // 2 * 2 ** ((place - half // 2) / 2) for place in range(half)]
    )
    bias[1, 0] += 6.0
    bias[half + 1, 1] += 6.0
    bias[:, 2] -= 0.5 * torch.cat([distance, distance])
