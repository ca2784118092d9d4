"""The task code: pairs are run in both languages, and the composed ones are what the generator gives."""

import json
import re
import shutil

import pytest

from labutils.errors import LabError
from labutils.machine import paths
from labutils.prompts import load_templates
from makers.records.compose import functions, running

needs_node = pytest.mark.skipif(not shutil.which("node"), reason="node is not on the PATH (install nodejs)")
FOLDER = paths.data_dir() / "tasks" / "code"


def rows(split):
    return [json.loads(line) for line in (FOLDER / f"{split}.jsonl").read_text(encoding="utf-8").splitlines()]


def pair(python="return n / 2", javascript="return n / 2;", inputs=((1,), (2,), (4,))):
    texts = {"python": f"def half(n):\n    {python}", "javascript": f"function half(n) {{\n  {javascript}\n}}"}
    return {**texts, "inputs": [list(args) for args in inputs]}


GOOD = pair()


# --- running -------------------------------------------------------------------------------------------------------
@needs_node
@pytest.mark.parametrize("split", ["train", "validation", "test"])
def test_the_shipped_pairs_agree(split):
    assert running.disagreements(rows(split)) == []


@needs_node
def test_whole_floats_tuples_and_the_order_of_keys_are_no_difference():
    same = pair('return {"a": n / 1, "b": (n, None)}', "return { b: [n, null], a: n };")
    assert running.disagreements([same]) == []


@needs_node
def test_each_call_has_fresh_arguments():
    grow = pair("n.append(1)\n    return n", "n.push(1);\n  return n;", [[[]], [[2]], [[3, 4]]])
    assert running.disagreements([grow, grow]) == []


WRONG = {
    "results": (pair("return n // 2", "return n / 2;"), "gives 0 in python and 0.5 in javascript on [1]"),
    "bool": (pair("return n > 1", "return Number(n > 1);"), "gives false in python and 0 in javascript on [1]"),
    "python-raises": (pair("return 1 / (n - 2)", "return 1 / (n - 2);"), "python: ZeroDivisionError"),
    "javascript-raises": (pair("return n", "return n.map((x) => x);"), "javascript: TypeError"),
    "python-syntax": (pair("return n +"), "python: SyntaxError"),
    "javascript-syntax": (pair(javascript="return n +;"), "javascript: SyntaxError"),
    "python-exits": (pair("__import__('os')._exit(3)"), "python: the process ended"),
    "python-sysexit": (pair("raise SystemExit"), "python: SystemExit"),
    "no-json": (pair("return None", "return n / 0;"), "javascript: TypeError: Infinity is no JSON"),
    "undefined": (pair("return None", "n = 3;"), "javascript: TypeError: undefined is no JSON"),
    "python-set": (pair("return {n}", "return [n];"), "python: TypeError"),
    "javascript-set": (pair("return [n]", "return new Set([n]);"), "javascript: TypeError"),
    "few-inputs": (pair(inputs=[[1], [2]]), "inputs must be 3 lists"),
    "no-lists": ({**GOOD, "inputs": [1, 2, 3]}, "inputs must be 3 lists"),
    "no-function": ({**GOOD, "javascript": "half"}, "javascript: does not begin with a function"),
}


@needs_node
@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_pair_is_named(name):
    wrong, message = WRONG[name]
    [(index, fault)] = running.disagreements([GOOD, wrong, GOOD])
    assert index == 1 and message in fault


@needs_node
def test_the_input_of_an_error_is_named():
    [(_index, fault)] = running.disagreements([WRONG["python-raises"][0]])
    assert "on [2]" in fault


@needs_node
@pytest.mark.parametrize("loop", [pair("while True: pass"), pair(javascript="while (true);")], ids=running.NAME)
def test_an_endless_loop_is_named_and_the_rest_is_run(loop):
    wrong = WRONG["results"][0]
    faults = running.disagreements([GOOD, loop, GOOD, wrong], limit=1)
    assert [index for index, _message in faults] == [1, 3]
    assert "did not end in 1 seconds" in faults[0][1]


def test_what_a_function_prints_is_not_its_result():
    if not shutil.which("node"):
        pytest.skip("node is not on the PATH (install nodejs)")
    assert running.disagreements([pair("print(n)\n    return n / 2")]) == []


def test_without_node_the_reason_is_given(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(LabError) as caught:
        running.disagreements([GOOD])
    assert caught.value.code == "node"


# --- composing -----------------------------------------------------------------------------------------------------
def test_the_composed_pairs_are_those_of_the_generator(tmp_path):
    """If this fails: python -m makers.records compose-code"""
    for split in ("validation", "test"):
        shutil.copy(FOLDER / f"{split}.jsonl", tmp_path)
    assert functions.compose_code(tmp_path).read_bytes() == (FOLDER / "train.jsonl").read_bytes()


def test_another_seed_composes_other_pairs():
    first, again, other = (functions.compose(count=20, seed=seed) for seed in (1, 1, 2))
    assert first == again != other


def test_no_function_is_another_one_renamed():
    shapes = {
        split: [functions.skeleton(r["python"]) for r in rows(split)] for split in ("train", "validation", "test")
    }
    assert {split: len(part) for split, part in shapes.items()} == {"train": 300, "validation": 30, "test": 60}
    pooled = [shape for part in shapes.values() for shape in part]
    assert len(set(pooled)) == len(pooled)


def test_a_held_out_shape_is_not_composed():
    first = functions.compose(count=5)
    shapes = {functions.skeleton(row["python"]) for row in first}
    assert not shapes & {functions.skeleton(row["python"]) for row in functions.compose(first, count=40)}


def test_skeletons_are_without_names_and_constants():
    one, renamed, other = (
        "def f(a):\n    return a + 1",
        "twice = lambda price: price + 7",
        "def f(a):\n    return 1 + a",
    )
    assert functions.skeleton(one) == functions.skeleton(renamed) != functions.skeleton(other)


@pytest.mark.parametrize("split", ["train", "validation", "test"])
def test_all_pairs_follow_the_same_rules(split):
    for row in rows(split):
        python, javascript = row["python"].split("\n"), row["javascript"].split("\n")
        names = {language: running._name(row, language) for language in running.NAME}
        assert names["javascript"] == functions.camel(names["python"])
        assert javascript[0].startswith("function" if python[0].startswith("def ") else "const"), row
        assert 1 <= len(python) <= 4 and 1 <= len(javascript) <= 5
        assert all(re.match(r"(    |        )\S", line) for line in python[1:])
        assert all(re.match(r"  \S.*;$", line) for line in javascript[1:-1])
        assert not re.search(r"[^=!]==[^=]|!=[^=]|\bvar\b", row["javascript"])
        assert row["javascript"].isascii() and "\t" not in row["python"] + row["javascript"]


def test_every_template_shows_the_python_and_asks_for_the_javascript():
    templates = load_templates("code")
    assert len(templates) >= 6 and all(template.fields == {"python", "javascript"} for template in templates)
