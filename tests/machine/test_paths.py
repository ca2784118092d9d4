"""Where the shipped folders lie, and room on the disk."""

import pytest

from labutils.errors import LabError
from labutils.machine import paths


def test_shipped_folders_are_there():
    assert (paths.data_dir() / "dialogues").is_dir() and paths.labs_dir().is_dir()


def test_a_full_disk_names_folder_and_size(tmp_path):
    with pytest.raises(LabError) as caught:
        paths.check_free_space(tmp_path / "not" / "yet", 10**18, "the training")
    assert caught.value.code == "disk" and str(tmp_path) in str(caught.value)
