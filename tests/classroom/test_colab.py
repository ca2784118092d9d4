"""The Colab edition: its notebooks and its page. Its first cell: test_colab_cell.py; Colab's packages: tests/colab."""

from pathlib import Path

import nbformat
import pytest

from labutils import cli, files, notebooks
from labutils.classroom import colab
from labutils.errors import LabError
from labutils.notebooks import verify

from editions import URL, make_wheel


@pytest.mark.parametrize(("url", "tag", "requirement", "github"), [
    (URL, "", f"git+{URL}", ("a-school", "its.course", "main")),
    (f" {URL}.git/ ", "v1.0/a", f"git+{URL}.git@v1.0/a", ("a-school", "its.course", "v1.0/a")),
    ("https://WWW.github.com/a/b", "x", "git+https://www.github.com/a/b@x", ("a", "b", "x")),
    ("https://github.com:443/a/b", "", "git+https://github.com/a/b", ("a", "b", "main")),
    ("https://git.school.edu:8443/~me/x/y.git", "", "git+https://git.school.edu:8443/~me/x/y.git", None),
])  # fmt: skip
def test_an_address_becomes_what_pip_reads(url, tag, requirement, github):
    source = colab.from_repository(url, tag)
    assert source.requirement == f"finetune-labs[colab] @ {requirement}"
    assert source.github == github


@pytest.mark.parametrize(("url", "tag", "code"), [
    ("http://github.com/a/b", "", "repository"),
    ("git@github.com:a/b.git", "", "repository"),
    ("github.com/a/b", "", "repository"),
    ("https://github.com", "", "repository"),
    ("https://github.com/a", "", "repository"),
    ("https://github.com/a/b/tree/main", "", "repository"),
    ("https://github.com/a/../b", "", "repository"),
    ("https://name:secret@github.com/a/b", "", "repository"),
    ("https://github.com/a/b?x=1", "", "repository"),
    ("https://git.school.edu:99999/a/b", "", "repository"),
    ("https://git.school.edu:0/a/b", "", "repository"),
    ("https://git..edu/a/b", "", "repository"),
    ("https://name:secret@git.school.edu:99999/a/b", "", "repository"),
    ("https://github.com/a/b#x", "", "repository"),
    ("https://github.com/a/b c", "", "repository"),
    ('https://github.com/a/b"', "", "repository"),
    ("https://[::1/a/b", "", "repository"),
    (URL, "-x", "tag"),
    (URL, "a..b", "tag"),
    (URL, "a b", "tag"),
    (URL, 'a"', "tag"),
    (URL, "a/", "tag"),
    (URL, "a.lock", "tag"),
])  # fmt: skip
def test_what_is_no_address_is_refused(url, tag, code):
    with pytest.raises(LabError) as caught:
        colab.from_repository(url, tag)
    assert caught.value.code == code and "secret" not in str(caught.value)


def edition(tmp_path, *arguments: str) -> list[nbformat.NotebookNode]:
    out = tmp_path / "edition"
    assert cli.main(["colab", *arguments, "--out", str(out)]) == 0
    return [notebooks.read(path) for path in notebooks.find(folder=out)]


def test_an_edition_is_the_learners_copy_with_two_cells_more(tmp_path, capsys):
    made = edition(tmp_path, "--repository", URL, "--tag", "v1")
    assert len(made) == len(notebooks.find()) == 10
    for path, ours in zip(notebooks.find(), made, strict=True):
        theirs = notebooks.read(path)
        assert [c.id for c in ours.cells if c.id not in (colab.BADGE, colab.SETUP)] == [c.id for c in theirs.cells]
        assert [c.source for c in ours.cells[3:]] == [c.source for c in theirs.cells[1:]]
        nbformat.validate(ours)
        ids = [cell.id for cell in ours.cells]
        assert ids[:3] == [colab.BADGE, theirs.cells[0].id, colab.SETUP] and len(set(ids)) == len(ids)
        code = [cell for cell in ours.cells if cell.cell_type == "code"]
        assert code[0].id == colab.SETUP and notebooks.PARAMETERS in notebooks.tags(code[1])
        assert not any(cell.outputs or cell.execution_count for cell in code)
        assert ours.metadata == theirs.metadata and verify._stubs(ours, notebooks.number(path)) == []
        badge = f"{colab.OPENER}/github/a-school/its.course/blob/v1/edition/{path.name})"
        assert ours.cells[0].source.endswith(badge)
    assert len({ours.cells[2].source for ours in made}) == 1
    compile(made[0].cells[2].source, "cell", "exec")
    page = (tmp_path / "edition" / colab.PAGE).read_text()
    assert page.count("/blob/v1/edition/") == 11 and "noqa" not in made[0].cells[2].source
    assert "v1" in capsys.readouterr().out


