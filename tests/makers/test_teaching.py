"""The teacher's guide is of these labs: its tables, its plans, its answers."""

import ast
import re

import pytest

from labutils import exercises, forgetting, notebooks
from labutils.exercises import Choice
from labutils.notebooks import lesson
from labutils.regression import ranges
from makers import teaching

GUIDE = teaching.TARGET.read_text(encoding="utf-8")
SECTIONS = {part[:2]: part for part in re.split(r"^## (?=\d\d )", GUIDE, flags=re.MULTILINE)[1:]}
LABS = {notebooks.number(path): notebooks.read(path) for path in notebooks.find()}
PLACE = "<!-- ranges 03 -->\nold\n<!-- end 03 -->"


@pytest.fixture
def stored(monkeypatch):
    """Nothing is stored; what a test puts in is: ("results", lab) or ("trainings", name) -> content."""
    there = {}
    monkeypatch.setattr(lesson, "stored", lambda lab: there.get(("results", lab), {}))
    monkeypatch.setattr(forgetting, "stored", lambda name: there.get(("trainings", name)))
    return there


def build(**numbers):
    return {"profile": "pocket", "seed": 4, "seconds": 130.0, "key_numbers": ["own_number"], "numbers": numbers}


def summary(seed, score):
    return {"seed": seed, "rows": 100, "score": score, "interval": [score, score - 0.1, score + 0.1]}


def test_the_tables_are_those_of_what_is_stored():
    """If this fails: python -m makers.teaching"""
    assert teaching.filled(GUIDE) == GUIDE


def test_no_result_is_typed_by_hand():
    typed = re.findall(r"(?<![\w=])\d*\.\d+", teaching.MARKERS.sub("", GUIDE))
    assert typed == ["1.1"]  # lab 00's rate


def test_each_lab_has_its_place_for_a_table():
    assert [place["lab"] for place in teaching.MARKERS.finditer(GUIDE)] == list(SECTIONS) == sorted(teaching.WORDS)
    assert set(LABS) <= set(SECTIONS)


def test_a_lab_without_a_stored_build_is_left_out(stored):
    stored["trainings", "summaries"] = {"points": [summary(0, 0.3)]}
    assert teaching.filled(PLACE) == "<!-- ranges 03 -->\n<!-- end 03 -->"


def test_a_stale_table_is_written_anew(stored):
    stored["results", "03"] = build(own_number=0.25, own_number_interval=[0.2, 0.3], accuracy_after=0.694, other=1)
    text = teaching.filled(PLACE)
    assert "| own number | 0.25, interval 0.20 to 0.30 | seed 4 |" in text
    assert "| accuracy on opinions after training | 0.69 | seed 4 |" in text
    assert "old\n" not in text and "other" not in text and "took 2 minutes" in text
    assert teaching.filled(text) == text


def test_several_seeds_give_lowest_to_highest_and_one_its_interval(stored):
    stored["results", "03"] = build()
    stored["trainings", "summaries"] = {"points": [summary(2, 0.35), summary(0, 0.31), summary(1, 0.33)]}
    assert "| stored: ROUGE-1 after 100 dialogues | 0.31 to 0.35 | seeds 0, 1, 2 |" in teaching.table("03")
    stored["trainings", "summaries"] = {"points": [summary(1, 0.35)]}
    assert "| stored: ROUGE-1 after 100 dialogues | 0.35, interval 0.25 to 0.45 | seed 1 |" in teaching.table("03")


def test_other_seeds_of_a_lab_make_a_range_of_its_numbers(stored, monkeypatch):
    """A count has no decimals, equal seeds give one number, and what the machine decides stays the build's."""
    runs = [
        build(accuracy_after=0.73, train_s=9, own_number=1),
        build(accuracy_after=0.78, train_s=5, own_number=1) | {"seed": 5},
    ]
    stored["results", "03"] = runs[0] | {"key_numbers": ["own_number", "train_s"]}
    monkeypatch.setattr(ranges, "runs", lambda lab, profile: runs)
    text = teaching.table("03")
    assert "| accuracy on opinions after training | 0.73 to 0.78 | seeds 4, 5 |" in text
    assert "| own number | 1.00 | seeds 4, 5 |" in text and "| train s | 9.00 | seed 4 |" in text


