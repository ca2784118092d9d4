"""Translation of the sentences that code shows.

English is the source. A sentence goes through :func:`_` with named placeholders, so that a translator can
reorder them: ``_("{file} has no column {column}").format(file=..., column=...)``. A catalogue is picked up from
``labutils/locale/<language>/LC_MESSAGES/labutils.mo`` when there is one; without it the English text is shown.
"""

import gettext
from pathlib import Path

_catalogue = gettext.translation("labutils", Path(__file__).parent / "locale", fallback=True)
_ = _catalogue.gettext
