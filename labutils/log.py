"""What the library says while it works: records of the logger "labutils", shown by the command line and the labs."""

import functools
import logging
import sys

logger = logging.getLogger("labutils")


class _Shown(logging.Handler):
    """Prints to the standard output of the moment: a notebook and a test replace it."""

    def emit(self, record: logging.LogRecord) -> None:
        print(self.format(record), flush=True)


def show() -> None:
    """Print what the library says from here on; a second call changes nothing.

    A program that uses the package as a library sees its warnings, as Python shows them, and sets up the rest itself. In a
    notebook nobody but this prints: a library that sets up logging for itself would show each record again, on stderr.
    """
    if not any(isinstance(handler, _Shown) for handler in logger.handlers):
        logger.addHandler(_Shown())
        logger.setLevel(logging.INFO)
    ipython = sys.modules.get("IPython")
    if ipython is not None and ipython.get_ipython() is not None:
        logger.propagate = False


@functools.lru_cache(maxsize=4096)
def once(text: str, about: int = 0) -> None:
    """Warn, but only once in a process where text and ``about`` (the hash of what it is about) are the same."""
    logger.warning(text)
