"""Training: full and LoRA fine-tuning, resumable, with a history of what happened."""

import dataclasses
import hashlib
import json
import sys
import time
from pathlib import Path

from labutils import config, models
from labutils.batches import tokenize
from labutils.config import TrainingSettings
from labutils.errors import LabError
from labutils.i18n import _
from labutils.machine import device, memory, paths, processes
from labutils.planning import room
from labutils.t5 import surgery
from labutils.training import checkpoints
from labutils.training.history import History, stored, tidy_log
from labutils.training.loop import Progress, SummaryTrainer, examples_after, steps_per_epoch, without_autocast


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
    output_dir, quiet = Path(output_dir), quiet or not processes.is_main()
    device.quiet_libraries()
    processes.join()
    _check(model, data)
    _check_processes(settings)
    done = processes.on_main(_prepare_folder, output_dir, model, tokenizer, data, settings, resume)
    if done is not None:
        return _load_finished(model, done, output_dir, quiet)
    device.set_seed(settings.seed)  # before LoRA draws its A matrices
    if settings.method == "lora" and not models.is_adapted(model):
        model = models.add_lora(model, settings)
    if processes.sharded():
        surgery.one_embedding(model)
    if settings.dropout is not None:
        surgery.set_dropout(model, settings.dropout)
    if settings.gradient_checkpointing:  # on the model itself: the trainer's argument changes its name in version 6
        surgery.recompute_activations(model)
    return _train(model, tokenizer, data, settings, output_dir, quiet)


def _prepare_folder(output_dir, model, tokenizer, data, settings, resume) -> dict | None:
    """Make the folder this training's -> the stored history where it was finished before, else None."""
    if not resume:
        checkpoints.clear(output_dir)
    checkpoints.claim(output_dir, _identity(model, tokenizer, data, settings), anew=resume == "same")
    done = checkpoints.finished(output_dir)
    if done is None:
        paths.check_free_space(output_dir, _checkpoint_bytes(model, settings), _("this training's checkpoints"))
    return done


def _check(model, data) -> None:
    if not model.config.is_encoder_decoder:
        raise LabError("causal", _("decoder-only models load and generate here, but only encoder-decoders are trained"))
    if not len(data.train):
        raise LabError("no_data", _("there are no training examples"))


def _check_processes(settings) -> None:
    if settings.compile and processes.sharded():
        raise LabError("processes", _("compile cannot be had with sharded weights; leave it away, or shard nothing"))
    if settings.max_tokens and processes.sharded():
        raise LabError(
            "processes",
            _(
                "max_tokens cannot be had with sharded weights: every process must run as many parts as the others; take "
                "gradient_accumulation"
            ),
        )
    parts = settings.gradient_accumulation * processes.size()
    if settings.batch_size % parts:
        raise LabError(
            "processes",
            _(
                "batch_size {batch} cannot be divided among {n} processes with gradient_accumulation={parts}; choose a "
                "batch_size that {all} divides"
            ).format(batch=settings.batch_size, n=processes.size(), parts=settings.gradient_accumulation, all=parts),
        )


def _identity(model, tokenizer, data, settings) -> dict:
    """What must be equal for a checkpoint to belong to this training."""
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


def _checkpoint_bytes(model, settings) -> int:
    counts = models.parameter_counts(
        model
    )  # weights and AdamW's two moments in fp32; a LoRA checkpoint holds the adapter alone (2 % is a generous bound)
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
    cuda = device.torch_device().type == "cuda"
    arguments = TrainingArguments(
        output_dir=str(output_dir),
        learning_rate=settings.learning_rate,
        num_train_epochs=settings.epochs,
        max_steps=settings.max_steps,
        per_device_train_batch_size=settings.batch_size // settings.gradient_accumulation // processes.size(),
        gradient_accumulation_steps=settings.gradient_accumulation,
        warmup_steps=settings.warmup,
        lr_scheduler_type=settings.schedule,
        weight_decay=settings.weight_decay,
        max_grad_norm=settings.max_grad_norm,
        optim="adamw_torch_fused",
        bf16=device.resolve_precision(settings.precision) == "bf16",
        use_cpu=device.torch_device().type == "cpu",
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
        dataloader_num_workers=2 if cuda and sys.platform == "linux" else 0,  # pads while the GPU computes
        # Sharded gradients are added up after each part: kept for the last one, each GPU would hold all of them.
        accelerator_config={
            "non_blocking": cuda,
            "gradient_accumulation_kwargs": {"sync_each_batch": True} if processes.sharded() else None,
        },
        disable_tqdm=True,
        report_to=[],
        seed=settings.seed,
    )
    arguments._n_gpu = min(arguments.n_gpu, 1)  # one process, one GPU: torch's DataParallel would multiply the batch
    return arguments


