"""Training (floor 4): full and LoRA fine-tuning, resumable, with a history of what happened."""

import dataclasses
import hashlib
import json
import time
from dataclasses import dataclass, field
from pathlib import Path

import torch

from labutils import checkpoints, config, models, planner, runtime
from labutils.batches import tokenize
from labutils.config import TrainingSettings
from labutils.i18n import LabError, _
from labutils.trainer import Progress, SummaryTrainer, steps_per_epoch


@dataclass
class History:
    """What a training did.

    Attributes:
        log: pandas.DataFrame, a row for each logged step: ``step``, ``epoch``, ``loss``, ``learning_rate``,
            ``grad_norm``, and on validation ``validation_loss`` and the task's scores (``rouge1`` ... or ``accuracy``).
        train_s: seconds of the whole call, validation and saving included (of this call: not of those before a resume).
        examples_per_s: training examples a second in training steps alone.
        peak_memory_mib: most memory used above what was in use when training began.
        resumed_from: name of the checkpoint it went on from, ``"finished"`` if there was nothing left to do, or None.
        model: the trained model (for LoRA the wrapped one), holding the best checkpoint's weights.
        best_step: step of the checkpoint that validation chose (the newest that is not a standard error worse than
            the best score; by loss, the one with the lowest).  folder: where its weights lie.
    """

    log: object
    train_s: float
    examples_per_s: float
    peak_memory_mib: float
    resumed_from: str | None = None
    best_step: int = 0
    examples: int = 0
    folder: Path | None = None
    model: object = field(default=None, repr=False)


def default_learning_rate(method: str, profile: config.Profile | None = None) -> float:
    """Return the profile's usual peak learning rate for a method."""
    profile = profile or config.profile("auto")
    return profile.learning_rate_lora if method == "lora" else profile.learning_rate_full


def fine_tune(
    model, tokenizer, data, settings=None, *, output_dir, resume: bool | str = True, quiet: bool = False
) -> History:
    """Fine-tune a model on a task, in full or with LoRA; go on from the last whole checkpoint in ``output_dir``.

    Args:
        model, tokenizer: from :func:`labutils.models.load_model`; the model is trained in place.
        data: a :class:`labutils.tasks.Task`: its train and validation records, templates and scores.
        settings: :class:`TrainingSettings`; default: full training, three epochs.
        output_dir: folder of this training: checkpoints while it runs, ``best`` after it.
        resume: False starts anew, and removes what an earlier training left in ``output_dir``; ``"same"`` goes on with
            this very training, and starts anew where the folder holds another (other settings, data or weights).
        quiet: no progress bar and no printed lines.

    Returns:
        :class:`History`.

    Raises:
        LabError: codes ``"no_data"``, ``"causal"`` (decoder-only models are not trained here), ``"disk"``,
            ``"memory"`` (and what would fit), ``"other_run"``, ``"nan"``, ``"no_target"``.
    """
    settings = settings or TrainingSettings()
    if settings.learning_rate is None:
        settings = dataclasses.replace(settings, learning_rate=default_learning_rate(settings.method))
    output_dir = Path(output_dir)
    runtime.quiet_libraries()
    _check(model, data)
    if not resume:
        checkpoints.clear(output_dir)
    checkpoints.claim(output_dir, _identity(model, tokenizer, data, settings), anew=resume == "same")
    done = checkpoints.finished(output_dir)
    if done is not None:
        return _load_finished(model, done, output_dir, quiet)
    runtime.check_free_space(output_dir, _checkpoint_bytes(model, settings), _("this training's checkpoints"))
    runtime.set_seed(settings.seed)  # before LoRA draws its A matrices
    if settings.method == "lora" and not models.is_adapted(model):
        model = models.add_lora(model, settings)
    if settings.dropout is not None:
        models.set_dropout(model, settings.dropout)
    if settings.gradient_checkpointing:  # on the model itself: the trainer's argument changes its name in version 6
        models.recompute_activations(model)
    return _train(model, tokenizer, data, settings, output_dir, quiet)


def _check(model, data) -> None:
    if not model.config.is_encoder_decoder:
        raise LabError("causal", _("decoder-only models load and generate here, but only encoder-decoders are trained"))
    if not len(data.train):
        raise LabError("no_data", _("there are no training examples"))


def _identity(model, tokenizer, data, settings) -> dict:
    """What must be equal for a checkpoint to belong to this training."""
    records = [[dict(row) for row in split] for split in (data.train, data.validation[: settings.eval_examples])]
    templates = [dataclasses.astuple(template) for template in data.templates]
    content = json.dumps([records, templates, tokenizer.get_vocab()], sort_keys=True, default=str)
    return {
        "settings": dataclasses.asdict(settings),
        "data": hashlib.sha256(content.encode()).hexdigest(),
        "start": models.fingerprint(model),
        "devices": torch.cuda.device_count(),
    } | {"settings": json.loads(json.dumps(dataclasses.asdict(settings)))}


