"""ModelRunner: a model in three lines: ask it, train it, measure it."""

import dataclasses
import secrets
from pathlib import Path
from typing import Any, overload

from labutils import adapters, config, models, parameters
from labutils.dialogues.loading import load_dialogues
from labutils.errors import LabError
from labutils.evaluation.scores import Scores
from labutils.generation import generate
from labutils.i18n import _
from labutils.interfaces import Model, Tokenizer
from labutils.machine import paths
from labutils.tasks import Task, load_task, names, summarization
from labutils.training import checkpoints
from labutils.training.fine_tuning import History, fine_tune


class ModelRunner:
    """A model with its tokenizer, to be called, trained, measured and saved.

    Args:
        name: ``"pocket-base"``, ``"pocket-instruct"``, a hub name, a folder (a saved model or adapter), or ``"auto"``:
            the profile's tuned model.
        profile: name of a profile, or a :class:`labutils.config.Profile`.

    Example:
        >>> runner = ModelRunner("pocket-instruct")
        >>> runner.train("dialogues", examples=500, output_dir="runs/mine")
        >>> runner("Summarize the following conversation. ...")
    """

    model: Model
    tokenizer: Tokenizer
    source: str  # what was loaded or trained last: a name, or a folder

    def __init__(self, name: str | Path = "auto", profile: str | config.Profile = "auto"):
        self.profile = profile if isinstance(profile, config.Profile) else config.profile(profile)
        self.name = self.base = str(name)
        self._load(self.name)

    @overload
    def __call__(self, prompts: str, max_new_tokens: int = 64, **options: Any) -> str: ...
    @overload
    def __call__(self, prompts: list[str], max_new_tokens: int = 64, **options: Any) -> list[str]: ...
    def __call__(self, prompts: str | list[str], max_new_tokens: int = 64, **options: Any) -> str | list[str]:
        """Answer one prompt with a str, or a list of prompts with a list in the same order.

        ``options`` and errors: see :func:`labutils.generation.generate`.
        """
        answers = generate(
            self.model,
            self.tokenizer,
            [prompts] if isinstance(prompts, str) else prompts,
            max_new_tokens=max_new_tokens,
            **{"batch_size": self.profile.eval_batch_size, **options},
        )
        return answers[0] if isinstance(prompts, str) else answers

    def train(
        self,
        task: str | Path | Task,
        examples: int | None = None,
        *,
        output_dir: str | Path,
        method: str = "full",
        resume: bool | str = True,
        **settings: Any,
    ) -> History:
        """Fine-tune on a task; called again with the same arguments after an interruption it goes on.

        Interrupted or refused, it leaves the model as it was before the call. After a LoRA training the next one begins from
        the base again, and says so; that adapter stays in its folder. After a full one it trains the trained weights on.

        Args:
            task: a task's name (``"dialogues"`` is the profile's dialogues), a source of dialogues (``"dialogsum"``, a file or
                a folder; see :func:`labutils.dialogues.load_dialogues`), or a :class:`labutils.tasks.Task`.
            examples: train on the first so many training records (None: all).
            output_dir: this training's folder.
            method: ``"full"`` or ``"lora"``.
            settings: any other field of :class:`labutils.config.TrainingSettings`.

        Raises:
            LabError: see :func:`labutils.training.fine_tune`; codes ``"examples"`` and ``"settings"`` before anything is done.
        """
        chosen = self._settings(method, settings)
        task = self.task(task)
        whole = isinstance(examples, int) and not isinstance(examples, bool)
        if examples is not None and not (whole and 1 <= examples <= len(task.train)):
            text = _("examples is {examples!r}; {task} has 1 to {have} for training")
            raise LabError("examples", text.format(examples=examples, task=task.name, have=len(task.train)))
        source = self.source
        if models.is_adapted(self.model):  # a new adapter starts from the base, not on top of an old adapter
            print(_("training begins from {name} again; the adapter of {folder} stays there").format(
                name=self.base, folder=source
            ))  # fmt: skip
            self._load(self.base)
        try:
            history = fine_tune(
                self.model, self.tokenizer, task.take(train=examples), chosen, output_dir=output_dir, resume=resume
            )
        except (
            BaseException
        ) as error:  # an interruption too: half-trained weights must not pass for the model of that name
            self._restore(source, error)
            raise
        if history.model is not None and history.folder is not None:
            self.model, self.source = history.model, str(history.folder)
            if method == "full":
                self.base = self.source
                # An adapter that is trained on it names it as its base.
                self.model.name_or_path = str(history.folder.resolve())
        return history

    def _settings(self, method: str, settings: dict) -> config.TrainingSettings:
        """The settings of a training: the profile's defaults, and what the caller says."""
        names = {f.name for f in dataclasses.fields(config.TrainingSettings)}
        unknown = sorted(set(settings) - names)
        if unknown:
            text = _("no such setting: {names}; there are: {choices}")
            raise LabError("settings", text.format(names=", ".join(unknown), choices=", ".join(sorted(names))))
        return self.profile.settings(method, **settings)

    def _restore(self, source: str, error: BaseException) -> None:
        """Load the model of before again; where that fails, the first error is the one to be told."""
        try:
            self._load(source)
        except Exception as second:
            error.add_note(_("{source} could not be loaded again: {error}").format(source=source, error=second))

    def evaluate(self, task: str | Path | Task, split: str = "test", limit: int | None = None, seed: int = 0) -> Scores:
        """Answer a split's prompts (the first ``limit`` of them) and score the answers; ``task``: see :meth:`train`.

        Raises:
            LabError: codes ``"settings"``: a limit below 1, or no seed; ``"split"``: no such split.
        """
        config.check_count("seed", seed, least=0, to=2**32 - 1)
        _check_limit(limit)
        task = self.task(task)
        return task.score(self.answers(task, split, limit), split, seed=seed)

    def answers(self, task: str | Path | Task, split: str = "test", limit: int | None = None) -> list[str]:
        """Answer a split's prompts (the first ``limit`` of them); errors as in :meth:`evaluate`."""
        _check_limit(limit)
        task = self.task(task)
        questions = [task.prompt(record) for record in task.split(split)[:limit]]
        return self(questions, max_new_tokens=task.max_new_tokens)

    def task(self, task: str | Path | Task) -> Task:
        """Return a task by name, its dialogues being this profile's, or the task of a source of dialogues."""
        if isinstance(task, Task):
            return task
        if str(task) in ("dialogues", "summarize"):
            return summarization(load_dialogues(self.profile.dialogues))
        if str(task) in names():
            return load_task(str(task))
        source = str(task).removeprefix(parameters.MEND)
        if source.startswith(("pocket", "dialogsum")) or parameters.existing(source):
            return summarization(load_dialogues(str(task)))
        choices = ", ".join(["dialogues", "pocket", "dialogsum", *names()])
        text = _("there is no task and no file {name!r} (seen from {folder}); tasks and data sets: {choices}")
        raise LabError("task", text.format(name=str(task), folder=Path.cwd(), choices=choices))

    def save(self, folder: str | Path) -> Path:
        """Save model (or adapter) and tokenizer, so that ``ModelRunner(folder)`` loads them.

        What is there is replaced once all of the new is written.

        Raises:
            LabError: codes ``"disk"``, ``"folder"``: there is no room; no folder of that name can be made, or it holds a whole
                model where an adapter is saved, or an adapter where a whole model is: of both, one would hide the other;
                or it is a training's own, which would then pass for damaged.
        """
        folder, adapted = Path(folder), models.is_adapted(self.model)
        other = folder / ("config.json" if adapted else adapters.CONFIG)
        if other.exists():
            text = _("{folder} holds {what} ({file}); save into another folder, or remove that file's model first")
            what = _("a whole model, and an adapter is to be saved") if adapted else _("an adapter")
            raise LabError("folder", text.format(folder=folder, what=what, file=other.name))
        if (folder / checkpoints.SEAL).exists():
            text = _("{folder} is of a training, which would then pass for damaged; save into another folder")
            raise LabError("folder", text.format(folder=folder))
        needed = sum(p.nbytes for p in self.model.parameters() if p.requires_grad or not adapted)
        paths.check_free_space(folder, needed, _("this model"))
        paths.make(folder)
        draft = folder / f".{secrets.token_hex(4)}.tmp"
        with checkpoints.room_on_disk(draft, needed):
            adapters.save(self.model, draft)
            self.tokenizer.save_pretrained(draft)
        for path in draft.iterdir():
            path.replace(folder / path.name)
        draft.rmdir()
        return folder

    def _load(self, source: str) -> None:
        self.model, self.tokenizer = models.load_model(source, self.profile)
        self.source = source


def _check_limit(limit: int | None) -> None:
    if limit is not None:
        config.check_count("limit", limit)
