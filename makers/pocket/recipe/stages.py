"""The stages of `make`, each skipped when done: tokenizer, tokens, base, instruct, export."""

import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from labutils.machine.provenance import command
from makers.pocket.recipe import corpus as corpora
from makers.pocket.recipe.export import export_both
from makers.pocket.recipe.instruct import train_instruct
from makers.pocket.recipe.layout import TokenGroups, lay_out
from makers.pocket.recipe.loop import Batch, Trainer
from makers.pocket.recipe.model import new_model
from makers.pocket.recipe.objectives import base_batch, described
from makers.pocket.recipe.plan import Plan, note, noted
from makers.pocket.recipe.tokenizer import load_tokenizer, save_tokenizer, train_tokenizer

TOKENIZER_BYTES = 32e6  # of the pre-training mixture, shared out by the groups' weights
TOKENIZER_ROWS = 2000  # of each kind of task row
BASE_ROWS, BASE_PEAK = 16, 0.02  # rows a step; peak rate of the scaled AdamW


def tokenizer_texts(corpus: Path | str, scale: float = 1.0) -> Iterator[str]:
    """Texts that the pieces are learned from: the mixture in its own proportions, and some task rows."""
    left = {group: TOKENIZER_BYTES * scale * weight / 100 for group, (weight, _, _) in corpora.GROUPS.items()}
    for group, text in corpora.documents(corpus, scale):
        if left[group] > 0:
            left[group] -= len(text)
            yield text
    for train, _ in corpora.task_rows(corpus).values():
        for row in train[: max(int(TOKENIZER_ROWS * scale), 20)]:
            yield row["input"][:1000] + "\n" + row["target"][:300]


def make_tokenizer(plan: Plan) -> None:
    """Train the tokenizer into work/tokenizer."""
    folder = Path(plan.work) / "tokenizer"
    if not (folder / "tokenizer_config.json").is_file():
        save_tokenizer(train_tokenizer(tokenizer_texts(plan.corpus, plan.scale)), folder)


def lay_out_tokens(plan: Plan) -> None:
    """Write the pre-training tokens to work/tokens."""
    lay_out(load_tokenizer(plan.work / "tokenizer"), plan.corpus, plan.work / "tokens", plan.scale)


def train_base(plan: Plan) -> None:
    """Pre-train from scratch on the laid-out tokens."""
    groups = TokenGroups(plan.work / "tokens")
    model = new_model(plan.seed)

    def batch_at(step: int) -> Batch:
        inputs, labels = base_batch(groups, plan.seed, step, BASE_ROWS)
        return inputs, None, labels

    trainer = Trainer(model, batch_at, plan.work / "base", plan.base, BASE_PEAK, save_steps=plan.save_steps)
    spent = trainer.run()
    note(plan.work, "base", **asdict(spent), rows=BASE_ROWS, peak=BASE_PEAK, steps=plan.base, objective=described())


STAGES = {
    "tokenizer": make_tokenizer,
    "tokens": lay_out_tokens,
    "base": train_base,
    "instruct": train_instruct,
    "export": export_both,
}


def make(plan: Plan) -> None:
    """Run every stage that is not done yet."""
    note(plan.work, "make", command=command("python -m makers.pocket"))
    for stage, run in STAGES.items():
        if noted(plan.work).get(stage, {}).get("done"):
            print(f"{stage}: done before", flush=True)
            continue
        print(f"{stage}: begins {time.strftime('%Y-%m-%d %H:%M:%S')}", flush=True)
        started = time.monotonic()
        run(plan)
        note(plan.work, stage, done=True, wall_s=round(time.monotonic() - started, 1))
