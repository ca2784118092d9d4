"""What each lab needs on this machine: the learner's minutes, the machine's seconds, memory and disk."""

from typing import TYPE_CHECKING, cast

from labutils import models, notebooks
from labutils.interfaces import Model
from labutils.notebooks import lesson
from labutils.planning import planner

if TYPE_CHECKING:
    import pandas as pd
    from transformers import T5Config

    from labutils.config import Profile

TOKENS = {"short": (64, 16), "dialogues": (300, 64)}  # read and written by the longest examples of a training
# Of each lab: the texts of its largest training ("": none), and how many trainings leave weights behind, at most.
TRAININGS = {
    "00": ("short", 2), "01": ("", 0), "02": ("short", 1), "03": ("dialogues", 3), "04": ("dialogues", 2),
    "05": ("dialogues", 4), "06": ("short", 3), "07": ("dialogues", 2), "08": ("short", 2), "09": ("dialogues", 2),
}  # fmt: skip
SPEED = "examples_per_s"  # lab 00 records it: the machine of the last build is known by it


def table(model: Model, profile: "Profile", examples_per_s: float) -> "pd.DataFrame":
    """Return a row for each lab that is there; "-" where nothing is needed or known.

    Args:
        model: the profile's tuned model.  examples_per_s: this machine's, in lab 00's training.
    """
    import pandas as pd

    gpu, mib = next(model.parameters()).is_cuda, models.parameter_counts(model).total * 4 / planner.MIB
    config = cast("T5Config", model.config)  # of another architecture the planner knows nothing
    need = {text: planner.estimate(config, profile.settings(), size, gpu=gpu).peak_mib
            for text, size in TOKENS.items()}  # fmt: skip
    slower = lesson.stored("00").get("numbers", {}).get(SPEED, examples_per_s) / examples_per_s
    rows = []
    for path in notebooks.find():
        lab, about = notebooks.number(path), notebooks.read(path).metadata.get("finetune_labs", {})
        text, kept = TRAININGS[lab]
        seconds = lesson.stored(lab).get("seconds", 0) * slower
        numbers = (seconds, need.get(text, 0), kept * mib)
        rows.append((lab, about.get("title"), about.get("minutes"), *(round(number) or "-" for number in numbers)))
    return pd.DataFrame(rows, columns=["lab", "title", "minutes", "seconds", "memory, MiB", "disk, MiB"])
