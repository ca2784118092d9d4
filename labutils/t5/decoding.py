"""Greedy decoding of a T5 written out for a CPU: the tokens of transformers' ``generate``, sooner.

It saves by reading the prompts with :class:`labutils.t5.forward.Forward`, a few of like length at a time; by a step without
the library's layers of wrapping, which then answers many prompts together; by dropping the rows that have ended (one
answer that rambles to the limit no longer holds up its batch); and by merging adapters once. In fp32 these are the
library's tokens, whatever the batch. In bf16 the prompts are read, and attended to, in that precision, and the step's own
products stay in fp32, where they are quicker for a few rows. BENCHMARKS.md has the rates.
"""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional

from labutils.t5 import agreement
from labutils.t5.forward import Forward
from labutils.t5.weights import T5, unwrapped

HARMLESS = {
    "_from_model_config", "decoder_start_token_id", "eos_token_id", "pad_token_id", "bos_token_id", "max_length",
    "max_new_tokens", "transformers_version", "use_cache", "do_sample", "temperature", "top_p", "top_k",
    "output_attentions", "output_hidden_states", "return_dict_in_generate", "output_scores", "output_logits",
}  # fmt: skip  # settings of a generation config that change no greedy token
Batches = Sequence[tuple[Tensor, Tensor]]  # input_ids and attention_mask, (rows, S) each
WIDTH = 32  # tokens: prompts read in bf16 are padded to a multiple; each new shape of a product costs oneDNN 3 ms once
CROWDED = 0.75  # share of rows still unfinished below which the others are dropped: dropping copies what stays


def fits(model: T5) -> bool:
    """Whether greedy decoding here gives what ``generate`` gives for this model."""
    settings = model.generation_config
    ids = (settings.eos_token_id, settings.pad_token_id, settings.decoder_start_token_id)
    special = set(settings.to_diff_dict()) - HARMLESS
    plain = not special and all(isinstance(number, int) for number in ids)
    return plain and agreement.holds(model, both_steps)


def both_steps(model: T5) -> tuple[torch.Tensor, torch.Tensor]:
    """The logits (rows, steps, vocabulary) of a few steps of two batches, by :class:`Greedy` and by the library."""
    read, mask, labels = agreement.batch(model.config)
    tokens = labels.clamp(min=0)
    theirs = agreement.library(model, input_ids=read, attention_mask=mask, decoder_input_ids=tokens).logits
    greedy = Greedy(model)
    greedy.read([(read[:1], mask[:1]), (read[1:], mask[1:])], tokens.shape[1])
    return torch.stack([greedy.step(column, place) for place, column in enumerate(tokens.T)], dim=1), theirs


