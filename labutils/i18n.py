"""Translation of the sentences that code shows (floor 0).

English is the source. A sentence goes through :func:`_` with named placeholders, so that a translator can
reorder them: ``_("{file} has no column {column}").format(file=..., column=...)``. A catalogue is picked up from
``labutils/locale/<language>/LC_MESSAGES/labutils.mo`` when there is one; without it the English text is shown.
"""

import gettext
from pathlib import Path

_catalogue = gettext.translation("labutils", Path(__file__).parent / "locale", fallback=True)
_ = _catalogue.gettext


class LabError(ValueError):
    """Something a person can mend: says what is wrong, where, and what to do.

    Attributes:
        code: a stable identifier of the error, for tests and for the doctor; never translated.
    """

    def __init__(self, code: str, message: str):
        super().__init__(message)
        self.code = code
