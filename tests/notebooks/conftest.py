"""Two small labs, and what the library says, for the tests of running, building and copying labs."""

from pathlib import Path

import pytest

from labutils import log

from small_labs import two_labs


@pytest.fixture
def shown():
    """What the library says is printed, as by the command line."""
    log.show()


@pytest.fixture
def folder(tmp_path) -> Path:
    """Two labs that run, as they would be committed but not yet executed."""
    return two_labs(tmp_path / "labs")
