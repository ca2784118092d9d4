"""Names for what goes from room to room and belongs to other libraries: models and tokenizers.

Plain texts at run time, so that nothing is imported for them; in a union they stand in quotes: ``"Model | None"``.
"""

from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from peft import PeftModel
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

Model: TypeAlias = "PreTrainedModel | PeftModel"
Tokenizer: TypeAlias = "PreTrainedTokenizerBase"
