"""What the labs show, measured over several seeds: how much a task needs, what it costs the others, what phrasing does.

Each part writes one file of plain records, data/forgetting/<part>.json, with command, seconds, machine, date and seeds; a
part whose file is of the same weights is skipped. Learning rates are chosen on the new task's validation records alone,
from the same number of candidates for each way; test records are only reported.
"""

import dataclasses
import json
import sys
import time
from pathlib import Path

import numpy as np

from labutils import forgetting, generation, models, tasks
from labutils.bounds import lead
from labutils.config import TrainingSettings, profile
from labutils.dialogues import load_dialogues
from labutils.evaluation import compare_values
from labutils.scores import summarize

from .evaluate import fingerprints, hardware, loader, write
from .tuning import fine_tune

NEW, OLD = "sentiment", ("entities", "topic", "intent")
SIZES, SUMMARY_SIZES = (50, 100, 250, 500, 1000), (50, 100, 250, 500)
WAYS = {
    "full": ("full", 0.0),
    "LoRA": ("lora", 0.0),
    "rehearsal 10%": ("full", 0.1),
    "rehearsal 30%": ("full", 0.3),
    "mixture": ("full", len(OLD) / (len(OLD) + 1)),  # as many rows of each old task as of the new one
}
FACTORS = (0.1, 0.3, 1.0)  # of a method's usual rate, as in lab 06
EXAMPLES, EPOCHS, SUMMARY_EPOCHS = 500, 2, 3
POCKET = profile("pocket")
USUAL = {"full": POCKET.learning_rate_full, "lora": POCKET.learning_rate_lora}


def drawn(task, seed, number):
    """The task with `number` of its train records, drawn by the seed; sets of one seed are nested."""
    order = np.random.default_rng(seed).permutation(len(task.train))[:number]
    return dataclasses.replace(task, train=[task.train[i] for i in order])


def tuned(load, task, rate, seed, method="full", epochs=EPOCHS):
    """A fresh model trained on a task's train records, its templates in turn -> (model, tokenizer)."""
    model, tokenizer = load()
    if method == "lora":
        model = models.add_lora(model, TrainingSettings(method="lora"))
    rows = [(task.prompt(r, i % len(task.templates)), task.target(r)) for i, r in enumerate(task.train)]
    fine_tune(model, tokenizer, rows, epochs=epochs, lr=rate, seed=seed)
    return model, tokenizer


def values_of(model, tokenizer, task, records, template=0):
    """The task's metric of each record, asked in one phrasing."""
    prompts = [task.prompt(record, template) for record in records]
    answers = generation.generate(model, tokenizer, prompts, max_new_tokens=task.max_new_tokens)
    return np.asarray(task.values(answers, records)[task.metric], dtype=float)


def interval(values):
    """[mean, low, high] of values, 95 %."""
    found = summarize({"value": values})["value"]
    return [round(part, 4) for part in (found.value, found.low, found.high)]


def curve(load, seeds, scale):
    """Accuracy on the new task by training examples, generated and by likelihood, full and LoRA."""
    task = tasks.load_task(NEW).take(test=scale)
    for seed in seeds:
        for method, rate in USUAL.items():
            for size in SIZES:
                model, tokenizer = tuned(load, drawn(task, seed, size), rate, seed, method)
                said = forgetting.Matrix([task]).add("after", model, tokenizer)[NEW, "after"]
                meant = forgetting.Matrix([task], by=forgetting.LIKELIHOOD).add("after", model, tokenizer)[NEW, "after"]
                yield {
                    "method": method, "seed": seed, "examples": size, "learning_rate": rate,
                    "score": said.score.value, "interval": interval(said.values),
                    "likelihood": meant.score.value, "majority": forgetting.majority(task).score.value,
                }  # fmt: skip


def ways(load, seeds, scale):
    """Gain on the new task against forgetting of the old ones: each way at each rate, with validation scores."""
    new, old = tasks.load_task(NEW).take(test=scale), [tasks.load_task(name).take(test=scale) for name in OLD]
    before = forgetting.Matrix([new, *old]).add("before", *load())
    for seed in seeds:
        few = drawn(new, seed, EXAMPLES)
        for way, (method, share) in WAYS.items():
            mixed = forgetting.mixture(few, old, share, seed)
            for factor in FACTORS:
                rate = factor * USUAL[method]
                model, tokenizer = tuned(load, mixed, rate, seed, method)
                before.add(f"{way} {rate} {seed}", model, tokenizer)
                yield {
                    "way": way, "seed": seed, "learning_rate": rate, "rows": len(mixed.train),
                    "validation": interval(values_of(model, tokenizer, new, new.validation[:scale]))[0],
                } | outcome(before, f"{way} {rate} {seed}", new, seed)  # fmt: skip


