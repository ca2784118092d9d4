"""Fine-tuning of the shipped model by a plain loop, and a trial of it: sentiment, which it never saw with labels."""

import random
import time

import torch

from labutils.models import unwrapped
from labutils.t5.forward import Forward
from makers.pocket.measure.scoring import accuracy, generate

SENTIMENT_PROMPT = "Is this review positive or negative?\n{}"
SENTIMENT_SET = ("product_pros_cons", "sentiment")


def padded(sequences, filling):
    """Lists of ids -> (rows, longest) int64, padded with `filling`."""
    longest = max(map(len, sequences))
    return torch.tensor([ids + [filling] * (longest - len(ids)) for ids in sequences])


def shuffled_batches(lengths, size, generator):
    """One pass: batches of `size` row numbers, rows of a batch alike in length (sorted within 8 batches)."""
    order = list(range(len(lengths)))
    generator.shuffle(order)
    batches = []
    for start in range(0, len(order), size * 8):
        pool = sorted(order[start : start + size * 8], key=lambda place: lengths[place])
        batches += [pool[first : first + size] for first in range(0, len(pool), size)]
    generator.shuffle(batches)
    return batches


def fine_tune(model, tokenizer, examples, *, epochs, lr, batch=16, seed=0, target_tokens=96):
    """AdamW without weight decay, linear decay to 0, clip 1, bf16, no dropout -> seconds."""
    generator, started = random.Random(seed), time.monotonic()
    inputs = tokenizer([prompt for prompt, _ in examples], truncation=True, max_length=512).input_ids
    labels = tokenizer([target for _, target in examples], truncation=True, max_length=target_tokens).input_ids
    moving = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(moving, lr=lr, weight_decay=0.0, fused=True)
    plan = [part for _ in range(epochs) for part in shuffled_batches([len(ids) for ids in inputs], batch, generator)]
    forward = Forward(unwrapped(model))
    model.train()
    for step, part in enumerate(plan):
        for group in optimizer.param_groups:
            group["lr"] = lr * (1 - step / len(plan))
        read = padded([inputs[place] for place in part], 0)
        loss = forward.loss(read, (read != 0).long(), padded([labels[place] for place in part], -100))
        loss.backward()
        torch.nn.utils.clip_grad_norm_(moving, 1.0)
        optimizer.step()
        optimizer.zero_grad()
    model.eval()
    return time.monotonic() - started


def facts_of(rows, seconds, **settings):
    """What every trial notes of its training."""
    return {"examples": len(rows), **settings, "train_s": round(seconds, 1)}


def sentiment_trial(load, tasks, *, examples=1000, epochs=2, lr=3e-4, seed=0, tests=200):
    """Tune on one-line pros and cons, which the model never saw with labels -> accuracy before and after, and the
    tuned model with its tokenizer (for measuring what it forgot)."""
    train, test = tasks[SENTIMENT_SET]
    model, tokenizer = load()
    chosen = random.Random(seed).sample(train, min(examples, len(train)))
    prompts = [SENTIMENT_PROMPT.format(row["input"]) for row in test[:tests]]
    targets = [row["target"] for row in test[:tests]]
    before = accuracy(generate(model, tokenizer, prompts, 8), targets)
    rows = [(SENTIMENT_PROMPT.format(row["input"]), row["target"]) for row in chosen]
    seconds = fine_tune(model, tokenizer, rows, epochs=epochs, lr=lr, seed=seed)
    after = accuracy(generate(model, tokenizer, prompts, 8), targets)
    majority = max(targets.count(label) for label in set(targets)) / len(targets)
    return {
        **facts_of(rows, seconds, epochs=epochs, lr=lr, seed=seed),
        "test_rows": len(targets),
        "before": round(before, 4),
        "after": round(after, 4),
        "majority": round(majority, 4),
    }, (model, tokenizer)
