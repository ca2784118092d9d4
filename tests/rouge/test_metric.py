"""ROUGE as a metric of evaluate: our numbers, offline, and imported when it is asked for."""

import socket
import subprocess
import sys

import pytest

from labutils import rouge as module
from labutils.errors import LabError
from labutils.rouge import rouge

from toys import Words


def test_import_stays_light():
    code = "import sys, labutils.rouge; print({'evaluate', 'datasets', 'torch'} & set(sys.modules))"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "set()"


@pytest.fixture
def offline(monkeypatch):
    def refuse(*args, **kwargs):
        raise AssertionError("the metric opened a socket")

    monkeypatch.setattr(socket.socket, "connect", refuse)


@pytest.mark.parametrize("references", [["the dog", "no"], [["the dog", "a dog"], ["no"]]])
def test_metric_gives_our_numbers_offline(references, offline):
    texts = ["a dog", "nothing"]
    metric = module.Rouge()
    assert metric.compute(predictions=texts, references=references) == rouge(texts, references)
    expected = rouge(texts, references, "max", False)
    assert metric.compute(predictions=texts, references=references, multi="max", stemmer=False) == expected
    assert metric.compute(predictions=["犬"] * 2, references=["犬"] * 2, tokenizer=Words())["rouge1"] == 1


def test_metric_takes_batches():
    metric = module.Rouge()
    metric.add_batch(predictions=["a dog"], references=[["the dog", "a dog"]])
    metric.add_batch(predictions=["no"], references=[["no"]])
    assert metric.compute() == rouge(["a dog", "no"], [["the dog", "a dog"], ["no"]])


def test_metric_names_bad_input_as_the_function_does():
    with pytest.raises(LabError) as caught:
        module.Rouge().compute(predictions=["a"], references=["a", "b"])
    assert caught.value.code == "lengths"


def test_unknown_attribute():
    with pytest.raises(AttributeError):
        module.Meteor  # noqa: B018
