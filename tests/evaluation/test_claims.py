"""The claims: their file, the rules that settle them, and that each lab records what settles its claims."""

import ast
import json
import re
from pathlib import Path

import pytest

from labutils.errors import LabError
from labutils.evaluation import claims
from labutils.evaluation.claims import load_claims, settle
from labutils.machine import paths

ENTRY = {
    "id": "a-claim", "lab": "01", "text": "It is so.", "bet": True, "key": "x", "holds": {"above": 0}, "settled_by": "x"
}  # fmt: skip


def written(folder: Path, *entries) -> Path:
    path = folder / "claims.yaml"
    path.write_text(json.dumps({"claims": list(entries)}), encoding="utf-8")  # JSON is YAML
    return path


def verdict(folder: Path, numbers: dict, **changes) -> str:
    [claim] = load_claims(written(folder, ENTRY | changes))
    return settle(claim, numbers)


# --- the shipped file ----------------------------------------------------------------------------------------------
def test_the_shipped_claims_are_whole():
    shipped = load_claims()
    assert len(shipped) == 46
    assert [claim.lab for claim in shipped] == sorted(claim.lab for claim in shipped)
    assert {claim.lab for claim in shipped} == {f"{number:02}" for number in range(1, 10)}
    for claim in shipped:
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", claim.id), claim.id
        assert claim.text.endswith(".") and claim.settled_by.endswith("."), claim.id
        for key, (rule, _bound) in zip(claim.keys, claim.rules, strict=True):
            assert key.isidentifier() and key.endswith("_interval") == rule.startswith("interval"), (claim.id, key)
    assert len({claim.text for claim in shipped}) == len(shipped)


