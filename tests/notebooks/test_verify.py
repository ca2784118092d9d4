"""A committed lab is verified: each of its faults is found."""

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_output

from labutils.notebooks import normalize, verify

from small_labs import built


def spoil_tag(book):
    book.cells[1].metadata["tags"] = []


def spoil_sentinel(book):
    book.cells[-1].outputs = []


def spoil_unchecked(book):
    book.cells[3].metadata["tags"] = []


def spoil_empty_check(book):
    book.cells[3].outputs = []


def spoil_path(book):
    book.cells[3].outputs[0].text = "saved in /home/ann/x"


def spoil_error(book):
    book.cells[3].outputs.append(new_output("error", ename="E", evalue="e", traceback=[]))


def spoil_count(book):
    book.cells[3].execution_count = None


def spoil_widgets(book):
    book.metadata["widgets"] = {}


def spoil_length(book):
    book.cells[3].source = "\n".join(["x = 1"] * 26)


def spoil_exercise(book):
    book.cells.insert(3, new_code_cell("def nobody():\n    ...", metadata={"tags": ["exercise"]}, execution_count=9))


@pytest.mark.parametrize("spoil", [v for k, v in list(globals().items()) if k.startswith("spoil_")])
def test_each_fault_of_a_committed_lab_is_found(folder, spoil):
    book = built(folder)
    assert verify.faults(folder / "91_first.ipynb") == []
    spoil(book)
    normal = book if spoil is spoil_widgets else normalize.normalize(book)
    (folder / "91_first.ipynb").write_text(nbformat.writes(normal, indent=1).rstrip("\n") + "\n")
    assert verify.faults(folder / "91_first.ipynb")
