"""A class's page: who is merged, who is not and why, what lies outside, and that no name becomes markup."""

import json
import re
import shutil
import zipfile

import pytest

from labutils import cli, files
from labutils.classroom import answers, charts, expected, gathering, handins, merging, page
from labutils.errors import LabError
from labutils.evaluation import claims
from labutils.regression import ranges
from labutils.regression.ranges import Range

import pupils

HOSTILE = "<img src=x onerror=alert(1)>"


def refused(folder, out=None):
    with pytest.raises(LabError) as error:
        page.write(folder, out)
    return error.value.code


@pytest.fixture
def seeds(monkeypatch):
    """Three stored seeds of lab 00: leaked_after 13, 14 and 15, so 11 to 17 is expected; goes on from nothing."""
    stored = [{"seed": n, "numbers": {"leaked_after": 13 + n}, "goes_on_from": []} for n in range(3)]
    monkeypatch.setattr(ranges, "runs", lambda lab, profile: stored if (lab, profile) == ("00", "pocket") else [])


def test_four_that_are_broken_do_not_keep_the_others_from_being_merged(tmp_path):
    folder = pupils.a_class(tmp_path, "ABCDEFG")
    (folder / "0.handin.json").write_bytes((folder / "0.handin.json").read_bytes()[:300])
    (folder / "1.handin.json").write_bytes(b"")
    text = (folder / "2.handin.json").read_text()
    (folder / "2.handin.json").write_text(text.replace('"seed": 3', '"seed": 4'))
    with zipfile.ZipFile(folder / "3.zip", "w") as archive:
        archive.write(folder / "3.handin.json")
    (folder / "3.handin.json").unlink()
    target, gathered = page.write(folder)
    assert [name for name, _why in gathered.unread] == ["0.handin.json", "1.handin.json", "2.handin.json", "3.zip"]
    assert all(why for _name, why in gathered.unread) and [one.name for one in gathered.hand_ins] == ["E", "F", "G"]
    assert target == folder / "class.html" and "Not read: 4" in target.read_text()
    again = page.write(folder)[1]  # its own page is no hand-in
    assert again == gathered


def test_files_folders_and_bare_results_are_taken_alike(tmp_path):
    folder = pupils.a_class(tmp_path, ["Ada"])
    pupils.run(folder / "Ben" / "my-labs" / "runs", seed=8)
    shutil.move(pupils.run(tmp_path / "one", seed=9) / "00" / "results.json", folder / "Cleo.json")
    (folder / "LMS_download").mkdir()
    pupils.hand_in(pupils.run(tmp_path / "two", seed=10), "Dov", folder / "LMS_download" / "x.handin.json")
    (folder / "Empty").mkdir()
    (folder / ".DS_Store").write_bytes(b"x")
    gathered = gathering.gather(folder)
    assert [(one.name, one.runs[0].seed) for one in gathered.hand_ins] == [
        ("Ada", 1),
        ("Ben", 8),
        ("Cleo", 9),
        ("Dov", 10),
    ]
    assert [name for name, _why in gathered.unread] == ["Empty"]


def test_what_is_there_twice_counts_once(tmp_path, monkeypatch):
    folder = pupils.a_class(tmp_path, ["Ada", "Ben"])
    shutil.copy(folder / "0.handin.json", folder / "copy.handin.json")
    pupils.hand_in(tmp_path / "runs-1", "Eve", folder / "eve.handin.json")  # Ben's runs under another name
    pupils.check(tmp_path / "runs-0", monkeypatch, mend="passed")
    pupils.run(tmp_path / "runs-0", lab="04")
    pupils.hand_in(tmp_path / "runs-0", "Ada", folder / "later.handin.json")  # Ada's, with a lab more
    gathered = gathering.gather(folder)
    assert [one.name for one in gathered.hand_ins] == ["Ada", "Ben"] and len(gathered.notes) == 3
    assert [run.lab for run in gathered.hand_ins[0].runs] == ["00", "04"]


