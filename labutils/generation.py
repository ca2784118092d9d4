"""Generation: batched greedy decoding that keeps the order, likelihoods of given answers, next tokens."""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import torch

from labutils import log, t5
from labutils import options as options_of
from labutils.batches import IGNORE, collate, encode, rounded_up
from labutils.config import check_count
from labutils.errors import LabError
from labutils.i18n import _
from labutils.interfaces import Model, Tokenizer
from labutils.machine import device
from labutils.prompts import texts

if TYPE_CHECKING:
    import pandas as pd

READ = 2048  # tokens of prompts of like length that t5.Greedy reads at once; it then answers a batch together
DIALOGUE_TOKENS = 64  # room for a summary; the library's own default would stop after 20


def generate(
    model: Model,
    tokenizer: Tokenizer,
    prompts: Sequence[str],
    max_new_tokens: int = DIALOGUE_TOKENS,
    batch_size: int = 32,
    max_source_tokens: int = 512,
    *,
    precision: str = "auto",
    **options: Any,
) -> list[str]:
    """Answer prompts greedily, in batches of like length, and return the answers in the order given.

    Args:
        prompts: list of str (a single str is refused: wrap it in a list).
        max_new_tokens: most tokens of an answer.  max_source_tokens: longer prompts are cut, which is said; see
            :func:`labutils.batches.encode`.
        precision: ``"auto"`` reads prompts in bf16 where a CPU has it, which changes a few words of few answers, and may
            with the other prompts of a batch; ``"fp32"`` does not. On a GPU a model answers in its own precision.
        options: the other fields of :class:`labutils.options.Options` (``num_beams=4``, ``no_repeat_ngram_size=3`` ...).

    Returns:
        One str for each prompt, special tokens left out; for a decoder-only model without the prompt.

    Raises:
        LabError: code ``"prompts"``: one is no text; ``"settings"``: an option that there is not, has no effect, or has no
            such value.
    """
    sizes = {"max_new_tokens": max_new_tokens, "batch_size": batch_size, "max_source_tokens": max_source_tokens}
    narrow = device.resolve_precision(precision) == "bf16"
    chosen, prompts = options_of.read({**sizes, **options}), texts(prompts)
    chosen.check(model)
    encoded = _encode(model, tokenizer, prompts, max_source_tokens, max_new_tokens)
    order = sorted(range(len(encoded)), key=lambda i: -len(encoded[i]))  # longest first: too big a batch fails at once
    answers: list[str] = [""] * len(encoded)
    with _evaluating(model):
        answer = _answerer(model, tokenizer, max_new_tokens, chosen.passed_on() if options else {}, narrow)
        for start in range(0, len(order), batch_size):
            rows = order[start : start + batch_size]
            written = tokenizer.batch_decode(answer([encoded[i] for i in rows]), skip_special_tokens=True)
            for i, text in zip(rows, written, strict=True):
                answers[i] = text.strip()
    return answers


@contextlib.contextmanager
def _evaluating(model: Model) -> Iterator[None]:
    """Switch dropout off for a while: with it a model that is being trained answers otherwise at each call."""
    was_training = model.training
    model.eval()
    try:
        yield
    finally:
        model.train(was_training)


def _encode(model: Model, tokenizer: Tokenizer, prompts: list[str], limit: int, room: int) -> list[list[int]]:
    """Return the prompts' token ids, cut to ``limit`` and to the model's positions, of which ``room`` go to the answer."""
    if not prompts:
        return []
    least, setting = _positions(model, room), "max_source_tokens"
    if least is not None and least < limit:
        limit, setting = least, _("the model's positions, less max_new_tokens={room}").format(room=room)
    rows, long = encode(prompts, tokenizer, limit)
    if long:
        text = _("{cut} of {all} prompts are longer than {limit} tokens ({setting}) and are cut: the end of a template's longest "
                 "field, the middle of another text")  # fmt: skip
        text = text.format(cut=len(long), all=len(prompts), limit=limit, setting=setting)
        log.once(text, hash(tuple(prompts[i] for i in sorted(long))))
    last = options_of.embedding_rows(model) - 1
    for i, row in enumerate(rows):
        if not row or max(row) > last:
            why = _("it is empty") if not row else _("the tokenizer is another model's: id {id}").format(id=max(row))
            text = _("prompt {number} of {all} cannot be read ({why}); this model's ids go from 0 to {last}")
            raise LabError("prompts", text.format(number=i + 1, all=len(rows), why=why, last=last))
    return rows


