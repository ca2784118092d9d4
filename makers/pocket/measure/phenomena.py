"""What the labs show, measured over several seeds: how much a task needs, what it costs the others, what phrasing does.

Each part writes one file of plain records, data/forgetting/<part>.json, with command, seconds, machine, date and seeds,
after every training: a stop loses one. A training that the file holds is not repeated while the weights are the same.
Learning rates are chosen on the new task's validation records alone, from the same number of candidates for each way;
test records are only reported.
"""

import dataclasses
import hashlib
import itertools
import json
import os
import tempfile
import time
from pathlib import Path

import numpy as np

from labutils import forgetting, generation, tasks
from labutils.config import TrainingSettings, profile
from labutils.dialogues.loading import load_dialogues
from labutils.errors import LabError
from labutils.evaluation.bounds import lead
from labutils.evaluation.comparison import compare_values
from labutils.evaluation.scores import summarize
from labutils.machine.paths import data_dir
from labutils.machine.provenance import command
from labutils.training.fine_tuning import fine_tune
from makers.pocket.measure.evaluate import fingerprints, hardware, loader, write

NEW, OLD = "sentiment", ("entities", "topic", "intent")
WAYS = {
    "full": ("full", 0.0),
    "LoRA": ("lora", 0.0),
    "rehearsal 10%": ("full", 0.1),
    "rehearsal 30%": ("full", 0.3),
    "mixture": ("full", len(OLD) / (len(OLD) + 1)),  # as many rows of each old task as of the new one
}
EXAMPLES, EPOCHS, SUMMARY_EPOCHS = 500, 3, 3
SEEDS = (0, 1, 2)
ALL = 0  # stands for all training records, measured with the first seed alone
POCKET = profile("pocket")
USUAL = {"full": POCKET.learning_rate_full, "lora": POCKET.learning_rate_lora}
AXES = {  # of each part: every combination of these and a seed is one training
    "summaries": {"examples": (50, 100, 250, 500)},
    "phrasing": {"phrasings": ("one", "many")},
    "curve": {"method": ("full", "lora"), "examples": (50, 100, 250, 500, 1000)},
    "ways": {"way": tuple(WAYS), "factor": (0.1, 0.3, 1.0)},  # of the method's usual rate, as in lab 06
    "dialogsum": {"examples": (1000, ALL)},
}
REVIEWS = ("tasks/reviews/*.jsonl", f"templates/{NEW}.yaml")
SOURCES = {  # what each part reads below data/, DialogSum apart
    "summaries": ("dialogues/*.jsonl", "templates/summarize.yaml"),
    "phrasing": REVIEWS,
    "curve": (*REVIEWS, *(part for name in OLD for part in (f"tasks/{name}/test.jsonl", f"templates/{name}.yaml"))),
    "ways": (*REVIEWS, *(part for name in OLD for part in (f"tasks/{name}/*.jsonl", f"templates/{name}.yaml"))),
    "dialogsum": ("templates/summarize.yaml",),
}


def drawn(task, seed, number):
    """The task with `number` of its train records, drawn by the seed; sets of one seed are nested."""
    order = np.random.default_rng(seed).permutation(len(task.train))
    return dataclasses.replace(task, train=[task.train[i] for i in order[: number or None]])


def tuned(load, task, rate, seed, method="full", epochs=EPOCHS):
    """A fresh model trained as the labs train, on a task's train records to the last step -> (model, tokenizer)."""
    model, tokenizer = load()
    settings = TrainingSettings(method=method, learning_rate=rate, epochs=epochs, seed=seed)
    with tempfile.TemporaryDirectory(prefix="phenomena-") as folder:
        unwatched = dataclasses.replace(task, validation=[])
        history = fine_tune(model, tokenizer, unwatched, settings, output_dir=folder, quiet=True)
    return history.model, tokenizer


def values_of(model, tokenizer, task, records, template=0):
    """The task's metric of each record, asked in one phrasing."""
    prompts = [task.prompt(record, template) for record in records]
    answers = generation.generate(model, tokenizer, prompts, task.max_new_tokens, POCKET.eval_batch_size)
    return np.asarray(task.values(answers, records)[task.metric], dtype=float)


