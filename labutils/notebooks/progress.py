"""``labs progress``: the learner's exercises and predictions, lab by lab."""

from labutils import exercises, notebooks
from labutils.i18n import _
from labutils.lessons import progress
from labutils.lessons.predictions import Predictions
from labutils.machine import paths


def page() -> str:
    """Return a line a lab and a line an exercise, from ``progress.json`` and the labs' ``predictions.json``."""
    checks, lines, solved, count = progress.read(), [], 0, 0
    for path in notebooks.find():
        lab = notebooks.number(path)
        own = exercises.load(lab)
        done = progress.solved([exercise.name for exercise in own])
        solved, count = solved + done, count + len(own)
        head = _("{lab} {title}: {done} of {all} exercises solved")
        title = notebooks.read(path).metadata.get("finetune_labs", {}).get("title", path.stem[3:])
        lines.append(head.format(lab=lab, title=title, done=done, all=len(own)) + _predicted(lab))
        lines += [_exercise(i, exercise.name, checks.get(exercise.name)) for i, exercise in enumerate(own, 1)]
    lines.append(_("In all: {solved} of {count} solved ({folder}).").format(
        solved=solved, count=count, folder=paths.runs_dir() / progress.FILE,
    ))  # fmt: skip
    return "\n".join(lines)


def _exercise(number: int, name: str, entry: dict | None) -> str:
    if entry is None:
        state = _("not tried")
    elif entry["passed"]:
        state = _("solved ({tries} checks)").format(tries=entry["tries"])
    else:
        state = _("{tries} checks, last: {last}").format(tries=entry["tries"], last=entry["last"])
    return f"   q{number} {name}: {state}"


def _predicted(lab: str) -> str:
    folder = paths.runs_dir() / lab
    right, settled, asked = Predictions(folder).tally()
    if not asked:
        return ""
    return _("; {right} of {settled} predictions came true").format(right=right, settled=settled)
