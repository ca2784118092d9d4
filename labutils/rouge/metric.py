"""ROUGE as a metric of Hugging Face's ``evaluate``; ``labutils.rouge.Rouge`` brings it when it is first asked for."""

from typing import Any

import datasets
import evaluate

from labutils.rouge import PROTOCOL, rouge
from labutils.rouge.inputs import checked

_LIN = "Chin-Yew Lin (2004). ROUGE: A Package for Automatic Evaluation of Summaries. Text Summarization Branches Out."
_TEXT = datasets.Value("string")


class Rouge(evaluate.Metric):
    """:func:`labutils.rouge.rouge` as a metric: ``Rouge().compute(predictions=..., references=...)``, offline.

    ``multi``, ``stemmer`` and ``tokenizer`` may be given to ``compute``. Nothing is written to disk unless
    ``keep_in_memory=False`` says so.
    """

    def __init__(self, *args: Any, keep_in_memory: bool = True, **kwargs: Any):
        super().__init__(*args, keep_in_memory=keep_in_memory, **kwargs)

    def _info(self) -> Any:
        several = datasets.Features(predictions=_TEXT, references=datasets.Sequence(_TEXT))
        single = datasets.Features(predictions=_TEXT, references=_TEXT)
        return evaluate.MetricInfo(description=PROTOCOL, citation=_LIN, features=[several, single])

    def compute(self, *, predictions: Any = None, references: Any = None, **kwargs: Any) -> Any:
        """Score what is given here, or what ``add`` and ``add_batch`` collected; errors as in ``rouge``."""
        if predictions is not None and references is not None:
            predictions, references = checked(predictions, references)
        return super().compute(predictions=predictions, references=references, **kwargs)

    def _compute(
        self, predictions: Any, references: Any, multi: str = "mean", stemmer: bool = True, tokenizer: Any = None
    ) -> dict[str, float]:
        return rouge(predictions, references, multi, stemmer, tokenizer=tokenizer)