def recorded(path: Path) -> list[re.Pattern]:
    """Return patterns of the names that a notebook records, read from its calls of ``lab.record`` and ``lab.show``."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    trees = [ast.parse("".join(cell["source"])) for cell in cells if cell["cell_type"] == "code"]
    names = [name for tree in trees for node in ast.walk(tree) for name in names_of(node)]
    # A name that is filled in altogether, as f"{who}_{what}", would prove any key.
    return [re.compile(name) for name in names if re.search(r"[a-z]{3}", name.replace("(_interval)", ""))]


def names_of(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Call) and ast.unparse(node.func) == "lab.show":
        prefixes = [*node.args[1:], *(keyword.value for keyword in node.keywords if keyword.arg == "prefix")]
        literal = [prefix for prefix in prefixes if isinstance(prefix, (ast.Constant, ast.JoinedStr))]
        return [pattern(prefix) + "difference(_interval)?" for prefix in literal]
    if not isinstance(node, ast.Call) or ast.unparse(node.func) != "lab.record":
        return []
    names = []
    for keyword in node.keywords:
        if keyword.arg:
            names.append(keyword.arg + "(_interval)?")  # a Score becomes two entries
        elif isinstance(keyword.value, ast.Call):  # **comparison.numbers("prefix_")
            [prefix] = keyword.value.args
            names.append(pattern(prefix) + "difference(_interval)?")
        else:  # **{f"{name}_rouge1": ...} or **{f"{name}_{what}".replace(" ", "_"): ...}
            inner = keyword.value.key if isinstance(keyword.value, ast.DictComp) else keyword.value.keys[0]
            while isinstance(inner, ast.Call):
                inner = inner.func.value
            names.append(pattern(inner) + "(_interval)?")
    return names


def pattern(text: ast.expr) -> str:
    """Return a regular expression for a text: what an f-string fills in may be anything, or nothing."""
    parts = text.values if isinstance(text, ast.JoinedStr) else [text]
    return "".join(re.escape(part.value) if isinstance(part, ast.Constant) else r"\w*" for part in parts)


def test_each_lab_records_what_settles_its_claims():
    notebooks = {path.name[:2]: recorded(path) for path in paths.labs_dir().glob("*.ipynb")}
    assert notebooks["03"] and not any(name.fullmatch("no_such_number") for name in notebooks["03"])
    missing = {
        claim.id
        for claim in load_claims() if claim.lab in notebooks
        for key in claim.keys if not any(name.fullmatch(key) for name in notebooks[claim.lab])
    }  # fmt: skip
    assert not missing


# --- the rules -----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("rule", "held", "not_held", "open_"),
    [
        ({"interval_above": 0}, [0.1, 0.3], [-0.3, -0.1], [-0.1, 0.1]),
        ({"interval_above": -0.05}, [-0.04, 0.1], [-0.2, -0.06], [-0.06, 0.1]),
        ({"interval_below": 0}, [-0.3, -0.1], [0.1, 0.3], [-0.1, 0.0]),
        ({"interval_below": 0.02}, [-0.1, 0.01], [0.03, 0.1], [0.0, 0.1]),
        ({"above": 1.1}, 1.2, 1.1, None),
        ({"below": 200}, 199.5, 200, None),
        ({"is_true": True}, 1.0, 0.0, None),
    ],
)
def test_each_rule_both_ways(tmp_path, rule, held, not_held, open_):
    assert verdict(tmp_path, {"x": held}, holds=rule) == "held"
    assert verdict(tmp_path, {"x": not_held}, holds=rule) == "not held"
    if open_ is not None:
        assert verdict(tmp_path, {"x": open_}, holds=rule) == "too little data"


def test_no_difference_at_all_is_not_too_little_data(tmp_path):
    assert verdict(tmp_path, {"x": [0.0, 0.0]}, holds={"interval_above": 0}) == "not held"


@pytest.mark.parametrize("rule", ["interval_above", "interval_below"])
def test_an_interval_of_no_numbers_settles_nothing(tmp_path, rule):
    assert verdict(tmp_path, {"x": [float("nan"), float("nan")]}, holds={rule: 0}) == "too little data"


def test_every_key_must_obey_its_rule(tmp_path):
    both = {"key": ["a", "b"], "holds": [{"interval_above": 0}, {"is_true": True}]}
    assert verdict(tmp_path, {"a": [1, 2], "b": 1}, **both) == "held"
    assert verdict(tmp_path, {"a": [-1, 2], "b": 1}, **both) == "too little data"
    assert verdict(tmp_path, {"a": [-1, 2], "b": 0}, **both) == "not held"
    assert verdict(tmp_path, {"a": 1, "b": 2}, key=["a", "b"], holds={"above": 1}) == "not held"


# --- errors --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"holds": {"about": 0}}, "unknown rule"),
        ({"holds": {"above": 0, "below": 1}}, "unknown rule"),
        ({"holds": {"above": "0"}}, "bound '0'"),
        ({"holds": {"above": True}}, "bound True"),
        ({"holds": {"is_true": False}}, "bound False"),
        ({"holds": [{"above": 0}, {"above": 0}]}, "one rule for all keys"),
        ({"key": [1]}, "one rule for all keys"),
        ({"lab": 1}, "field lab"),
        ({"text": ""}, "field text"),
        ({"settled_by": None}, "field settled_by"),
        ({"note": "x"}, "unknown field note"),
    ],
)
def test_a_bad_entry_is_named_with_its_file(tmp_path, change, says):
    path = written(tmp_path, ENTRY | {"id": "first"}, ENTRY | change)
    with pytest.raises(LabError) as caught:
        load_claims(path)
    assert caught.value.code == "claims_file"
    assert str(path) in str(caught.value) and "claim a-claim" in str(caught.value) and says in str(caught.value)


def test_an_id_comes_once(tmp_path):
    with pytest.raises(LabError, match="claim a-claim: its id stands above already"):
        load_claims(written(tmp_path, ENTRY, ENTRY))


@pytest.mark.parametrize("text", ["claims: [", "other: 1", "", "claims:\n- just a text", "claims: 3"])
def test_a_file_that_is_none(tmp_path, text):
    path = tmp_path / "claims.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(LabError) as caught:
        load_claims(path)
    assert caught.value.code == "claims_file" and str(path) in str(caught.value)


def test_a_missing_number_is_named(tmp_path):
    with pytest.raises(LabError) as caught:
        verdict(tmp_path, {"y": 1})
    assert caught.value.code == "claim_key"
    assert all(word in str(caught.value) for word in ("a-claim", "lab 01", "number x"))


@pytest.mark.parametrize(("rule", "value"), [("above", [0, 1]), ("interval_above", 1.0)])
def test_a_rule_needs_its_kind_of_number(tmp_path, rule, value):
    with pytest.raises(LabError) as caught:
        verdict(tmp_path, {"x": value}, holds={rule: 0})
    assert caught.value.code == "claim_value"


def test_every_rule_is_used_by_a_shipped_claim():
    assert {rule for claim in load_claims() for rule, _bound in claim.rules} == set(claims.RULES)
