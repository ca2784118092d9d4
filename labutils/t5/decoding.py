"""Greedy decoding of a T5 written out for a CPU: the tokens of transformers' ``generate``, sooner.

It saves by reading the prompts with :class:`labutils.t5.forward.Forward`, a few of like length at a time; by a step without
the library's layers of wrapping, which then answers many prompts together; by dropping the rows that have ended (one
answer that rambles to the limit no longer holds up its batch); and by merging adapters once. In fp32 these are the
library's tokens, whatever the batch. In bf16 the prompts are read, and attended to, in that precision; so are the step's own
products where the CPU has no AMX (with it fp32 was quicker for a few rows). What was written is attended to, and the next
token chosen, in fp32. BENCHMARKS.md has the rates.

No layer keeps keys and values of the prompts: see :meth:`Greedy.look_up`. Of 96 dialogues a step takes 21 ms in place of 39
and reading them 690 in place of 930 (AMD EPYC, 2 cores, bf16), in half of the memory.
"""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional

from labutils.machine import device
from labutils.t5 import agreement
from labutils.t5.forward import Forward
from labutils.t5.weights import T5, unwrapped

HARMLESS = {
    "_from_model_config", "decoder_start_token_id", "eos_token_id", "pad_token_id", "bos_token_id", "max_length",
    "max_new_tokens", "transformers_version", "use_cache", "do_sample", "temperature", "top_p", "top_k",
    "output_attentions", "output_hidden_states", "return_dict_in_generate", "output_scores", "output_logits",
}  # fmt: skip  # settings of a generation config that change no greedy token
# Of some prompts: the encoder's states (rows, S, d), and their additive mask (rows, 1, S).
Memory = tuple[Tensor, Tensor]
Batches = Sequence[tuple[Tensor, Tensor]]  # input_ids and attention_mask, (rows, S) each
WIDTH = 32  # tokens: prompts read in bf16 are padded to a multiple; each new shape of a product costs oneDNN 3 ms once
LOOK = 8192  # tokens, padding included, that are attended to at once: reading is quickest in smaller parts, this is not
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
        """``dtype``: the precision in which prompts are read and attended to, and without AMX of a step's products."""
        self.model = unwrapped(model)
        self.exact, self.reader = (Forward(model, kind, frozen=True) for kind in (torch.float32, dtype))
        self.forward = self.exact if device.has_amx() else self.reader
        self.multiple = 1 if dtype is torch.float32 else WIDTH
        self.config, self.ids, self.blocks = model.config, model.generation_config, self.model.decoder.block

    @torch.inference_mode()
    def __call__(self, batches: Batches, room: int) -> torch.Tensor:
        """Pairs of input_ids and attention_mask (rows, S) -> answers (all rows, at most ``room``), padded after ``</s>``."""
        self.read(batches, room)
        rows = sum(len(inputs) for inputs, _mask in batches)
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
        heads, width = self.config.num_heads, self.config.d_kv
        self.memories = joined([self.remember(inputs, mask) for inputs, mask in batches])
        across = [block.layer[1].EncDecAttention for block in self.blocks]
        self.weights = [
            [self.forward.merged_weight((layer,)).view(heads, width, -1) for layer in (att.k, att.v)] for att in across
        ]  # (heads, k, d) by layer
        self.bias = self.exact.position_bias(self.model.decoder, room)  # (1, heads, room, room)
        shape = (sum(len(inputs) for inputs, _mask in batches), heads, room, width)
        self.past = [[torch.empty(shape) for _ in range(2)] for _ in self.blocks]

    def remember(self, inputs: Tensor, mask: Tensor) -> Memory:
        """Read one batch of prompts."""
        states, hidden = self.reader.encode(inputs, None if mask.all() else mask)
        return states, states.new_zeros(len(states), 1, states.shape[1]) if hidden is None else hidden[:, 0]

    def keep(self, rows: Tensor) -> None:
        """Drop the rows that have ended."""
        parts = zip(self.memories, rows.split([len(states) for states, _hidden in self.memories]), strict=True)
        self.memories = joined([(states[left], hidden[left]) for (states, hidden), left in parts if left.any()])
        self.past = [[part[rows] for part in pair] for pair in self.past]

    def step(self, token: Tensor, place: int) -> Tensor:
        """The tokens (rows,) at a place -> logits (rows, vocabulary) of the next ones."""
        forward = self.forward
        x = self.model.decoder.embed_tokens(token)[:, None]
        bias = self.bias[:, :, place : place + 1, : place + 1]
        for block, past, weights in zip(self.blocks, self.past, self.weights, strict=True):
            att = block.layer[0].SelfAttention
            q, k, v = self.heads(forward.product(forward.normed(x, block.layer[0].layer_norm), att.q, att.k, att.v), 3)
            past[0][:, :, place], past[1][:, :, place] = k[:, :, 0], v[:, :, 0]
            keys, values = (part[:, :, : place + 1] for part in past)
            x = x + forward.product(self.attend(q, keys, values, bias), att.o)
            att = block.layer[1].EncDecAttention
            q = forward.product(forward.normed(x, block.layer[1].layer_norm), att.q)
            x = x + forward.product(self.look_up(q, *weights), att.o)
            x = forward.feed_forward(x, block.layer[2])
        x = self.exact.normed(x, self.model.decoder.final_layer_norm)[:, 0]
        if self.config.scale_decoder_outputs:
            x = x * self.config.d_model**-0.5
        return functional.linear(x, self.model.lm_head.weight)

    def heads(self, x: Tensor, parts: int) -> tuple[Tensor, ...]:
        """(rows, 1, parts * heads * k) -> `parts` tensors (rows, heads, 1, k)."""
        return x.view(len(x), parts, self.config.num_heads, 1, self.config.d_kv).unbind(1)

    def attend(self, q: Tensor, k: Tensor, v: Tensor, bias: Tensor) -> Tensor:
        """Attention of one place (rows, heads, 1, k) to those before it, in fp32 -> (rows, 1, heads * k) like q."""
        scores = q.float() @ k.transpose(2, 3) + bias
        return (torch.softmax(scores, dim=-1) @ v).transpose(1, 2).flatten(2).to(q.dtype)

    def look_up(self, q: Tensor, keys: Tensor, values: Tensor) -> Tensor:
        """Attention of one place (rows, 1, heads * k) to the prompts, by the weights (heads, k, d) of a layer -> like q.

        The weights of keys and values are applied to the question and to what is found, not to the prompts: every layer
        and head then reads the same d numbers a token, in place of 2 * heads * k of its own.
        """
        heads, width, _d = keys.shape
        asked = (q.view(-1, heads, width).transpose(0, 1) @ keys).transpose(0, 1)  # (rows, heads, d)
        found = []
        rows = [len(states) for states, _hidden in self.memories]
        for part, (states, hidden) in zip(asked.split(rows), self.memories, strict=True):
            scores = part.to(states.dtype) @ states.transpose(1, 2) + hidden
            found.append((torch.softmax(scores, dim=-1) @ states).to(q.dtype))
        return (torch.cat(found).transpose(0, 1) @ values.transpose(1, 2)).transpose(0, 1).reshape(q.shape)


def joined(memories: Sequence[Memory]) -> list[Memory]:
    """Join neighbours, padded to the widest, as long as they stay within LOOK tokens."""
    groups: list[list[Memory]] = []
    for memory in memories:
        together = [*groups[-1], memory] if groups else []
        rows, width = sum(len(states) for states, _ in together), max((s.shape[1] for s, _ in together), default=0)
        if together and rows * width <= LOOK:
            groups[-1] = together
        else:
            groups.append([memory])
    return [group[0] if len(group) == 1 else _padded(group) for group in groups]


def _padded(group: Sequence[Memory]) -> Memory:
    width = max(states.shape[1] for states, _hidden in group)
    lowest = torch.finfo(group[0][1].dtype).min
    gaps = [width - states.shape[1] for states, _hidden in group]
    pairs = list(zip(group, gaps, strict=True))
    states = torch.cat([functional.pad(states, (0, 0, 0, gap)) for (states, _hidden), gap in pairs])
    return states, torch.cat([functional.pad(hidden, (0, gap), value=lowest) for (_states, hidden), gap in pairs])
