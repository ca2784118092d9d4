"""Training: full and LoRA fine-tuning, resumable, with a history of what happened."""

import contextlib
import dataclasses
import hashlib
import json
from pathlib import Path

import torch

from labutils import models
from labutils.config import PROFILES, TrainingSettings
from labutils.errors import LabError
from labutils.i18n import _
from labutils.interfaces import Model, Tokenizer
from labutils.machine import device, paths, processes
from labutils.tasks import Task
from labutils.training import checkpoints, folder
from labutils.training.history import History
from labutils.training.run import checkpoint_bytes, prepare

SMALL = 50_000_000  # parameters: below, the rates of the shipped model; above, those of FLAN-T5-base


def default_learning_rate(model: torch.nn.Module, method: str) -> float:
    """Return the usual peak learning rate of a method for a model of this size.

    The profiles' rates: those of the shipped model for small ones, those of FLAN-T5 for large ones, on any machine.
    """
    profile = PROFILES["pocket" if models.parameter_counts(model).total < SMALL else "gpu"]
    return profile.learning_rate_lora if method == "lora" else profile.learning_rate_full


def fine_tune(
    model: Model,
    tokenizer: Tokenizer,
    data: Task,
    settings: TrainingSettings | None = None,
    *,
    output_dir: str | Path,
    resume: bool | str = True,
    quiet: bool = False,
) -> History:
    """Fine-tune a model on a task, in full or with LoRA; go on from the last whole checkpoint in ``output_dir``.

    Args:
        model, tokenizer: from :func:`labutils.models.load_model`; the model is trained in place.
        data: a :class:`labutils.tasks.Task`: its train and validation records, templates and scores.
        settings: :class:`TrainingSettings`; default: full training, three epochs. Without a learning_rate:
            :func:`default_learning_rate`.
        output_dir: folder of this training: checkpoints while it runs, ``best`` after it. One process at a time.
        resume: False starts anew, and removes what an earlier training left in ``output_dir``; ``"same"`` goes on with
            this very training, and starts anew where the folder holds another (other settings, data or weights). What was
            put into an earlier training's folders since is moved into ``kept-<name>`` beside them.
        quiet: no progress bar and no printed lines, unless a checkpoint is damaged.

    Returns:
        :class:`History`.

    Raises:
        LabError: codes ``"no_data"``, ``"causal"`` (decoder-only models are not trained here), ``"settings"``, ``"disk"``,
            ``"memory"`` (and what would fit), ``"other_run"``, ``"foreign"``, ``"damaged"``, ``"locked"`` (another process
            trains there), ``"nan"``, ``"no_target"``, ``"task"``, ``"output_dir"``.
    """
    settings = settings or TrainingSettings()
    if settings.learning_rate is None:
        settings = dataclasses.replace(settings, learning_rate=default_learning_rate(model, settings.method))
    output_dir, quiet = folder.named(output_dir), quiet or not processes.is_main()
    device.quiet_libraries()
    _check(model, data, settings, resume)
    processes.join()
    _check_processes(settings)
    with contextlib.ExitStack() as held:
        processes.on_main(folder.lock, output_dir, held)
        run = identity(model, tokenizer, data, settings)
        done = processes.on_main(folder.check, output_dir, run, resume)
        if done is not None:
            return _load_finished(model, done, output_dir, quiet)
        processes.on_main(_check_room, output_dir, model, settings, resume)
        training = prepare(model, tokenizer, data, settings, quiet)
        processes.on_main(folder.take, output_dir, run, resume)
        return training.run(output_dir, run)


def _check_room(output_dir: Path, model: Model, settings: TrainingSettings, resume: bool | str) -> None:
    """Raise unless the disk holds the checkpoints that are kept, one that was the best before them, and one being written."""
    needed = checkpoint_bytes(model, settings) * (max(2, settings.keep_checkpoints) + 2)
    gives_way = 0 if resume is True else folder.size(output_dir)
    paths.check_free_space(output_dir, needed - gives_way, _("this training's checkpoints"))


def _check(model: Model, data: Task, settings: TrainingSettings, resume: bool | str) -> None:
    if not (isinstance(resume, bool) or resume == "same"):
        text = _("resume is {value!r}; it must be True, False (which removes the earlier training) or 'same'")
        raise LabError("settings", text.format(value=resume))
    if not model.config.is_encoder_decoder:
        raise LabError("causal", _("decoder-only models load and generate here, but only encoder-decoders are trained"))
    if not getattr(data, "templates", None):
        text = _("{kind} is no task with templates; labutils.tasks.summarization makes one of dialogues")
        raise LabError("task", text.format(kind=type(data).__name__))
    if not len(data.train):
        raise LabError("no_data", _("there are no training examples"))
    if settings.compile and settings.compile not in (known := torch.compiler.list_backends(exclude_tags=())):
        text = _("compile is {value!r}; the backends of torch here: {known}")
        raise LabError("settings", text.format(value=settings.compile, known=", ".join(known)))
    if data.validation and settings.eval_examples:
        metric = data.metric if settings.metric is None else settings.metric
        metrics = sorted(data.values([""], data.validation[:1]))
        if metric not in metrics:
            text = _("metric is {value!r}; {task} is scored by: {choices}")
            raise LabError("settings", text.format(value=metric, task=data.name, choices=", ".join(metrics)))


def _check_processes(settings: TrainingSettings) -> None:
    if settings.compile and processes.sharded():
        raise LabError("processes", _("compile cannot be had with sharded weights; leave it away, or shard nothing"))
    if settings.max_tokens and processes.sharded():
        text = _("max_tokens cannot be had with sharded weights: every process must run as many parts as the others; take "
                 "gradient_accumulation")  # fmt: skip
        raise LabError("processes", text)
    parts = settings.gradient_accumulation * processes.size()
    if settings.batch_size % parts:
        text = _("batch_size {batch} cannot be divided among {n} processes with gradient_accumulation={parts}; choose a "
                 "batch_size that {all} divides")  # fmt: skip
        text = text.format(
            batch=settings.batch_size, n=processes.size(), parts=settings.gradient_accumulation, all=parts
        )
        raise LabError("processes", text)


def identity(model: Model, tokenizer: Tokenizer, data: Task, settings: TrainingSettings) -> dict:
    """Return what must be equal for a checkpoint to belong to this training."""
    records = [[dict(row) for row in split] for split in (data.train, data.validation[: settings.eval_examples])]
    templates = [dataclasses.astuple(template) for template in data.templates]
    content = json.dumps([records, templates, tokenizer.get_vocab()], sort_keys=True, default=str)
    learned = json.loads(json.dumps(dataclasses.asdict(settings)))
    for name in ("max_tokens", "compile"):  # how it is computed, not what is learned; older folders know neither
        learned.pop(name)
    return {
        "settings": learned,
        "data": hashlib.sha256(content.encode()).hexdigest(),
        "start": models.fingerprint(model),
        "processes": processes.size(),
    }


def _load_finished(model: Model, done: dict, output_dir: Path, quiet: bool) -> History:
    import pandas as pd

    best = output_dir / checkpoints.BEST
    if not quiet:
        print(_("this training was finished before: its result is loaded from {folder}").format(folder=best))
    done = {name: value for name, value in done.items() if name != "resumed_from"}
    log = pd.DataFrame(done.pop("log"))
    return History(**done, log=log, resumed_from="finished", folder=best, model=models.load_weights(model, best))
