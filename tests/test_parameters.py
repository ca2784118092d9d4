"""labutils.parameters: what `-p name=value` means."""

import pytest

from labutils import parameters
from labutils.errors import LabError


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("16", "str", "16"), ("0.2", "str", "0.2"), ("true", "str", "true"), ("#x", "str", "#x"), ("a: b", "str", "a: b"),
        ("[x", "str", "[x"), ("'q", "str", "'q"), ("2026-11-01", "str", "2026-11-01"), ("null", "str", "null"),
        ("500", "int", 500), ("1e3", "int", 1000), ("-1", "int", -1), ("1_000", "int", 1000),
        ("1e-3", "float", 0.001), ("3", "float", 3.0), ("yes", "bool", True), ("False", "bool", False), ("0", "bool", False),
        ("null", "float | None", None), ("0.5", "float | None", 0.5), ("none", "str | None", None), ("x", "str | None", "x"),
        ("q", "str | tuple[str, ...]", "q"), ("[q, v]", "str | tuple[str, ...]", ["q", "v"]), ("[1, 2]", "list[int]", [1, 2]),
    ],
)  # fmt: skip
def test_the_annotation_decides(text, kind, value):
    read = parameters.read("name", text, kind)
    assert read == value and type(read) is type(value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", 1), ("true", True), ("x=y", "x=y"), ("[1, 2]", [1, 2]), ("1e-3", 0.001), ("'010'", "010"), ("null", None),
        ("2026-11-01", "2026-11-01"), ("#5", "#5"), ("a #b", "a #b"),
    ],
)  # fmt: skip
def test_without_an_annotation_yaml_decides(text, value):
    assert parameters.read("name", text) == value


@pytest.mark.parametrize("name", ["2026-11-01", "16", "[1, 2]", "#note", "a: b", "true", "x = {"])
@pytest.mark.parametrize("kind", ["str", "", "str | None"])
def test_what_lies_there_under_that_very_text_is_that_path(tmp_path, monkeypatch, name, kind):
    monkeypatch.chdir(tmp_path)
    (tmp_path / name).mkdir()
    assert parameters.read("dialogues", name, kind) == str(tmp_path / name)
    assert parameters.read("method", name, "str", paths=False) == name


def test_a_number_is_a_number_though_a_file_has_its_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "16").write_text("x")
    assert parameters.read("examples", "16", "int") == 16


@pytest.mark.parametrize(
    ("text", "kind"),
    [("many", "int"), ("1.5", "int"), ("nan", "float"), ("inf", "float"), ("fast", "float"), ("maybe", "bool"), ("x", "int | None"),
     ("[1", ""), ("a: b: c", ""), ("{", "list"), ("!!python/object:x {}", ""), ("!!int x", ""), ("9" * 5000, ""), ("9" * 5000, "int"),
     ("[" * 2000, ""), ("&a [*a]", ""), ("!!binary aGk=", ""), (".nan", ""), ("5", "list[int]"), ("5, 6", "list[int] | None"),
     ("[1]", "dict")],
)  # fmt: skip
def test_what_cannot_be_read_names_the_parameter(text, kind):
    with pytest.raises(LabError) as caught:
        parameters.read("examples", text, kind)
    assert caught.value.code == "parameter" and "examples" in str(caught.value) and len(str(caught.value)) < 600


@pytest.mark.parametrize("pair", ["a", "=1", "a-b=1", "1a=2", "dialogues=", "dialogues=  "])
def test_a_pair_without_name_or_value_is_an_error(pair):
    """An unset variable in a script silently became the default, and the run was green."""
    with pytest.raises(LabError) as caught:
        parameters.split([pair])
    assert caught.value.code == "parameter" and pair.split("=")[0] in str(caught.value)


def test_a_name_that_is_there_twice_is_an_error():
    """The last one counted, without a word."""
    with pytest.raises(LabError, match="seed") as caught:
        parameters.split(["seed=1", "size=2", "seed=1"])
    assert caught.value.code == "parameter"


def test_a_text_too_long_for_a_path_is_a_text():
    assert parameters.read("text", "x" * 100_000, "str") == "x" * 100_000
