"""Models: base and tuned pairs, adapters, parameter counts, fingerprints."""

import contextlib
import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

import torch

from labutils import adapters, config, model_names, t5
from labutils.errors import LabError
from labutils.i18n import _
from labutils.log import logger
from labutils.machine import device, environment, hub, hub_cache, processes
from labutils.model_names import REVISIONS, SHIPPED, resolve_name
from labutils.options import embedding_rows


def load_model(name="auto", profile: config.Profile | None = None):
    """Load a model in fp32 on this machine's device, in evaluation mode.

    Args:
        name: see :func:`resolve_name`; a folder may also hold a LoRA adapter (its base is loaded with it).

    Returns:
        (model, tokenizer).

    Raises:
        LabError: code ``"model"``: no such model, or no safetensors in it; says what is possible offline; ``"hub"``: the hub
            does not give it; ``"tokenizer"``: the tokenizer is empty, or another model's; ``"adapter"``: see
            :func:`labutils.adapters.base_of`.
    """
    device.prepare_cuda()
    device.quiet_libraries()
    meant = model_names.meant(name, profile)
    where = model_names.place(meant)
    try:
        if (Path(where) / adapters.CONFIG).is_file():
            return _load_adapter(where, profile)
        model, tokenizer = _load(where) if Path(where).is_dir() else _load_from_hub(where)
    except Exception as error:  # hub, network and file errors come as many types; all mean the same to a learner
        if isinstance(error, LabError) and error.code != "hub":
            raise
        raise LabError(
            error.code if isinstance(error, LabError) else "model",
            _(
                "cannot load model {name!r} from {where}: {error}. Offline there are: {shipped}, or a folder with "
                "config.json and safetensors, or a copy below MODELS_DIR"
            ).format(name=str(name), where=where, error=hub.first_line(error), shipped=", ".join(SHIPPED)),
        ) from error
    model.name_or_path = model_names.kept_name(meant)  # an adapter that is trained on it names it as its base
    return model, tokenizer


def _load(where: str, **options):
    """Load a model and its tokenizer from a folder, or from the hub's cache; ``options`` go to the library's loaders."""
    from transformers import AutoConfig, AutoModelForCausalLM, AutoModelForSeq2SeqLM, AutoTokenizer

    encoder_decoder = AutoConfig.from_pretrained(where, **options).is_encoder_decoder
    kind = AutoModelForSeq2SeqLM if encoder_decoder else AutoModelForCausalLM
    # Pickled weights can run code: safetensors only.
    model = kind.from_pretrained(where, dtype=torch.float32, use_safetensors=True, **options)
    tokenizer = AutoTokenizer.from_pretrained(where, **options)
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    _check_tokenizer(model, tokenizer, where)
    place = (
        "cpu" if processes.sharded() else device.torch_device()
    )  # a model that is to be sharded need not fit on one GPU
    return _own(model.to(place)).eval(), tokenizer


def _own(model: torch.nn.Module) -> torch.nn.Module:
    """Take a model's weights off their file, of which they are a view on a CPU.

    Windows does not let the folder of an open file be renamed, which the next training does; and a save into the same
    folder would cut the file off under the weights.
    """
    for tensor in (*model.parameters(), *model.buffers()):
        tensor.data = tensor.data.clone() if tensor.device.type == "cpu" else tensor.data
    return model


def _load_from_hub(name: str):
    """Load a model of the hub; where the hub fails, the copy of before in its cache."""
    revision = REVISIONS.get(name, "main")
    hub_cache.drop_rubbish(name, revision)  # of an earlier call
    before = any(hub_cache.folder(name, revision).glob("*.safetensors"))
    try:
        with hub.watched():
            return _load(name, revision=revision)
    except Exception as error:
        rubbish = hub_cache.drop_rubbish(name, revision, notes=True)
        if rubbish:
            text = _("the hub at {hub} sent {files} empty or broken; nothing of it was kept")
            raise LabError("hub", text.format(hub=hub.endpoint(), files=", ".join(rubbish))) from error
        if not (before and isinstance(error, LabError) and error.code == "hub"):
            raise
        fault = error
    try:
        with hub.refused():
            loaded = _load(name, revision=revision, local_files_only=True)
    except Exception:  # the copy is no whole one: the hub's fault is the one to tell
        raise fault from None
    logger.warning(_("{fault}; the copy in its cache is used").format(fault=fault))
    return loaded


def _check_tokenizer(model, tokenizer, where: str) -> None:
    """Raise unless a tokenizer has words, and none beyond the model's embeddings (fewer is usual).

    Without its files the library makes an empty one up, by which every text is unknown.
    """
    vocabulary, rows = tokenizer.get_vocab(), embedding_rows(model)
    highest = max(vocabulary.values(), default=-1)
    if not set(vocabulary) - set(tokenizer.get_added_vocab()) - set(tokenizer.all_special_tokens):
        text = _(
            "{where} holds no tokenizer (tokenizer.json, spiece.model or the like); copy it from where the model comes from"
        )
        raise LabError("tokenizer", text.format(where=where))
    if highest >= rows:
        text = _("the tokenizer in {where} has ids up to {highest}, and the model has embeddings for 0 to {last}; it is another model's, "
                 "or the embeddings were not resized for its new words")  # fmt: skip
        raise LabError("tokenizer", text.format(where=where, highest=highest, last=rows - 1))
    if tokenizer.pad_token_id is None:
        text = _(
            "the tokenizer in {where} has neither a padding nor an end-of-sequence token; name one in tokenizer_config.json"
        )
        raise LabError("tokenizer", text.format(where=where))


def _load_adapter(where: str, profile):
    from peft import PeftModel

    base = adapters.base_of(where)
    try:
        if (Path(resolve_name(base, profile)) / adapters.CONFIG).is_file():
            raise LabError("adapter", _("{base} is an adapter itself").format(base=base))
        model, tokenizer = load_model(base, profile)
    except LabError as error:
        text = _("the adapter in {folder} belongs to the model {base!r} ({field} in {file}), which cannot be loaded: {error}. Write there "
                 "where that model lies, or its name")  # fmt: skip
        text = text.format(folder=where, base=base, field=adapters.BASE, file=adapters.CONFIG, error=error)
        raise LabError("adapter", text) from error
    return PeftModel.from_pretrained(model, where, use_safetensors=True).eval(), tokenizer


def is_adapted(model) -> bool:
    """Whether the model is wrapped by PEFT."""
    return hasattr(model, "peft_config")


unwrapped = t5.unwrapped  # the model itself, without PEFT's wrapper


def add_lora(model, settings: config.TrainingSettings):
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
    return get_peft_model(model, lora)


def _check_targets(model, modules) -> None:
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
