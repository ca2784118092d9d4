"""Retrieval: which documents share the most telling words with a question (BM25, by the library bm25s).

BM25 counts the words that a question and a document share; a rare word counts more, a long document less (Robertson and
Zaragoza 2009, The Probabilistic Relevance Framework, doi.org/10.1561/1500000019).
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from labutils.errors import LabError
from labutils.i18n import _


class Retriever:
    """An index of documents, kept in memory.

    Args:
        documents: records with ``id`` and the fields that are searched.  fields: those, joined by a space.

    Raises:
        LabError: codes ``"no_data"`` (there is no document), ``"bm25s"`` (the library is not installed).
    """

    def __init__(self, documents: Sequence[Mapping[str, Any]], fields: Sequence[str] = ("title", "text")):
        if not documents:
            raise LabError("no_data", _("there is no document to search"))
        self.documents = list(documents)
        self._library = _library()
        self._index = self._library.BM25()
        texts = [" ".join(str(document[field]) for field in fields) for document in self.documents]
        self._index.index(self._words(texts), show_progress=False)

    def scores(self, question: str) -> np.ndarray:
        """Return the BM25 score of each document for a question, shape (documents,); 0: no word in common."""
        [words] = self._library.tokenize([question], stopwords="en", return_ids=False, show_progress=False)
        if not any(word in self._index.vocab_dict for word in words):
            return np.zeros(len(self.documents))
        return np.asarray(self._index.get_scores(words), dtype=float)

    def search(self, question: str, k: int = 1) -> list[Mapping[str, Any]]:
        """Return the ``k`` best documents, the best first; of equal ones the earlier, so that it is the same each time.

        Raises:
            LabError: code ``"settings"``: ``k`` is below 1.
        """
        if k < 1:
            raise LabError("settings", _("k is {k}; it must be 1 or more").format(k=k))
        order = np.argsort(-self.scores(question), kind="stable")[:k]
        return [self.documents[i] for i in order]

    def _words(self, texts: list[str]) -> Any:
        return self._library.tokenize(texts, stopwords="en", show_progress=False)


def _library() -> Any:
    """Return the library bm25s; only lab 08 needs it."""
    try:
        import bm25s
    except ImportError as error:
        text = _(
            "retrieval needs the package bm25s, which is not installed ({error}): pip install 'finetune-labs[labs]'"
        )
        raise LabError("bm25s", text.format(error=error)) from error
    return bm25s
