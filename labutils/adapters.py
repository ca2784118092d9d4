"""LoRA adapters: added to a model, switched off for a while, and in a folder with the name of the model that they belong to."""

import contextlib
import re
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import torch

from labutils import files
from labutils.config import TrainingSettings
from labutils.errors import LabError
from labutils.i18n import _
from labutils.interfaces import Model
from labutils.machine import environment

if TYPE_CHECKING:
    from peft import PeftModel

CONFIG, BASE = "adapter_config.json", "base_model_name_or_path"


def add_lora(model: Model, settings: TrainingSettings) -> "PeftModel":
    """Wrap a model with fresh LoRA layers (B = 0: they change nothing yet). The base is edited in place by PEFT.

    Raises:
        LabError: code ``"torchao"``: peft and torchao here do not fit together; ``"adapted"``: it has an adapter already;
            train that one, or load the base again; ``"settings"``: target_modules names what is no linear layer of this model.
    """
    environment.check_lora()
    from peft import LoraConfig, TaskType, get_peft_model

    if is_adapted(model):
        raise LabError("adapted", _("this model has a LoRA adapter already; load the base again for a fresh one"))
    modules = settings.target_modules
    _check_targets(model, modules)
    task = TaskType.SEQ_2_SEQ_LM if model.config.is_encoder_decoder else TaskType.CAUSAL_LM
    lora = LoraConfig(
        r=settings.r,
        lora_alpha=settings.lora_alpha,
        lora_dropout=settings.lora_dropout,
        task_type=task,
        target_modules=modules if isinstance(modules, str) else list(modules),
    )
    with warnings.catch_warnings():
        ignore_renamed()
        return get_peft_model(model, lora)


def load(model: Model, folder: str | Path) -> "PeftModel":
    """Wrap a model with the adapter that is saved in a folder, to answer with. The base is edited in place by PEFT."""
    from peft import PeftModel

    with warnings.catch_warnings():
        ignore_renamed()
        return PeftModel.from_pretrained(model, folder, use_safetensors=True).eval()


def ignore_renamed() -> None:
    """Keep back that PEFT 0.21 asks transformers 5.23 by a name that goes: who trains with LoRA can do nothing about it."""
    warnings.filterwarnings("ignore", message=".*is_gradient_checkpointing.*", category=FutureWarning)


def _check_targets(model: torch.nn.Module, modules: str | Sequence[str]) -> None:
    """Raise unless each name of ``target_modules`` is one of linear layers, and a pattern matches such layers alone."""
    from transformers.pytorch_utils import Conv1D

    layers = dict(model.named_modules())
    usable = {name for name, layer in layers.items() if isinstance(layer, torch.nn.Linear | Conv1D)}
    if isinstance(modules, str):
        try:
            matched = {modules: {name for name in layers if re.fullmatch(modules, name)}}
        except re.error:
            matched = {modules: set()}
    else:
        matched = {part: {name for name in layers if f".{name}".endswith(f".{part}")} for part in modules}
    wrong = [part for part, names in matched.items() if not names or names - usable]
    if wrong and modules != "all-linear":
        text = _(
            "target_modules is {value!r}; {wrong} is no linear layer of this model, which has: {names}, or 'all-linear'"
        )
        names = sorted({name.rpartition(".")[2] for name in usable})
        raise LabError("settings", text.format(value=modules, wrong=", ".join(wrong), names=", ".join(names)))


def adapter_off(model: Model) -> contextlib.AbstractContextManager:
    """Return a context manager in which an adapted model answers as its base; a plain model is left as it is."""
    return cast("PeftModel", model).disable_adapter() if is_adapted(model) else contextlib.nullcontext()


def is_adapted(model: object) -> bool:
    """Whether the model is wrapped by PEFT."""
    return hasattr(model, "peft_config")


# --- in a folder ---------------------------------------------------------------------------------------------------
def save(model: Any, folder: str | Path, state_dict: dict | None = None) -> None:
    """Save a model, or an adapter alone; ``state_dict``: weights that are gathered already.

    PEFT would ask the hub whether the base's vocabulary was changed, at every save; ours never is.
    """
    more = {"save_embedding_layers": False} if hasattr(model, "peft_config") else {}
    model.save_pretrained(folder, state_dict=state_dict, **more)


def base_of(folder: str | Path) -> str:
    """Return the name of an adapter's base.

    Raises:
        LabError: code ``"adapter"``: the adapter's file does not say it.
    """
    path = Path(folder) / CONFIG
    try:
        base = files.parse_json(path.read_text(encoding="utf-8"))[BASE]
    except (OSError, ValueError, KeyError, TypeError):
        base = None
    if not isinstance(base, str) or not base.strip():
        text = _(
            "the adapter in {folder} does not say which model it belongs to: {field} in {file} must be that model's name or folder"
        )
        raise LabError("adapter", text.format(folder=folder, field=BASE, file=CONFIG))
    return base
