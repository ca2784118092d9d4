"""Files for several machines: in Accelerate's format, one a machine, and what to type there."""

import pytest
import yaml

from labutils.errors import LabError
from labutils.launch import machines


@pytest.mark.parametrize("sharded", [False, True])
def test_accelerate_reads_each_machines_file(tmp_path, sharded):
    from accelerate.commands.config.config_args import load_config_from_file

    for rank in range(2):
        path = tmp_path / f"machine-{rank}.yaml"
        path.write_text(machines.machine_file(2, 8, rank, "192.0.2.1", sharded=sharded), encoding="utf-8")
        loaded = load_config_from_file(str(path))
        assert (loaded.num_machines, loaded.num_processes, loaded.machine_rank) == (2, 16, rank)
        assert loaded.main_process_ip == "192.0.2.1" and bool(loaded.fsdp_config) is sharded


def test_one_machine_needs_no_address():
    content = yaml.safe_load(machines.machine_file(1, 4, 0, "192.0.2.1"))
    assert "main_process_ip" not in content and content["num_processes"] == 4


@pytest.mark.parametrize("numbers", [(0, 8, 0), (2, 0, 0), (2, 8, 2), (2, 8, -1)])
def test_machines_that_cannot_be_are_refused(numbers):
    with pytest.raises(LabError) as error:
        machines.machine_file(*numbers, "192.0.2.1")
    assert error.value.code == "machines"


def test_each_machine_gets_its_own_command():
    first, second = machines.commands(2, ["runs/x", "-p batch_size=16"])
    assert first.replace("machine-0", "machine-1") == second and first.endswith("train runs/x -p batch_size=16")
