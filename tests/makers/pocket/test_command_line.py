"""python -m makers.pocket: what a person can mend is one sentence and exit status 1."""

import lzma
import sys

import pytest

from labutils.errors import LabError
from makers.pocket.__main__ import main
from makers.pocket.card.writing import write_cards
from makers.pocket.recipe import corpus


def test_a_corpus_that_is_not_there_is_said(tmp_path, monkeypatch, capsys):
    folders = ["--corpus", str(tmp_path), "--out", str(tmp_path), "--work", str(tmp_path)]
    monkeypatch.setattr(sys, "argv", ["makers.pocket", "evaluate", *folders])
    assert main() == 1
    assert str(tmp_path / corpus.FILES["task"]) in capsys.readouterr().err


def test_a_line_that_is_no_json_is_named(tmp_path):
    path = tmp_path / "task.jsonl.xz"
    with lzma.open(path, "wt", encoding="utf-8") as file:
        file.write('{"set": "a"}\n{broken\n')
    with pytest.raises(LabError, match=r"line 2") as error:
        list(corpus.read_jsonl_xz(path))
    assert error.value.code == "corpus"


def test_a_card_needs_results(tmp_path):
    with pytest.raises(LabError) as error:
        write_cards(tmp_path, tmp_path)
    assert error.value.code == "results"
