"""What a learner's own files hold, ``predictions.json`` and ``bets.json``: a damaged one stops no lab."""

import contextlib
from collections.abc import Iterable
from pathlib import Path

from labutils import files
from labutils.i18n import _
from labutils.log import logger


def entries(path: Path, names: Iterable[str]) -> dict[str, dict]:
    """Return a file's entries, {} where there is none; one that is cut or of another shape is renamed, and that is said.

    Args:
        names: what each entry has.
    """
    if not path.exists():
        return {}
    try:
        content = files.read_json(path)
    except (OSError, ValueError):
        content = None
    names = set(names)
    if isinstance(content, dict) and all(
        isinstance(entry, dict) and names <= entry.keys() for entry in content.values()
    ):
        return content
    with contextlib.suppress(OSError):
        aside = files.keep(path, "broken")
        text = _("{path} is cut or of another program; it is kept as {aside}, and what it held is asked anew")
        logger.warning(text.format(path=path, aside=aside.name))
    return {}
