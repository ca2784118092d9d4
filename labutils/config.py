"""Profiles and training settings: plain frozen dataclasses that hold parameters and do nothing."""

import math
from collections.abc import Mapping
from dataclasses import MISSING, Field, dataclass, field, fields, replace
from numbers import Integral
from types import UnionType
from typing import Any, ClassVar, Protocol, get_args, get_origin

from labutils.errors import LabError
from labutils.i18n import _

SCHEDULES = ("linear", "cosine", "constant", "constant_with_warmup")
PRECISIONS = ("auto", "fp32", "bf16")
MOST_ROWS = 65_536
MOST_RATE = 1e30  # absurd, and let through: the training then says that its loss is no number, and why


class _Dataclass(Protocol):
    """Any instance of a dataclass, as ``dataclasses.fields`` takes it."""

    __dataclass_fields__: ClassVar[dict[str, Any]]


def setting(
    default: Any,
    *,
    choices: tuple = (),
    least: float | None = None,
    above: float | None = None,
    to: float | None = None,
    below: float | None = None,
    never: float | None = None,
) -> Any:
    """A field of a class of settings with the values that it may have; all bounds are told in its error.

    ``Any``, as ``dataclasses.field`` has it: the field is assigned to a name of its own type.
    """
    limits = {"choices": choices, "least": least, "above": above, "to": to, "below": below, "never": never}
    return field(default=default, metadata={name: limit for name, limit in limits.items() if limit not in (None, ())})


def _check_kind(part: Field, value: object) -> None:
    """Raise unless a setting's value is of the kind that its annotation says; a number must be finite."""
    annotated = get_args(part.type) if isinstance(part.type, UnionType) else (part.type,)
    kinds = tuple(get_origin(kind) or kind for kind in annotated)
    wider = (*kinds, int) if float in kinds else (*kinds, list) if tuple in kinds else kinds
    right = isinstance(value, wider) and (bool in kinds or not isinstance(value, bool))
    if right and not (isinstance(value, float) and not math.isfinite(value)):
        return
    names = {int: _("a whole number"), float: _("a number"), str: _("text"), bool: _("True or False"), tuple: _("names"),
             list: _("a list"), dict: _("a dict")}  # fmt: skip
    told = _(" or ").join(names.get(kind, "None") for kind in kinds)
    like = "" if part.default in (None, MISSING) else _(", as {default!r} is")
    text = _("{name} is {value!r}; it must be {kind}") + like
    raise LabError("settings", text.format(name=part.name, value=value, kind=told, default=part.default))


def _check_range(part: Field, value: object) -> None:
    """Raise unless a setting's value lies in its range."""
    inside = {
        "choices": lambda limit: value in limit,
        "least": lambda limit: value >= limit,
        "above": lambda limit: value > limit,
        "to": lambda limit: value <= limit,
        "below": lambda limit: value < limit,
        "never": lambda limit: value != limit,
    }
    if value is None or all(inside[name](limit) for name, limit in part.metadata.items()):
        return
    words = {
        "choices": _("one of {limit}"),
        "least": _("{limit} or more"),
        "above": _("more than {limit}"),
        "to": _("{limit} at most"),
        "below": _("less than {limit}"),
        "never": _("not {limit}"),
    }
    limits = {name: ", ".join(map(str, limit)) if name == "choices" else limit for name, limit in part.metadata.items()}
    told = _(" and ").join(words[name].format(limit=limit) for name, limit in limits.items())
    code = part.name if part.name in ("method", "precision") else "settings"
    text = _("{name} is {value!r}; it must be {allowed}")
    raise LabError(code, text.format(name=part.name, value=value, allowed=told))


def check_kinds(settings: type[_Dataclass], given: Mapping[str, object]) -> None:
    """Raise unless values that are given by name, as a file holds them, are of the kinds of those fields; None is no value.

    Raises:
        LabError: code ``"settings"``.
    """
    for part in fields(settings):
        if given.get(part.name) is not None:
            _check_kind(part, given[part.name])


def check_settings(settings: _Dataclass) -> None:
    """Raise unless each field of a dataclass is of its kind, and in its range (see :func:`setting`).

    Raises:
        LabError: code ``"settings"``, ``"method"`` or ``"precision"``.
    """
    for part in fields(settings):
        _check_kind(part, getattr(settings, part.name))
        _check_range(part, getattr(settings, part.name))


def check_count(name: str, value: object, least: int = 1, to: int | None = None) -> None:
    """Raise unless an argument is a whole number in a range.

    Raises:
        LabError: code ``"settings"``: it names the argument, its value and the range.
    """
    part = setting(least, least=least, to=to)
    part.name, part.type = name, int
    value = int(value) if isinstance(value, Integral) and not isinstance(value, bool) else value
    _check_kind(part, value)
    _check_range(part, value)


