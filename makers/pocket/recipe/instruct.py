"""The instruct stage: lay the rows out once as tokens, then train on batches of rows of nearly equal length."""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer
from transformers import T5ForConditionalGeneration

from labutils.errors import LabError
from labutils.files import write_text
from labutils.i18n import _
from labutils.training.loop import load_weights_into
from makers.pocket.recipe.chats import chats_path
from makers.pocket.recipe.layout import TokenGroups, batched
from makers.pocket.recipe.loop import Batch, Trainer, newest
from makers.pocket.recipe.model import new_model
from makers.pocket.recipe.objectives import WINDOW, infilling, prefix_length, prefix_lm, tensors
from makers.pocket.recipe.plan import Plan, note
from makers.pocket.recipe.rows import EARLY, all_rows
from makers.pocket.recipe.tokenizer import EOS, MODEL_LENGTH, PAD, load_tokenizer

PEAK = 0.01
TARGET_LENGTH = 128  # tokens, </s> included
BATCH_TOKENS = 4096  # padded tokens of encoder and decoder a step
MOST_ROWS = 64
POOL = 16384  # rows that are sorted by length together
LANGUAGE, LANGUAGE_ROWS = 0.13, 12  # share of steps on plain unfinished text without tags, and their rows
EARLY_HEAD = 0.6  # the rows of rows.EARLY fall into this first part of an epoch


def encode_side(tokenizer: Tokenizer, texts: Iterable[str]) -> list[np.ndarray]:
    """Texts -> list of uint16 arrays of tokens, </s> last."""
    return [
        np.asarray([*item.ids, EOS], dtype=np.uint16)
        for chunk in batched(texts, 5000)
        for item in tokenizer.encode_batch_fast(chunk, add_special_tokens=False)
    ]


def lay_out_rows(plan: Plan) -> Path:
    """Write the rows' tokens to work/rows -> that folder; skipped when done.

    A row that is too long is left out, not cut: its answer may be about what would be gone.
    """
    folder = plan.work / "rows"
    if (folder / "rows.json").is_file():
        return folder
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer = load_tokenizer(plan.work / "tokenizer")
    rows = all_rows(plan.corpus, plan.chats or chats_path(), plan.seed, plan.scale)
    inputs, targets = (encode_side(tokenizer, (row[place] for row in rows)) for place in (0, 1))
    kept = [
        place
        for place, (read, written) in enumerate(zip(inputs, targets, strict=True))
        if len(read) <= MODEL_LENGTH and len(written) <= TARGET_LENGTH
    ]
    for side, encoded in (("input", inputs), ("target", targets)):
        np.save(folder / f"{side}_ends.npy", np.cumsum([len(encoded[place]) for place in kept]))
        np.save(folder / f"{side}.npy", np.concatenate([encoded[place] for place in kept]))
    kinds = [rows[place][2] for place in kept]
    np.save(folder / "early.npy", np.array([kind in EARLY for kind in kinds]))
    facts = {"rows": len(kept), "too_long": len(rows) - len(kept), "kinds": dict(Counter(kinds).most_common())}
    write_text(folder / "rows.json", json.dumps(facts, indent=2) + "\n")
    return folder


