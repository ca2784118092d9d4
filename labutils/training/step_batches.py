"""Which rows every optimizer step trains on, and this process's share of them, as batches."""

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

import torch
from torch.utils.data import DataLoader

from labutils.batches import IGNORE, LengthGroupedSampler, collate, multiples
from labutils.config import TrainingSettings
from labutils.machine import device, processes
from labutils.training.loop import Batch

if TYPE_CHECKING:
    from transformers import PreTrainedConfig


class StepBatches:
    """The batches of a training, a function of (seed, step) alone: a training that goes on meets the same ones.

    Args:
        rows: tokenized examples (:func:`labutils.batches.tokenize`).
        settings: batch_size rows make a step; it is computed in ``gradient_accumulation`` parts on each process, and in
            more where ``max_tokens`` bounds them.
        config: the model's; gives the ids of padding, start and end.
    """

    def __init__(self, rows: list[dict], settings: TrainingSettings, config: "PreTrainedConfig"):
        self.rows, self.settings, self.examples = rows, settings, len(rows)
        self.labels = [sum(label != IGNORE for label in row["labels"]) for row in rows]
        lengths = [len(row["input_ids"]) for row in rows]
        self.sampler = LengthGroupedSampler(
            lengths, settings.batch_size, settings.seed, grouped=settings.group_by_length
        )
        self.part = settings.batch_size // settings.gradient_accumulation // processes.size()
        # Every process must run as many parts as the others where it has no row left: one that says nothing.
        self.idle = {"id": "", "input_ids": [config.eos_token_id], "attention_mask": [1], "labels": [IGNORE]}
        self.collate = partial(
            collate,
            pad_token_id=config.pad_token_id,
            start_token_id=config.decoder_start_token_id,
            multiple=multiples(settings),
        )

    @property
    def per_epoch(self) -> int:
        """Optimizer steps in one pass over the rows."""
        return steps_per_epoch(self.examples, self.settings.batch_size)

    def plan(self, first: int, last: int) -> Iterator[list[int]]:
        """Yield the numbers of the rows of every step from ``first`` to before ``last``, counted over all epochs."""
        size = self.settings.batch_size
        order: list[int] = []
        for step in range(first, last):
            epoch, place = divmod(step, self.per_epoch)
            if not order or place == 0:
                self.sampler.set_epoch(epoch)
                order = list(self.sampler)
            yield order[place * size : (place + 1) * size]

    def parts_of(self, rows: list[int]) -> list[list[int]]:
        """Cut a step's rows into parts, and return those of this process: of n processes, rank r has r, r + n, r + 2 n ..."""
        parts = [rows[i : i + self.part] for i in range(0, len(rows), self.part)]
        number = processes.size()
        idle = [[len(self.rows)]] * (-len(parts) % number)
        return [*parts, *idle][processes.rank() :: number]

    def batches(self, first: int, last: int) -> Iterator[tuple[list[Batch], int]]:
        """Yield this process's parts of every step from ``first`` to before ``last``, and the step's number of labels."""
        cuda = device.torch_device().type == "cuda"
        loader = iter(
            DataLoader(
                [*self.rows, self.idle],  # type: ignore[arg-type]  # a list is a dataset
                batch_sampler=(part for rows in self.plan(first, last) for part in self.parts_of(rows)),  # type: ignore[arg-type]
                collate_fn=self.collate,
                pin_memory=cuda,
                num_workers=2 if cuda else 0,  # they pad while the GPU computes
                generator=torch.Generator(),  # else its workers' seed is drawn from the numbers that dropout draws from
            )
        )
        for rows in self.plan(first, last):  # step by step: of a billion steps nothing is kept
            pieces = [piece for _part in self.parts_of(rows) for piece in self.split(next(loader))]
            yield pieces, sum(self.labels[row] for row in rows)

    def split(self, batch: Batch) -> list[Batch]:
        """Split a part along its rows into what may go through the model at once (``max_tokens``)."""
        tokens = batch["input_ids"].shape[1], batch["labels"].shape[1]
        pieces = {name: tensor.split(self.settings.rows_at_once(tokens)) for name, tensor in batch.items()}
        return [dict(zip(pieces, piece, strict=True)) for piece in zip(*pieces.values(), strict=True)]


def steps_per_epoch(examples: int, batch_size: int) -> int:
    """Return the number of optimizer steps in one pass."""
    return max(1, -(-examples // batch_size))


def examples_after(steps: int, examples: int, batch_size: int) -> int:
    """Return how many examples were trained on after so many steps: the last batch of a pass may hold fewer."""
    passes, rest = divmod(steps, steps_per_epoch(examples, batch_size))
    return passes * examples + min(rest * batch_size, examples)
