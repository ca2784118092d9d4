"""Profiles and training settings: plain frozen dataclasses that hold parameters and do nothing."""

from dataclasses import dataclass, fields, replace

from labutils.errors import LabError
from labutils.i18n import _


@dataclass(frozen=True)
class Profile:
    """What a lab runs with: models, data, precision.

    Attributes:
        base, tuned: model names: ``"pocket-base"``, ``"pocket-instruct"``, a hub name or a folder.
        dialogues: source that :func:`labutils.dialogues.load_dialogues` takes.
        precision: ``"auto"`` (bf16 autocast where the hardware gains from it), ``"fp32"`` or ``"bf16"``.
        chat_pair: base and tuned decoder-only models for lab 01, or None where lab 01 uses ``base`` and ``tuned``.
        batch_size: examples in one optimizer step.  eval_batch_size: prompts decoded at once.
        learning_rate: usual rates for ``"full"`` and ``"lora"`` training of this profile's models.
        why: one sentence: why this profile was chosen.
    """

    name: str
    base: str
    tuned: str
    dialogues: str
    precision: str = "auto"
    chat_pair: tuple[str, str] | None = None
    batch_size: int = 16
    eval_batch_size: int = 32
    learning_rate_full: float = 1e-3
    learning_rate_lora: float = 3e-3
    network: bool = False
    why: str = ""


PROFILES = {
    "pocket": Profile("pocket", "pocket-base", "pocket-instruct", "pocket", eval_batch_size=96),
    "t4": Profile(
        "t4",
        "google/t5-base-lm-adapt",
        "google/flan-t5-base",
        "dialogsum",
        precision="fp32",
        chat_pair=("HuggingFaceTB/SmolLM2-360M", "HuggingFaceTB/SmolLM2-360M-Instruct"),
        batch_size=8,
        eval_batch_size=64,
        learning_rate_full=1e-4,
        learning_rate_lora=1e-3,
        network=True,
    ),
    "gpu": Profile(
        "gpu",
        "google/t5-base-lm-adapt",
        "google/flan-t5-base",
        "dialogsum",
        precision="bf16",
        chat_pair=("HuggingFaceTB/SmolLM2-1.7B", "HuggingFaceTB/SmolLM2-1.7B-Instruct"),
        batch_size=16,
        eval_batch_size=256,
        learning_rate_full=1e-4,
        learning_rate_lora=1e-3,
        network=True,
    ),
}


BUCKET = 64  # tokens: what lengths are padded to a multiple of where each shape is compiled


@dataclass(frozen=True)
class TrainingSettings:
    """Settings of one fine-tuning; every field is the field's standard term.

    Attributes:
        method: ``"full"`` (every weight moves) or ``"lora"`` (Hu et al., 2021, arXiv:2106.09685).
        learning_rate: peak rate; None takes the profile's usual rate for the method.
        epochs: passes over the training examples (``max_steps`` overrides them when positive).
        batch_size: examples in one optimizer step; gradient_accumulation: parts it is computed in.
        precision: see :class:`Profile`.
        r, lora_alpha, lora_dropout, target_modules: LoRA; ``"all-linear"`` is every linear layer but the head.
        eval_examples: validation dialogues scored with generation after each epoch (0: loss only). Few
            records choose the best epoch by chance; see ``SummaryTrainer._determine_best_metric``.
        max_source_tokens, max_target_tokens: prompts and targets are cut to these lengths.
        max_tokens: most tokens, padding included, that one training pass reads and writes; a batch of more is computed
            in parts, long texts in more of them than short ones (0: all at once). One row is never split.
        compile: backend of ``torch.compile``, as ``"inductor"`` (``""``: none). Lengths are then padded to multiples
            of :data:`BUCKET`, so that few shapes are compiled.
        patience: stop after that many evaluations without a better score (0: never).
    """

    method: str = "full"
    learning_rate: float | None = None
    epochs: float = 3.0
    max_steps: int = -1
    batch_size: int = 16
    eval_batch_size: int = 32
    gradient_accumulation: int = 1
    warmup: float = 0.03
    schedule: str = "linear"
    weight_decay: float = 0.0
    max_grad_norm: float = 1.0
    dropout: float | None = None
    precision: str = "auto"
    group_by_length: bool = True
    gradient_checkpointing: bool = False
    r: int = 8
    lora_alpha: int = 16
    lora_dropout: float = 0.0
    target_modules: str | tuple[str, ...] = "all-linear"
    max_source_tokens: int = 512
    max_target_tokens: int = 96
    max_tokens: int = 0
    compile: str = ""
    eval_examples: int = 100
    metric: str | None = None
    saves_per_epoch: int = 1
    keep_checkpoints: int = 2
    patience: int = 0
    seed: int = 0

    def __post_init__(self):
        for part in fields(self):
            value, default = getattr(self, part.name), part.default
            wanted = (int, float) if isinstance(default, float) else type(default)
            free = default is None or part.name == "target_modules"
            if not free and (not isinstance(value, wanted) or (isinstance(value, bool) and wanted is not bool)):
                kind = getattr(wanted, "__name__", "number")
                text = _("{name} is {value!r}; it must be of the kind {kind}, as {default!r} is")
                raise LabError("settings", text.format(name=part.name, value=value, kind=kind, default=default))
        if self.method not in ("full", "lora"):
            raise LabError("method", _("method is {value!r}; it must be 'full' or 'lora'").format(value=self.method))
        if self.batch_size % self.gradient_accumulation:
            raise LabError(
                "accumulation",
                _(
                    "batch_size {batch} cannot be divided into {parts} equal parts; choose another gradient_accumulation"
                ).format(batch=self.batch_size, parts=self.gradient_accumulation),
            )
        if self.max_tokens < 0:
            raise LabError("max_tokens", _("max_tokens is {n}; it must be 0 or more").format(n=self.max_tokens))
        if self.saves_per_epoch < 1:
            raise LabError("saves", _("saves_per_epoch is {n}; it must be 1 or more").format(n=self.saves_per_epoch))

    def rows_at_once(self, tokens: tuple[int, int]) -> int:
        """Return how many rows go through the model together when they are padded to (source, target) tokens."""
        rows = self.batch_size // self.gradient_accumulation
        if not self.max_tokens:
            return rows
        parts = -(-rows // max(1, self.max_tokens // sum(tokens)))
        return -(-rows // parts)  # parts of like size


def profile(name: str = "auto", **changes) -> Profile:
    """Return the profile of that name, changed where ``changes`` says so; ``"auto"`` looks at this machine.

    Raises:
        LabError: no profile has that name.
    """
    from labutils.machine import device  # along the floor; late, since it imports torch

    chosen, why = device.choose_profile() if name == "auto" else (name, _("chosen by name"))
    if chosen not in PROFILES:
        known = ", ".join(["auto", *PROFILES])
        raise LabError(
            "profile", _("there is no profile {name!r}; choose one of: {known}").format(name=chosen, known=known)
        )
    return replace(PROFILES[chosen], why=why, **changes)
