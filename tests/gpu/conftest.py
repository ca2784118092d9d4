"""The root conftest keeps the tests on the processor; these are the ones for a GPU."""

import pytest


@pytest.fixture(autouse=True)
def on_the_gpu(monkeypatch):
    """Let the machine choose its device."""
    monkeypatch.delenv("LABS_DEVICE", raising=False)
