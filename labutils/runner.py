"""ModelRunner: a model in three lines: ask it, train it, measure it."""

import dataclasses
from pathlib import Path

from labutils import config, models
from labutils.errors import LabError
from labutils.evaluation.scores import Scores
from labutils.generation import generate
from labutils.i18n import _
from labutils.tasks import Task, load_task, summarization
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

    def __init__(self, name="auto", profile: str | config.Profile = "auto"):
        self.profile = config.profile(profile) if isinstance(profile, str) else profile
        self.name = str(name)
        self.model, self.tokenizer = models.load_model(name, self.profile)

    def __call__(self, prompts: str | list[str], max_new_tokens: int = 64, **options) -> str | list[str]:
        """Answer one prompt with a str, or a list of prompts with a list in the same order."""
        single = isinstance(prompts, str)
        answers = generate(
            self.model,
            self.tokenizer,
            [prompts] if single else prompts,
            max_new_tokens=max_new_tokens,
            batch_size=self.profile.eval_batch_size,
            **options,
        )
        return answers[0] if single else answers

    def train(
        self,
        task: str | Task,
        examples: int | None = None,
        *,
        output_dir,
        method: str = "full",
        resume=True,
        **settings,
    ) -> History:
        """Fine-tune on a task; called again with the same arguments after an interruption it goes on.

        Args:
            task: a task's name (``"dialogues"`` is the profile's dialogues) or a :class:`labutils.tasks.Task`.
            examples: train on the first so many training records (None: all).
            output_dir: this training's folder.
            method: ``"full"`` or ``"lora"``.
            settings: any other field of :class:`labutils.config.TrainingSettings`.
        """
        task = self.task(task)
        if examples is not None and not 1 <= examples <= len(task.train):
            raise LabError(
                "examples",
                _("{examples} examples asked for; {task} has {have} for training").format(
                    examples=examples, task=task.name, have=len(task.train)
                ),
            )
        known = {f.name for f in dataclasses.fields(config.TrainingSettings)}
        unknown = sorted(set(settings) - known)
        if unknown:
            raise LabError(
                "settings",
                _("no such setting: {names}; there are: {known}").format(
                    names=", ".join(unknown), known=", ".join(sorted(known))
                ),
            )
        if models.is_adapted(self.model):
            self._reload()  # a new adapter starts from the base, not on top of an old adapter
        rate = self.profile.learning_rate_lora if method == "lora" else self.profile.learning_rate_full
        defaults = {
            "learning_rate": rate,
            "precision": self.profile.precision,
            "batch_size": self.profile.batch_size,
            "eval_batch_size": self.profile.eval_batch_size,
        }
        chosen = config.TrainingSettings(**(defaults | {"method": method} | settings))
        try:
            history = fine_tune(
                self.model, self.tokenizer, task.take(train=examples), chosen, output_dir=output_dir, resume=resume
            )
        except BaseException:  # an interruption too: half-trained weights must not pass for the model of that name
            self._reload()
            raise
        self.model = history.model
        return history

    def evaluate(self, task: str | Task, split: str = "test", limit: int | None = None, seed: int = 0) -> Scores:
        """Answer a split's prompts (the first ``limit`` of them) and score the answers."""
        return self.task(task).score(self.answers(task, split, limit), split, seed=seed)

    def answers(self, task: str | Task, split: str = "test", limit: int | None = None) -> list[str]:
        """Answer a split's prompts (the first ``limit`` of them)."""
        task = self.task(task)
        questions = [task.prompt(record) for record in task.split(split)[:limit]]
        return self(questions, max_new_tokens=task.max_new_tokens)

    def task(self, task: str | Task) -> Task:
        """Return a task by name, its dialogues being this profile's."""
        if isinstance(task, Task):
            return task
        if task in ("dialogues", "summarize"):
            from labutils.dialogues.loading import load_dialogues

            return summarization(load_dialogues(self.profile.dialogues))
        return load_task(task)

    def save(self, folder) -> Path:
        """Save model (or adapter) and tokenizer, so that ``ModelRunner(folder)`` loads them."""
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        self.model.save_pretrained(folder)
        self.tokenizer.save_pretrained(folder)
        return folder

    def _reload(self) -> None:
        self.model, self.tokenizer = models.load_model(self.name, self.profile)