def check_truth(**arguments: object) -> None:
    """Raise unless arguments are True or False: the text "no" would count as yes."""
    for name, value in arguments.items():
        part = setting(False)
        part.name, part.type = name, bool
        _check_kind(part, value)


@dataclass(frozen=True)
class Profile:
    """What a lab runs with: models, data, precision.

    Attributes:
        base, tuned: model names: ``"pocket-base"``, ``"pocket-instruct"``, a hub name or a folder.
        dialogues: source that :func:`labutils.dialogues.load_dialogues` takes.
        precision: ``"auto"`` (bf16 autocast where the hardware gains from it), ``"fp32"`` or ``"bf16"``.
        chat_pair: base and tuned decoder-only models for lab 01, or None where lab 01 uses ``base`` and ``tuned``.
        batch_size: examples in one optimizer step.  eval_batch_size: prompts decoded at once.
        learning_rate_full, learning_rate_lora: usual peak rates of either method for this profile's models.
        network: whether models and data come from the hub, at their first use.
        why: one sentence: why this profile was chosen.
    """

    name: str
    base: str
    tuned: str
    dialogues: str
    precision: str = setting("auto", choices=PRECISIONS)
    chat_pair: tuple[str, str] | None = None
    batch_size: int = setting(16, least=1, to=MOST_ROWS)
    eval_batch_size: int = setting(32, least=1, to=MOST_ROWS)
    learning_rate_full: float = setting(1e-3, above=0, to=MOST_RATE)
    learning_rate_lora: float = setting(3e-3, above=0, to=MOST_RATE)
    network: bool = False
    why: str = ""

    def __post_init__(self) -> None:
        check_settings(self)

    def settings(self, method: str = "full", **changes: Any) -> "TrainingSettings":
        """Return the settings of a training with this profile's models, changed where ``changes`` says so."""
        rate = self.learning_rate_lora if method == "lora" else self.learning_rate_full
        usual = {name: getattr(self, name) for name in ("precision", "batch_size", "eval_batch_size")}
        return TrainingSettings(**(usual | {"learning_rate": rate, "method": method} | changes))


_LARGE: dict[str, Any] = {"learning_rate_full": 1e-4, "learning_rate_lora": 1e-3, "network": True}
_BASE, _TUNED, _CHAT = "google/t5-base-lm-adapt", "google/flan-t5-base", "HuggingFaceTB/SmolLM2"
PROFILES = {
    "pocket": Profile("pocket", "pocket-base", "pocket-instruct", "pocket", eval_batch_size=96),
    "t4": Profile(
        "t4", _BASE, _TUNED, "dialogsum", precision="fp32", chat_pair=(f"{_CHAT}-360M", f"{_CHAT}-360M-Instruct"),
        batch_size=8, eval_batch_size=64, **_LARGE,
    ),
    "gpu": Profile(
        "gpu", _BASE, _TUNED, "dialogsum", precision="bf16", chat_pair=(f"{_CHAT}-1.7B", f"{_CHAT}-1.7B-Instruct"),
        batch_size=16, eval_batch_size=256, **_LARGE,
    ),
}  # fmt: skip


LORA = ("r", "lora_alpha", "lora_dropout", "target_modules")  # settings that are of this method alone
BUCKET = 64  # tokens: what lengths are padded to a multiple of where each shape is compiled


