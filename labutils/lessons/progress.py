"""Which exercises were tried and solved: ``progress.json`` in the folder of runs, the learner's alone."""

import contextlib

from labutils import files
from labutils.machine import paths

FILE = "progress.json"


def read() -> dict[str, dict]:
    """Return exercise -> {"tries", "passed", "last"}, {} where none was tried or the file is not readable."""
    with contextlib.suppress(OSError, ValueError):
        content = files.read_json(paths.runs_dir() / FILE)
        if isinstance(content, dict):
            return {name: entry for name, entry in content.items() if _is_whole(entry)}
    return {}


def _is_whole(entry: object) -> bool:
    return isinstance(entry, dict) and isinstance(entry.get("tries"), int) and {"passed", "last"} <= entry.keys()


def note(exercise: str, code: str) -> None:
    """Note one check of an exercise by its code; a folder that cannot be written does not spoil the check."""
    if code == "not_attempted":
        return
    entries = read()
    entry = entries.get(exercise, {"tries": 0, "passed": False})
    entries[exercise] = {"tries": entry["tries"] + 1, "passed": entry["passed"] or code == "passed", "last": code}
    with contextlib.suppress(OSError):
        paths.runs_dir().mkdir(parents=True, exist_ok=True)
        files.write_json(paths.runs_dir() / FILE, entries)


def solved(exercises: list[str]) -> int:
    """Return how many of some exercises were solved."""
    entries = read()
    return sum(bool(entries.get(name, {}).get("passed")) for name in exercises)
