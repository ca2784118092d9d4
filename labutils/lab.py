"""What every lab needs: its folder, its key numbers, its figures, and the earlier labs' checkpoints."""

import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labutils import adapters, config, exercises, files, log
from labutils.dialogues import sources
from labutils.errors import LabError
from labutils.i18n import _
from labutils.lessons import bets, predictions, progress, sizes
from labutils.log import logger
from labutils.machine import colab, device, paths, provenance
from labutils.training import checkpoints

if TYPE_CHECKING:
    import pandas as pd

    from labutils.evaluation import Comparison
    from labutils.pictures import Picture

START = "start.json"  # in a lab's folder: what its trainings start from
WRITTEN = (START, "results.json", "figure_*.png")


class Lab:
    """One run of one lab. The first cell makes it, the last one calls :meth:`finish`.

    Args:
        number: ``"03"``.  profile: a profile's name.  seed: seeds Python, NumPy and torch.
        changes: fields of the profile to replace (``dialogues="dialogsum"``, ``tuned="google/flan-t5-small"``);
            ``"auto"`` leaves the profile's own.

    Attributes:
        profile: the :class:`labutils.config.Profile`.
        numbers: the lab's key numbers, written to ``results.json``: flat names, each a number or [low, high].
        folder: where this run's files go: ``<runs>/<number>`` (``LABS_RUNS``, else ``runs``).
        predict, settle: ask a question and settle it (:class:`labutils.lessons.predictions.Predictions`).
        bet: show a claim and ask how sure the learner is (:class:`labutils.lessons.bets.Bets`).
    """

    def __init__(self, number: str, profile: str = "auto", seed: int = 0, **changes: object):
        self.number, self.seed = number, seed
        self.profile = config.profile(profile, **{k: v for k, v in changes.items() if v not in (None, "auto")})
        sources.check(self.profile.dialogues)
        self.numbers: dict[str, float | list[float]] = {}
        self.folder = paths.runs_dir() / number
        paths.make(self.folder)
        check_folder(self.folder)
        files.write_json(self.folder / START, self._start_from())
        self._figures: list[dict] = []
        self._sizes = sizes.now(number)  # now: a lab may give a parameter's name to something else
        self._earlier: list[str] = []  # the labs whose checkpoints this one goes on from
        self.predictions = predictions.Predictions(self.folder)
        self.bets = bets.Bets(number, self.folder)
        self.predict, self.bet = self.predictions.ask, self.bets.place
        self._start, self._start_cpu = time.perf_counter(), _cpu_seconds()
        log.show()
        tell_interruptions_shortly()
        adapters.ignore_renamed()  # for the cells that call PEFT themselves
        device.set_seed(seed)
        text = _("Lab {number}, profile {name}: {why}.")
        logger.info(text.format(number=number, name=self.profile.name, why=self.profile.why))
        text = _("Models: {base} and {tuned}; dialogues: {dialogues}; precision: {precision}.")
        logger.info(text.format(
            base=self.profile.base, tuned=self.profile.tuned, dialogues=self.profile.dialogues,
            precision=device.resolve_precision(self.profile.precision),
        ))  # fmt: skip
        if told := colab.banner():
            logger.info(told)

    def _start_from(self) -> dict[str, str]:
        """Return what a training of this lab starts from: checkpoints of another start are not this lab's business."""
        return {"model": self.profile.tuned, "dialogues": self.profile.dialogues}

    def checkpoint(self, lab: str, name: str) -> Path | None:
        """Return the model that an earlier lab of this run trained from the same start, or None; says whose it is."""
        run = paths.runs_dir() / lab / name
        done = checkpoints.finished(run)
        if done is None:
            logger.info(_("No checkpoint of lab {lab} here; this lab trains its own.").format(lab=lab))
            return None
        start = start_of(run.parent)
        if start != self._start_from():
            text = _("Lab {lab}'s checkpoint is of {other}, not of {start}; this lab trains its own.")
            other = " / ".join(start.values()) if start else _("an unknown start")
            logger.info(text.format(lab=lab, other=other, start=" / ".join(self._start_from().values())))
            return None
        text = _("Going on from your own checkpoint: lab {lab}, {examples} examples.")
        logger.info(text.format(lab=lab, examples=done["examples"]))
        self._earlier = sorted({*self._earlier, lab})
        return run / checkpoints.BEST

    def record(self, **numbers: Any) -> None:
        """Add key numbers: a number, a (low, high) pair, or a Score with its interval (stored as two entries)."""
        for name, value in numbers.items():
            if hasattr(value, "low"):
                self.numbers[name] = round(float(value.value), 6)
                self.numbers[f"{name}_interval"] = [round(float(value.low), 6), round(float(value.high), 6)]
            elif isinstance(value, (list, tuple)):
                self.numbers[name] = [round(float(x), 6) for x in value]
            else:
                self.numbers[name] = round(float(value), 6)

    def figure(self, picture: "Picture", title: str, table: "pd.DataFrame | None" = None, alt: str = "") -> None:
        """Show a picture under its title (the finding), with its alt text in the page and its data folded below.

        Args:
            picture: from :mod:`labutils.plots` or :mod:`labutils.drawings`.  table, alt: instead of the picture's own.
        """
        from labutils.pictures import page

        image, alt = page.show(picture, title, table, alt)
        name = f"figure_{len(self._figures) + 1}.png"
        files.write_bytes(self.folder / name, image)
        self._figures.append({"file": name, "title": title, "alt": alt})

    def settle(self, key: str, outcome: str | float, shown: str = "") -> None:
        """Say what came, beside what was predicted: :meth:`labutils.lessons.predictions.Predictions.settle`.

        It returns nothing: as the last line of a cell it would show a True or a False to whoever predicted.
        """
        self.predictions.settle(key, outcome, shown)

    def show(self, comparison: "Comparison", prefix: str = "") -> None:
        """Print a comparison's sentence, with its verdict, and record its difference under ``prefix``."""
        print(comparison)
        self.record(**comparison.numbers(prefix))

    def finish(self, sentence: str = "", key_numbers: Sequence[str] = ()) -> None:
        """Write ``results.json``, print the tally, and say that the lab is complete (what ``labs run`` looks for).

        Args:
            sentence: what the lab found, with its number: the report's headline.
            key_numbers: names of recorded numbers that stand beside it in the report, three at most.

        Raises:
            LabError: codes ``"key_number"`` (never recorded), ``"claim_key"``, ``"claim_value"``.
        """
        if unrecorded := [name for name in key_numbers if name not in self.numbers]:
            text = _("lab {lab} recorded no number {names}; it recorded: {numbers}")
            raise LabError("key_number", text.format(
                lab=self.number, names=", ".join(unrecorded), numbers=", ".join(self.numbers),
            ))  # fmt: skip
        lines = self._tally()
        results = {
            "lab": self.number,
            "profile": self.profile.name,
            "models": {"base": self.profile.base, "tuned": self.profile.tuned},
            "dialogues": self.profile.dialogues,
            "seed": self.seed,
            "parameters": self._sizes,
            "goes_on_from": self._earlier,
            "date": time.strftime("%Y-%m-%d"),
            "machine": provenance.machine(),
            "seconds": round(time.perf_counter() - self._start, 1),
            "cpu_seconds": round(_cpu_seconds() - self._start_cpu, 1),
            "versions": provenance.versions(),
            "sentence": sentence,
            "key_numbers": list(key_numbers),
            "numbers": self.numbers,
            "predictions": self.predictions.entries,
            "bets": self.bets.entries,
            "figures": self._figures,
        }
        files.write_json(self.folder / "results.json", results)
        print(*lines, sep="\n")
        logger.info(_("lab {number} complete").format(number=self.number))

    def _tally(self) -> list[str]:
        """Return the lines of the lab's end: the predictions, the bets, the exercises."""
        right, settled, asked = self.predictions.tally()
        text = _("Predictions: {right} of {settled} came true, {asked} were asked.") if settled else _(
            "Predictions: {asked} were asked, none was answered."
        )  # fmt: skip
        lines = [text.format(right=right, settled=settled, asked=asked)] if asked else []
        lines += [_("Bet: {sentence}").format(sentence=sentence) for sentence in self.bets.settle(self.numbers)]
        if (score := self.bets.score()) is not None:
            lines.append(
                _("Your bets' mean squared error: {score:.2f} (always 50 %: .25; perfect: 0).").format(score=score)
            )
        names = [exercise.name for exercise in exercises.load(self.number)]
        if names:
            text = _("Exercises solved: {solved} of {all} (`labs progress` shows every lab's).")
            lines.append(text.format(solved=progress.solved(names), all=len(names)))
        return lines


