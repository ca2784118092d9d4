"""The appendix: run where it is named, left out without a GPU, and rehearsed whole on the processor."""

import json

import pytest

from labutils import cli, notebooks
from labutils.errors import LabError
from labutils.lessons.appendix import PARTS, Parts
from labutils.notebooks import run

[GPU] = notebooks.appendix()


@pytest.fixture(autouse=True)
def on_the_processor(monkeypatch):
    """Here the appendix is tested without a GPU, on a machine that has one, too."""
    monkeypatch.setenv("LABS_DEVICE", "cpu")
    monkeypatch.setenv("LABS_PROFILE", "pocket")


def test_it_is_no_lab_and_is_found_by_its_name():
    assert GPU not in notebooks.find() and notebooks.find(["gpu", "3"]) == [*notebooks.find(["03"]), GPU]
    assert notebooks.number(GPU) == "gpu"
    with pytest.raises(LabError) as caught:
        notebooks.find(["gp"])
    assert caught.value.code == "lab" and "gpu" in str(caught.value)


def test_without_a_gpu_each_part_is_left_out_with_a_sentence(capsys):
    parts = Parts()
    assert not any(parts.begin(name) for name in PARTS) and parts.begun == []
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(PARTS) and all(text in line for text, line in zip(PARTS.values(), lines, strict=True))


def test_a_rehearsal_begins_each_part_and_no_other():
    parts = Parts(rehearse=True)
    assert all(parts.begin(name) for name in PARTS) and parts.begun == list(PARTS)
    with pytest.raises(LabError) as caught:
        parts.begin("speeed")
    assert caught.value.code == "part"


def test_each_part_has_its_cell():
    sources = "\n".join(cell.source for cell in notebooks.read(GPU).cells if cell.cell_type == "code")
    assert [name for name in PARTS if f'parts.begin("{name}")' not in sources] == []


def test_labs_run_gpu_ends_well_without_a_gpu(tmp_path):
    """And what it leaves passes `labs verify`: nothing is missing in a run that left its parts out."""
    assert cli.main(["run", "gpu", "--out", str(tmp_path)]) == 0
    results = json.loads((tmp_path / "gpu" / "results.json").read_text())
    assert results["numbers"] == {} and results["sentence"]
    assert cli.main(["verify", str(tmp_path)]) == 0


@pytest.mark.slow
def test_a_rehearsal_runs_every_part_on_the_processor(tmp_path):
    reduced = notebooks.read(GPU).metadata["finetune_labs"]["reduced"]
    [outcome] = run.run(["gpu"], tmp_path, dict(reduced))
    assert outcome.ok, outcome.error
    numbers = json.loads((tmp_path / "gpu" / "results.json").read_text())["numbers"]
    assert {"full_rouge1", "full_minus_lora_difference", "lora_file_mib", "old_tasks_lora_minus_before_difference",
            "pocket_full_per_s", "pocket_lora_memory_mib"} <= numbers.keys()  # fmt: skip
    assert numbers["lora_file_mib"] < numbers["full_file_mib"]
    assert cli.main(["verify", str(tmp_path)]) == 0
