"""Batched generation keeps the order and ignores padding; likelihoods; next tokens."""

import numpy as np
import pytest
import torch

from labutils.generation import generate, label_log_likelihoods, next_token_probabilities, parts_to_read

from toys import toy_records


def test_order_is_kept_and_batches_change_nothing(tiny):
    prompts = [record["text"] for record in toy_records(23, "test")]
    alone = [generate(*tiny, [prompt], max_new_tokens=5)[0] for prompt in prompts]
    assert generate(*tiny, prompts, max_new_tokens=5, batch_size=4) == alone
    assert generate(*tiny, prompts[::-1], max_new_tokens=5, batch_size=23) == alone[::-1]
    assert len(set(alone)) > 1


def test_prompts_are_read_in_parts_of_so_many_tokens():
    lengths = [5000, 1024, 900, 700, 10, 10, 1]
    assert [lengths[part] for part in parts_to_read(lengths)] == [[5000], [1024, 900], [700, 10], [10, 1]]
    assert parts_to_read([]) == [] and len(parts_to_read([0, 0])) == 1


def test_no_prompts_no_answers(tiny):
    assert generate(*tiny, []) == []


def test_a_single_string_is_refused(tiny):
    with pytest.raises(TypeError):
        generate(*tiny, "anna likes red")


def test_the_model_is_left_as_it_was(tiny):
    tiny[0].train()
    generate(*tiny, ["anna"], max_new_tokens=2)
    assert tiny[0].training


def test_more_than_twenty_tokens_come_out(tiny):
    """The library's default would stop there; nobody told us to."""
    model, tokenizer = tiny
    with torch.no_grad():
        model.shared.weight[tokenizer.eos_token_id] = 0  # an end that is never the most likely token
    [answer] = generate(model, tokenizer, ["anna likes red"], max_new_tokens=40, suppress_tokens=[0, 1, 2])
    assert len(answer.split()) == 40


def causal():
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=64,
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        pad_token_id=0,
        eos_token_id=1,
    )
    return LlamaForCausalLM(config).eval()


def test_a_decoder_only_model_answers_without_its_prompt(tiny):
    """Padding stands on the left, and the prompt is cut off the answer."""
    tokenizer, model = tiny[1], causal()
    prompts = ["anna likes red", "the cat sees a black dog who likes the green cat"]
    alone = [generate(model, tokenizer, [prompt], max_new_tokens=6)[0] for prompt in prompts]
    assert generate(model, tokenizer, prompts, max_new_tokens=6) == alone
    assert all(not answer.startswith(prompt) for answer, prompt in zip(alone, prompts, strict=True))


def test_likelihoods_are_those_of_the_model(tiny):
    model, tokenizer = tiny
    found = label_log_likelihoods(model, tokenizer, ["anna likes red", "ben sees the cat today"], ["red", "blue cat"])
    assert found.shape == (2, 2)
    ids, labels = (
        tokenizer("anna likes red", return_tensors="pt")["input_ids"],
        tokenizer("blue cat", return_tensors="pt")["input_ids"],
    )
    with torch.no_grad():
        loss = model(input_ids=ids, labels=labels).loss
    assert found[0, 1] == pytest.approx(-float(loss) * labels.shape[1], rel=1e-4)


def test_next_token_probabilities(tiny):
    frame = next_token_probabilities(*tiny, "anna likes", top=64)
    assert frame["probability"].sum() == pytest.approx(1, abs=1e-5)
    assert np.all(np.diff(frame["probability"]) <= 0)
