"""Lab 01: one prompt, two models side by side, with the tokens that each would write first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from labutils.errors import LabError
from labutils.generation import generate, next_token_probabilities
from labutils.i18n import _
from labutils.widgets.blocks import Bars, Block, Columns, Passage
from labutils.widgets.panel import Panel, area, choice

MOST_TOKENS = 512  # of a prompt: what the models were trained with


@dataclass(frozen=True)
class Reply:
    """What a model makes of a prompt: its text, and (token, probability) of the likeliest first tokens."""

    text: str
    first_tokens: tuple[tuple[str, float], ...]


def reply(model: Any, tokenizer: Any, prompt: str, top: int = 5, max_new_tokens: int = 32) -> Reply:
    """Answer a prompt greedily.

    Raises:
        LabError: codes ``"prompt"``: it is empty; ``"too_long"``: it has more than 512 tokens.
    """
    if not prompt.strip():
        raise LabError("prompt", _("The prompt is empty: write a question or an instruction."))
    tokens = len(tokenizer(prompt)["input_ids"])
    if tokens > MOST_TOKENS:
        text = _("The prompt has {tokens} tokens; the models read {limit} at most: shorten it.")
        raise LabError("too_long", text.format(tokens=tokens, limit=MOST_TOKENS))
    [answer] = generate(model, tokenizer, [prompt], max_new_tokens)
    likely = next_token_probabilities(model, tokenizer, prompt, top)
    return Reply(answer, tuple(zip(likely["token"], map(float, likely["probability"]), strict=True)))


def _blocks(answer: Reply) -> list[Block]:
    rows = [(token if token.strip() else repr(token), p, f"{p:.2f}") for token, p in answer.first_tokens]
    title = _("likeliest first tokens, with probability")
    return [Passage(_("answer"), answer.text or _("(nothing)")), Bars(title, rows)]


def prompt_box(
    models: Mapping[str, tuple], prompt: str = "", prompts: Sequence[str] = (), top: int = 5, max_new_tokens: int = 32
) -> Panel:
    """Return a box for a prompt, with a column for each model.

    Args:
        models: name -> (model, tokenizer).  prompt: the first one.  prompts: further ones to choose from.

    Raises:
        LabError: code ``"models"``: none is given.
    """
    if not models:
        raise LabError("models", _("give at least one model: {example}").format(example='{"base": (model, tokenizer)}'))
    examples = list(dict.fromkeys([*([prompt] if prompt else []), *prompts]))
    written = area(_("Your prompt"), prompt or (examples[0] if examples else ""))

    def result(prompt: str, **_chosen: object) -> list[Block]:
        answers = {
            name: reply(model, tokenizer, prompt, top, max_new_tokens) for name, (model, tokenizer) in models.items()
        }
        return [Columns({name: _blocks(answer) for name, answer in answers.items()})]

    controls = {"prompt": written}
    if len(examples) > 1:
        named = [(text if len(text) < 60 else f"{text[:57]}...", text) for text in examples]
        chosen = choice(_("Take a prompt from here"), named, examples[0])
        chosen.observe(lambda change: setattr(written, "value", change["new"]), names="value")
        controls = {"example": chosen, **controls}
    return Panel(_("What would these models answer?"), controls, result, button=_("Answer"))