def interval(values):
    """[mean, low, high] of values, 95 %."""
    found = summarize({"value": values})["value"]
    return [round(part, 4) for part in (found.value, found.low, found.high)]


def curve(load, scale):
    """Accuracy on the new task by training examples, generated and by likelihood, and what the old tasks lose."""
    task, old = tasks.load_task(NEW).take(test=scale), [tasks.load_task(name).take(test=scale) for name in OLD]
    matrix = forgetting.Matrix([task, *old], batch_size=POCKET.eval_batch_size).add("before", *load())
    majority = forgetting.majority(task)

    def point(seed, method, examples):
        model, tokenizer = tuned(load, drawn(task, seed, examples), USUAL[method], seed, method)
        name = f"{method} {examples} {seed}"
        said = matrix.add(name, model, tokenizer)[NEW, name]
        meant = forgetting.Matrix([task], by=forgetting.LIKELIHOOD).add("after", model, tokenizer)[NEW, "after"]
        against = compare_values(said.values, majority.values, task.metric, seed=seed)
        return {
            "learning_rate": USUAL[method], "score": said.score.value, "interval": interval(said.values),
            "likelihood": meant.score.value, "likelihood_interval": interval(meant.values),
            "majority": majority.score.value, "over_majority": [against.difference, *against.interval],
        } | outcome(matrix, name, task, seed)  # fmt: skip

    return point


def ways(load, scale):
    """Gain on the new task against forgetting of the old ones: each way at each rate, with validation scores."""
    new, old = tasks.load_task(NEW).take(test=scale), [tasks.load_task(name).take(test=scale) for name in OLD]
    matrix = forgetting.Matrix([new, *old], batch_size=POCKET.eval_batch_size).add("before", *load())

    def point(seed, way, factor):
        method, share = WAYS[way]
        mixed = forgetting.mixture(drawn(new, seed, EXAMPLES), old, share, seed)
        rate, name = factor * USUAL[method], f"{way} {factor} {seed}"
        model, tokenizer = tuned(load, mixed, rate, seed, method)
        matrix.add(name, model, tokenizer)
        validation = float(values_of(model, tokenizer, new, new.validation[:scale]).mean())
        return {"learning_rate": rate, "rows": len(mixed.train), "validation": validation} | outcome(
            matrix, name, new, seed
        )

    return point


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


def summaries(load, scale, source="pocket-rich"):
    """ROUGE-1 on test dialogues by training dialogues, against their first three turns, paired."""
    task = tasks.summarization(load_dialogues(source)).take(test=scale)
    copied = np.asarray(task.values([lead(r["dialogue"]) for r in task.test], task.test)["rouge1"], dtype=float)

    def point(seed, examples):
        few = drawn(task, seed, examples)
        model, tokenizer = tuned(load, few, USUAL["full"], seed, epochs=SUMMARY_EPOCHS)
        values = values_of(model, tokenizer, task, task.test)
        against = compare_values(values, copied, "rouge1", seed=seed, margin=None)  # as stored for the other seeds
        return {
            "rows": len(few.train), "learning_rate": USUAL["full"], "score": float(values.mean()),
            "interval": interval(values), "lead": float(copied.mean()),
            "over_lead": [against.difference, *against.interval], "verdict": against.code,
        }  # fmt: skip

    return point


def dialogsum(load, scale):
    """The same on the real DialogSum, from the folder in DIALOGSUM_DIR."""
    return summaries(load, scale, "dialogsum")


def phrasing(load, scale):
    """Accuracy in a phrasing that was trained and in one never seen, after training on one phrasing or on many."""
    task = tasks.load_task(NEW).take(test=scale)

    def point(seed, phrasings):
        known = task.templates[:1] if phrasings == "one" else task.templates[:-1]
        few = dataclasses.replace(drawn(task, seed, EXAMPLES), templates=known)
        model, tokenizer = tuned(load, few, USUAL["full"], seed)
        seen, unseen = (values_of(model, tokenizer, task, task.test, place) for place in (0, -1))
        cost = compare_values(seen, unseen, task.metric, seed=seed)
        return {
            "number": len(known), "seen": interval(seen), "unseen": interval(unseen),
            "cost": [cost.difference, *cost.interval],
        }  # fmt: skip

    return point


