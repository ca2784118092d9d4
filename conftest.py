"""For the whole test run, the labs under nbval included: results go to a folder of the run, never into the checkout."""

import os
import signal
import tempfile

import pytest

from labutils.machine import environment

# One process runs these in this order: lab 04 and lab 05 go on from what lab 03 trained, lab 06 from none.
CHAIN = ("labs/03", "labs/04", "labs/05")
BROWSER = "tests/browser"  # one process, one JupyterLab
LONGEST = (
    *CHAIN,
    BROWSER,
    "labs/06",
    "tests/labs",
    "labs/",
)  # begun first, so that two processes end at about the same time


def pytest_configure(config):
    if "LABS_RUNS" not in os.environ:
        config.labs_runs = tempfile.TemporaryDirectory(prefix="labs-runs-")
        os.environ["LABS_RUNS"] = config.labs_runs.name
    # The tests are of the shipped model on the processor, on a machine with a GPU too; tests/gpu says otherwise.
    os.environ.setdefault("LABS_PROFILE", "pocket")
    os.environ.setdefault("LABS_DEVICE", "cpu")
    environment.prepare_kernels()
    # What a shell starts in the background ignores Ctrl-C, and hands that on to the programs that tests interrupt.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if hasattr(config, "workerinput"):  # one of several processes (pytest-xdist): each takes its share of the cores
        share = (os.cpu_count() or 1) // config.workerinput["workercount"]
        os.environ.setdefault("OMP_NUM_THREADS", str(max(1, share)))


def pytest_collection_modifyitems(items):
    items.sort(key=_place)  # stable: within a file the order stays


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """One process takes a whole file, the chain, or the browser. (xdist 3.8's own loadgroup marks nothing under pytest 9.2.)"""
    from xdist.scheduler import LoadScopeScheduling

    class Files(LoadScopeScheduling):
        def _split_scope(self, nodeid):
            if nodeid.startswith(BROWSER):
                return BROWSER
            return CHAIN[0] if nodeid.startswith(CHAIN) else nodeid.partition("::")[0]

    config.option.loadscopereorder = False  # the order of pytest_collection_modifyitems stays
    return Files(config, log)


def _place(item) -> int:
    return next((i for i, start in enumerate(LONGEST) if item.nodeid.startswith(start)), len(LONGEST))


def pytest_unconfigure(config):
    if hasattr(config, "labs_runs"):
        config.labs_runs.cleanup()
