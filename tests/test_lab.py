"""Lab: its folder and where it goes on from. What a learner does in one: tests/lessons/test_a_lab.py"""

import pytest

from labutils import files
from labutils.errors import LabError
from labutils.lab import Lab
from labutils.training import checkpoints


@pytest.mark.parametrize("name", ["results.json", "figure_1.png", "start.json"])
def test_a_lab_in_jupyterlab_writes_over_nothing_that_no_lab_wrote(name, tmp_path, monkeypatch):
    """`runs` is a folder of many programs."""
    monkeypatch.setenv("LABS_RUNS", str(tmp_path))
    (tmp_path / "03").mkdir()
    (tmp_path / "03" / name).write_text("mine")
    with pytest.raises(LabError, match=name) as caught:
        Lab("03", "pocket")
    assert caught.value.code == "folder" and (tmp_path / "03" / name).read_text() == "mine"


@pytest.mark.parametrize("source", ["nothing", "no/folder", "none.jsonl", "mend:nothing", "a\0b", "x" * 5000])
def test_a_lab_looks_for_its_dialogues_before_it_begins(source, tmp_path, monkeypatch):
    """`labs run 03 -p dialogues=nothing` trained for minutes, and found that there are none then."""
    monkeypatch.setenv("LABS_RUNS", str(tmp_path / "runs"))
    with pytest.raises(LabError) as caught:
        Lab("03", profile="pocket", dialogues=source)
    assert caught.value.code == "dialogues" and not (tmp_path / "runs").exists()
    for there in ("pocket-all", str(tmp_path), f"mend:{tmp_path}"):
        Lab("03", profile="pocket", dialogues=there)


def test_a_lab_leaves_results_and_figures(tmp_path, monkeypatch, capsys):
    import json

    import pandas as pd

    from labutils import plots
    from labutils.evaluation.scores import Score

    monkeypatch.setenv("LABS_RUNS", str(tmp_path))
    lab = Lab("07", profile="pocket", seed=3, dialogues="auto", tuned=None)
    lab.record(score=Score(0.5, 0.4, 0.6, 10), seconds=3, span=(1, 2))
    lab.figure(
        plots.bars({"a": 1.0, "b": 2.0}, "x"), title="b is more", table=pd.DataFrame({"x": [1, 2]}), alt="two bars"
    )
    lab.finish()
    results = json.loads((tmp_path / "07" / "results.json").read_text())
    assert results["numbers"] == {"score": 0.5, "score_interval": [0.4, 0.6], "seconds": 3.0, "span": [1.0, 2.0]}
    assert results["figures"] == [{"file": "figure_1.png", "title": "b is more", "alt": "two bars"}]
    assert (tmp_path / "07" / "figure_1.png").stat().st_size > 1000
    shown = capsys.readouterr().out
    assert "lab 07 complete" in shown and "pocket-instruct" in shown


def test_a_checkpoint_of_another_start_is_not_taken(tmp_path, monkeypatch, capsys):
    """Lab 04 took what lab 03 had trained on the shipped dialogues for the model tuned on DialogSum."""
    monkeypatch.setenv("LABS_RUNS", str(tmp_path))
    Lab("03", profile="pocket")
    best = tmp_path / "03" / "full" / checkpoints.BEST
    best.mkdir(parents=True)
    for folder in (best, best.parent):
        files.write_json(folder / checkpoints.FINISHED, {"examples": 500})
    checkpoints.seal(best)
    same, other = Lab("04", profile="pocket"), Lab("04", profile="pocket", dialogues="dialogsum")
    assert same.checkpoint("03", "full") == best
    assert other.checkpoint("03", "full") is None
    shown = capsys.readouterr().out
    assert (
        "500 examples" in shown
        and f"pocket-instruct / {same.profile.dialogues}, not of pocket-instruct / dialogsum" in shown
    )
    assert same.checkpoint("05", "full") is None
    for left in ("", '{"model":', '["not", "this"]', '{"model": 1}'):  # a full disk's, another program's
        (tmp_path / "03" / "start.json").write_text(left)
        assert same.checkpoint("03", "full") is None
    assert capsys.readouterr().out.count("an unknown start") == 4