def test_two_of_one_name_are_told_apart(tmp_path):
    gathered = gathering.gather(pupils.a_class(tmp_path, ["Ada", "ada", "Ben"]))
    assert {one.name for one in gathered.hand_ins} == {"Ada (1)", "ada (2)", "Ben"} or {
        one.name for one in gathered.hand_ins
    } == {"Ada (2)", "ada (1)", "Ben"}
    assert len(gathered.notes) == 1


def test_runs_of_other_kinds_are_not_compared_and_it_is_said_why(tmp_path, seeds):
    folder = pupils.a_class(tmp_path, "ABC")
    others = {
        "profile": {"profile": "t4"}, "sizes": {"changes": {"epochs": 1}}, "models": {"models": {"tuned": "elsewhere"}},
    }  # fmt: skip
    for name, how in others.items():
        pupils.hand_in(pupils.run(tmp_path / name, seed=50, **how), name, folder / f"{name}.handin.json")
    old = json.loads((folder / "2.handin.json").read_text())
    old["runs"][0]["course"] = "0.0.9"
    files.write_json(folder / "2.handin.json", old | {"digest": handins.digest(old)})
    [lab] = merging.labs(gathering.gather(folder).hand_ins)
    assert set(lab.runs) == {"A", "B"} and lab.usual
    assert set(lab.others) == {"C", "profile", "sizes", "models"}
    assert "0.0.9" in lab.others["C"] and "t4" in lab.others["profile"] and "epochs 1" in lab.others["sizes"]
    assert "own" in lab.others["models"]


def test_a_class_with_reduced_sizes_has_no_stored_range(tmp_path, seeds):
    folder = tmp_path / "class"
    for seed in range(2):
        runs = pupils.run(tmp_path / str(seed), seed=seed, changes={"epochs": 1})
        pupils.hand_in(runs, f"s{seed}", folder / f"{seed}.handin.json")
    target, gathered = page.write(folder)
    [lab] = merging.labs(gathered.hand_ins)
    assert not lab.usual and not any(number.stored for number in lab.key_numbers)
    assert "epochs 1" in target.read_text()


def test_a_run_that_does_not_say_its_sizes_is_not_compared_with_stored_ones(tmp_path, seeds):
    runs = pupils.run(tmp_path / "runs")
    results = json.loads((runs / "00" / "results.json").read_text()) | {"parameters": {}}
    files.write_json(runs / "00" / "results.json", results)
    [run] = handins.collect(runs, "Mia").runs
    assert run.changed and not expected.usual(run)


def test_who_lies_outside_is_named(tmp_path, seeds):
    values = [14, 14, 15, 13, 16, 14, 15, 14, 2]
    folder = pupils.a_class(tmp_path, "ABCDEFGHI", leaked_after=values)
    [lab] = merging.labs(gathering.gather(folder).hand_ins)
    [number] = [number for number in lab.key_numbers if number.name == "leaked_after"]
    assert number.stored == Range(11, 17, (0, 1, 2), 3) and number.outside == number.far == ["I"]
    assert number.spread == (2, 14, 16)


def test_a_classs_own_range_is_tukeys_and_needs_eight():
    assert expected.of_class(range(7)) is None
    own = expected.of_class([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9])  # quartiles .3 and .7
    assert (own.low, own.high) == pytest.approx((-0.3, 1.3))


def test_counts_next_to_each_other_are_not_far():
    assert expected.of_class([15] * 13 + [14] * 3 + [13] * 2).holds(13)
    alike = expected.of_class([6] * 17 + [2])
    assert alike.holds(5) and alike.holds(6) and not alike.holds(2)


def test_a_range_that_only_allows_for_rounding_is_one_number():
    assert charts.span(Range(5.994, 6.006, (0, 1), 2)) == "6" and charts.span(Range(0, 0, (0,), 1)) == "0"
    assert charts.span(Range(13, 16, (0, 1), 2)) == "13 to 16"


