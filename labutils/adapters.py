"""LoRA adapters: added to a model, switched off for a while, and in a folder with the name of the model that they belong to."""

import contextlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

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
        LabError: code ``"torchao"``: peft and torchao here do not fit together; ``"adapted"``: it has an adapter already; train that one, or load the base again.
    """
    environment.check_lora()
    from peft import LoraConfig, TaskType, get_peft_model

    if is_adapted(model):
        raise LabError("adapted", _("this model has a LoRA adapter already; load the base again for a fresh one"))
    modules = settings.target_modules
    task = TaskType.SEQ_2_SEQ_LM if model.config.is_encoder_decoder else TaskType.CAUSAL_LM
    lora = LoraConfig(
        r=settings.r,
        lora_alpha=settings.lora_alpha,
        lora_dropout=settings.lora_dropout,
        task_type=task,
        target_modules=modules if isinstance(modules, str) else list(modules),
    )
    return get_peft_model(model, lora)


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
        base = json.loads(path.read_text(encoding="utf-8"))[BASE]
    except (OSError, ValueError, KeyError, TypeError):
        base = None
    if not isinstance(base, str) or not base.strip():
        text = _(
            "the adapter in {folder} does not say which model it belongs to: {field} in {file} must be that model's name or folder"
        )
        raise LabError("adapter", text.format(folder=folder, field=BASE, file=CONFIG))
    return base
