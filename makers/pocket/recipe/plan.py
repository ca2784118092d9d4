"""What `make` is to do, and the notes on what it did (work/stages.json), which the card is written from."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from labutils.files import write_text


@dataclass(frozen=True)
class Leg:
    """A stretch of the base's training: its rate rises and falls anew, its optimizer begins anew."""

    steps: int
    peak: float
    copying: float  # share of the steps that copy shuffled tokens


@dataclass(frozen=True)
class Plan:
    """Where from, where to, and how much."""

    corpus: Path
    out: Path
    work: Path
    base: tuple[Leg, ...]
    instruct: int  # steps
    scale: float = 1.0
    seed: int = 0
    save_steps: int | None = None  # a checkpoint every so many steps instead of every few minutes
    chats: Path | None = None  # the file of the written chats instead of the shipped one
    start: Path | None = None  # a folder with the base to begin at, instead of training one


def noted(work: Path | str) -> dict[str, dict[str, Any]]:
    """stages.json as a dict, empty if there is none yet."""
    path = Path(work) / "stages.json"
    return json.loads(path.read_text()) if path.is_file() else {}


def note(work: Path | str, stage: str, **facts: Any) -> None:
    """Add what a stage did to stages.json, whole or not at all."""
    stages = noted(work)
    stages[stage] = {**stages.get(stage, {}), **facts}
    path = Path(work) / "stages.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    write_text(path, json.dumps(stages, indent=2) + "\n")
