"""Models: base and tuned pairs, adapters, parameter counts, fingerprints."""

import contextlib
import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path

import torch

from labutils import config, t5
from labutils.errors import LabError
from labutils.i18n import _
from labutils.machine import device, environment, paths, processes

SHIPPED = {"pocket-base": "base", "pocket-instruct": "instruct"}
ROLES = ("auto", "tuned", "base")
# Commits of the hub's repositories, as public code pins them; a model that is not listed loads its newest commit.
REVISIONS = {
    "google/flan-t5-small": "0fc9ddf78a1e988dac52e2dac162b0ede4fd74ab",
    "google/flan-t5-base": "7bcac572ce56db69c1ea7c8af255c5d7c9672fc2",
    "google/flan-t5-large": "0613663d0d48ea86ba8cb3d7a44f0f65dc596a2a",
    "google/flan-t5-xl": "7d6315df2c2fb742f0f5b556879d730926ca9001",
    "google/flan-t5-xxl": "ae7c9136adc7555eeccc78cdd960dfd60fb346ce",
    "HuggingFaceTB/SmolLM2-360M-Instruct": "a10cc1512eabd3dde888204e902eca88bddb4951",
}


def resolve_name(name, profile: config.Profile | None = None) -> str:
    """Return the folder or hub name that ``name`` stands for.

    ``"auto"`` and ``"tuned"`` are the profile's tuned model, ``"base"`` its base model; the shipped models have the
    names ``"pocket-base"`` and ``"pocket-instruct"``. A hub name is first looked for in the folder ``MODELS_DIR``.
    """
    name = str(name)
    if name in ROLES:
        profile = profile or config.profile("auto")
        name = profile.base if name == "base" else profile.tuned
    if name in SHIPPED:
        return str(paths.data_dir() / "pocket-t5" / SHIPPED[name])
    local = os.environ.get("MODELS_DIR")
    for candidate in (Path(name), *((Path(local) / name, Path(local) / name.split("/")[-1]) if local else ())):
        if candidate.is_dir():
            return str(candidate)
    return name


def load_model(name="auto", profile: config.Profile | None = None):
    """Load a model in fp32 on this machine's device, in evaluation mode.

    Args:
        name: see :func:`resolve_name`; a folder may also hold a LoRA adapter (its base is loaded with it).

    Returns:
        (model, tokenizer).

    Raises:
        LabError: code ``"model"``: no such model, or no safetensors in it; says what is possible offline.
    """
    device.prepare_cuda()
    device.quiet_libraries()
    where = resolve_name(name, profile)
    adapter = Path(where) / "adapter_config.json"
    try:
        if adapter.is_file():
            return _load_adapter(where, json.loads(adapter.read_text(encoding="utf-8")), profile)
        return _load(where)
    except LabError:
        raise
    except Exception as error:  # hub, network and file errors come as many types; all mean the same to a learner
        raise LabError(
            "model",
            _(
                "cannot load model {name!r} from {where}: {error}. Offline there are: {shipped}, or a folder with "
                "config.json and safetensors, or a copy below MODELS_DIR"
            ).format(name=str(name), where=where, error=_first_line(error), shipped=", ".join(SHIPPED)),
        ) from error


def _load(where: str):
    from transformers import AutoConfig, AutoModelForCausalLM, AutoModelForSeq2SeqLM, AutoTokenizer

    revision = {"revision": REVISIONS[where]} if where in REVISIONS else {}
    encoder_decoder = AutoConfig.from_pretrained(where, **revision).is_encoder_decoder
    kind = AutoModelForSeq2SeqLM if encoder_decoder else AutoModelForCausalLM
    # Pickled weights can run code: safetensors only.
    model = kind.from_pretrained(where, dtype=torch.float32, use_safetensors=True, **revision)
    tokenizer = AutoTokenizer.from_pretrained(where, **revision)
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    place = (
        "cpu" if processes.sharded() else device.torch_device()
    )  # a model that is to be sharded need not fit on one GPU
    return model.to(place).eval(), tokenizer


def _load_adapter(where: str, adapter: dict, profile):
    from peft import PeftModel

    model, tokenizer = load_model(adapter["base_model_name_or_path"], profile)
    return PeftModel.from_pretrained(model, where, use_safetensors=True).eval(), tokenizer


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:300]


def is_adapted(model) -> bool:
    """Whether the model is wrapped by PEFT."""
    return hasattr(model, "peft_config")


unwrapped = t5.unwrapped  # the model itself, without PEFT's wrapper


def add_lora(model, settings: config.TrainingSettings):
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


def adapter_off(model):
    """Return a context manager in which an adapted model answers as its base; a plain model is left as it is."""
    return model.disable_adapter() if is_adapted(model) else contextlib.nullcontext()


def load_weights(model, folder: Path):
    """Load the weights of a saved training into a model of the same shape (or wrap it with the saved adapter)."""
    from safetensors.torch import load_model

    if (folder / "adapter_config.json").is_file():
        from peft import PeftModel

        return PeftModel.from_pretrained(model, folder, use_safetensors=True).eval()
    missing, unexpected = load_model(model, folder / "model.safetensors", strict=False)
    if missing or unexpected:
        raise LabError("checkpoint", _("{folder} does not hold this model's weights").format(folder=folder))
    return model.eval()


@dataclass(frozen=True)
class ParameterCounts:
    """Numbers of parameters (each tied weight counted once)."""

    total: int
    trainable: int

    @property
    def share(self) -> float:
        """Trainable share, 0 to 1."""
        return self.trainable / self.total


def parameter_counts(model) -> ParameterCounts:
    """Count a model's parameters."""
    sizes = [(p.numel(), p.requires_grad) for p in model.parameters()]
    return ParameterCounts(sum(n for n, _g in sizes), sum(n for n, grad in sizes if grad))


def fingerprint(model, adapters: bool = True) -> str:
    """Return a sha256 over the model's weights: equal fingerprints, equal weights, bit for bit.

    Use it to prove that a baseline is still the baseline: take it before and after. Wrapping with PEFT edits a model
    in place; with ``adapters=False`` only the base's own weights count, under the names they had before wrapping.
    """
    digest = hashlib.sha256()
    weights = {t5.base_name(name): p for name, p in model.named_parameters() if adapters or not t5.of_an_adapter(name)}
    for name in sorted(weights):
        tensor = weights[name].detach().cpu().contiguous()
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
        digest.update(tensor.flatten().view(torch.uint8).numpy().data)
    return digest.hexdigest()


class Baseline:
    """A model held as the baseline of a comparison: remembers its fingerprint and can tell whether it changed."""

    def __init__(self, model):
        self.model, self.fingerprint = model, fingerprint(model)

    @property
    def untouched(self) -> bool:
        """Whether the weights are bit for bit what they were."""
        return fingerprint(self.model) == self.fingerprint

    def check(self) -> None:
        """Raise when the weights changed.

        Raises:
            LabError: code ``"baseline_changed"``.
        """
        if not self.untouched:
            raise LabError(
                "baseline_changed",
                _(
                    "the baseline's weights are not what they were: it was trained, or wrapped in place by "
                    "get_peft_model; load it again before you compare"
                ),
            )
