"""The shipped model's recipe from corpus to card, run once as a whole on the small corpus of tests/small_corpus.py."""

import json
import os
import re
import signal
import subprocess
import time

import numpy as np
import pytest
import torch

from labutils.errors import LabError
from makers.pocket.card.writing import write_cards
from makers.pocket.measure.evaluate import evaluate
from makers.pocket.recipe import loop, objectives, rows
from makers.pocket.recipe.corpus import GROUPS
from makers.pocket.recipe.instruct import Mixture, lay_out_rows
from makers.pocket.recipe.layout import TokenGroups
from makers.pocket.recipe.plan import Leg, Plan, noted
from makers.pocket.recipe.stages import make
from makers.pocket.recipe.tokenizer import EOS, MASK, load_tokenizer

from small_corpus import ROOT, SECRET, command, run

LEGS = (Leg(6, 0.02, 0.25), Leg(4, 0.01, 0.15))


def test_the_command_leaves_two_models_that_load_and_generate(made):
    from transformers import AutoModelForSeq2SeqLM, AutoTokenizer

    for stage in ("base", "instruct"):
        folder = made / "out" / stage
        model, tokenizer = AutoModelForSeq2SeqLM.from_pretrained(folder), AutoTokenizer.from_pretrained(folder)
        assert model.dtype == torch.float32
        assert model.lm_head.weight.data_ptr() == model.shared.weight.data_ptr()
        assert (folder / "model.safetensors").stat().st_size <= 25 * 2**20
        assert model.generation_config.max_length is None or model.generation_config.max_length > 20
        assert (model.generation_config.decoder_start_token_id, model.generation_config.eos_token_id) == (0, 1)
        out = model.generate(
            **tokenizer(["Hello.", "Who gave the book to Anna?"], padding=True, return_tensors="pt"), max_new_tokens=30
        )
        assert out.shape[0] == 2
        assert model.config.dropout_rate == 0.0


def test_stages_that_are_done_are_skipped(made, corpus, capsys):
    weights = made / "out" / "instruct" / "model.safetensors"
    before = weights.stat().st_mtime_ns
    make(Plan(corpus, made / "out", made / "work", LEGS, 4, 0.01))
    assert capsys.readouterr().out.count("done before") == 5
    assert weights.stat().st_mtime_ns == before


