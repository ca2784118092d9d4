"""The folder of a training: whose it is, what may be removed from it, and one process at a time."""

import os
import shutil
from contextlib import ExitStack
from pathlib import Path

from labutils.errors import LabError
from labutils.files import read_json, write_json
from labutils.i18n import _
from labutils.machine import locks, paths
from labutils.training.checkpoints import BEST, FINISHED, PARTIAL, RUN, SEAL, all_checkpoints, belongs, run_digest


def claim(output_dir: Path, run: dict, anew: bool = False) -> None:
    """Make ``output_dir`` this run's folder, or check that it already is; ``anew``: another run there gives way.

    Raises:
        LabError: code ``"other_run"``: it holds another training (the text names what differs); ``"foreign"``: it holds what
            no training of ours wrote under the names that a training uses; ``"damaged"``: its run.json cannot be read.
    """
    paths.make(output_dir, "output_dir")
    before, ours = _stored_run(output_dir), [*all_checkpoints(output_dir), *_best(output_dir)]
    foreign = _foreign(output_dir, marked=before is not None or bool(ours))
    if before is None and not ours:
        foreign += [name for name in (RUN, FINISHED) if (output_dir / name).exists()]
    if foreign:
        text = _("{folder} holds {names}, which no training of labutils wrote; choose another output_dir")
        raise LabError("foreign", text.format(folder=output_dir, names=", ".join(foreign)))
    if any(belongs(folder, run_digest(run)) for folder in ours):
        before = run  # whatever run.json says: it may be lost or damaged, and the checkpoints are of this training
    if before is None and ours and not anew:
        text = _("run.json of {folder} is missing or damaged, and its checkpoints are of another training; choose another "
                 "output_dir, or pass resume=False to start anew there")  # fmt: skip
        raise LabError("damaged", text.format(folder=output_dir))
    if before != run and before is not None and ours and not anew:
        text = _("{folder} holds another training ({differences}). To train on from its result, load it: "
                 "ModelRunner({best!r}), and choose another output_dir; or pass resume=False to start anew there")  # fmt: skip
        text = text.format(folder=output_dir, differences=_differences(before, run), best=str(output_dir / BEST))
        raise LabError("other_run", text)
    if before != run:
        clear(output_dir)
    write_json(output_dir / RUN, run)


def named(output_dir: object) -> Path:
    """Return the folder that a name stands for.

    Raises:
        LabError: code ``"output_dir"``: it is no name; an empty one is an unset variable, not the working directory.
    """
    if isinstance(output_dir, str | os.PathLike) and str(output_dir).strip():
        return Path(output_dir)
    text = _("output_dir is {value!r}; it must be the name of a folder for this training")
    raise LabError("output_dir", text.format(value=output_dir))


def _foreign(output_dir: Path, marked: bool) -> list[str]:
    """Names in the folder that a training would use, and that bear no mark of one.

    ``marked``: the folder itself has one; then what was half written is ours, too.
    """
    unmarked = [p for p in (*output_dir.glob("checkpoint-*"), output_dir / BEST) if p.exists()]
    unmarked = [p for p in unmarked if not (marked and p.name.endswith(PARTIAL)) and ".broken" not in p.name]
    return sorted(p.name for p in unmarked if not (p / SEAL).is_file())


def _best(output_dir: Path) -> list[Path]:
    return [output_dir / BEST] if (output_dir / BEST / SEAL).is_file() else []


def _stored_run(output_dir: Path) -> dict | None:
    try:
        run = read_json(output_dir / RUN)
    except (OSError, ValueError):
        return None
    return run if isinstance(run, dict) and isinstance(run.get("settings"), dict) else None


def _differences(before: dict, run: dict) -> str:
    """What differs between two trainings, the settings by name with both values."""
    old, new = before.get("settings", {}), run["settings"]
    names = sorted(name for name in old.keys() | new.keys() if old.get(name) != new.get(name))
    told = [
        _("settings {name}: {old!r} there, {new!r} now").format(name=n, old=old.get(n), new=new.get(n)) for n in names
    ]
    words = {
        "data": _("other data"),
        "start": _("other starting weights"),
        "processes": _("another number of processes"),
    }
    told += [words.get(key, key) for key in sorted(run) if key != "settings" and run[key] != before.get(key)]
    return "; ".join(told)


def clear(output_dir: Path) -> None:
    """Remove what a training of ours wrote into ``output_dir``, and nothing else."""
    ours = [*all_checkpoints(output_dir), *_best(output_dir)]
    marked = bool(ours) or _stored_run(output_dir) is not None
    for folder in (*ours, *output_dir.glob(f"checkpoint-*{PARTIAL}")) if marked else ():
        shutil.rmtree(folder, ignore_errors=True)
    for name in (RUN, FINISHED) if marked else ():
        (output_dir / name).unlink(missing_ok=True)


LOCK = "training.lock"


def lock(output_dir: Path, held: ExitStack) -> None:
    """Hold the folder until ``held`` is closed.

    Raises:
        LabError: code ``"locked"``: another process trains there.
    """
    paths.make(output_dir, "output_dir")
    locks.hold(output_dir / LOCK, held)