def _positions(model: Model, room: int) -> int | None:
    """Return how many tokens a prompt may have for the model's positions (None: any number).

    Raises:
        LabError: code ``"settings"``: the answer alone takes all of them.
    """
    places = getattr(model.config, "max_position_embeddings", None)  # T5 has none: its positions are relative
    if places is None:
        return None
    if room >= places:
        text = _("max_new_tokens is {room}; this model has {places} positions, so it must be 1 to {most}")
        raise LabError("settings", text.format(room=room, places=places, most=places - 1))
    return places if model.config.is_encoder_decoder else places - room


def _answerer(
    model: Model, tokenizer: Tokenizer, room: int, options: dict, narrow: bool
) -> Callable[[list[list[int]]], torch.Tensor]:
    """Return what answers a batch of prompts, given as token ids, with at most ``room`` tokens (rows, at most room)."""
    causal, pad = not model.config.is_encoder_decoder, tokenizer.pad_token_id
    if not options and not causal and t5.fits_decoding(model):
        greedy = t5.Greedy(model, torch.bfloat16 if narrow else torch.float32)

        def answer_here(ids: list[list[int]]) -> torch.Tensor:
            parts = parts_to_read([*map(len, ids)], greedy.multiple)
            return greedy([_padded(ids[part], pad, greedy.multiple) for part in parts], room)

        return answer_here
    # One answer to a prompt, as a tensor, whatever the model's own settings say.
    chosen = {"do_sample": False, "num_return_sequences": 1, "return_dict_in_generate": False, **options}
    if "stop_strings" in options:
        chosen["tokenizer"] = tokenizer

    def answer(ids: list[list[int]]) -> torch.Tensor:
        rows, mask = (values.to(model.device) for values in _padded(ids, pad, left=causal))
        with torch.inference_mode(), _refusals(options):
            output = cast(Any, model).generate(  # an architecture's own, so PreTrainedModel's type has none
                input_ids=rows, attention_mask=mask, max_new_tokens=room, pad_token_id=pad, **chosen
            )
        return output[:, rows.shape[1] :] if causal else output

    return answer


@contextlib.contextmanager
def _refusals(options: dict) -> Iterator[None]:
    """Name the options where the library refuses them, which it does in many ways."""
    try:
        yield
    except Exception as error:
        if not options or "memory" in str(error):
            raise
        given = ", ".join(f"{name}={value!r:.100}" for name, value in options.items())
        text = _("the model cannot answer with {given} ({kind}: {error:.300}); see transformers' GenerationConfig")
        raise LabError("settings", text.format(given=given, kind=type(error).__name__, error=str(error))) from error


