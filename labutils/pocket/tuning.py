"""Two fine-tuning trials that show what the shipped model can still learn: DialogSum summaries, and sentiment."""

import json
import random
import time
from pathlib import Path

import torch

from labutils.forward import Forward
from labutils.models import unwrapped

from .scoring import accuracy, generate

DIALOGUE_PROMPT = "Summarize the following conversation.\n\n{}\n\nSummary:"
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


def read_dialogsum(folder):
    """(train, dev, test): train and dev of (dialogue, summary), test of (dialogue, [three summaries])."""

    def lines(name):
        return [json.loads(line) for line in (Path(folder) / name).read_text(encoding="utf-8").splitlines() if line]

    test = [
        (row["dialogue"], [row[f"summary{number}"] for number in (1, 2, 3)]) for row in lines("dialogsum.test.jsonl")
    ]
    seen = {" ".join(dialogue.lower().split()) for dialogue, _ in test}
    pairs = [
        [(row["dialogue"], row["summary"]) for row in lines(f"dialogsum.{split}.jsonl")] for split in ("train", "dev")
    ]
    # A training dialogue that also stands in the test set leaves the training set (FACTS.md: there is one).
    train, dev = ([pair for pair in part if " ".join(pair[0].lower().split()) not in seen] for part in pairs)
    return train, dev, test


def rouge(answers, references):
    """rouge_score with stemmer, F-measure, mean over the references and then over dialogues -> {rouge1, 2, L}."""
    from rouge_score.rouge_scorer import RougeScorer

    names = ("rouge1", "rouge2", "rougeL")
    scorer = RougeScorer(names, use_stemmer=True)
    totals = dict.fromkeys(names, 0.0)
    for answer, wanted in zip(answers, references, strict=True):
        for reference in wanted:
            for name, score in scorer.score(reference, answer).items():
                totals[name] += score.fmeasure / len(wanted)
    return {name: round(total / len(answers), 4) for name, total in totals.items()}


def dialogsum_trial(load, folder, *, examples=1000, epochs=3, lr=1e-3, seed=0, tests=500):
    """Tune on real DialogSum dialogues and summarize test dialogues -> scores before and after, seconds, samples."""
    train, _, test = read_dialogsum(folder)
    model, tokenizer = load()
    chosen = random.Random(seed).sample(train, min(examples, len(train)))
    prompts = [DIALOGUE_PROMPT.format(dialogue) for dialogue, _ in test[:tests]]
    references = [summaries for _, summaries in test[:tests]]
    before = rouge(generate(model, tokenizer, prompts[:50], 80), references[:50])
    rows = [(DIALOGUE_PROMPT.format(dialogue), summary) for dialogue, summary in chosen]
    seconds = fine_tune(model, tokenizer, rows, epochs=epochs, lr=lr, seed=seed)
    answers = generate(model, tokenizer, prompts, 80)
    return {
        **facts_of(rows, seconds, epochs=epochs, lr=lr, seed=seed),
        "test_dialogues": len(prompts),
        "before_on_50": before,
        "after": rouge(answers, references),
        "mean_words": round(sum(len(answer.split()) for answer in answers) / len(answers), 1),
    }


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
