"""Parts of the shipped model's maker, each alone: rows, objectives, copying, the loop, scores."""

import argparse
import random

import numpy as np
import pytest
import torch

from labutils import prompts, tasks
from makers.pocket.__main__ import plan_of
from makers.pocket.measure import scoring
from makers.pocket.recipe import copying, loop, objectives, rows
from makers.pocket.recipe.model import new_model
from makers.pocket.recipe.plan import note, noted
from makers.pocket.recipe.tokenizer import MASK

from toys import code_of, make_tiny_model, sentence


def test_the_suite_joins_by_its_train_splits_in_all_phrasings_but_one():
    found = rows.suite_rows(random.Random(0), scale=0.05)
    assert {kind for _, _, kind in found} >= {"suite/topic", "suite/entities", "suite/shots"}
    assert not {kind.removeprefix("suite/") for _, _, kind in found} & set(rows.HELD_OUT_SUITE)
    text = "\n".join(prompt for prompt, _, _ in found)
    for name in ("topic", "intent", "entities", "questions"):
        task = tasks.load_task(name, "all")
        field = next(iter(task.templates[0].fields - {"entities", "topic", "intent", "answer", "question"}))
        assert not [row["id"] for row in task.validation + task.test if row[field] in text]
        asked = {prompt for prompt, _, kind in found if kind == f"suite/{name}"}
        assert prompts.render(task.templates[0], task.train[0])[0] in asked
        assert prompts.render(task.templates[-1], task.train[0])[0] not in asked
    assert max(len(prompt) for prompt, _, kind in found if kind == "suite/shots") < 2200


def test_infilling_hides_what_it_should():
    windows = np.arange(1000, 1000 + 4 * objectives.WINDOW).reshape(4, -1)
    read, wanted = objectives.infilling(np.random.default_rng(0), windows)
    assert (wanted == windows).all()
    gone = round(objectives.WINDOW * objectives.NOISE)
    gaps = round(gone / objectives.SPAN)
    assert read.shape == (4, objectives.WINDOW - gone + gaps)
    assert ((read == MASK).sum(axis=1) == gaps).all()
    for row, window in zip(read, windows, strict=True):
        kept = row[row != MASK]
        assert (np.diff(kept) > 0).all()
        assert set(kept) <= set(window)


def test_the_encoder_begins_with_a_sense_of_place():
    """Buckets 1 and 17 of T5's bias are the token before and the token after."""
    table = new_model(0).encoder.block[0].layer[0].SelfAttention.relative_attention_bias.weight
    assert (int(table[:, 0].argmax()), int(table[:, 1].argmax())) == (1, 17)
    around = table[:16, 2]
    assert (around[0] > around[4]) and (around[4] > around[12])


def test_the_rate_rises_and_falls():
    rates = [loop.rate(step / 100, 1.0) for step in range(101)]
    assert max(rates) == pytest.approx(1.0, abs=0.01)
    assert rates[0] < 0.05
    assert rates[100] == pytest.approx(loop.FLOOR)


def test_a_broken_checkpoint_is_passed_over(tmp_path, capsys):
    model = make_tiny_model()
    rows = torch.ones((2, 3), dtype=torch.long), None, torch.ones((2, 2), dtype=torch.long)
    loop.Trainer(model, lambda step: rows, tmp_path, 6, 0.01, save_steps=2).run()
    newest = tmp_path / "checkpoint-6" / "model.safetensors"
    newest.write_bytes(newest.read_bytes()[:100])
    assert loop.load_checkpoint(tmp_path)["step"] == 4
    assert "checkpoint-6" in capsys.readouterr().out
    assert loop.load_checkpoint(tmp_path / "nothing") is None


def test_copying_rows_hold_their_answers():
    generator, words = random.Random(0), random.Random(2)
    talk = ["\n".join(f"#Person{1 + turn % 2}#: {sentence(words)}" for turn in range(8)) for _ in range(20)]
    for prompt, target in copying.text_rows(generator, talk, 100):
        assert all(part in prompt for part in target.split("; "))
    for prompt, target in copying.fact_rows(generator, 50):
        assert target in prompt
    slots = [{"input": "Table at 7 pm in Rome", "target": "time: 7 pm; city: Rome"}]
    assert {target for _, target in copying.slot_questions(generator, slots, 20)} == {"7 pm", "Rome"}


def test_scores_by_hand():
    assert scoring.accuracy(["Film", "plant "], ["film", "Animal"]) == 0.5
    assert scoring.pairs_f1(["person: Ann; time: 7", "none"], ["person: Ann", "city: Rome"]) == 0.5
    assert scoring.pairs_f1(["none"], ["none"]) == 0.0


def test_notes_are_added_to(tmp_path):
    note(tmp_path, "base", step=3)
    note(tmp_path, "base", done=True)
    assert noted(tmp_path) == {"base": {"step": 3, "done": True}}


def test_more_steps_than_legs_are_refused():
    given = {"budget": "short", "scale": 1.0, "base_steps": [5, 5], "instruct_steps": None}
    assert code_of(plan_of, argparse.Namespace(**given)) == "legs"