class Greedy:
    """Decodes several batches of prompts together: one step writes the next token of every row that has not ended.

    The batches are read one by one, so that each is padded to its own longest prompt only; their rows then share every
    product with a weight, and only the attention to the prompts goes batch by batch.
    """

    def __init__(self, model: T5, dtype: torch.dtype = torch.float32):
        """``dtype``: the precision in which prompts are read and attended to."""
        self.forward, self.model = Forward(model, torch.float32, frozen=True), unwrapped(model)
        self.reader = Forward(model, dtype, frozen=True)
        self.multiple = 1 if dtype is torch.float32 else WIDTH
        self.config, self.ids, self.blocks = model.config, model.generation_config, self.model.decoder.block

    @torch.inference_mode()
    def __call__(self, batches: Batches, room: int) -> torch.Tensor:
        """Pairs of input_ids and attention_mask (rows, S) -> answers (all rows, at most ``room``), padded after ``</s>``."""
        self.read(batches, room)
        rows = sum(self.sizes)
        answers = torch.full((rows, room), self.ids.pad_token_id)
        place = torch.arange(rows)  # the answer that each row of the state writes
        ended = torch.zeros(rows, dtype=torch.bool)
        token = torch.full((rows,), self.ids.decoder_start_token_id)
        for step in range(room):
            token = self.step(token, step).argmax(-1).masked_fill_(ended, self.ids.pad_token_id)
            answers[place, step] = token
            ended |= token == self.ids.eos_token_id
            left = len(ended) - int(ended.sum())
            if not left:
                return answers[:, : step + 1]
            if left <= CROWDED * len(ended):
                token, place = token[~ended], place[~ended]
                self.keep(~ended)
                ended = ended[~ended]
        return answers

    def read(self, batches: Batches, room: int) -> None:
        """Encode the prompts; lay out the decoder's keys and values, (rows, heads, places, k)."""
        reader, heads, width = self.reader, self.config.num_heads, self.config.d_kv
        self.sizes = [len(inputs) for inputs, _mask in batches]
        self.cross: list[list[list[Tensor]]] = [[] for _ in self.blocks]  # keys and values by layer and batch
        self.hidden: list[Tensor | None] = []  # masks by batch
        for inputs, mask in batches:
            memory, hidden = reader.encode(inputs, None if mask.all() else mask)
            self.hidden.append(hidden)
            for block, kept in zip(self.blocks, self.cross, strict=True):
                att = block.layer[1].EncDecAttention
                pair = reader.split(reader.product(memory, att.k, att.v), 2)
                kept.append([part.view(len(inputs), heads, -1, width) for part in pair])
        self.bias = self.forward.position_bias(self.model.decoder, room)  # (1, heads, room, room)
        shape = (sum(self.sizes), heads, room, width)
        self.past = [[torch.empty(shape) for _ in range(2)] for _ in self.blocks]

    def keep(self, rows: Tensor) -> None:
        """Drop the rows that have ended, and the batches of which none is left."""
        parts = rows.split(self.sizes)
        there = [i for i, part in enumerate(parts) if part.any()]
        self.past = [[part[rows] for part in pair] for pair in self.past]
        self.cross = [[[part[parts[i]] for part in kept[i]] for i in there] for kept in self.cross]
        masks = [(self.hidden[i], parts[i]) for i in there]
        self.hidden = [None if mask is None else mask[left] for mask, left in masks]
        self.sizes = [int(parts[i].sum()) for i in there]

    def step(self, token: Tensor, place: int) -> Tensor:
        """The tokens (rows,) at a place -> logits (rows, vocabulary) of the next ones."""
        forward = self.forward
        x = self.model.decoder.embed_tokens(token)[:, None]
        bias = self.bias[:, :, place : place + 1, : place + 1]
        for block, past, cross in zip(self.blocks, self.past, self.cross, strict=True):
            att = block.layer[0].SelfAttention
            q, k, v = self.heads(forward.product(forward.normed(x, block.layer[0].layer_norm), att.q, att.k, att.v), 3)
            past[0][:, :, place], past[1][:, :, place] = k[:, :, 0], v[:, :, 0]
            keys, values = (part[:, :, : place + 1] for part in past)
            x = x + forward.product(self.attend(q, keys, values, bias), att.o)
            att = block.layer[1].EncDecAttention
            (q,) = self.heads(forward.product(forward.normed(x, block.layer[1].layer_norm), att.q), 1)
            asked = zip(q.split(self.sizes), cross, self.hidden, strict=True)
            attended = [self.look_up(one, keys, values, hidden) for one, (keys, values), hidden in asked]
            x = x + forward.product(torch.cat(attended), att.o)
            x = forward.feed_forward(x, block.layer[2])
        x = forward.normed(x, self.model.decoder.final_layer_norm)[:, 0]
        if self.config.scale_decoder_outputs:
            x = x * self.config.d_model**-0.5
        return functional.linear(x, self.model.lm_head.weight)

    def heads(self, x: Tensor, parts: int) -> tuple[Tensor, ...]:
        """(rows, 1, parts * heads * k) -> `parts` tensors (rows, heads, 1, k)."""
        return x.view(len(x), parts, self.config.num_heads, 1, self.config.d_kv).unbind(1)

    def attend(self, q: Tensor, k: Tensor, v: Tensor, bias: Tensor | None) -> Tensor:
        """Attention of one place (rows, heads, 1, k) to all that are given -> (rows, 1, heads * k)."""
        scores = q @ k.transpose(2, 3)
        scores = scores if bias is None else scores + bias
        return (torch.softmax(scores, dim=-1) @ v).transpose(1, 2).flatten(2)

    def look_up(self, q: Tensor, k: Tensor, v: Tensor, bias: Tensor | None) -> Tensor:
        """The same, to the prompts' keys and values: in bf16 by the fused kernel, which reads half of the bytes once."""
        if k.dtype == q.dtype:
            return self.attend(q, k, v, bias)
        found = functional.scaled_dot_product_attention(q.to(k.dtype), k, v, attn_mask=bias, scale=1.0)
        return found.transpose(1, 2).flatten(2).to(q.dtype)
