"""The appendix of what needs a GPU: its parts, and whether they run on this machine or are left out with a sentence."""

from labutils.errors import LabError
from labutils.i18n import _
from labutils.machine import device

PARTS = {
    "full": _("lab 03 on its own data: every weight is trained on the dialogues"),
    "rouge": _("lab 04: the scores of the summaries, with their intervals"),
    "lora": _("lab 05: the same training with LoRA; its file, its memory, its speed"),
    "forgetting": _("lab 06: what both trainings cost the old tasks"),
    "speed": _("memory and speed of a training, by the model's size, beside what was planned"),
}


class Parts:
    """The parts of one run of the appendix.

    Args:
        rehearse: run them without a GPU, too: with the profile's small model, to see that they run.

    Attributes:
        gpu: whether there is one.  begun: the parts that ran here.
    """

    def __init__(self, rehearse: bool = False):
        self.gpu = device.torch_device().type == "cuda"
        self.rehearse, self.begun = rehearse, list[str]()

    def plan(self) -> str:
        """Return what the appendix does, a line a part."""
        return "\n".join(f"{name}: {text}" for name, text in PARTS.items())

    def here(self) -> str:
        """Return what becomes of the parts on this machine, in a sentence."""
        if self.gpu:
            return _("There is a GPU here: every part runs.")
        if self.rehearse:
            return _(
                "There is no CUDA GPU here. This is a rehearsal: every part runs, on the processor; its numbers say little."
            )
        return _("There is no CUDA GPU here: every part is left out, and says what it would do. "
                 "A rehearsal on the processor: labs run gpu -p rehearse=yes")  # fmt: skip

    def begin(self, name: str) -> bool:
        """Say that a part runs, or that it is left out; returns whether it runs.

        Raises:
            LabError: code ``"part"``: there is none of that name.
        """
        if name not in PARTS:
            text = _("the appendix has no part {name!r}; it has: {names}")
            raise LabError("part", text.format(name=name, names=", ".join(PARTS)))
        runs = self.gpu or self.rehearse
        text = _("Part {name}: {what}.") if runs else _("Left out, since there is no GPU: {what}.")
        print(text.format(name=name, what=PARTS[name]))
        self.begun += [name] if runs else []
        return runs
