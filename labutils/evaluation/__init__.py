"""How good it is, and how sure we are: comparisons, intervals, bounds, and what ROUGE does not see."""

from typing import TYPE_CHECKING

from labutils.lazy import attach

if TYPE_CHECKING:
    from labutils.evaluation.comparison import (
        Comparison,
        compare,
        compare_values,
        same_baseline,
        score_summaries,
        score_table,
    )
    from labutils.evaluation.fields import field_scores, field_values
    from labutils.evaluation.intervals import wilson
    from labutils.evaluation.metrics import summary_values
    from labutils.evaluation.scores import summarize

__all__ = [
    "Comparison",
    "compare",
    "compare_values",
    "field_scores",
    "field_values",
    "same_baseline",
    "score_summaries",
    "score_table",
    "summarize",
    "summary_values",
    "wilson",
]
__getattr__, __dir__ = attach(
    __name__,
    comparison=(
        "Comparison",
        "compare",
        "compare_values",
        "same_baseline",
        "score_summaries",
        "score_table",
    ),
    fields=("field_scores", "field_values"),
    metrics=("summary_values",),
    scores=("summarize",),
    intervals=("wilson",),
)