def test_killed_at_any_moment_it_ends_with_the_same_weights(made, corpus, tmp_path):
    """SIGKILL once in each leg of the base and once in instruct; then the same command again, to its end."""
    (tmp_path / "work").mkdir()
    for stage in ("base-1", "base", "instruct"):
        process = subprocess.Popen(
            command(corpus, tmp_path), cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        limit = time.monotonic() + 600
        while not list((tmp_path / "work" / stage).glob("checkpoint-*/complete.json")) and process.poll() is None:
            assert time.monotonic() < limit, "no checkpoint appeared"
            time.sleep(0.01)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    run(command(corpus, tmp_path))
    for stage in ("base-1", "base", "instruct"):
        left, right = (loop.load_checkpoint(home / "work" / stage) for home in (made, tmp_path))
        assert left["step"] == right["step"]
        assert all(torch.equal(left["model"][name], right["model"][name]) for name in left["model"])
    for stage in ("base", "instruct"):
        same = [(home / "out" / stage / "model.safetensors").read_bytes() for home in (made, tmp_path)]
        assert same[0] == same[1]


def updates(folder):
    """Updates that the optimizer of a stage's newest checkpoint has made."""
    state = torch.load(loop.newest(folder) / "state" / "optimizer.bin", weights_only=True)["state"]
    [number] = {int(kept["step"]) for kept in state.values()}
    return number


def test_the_second_leg_goes_on_from_the_first(made):
    """Other weights than the first leg's, of as many steps as the plan says, with an optimizer of its own."""
    first, last = (loop.load_checkpoint(made / "work" / stage) for stage in ("base-1", "base"))
    steps = [updates(made / "work" / stage) for stage in ("base-1", "base")]
    assert (first["step"], last["step"]) == (6, 4) == tuple(steps)
    assert not torch.equal(first["model"]["shared.weight"], last["model"]["shared.weight"])
    facts = noted(made / "work")["base"]
    assert facts["step"] == 10 and [leg["copying"] for leg in facts["legs"]] == [0.25, 0.15]


def test_instruct_begins_at_a_base_that_is_there(made, corpus, chats, tmp_path):
    """No base is trained; the one that is given is exported as it is, and instruct differs from it."""
    given = made / "out" / "base"
    make(Plan(corpus, tmp_path / "out", tmp_path / "work", LEGS, 2, 0.01, chats=chats, start=given))
    weights = [folder / "model.safetensors" for folder in (given, tmp_path / "out" / "base")]
    assert weights[0].read_bytes() == weights[1].read_bytes()
    assert weights[0].read_bytes() != (tmp_path / "out" / "instruct" / "model.safetensors").read_bytes()
    assert noted(tmp_path / "work")["base"]["start"] == "base"
    with pytest.raises(LabError) as caught:
        make(Plan(corpus, tmp_path / "o", tmp_path / "w", LEGS, 2, 0.01, start=tmp_path))
    assert caught.value.code == "start"


@pytest.mark.parametrize(
    "text",
    [
        "Hello world.\n#Person1#: How are you?\n#Person2#: Fine, #Person1# said 12:45 pm.",
        "#Person2# tells #Person1# to go.",
        "[INST] Sum it up. [/INST]",
        "naïve café 日本 😀",
        "The price is $1,234.50!",
        "a\n\nb\n    indented",
        'She said: "Don\'t!" (and left).',
    ],
)
def test_text_survives_the_tokenizer(made, text):
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(made / "out" / "base")
    ids = tokenizer(text).input_ids
    assert ids[-1] == 1
    assert 2 not in ids
    assert tokenizer.decode(ids, skip_special_tokens=True) == text


def test_special_pieces_have_t5_ids(made):
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(made / "out" / "base")
    assert (tokenizer.pad_token_id, tokenizer.eos_token_id, tokenizer.unk_token_id) == (0, 1, 2)
    assert tokenizer.convert_tokens_to_ids("<extra_id_0>") == MASK == 8163
    assert tokenizer.convert_tokens_to_ids("<extra_id_99>") == 8064
    for mark in ("\n", "#Person1#", "#Person2#", "[INST]", "[/INST]"):
        assert len(tokenizer(f"a{mark}").input_ids) == len(tokenizer("a").input_ids) + 1, mark
    assert tokenizer.decode(tokenizer("x <extra_id_3> y").input_ids, skip_special_tokens=True).split() == ["x", "y"]


def test_summaries_and_left_out_sets_reach_no_row(corpus, chats, made):
    everything = rows.all_rows(corpus, chats, scale=0.02)
    text = "\n".join(prompt + target for prompt, target, _ in everything)
    assert SECRET not in text
    assert not any("product_pros_cons" in kind for _, _, kind in everything)
    kinds = {kind for _, _, kind in everything}
    assert kinds >= {"notes", "note_questions", "made_shots", "chats"}
    assert not any("Label its sentiment" in prompt for prompt, _, _ in everything)
    tokenizer = load_tokenizer(made / "work" / "tokenizer")
    for group in GROUPS:
        ids = np.fromfile(made / "work" / "tokens" / f"{group}.bin", dtype=np.uint16)
        assert SECRET not in tokenizer.decode(ids.tolist())
    tagged = sum(prompt.startswith("[INST]") for prompt, _, _ in everything) / len(everything)
    assert 0.4 < tagged < 0.6


def test_the_base_sees_infilling_continuation_and_copying(made):
    groups = TokenGroups(made / "work" / "tokens")
    kinds = set()
    for step in range(40):
        read, wanted = objectives.base_batch(groups, 0, step, 4, 0.25)
        assert (read[:, -1] == EOS).all()
        if torch.equal(read[:, :-1], wanted):
            kinds.add("copy")
            assert wanted.numel() == objectives.COPY_TOKENS
        else:
            kinds.add("infill" if (read == MASK).any() else "continue")
            assert wanted.shape == (4, objectives.WINDOW)
    assert kinds == {"copy", "infill", "continue"}


def test_batches_are_a_function_of_the_step_and_cover_every_row(made, corpus):
    plan = Plan(corpus, made / "out", made / "work", LEGS, 4, 0.01)
    lay_out_rows(plan)
    one, other = Mixture(plan), Mixture(plan)
    for step in (5, 2, 9):
        assert all(torch.equal(a, b) for a, b in zip(one(step), other(step), strict=True) if a is not None)
    seen = np.concatenate(one.rows.epoch_batches(0))
    assert sorted(seen) == list(range(len(one.rows.early)))
    read, mask, wanted = one.rows.batch(0)
    assert (mask == (read != 0)).all()
    assert ((wanted == 1).sum(1) == 1).all()


def test_evaluate_and_card_need_nothing_typed(made, corpus):
    out = made / "out"
    evaluate(corpus, out, made / "work", limit=3)
    write_cards(corpus, out)
    results = json.loads((out / "results.json").read_text())
    assert set(results["suite"]) == {"majority", "base", "instruct"}
    assert set(results["shipped"]) == {
        "majority", "base", "instruct", "instruct, unseen phrasing", "majority, plain", "instruct, plain",
    }  # fmt: skip
    assert {"topic", "grammar"} <= set(results["shipped"]["instruct"]) and "topic" in results["taught"]
    assert results["summaries"]["test_dialogues"] == 3
    assert set(results["against"]) == {"base", "instruct"} and set(results["suite_intervals"]["instruct"]) >= {"slots"}
    assert results["manners"]["unfinished"]["rows"] == 3
    assert results["making"]["base"]["step"] == 10
    card = (out / "README.md").read_text()
    assert not re.search(r"\{[a-z]+\}", card)
    for name in ("sgd_dialogues", "ner_wikigold", "CC BY 4.0", "CC BY-SA 4.0"):
        assert name in card
    assert "../README.md" in (out / "base" / "README.md").read_text()
