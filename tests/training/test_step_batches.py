"""Which rows a step trains on: a function of the step alone, and every row once a pass, on one process and on several."""

import pytest
import torch

from labutils.batches import IGNORE
from labutils.config import TrainingSettings
from labutils.machine import processes
from labutils.models import fingerprint
from labutils.training import loop
from labutils.training.step_batches import StepBatches

from toys import make_tiny_model, tune, word_tokenizer


def rows(number=43):
    return [{"id": i, "input_ids": [3 + i % 7] * (2 + i % 9), "attention_mask": [1] * (2 + i % 9), "labels": [4 + i % 5, 1]}
            for i in range(number)]  # fmt: skip


def steps(monkeypatch, world=1, rank=0, **changes):
    monkeypatch.setattr(processes, "size", lambda: world)
    monkeypatch.setattr(processes, "rank", lambda: rank)
    return StepBatches(rows(), TrainingSettings(**({"batch_size": 8} | changes)), make_tiny_model().config)


def test_what_a_step_meets_does_not_depend_on_where_one_began(monkeypatch):
    plan = steps(monkeypatch)
    whole = list(plan.plan(0, 18))
    assert all(whole[first:] == list(plan.plan(first, 18)) for first in range(18))
    assert [sorted(row for step in whole[i : i + 6] for row in step) for i in (0, 6, 12)] == [list(range(43))] * 3


def test_a_billion_steps_begin_at_once(monkeypatch):
    """Every step was planned before the first was done: no answer for minutes."""
    parts, labels = next(steps(monkeypatch).batches(10**9, 10**12))
    assert len(parts) == 1 and labels > 0


@pytest.mark.parametrize(("world", "parts"), [(1, 1), (2, 1), (2, 2), (4, 1), (4, 2)])
def test_processes_share_a_step_without_remainder(world, parts, monkeypatch):
    """Every process runs as many parts as the others, and together they train on each row once."""
    shares = [steps(monkeypatch, world, rank, gradient_accumulation=parts) for rank in range(world)]
    for step in shares[0].plan(0, 6):
        several = []
        for rank, share in enumerate(shares):
            monkeypatch.setattr(processes, "rank", lambda rank=rank: rank)
            monkeypatch.setattr(processes, "size", lambda: world)
            several.append(share.parts_of(step))
        assert len({len(mine) for mine in several}) == 1
        trained = sorted(row for mine in several for part in mine for row in part if row < 43)
        assert trained == sorted(step)


def test_a_process_without_a_row_trains_on_nothing(monkeypatch):
    share = steps(monkeypatch, world=4, rank=3, batch_size=4)
    *_, (pieces, labels) = share.batches(10, 11)  # the last step of a pass has three rows for four processes
    assert len(pieces) == 1 and (pieces[0]["labels"] == IGNORE).all() and labels == 6


def test_drawing_batches_leaves_the_random_numbers_alone(monkeypatch):
    """The loader drew its workers' seed from what dropout draws from: gone on from a checkpoint, a training was another."""
    share, before = steps(monkeypatch), torch.get_rng_state()
    list(share.batches(0, 3))
    assert torch.equal(torch.get_rng_state(), before)


def test_gone_on_from_every_checkpoint_the_weights_are_the_same(toy_task, tmp_path, monkeypatch):
    """With dropout, and a batch that is not full at the end of each pass."""
    task, settings = toy_task.take(train=35), {"epochs": 2, "saves_per_epoch": 2, "dropout": 0.1}
    whole = fingerprint(tune(make_tiny_model(), word_tokenizer(), task, tmp_path / "whole", **settings).model)
    step = loop.Loop.step
    for last in (2, 4, 6, 8, 10):

        def interrupt(self, *args, last=last):
            if self.progress.step == last:
                raise KeyboardInterrupt
            return step(self, *args)

        folder = tmp_path / str(last)
        monkeypatch.setattr(loop.Loop, "step", interrupt)
        if last < 10:
            with pytest.raises(KeyboardInterrupt):
                tune(make_tiny_model(), word_tokenizer(), task, folder, **settings)
        monkeypatch.setattr(loop.Loop, "step", step)
        history = tune(make_tiny_model(), word_tokenizer(), task, folder, **settings)
        assert history.resumed_from == (f"checkpoint-{last}" if last < 10 else None)
        assert fingerprint(history.model) == whole
