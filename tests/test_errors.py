"""Errors on their way from one process to another."""

import copy
import pickle

from labutils.dialogues.textfiles import DataError
from labutils.errors import LabError


def test_an_error_goes_through_a_pickle_whole():
    """A pool's worker sends its error so; without its code it came as a TypeError."""
    error = pickle.loads(pickle.dumps(LabError("disk", "the disk is full")))
    assert (type(error), error.code, str(error)) == (LabError, "disk", "the disk is full")
    of_data = DataError("nul", "no text", "talks.csv", 3, "dialogue")
    again = copy.copy(of_data)
    assert (type(again), str(again), vars(again)) == (DataError, str(of_data), vars(of_data))
