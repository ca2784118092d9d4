"""What answering can be told, with the values that each option may have and the options without which it has no effect."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from numbers import Integral
from typing import Any

from labutils.config import check_settings, setting
from labutils.errors import LabError
from labutils.i18n import _

SAMPLING = ("temperature", "top_k", "top_p", "min_p", "typical_p", "epsilon_cutoff", "eta_cutoff")
LONGEST_STOP = 256  # characters
BEAMS = ("length_penalty", "early_stopping")
TOKENS = (
    "eos_token_id",
    "forced_bos_token_id",
    "forced_eos_token_id",
    "suppress_tokens",
    "begin_suppress_tokens",
    "bad_words_ids",
)


def embedding_rows(model: Any) -> int:
    """Return how many tokens a model has an embedding for, also where an adapter wraps them."""
    return max(weight.shape[0] for weight in model.get_input_embeddings().parameters())


@dataclass(frozen=True)
class Options:
    """Options of :func:`labutils.generation.generate`; what is None is left to the model's own generation settings.

    The names are those of transformers' GenerationConfig. Not among them: what would give several answers to a prompt, or
    something else than text.

    Attributes:
        max_new_tokens: most tokens of an answer.  batch_size: prompts answered at once.
        max_source_tokens: prompts are cut to this length.
    """

    max_new_tokens: int = setting(64, least=1, to=65_536)
    batch_size: int = setting(32, least=1, to=65_536)
    max_source_tokens: int = setting(512, least=2)
    do_sample: bool = False
    temperature: float | None = setting(None, above=0)
    top_k: int | None = setting(None, least=0)
    top_p: float | None = setting(None, above=0, to=1)
    min_p: float | None = setting(None, least=0, to=1)
    typical_p: float | None = setting(None, above=0, to=1)
    epsilon_cutoff: float | None = setting(None, least=0, below=1)
    eta_cutoff: float | None = setting(None, least=0, below=1)
    num_beams: int | None = setting(None, least=1, to=1024)
    length_penalty: float | None = None
    early_stopping: bool | str | None = setting(None, choices=(True, False, "never"))
    min_new_tokens: int | None = setting(None, least=0)
    repetition_penalty: float | None = setting(None, above=0)
    encoder_repetition_penalty: float | None = setting(None, above=0)
    no_repeat_ngram_size: int | None = setting(None, least=0, to=1024)
    encoder_no_repeat_ngram_size: int | None = setting(None, least=0, to=1024)
    eos_token_id: int | list | None = None
    forced_bos_token_id: int | None = setting(None, least=0)
    forced_eos_token_id: int | list | None = None
    suppress_tokens: list | None = None
    begin_suppress_tokens: list | None = None
    bad_words_ids: list | None = None
    sequence_bias: list | dict | None = None
    exponential_decay_length_penalty: tuple | None = None
    renormalize_logits: bool | None = None
    stop_strings: str | list | None = None
    use_cache: bool | None = None
    logits_processor: list | None = None
    stopping_criteria: list | None = None

    def __post_init__(self) -> None:
        check_settings(self)
        stops = [self.stop_strings] if isinstance(self.stop_strings, str) else self.stop_strings or []
        if any(len(stop) > LONGEST_STOP for stop in stops if isinstance(stop, str)):
            text = _("stop_strings holds a text of more than {most} characters, for which the library needs all memory")
            raise LabError("settings", text.format(most=LONGEST_STOP))

    def check(self, model: Any) -> None:
        """Raise where an option has no effect on this model's answers.

        Raises:
            LabError: code ``"settings"``: the text names the option, its value and what it needs.
        """
        beams = self.num_beams or getattr(model.generation_config, "num_beams", None) or 1
        room, rows = self.max_new_tokens, embedding_rows(model)
        wrong = [(name, "do_sample=True") for name in SAMPLING if not self.do_sample]
        wrong += [(name, "num_beams=2 or more") for name in BEAMS if beams == 1]
        wrong += [("min_new_tokens", f"max_new_tokens={self.min_new_tokens} or more")] * (
            (self.min_new_tokens or 0) > room
        )
        for name, needed in wrong:
            if getattr(self, name) is not None:
                text = _("{name}={value!r} has no effect without {needed}")
                raise LabError("settings", text.format(name=name, value=getattr(self, name), needed=needed))
        for name in TOKENS:
            outside = [number for number in _numbers(getattr(self, name)) if not 0 <= number < rows]
            if outside:
                text = _("{name} is {value!r}; the model's tokens have the ids 0 to {last}")
                raise LabError("settings", text.format(name=name, value=getattr(self, name), last=rows - 1))

    def passed_on(self) -> dict[str, Any]:
        """Return what goes to the model's ``generate``."""
        ours = ("max_new_tokens", "batch_size", "max_source_tokens")
        given = {part.name: getattr(self, part.name) for part in fields(self) if part.name not in ours}
        return {name: value for name, value in given.items() if value is not None}


def read(given: Mapping[str, Any]) -> Options:
    """Return options by name.

    Raises:
        LabError: code ``"settings"``: there is no such option, or it has no such value.
    """
    names = [part.name for part in fields(Options)]
    for name in given:
        if name not in names:
            text = _(
                "{name}={value!r} is no option of answering, which gives one text for each prompt; there are: {names}"
            )
            raise LabError("settings", text.format(name=name, value=given[name], names=", ".join(names)))
    whole = {
        name: int(value) for name, value in given.items() if isinstance(value, Integral) and not isinstance(value, bool)
    }
    return Options(**{**given, **whole})  # numpy's whole numbers are as good as Python's


def _numbers(value: Any) -> list[int]:
    """Return the whole numbers in a value, however deep in lists they lie."""
    if isinstance(value, list | tuple):
        return [number for part in value for number in _numbers(part)]
    return [value] if isinstance(value, int) else []