def _cpu_seconds() -> float:
    """Return the seconds that processors worked for this process and those it has ended: other programs do not count."""
    return sum(os.times()[:4])


def tell_interruptions_shortly() -> None:
    """In a notebook: an interrupted cell says what to do, in place of a hundred lines of the libraries that it was in.

    The cell has failed all the same: those that wait behind it do not run.
    """
    from IPython import get_ipython

    def tell(_shell: object, _kind: type, error: BaseException, _traceback: object, **_offset: object) -> None:
        for name in ("last_exc", "last_value"):  # where the doctor looks
            setattr(sys, name, error)
        print(_("Interrupted. Run this cell again; a training goes on from its last checkpoint."), flush=True)

    shell = get_ipython()
    if shell is not None:
        shell.set_custom_exc((KeyboardInterrupt,), tell)


def check_folder(folder: Path) -> None:
    """Raise where a lab would write over what no lab wrote; one that a lab worked in holds ``start.json``.

    Raises:
        LabError: code ``"folder"``: it names the first such file.
    """
    if folder.exists() and not folder.is_dir():
        raise not_ours(folder)
    there = sorted(path for name in WRITTEN for path in folder.glob(name))
    if there and start_of(folder) is None and any(path.stat().st_size for path in there):
        raise not_ours(there[0])


def not_ours(path: Path) -> LabError:
    """Return the error of a file that is in a lab's, or a run's, way."""
    text = _("{path} was not written by `labs`, and would be written over; choose another folder with --out (of a lab in "
             "JupyterLab: with LABS_RUNS)")  # fmt: skip
    return LabError("folder", text.format(path=path))


def start_of(folder: Path) -> dict[str, str] | None:
    """Return what the trainings in a lab's folder start from; None where its file is not there, or says nothing."""
    try:
        start = files.read_json(folder / START)
    except (OSError, ValueError):
        return None
    return start if isinstance(start, dict) and all(isinstance(value, str) for value in start.values()) else None
