"""Batches: tokens, -100, length-grouped batches and the X-ray of what a model really sees."""

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

import torch

from labutils.config import BUCKET, TrainingSettings, check_count
from labutils.errors import LabError
from labutils.i18n import _
from labutils.interfaces import Tokenizer
from labutils.machine import device
from labutils.prompts import Template, render

if TYPE_CHECKING:
    import pandas as pd

IGNORE = -100  # torch's cross_entropy leaves out targets of this value (its `ignore_index` default)


def tokenize(
    records: Iterable[dict],
    tokenizer: Tokenizer,
    template: Template | Sequence[Template],
    max_source_tokens: int = 512,
    max_target_tokens: int = 96,
) -> list[dict]:
    """Turn records into token ids for an encoder-decoder.

    Args:
        records: dicts (or a ``datasets.Dataset``) with the fields that the template uses.
        template: a :class:`Template`, or several: record i then takes the i-th in turn.

    Returns:
        One dict a record: ``input_ids``, ``attention_mask`` (lists of int), ``labels`` (the target's ids, ending with
        the end-of-sequence token, no padding yet), ``truncated`` (bool), and ``id`` where the record has one.

    Raises:
        LabError: a record has nothing to learn from (code ``"no_target"``).
    """
    check_count("max_source_tokens", max_source_tokens, least=2)
    check_count("max_target_tokens", max_target_tokens, least=2)
    templates = [template] if isinstance(template, Template) else list(template)
    records = list(records)
    pairs = [render(templates[i % len(templates)], record) for i, record in enumerate(records)]
    empty = next((i for i, (_prompt, target) in enumerate(pairs) if not target.strip()), None)
    if empty is not None:
        what = records[empty].get("id", empty)
        raise LabError("no_target", _("record {id} gives an empty target: nothing to learn from").format(id=what))
    if not pairs:
        return []
    sources, long = encode([prompt for prompt, _target in pairs], tokenizer, max_source_tokens)
    targets = tokenizer(text_target=[target for _prompt, target in pairs])["input_ids"]
    return [
        {
            "id": record.get("id", i),
            "input_ids": source,
            "attention_mask": [1] * len(source),
            "labels": cut(target, max_target_tokens, tokenizer.eos_token_id),
            "truncated": i in long or len(target) > max_target_tokens,
        }
        for i, (source, target, record) in enumerate(zip(sources, targets, records, strict=True))
    ]


def encode(prompts: list[str], tokenizer: Tokenizer, limit: int) -> tuple[list[list[int]], set[int]]:
    """Turn prompts into token ids, of at most ``limit`` tokens each -> the ids, and which prompts were longer.

    What is cut is the end of a :class:`labutils.prompts.Prompt`'s parts, and the middle of any other text: instruction and
    question stand at either end, and stay.
    """
    rows = tokenizer(prompts)["input_ids"]
    long = {i for i, row in enumerate(rows) if len(row) > limit}
    for i in long:
        rows[i] = _shortened(prompts[i], rows[i], tokenizer, limit)
    return rows, long


