"""What is measured, kept and told: one file for one benchmark at a time, and what is no measurement is named."""

import pytest

from labutils import cli
from labutils.bench import measurements
from labutils.errors import LabError
from labutils.machine.environment import KERNEL_ENVIRONMENT


@pytest.mark.parametrize(
    ("end", "kept"), [("torch.OutOfMemoryError: CUDA out of memory.", True), ("KeyError: 'x'", False)]
)
def test_only_a_lack_of_memory_is_a_result(end, kept, monkeypatch):
    def failed(spec):
        raise LabError("bench", f"the measurement failed: {end}")

    monkeypatch.setattr(measurements, "measured", failed)
    if kept:
        assert "out of memory" in measurements.outcome({"kind": "train"}, {})["does_not_fit"]
    else:
        with pytest.raises(LabError):
            measurements.outcome({"kind": "train"}, {})


def test_all_recipes_inherit_the_same(monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3,4")
    assert measurements.environment()["CUDA_VISIBLE_DEVICES"] == "3"
    assert measurements.environment()["GOMP_SPINCOUNT"] == KERNEL_ENVIRONMENT["GOMP_SPINCOUNT"]


def test_a_failed_measurement_says_which_and_why():
    with pytest.raises(LabError, match="no shape 'huge'") as error:
        measurements.measured(
            {"kind": "train", "recipe": "ours", "shape": "huge", "dialogues": "pocket-rich", "method": "full"}
            | {"precision": "fp32", "batch_size": 2, "examples": 2}
        )
    assert error.value.code == "bench"


def test_the_command_says_what_is_wrong(capsys, tmp_path):
    assert cli.main(["bench", "--tiny", "--shape", "huge", "--out", str(tmp_path / "bench.json")]) == 2
    told = capsys.readouterr().err
    assert "huge" in told and "Traceback" not in told


def test_two_at_once_do_not_write_one_file_of_measurements(tmp_path, monkeypatch):
    """The one that wrote last took the other's measurements away."""

    def again(spec, common):
        measurements.run(tmp_path / "bench.json", measurements.TINY)

    monkeypatch.setattr(measurements, "outcome", again)
    with pytest.raises(LabError) as caught:
        measurements.run(tmp_path / "bench.json", measurements.TINY)
    assert caught.value.code == "locked"


@pytest.mark.parametrize("left", ["", "{", "[1]", '{"runs": 3}'])
def test_a_damaged_file_of_measurements_is_kept_beside(tmp_path, left):
    """And two in one second are: the second took the first one's name."""
    path = tmp_path / "default.json"
    for number in (1, 2):
        path.write_text(left + " " * number)
        assert measurements.earlier_runs(path, {"code": "x"}) == [] and not path.exists()
    assert len(list(tmp_path.iterdir())) == 2
