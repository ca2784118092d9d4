"""For the whole test run, the labs under nbval included: results go to a folder of the run, never into the checkout."""

import os
import tempfile

from labutils import runtime


def pytest_configure(config):
    if "LABS_RUNS" not in os.environ:
        config.labs_runs = tempfile.TemporaryDirectory(prefix="labs-runs-")
        os.environ["LABS_RUNS"] = config.labs_runs.name
    # The tests are of the shipped model on the processor, on a machine with a GPU too; tests/gpu says otherwise.
    os.environ.setdefault("LABS_PROFILE", "pocket")
    os.environ.setdefault("LABS_DEVICE", "cpu")
    runtime.prepare_kernels()


def pytest_unconfigure(config):
    if hasattr(config, "labs_runs"):
        config.labs_runs.cleanup()