def make_trainer(model, tokenizer, data, settings, output_dir, quiet=False) -> SummaryTrainer:
    """Return the trainer that :func:`fine_tune` runs, ready to train."""
    device.prepare_cuda()  # the model may come from elsewhere than load_model
    limits = settings.max_source_tokens, settings.max_target_tokens
    train_rows = tokenize(data.train, tokenizer, data.templates, *limits)
    validation_rows = tokenize(data.validation, tokenizer, data.templates[0], *limits)
    cut = sum(row["truncated"] for row in train_rows)
    if cut and not quiet:
        text = _("{cut} of {all} training examples are longer than {source} and {target} tokens, and are cut")
        print(text.format(cut=cut, all=len(train_rows), source=limits[0], target=limits[1]))
    warning = room.before_training(model, settings, train_rows)
    if warning and not quiet:
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
    return trainer


def plain_attention(model):
    """Compute attention on a CPU without the fused kernel for a while, where labutils.t5.forward does not fit.

    The backward pass of the plain one is faster there: 23.0 -> 27.2 examples/s on two cores.
    """
    return surgery.attention(model, "eager" if device.torch_device().type == "cpu" else None)


def _train(model, tokenizer, data, settings, output_dir, quiet) -> History:
    trainer = make_trainer(model, tokenizer, data, settings, output_dir, quiet)
    good, broken = processes.on_main(checkpoints.last_good, output_dir)
    for name, reason in broken.items() if processes.is_main() else ():
        print(_("{name} is broken: {reason}; it was set aside as {name}.broken").format(name=name, reason=reason))
    if good is not None and not quiet:
        print(_("going on from {name}").format(name=good.name))
    start = time.perf_counter()
    with memory.PeakMemory() as peak, plain_attention(model):
        trainer.train(resume_from_checkpoint=str(good) if good else None)
    seconds = time.perf_counter() - start
    without_autocast(model)
    model.eval()
    first = int(good.name.split("-")[1]) if good else 0
    steps = (first, trainer.state.global_step)
    started, ended = (examples_after(n, trainer.examples, settings.batch_size) for n in steps)
    history = History(
        log=tidy_log(trainer.state.log_history),
        train_s=seconds,
        examples_per_s=(ended - started) / max(seconds - trainer.outside_s, 1e-9),
        peak_memory_mib=peak.peak_mib,
        resumed_from=good.name if good else None,
        best_step=_best_step(trainer),
        examples=trainer.examples,
        folder=output_dir / checkpoints.BEST,
        model=None if processes.sharded() else model,
    )
    processes.wait()  # the others may still be loading the best checkpoint, whose folder is renamed now
    best = output_dir / f"checkpoint-{history.best_step}"
    processes.on_main(checkpoints.finish, output_dir, best, stored(history))
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


def _load_finished(model, done: dict, output_dir: Path, quiet: bool) -> History:
    import pandas as pd

    folder = output_dir / checkpoints.BEST
    if not quiet:
        print(_("this training was finished before: its result is loaded from {folder}").format(folder=folder))
    done = {name: value for name, value in done.items() if name != "resumed_from"}
    log = pd.DataFrame(done.pop("log"))
    return History(**done, log=log, resumed_from="finished", folder=folder, model=models.load_weights(model, folder))
