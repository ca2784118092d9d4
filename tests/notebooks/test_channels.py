"""The channels between `labs run` or `labs start` and a kernel."""

import nbformat
import pytest

from labutils.machine import environment
from labutils.notebooks import run

from small_labs import notebook

KEYS = (
    "import ipykernel.kernelapp\nkey = ipykernel.kernelapp.IPKernelApp.instance().curve_secretkey\n"
    "assert key is not None"
)


def test_no_kernel_warns_in_the_terminal_that_others_might_listen(tmp_path, capfd):
    """ipykernel 7.4 says so once a kernel where nothing is encrypted: ten times in a run of the course."""
    nbformat.write(notebook("91"), tmp_path / "91_first.ipynb")
    assert all(outcome.ok for outcome in run.run([], tmp_path / "out", {}, tmp_path))
    assert "encrypt" not in capfd.readouterr().err


@pytest.mark.skipif(not environment.channels(), reason="jupyter_client before 8.10, or libzmq without curve")
def test_a_kernel_has_a_key_where_keys_can_be(tmp_path):
    nbformat.write(notebook("91", KEYS), tmp_path / "91_first.ipynb")
    assert [outcome.error for outcome in run.run([], tmp_path / "out", {}, tmp_path)] == [""]
