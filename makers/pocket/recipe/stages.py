"""The stages of `make`, each skipped when done: tokenizer, tokens, base, instruct, export."""

import functools
import shutil
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from safetensors.torch import load_file

from labutils.errors import LabError
from labutils.i18n import _
from labutils.machine.provenance import command
from makers.pocket.recipe import corpus as corpora
from makers.pocket.recipe.export import TIED, export_both
from makers.pocket.recipe.instruct import train_instruct
from makers.pocket.recipe.layout import TokenGroups, lay_out
from makers.pocket.recipe.loop import Batch, Trainer, keep_weights
from makers.pocket.recipe.model import new_model
from makers.pocket.recipe.objectives import base_batch, described
from makers.pocket.recipe.plan import Leg, Plan, note, noted
from makers.pocket.recipe.tokenizer import load_tokenizer, save_tokenizer, train_tokenizer

TOKENIZER_BYTES = 32e6  # of the pre-training mixture, shared out by the groups' weights
TOKENIZER_ROWS = 2000  # of each kind of task row
BASE_ROWS = 16  # a step


def tokenizer_texts(corpus: Path | str, scale: float = 1.0) -> Iterator[str]:
    """Texts that the pieces are learned from: the mixture in its own proportions, and some task rows."""
    left = {group: TOKENIZER_BYTES * scale * weight / 100 for group, (weight, _, _) in corpora.GROUPS.items()}
    for group, text in corpora.documents(corpus, scale):
        if left[group] > 0:
            left[group] -= len(text)
            yield text
    for train, _test in corpora.task_rows(corpus).values():
        for row in train[: max(int(TOKENIZER_ROWS * scale), 20)]:
            yield row["input"][:1000] + "\n" + row["target"][:300]


def make_tokenizer(plan: Plan) -> None:
    """Train the tokenizer into work/tokenizer, or take that of the base to begin at."""
    folder = Path(plan.work) / "tokenizer"
    if plan.start:
        folder.mkdir(parents=True, exist_ok=True)
        for name in ("tokenizer.json", "tokenizer_config.json"):
            shutil.copyfile(given(plan.start, name), folder / name)
    elif not (folder / "tokenizer_config.json").is_file():
        save_tokenizer(train_tokenizer(tokenizer_texts(plan.corpus, plan.scale)), folder)


def lay_out_tokens(plan: Plan) -> None:
    """Write the pre-training tokens to work/tokens."""
    lay_out(load_tokenizer(plan.work / "tokenizer"), plan.corpus, plan.work / "tokens", plan.scale)


def train_base(plan: Plan) -> None:
    """Pre-train from scratch on the laid-out tokens, leg after leg, or begin at a base that is there.

    Each leg keeps its checkpoints in a folder of its own, the last one in work/base; a leg that is done is only loaded.
    """
    if plan.start:
        return begin_at(plan, plan.start)
    groups, model = TokenGroups(plan.work / "tokens"), new_model(plan.seed)
    spent, before = [], 0
    for number, leg in enumerate(plan.base, 1):
        folder = plan.work / ("base" if number == len(plan.base) else f"base-{number}")
        batch_at = functools.partial(batch_of_leg, groups, plan.seed, before, leg, rows_of(plan))
        trainer = Trainer(model, batch_at, folder, leg.steps, leg.peak, save_steps=plan.save_steps)
        spent.append(trainer.run())
        before += leg.steps
    note(
        plan.work,
        "base",
        step=before,
        elapsed=sum(leg.elapsed for leg in spent),
        tokens=sum(leg.tokens for leg in spent),
        recent=spent[-1].recent,
        rows=rows_of(plan),
        legs=[asdict(leg) for leg in plan.base],
        objective=described(plan.base),
    )


def rows_of(plan: Plan) -> int:
    """The rows of a step; a rehearsal's are fewer, as its corpus is smaller: a processor without bf16 takes minutes else."""
    return max(2, round(BASE_ROWS * min(1.0, plan.scale)))


def batch_of_leg(groups: TokenGroups, seed: int, before: int, leg: Leg, rows: int, step: int) -> Batch:
    """The batch of a leg's step, counted on from the `before` steps of the legs before it."""
    inputs, labels = base_batch(groups, seed, before + step, rows, leg.copying)
    return inputs, None, labels


def begin_at(plan: Plan, start: Path) -> None:
    """Lay the weights of a base that is there (a folder as export writes it) into work/base as a checkpoint.

    Raises:
        LabError: the folder lacks a file, or its weights are of another shape (code ``"start"``).
    """
    weights = load_file(given(start, "model.safetensors"))
    model = new_model(plan.seed)
    try:
        lacking, unknown = model.load_state_dict({name: value.float() for name, value in weights.items()}, strict=False)
    except RuntimeError as error:
        text = _("{folder} holds weights of another shape ({error}); name a base that this maker made")
        raise LabError("start", text.format(folder=start, error=error)) from None
    if unknown or set(lacking) - set(TIED):
        text = _("{folder} holds other parameters than a base ({names}); name a base that this maker made")
        raise LabError("start", text.format(folder=start, names=", ".join([*unknown, *lacking])))
    keep_weights(model, plan.work / "base")
    note(plan.work, "base", start=start.name, objective=f"The base was there before: {start}.")


def given(start: Path, name: str) -> Path:
    """A file of the base to begin at.

    Raises:
        LabError: it is not there (code ``"start"``).
    """
    if not (start / name).is_file():
        text = _("{folder} holds no {name}: --from must name a folder as make leaves it in OUT/base")
        raise LabError("start", text.format(folder=start, name=name))
    return start / name


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
