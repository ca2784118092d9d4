"""Write a trained model as the folder that is shipped: fp16 safetensors that load in fp32, tokenizer, settings."""

import json
import shutil
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from transformers import T5ForConditionalGeneration

from labutils.errors import LabError
from labutils.files import write_text
from labutils.i18n import _
from makers.pocket.recipe.loop import load_checkpoint
from makers.pocket.recipe.model import config
from makers.pocket.recipe.plan import Plan
from makers.pocket.recipe.tokenizer import EOS, MODEL_LENGTH, PAD

# None: it was trained without, three passes over 500 to 1,000 rows are too few to overfit ten million parameters by
# much, the CPU pays for every mask, and a plain loop and a trainer then agree to the last digits, as lab 03
# shows.
SHIPPED_DROPOUT = 0.0
TIED = ("encoder.embed_tokens.weight", "decoder.embed_tokens.weight", "lm_head.weight")  # all are shared.weight
MIB_LIMIT = 25  # a checkpoint lies in the repository


def shipped_config() -> dict[str, Any]:
    """config.json as a dict: weights lie in fp16, `dtype: float32` makes every loader compute in fp32."""
    values = config(dropout_rate=SHIPPED_DROPOUT).to_dict()
    values.update(architectures=["T5ForConditionalGeneration"], dtype="float32", n_positions=MODEL_LENGTH)
    return {key: value for key, value in values.items() if key not in ("_name_or_path", "torch_dtype")}


def generation_config() -> dict[str, Any]:
    """generation_config.json: greedy, room for an answer (the library's own cap is 20 tokens)."""
    return {
        "_from_model_config": False,
        "decoder_start_token_id": PAD,
        "eos_token_id": EOS,
        "pad_token_id": PAD,
        "max_new_tokens": 128,
    }


def export(state: dict[str, torch.Tensor], tokenizer_folder: Path | str, folder: Path | str) -> int:
    """Write one model's parameters (fp32 state dict) to `folder` -> size of the weights in bytes.

    Raises:
        LabError: fp16 cannot hold the values, or the weights are too large (code ``"export"``).
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    weights = {name: value.to(torch.float16).contiguous() for name, value in state.items() if name not in TIED}
    broken = [name for name, value in weights.items() if not torch.isfinite(value).all()]
    if broken:
        text = _("not exported: fp16 cannot hold the values of {names}; train again with a lower rate")
        raise LabError("export", text.format(names=", ".join(broken)))
    unfinished = folder / "model.safetensors.tmp"
    save_file(weights, unfinished, metadata={"format": "pt"})
    size = unfinished.stat().st_size
    if size > MIB_LIMIT * 2**20:
        text = _("not exported: the weights take {size:.1f} MiB, more than {limit}; make the model smaller")
        raise LabError("export", text.format(size=size / 2**20, limit=MIB_LIMIT))
    unfinished.chmod(0o644)  # safetensors writes for the owner alone
    unfinished.replace(folder / "model.safetensors")
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copyfile(Path(tokenizer_folder) / name, folder / name)
    for name, values in (("config.json", shipped_config()), ("generation_config.json", generation_config())):
        write_text(folder / name, json.dumps(values, indent=2, sort_keys=True) + "\n")
    T5ForConditionalGeneration.from_pretrained(folder)  # it must load before anyone relies on it
    return size


def export_both(plan: Plan) -> None:
    """Export what the two stages left: base and instruct."""
    for stage in ("base", "instruct"):
        state = load_checkpoint(plan.work / stage)
        if state is None:
            text = _("{folder} holds no checkpoint: run make first")
            raise LabError("checkpoint", text.format(folder=plan.work / stage))
        size = export(state["model"], plan.work / "tokenizer", plan.out / stage)
        print(f"{plan.out / stage}: {size / 2**20:.1f} MiB", flush=True)