def _checkpoint_bytes(model, settings) -> int:
    counts = models.parameter_counts(model)
    # weights and AdamW's two moments in fp32; a LoRA checkpoint holds the adapter alone (2 % is a generous bound)
    trained = counts.total if settings.method == "full" else max(counts.total // 50, 1)
    return 4 * 3 * trained * (settings.keep_checkpoints + 1)


def _arguments(settings: TrainingSettings, output_dir: Path, examples: int, validate: bool, metric: str | None):
    from transformers import TrainingArguments

    every = max(1, steps_per_epoch(examples, settings.batch_size) // settings.saves_per_epoch)
    total = (
        settings.max_steps
        if settings.max_steps > 0
        else int(settings.epochs * steps_per_epoch(examples, settings.batch_size))
    )
    every = min(every, max(1, total))
    cuda = runtime.device().type == "cuda"
    return TrainingArguments(
        output_dir=str(output_dir),
        learning_rate=settings.learning_rate,
        num_train_epochs=settings.epochs,
        max_steps=settings.max_steps,
        per_device_train_batch_size=settings.batch_size // settings.gradient_accumulation,
        gradient_accumulation_steps=settings.gradient_accumulation,
        warmup_steps=settings.warmup,
        lr_scheduler_type=settings.schedule,
        weight_decay=settings.weight_decay,
        max_grad_norm=settings.max_grad_norm,
        optim="adamw_torch_fused",
        bf16=runtime.resolve_precision(settings.precision) == "bf16",
        use_cpu=runtime.device().type == "cpu",
        eval_strategy="steps" if validate else "no",
        eval_steps=every,
        save_strategy="steps",
        save_steps=every,
        save_total_limit=max(2, settings.keep_checkpoints),
        load_best_model_at_end=validate,
        metric_for_best_model=metric,
        greater_is_better=metric != "eval_loss",
        logging_steps=max(1, total // 40),
        logging_nan_inf_filter=False,
        remove_unused_columns=False,
        dataloader_pin_memory=cuda,
        disable_tqdm=True,
        report_to=[],
        seed=settings.seed,
    )


def _train(model, tokenizer, data, settings, output_dir, quiet) -> History:
    limits = settings.max_source_tokens, settings.max_target_tokens
    train_rows = tokenize(data.train, tokenizer, data.templates, *limits)
    validation_rows = tokenize(data.validation, tokenizer, data.templates[0], *limits)
    warning = planner.before_training(model, settings, train_rows)
    if warning:
        print(warning)
    validate = bool(validation_rows)
    main = (settings.metric or data.metric) if settings.eval_examples and validate else None
    best_by = f"eval_{main}" if main else ("eval_loss" if validate else None)
    trainer = SummaryTrainer(
        model=model,
        args=_arguments(settings, output_dir, len(train_rows), validate, best_by),
        train_dataset=train_rows,
        eval_dataset=validation_rows or None,
        task=data,
        validation_rows=validation_rows,
        settings=settings,
        tokenizer=tokenizer,
        callbacks=[Progress(main, quiet)],
    )
    _drop_printer(trainer, settings)
    good, broken = checkpoints.last_good(output_dir)
    for name, reason in broken.items():
        print(_("{name} is broken: {reason}; it was set aside as {name}.broken").format(name=name, reason=reason))
    if good is not None and not quiet:
        print(_("going on from {name}").format(name=good.name))
    start = time.perf_counter()
    # Where the trainer's own forward pass (labutils.forward) does not fit: on a CPU the backward pass of plain attention
    # beats that of the fused kernel, 23.0 -> 27.2 examples/s on two cores.
    plain = "eager" if runtime.device().type == "cpu" else None
    with runtime.PeakMemory() as memory, models.attention(model, plain):
        trainer.train(resume_from_checkpoint=str(good) if good else None)
    seconds = time.perf_counter() - start
    if model.__dict__.pop("_original_forward", None) is not None:
        del model.forward  # Accelerate's autocast: the trained model must answer as it will when it is loaded again
    model.eval()
    first = int(good.name.split("-")[1]) if good else 0
    steps = trainer.state.global_step - first
    history = History(
        log=tidy_log(trainer.state.log_history),
        train_s=seconds,
        examples_per_s=steps * settings.batch_size / max(seconds - trainer.outside_s, 1e-9),
        peak_memory_mib=memory.peak_mib,
        resumed_from=good.name if good else None,
        best_step=_best_step(trainer),
        examples=len(train_rows),
        folder=output_dir / checkpoints.BEST,
        model=model,
    )
    checkpoints.finish(output_dir, output_dir / f"checkpoint-{history.best_step}", _stored(history))
    return history


def _drop_printer(trainer, settings) -> None:
    from transformers import EarlyStoppingCallback
    from transformers.trainer_callback import PrinterCallback

    trainer.remove_callback(PrinterCallback)
    if settings.patience:
        trainer.add_callback(EarlyStoppingCallback(settings.patience))


def _best_step(trainer) -> int:
    best = trainer.state.best_model_checkpoint
    return int(Path(best).name.split("-")[1]) if best else trainer.state.global_step


def tidy_log(log_history: list[dict]):
    """Return the trainer's log as a DataFrame: one row a step, validation columns beside the training loss."""
    import pandas as pd

    rows: dict[int, dict] = {}
    for entry in log_history:
        if "train_runtime" in entry:
            continue
        named = {("validation_loss" if k == "eval_loss" else k.removeprefix("eval_")): v for k, v in entry.items()}
        rows.setdefault(entry["step"], {}).update(named)
    frame = pd.DataFrame(list(rows.values()))
    first = [name for name in ("step", "epoch", "loss") if name in frame]
    return frame[[*first, *(name for name in frame if name not in first)]]


def _stored(history: History) -> dict:
    plain = {
        f.name: getattr(history, f.name)
        for f in dataclasses.fields(history)
        if f.name not in ("log", "model", "folder")
    }
    return plain | {"log": history.log.astype(object).where(history.log.notna(), None).to_dict("records")}


def _load_finished(model, done: dict, output_dir: Path, quiet: bool) -> History:
    import pandas as pd

    folder = output_dir / checkpoints.BEST
    if not quiet:
        print(_("this training was finished before: its result is loaded from {folder}").format(folder=folder))
    done = {name: value for name, value in done.items() if name != "resumed_from"}
    log = pd.DataFrame(done.pop("log"))
    return History(**done, log=log, resumed_from="finished", folder=folder, model=models.load_weights(model, folder))
