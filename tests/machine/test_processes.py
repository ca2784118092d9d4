"""One process among several: what they share, and what they refuse before they train."""

import pytest

from labutils.config import TrainingSettings
from labutils.errors import LabError
from labutils.machine import processes
from labutils.training.fine_tuning import fine_tune

pytestmark = pytest.mark.slow


def test_the_first_fsdp_is_refused(monkeypatch):
    monkeypatch.setenv("ACCELERATE_USE_FSDP", "true")
    monkeypatch.setenv("FSDP_VERSION", "1")
    with pytest.raises(LabError, match="fsdp_version: 2") as error:
        processes.sharded()
    assert error.value.code == "fsdp_version"


def test_a_batch_must_be_divisible_among_the_processes(tiny, toy_task, tmp_path, monkeypatch):
    monkeypatch.setattr(processes, "size", lambda: 3)
    monkeypatch.setattr(processes, "join", lambda: None)
    with pytest.raises(LabError) as error:
        fine_tune(*tiny, toy_task, TrainingSettings(batch_size=8), output_dir=tmp_path, quiet=True)
    assert error.value.code == "processes"


@pytest.mark.parametrize("option", [{"max_tokens": 100}, {"compile": "eager"}])
def test_what_sharded_weights_cannot_have_is_said(option, tiny, toy_task, tmp_path, monkeypatch):
    monkeypatch.setattr(processes, "sharded", lambda: True)
    with pytest.raises(LabError, match="sharded") as error:
        fine_tune(*tiny, toy_task, TrainingSettings(batch_size=8, **option), output_dir=tmp_path, quiet=True)
    assert error.value.code == "processes"


def test_an_error_in_the_main_process_reaches_all(monkeypatch):
    sent = []
    monkeypatch.setattr(processes, "size", lambda: 2)
    monkeypatch.setattr("accelerate.utils.broadcast_object_list", lambda parts: sent.append(list(parts)) or parts)
    for raised, code in ((LabError("disk", "full"), "disk"), (ValueError("odd"), "main_process")):

        def fail(raised=raised):
            raise raised

        with pytest.raises(LabError) as error:
            processes.on_main(fail)
        assert error.value.code == code and sent[-1][1][0] == code
    assert processes.on_main(lambda: 5) == 5
