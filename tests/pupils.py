"""Pupils of a made class: each runs a lab as its cells do, with numbers that the test names, by the project's own writers."""

import contextlib
import io
import os
import sys
from pathlib import Path

from labutils.classroom import handins
from labutils.lab import Lab
from labutils.lessons import progress, sizes

QUESTION, CHOICES = "Now you ask: What is my dog's name? What will the model say?", ("your name", "some other name")
NUMBERS = {"known_after": 6, "leaked_before": 0, "leaked_after": 14, "loss_last": 0.01}


def run(folder, lab="00", *, seed=0, profile="pocket", changes=None, models=None, answer=None, bets=None, **numbers):
    """Run a lab into ``folder`` as its notebook would: ``changes`` are parameters, ``bets`` claim -> percent.

    Returns:
        the folder.
    """
    main, before = vars(sys.modules["__main__"]), os.environ.get("LABS_RUNS")
    parameters = sizes.declared(lab) | (changes or {})
    os.environ["LABS_RUNS"] = str(folder)
    main.update(parameters)
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            page = Lab(lab, profile=profile, seed=seed, **(models or {}))
            page.predict("dog", QUESTION, CHOICES, answer)
            page.settle("dog", CHOICES[0])
            for claim, confidence in (bets or {}).items():
                page.bet(claim, confidence)
            page.record(**(NUMBERS | numbers))
            page.finish("The lab's sentence.")
    finally:
        for name in parameters:
            del main[name]
        os.environ.pop("LABS_RUNS")
        if before is not None:
            os.environ["LABS_RUNS"] = before
    return folder


def check(folder: Path, monkeypatch, **codes):
    """Note checks of exercises in a folder of runs: name -> code."""
    monkeypatch.setenv("LABS_RUNS", str(folder))
    for name, code in codes.items():
        progress.note(name, code)


def hand_in(runs: Path, name: str, target: Path) -> Path:
    """Make a student's file."""
    handins.write(handins.collect(runs, handins.named(name)), target)
    return target


def a_class(tmp_path: Path, names, **each) -> Path:
    """Make a folder of hand-ins, seeds 1, 2 ...; ``each``: number -> its value for each student."""
    folder = tmp_path / "class"
    folder.mkdir(exist_ok=True)
    for i, name in enumerate(names):
        runs = run(tmp_path / f"runs-{i}", seed=i + 1, **{number: values[i] for number, values in each.items()})
        hand_in(runs, name, folder / f"{i}.handin.json")
    return folder