def outcome(matrix, after, new, seed):
    """Gain, mean forgetting and, for each old task, the score after and the kinds of its answers."""
    point = forgetting.trade_off(matrix, "before", after, NEW, seed=seed)
    kinds = {
        name: forgetting.answer_kinds(matrix.tasks[name], matrix[name, after], new.labels)
        for name in matrix.tasks
        if name != NEW
    }
    return {
        "gain": point.gain.value, "gain_interval": [point.gain.low, point.gain.high],
        "forgetting": point.forgetting.value,
        "forgetting_interval": [point.forgetting.low, point.forgetting.high],
        "before": {name: matrix[name, "before"].score.value for name in matrix.tasks},
        "after": {name: matrix[name, after].score.value for name in matrix.tasks},
        "kinds": kinds,
    }  # fmt: skip


def summaries(load, seeds, scale):
    """ROUGE-1 on the shipped test dialogues by training dialogues, against their first three turns, paired."""
    task = tasks.summarization(load_dialogues("pocket")).take(test=scale)
    copied = np.asarray(task.values([lead(r["dialogue"]) for r in task.test], task.test)["rouge1"], dtype=float)
    for seed in seeds:
        for size in SUMMARY_SIZES:
            model, tokenizer = tuned(load, drawn(task, seed, size), USUAL["full"], seed, epochs=SUMMARY_EPOCHS)
            values = values_of(model, tokenizer, task, task.test)
            against = compare_values(values, copied, "rouge1", seed=seed)
            yield {
                "seed": seed, "examples": size, "learning_rate": USUAL["full"], "score": float(values.mean()),
                "interval": interval(values), "lead": float(copied.mean()),
                "over_lead": [against.difference, *against.interval], "verdict": against.code,
            }  # fmt: skip


def phrasing(load, seeds, scale):
    """Accuracy in a phrasing that was trained and in one never seen, after training on one phrasing or on many."""
    task = tasks.load_task(NEW).take(test=scale)
    for seed in seeds:
        for name, known in (("one", task.templates[:1]), ("many", task.templates[:-1])):
            few = dataclasses.replace(drawn(task, seed, EXAMPLES), templates=known)
            model, tokenizer = tuned(load, few, USUAL["full"], seed)
            seen, unseen = (values_of(model, tokenizer, task, task.test, place) for place in (0, -1))
            cost = compare_values(seen, unseen, task.metric, seed=seed)
            yield {
                "phrasings": name, "number": len(known), "seed": seed, "seen": interval(seen),
                "unseen": interval(unseen), "cost": [cost.difference, *cost.interval],
            }  # fmt: skip


PARTS = {"summaries": summaries, "phrasing": phrasing, "curve": curve, "ways": ways}


def measure(out, folder, seeds=(0, 1, 2), scale=None, wanted=tuple(PARTS)):
    """Measure the wanted parts from out/instruct into folder/<part>.json -> their names; what is known is skipped.

    `scale`: at most so many test and validation records, for rehearsals.
    """
    out, folder = Path(out), Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for part in wanted:
        path = folder / f"{part}.json"
        facts = {
            "command": " ".join(["python -m labutils.pocket", *sys.argv[1:]]), "profile": "pocket",
            "task": NEW, "weights": fingerprints(out)["instruct"], "seeds": list(seeds), "scale": scale,
            "machine": f"{hardware()['cpu']}, {hardware()['cores']} cores", "date": time.strftime("%Y-%m-%d"),
            "seconds": 0.0, "points": [],
        }  # fmt: skip
        known = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
        if known.get("done") and all(known[key] == facts[key] for key in ("weights", "seeds", "scale")):
            print(f"{part}: measured before", flush=True)
            continue
        started = time.monotonic()
        for point in PARTS[part](loader(out / "instruct"), seeds, scale):
            facts["points"].append(point)
            facts["seconds"] = round(time.monotonic() - started, 1)
            print(part, len(facts["points"]), facts["seconds"], "s", point, flush=True)
        write(path, facts | {"done": True})
    return wanted
