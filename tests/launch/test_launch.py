"""`labs train` and its files in Accelerate's format: which file, how many processes, and what is refused."""

from pathlib import Path

import pytest
import torch
import yaml

from labutils import cli, launch
from labutils.errors import LabError
from labutils.machine import children
from labutils.training import checkpoints

from toys import make_tiny_model

pytestmark = pytest.mark.slow


def test_every_file_is_in_accelerates_format():
    from accelerate.commands.config.config_args import load_config_from_file

    assert {"cpu", "gpu", "gpu-fsdp", "machines-2"} == set(launch.configs())
    for name in launch.configs():
        loaded = load_config_from_file(str(launch.config_file(name)))
        assert loaded.num_processes == yaml.safe_load(launch.config_file(name).read_text())["num_processes"]


@pytest.mark.parametrize(
    ("name", "processes", "file", "number"),
    [
        ("cpu-2", None, "cpu", "2"), ("gpu-1", None, "gpu", "1"), ("gpu-8", None, "gpu", "8"), ("cpu", 4, "cpu", "4"),
        ("gpu-8-fsdp", None, "gpu-fsdp", "8"), ("gpu-fsdp", 3, "gpu-fsdp", "3"), ("machines-2", None, "machines-2", None),
        ("gpu", None, "gpu", None), ("gpu-8", 2, "gpu", "2"),
    ],
)  # fmt: skip
def test_a_name_or_an_option_says_how_many_processes(name, processes, file, number):
    command = launch.launcher(name, processes)
    assert Path(command[3]).stem == file and command[4:] == (["--num_processes", number] if number else [])


@pytest.mark.parametrize(("name", "processes"), [("cpu-0", None), ("gpu", 0), ("gpu", -1), ("tpu-8", None)])
def test_processes_that_cannot_be_are_refused(name, processes):
    with pytest.raises(LabError) as error:
        launch.launcher(name, processes)
    assert error.value.code == "launch_config"


WRONG_KEYS = ["use_cpu: true", "distributed_type: NO\nnum_process: 2", "distributed_type: SOME"]


@pytest.mark.parametrize("content", ["", "[1]", "{: [", "5", "\x80", *WRONG_KEYS])
def test_a_file_of_another_format_is_named_before_anything_is_started(tmp_path, monkeypatch, content):
    monkeypatch.setattr(children, "run", lambda *_: pytest.fail("it is started"))
    (tmp_path / "own.yaml").write_bytes(content.encode("latin-1"))
    with pytest.raises(LabError, match=r"own\.yaml") as error:
        launch.launch(str(tmp_path / "own.yaml"), [], tmp_path)
    assert error.value.code == "launch_config"


def test_a_number_of_processes_without_a_file_is_named(tmp_path, capsys):
    """It trained on one, without a word."""
    assert cli.main(["train", str(tmp_path), "--processes", "2"]) == 2
    assert "--config" in capsys.readouterr().err


def test_a_file_for_the_cpu_is_known_by_what_it_says(tmp_path, monkeypatch):
    """A copy of cpu-2 took the GPUs, two processes on one."""
    copied = tmp_path / "mine.yaml"
    copied.write_text(launch.config_file("cpu-2").read_text())
    monkeypatch.delenv("LABS_DEVICE", raising=False)
    seen = []
    monkeypatch.setattr(children, "run", lambda command, environment: seen.append(environment) or 0)
    for file in (str(copied), "cpu-2", "gpu-2"):
        launch.launch(file, [], tmp_path)
    assert [env.get("LABS_DEVICE") for env in seen] == ["cpu", "cpu", None]


def test_an_unknown_file_is_named():
    with pytest.raises(LabError, match="gpu-8-fsdp") as error:
        launch.config_file("gpu80")
    assert error.value.code == "launch_config"


def test_the_command_trains_and_goes_on(tmp_path, capsys, tiny_folder):
    arguments = ["train", str(tmp_path / "out"), "--model", str(tiny_folder), "--task", "topic", "--examples", "8"]
    settings = ["-p", "epochs=1", "-p", "batch_size=4", "-p", "eval_examples=0", "-p", "learning_rate=1e-3"]
    assert cli.main([*arguments, *settings]) == 0
    assert "examples/s" in capsys.readouterr().out and (tmp_path / "out" / checkpoints.BEST).is_dir()
    assert cli.main([*arguments, *settings]) == 0
    assert "finished before" in capsys.readouterr().out
    assert cli.main([*arguments, *settings, "-p", "seed=1"]) == 2
    assert "settings seed: 0 there, 1 now" in capsys.readouterr().err
    assert cli.main([*arguments, *settings, "-p", "seed=1", "--resume", "no"]) == 0
    assert cli.main([*arguments, *settings, "--dialogues", "pocket"]) == 2
    assert "--dialogues has no effect" in capsys.readouterr().err
    for wrong, said in (("colour=red", "no such setting"), ("examples=5", "--examples"), ("batch_size=many", "'many'")):
        assert cli.main([*arguments, "-p", wrong]) == 2
        assert said in capsys.readouterr().err


def test_a_failed_launch_says_where_it_goes_on(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(children, "run", lambda command, environment: 1)
    assert cli.main(["train", str(tmp_path), "--config", "cpu-2"]) == 2
    assert "no checkpoint was finished" in capsys.readouterr().err
    (tmp_path / "checkpoint-5").mkdir()
    torch.save(make_tiny_model().state_dict(), tmp_path / "checkpoint-5" / "weights.pt")
    checkpoints.seal(tmp_path / "checkpoint-5")
    assert cli.main(["train", str(tmp_path), "--config", "cpu-2"]) == 2
    assert "goes on from checkpoint-5" in capsys.readouterr().err
