"""What was run at which profile: generated from what is stored, never typed."""

import re
from pathlib import Path

import pytest

from labutils import config, files, notebooks
from labutils.machine import paths
from labutils.notebooks import lesson
from labutils.regression import overview

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")


def test_readmes_table_is_that_of_what_is_stored():
    """If this fails: python -m makers.results table"""
    assert overview.filled(README) == README and len(overview.MARKERS.findall(README)) == 1


def test_each_lab_and_the_appendix_has_a_cell_for_each_profile():
    rows = list(overview.rows())
    assert len(rows) == len(notebooks.find()) + len(notebooks.appendix())
    for row in rows:
        assert len(row) == 1 + len(config.PROFILES)
    assert [row[0] for row in rows if row[1] == "-"] == [rows[-1][0]]  # the appendix runs on a GPU alone


def test_each_build_stands_in_it_with_its_date():
    for row in overview.rows():
        if build := lesson.stored(row[0][:2]):
            assert build["date"] in row[1] and re.search(r"\d{4}-\d\d-\d\d", row[1])


@pytest.mark.parametrize("profile", ["t4", "gpu"])
def test_what_nobody_ran_says_so_and_what_is_kept_shows(profile, tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "data_dir", lambda: tmp_path)
    assert overview.cell("03", profile, []) == "not yet run"
    run = {
        "profile": profile,
        "seed": 2,
        "date": "2026-12-01",
        "key_numbers": ["tuned_rouge1"],
        "numbers": {"tuned_rouge1": 0.4213},
    }
    (tmp_path / "results" / profile).mkdir(parents=True)
    files.write_json(
        tmp_path / "results" / profile / "03.json",
        {"runs": [run, run | {"seed": 1, "numbers": {"tuned_rouge1": 0.41}}]},
    )
    shown = overview.cell("03", profile, [])
    for part in ("ROUGE-1 of the tuned summaries", "0.41", "0.421", "1, 2", "2026-12-01"):
        assert part in shown


def test_the_trainings_that_a_lab_shows_are_found():
    [lab] = notebooks.find(["08"])
    assert overview._trainings(lab) == {"reading", "service", "faults", "labels"}
    assert overview._trainings(notebooks.find(["05"])[0]) == {"ways"}