PARTS = {"summaries": summaries, "phrasing": phrasing, "curve": curve, "ways": ways, "dialogsum": dialogsum}


def cases(part, seeds):
    """[{"seed": .., axis: value, ..}] of a part, in the order in which they are measured."""
    found = [
        dict(zip(("seed", *AXES[part]), values, strict=True))
        for values in itertools.product(seeds, *AXES[part].values())
    ]
    return [case for case in found if case.get("examples") != ALL or case["seed"] == seeds[0]]


def data_digest(part):
    """sha256 over the records, templates and settings that a part's points come from: others make other points."""
    home = data_dir()
    files = [path for pattern in SOURCES[part] for path in home.glob(pattern)]
    settings = repr((part, EXAMPLES, EPOCHS, SUMMARY_EPOCHS, WAYS, USUAL)).encode()
    return hashlib.sha256(settings + b"".join(map(_measured, sorted(files)))).hexdigest()


def _measured(path):
    """The bytes of a file but its plain records: the rich ones are measured, as they stood before they said so."""
    lines = path.read_bytes().splitlines(keepends=True)
    return b"".join(
        line.replace(b', "register": "rich"}', b"}") for line in lines if b'"register": "plain"}' not in line
    )


def known_points(path, facts):
    """What the file holds of the same weights and size: {(a case's values): its point}, and the core-seconds they took."""
    known = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    if any(known.get(key) != facts[key] for key in ("weights", "scale", "data")):
        return {}, 0.0
    keys = ("seed", *AXES[path.stem])
    return {tuple(point[key] for key in keys): point for point in known["points"]}, known["core_seconds"]


def measure(out, folder, seeds=SEEDS, scale=None, wanted=()):
    """Measure the wanted parts from out/instruct into folder/<part>.json; what stands there already is kept.

    `wanted`: names of PARTS; default all, DialogSum only where DIALOGSUM_DIR says where it is.
    `scale`: at most so many test and validation records, for rehearsals.

    Raises:
        LabError: "part": there is no such part.
    """
    out, folder = Path(out), Path(folder)
    strange = sorted(set(wanted) - set(PARTS))
    if strange:
        raise LabError("part", f"there is no part {strange[0]!r}; the parts: {', '.join(PARTS)}")
    folder.mkdir(parents=True, exist_ok=True)
    for part in wanted or [name for name in PARTS if name != "dialogsum" or os.environ.get("DIALOGSUM_DIR")]:
        measure_part(
            part, loader(out / "instruct"), folder / f"{part}.json", seeds, scale, fingerprints(out)["instruct"]
        )


def measure_part(part, load, path, seeds, scale, weights):
    """Measure the cases of one part that its file does not hold yet; write the file after each."""
    facts = {
        "command": command("python -m makers.pocket"), "profile": "pocket",
        "task": NEW, "weights": weights, "scale": scale, "data": data_digest(part),
        "machine": f"{hardware()['cpu']}, {hardware()['cores']} cores",
        "date": time.strftime("%Y-%m-%d"),
    }  # fmt: skip
    points, seconds = known_points(path, facts)
    missing = [case for case in cases(part, seeds) if tuple(case.values()) not in points]
    print(f"{part}: {len(points)} measured before, {len(missing)} to go", flush=True)
    point = PARTS[part](load, scale) if missing else None
    for case in missing:
        started = time.monotonic()
        points[tuple(case.values())] = found = case | point(**case)
        seconds += (time.monotonic() - started) * hardware()["threads"]
        measured = facts | {"seeds": sorted({point["seed"] for point in points.values()})}
        write(path, measured | {"core_seconds": round(seconds, 1), "points": list(points.values())})
        print(part, len(points), round(seconds, 1), "core-s", found, flush=True)
