"""Adapters in a folder: the weights, and the name of the model that they belong to."""

import json
from pathlib import Path
from typing import Any

from labutils.errors import LabError
from labutils.i18n import _

CONFIG, BASE = "adapter_config.json", "base_model_name_or_path"


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