def test_an_edition_holds_the_appendix_which_asks_for_a_gpu(tmp_path):
    labs = edition(tmp_path, "--repository", URL, "--tag", "v1")
    [theirs] = notebooks.appendix()
    ours = notebooks.read(tmp_path / "edition" / theirs.name)
    assert ours.cells[0].source.endswith(f"/blob/v1/edition/{theirs.name})")
    assert ours.cells[2].source == labs[0].cells[2].source
    assert [c.source for c in ours.cells[3:]] == [c.source for c in notebooks.read(theirs).cells[1:]]
    assert ours.metadata["accelerator"] == "GPU" and not any("accelerator" in lab.metadata for lab in labs)
    assert f"({theirs.name})" in (tmp_path / "edition" / colab.PAGE).read_text()


def test_another_host_has_no_badge_and_it_is_said(tmp_path, capsys):
    made = edition(tmp_path, "--repository", "https://git.school.edu/x/y")
    assert all(ours.cells[1].id == colab.SETUP for ours in made)
    assert "no badges" in capsys.readouterr().out
    assert colab.OPENER not in (tmp_path / "edition" / colab.PAGE).read_text()


def test_badges_name_the_folder_as_the_repository_has_it(tmp_path):
    (tmp_path / ".git").mkdir()
    assert colab.place_in_repository(tmp_path / "docs" / "for colab") == "docs/for colab"
    badge = colab.badge(Path("00_x.ipynb"), colab.from_repository(URL), "docs/for colab")
    assert badge.endswith("/blob/main/docs/for%20colab/00_x.ipynb)")


def test_nothing_is_written_over(tmp_path, capsys):
    edition(tmp_path, "--repository", URL)
    edition(tmp_path, "--repository", URL)  # the same once more
    mine = tmp_path / "edition" / notebooks.find()[3].name
    mine.write_text("mine")
    before = sorted((path.name, path.stat().st_mtime_ns) for path in mine.parent.iterdir())
    assert cli.main(["colab", "--repository", URL, "--out", str(mine.parent)]) == 2
    assert mine.name in capsys.readouterr().err and mine.read_text() == "mine"
    assert sorted((path.name, path.stat().st_mtime_ns) for path in mine.parent.iterdir()) == before


def test_a_wheel_goes_with_its_edition(tmp_path, capsys):
    wheel = make_wheel(tmp_path)
    made = edition(tmp_path, "--wheel", str(wheel))
    assert (tmp_path / "edition" / wheel.name).read_bytes() == wheel.read_bytes()
    assert files.sha256(wheel) in made[0].cells[1].source and made[0].cells[1].id == colab.SETUP
    assert wheel.name in capsys.readouterr().out


@pytest.mark.parametrize("more", ["Untitled.ipynb", "runs/ci/03/03_full_fine_tuning.ipynb"])
def test_a_notebook_of_ones_own_among_the_labs_does_not_matter(tmp_path, more):
    """A build packs what lies in the folder of the labs, ignored by git or not."""
    assert colab.from_wheel(make_wheel(tmp_path, more=f"labutils/_labs/{more}")).wheel


@pytest.mark.parametrize("fault", ["missing", "name", "text", "labs"])
def test_a_wheel_of_something_else_is_refused(fault, tmp_path):
    wheel = make_wheel(tmp_path, change=fault == "labs")
    if fault == "missing":
        wheel.unlink()
    elif fault == "text":
        wheel.write_text("no zip")
    elif fault == "name":
        wheel = wheel.rename(tmp_path / "torch-2.13.0-py3-none-any.whl")
    with pytest.raises(LabError) as caught:
        colab.from_wheel(wheel)
    assert caught.value.code == "wheel"
    assert cli.main(["colab", "--wheel", str(wheel), "--out", str(tmp_path / "out")]) == 2
    assert not (tmp_path / "out").exists()


def test_a_tag_is_not_of_a_wheel(tmp_path, capsys):
    assert cli.main(["colab", "--wheel", str(make_wheel(tmp_path)), "--tag", "v1"]) == 2
    with pytest.raises(SystemExit):
        cli.main(["colab"])
    with pytest.raises(SystemExit):
        cli.main(["colab", "--repository", URL, "--wheel", "x.whl"])
