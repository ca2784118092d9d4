"""``explain()`` after an exception: what happened and what to do, in a few lines."""

import sys
import traceback
from pathlib import Path

from labutils.doctor.ailments import ailment_of
from labutils.errors import LabError
from labutils.i18n import _
from labutils.machine import provenance


def explain(error: BaseException | None = None) -> str:
    """Explain an exception, default: the last one that no cell caught; print it and return the text.

    A :class:`LabError` explains itself. Of an exception that the doctor does not know, it says what to send, and to whom.
    """
    error = error or _last()
    if error is None:
        return _told(_("There was no error yet. Run the cell that fails, then explain() again."))
    first = str(error).strip().splitlines()[0] if str(error).strip() else ""
    head = _("{kind}: {message}").format(kind=type(error).__name__, message=first[:200])
    if isinstance(error, LabError):
        return _told(str(error))
    ailment = ailment_of(error)
    where = _place(error)
    if ailment:
        return _told(
            "\n".join(
                [
                    head,
                    *where,
                    _("What happened: {says}").format(says=ailment.says),
                    _("What to do: {mend}").format(mend=ailment.mend),
                ]
            )
        )
    versions = ", ".join(f"{name} {value}" for name, value in provenance.versions().items())
    text = _(
        "The doctor does not know this one. Send the lines above, the whole message and this to your teacher: {versions}"
    )
    return _told("\n".join([head, *where, text.format(versions=versions)]))


def _last() -> BaseException | None:
    """Return the exception that was shown last: IPython and the plain interpreter keep it in sys."""
    return getattr(sys, "last_exc", None) or getattr(sys, "last_value", None)


def _place(error: BaseException) -> list[str]:
    """Return the line of the learner's own code in which it happened: the last frame outside of installed packages."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [
        frame
        for frame in frames
        if "site-packages" not in frame.filename and "labutils" not in Path(frame.filename).parts
    ]
    if not own:
        return []
    return [_("in line {n}: {code}").format(n=own[-1].lineno, code=(own[-1].line or "").strip())]


def _told(text: str) -> str:
    print(text)
    return text
