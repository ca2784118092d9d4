"""Does it fit? Asked before a training, instead of running out of memory in it."""

import bisect
import functools
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, cast

from labutils.batches import multiples, rounded_up
from labutils.config import MOST_ROWS, TrainingSettings
from labutils.errors import LabError
from labutils.i18n import _
from labutils.interfaces import Model
from labutils.machine import device, memory, processes
from labutils.planning.planner import CPU_EXTRA_MIB, MIB, estimate

if TYPE_CHECKING:
    from transformers import T5Config

TRACED = 256  # rows: a trace of more takes minutes, and memory grows by the same with each further one
COMFORTABLE = 0.85  # of the free memory: a prediction may be 15 % too low


@dataclass(frozen=True)
class Room:
    """Where a training is to run: the memory that one process can still take, and how many share the work.

    ``sharded``: weights, gradients and optimizer state are spread over the processes (FSDP). ``examples``: no batch
    holds more of them.
    """

    free_mib: float
    gpu: bool
    processes: int = 1
    sharded: bool = False
    examples: int = MOST_ROWS

    def rows(self, settings: TrainingSettings) -> int:
        """Return how many rows a process computes at once."""
        return min(settings.batch_size // self.processes // settings.gradient_accumulation, self.examples)

    def needed_mib(self, config: "T5Config", settings: TrainingSettings, tokens: tuple[int, int]) -> float:
        """Return what a process will take beside the loaded model; a sharded one is not loaded yet."""
        rows = self.rows(settings)
        if rows <= TRACED:
            return self._of_rows(rows, config, settings, tokens)
        half, whole = (self._of_rows(n, config, settings, tokens) for n in (TRACED // 2, TRACED))
        return whole + (whole - half) * (rows - TRACED) / (TRACED // 2)

    def _of_rows(self, rows: int, config: "T5Config", settings: TrainingSettings, tokens: tuple[int, int]) -> float:
        precision = device.resolve_precision(settings.precision)  # "auto" is fp32 on a T4, not bf16
        share = replace(settings, batch_size=rows * settings.gradient_accumulation, precision=precision)
        lengths = {tokens}
        if share.max_tokens:  # shorter prompts come with more rows, and so with more target tokens
            lengths |= {(max(1, tokens[0] * part // 8), tokens[1]) for part in range(1, 8)}
        number = self.processes
        estimates = (estimate(config, share, length, gpu=self.gpu, processes=number) for length in lengths)
        largest = max(estimates, key=lambda estimate: estimate.peak_mib)
        if self.sharded:
            return largest.sharded_mib(number)
        copies = (
            max(gradients for gradients, _rest in largest.moments) if number > 1 else 0.0
        )  # what is sent to the others
        return largest.peak_mib - largest.weights_mib + copies


def here() -> Room:
    """Return this machine's room; processes on a CPU share its memory."""
    gpu, number = device.torch_device().type == "cuda", processes.size()
    free = memory.free_memory_mib() / (1 if gpu else number)
    return Room(free, gpu, number, processes.sharded())


def before_training(model: Model, settings: TrainingSettings, rows: Sequence[dict]) -> str | None:
    """Check a training on tokenized rows against this machine's free memory; see :func:`check`.

    A prediction that is too high must not forbid a training: ``LABS_MEMORY=unchecked`` switches this off.
    """
    config = cast("T5Config", model.config)
    if config.model_type != "t5" or os.environ.get("LABS_MEMORY") == "unchecked":
        return None
    of_source, of_target = multiples(settings)
    source, target = (max(len(row[side]) for row in rows) for side in ("input_ids", "labels"))
    tokens = rounded_up(source, of_source), rounded_up(target, of_target)
    room, parameters = replace(here(), examples=len(rows)), sum(p.numel() for p in model.parameters())
    return None if surely_fits(config, parameters, settings, tokens, room) else check(config, settings, tokens, room)


def check(config: "T5Config", settings: TrainingSettings, tokens: tuple[int, int], room: Room) -> str | None:
    """Tell whether a training fits -> None, or a warning where it will be close.

    Raises:
        LabError: code ``"memory"``: it needs more than there is; the text names the first of :func:`smaller` that fits.
    """
    need = room.needed_mib(config, settings, tokens)
    if need <= COMFORTABLE * room.free_mib:
        return None
    offer = _first_that_fits(config, settings, tokens, room)
    none = _(
        "not even LoRA with one example at a time fits: take a smaller model, or shorter texts (max_source_tokens)"
    )
    way = _("{text} would take {mib:.0f} MiB").format(text=offer[0], mib=offer[1]) if offer else none
    told = _("this training will take about {need:.0f} MiB beside the loaded model, and {free:.0f} MiB are free; {way}")
    told = told.format(need=need, free=room.free_mib, way=way)
    if need > room.free_mib:
        raise LabError("memory", told + _(" (LABS_MEMORY=unchecked tries it all the same)"))
    return told


def smaller(settings: TrainingSettings, number: int = 1) -> Iterator[list[tuple[str, TrainingSettings]]]:
    """Yield ways to train with less memory, in groups, the least change first: (what to write, the settings).

    The first two groups change nothing that is learned: the same batch in more parts, activations computed twice.
    """
    first_part, batch = settings.gradient_accumulation, settings.batch_size
    parts = [n for n in range(first_part, batch + 1) if batch % (n * number) == 0]
    for method, first in {settings.method: "", "lora": 'method="lora", '}.items():
        for more, last in ((False, ""), (True, ", gradient_checkpointing=True")):
            fixed = replace(settings, method=method, gradient_checkpointing=more)
            named = [(f"{first}gradient_accumulation={n}{last}", n) for n in parts]
            yield [(text, replace(fixed, gradient_accumulation=n)) for text, n in named]


def _first_that_fits(
    config: "T5Config", settings: TrainingSettings, tokens: tuple[int, int], room: Room
) -> tuple[str, float] | None:
    @functools.cache
    def need(changed: TrainingSettings) -> float:
        return room.needed_mib(config, changed, tokens)

    def fits(offer: tuple[str, TrainingSettings]) -> bool:
        return need(offer[1]) <= COMFORTABLE * room.free_mib

    for group in smaller(settings, room.processes):
        if fits(group[-1]):  # else none of the group fits: each takes less than the one before
            text, changed = group[bisect.bisect_left(group, True, key=fits)]
            return text, need(changed)
    return None


def surely_fits(
    config: "T5Config", parameters: int, settings: TrainingSettings, tokens: tuple[int, int], room: Room
) -> bool:
    """Whether a bound that is far above the truth leaves room, so that nothing need be traced (in microseconds)."""
    rows, (source, target) = min(settings.batch_size // settings.gradient_accumulation, room.examples), tokens
    width = 24 * config.d_model + 24 * config.num_heads * config.d_kv + 12 * config.d_ff
    scores = 8 * config.num_heads * (source + target) ** 2
    floats = config.num_layers * ((source + 2 * target) * width + scores) + 4 * target * config.vocab_size
    return (20 * parameters + 4 * rows * floats) / MIB + 4 * CPU_EXTRA_MIB < room.free_mib / 2
