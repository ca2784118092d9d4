"""What a training did: its log as a table, and how it is stored beside the weights."""

import dataclasses
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

    from labutils.interfaces import Model


@dataclass
class History:
    """What a training did.

    Attributes:
        log: pandas.DataFrame, a row for each logged step: ``step``, ``epoch``, ``loss``, ``learning_rate``,
            ``grad_norm``, and on validation ``validation_loss`` and the task's scores (``rouge1`` ... or ``accuracy``).
        train_s: seconds of the whole call, validation and saving included (of this call: not of those before a resume).
        examples_per_s: training examples a second in training steps alone.
        peak_memory_mib: most memory used above what was in use when training began.
        resumed_from: name of the checkpoint it went on from, ``"finished"`` if there was nothing left to do, or None.
        model: the trained model (for LoRA the wrapped one), holding the best checkpoint's weights; None where it was
            sharded over processes: load the folder.
        best_step: step of the checkpoint that validation chose (the newest that is not a standard error worse than
            the best score; by loss, the one with the lowest).  folder: where its weights lie.
        examples: training records of one pass.
    """

    log: "pd.DataFrame"
    train_s: float
    examples_per_s: float
    peak_memory_mib: float
    resumed_from: str | None = None
    best_step: int = 0
    examples: int = 0
    folder: Path | None = None
    model: "Model | None" = field(default=None, repr=False)


def tidy_log(log_history: list[dict]) -> "pd.DataFrame":
    """Return a training's log as a DataFrame: one row a step, validation columns beside the training loss."""
    import pandas as pd

    rows: dict[int, dict] = {}
    for entry in log_history:
        named = {("validation_loss" if k == "eval_loss" else k.removeprefix("eval_")): v for k, v in entry.items()}
        rows.setdefault(entry["step"], {}).update(named)
    frame = pd.DataFrame(list(rows.values()))
    first = [name for name in ("step", "epoch", "loss") if name in frame]
    return frame[[*first, *(name for name in frame if name not in first)]]


def stored(history: History) -> dict:
    """Return what a later call needs to show the same history: plain values, without the model."""
    plain = {
        f.name: getattr(history, f.name)
        for f in dataclasses.fields(history)
        if f.name not in ("log", "model", "folder")
    }
    return plain | {"log": history.log.astype(object).where(history.log.notna(), None).to_dict("records")}
