"""The folder of a training: whose it is, what may be removed from it, and one process at a time."""

import os
from contextlib import ExitStack
from pathlib import Path

from labutils.errors import LabError
from labutils.files import read_json, write_json
from labutils.i18n import _
from labutils.machine import locks, paths
from labutils.training import checkpoints
from labutils.training.checkpoints import (
    BEST,
    FINISHED,
    PARTIAL,
    RUN,
    SEAL,
    all_checkpoints,
    belongs,
    finished,
    manifest,
    run_digest,
)


def check(output_dir: Path, run: dict, resume: bool | str = True) -> dict | None:
    """Look whether ``output_dir`` may be this run's folder -> its stored history where it is finished; nothing is changed.

    ``resume``: see :func:`labutils.training.fine_tune`.

    Raises:
        LabError: code ``"other_run"``: it holds another training (the text names what differs); ``"foreign"``: it holds what
            no training of ours wrote under the names that a training uses; ``"damaged"``: its run.json cannot be read, or
            the weights of its finished training are not as they were written.
    """
    before, sealed, mark = _stored_run(output_dir), _sealed(output_dir), run_digest(run)
    foreign = _foreign(output_dir, marked=before is not None or bool(sealed))
    if foreign:
        text = _("{folder} holds {names}, which no training of labutils wrote; choose another output_dir")
        raise LabError("foreign", text.format(folder=output_dir, names=", ".join(foreign)))
    if _gives_way(output_dir, run, resume):
        return None
    mine = [folder for folder in sealed if belongs(folder, mark)]  # whatever run.json says: it may be lost or damaged
    others = [folder.name for folder in sealed if folder not in mine and manifest(folder) is not None]
    if sealed and not mine and before is None:
        text = _("run.json of {folder} is missing or damaged, and its checkpoints are of another training; choose another "
                 "output_dir, or pass resume=False to start anew there")  # fmt: skip
        raise LabError("damaged", text.format(folder=output_dir))
    if others or (sealed and not mine and before != run):
        result = _(" To train on from its result, load it: ModelRunner({best!r}).").format(best=str(output_dir / BEST))
        text = _("{folder} holds another training ({differences}).{result} Choose another output_dir, or pass resume=False to "
                 "start anew there")  # fmt: skip
        told = (before and _differences(before, run)) or _("{names} of other settings, data or weights")
        told = told.format(names=", ".join(others))
        result = result if (output_dir / BEST).is_dir() else ""
        raise LabError("other_run", text.format(folder=output_dir, differences=told, result=result))
    return finished(output_dir)


def _gives_way(output_dir: Path, run: dict, resume: bool | str) -> bool:
    """Whether what an earlier training left in the folder is to be removed before this one begins."""
    if resume is not True and resume != "same":
        return True
    ours = any(belongs(folder, run_digest(run)) for folder in _sealed(output_dir))
    return resume == "same" and not ours and _stored_run(output_dir) != run


def take(output_dir: Path, run: dict, resume: bool | str = True) -> None:
    """Make a folder that was checked this run's: what is to give way is removed now, when all else is known to be right."""
    if _gives_way(output_dir, run, resume):
        _clear(output_dir)
    write_json(output_dir / RUN, run)


def size(output_dir: Path) -> int:
    """Return the bytes of the trainings in a folder."""
    return sum(path.stat().st_size for folder in _sealed(output_dir) for path in folder.rglob("*") if path.is_file())


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

    ``marked``: the folder itself has one; then what was half written is ours, too, and a file that cannot be read.
    """
    unmarked = [p for p in (*output_dir.glob("checkpoint-*"), output_dir / BEST) if os.path.lexists(p)]
    unmarked = [p for p in unmarked if not (marked and p.name.endswith(PARTIAL)) and ".broken" not in p.name]
    unmarked = [p for p in unmarked if not (p / SEAL).is_file()]
    files = [p for p in (output_dir / RUN, output_dir / FINISHED) if os.path.lexists(p)]
    return sorted(p.name for p in (*unmarked, *(p for p in files if not (marked and p.is_file()))))


def _sealed(output_dir: Path) -> list[Path]:
    """Return what bears a seal of ours: checkpoints, newest first, and the best."""
    best = output_dir / BEST
    return [*all_checkpoints(output_dir), *([best] if (best / SEAL).is_file() else [])]


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


def _clear(output_dir: Path) -> None:
    """Remove what a training of ours wrote into ``output_dir``; what others put there, or into its folders, is kept."""
    ours = _sealed(output_dir)
    marked = bool(ours) or _stored_run(output_dir) is not None
    for folder in ours:
        checkpoints.discard(folder)
    for folder in output_dir.glob(f"checkpoint-*{PARTIAL}") if marked else ():
        checkpoints.remove(folder)
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
