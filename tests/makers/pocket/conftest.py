"""The small corpus, and what the whole recipe makes of it: once in a test run's process."""

import json

import pytest

import small_corpus


@pytest.fixture(scope="session")
def corpus(tmp_path_factory):
    """A folder like ../shared/corpus with a few hundred rows."""
    return small_corpus.write(tmp_path_factory.mktemp("corpus"))


@pytest.fixture(scope="session")
def chats(corpus):
    """A file of written chats, beside the corpus."""
    path = corpus / "chats.jsonl"
    lines = [
        {"dialogue": f"Anna: Is item {n} here?\nTom: Yes, it is.", "summary": f"Tom has item {n}."} for n in range(6)
    ]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


@pytest.fixture(scope="session")
def made(corpus, chats, tmp_path_factory):
    """The whole chain, run once without interruption."""
    home = tmp_path_factory.mktemp("made")
    small_corpus.run(small_corpus.command(corpus, home))
    return home