def test_predictions_bets_and_exercises_of_a_class_are_counted(tmp_path, monkeypatch):
    folder = tmp_path / "class"
    [keys] = [claim.keys for claim in claims.load_claims() if claim.id == "an-example-helps"]
    for i, (answer, chance) in enumerate([(1, 90), (2, 80), (None, None)]):
        bets = {} if chance is None else {"an-example-helps": chance}
        runs = pupils.run(tmp_path / str(i), seed=i, answer=answer)
        pupils.run(runs, lab="01", seed=i, bets=bets, **{key: [0.1, 0.2] for key in keys})
        if chance:
            pupils.check(runs, monkeypatch, fooled="passed" if i else "wrong")
        pupils.hand_in(runs, f"s{i}", folder / f"{i}.handin.json")
    hand_ins = gathering.gather(folder).hand_ins
    [question] = answers.questions(hand_ins)
    assert (question.right, question.settled) == (1, 2)
    placed, [bet] = answers.bets(hand_ins)
    assert (bet.bets, bet.said, len(placed)) == (2, pytest.approx(0.85), 2)
    rows = {row.name: row for row in answers.progress(hand_ins)}
    assert (rows["fooled"].solved, rows["fooled"].tried) == (1, 1) and "mend" not in rows


def test_no_text_of_a_student_becomes_markup(tmp_path):
    folder = pupils.a_class(tmp_path, [HOSTILE, "Ben"])
    pupils.run(folder / "<b>Cleo<b>", seed=9)
    (folder / "<script>.json").write_text("{}")
    hand = json.loads((folder / "1.handin.json").read_text())
    hand["runs"][0]["predictions"]["dog"] |= {
        "question": HOSTILE,
        "choices": [HOSTILE, "b"],
        "answer": HOSTILE,
        "outcome": "b",
    }
    hand["runs"][0] |= {"profile": HOSTILE, "dialogues": HOSTILE, "course": HOSTILE}
    hand["exercises"] = {"mend": {"tries": 1, "passed": False, "last": HOSTILE}}
    files.write_json(folder / "1.handin.json", hand | {"digest": handins.digest(hand)})
    text = page.write(folder)[0].read_text()
    assert HOSTILE not in text and "&lt;img src=x" in text
    assert "<script" not in text and "<b>" not in text


def test_a_page_for_the_class_names_nobody(tmp_path):
    folder = pupils.a_class(tmp_path, ["Marianne", "Bartholomew"])
    shutil.copy(folder / "0.handin.json", folder / "Marianne copy.handin.json")
    (folder / "Quentin.json").write_text("{")
    text = page.write(folder, tmp_path / "wall.html", names=False)[0].read_text()
    assert not re.search("Marianne|Bartholomew|Quentin", text) and "student 2" in text


def test_every_figure_has_words_and_nothing_comes_from_elsewhere(tmp_path):
    text = page.write(pupils.a_class(tmp_path, "AB"))[0].read_text()
    images = re.findall(r"<img [^>]*>", text)
    assert len(images) == 3 and all(re.search(r'alt="[^"]{40,}"', image) for image in images)
    assert not re.search(r'(?:src|href)="(?!data:|#)', text) and "prefers-color-scheme: dark" in text


def test_faults_of_the_call_are_one_error_each(tmp_path):
    assert refused(tmp_path / "nowhere") == "class_folder"
    (tmp_path / "empty").mkdir()
    assert refused(tmp_path / "empty") == "class_folder"
    assert refused(pupils.run(tmp_path / "one-student")) == "class_folder"
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "x.json").write_text("{")
    assert refused(tmp_path / "broken") == "hand_ins"
    folder = pupils.a_class(tmp_path, "A")
    (tmp_path / "mine.html").write_text("mine")
    assert refused(folder, tmp_path / "mine.html") == "page" and (tmp_path / "mine.html").read_text() == "mine"


def test_the_command_merges_and_says_what_it_did(tmp_path, capsys):
    folder = pupils.a_class(tmp_path, "AB")
    (folder / "x.json").write_text("{")
    assert cli.main(["class", str(folder), "--out", str(tmp_path / "pages" / "p.html")]) == 0
    out = capsys.readouterr().out
    assert "not read: x.json" in out and "2 hand-ins merged, 1 not read" in out
    assert (tmp_path / "pages" / "p.html").is_file() and not (folder / "class.html").exists()