class Rows:
    """The laid-out rows and their batches; what a step sees is a function of (seed, step)."""

    def __init__(self, folder: Path | str, seed: int) -> None:
        folder = Path(folder)
        self.seed = seed
        self.tokens = [np.load(folder / f"{side}.npy", mmap_mode="r") for side in ("input", "target")]
        ends = [np.load(folder / f"{side}_ends.npy") for side in ("input", "target")]
        self.starts = [np.concatenate([[0], end[:-1]]) for end in ends]
        self.lengths = [end - start for end, start in zip(ends, self.starts, strict=True)]
        self.early = np.load(folder / "early.npy")
        self.epoch = -1
        self.order: list[np.ndarray] = []

    def epoch_batches(self, epoch: int) -> list[np.ndarray]:
        """The batches of one pass: arrays of row numbers, rows of a batch alike in length, batches in mixed order."""
        generator = np.random.default_rng((self.seed, 7, epoch))
        keys = generator.random(len(self.early))
        keys = np.where(self.early, keys * EARLY_HEAD, keys)
        order = keys.argsort(kind="stable")
        batches: list[np.ndarray] = []
        source, target = self.lengths
        for start in range(0, len(order), POOL):
            pool = order[start : start + POOL]
            pool = pool[np.lexsort((source[pool], target[pool] // 4, source[pool] // 12))]
            cut = self.cut(pool)
            batches += [cut[place] for place in generator.permutation(len(cut))]
        return batches

    def cut(self, pool: np.ndarray) -> list[np.ndarray]:
        """Cut sorted row numbers into batches of at most BATCH_TOKENS padded tokens."""
        source, target = self.lengths
        batches: list[np.ndarray] = []
        held: list[int] = []
        longest = (0, 0)
        for row in pool:
            wider = max(longest[0], source[row]), max(longest[1], target[row])
            if held and (sum(wider) * (len(held) + 1) > BATCH_TOKENS or len(held) == MOST_ROWS):
                batches.append(np.array(held))
                held, wider = [], (source[row], target[row])
            held.append(row)
            longest = wider
        return [*batches, np.array(held)] if held else batches

    def batch(self, number: int) -> Batch:
        """Batch `number`, counted over all epochs -> input_ids, attention_mask, labels (int64, padded)."""
        epoch = 0
        while True:
            if epoch != self.epoch:
                self.epoch, self.order = epoch, self.epoch_batches(epoch)
            if number < len(self.order):
                break
            number -= len(self.order)
            epoch += 1
        chosen = self.order[number]
        inputs, labels = self.padded(0, chosen, PAD), self.padded(1, chosen, -100)
        return inputs, (inputs != PAD).long(), labels

    def padded(self, side: int, chosen: np.ndarray, filling: int) -> torch.Tensor:
        """One side of the chosen rows -> (rows, longest) int64."""
        starts, lengths = self.starts[side][chosen], self.lengths[side][chosen]
        place = np.arange(lengths.max())[None, :]
        inside = place < lengths[:, None]
        tokens = self.tokens[side][np.where(inside, starts[:, None] + place, 0)].astype(np.int64)
        return torch.from_numpy(np.where(inside, tokens, filling))


def language_batch(groups: TokenGroups, generator: np.random.Generator) -> Batch:
    """Plain unfinished text, half of it to be continued, half with gaps to be filled."""
    if generator.random() < 0.5:
        prefix = prefix_length(generator)
        inputs, labels = tensors(*prefix_lm(groups.windows(generator, LANGUAGE_ROWS, WINDOW + prefix), prefix))
    else:
        inputs, labels = tensors(*infilling(generator, groups.windows(generator, LANGUAGE_ROWS, WINDOW)))
    return inputs, None, labels


class Mixture:
    """Which batch comes at a step: a task batch, or in LANGUAGE of the steps plain text."""

    def __init__(self, plan: Plan) -> None:
        self.seed = plan.seed
        self.groups = TokenGroups(plan.work / "tokens")
        self.rows = Rows(plan.work / "rows", plan.seed)
        self.count, self.upto = 0, 0  # task batches before step `upto`

    def is_language(self, step: int) -> bool:
        """Whether a step is language modelling; decided by (seed, step) alone."""
        return np.random.default_rng((self.seed, 11, step)).random() < LANGUAGE

    def __call__(self, step: int) -> Batch:
        if step < self.upto:
            self.count, self.upto = 0, 0
        while self.upto < step:
            self.count += not self.is_language(self.upto)
            self.upto += 1
        if self.is_language(step):
            return language_batch(self.groups, np.random.default_rng((self.seed, 13, step)))
        return self.rows.batch(self.count)


def train_instruct(plan: Plan) -> T5ForConditionalGeneration:
    """Tune the base on the mixture -> the model."""
    lay_out_rows(plan)
    model = new_model(plan.seed)
    base = newest(plan.work / "base")
    if base is None:
        text = _("{folder} holds no checkpoint: the base comes first")
        raise LabError("checkpoint", text.format(folder=plan.work / "base"))
    load_weights_into(model, base)
    mixture = Mixture(plan)
    trainer = Trainer(model, mixture, plan.work / "instruct", plan.instruct, PEAK, save_steps=plan.save_steps)
    spent = trainer.run()
    facts = json.loads((plan.work / "rows" / "rows.json").read_text())
    note(
        plan.work,
        "instruct",
        **asdict(spent),
        task_rows=facts["rows"],
        epochs=mixture.rows.epoch,
        peak=PEAK,
        steps=plan.instruct,
    )
    return model
