"""Generation: batched greedy decoding that keeps the order, likelihoods of given answers, next tokens."""

from collections.abc import Callable, Sequence

import numpy as np
import torch

from labutils import t5
from labutils.batches import IGNORE, collate, cut

READ = 2048  # tokens of prompts of like length that t5.Greedy reads at once; it then answers a batch together
DIALOGUE_TOKENS = 64  # room for a summary; the library's own default would stop after 20


def generate(
    model, tokenizer, prompts, max_new_tokens=DIALOGUE_TOKENS, batch_size=32, max_source_tokens=512, **options
) -> list[str]:
    """Answer prompts greedily, in batches of like length, and return the answers in the order given.

    Args:
        prompts: list of str (a single str is refused: wrap it in a list).
        max_new_tokens: most tokens of an answer.  max_source_tokens: longer prompts are cut.
        options: go to the model's ``generate`` (``num_beams=4``, ``no_repeat_ngram_size=3`` ...).

    Returns:
        One str for each prompt, special tokens left out; for a decoder-only model without the prompt.
    """
    if isinstance(prompts, str):
        raise TypeError("prompts must be a list of str; for one prompt pass [prompt]")
    encoded = _encode(model, tokenizer, prompts, max_source_tokens)
    order = sorted(range(len(encoded)), key=lambda i: -len(encoded[i]))  # longest first: too big a batch fails at once
    answers: list[str] = [""] * len(encoded)
    was_training = model.training
    model.eval()
    try:
        answer = _answerer(model, tokenizer.pad_token_id, max_new_tokens, options)
        for start in range(0, len(order), batch_size):
            rows = order[start : start + batch_size]
            texts = tokenizer.batch_decode(answer([encoded[i] for i in rows]), skip_special_tokens=True)
            for i, text in zip(rows, texts, strict=True):
                answers[i] = text.strip()
    finally:
        model.train(was_training)
    return answers


def _encode(model, tokenizer, prompts, limit: int) -> list[list[int]]:
    if not len(prompts):
        return []
    rows = tokenizer(list(prompts))["input_ids"]
    if model.config.is_encoder_decoder:
        return [cut(row, limit, tokenizer.eos_token_id) for row in rows]
    return [row[-limit:] for row in rows]  # a decoder-only model goes on from the end: keep that


def _answerer(model, pad: int, room: int, options: dict) -> Callable[[list[list[int]]], torch.Tensor]:
    """Return what answers a batch of prompts, given as token ids, with at most ``room`` tokens (rows, at most room)."""
    causal = not model.config.is_encoder_decoder
    if not options and not causal and t5.fits_decoding(model):
        greedy = t5.Greedy(model)
        return lambda ids: greedy([_padded(ids[part], pad) for part in parts_to_read([*map(len, ids)])], room)

    def answer(ids):
        rows, mask = (values.to(model.device) for values in _padded(ids, pad, left=causal))
        chosen = {"do_sample": False, **options}
        with torch.inference_mode():
            output = model.generate(
                input_ids=rows, attention_mask=mask, max_new_tokens=room, pad_token_id=pad, **chosen
            )
        return output[:, rows.shape[1] :] if causal else output

    return answer


def parts_to_read(lengths: Sequence[int]) -> list[slice]:
    """Cut prompts, given their lengths from the longest down, into parts of at most READ tokens, padding included."""
    parts, start = [], 0
    while start < len(lengths):
        size = max(1, READ // max(1, lengths[start]))
        parts.append(slice(start, start + size))
        start += size
    return parts


def _padded(ids: Sequence[list[int]], pad: int, left: bool = False) -> tuple[torch.Tensor, torch.Tensor]:
    """Return token ids and mask, both (rows, longest). A decoder-only model goes on from the end: pad it on the left."""
    width = max(map(len, ids))
    rows, mask = [], []
    for row in ids:
        gap = width - len(row)
        rows.append([pad] * gap + row if left else row + [pad] * gap)
        mask.append([0] * gap + [1] * len(row) if left else [1] * len(row) + [0] * gap)
    return torch.tensor(rows), torch.tensor(mask)


def label_log_likelihoods(model, tokenizer, prompts: list[str], labels: list[str], batch_size: int = 64) -> np.ndarray:
    """Score each of ``labels`` as the answer to each prompt, without generating.

    Returns:
        float array (prompts, labels): the sum over the answer's tokens of log p(token | prompt, tokens before), the
        end-of-sequence token included. The most likely label of prompt i is ``labels[row.argmax()]``.
    """
    targets = _label_batch(model, tokenizer, list(labels))
    sources = tokenizer(list(prompts), truncation=True, max_length=512)["input_ids"]
    order = sorted(range(len(sources)), key=lambda i: len(sources[i]))
    result = np.zeros((len(sources), len(labels)))
    size = max(1, batch_size // len(labels))  # prompts at once: each is answered by every label
    for start in range(0, len(order), size):
        chosen = order[start : start + size]
        result[chosen] = _label_scores(model, [sources[i] for i in chosen], targets, tokenizer.pad_token_id)
    return result


def _label_batch(model, tokenizer, labels: list[str]) -> dict[str, torch.Tensor]:
    rows = [
        {"input_ids": [0], "attention_mask": [1], "labels": ids} for ids in tokenizer(text_target=labels)["input_ids"]
    ]
    batch = collate(rows, tokenizer.pad_token_id, model.config.decoder_start_token_id)
    return {name: batch[name].to(model.device) for name in ("labels", "decoder_input_ids")}


def _label_scores(model, sources: list[list[int]], targets: dict[str, torch.Tensor], pad: int) -> np.ndarray:
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


def next_token_probabilities(model, tokenizer, prompt: str, top: int = 8):
    """Return the most likely first tokens of the answer to ``prompt``.

    Returns:
        pandas.DataFrame with columns ``token`` (as text) and ``probability`` (0 to 1), most likely first.
    """
    import pandas as pd

    inputs = {name: tensor.to(model.device) for name, tensor in tokenizer(prompt, return_tensors="pt").items()}
    inputs = {name: inputs[name] for name in ("input_ids", "attention_mask")}
    if model.config.is_encoder_decoder:
        inputs["decoder_input_ids"] = torch.full((1, 1), model.config.decoder_start_token_id, device=model.device)
    with torch.inference_mode():
        probabilities = model(**inputs).logits[0, -1].float().softmax(-1)
    values, ids = probabilities.topk(top)
    return pd.DataFrame({"token": [tokenizer.decode([i]) for i in ids.tolist()], "probability": values.cpu().numpy()})
