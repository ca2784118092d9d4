"""Command line of the maker: make, evaluate, card."""

import argparse
import os
from pathlib import Path

BUDGETS = {"short": (2040, 1560), "medium": (3000, 1080), "full": (4800, 4200)}  # seconds of base and instruct


def parse():
    """Arguments of the command line."""
    parser = argparse.ArgumentParser(prog="python -m labutils.pocket", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    make = commands.add_parser("make", help="tokenizer, base, instruct, export; stages that are done are skipped")
    make.add_argument("--corpus", type=Path, default=Path("../shared/corpus"))
    make.add_argument("--out", type=Path, default=Path("data/pocket-t5"))
    make.add_argument("--work", type=Path, default=Path("runs/pocket"))
    make.add_argument("--budget", choices=BUDGETS, default="short")
    make.add_argument("--scale", type=float, default=1.0, help="shrinks the corpus and the budget, for rehearsals")
    make.add_argument("--base-steps", type=int, help="steps instead of seconds: the run can then be repeated exactly")
    make.add_argument("--instruct-steps", type=int)
    make.add_argument("--save-steps", type=int, help="a checkpoint every so many steps instead of every 4 minutes")
    make.add_argument("--seed", type=int, default=0)
    score = commands.add_parser("evaluate", help="score both folders, write OUT/results.json and the cards")
    card = commands.add_parser("card", help="write the cards again from OUT/results.json")
    for command in (score, card):
        command.add_argument("--corpus", type=Path, default=Path("../shared/corpus"))
        command.add_argument("--out", type=Path, default=Path("data/pocket-t5"))
    score.add_argument("--work", type=Path, default=Path("runs/pocket"))
    score.add_argument("--dialogsum", default=os.environ.get("DIALOGSUM_DIR"), help="folder of the real DialogSum")
    score.add_argument("--limit", type=int, help="at most so many test rows of each set, for rehearsals")
    return parser.parse_args()


def plan_of(args):
    """The Plan that the arguments describe."""
    from .loop import Budget
    from .plan import Plan

    seconds = [limit * args.scale for limit in BUDGETS[args.budget]]
    base = Budget(steps=args.base_steps) if args.base_steps else Budget(seconds=seconds[0])
    instruct = Budget(steps=args.instruct_steps) if args.instruct_steps else Budget(seconds=seconds[1])
    return Plan(args.corpus, args.out, args.work, base, instruct, args.scale, args.seed, args.save_steps)


def main():
    """Run one command."""
    args = parse()
    if args.command == "make":
        from .stages import make

        make(plan_of(args))
    if args.command == "evaluate":
        from .evaluate import evaluate

        evaluate(args.corpus, args.out, args.work, args.dialogsum, args.limit)
    if args.command in ("evaluate", "card"):
        from .card import write_cards

        print(write_cards(args.corpus, args.out))


def restart_with_settings():
    """Malloc and the threads read their settings when a process begins, so begin again with them."""
    import sys

    from labutils.runtime import KERNEL_ENVIRONMENT

    if all(name in os.environ for name in KERNEL_ENVIRONMENT):
        return
    values = {"TOKENIZERS_PARALLELISM": "true", **KERNEL_ENVIRONMENT, **os.environ}
    os.execve(sys.executable, [sys.executable, "-m", "labutils.pocket", *sys.argv[1:]], values)


if __name__ == "__main__":
    restart_with_settings()
    main()
