"""Shared fixtures; what they are made of stands in toys.py."""

import os
from pathlib import Path

import pytest

from toys import make_tiny_model, toy_records, word_tokenizer

os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
os.environ.setdefault("HF_HUB_OFFLINE", "1")  # a test that needs the hub starts a stub and says so


@pytest.fixture
def tiny():
    """(model, tokenizer): fresh each time."""
    return make_tiny_model(), word_tokenizer()


@pytest.fixture(scope="session")
def tiny_folder(tmp_path_factory) -> Path:
    """Folder that holds the tiny model and its tokenizer."""
    folder = tmp_path_factory.mktemp("tiny")
    make_tiny_model().save_pretrained(folder)
    word_tokenizer().save_pretrained(folder)
    return folder


@pytest.fixture
def adapter(tiny_folder, tmp_path) -> Path:
    """A folder with an adapter of the tiny model."""
    from labutils import adapters, config
    from labutils.models import load_model

    settings = config.TrainingSettings(method="lora", r=4)
    adapters.save(adapters.add_lora(load_model(tiny_folder)[0], settings), tmp_path / "adapter")
    return tmp_path / "adapter"


@pytest.fixture
def toy_task():
    """A task with 40 / 8 / 8 records."""
    import numpy as np

    from labutils.prompts import Template
    from labutils.tasks import Task, normalize

    def measure(predictions, rows):
        return {
            "accuracy": np.array(
                [float(normalize(p) == row["answer"]) for p, row in zip(predictions, rows, strict=True)]
            )
        }

    template = Template("toy", "toy", "{{ text }} answer :", "{{ answer }}", "tests")
    splits = [toy_records(n, split) for n, split in ((40, "train"), (8, "validation"), (8, "test"))]
    return Task("toy", *splits, templates=[template], measure=measure, metric="accuracy", max_new_tokens=4)
