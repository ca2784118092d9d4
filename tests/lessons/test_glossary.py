"""The glossary holds the course's words: each said once, in a plain sentence, and used by a lab that follows."""

import re

from labutils import notebooks
from labutils.lessons import glossary

TERMS = glossary.load()
FOLLOWING = [path for path in notebooks.find() if notebooks.number(path) != "00"]


def text_of(path):
    return "\n".join(cell.source for cell in notebooks.read(path).cells).lower()


def test_every_word_stands_once_with_one_plain_sentence():
    names = [entry.term.lower() for entry in TERMS]
    assert len(names) == len(set(names)) >= 25
    for entry in TERMS:
        assert entry.means.endswith(".") and entry.means.count(". ") == 0 and len(entry.means.split()) <= 25, entry
        assert re.fullmatch(r"0\d", entry.lab), entry


def test_every_word_is_used_by_a_lab_that_follows():
    written = {notebooks.number(path): text_of(path) for path in FOLLOWING}
    due = [entry for entry in TERMS if entry.lab == "00" or entry.lab in written]  # other labs are still to come
    unused = [e.term for e in due if not any(e.term.lower() in text for text in written.values())]
    assert unused == []


def test_the_page_folds_the_words_and_escapes_them(monkeypatch):
    page = glossary.page()
    assert page.startswith("<details>") and page.count("scope='row'") == len(TERMS)
    monkeypatch.setattr(glossary, "load", lambda: [glossary.Term("a < b", "A sign.", "01")])
    assert "a &lt; b" in glossary.page()
