"""`python -m makers.beside COMMIT`: this checkout beside another commit of it, in turn on this machine; ratios first.

The other commit is checked out into a folder for a while, with this one's weights. Each measurement is one of ``labs bench``,
in a process of its own that has the labs' settings; the lowest ratio of the repeats counts. DialogSum is read where
DIALOGSUM_DIR is set, else the shipped rich dialogues.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from labutils.errors import LabError
from labutils.files import markdown_table
from labutils.i18n import _
from labutils.machine.environment import KERNEL_ENVIRONMENT

ROOT = Path(__file__).parents[1]
WEIGHTS = ("data/pocket-t5/base", "data/pocket-t5/instruct")
TRAINING: dict[str, Any] = {
    "kind": "train", "recipe": "ours", "precision": "auto", "shape": "tuned", "batch_size": 16, "held_out": 64,
    "warm": 0, "examples": 192, "at_least_s": 15.0,
}  # fmt: skip
WORK: dict[str, dict[str, Any]] = {
    "generate": {"kind": "generate", "recipe": "ours", "shape": "tuned", "examples": 500, "at_least_s": 10.0},
    "full": TRAINING | {"method": "full"},
    "lora": TRAINING | {"method": "lora"},
}
MEASURE = (
    "import json, sys, labutils\nassert labutils.__file__.startswith(sys.argv[2]), labutils.__file__\n"
    "from labutils.bench import worker\nprint(json.dumps(worker.measure(json.loads(sys.argv[1]))))"
)


@contextmanager
def checkout(commit: str) -> Iterator[Path]:
    """Yield a folder that holds a commit, with this checkout's weights.

    Raises:
        LabError: code ``"beside"``: git has no such commit.
    """
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder).resolve() / "other"
        command = ["git", "-C", str(ROOT), "worktree", "add", "--quiet", "--detach", str(place), commit]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise LabError("beside", _("git cannot check out {commit}: {why}").format(commit=commit, why=done.stderr))
        try:
            for name in WEIGHTS:
                shutil.copytree(ROOT / name, place / name, dirs_exist_ok=True)
            yield place
        finally:
            subprocess.run(["git", "-C", ROOT, "worktree", "remove", "--force", place], check=False)


def measured(root: Path, spec: dict[str, Any]) -> dict[str, Any]:
    """Run one measurement with the package of a checkout."""
    more = {"PYTHONPATH": str(root), "TOKENIZERS_PARALLELISM": "false", "HF_HUB_OFFLINE": "1"}
    command = [sys.executable, "-W", "ignore", "-c", MEASURE, json.dumps(spec), str(root)]
    done = subprocess.run(
        command, cwd=root, env=os.environ | KERNEL_ENVIRONMENT | more, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise LabError("beside", f"{root}: {done.stderr.strip()[-800:]}")
    return json.loads(done.stdout.strip().splitlines()[-1])


def row(name: str, pairs: Sequence[tuple[dict[str, Any], dict[str, Any]]]) -> tuple[str, ...]:
    """Return a line of the table from (this checkout's, the other's) measurements."""
    rates = [ours["examples_per_s"] / theirs["examples_per_s"] for ours, theirs in pairs]
    memory = [ours["peak_mib"] / theirs["peak_mib"] for ours, theirs in pairs]
    return name, f"{min(rates):.2f}", ", ".join(f"{rate:.2f}" for rate in rates), f"{max(memory):.2f}"


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m makers.beside", description=__doc__)
    parser.add_argument("commit", help="the other commit, as git names it")
    parser.add_argument("--work", nargs="+", choices=sorted(WORK), default=sorted(WORK))
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args(arguments)
    dialogues = "dialogsum" if os.environ.get("DIALOGSUM_DIR") else "pocket-rich"
    common = {"profile": "pocket", "dialogues": dialogues}
    pairs: dict[str, list] = {name: [] for name in options.work}
    with checkout(options.commit) as other:
        for _repeat in range(options.repeats):
            for name in options.work:
                theirs, ours = (measured(root, WORK[name] | common) for root in (other, ROOT))
                pairs[name].append((ours, theirs))
                print(name, *(f"{one['examples_per_s']:.1f}/s {one['peak_mib']:.0f} MiB" for one in (ours, theirs)))
    head = ("work", "rate, lowest ratio", "each", "memory, highest ratio")
    print(markdown_table(head, [row(name, pairs[name]) for name in options.work]))


if __name__ == "__main__":
    main()
