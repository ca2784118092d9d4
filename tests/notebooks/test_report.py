"""The report of labs that were run: by `labs run`, by a learner, and of results in another shape."""

import json

import pytest

from labutils import cli
from labutils.lab import Lab
from labutils.notebooks import report, run

pytestmark = pytest.mark.usefixtures("shown")


@pytest.mark.parametrize(
    "wrong", [{"key_numbers": 5}, {"seconds": "x"}, {"sentence": [1]}, {"figures": {}}, {"numbers": []}]
)
def test_results_of_another_shape_are_left_out_of_the_report(wrong, folder, tmp_path, capsys):
    run.run(["91"], tmp_path, {}, folder)
    path = tmp_path / "91" / "results.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | wrong))
    assert "<h2>91 " in report.write(tmp_path).read_text()
    assert "is left out" in capsys.readouterr().out


def test_the_report_covers_what_a_learner_ran(tmp_path, monkeypatch, capsys):
    """Run in JupyterLab a lab leaves its results, and no outcome of a run."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LABS_RUNS", raising=False)
    assert cli.main(["report"]) == 2 and "runs" in capsys.readouterr().err
    monkeypatch.setenv("LABS_RUNS", str(tmp_path / "runs"))
    lab = Lab("03", profile="pocket")
    lab.record(score=0.5)
    lab.finish()
    assert cli.main(["report"]) == 0
    page = (tmp_path / "runs" / "index.html").read_text()
    assert "1 of 1 labs" in page and "Full fine-tuning" in page and "score" in page
    (tmp_path / "runs" / "03" / "results.json").write_text("{")
    assert cli.main(["report"]) == 0
    assert "0 of 1 labs" in (tmp_path / "runs" / "index.html").read_text()
