"""A corpus of a few hundred lines written here, since ../shared may be absent, and the command that makes a model of it."""

import json
import lzma
import random
import subprocess
import sys
from pathlib import Path

from talks import booking
from toys import PEOPLE, sentence

ROOT = Path(__file__).parents[1]
SECRET = "zanzibarsummary"  # stands in every `summary` field, and must reach no model


def write_xz(path, items):
    """Write rows as xz-compressed JSON Lines."""
    with lzma.open(path, "wt", encoding="utf-8") as file:
        for item in items:
            file.write(json.dumps(item) + "\n")


def write(folder: Path) -> Path:
    """Write a folder like ../shared/corpus with a few hundred rows."""
    generator = random.Random(1)
    talks = ["\n".join(f"#Person{1 + turn % 2}#: {sentence(generator)}" for turn in range(8)) for _ in range(120)]
    sets = ("sgd_dialogues", "topical_chat", "classic_books_dialogues", "aci_bench")
    write_xz(
        folder / "dialogue.jsonl.xz", [{"set": sets[n % 4], "text": t, "summary": SECRET} for n, t in enumerate(talks)]
    )
    prose = [" ".join(sentence(generator) for _ in range(12)) for _ in range(60)]
    write_xz(
        folder / "prose.jsonl.xz",
        [
            {"set": ("tinystories_sample", "onestop_english", "classic_books_prose")[n % 3], "text": text}
            for n, text in enumerate(prose)
        ],
    )
    tasks = [("cl_benchmark", "topic", f"Title: {n}\nText: {sentence(generator)}", "Film") for n in range(40)]
    tasks += [("ner_wikigold", "ner", f"{n} {sentence(generator)}", f"person: {PEOPLE[n % 10]}") for n in range(40)]
    tasks += [
        ("sgd_slot_tagging", "slot_ner", f"{n} {sentence(generator)}", f"time: {n}; item: lamp") for n in range(40)
    ]
    tasks += [("product_pros_cons", "sentiment", f"Good {n} {sentence(generator)}", "positive") for n in range(40)]
    tasks += [
        ("self_instruct_seed", "instruction", f"Label its sentiment. {n} {sentence(generator)}", "bad")
        for n in range(20)
    ]
    tasks += [("qmsum_query_summary", "query_summary", f"{n} {sentence(generator)}", SECRET) for n in range(20)]
    tasks += [("banking77_intent", "intent", f"Card {n} {sentence(generator)}", "card arrival") for n in range(40)]
    write_xz(
        folder / "task.jsonl.xz", [dict(zip(("set", "task", "input", "target"), row, strict=True)) for row in tasks]
    )
    write_xz(folder / "frames.jsonl.xz", [booking(n) for n in range(60)])
    names = sorted({row[0] for row in tasks} | {*sets, "tinystories_sample"})
    (folder / "MANIFEST.md").write_text(
        "# Corpus\n\n"
        + "\n".join(f"### {name}\n- source: somewhere/{name}\n- licence: CC BY 4.0\n- 9 documents" for name in names)
        + "\n"
    )
    return folder


def command(corpus, home, *more):
    """The documented command at a tiny scale, in a folder of its own."""
    return [
        sys.executable,
        "-m",
        "makers.pocket",
        "make",
        "--corpus",
        str(corpus),
        "--out",
        str(home / "out"),
        "--work",
        str(home / "work"),
        "--scale",
        "0.01",
        "--chats",
        str(corpus / "chats.jsonl"),
        "--budget",
        "full",
        "--base-steps",
        "6",
        "4",
        "--instruct-steps",
        "4",
        "--save-steps",
        "2",
        *more,
    ]


def run(arguments):
    """Run a command in the checkout and return what it printed."""
    done = subprocess.run(arguments, cwd=ROOT, capture_output=True, text=True, timeout=1200, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
