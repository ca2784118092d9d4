"""Command line of the maker: make, evaluate, phenomena, card."""

import argparse
import os
import sys
from dataclasses import replace
from pathlib import Path

from labutils.errors import LabError
from labutils.i18n import _
from labutils.machine import settings
from makers.pocket.recipe.plan import Leg, Plan

# Legs of the base, and steps of instruct. Beside tests, two CPU cores with native bf16 took 34 + 26 minutes for short;
# of full, 91 for the first leg. The second leg copies less: by then the base has learned it (LOG.md).
BUDGETS = {
    "short": ((Leg(3250, 0.02, 0.25),), 2770),
    "full": ((Leg(8000, 0.02, 0.25), Leg(4000, 0.01, 0.15)), 9000),
}


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m makers.pocket", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    make = commands.add_parser("make", help="tokenizer, base, instruct, export; stages that are done are skipped")
    make.add_argument("--corpus", type=Path, default=Path("../shared/corpus"))
    make.add_argument("--out", type=Path, default=Path("data/pocket-t5"))
    make.add_argument("--work", type=Path, default=Path("runs/pocket"))
    make.add_argument("--budget", choices=BUDGETS, default="short")
    make.add_argument("--scale", type=float, default=1.0, help="shrinks the corpus and the budget, for rehearsals")
    make.add_argument("--base-steps", type=int, nargs="+", help="of each leg, instead of the budget's")
    make.add_argument("--instruct-steps", type=int, help="instead of the budget's")
    make.add_argument("--save-steps", type=int, help="a checkpoint every so many steps instead of every 4 minutes")
    make.add_argument("--seed", type=int, default=0)
    make.add_argument("--chats", type=Path, help="the written chats (default: data/chats/train.jsonl)")
    make.add_argument(
        "--from", dest="start", type=Path, help="a folder with a base to begin at: only instruct is trained"
    )
    score = commands.add_parser("evaluate", help="score both folders, write OUT/results.json and the cards")
    phenomena = commands.add_parser("phenomena", help="what the labs show, over three seeds, into data/trainings")
    phenomena.add_argument("parts", nargs="*", help="default: all; dialogsum needs DIALOGSUM_DIR")
    phenomena.add_argument("--out", type=Path, default=Path("data/pocket-t5"))
    phenomena.add_argument("--folder", type=Path, default=Path("data/trainings"))
    phenomena.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    card = commands.add_parser("card", help="write the cards again from OUT/results.json")
    for command in (score, card):
        command.add_argument("--corpus", type=Path, default=Path("../shared/corpus"))
        command.add_argument("--out", type=Path, default=Path("data/pocket-t5"))
    score.add_argument("--work", type=Path, default=Path("runs/pocket"))
    score.add_argument("--limit", type=int, help="at most so many test rows of each set, for rehearsals")
    return parser.parse_args()


def plan_of(args: argparse.Namespace) -> Plan:
    """Return the plan that the arguments describe.

    Raises:
        LabError: more steps than the budget has legs (code ``"legs"``).
    """
    legs, instruct = BUDGETS[args.budget]
    steps = args.base_steps or [max(round(leg.steps * args.scale), 1) for leg in legs]
    if len(steps) > len(legs):
        text = _("--base-steps has {steps} numbers, the budget {budget} {legs} legs; give one number a leg")
        raise LabError("legs", text.format(steps=len(steps), budget=args.budget, legs=len(legs)))
    return Plan(
        args.corpus,
        args.out,
        args.work,
        base=tuple(replace(leg, steps=count) for leg, count in zip(legs, steps, strict=False)),
        instruct=args.instruct_steps or max(round(instruct * args.scale), 1),
        scale=args.scale,
        seed=args.seed,
        save_steps=args.save_steps,
        chats=args.chats,
        start=args.start,
    )


def run(args: argparse.Namespace) -> None:
    """Run one command; its imports wait, so that a wrong call is answered at once."""
    if args.command == "make":
        from makers.pocket.recipe.stages import make

        make(plan_of(args))
    if args.command == "evaluate":
        from makers.pocket.measure.evaluate import evaluate

        evaluate(args.corpus, args.out, args.work, args.limit)
    if args.command == "phenomena":
        from makers.pocket.measure.phenomena import measure

        measure(args.out, args.folder, args.seeds, parts=args.parts)
    if args.command in ("evaluate", "card"):
        from makers.pocket.card.writing import write_cards

        print(write_cards(args.corpus, args.out))


def main() -> int:
    """Read the command line and run it -> exit status, 1 where the input is at fault."""
    args = parse()
    try:
        run(args)
    except LabError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "true")
    settings.settle()
    sys.exit(main())