def _shortened(prompt: str, ids: list[int], tokenizer: Tokenizer, limit: int) -> list[int]:
    kept, parts = list(range(len(ids))), getattr(prompt, "parts", ())
    places = tokenizer(prompt, return_offsets_mapping=True)["offset_mapping"] if parts and tokenizer.is_fast else []
    for start, end in parts:
        inside = {i for i, (first, last) in enumerate(places) if start <= first < last <= end}
        gone = sorted(inside)[max(0, len(inside) - (len(kept) - limit)) :]
        kept = [i for i in kept if i not in set(gone)]
    if len(kept) > limit:
        kept = kept[: limit - limit // 2] + kept[len(kept) - limit // 2 :]
    return [ids[i] for i in kept]


def cut(ids: list[int], limit: int, end: int) -> list[int]:
    """Cut to ``limit`` tokens; a cut text still ends with the end-of-sequence token."""
    return ids if len(ids) <= limit else [*ids[: limit - 1], end]


def rounded_up(length: int, multiple: int) -> int:
    """Return the least multiple that is no smaller than a length."""
    return -(-length // multiple) * multiple


def multiples(settings: TrainingSettings) -> tuple[int, int]:
    """Return what a training's source and target lengths are padded to a multiple of, so that few shapes are met.

    A compiler needs many seconds for each new shape. On a CPU that trains in bf16 oneDNN makes a program for each new
    shape of a product, 3 ms and 0.8 MiB apiece: 200 opinions, six passes, took 20.3 s at their own lengths, 13.3 s so.
    """
    if settings.compile:
        return BUCKET, BUCKET
    narrow = device.torch_device().type == "cpu" and device.resolve_precision(settings.precision) == "bf16"
    return (16, 8) if narrow else (1, 1)


def collate(
    rows: list[dict], pad_token_id: int = 0, start_token_id: int = 0, multiple: int | tuple[int, int] = 1
) -> dict[str, torch.Tensor]:
    """Pad rows to the longest of them, or to the next length that ``multiple`` (of source and target) divides.

    Returns:
        ``input_ids`` and ``attention_mask`` (rows, source), ``labels`` and ``decoder_input_ids`` (rows, target). Labels
        are padded with -100, so that padding is no part of the loss; the decoder reads the labels shifted right.
    """
    both = multiple if isinstance(multiple, tuple) else (multiple, multiple)
    for one in both:
        check_count("multiple", one)
    sides = zip(("input_ids", "labels"), both, strict=True)
    source, target = (rounded_up(max(len(row[side]) for row in rows), one) for side, one in sides)
    input_ids = torch.full((len(rows), source), pad_token_id)
    attention_mask = torch.zeros((len(rows), source), dtype=torch.long)
    labels = torch.full((len(rows), target), IGNORE)
    for i, row in enumerate(rows):
        input_ids[i, : len(row["input_ids"])] = torch.tensor(row["input_ids"])
        attention_mask[i, : len(row["input_ids"])] = torch.tensor(row["attention_mask"])
        labels[i, : len(row["labels"])] = torch.tensor(row["labels"])
    shifted = torch.full_like(labels, start_token_id)
    shifted[:, 1:] = labels[:, :-1].masked_fill(labels[:, :-1] == IGNORE, pad_token_id)
    return {"input_ids": input_ids, "attention_mask": attention_mask, "labels": labels, "decoder_input_ids": shifted}


class LengthGroupedSampler(torch.utils.data.Sampler[int]):
    """Order in which examples of like length meet in a batch, and the batches come shuffled.

    Examples are shuffled, sorted by length within pools of ``pool`` batches, and cut into batches; then the batches are
    shuffled. A batch that is not full comes last; ``fill``: the index that fills it (default: it stays short). The order
    depends on ``seed`` and the epoch alone, so that a training that is resumed in mid-epoch meets the same batches.
    """

    def __init__(
        self,
        lengths: list[int],
        batch_size: int,
        seed: int = 0,
        grouped: bool = True,
        pool: int = 64,
        fill: int | None = None,
    ):
        check_count("batch_size", batch_size)
        self.lengths, self.batch_size, self.seed, self.grouped, self.pool = lengths, batch_size, seed, grouped, pool
        self.epoch, self.filling = 0, [] if fill is None else [fill] * (-len(lengths) % batch_size)

    def set_epoch(self, epoch: int) -> None:
        """Choose the epoch whose order comes next; Accelerate's data loader calls this."""
        self.epoch = epoch

    def __len__(self) -> int:
        return len(self.lengths) + len(self.filling)

    def __iter__(self) -> Iterator[int]:
        return iter(self._order() + self.filling)

    def _order(self) -> list[int]:
        generator = torch.Generator().manual_seed(self.seed * 100_003 + self.epoch)
        order = torch.randperm(len(self.lengths), generator=generator).tolist()
        if not self.grouped:
            return order
        size = self.pool * self.batch_size
        # The remainder that fills no batch is drawn from the shuffled order, not from the longest or shortest.
        full = len(order) // self.batch_size * self.batch_size
        order, rest = order[:full], order[full:]
        pools = [sorted(order[i : i + size], key=lambda k: self.lengths[k]) for i in range(0, len(order), size)]
        order = [k for pool in pools for k in pool]
        batches = [order[i : i + self.batch_size] for i in range(0, len(order), self.batch_size)]
        shuffled = torch.randperm(len(batches), generator=generator).tolist()
        return [k for b in shuffled for k in batches[b]] + rest


def inspect_batch(batch: dict[str, torch.Tensor], tokenizer: Tokenizer) -> "pd.DataFrame":
    """X-ray a batch: what the model reads and what it is asked for, row by row.

    Returns:
        pandas.DataFrame with columns ``prompt`` and ``target`` (decoded, padding and masked labels left out),
        ``source_tokens``, ``target_tokens`` (real ones), ``padding`` (share of the row's source that is padding) and
        ``masked_labels`` (share of the row's labels that are -100).
    """
    import pandas as pd

    rows = []
    for ids, mask, labels in zip(batch["input_ids"], batch["attention_mask"], batch["labels"], strict=True):
        kept = labels[labels != IGNORE]
        rows.append(
            {
                "prompt": tokenizer.decode(ids[mask.bool()], skip_special_tokens=True),
                "target": tokenizer.decode(kept, skip_special_tokens=True),
                "source_tokens": int(mask.sum()),
                "target_tokens": len(kept),
                "padding": 1 - float(mask.float().mean()),
                "masked_labels": float((labels == IGNORE).float().mean()),
            }
        )
    return pd.DataFrame(rows)