@dataclass(frozen=True)
class TrainingSettings:
    """Settings of one fine-tuning; every field is the field's standard term.

    Attributes:
        method: ``"full"`` (every weight moves) or ``"lora"`` (Hu et al., 2021, arXiv:2106.09685).
        learning_rate: peak rate; None takes the usual rate of the method for a model of this size.
        epochs: passes over the training examples (``max_steps`` overrides them when positive).
        batch_size: examples in one optimizer step; gradient_accumulation: parts it is computed in.
        eval_batch_size: prompts of the validation answered at once.  dropout: instead of the model's own (None).
        warmup: steps in which the rate rises from 0 to its peak: below 1 a share of all steps, from 1 on their number.
        schedule: what the rate does then; ``"constant"`` has no warmup.
        weight_decay: AdamW's, of matrices alone.  max_grad_norm: gradients are clipped to it (0: not at all).
        precision: see :class:`Profile`.
        group_by_length: rows of like length meet in a batch.  gradient_checkpointing: activations are computed twice.
        r, lora_alpha, lora_dropout, target_modules: LoRA; ``"all-linear"`` is every linear layer but the head.
        eval_examples: validation records scored with generation at each validation (0: loss only). Few
            records choose the best epoch by chance; see :func:`labutils.training.validation.choose`.
        max_source_tokens, max_target_tokens: prompts and targets are cut to these lengths.
        max_tokens: most tokens, padding included, that one training pass reads and writes; a batch of more is computed
            in parts, long texts in more of them than short ones (0: all at once). One row is never split.
        compile: backend of ``torch.compile``, as ``"inductor"`` (``""``: none). Lengths are then padded to multiples
            of :data:`BUCKET`, so that few shapes are compiled.
        saves_per_epoch: validations, and checkpoints, in a pass.  keep_checkpoints: newest ones that stay, 2 at least.
        patience: stop after that many validations without a better score (0: never).  metric: that score (None: the task's).
        seed: of the order of rows, of dropout and of LoRA's first weights.
    """

    method: str = setting("full", choices=("full", "lora"))
    learning_rate: float | None = setting(None, above=0, to=MOST_RATE)
    epochs: float = setting(3.0, above=0, to=1000)
    max_steps: int = setting(-1, least=-1, never=0)
    batch_size: int = setting(16, least=1, to=MOST_ROWS)
    eval_batch_size: int = setting(32, least=1, to=MOST_ROWS)
    gradient_accumulation: int = setting(1, least=1)
    warmup: float = setting(0.03, least=0)
    schedule: str = setting("linear", choices=SCHEDULES)
    weight_decay: float = setting(0.0, least=0, to=1)
    max_grad_norm: float = setting(1.0, least=0)
    dropout: float | None = setting(None, least=0, below=1)
    precision: str = setting("auto", choices=PRECISIONS)
    group_by_length: bool = True
    gradient_checkpointing: bool = False
    r: int = setting(8, least=1, to=4096)
    lora_alpha: int = setting(16, least=1)
    lora_dropout: float = setting(0.0, least=0, below=1)
    target_modules: str | tuple[str, ...] = "all-linear"
    max_source_tokens: int = setting(512, least=2)
    max_target_tokens: int = setting(96, least=2)
    max_tokens: int = setting(0, least=0)
    compile: str = ""
    eval_examples: int = setting(100, least=0)
    metric: str | None = None
    saves_per_epoch: int = setting(1, least=1)
    keep_checkpoints: int = setting(2, least=1)
    patience: int = setting(0, least=0)
    seed: int = setting(0, least=0, below=2**32)

    def __post_init__(self) -> None:
        check_settings(self)
        modules = self.target_modules
        if not modules or (not isinstance(modules, str) and not all(isinstance(m, str) and m for m in modules)):
            text = _("target_modules is {value!r}; it must be 'all-linear', or names of modules such as ('q', 'v')")
            raise LabError("settings", text.format(value=modules))
        object.__setattr__(self, "target_modules", modules if isinstance(modules, str) else tuple(modules))  # hashable
        needed = dict.fromkeys(LORA, "method='lora'") if self.method != "lora" else {}
        needed |= {} if self.eval_examples else {"metric": "eval_examples"}
        for part in fields(self):
            if part.name in needed and getattr(self, part.name) != part.default:
                text = _("{name} has no effect without {other}")
                raise LabError("settings", text.format(name=part.name, other=needed[part.name]))
        if self.batch_size % self.gradient_accumulation:
            text = _("batch_size {batch} cannot be divided into {parts} equal parts; choose another "
                     "gradient_accumulation")  # fmt: skip
            raise LabError("accumulation", text.format(batch=self.batch_size, parts=self.gradient_accumulation))

    def rows_at_once(self, tokens: tuple[int, int]) -> int:
        """Return how many rows go through the model together when they are padded to (source, target) tokens."""
        rows = self.batch_size // self.gradient_accumulation
        if not self.max_tokens:
            return rows
        parts = -(-rows // max(1, self.max_tokens // sum(tokens)))
        return -(-rows // parts)  # parts of like size


def profile(name: str = "auto", **changes: Any) -> Profile:
    """Return the profile of that name, changed where ``changes`` says so; ``"auto"`` looks at this machine.

    Raises:
        LabError: codes ``"profile"``: none has that name; ``"settings"``: a change is of no field, or cannot be.
    """
    from labutils.machine import device  # along the floor; late, since it imports torch

    chosen, why = device.choose_profile() if name == "auto" else (name, _("chosen by name"))
    if chosen not in PROFILES:
        text = _("there is no profile {name!r}; choose one of: {choices}")
        raise LabError("profile", text.format(name=chosen, choices=", ".join(["auto", *PROFILES])))
    for unknown in changes.keys() - {part.name for part in fields(Profile)[1:-1]}:
        raise LabError("settings", _("{name} is no field of a profile that can be changed").format(name=unknown))
    return replace(PROFILES[chosen], why=why, **changes)