def parts_to_read(lengths: Sequence[int], multiple: int = 1) -> list[slice]:
    """Cut prompts, given their lengths from the longest down, into parts of at most READ tokens, padding included."""
    parts, start = [], 0
    while start < len(lengths):
        size = max(1, READ // max(1, rounded_up(lengths[start], multiple)))
        parts.append(slice(start, start + size))
        start += size
    return parts


def _padded(
    ids: Sequence[list[int]], pad: int, multiple: int = 1, left: bool = False
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return token ids and mask, both (rows, longest, rounded up to a multiple).

    A decoder-only model goes on from the end: pad it on the left.
    """
    width = rounded_up(max(map(len, ids)), multiple)
    rows, mask = [], []
    for row in ids:
        gap = width - len(row)
        rows.append([pad] * gap + row if left else row + [pad] * gap)
        mask.append([0] * gap + [1] * len(row) if left else [1] * len(row) + [0] * gap)
    return torch.tensor(rows), torch.tensor(mask)


def label_log_likelihoods(
    model: Model,
    tokenizer: Tokenizer,
    prompts: list[str],
    labels: list[str],
    batch_size: int = 64,
    max_source_tokens: int = 512,
) -> np.ndarray:
    """Score each of ``labels`` as the answer to each prompt, without generating; prompts are cut as in :func:`generate`.

    Returns:
        float array (prompts, labels): the sum over the answer's tokens of log p(token | prompt, tokens before), the
        end-of-sequence token included. The most likely label of prompt i is ``labels[row.argmax()]``.

    Raises:
        LabError: code ``"prompts"`` or ``"settings"``: see :func:`generate`; ``"labels"``: there is none;
            ``"encoder_decoder"``: the model is decoder-only.
    """
    check_count("batch_size", batch_size)
    check_count("max_source_tokens", max_source_tokens, least=2)
    prompts, labels = texts(prompts), texts(labels)
    if not labels:
        raise LabError("labels", _("there is no label to score; name at least one"))
    if not model.config.is_encoder_decoder:
        raise LabError("encoder_decoder", _("labels are scored by an encoder-decoder; this model is decoder-only"))
    targets = _label_batch(model, tokenizer, labels)
    sources = _encode(model, tokenizer, prompts, max_source_tokens, targets["labels"].shape[1])
    order = sorted(range(len(sources)), key=lambda i: len(sources[i]))
    result = np.zeros((len(sources), len(labels)))
    size = max(1, batch_size // len(labels))  # prompts at once: each is answered by every label
    with _evaluating(model):
        for start in range(0, len(order), size):
            chosen = order[start : start + size]
            result[chosen] = _label_scores(model, [sources[i] for i in chosen], targets, tokenizer.pad_token_id)
    return result


def _label_batch(model: Model, tokenizer: Tokenizer, labels: list[str]) -> dict[str, torch.Tensor]:
    rows = [
        {"input_ids": [0], "attention_mask": [1], "labels": ids} for ids in tokenizer(text_target=labels)["input_ids"]
    ]
    batch = collate(rows, tokenizer.pad_token_id, model.config.decoder_start_token_id)
    return {name: batch[name].to(model.device) for name in ("labels", "decoder_input_ids")}


def _label_scores(model: Model, sources: list[list[int]], targets: dict[str, torch.Tensor], pad: int) -> np.ndarray:
    """Read each prompt once, write every label after it; returns (prompts, labels)."""
    from transformers.modeling_outputs import BaseModelOutput

    batch = collate([{"input_ids": ids, "attention_mask": [1] * len(ids), "labels": [0]} for ids in sources], pad)
    ids, mask = (batch[name].to(model.device) for name in ("input_ids", "attention_mask"))
    number, prompts = len(targets["labels"]), len(sources)
    with torch.inference_mode():
        read = model.get_encoder()(input_ids=ids, attention_mask=mask).last_hidden_state
        logits = model(
            encoder_outputs=BaseModelOutput(last_hidden_state=read.repeat_interleave(number, 0)),
            attention_mask=mask.repeat_interleave(number, 0),
            decoder_input_ids=targets["decoder_input_ids"].repeat(prompts, 1),
            use_cache=False,
        ).logits.float()
    labels = targets["labels"].repeat(prompts, 1)
    real = labels != IGNORE
    log_p = torch.log_softmax(logits, -1).gather(-1, labels.masked_fill(~real, 0).unsqueeze(-1)).squeeze(-1)
    return (log_p * real).sum(-1).reshape(prompts, number).cpu().numpy()


def next_token_probabilities(
    model: Model, tokenizer: Tokenizer, prompt: str, top: int = 8, max_source_tokens: int = 512
) -> "pd.DataFrame":
    """Return the most likely first tokens of the answer to ``prompt``.

    Returns:
        pandas.DataFrame with columns ``token`` (as text) and ``probability`` (0 to 1), most likely first.

    Raises:
        LabError: code ``"prompts"``: see :func:`generate`; ``"settings"``: ``top`` is not 1 to the model's tokens.
    """
    import pandas as pd

    check_count("top", top, to=options_of.embedding_rows(model))
    check_count("max_source_tokens", max_source_tokens, least=2)
    [ids] = _encode(model, tokenizer, texts([prompt]), max_source_tokens, 1)
    inputs = dict(zip(("input_ids", "attention_mask"), (v.to(model.device) for v in _padded([ids], 0)), strict=True))
    if model.config.is_encoder_decoder:
        inputs["decoder_input_ids"] = torch.full((1, 1), model.config.decoder_start_token_id, device=model.device)
    with _evaluating(model), torch.inference_mode():
        probabilities = model(**inputs).logits[0, -1].float().softmax(-1)
    values, ids = probabilities.topk(top)
    return pd.DataFrame({"token": [tokenizer.decode([i]) for i in ids.tolist()], "probability": values.cpu().numpy()})