@pytest.mark.parametrize(("seconds", "said"), [(12.3, "12 seconds"), (89.4, "89 seconds"), (130.0, "2 minutes")])
def test_a_time_is_told_in_seconds_where_minutes_would_say_nothing(seconds, said):
    assert teaching.duration(seconds) == said


def test_a_range_of_several_machines_says_so():
    runs = [build() | {"machine": "a"}, build() | {"machine": "b"}, build() | {"seed": 5, "machine": "b"}]
    assert teaching.rests_on(runs) == "seeds 4, 5 on 2 machines"
    assert teaching.rests_on(runs[:1]) == "seed 4" and teaching.rests_on(runs[:2]) == "seed 4 on 2 machines"


def test_a_way_is_read_at_the_rate_that_validation_chose(stored):
    tried = {0.1: (0.8, 0.3), 0.3: (0.7, 0.4)}  # factor -> validation, gain
    stored["results", "05"] = build()
    stored["trainings", "ways"] = {"points": [
        {"seed": 0, "way": "full", "factor": factor, "validation": validation, "gain": gain, "gain_interval": [0, 1],
         "forgetting": 0.2, "forgetting_interval": [0.1, 0.3]}
        for factor, (validation, gain) in tried.items()
    ]}  # fmt: skip
    assert "| stored: gain on opinions, full at its best rate | 0.30, interval 0.00 to 1.00 |" in teaching.table("05")
    assert "0.40" not in teaching.table("05")


@pytest.mark.parametrize(("value", "said"), [(0.694, "0.69"), (-0.0003, "-0.0003"), (-0.0, "0.00"), (1.0, "1.00")])
def test_figures(value, said):
    assert teaching.figure(value) == said
    assert teaching.figure(value, "number of things") == f"{value:.0f}"


@pytest.mark.parametrize("lab", SECTIONS)
def test_a_plan_fills_its_minutes(lab):
    rows = re.findall(r"^\| .+ \| (-|\d+) \| (\d+) \|$", SECTIONS[lab], re.MULTILINE)
    assert [sum(int(cell) for cell in column if cell != "-") for column in zip(*rows, strict=True)] == [45, 90]


@pytest.mark.parametrize("lab", LABS)
def test_a_plan_names_the_labs_parts_and_exercises(lab):
    notebook, section = LABS[lab], SECTIONS[lab]
    assert section.startswith(f"{lab} {notebook.metadata['finetune_labs']['title']}\n")
    prose = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    for number, title in re.findall(r"^## (\d+)\. (.+)$", prose, re.MULTILINE):
        assert f"| {number}. {title}" in section or "<!--" in title, title  # a title with a figure is told in words
    plan = re.findall(r"^\| .*exercise.*$", section, re.MULTILINE | re.IGNORECASE)
    numbers = {int(n) for line in plan for n in re.findall(r"exercises? (\d)|and (\d)", line, re.I) for n in n if n}
    assert numbers == set(range(1, len(exercises.load(lab)) + 1))


@pytest.mark.parametrize("lab", LABS)
def test_the_answers_are_those_of_the_exercises(lab):
    for exercise in exercises.load(lab):
        if isinstance(exercise, Choice):
            assert f"`{exercise.name}`: **{exercise.right}**" in SECTIONS[lab]
        elif (example := getattr(exercise, "example", "")).startswith("{'A'"):
            answers = ", ".join(f"{letter} {number}" for letter, number in ast.literal_eval(example).items())
            assert f"`{exercise.name}`: **{answers}**" in SECTIONS[lab]
