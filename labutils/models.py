"""Models: base and tuned pairs, adapters, parameter counts, fingerprints."""

import hashlib
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from labutils import adapters, config, model_files, model_names, t5
from labutils.adapters import adapter_off, add_lora, is_adapted  # noqa: F401 - the calls that stay
from labutils.errors import LabError
from labutils.i18n import _
from labutils.interfaces import Model, Tokenizer
from labutils.log import logger
from labutils.machine import device, hub, hub_cache, processes, seals, settings
from labutils.model_names import REVISIONS, SHIPPED, resolve_name
from labutils.options import embedding_rows


def load_model(name: str | os.PathLike[str] = "auto", profile: config.Profile | None = None) -> tuple[Model, Tokenizer]:
    """Load a model in fp32 on this machine's device, in evaluation mode.

    Args:
        name: see :func:`resolve_name`; a folder may also hold a LoRA adapter (its base is loaded with it).

    Returns:
        (model, tokenizer).

    Raises:
        LabError: code ``"model"``: no such model, or no safetensors in it; says what is possible offline; ``"hub"``: the hub
            does not give it; ``"tokenizer"``: the tokenizer is empty, or another model's; ``"adapter"``: see
            :func:`labutils.adapters.base_of`; ``"damaged"``: a training's folder is not as it was written.
    """
    settings.settle()
    device.prepare_cuda()
    device.quiet_libraries()
    meant = model_names.meant(name, profile)
    where = model_names.place(meant)
    try:
        _check_seal(Path(where))
        if (Path(where) / adapters.CONFIG).is_file():
            return _load_adapter(where, profile)
        if Path(where).is_dir():
            model_files.check(Path(where))
            model, tokenizer = _load(where)
            model_files.check_answering(Path(where), model)
        else:
            model, tokenizer = _load_from_hub(where)
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


def _check_seal(folder: Path) -> None:
    """Raise where a training sealed a folder that is no longer as it was: a flipped bit gives other answers, and no error."""
    reason = seals.fault(folder) if (folder / seals.SEAL).is_file() else None
    if reason:
        text = _("{folder} is not as its training wrote it: {reason}. Take another copy, or train again; if you changed it "
                 "yourself, remove {seal} there")  # fmt: skip
        raise LabError("damaged", text.format(folder=folder, reason=reason, seal=seals.SEAL))


def _load(where: str, **options: Any) -> tuple[Model, Tokenizer]:
    """Load a model and its tokenizer from a folder, or from the hub's cache; ``options`` go to the library's loaders."""
    from transformers import AutoConfig, AutoModelForCausalLM, AutoModelForSeq2SeqLM, AutoTokenizer

    encoder_decoder = AutoConfig.from_pretrained(where, **options).is_encoder_decoder
    kind = AutoModelForSeq2SeqLM if encoder_decoder else AutoModelForCausalLM
    # Pickled weights can run code: safetensors only.
    loaded: Any = kind.from_pretrained(
        where, dtype=torch.float32, use_safetensors=True, output_loading_info=True, **options
    )
    model, told = loaded
    try:
        tokenizer = AutoTokenizer.from_pretrained(where, **options)
    except Exception as error:
        if not Path(where).is_dir():  # the hub's faults are told by who watches it
            raise
        text = _("the tokenizer in {where} cannot be made of its files ({error}); copy tokenizer.json, tokenizer_config.json and what "
                 "else is there of it from where the model comes from")  # fmt: skip
        raise LabError("tokenizer", text.format(where=where, error=hub.first_line(error))) from error
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    _check_tokenizer(model, tokenizer, where)
    _check_weights(model, told["missing_keys"], told["unexpected_keys"], where)
    # A model that is to be sharded need not fit on one GPU.
    place = "cpu" if processes.sharded() else device.torch_device()
    model = torch.nn.Module.to(model, place).eval()
    _take_off_file(model)
    return model, tokenizer


def _take_off_file(model: torch.nn.Module) -> None:
    """Take a model's weights off their file, of which they are a view on a CPU.

    Windows does not let the folder of an open file be renamed, which the next training does; and a save into the same
    folder would cut the file off under the weights.
    """
    for tensor in (*model.parameters(), *model.buffers()):
        tensor.data = tensor.data.clone() if tensor.device.type == "cpu" else tensor.data


def _load_from_hub(name: str) -> tuple[Model, Tokenizer]:
    """Load a model of the hub; where the hub fails, the copy of before in its cache."""
    revision = REVISIONS.get(name, "main")
    broken = hub_cache.drop_rubbish(name, revision)  # of an earlier call
    if broken:
        text = _("in the hub's cache, {files} of {name} are no longer what was fetched; they are fetched again")
        logger.warning(text.format(files=", ".join(broken), name=name))
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


def _check_tokenizer(model: Model, tokenizer: Tokenizer, where: str) -> None:
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


def _check_weights(model: torch.nn.Module, missing: Iterable[str], unexpected: Iterable[str], where: str) -> None:
    """Raise unless each weight of a model came from its file, and is a number: the library makes up what is missing."""
    lacking, more = sorted(missing), sorted(unexpected)
    if lacking:
        text = _("the weights in {where} lack {n} that the model has, as {first}, which would be made up at random; the file is "
                 "cut, or of another model than the one that its folder describes. Copy both again")  # fmt: skip
        raise LabError("model", text.format(where=where, n=len(lacking), first=lacking[0]))
    if more:
        text = _(
            "{n} of the weights in {where}, as {first}, are of no part of the model that its folder describes, and are left out"
        )
        logger.warning(text.format(where=where, n=len(more), first=more[0]))
    wrong = [name for name, weight in model.named_parameters() if not torch.isfinite(weight).all()]
    if wrong:
        text = _("the weights in {where} hold what is no number, in {n} of the model's matrices, as {first}; its training failed, or the "
                 "file is damaged")  # fmt: skip
        raise LabError("model", text.format(where=where, n=len(wrong), first=wrong[0]))


def _load_adapter(where: str, profile: config.Profile | None) -> tuple[Model, Tokenizer]:
    from peft import get_peft_model_state_dict, load_peft_weights

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
    adapted = adapters.load(model, where)
    names = get_peft_model_state_dict(adapted, save_embedding_layers=False)
    stored = load_peft_weights(where, device="cpu")
    _check_weights(adapted, names.keys() - stored.keys(), stored.keys() - names.keys(), where)
    return adapted, tokenizer


unwrapped = t5.unwrapped  # the model itself, without PEFT's wrapper


def load_weights(model: Model, folder: Path) -> Model:
    """Load the weights of a saved training into a model of the same shape (or wrap it with the saved adapter).

    Raises:
        LabError: code ``"checkpoint"``: they are another model's.
    """
    from safetensors.torch import load_model

    if (folder / adapters.CONFIG).is_file():
        return adapters.load(model, folder)
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


def parameter_counts(model: torch.nn.Module) -> ParameterCounts:
    """Count a model's parameters."""
    sizes = [(p.numel(), p.requires_grad) for p in model.parameters()]
    return ParameterCounts(sum(n for n, _g in sizes), sum(n for n, grad in sizes if grad))


def fingerprint(model: torch.nn.Module, adapters: bool = True) -> str:
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

    def __init__(self, model: torch.nn.Module):
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
