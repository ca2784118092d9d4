"""Lab 02's broken batches: a sound batch, and its twin with one fault."""

from collections.abc import Sequence

import torch

from labutils.batches import IGNORE, collate, cut, encode
from labutils.interfaces import Tokenizer
from labutils.prompts import Template, few_shot, render
from labutils.tasks import Task

LIMIT, LABELS, WIDTH = 24, 16, 256  # tokens: of a prompt that is cut, of padded labels, of a padded prompt
Batch = dict[str, torch.Tensor]


def _batch(pairs: Sequence[tuple[str, str]], tokenizer: Tokenizer) -> Batch:
    sources, _long = encode([prompt for prompt, _target in pairs], tokenizer, 512)
    targets = tokenizer(text_target=[target for _prompt, target in pairs])["input_ids"]
    rows = [
        {"input_ids": source, "attention_mask": [1] * len(source), "labels": cut(target, 96, tokenizer.eos_token_id)}
        for source, target in zip(sources, targets, strict=True)
    ]
    batch = collate(rows, tokenizer.pad_token_id)
    del batch["decoder_input_ids"]  # the model makes them of the labels
    return batch


def leaking(template: Template) -> Template:
    """Return a template whose prompt begins with its own answer, as a field that was meant for the archive."""
    return Template(
        f"{template.id}_leak", template.task, f"Archive: {template.target}\n{template.prompt}", template.target
    )


def pair_of_batches(fault: int, topic: Task, opinions: Task, tokenizer: Tokenizer) -> tuple[Batch, Batch]:
    """Return a sound batch and its twin with one fault of lab02's ``FAULTS`` (1 to 6).

    Args:
        topic, opinions: cut to the test records that the batches hold; fault 1 is planted in the opinions, the others in
            the topics, whose first train record is the shot of fault 2.
    """
    task = opinions if fault == 1 else topic
    template = task.templates[0]
    if fault == 4:  # the text first and the question last, where a cut hurts most
        template = next((other for other in task.templates if other.prompt.startswith("{{")), template)
    plain: list[tuple[str, str]] = [render(template, row) for row in task.test]
    broken: list[tuple[str, str]]
    if fault == 1:
        broken = [render(leaking(template), row) for row in task.test]
    elif fault == 2:
        broken = [(f"{prompt} {target}\n\n{prompt}", target) for prompt, target in plain]
        plain = [few_shot(template, task.train[:1], row) for row in task.test]
    elif fault == 3:
        lost = max(
            (name for name in template.fields if name != task.name), key=lambda name: len(str(task.test[0][name]))
        )
        broken = [render(template, {**row, lost: ""}) for row in task.test]
    elif fault == 4:
        sound = _batch(plain, tokenizer)
        return sound, {**sound, **{name: sound[name][:, :LIMIT] for name in ("input_ids", "attention_mask")}}
    else:
        return _padded(fault, _batch(plain, tokenizer), tokenizer.pad_token_id)
    return _batch(plain, tokenizer), _batch(broken, tokenizer)


def _padded(fault: int, batch: Batch, pad: int) -> tuple[Batch, Batch]:
    """Return a batch filled up with padding, as it should be and with fault 5 or 6."""
    fill = torch.nn.functional.pad
    if fault == 5:
        labels = fill(batch["labels"], (0, max(0, LABELS - batch["labels"].shape[1])), value=IGNORE)
        sound = {name: batch[name] for name in ("input_ids", "attention_mask")} | {"labels": labels}
        return sound, {**sound, "labels": labels.masked_fill(labels == IGNORE, pad)}
    more = (0, max(0, WIDTH - batch["input_ids"].shape[1]))
    sound = {"input_ids": fill(batch["input_ids"], more, value=pad), "labels": batch["labels"]}
    sound["attention_mask"] = fill(batch["attention_mask"], more)
    return sound, {**sound, "attention_mask": torch.ones_like(sound["input_ids"])}
