"""Batched generation keeps the order and ignores padding; likelihoods; next tokens."""

import dataclasses

import numpy as np
import pytest
import torch

from labutils.errors import LabError
from labutils.generation import generate, label_log_likelihoods, next_token_probabilities, parts_to_read
from labutils.options import Options
from labutils.prompts import Template, render

from toys import code_of, lively_model, toy_records, word_tokenizer


def test_order_is_kept_and_batches_change_nothing(tiny):
    prompts = [record["text"] for record in toy_records(23, "test")]
    room = {"max_new_tokens": 5, "precision": "fp32"}
    alone = [generate(*tiny, [prompt], **room)[0] for prompt in prompts]
    assert generate(*tiny, prompts, batch_size=4, **room) == alone
    assert generate(*tiny, prompts[::-1], batch_size=23, **room) == alone[::-1]
    assert len(set(alone)) > 1


def test_prompts_are_read_in_parts_of_so_many_tokens():
    lengths = [5000, 1024, 900, 700, 10, 10, 1]
    assert [lengths[part] for part in parts_to_read(lengths)] == [[5000], [1024, 900], [700, 10], [10, 1]]
    assert [lengths[part] for part in parts_to_read(lengths, 32)] == [[5000], [1024, 900], [700, 10], [10, 1]]
    assert [len(range(9)[part]) for part in parts_to_read([700] * 9, 300)] == [2, 2, 2, 2, 1]  # each read as 900
    assert parts_to_read([]) == [] and len(parts_to_read([0, 0])) == 1


def test_no_prompts_no_answers(tiny):
    assert generate(*tiny, []) == []


def test_a_single_string_is_refused(tiny):
    with pytest.raises(LabError, match="list of str"):
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


CALLS = {
    "generate": lambda pair, prompts, **more: generate(*pair, prompts, **more),
    "likelihoods": lambda pair, prompts, **more: label_log_likelihoods(*pair, prompts, ["red"], **more),
}


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize(
    "prompts",
    [None, b"anna", 3, {"a": "b"}, [None], ["anna", b"ben"], ["anna", 3], [["anna"]], ["anna \ud83d"]],
    ids=["none", "bytes", "number", "dict", "list_of_none", "one_bytes", "one_number", "nested", "half_a_character"],
)
def test_what_is_no_text_is_named_before_the_model_reads(tiny, call, prompts):
    assert code_of(CALLS[call], tiny, prompts) == "prompts"


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("value", [0, -1, 2.5, "3", None, True])
@pytest.mark.parametrize("name", ["batch_size", "max_source_tokens", "max_new_tokens"])
def test_sizes_that_cannot_be_are_named(tiny, call, name, value):
    if call == "likelihoods" and name == "max_new_tokens":
        pytest.skip("it writes nothing")
    with pytest.raises(LabError) as caught:
        CALLS[call](tiny, ["anna"], **{name: value})
    assert caught.value.code == "settings" and name in str(caught.value) and repr(value) in str(caught.value)


def test_numbers_of_numpy_are_numbers(tiny):
    assert generate(*tiny, ["anna"], max_new_tokens=np.int64(3), batch_size=np.int32(2)) == generate(
        *tiny, ["anna"], max_new_tokens=3
    )


@pytest.mark.parametrize("options", [
    {"temperature": 0.7}, {"top_p": 0.9}, {"top_k": 5, "do_sample": False}, {"min_p": 0.1, "num_beams": 2},
    {"length_penalty": 2.0}, {"early_stopping": True, "num_beams": 1}, {"min_new_tokens": 9, "max_new_tokens": 3},
    {"num_return_sequences": 2}, {"return_dict_in_generate": True}, {"max_length": 9}, {"nonsense": 1},
    {"generation_config": None}, {"input_ids": None}, {"top_p": 2.0, "do_sample": True}, {"temperature": 0.0, "do_sample": True},
    {"num_beams": 0}, {"do_sample": "yes"}, {"early_stopping": "soon", "num_beams": 2}, {"eos_token_id": 9999},
    {"suppress_tokens": [1, -1]}, {"bad_words_ids": [[3, 64]]}, {"encoder_no_repeat_ngram_size": 2**31},
    {"no_repeat_ngram_size": 2**31}, {"stop_strings": "x" * 10**5}, {"stop_strings": ["ok", "x" * 10**5]},
])  # fmt: skip
def test_an_option_that_has_no_effect_is_named(tiny, options):
    """The library's own warning is switched off: sampling settings without do_sample changed nothing, without a word."""
    with pytest.raises(LabError) as caught:
        generate(*tiny, ["anna"], **options)
    assert caught.value.code == "settings" and any(name in str(caught.value) for name in options)


# An option of each kind, and what must stand beside it.
EFFECTS = [
    {"do_sample": True}, {"do_sample": True, "temperature": 50.0}, {"do_sample": True, "top_k": 2},
    {"do_sample": True, "temperature": 9.0, "top_p": 0.01}, {"num_beams": 4}, {"num_beams": 4, "length_penalty": -9.0},
    {"num_beams": 4, "early_stopping": True, "length_penalty": 5.0}, {"min_new_tokens": 12}, {"repetition_penalty": 9.0},
    {"no_repeat_ngram_size": 1}, {"suppress_tokens": [*range(20)]}, {"eos_token_id": [*range(40)]},
    {"bad_words_ids": [[number] for number in range(3, 40)]}, {"encoder_no_repeat_ngram_size": 1},
]  # fmt: skip


@pytest.fixture(scope="module")
def talkative():
    """(model, tokenizer, prompts): answers of words, of which some end early."""
    model, tokenizer = lively_model(), word_tokenizer()
    model.lm_head.weight.data[1] *= 0.5
    model.generation_config.suppress_tokens = [0, 2, *range(len(tokenizer), 64)]
    return model, tokenizer, [record["text"] for record in toy_records(6, "test")]


@pytest.mark.parametrize("options", EFFECTS, ids=lambda options: "-".join(options))
def test_an_accepted_option_changes_answers(talkative, options):
    """The last of them, beside those that it needs."""
    answers = []
    for given in (dict([*options.items()][:-1]), options):
        torch.manual_seed(0)
        answers.append(generate(*talkative, max_new_tokens=12, **given))
    assert len(answers[1]) == 6 and answers[0] != answers[1]


def test_every_option_is_one_of_the_library():
    from transformers import GenerationConfig

    ours = {"batch_size", "max_source_tokens", "logits_processor", "stopping_criteria"}
    assert {field.name for field in dataclasses.fields(Options)} - set(GenerationConfig().to_dict()) <= ours


def test_a_models_own_settings_give_one_answer_a_prompt(tiny):
    model, tokenizer = tiny
    prompts = ["anna likes red", "ben sees the cat"]
    plain = generate(model, tokenizer, prompts, max_new_tokens=4, num_beams=2)
    model.generation_config.update(num_return_sequences=2, num_beams=2, return_dict_in_generate=True)
    assert generate(model, tokenizer, prompts, max_new_tokens=4) == plain


def test_what_is_cut_is_counted_and_said_once(tiny, caplog):
    long = ["anna " * 40, "ben", "cora " * 40]
    for _epoch in range(2):
        generate(*tiny, long, max_new_tokens=2, max_source_tokens=20)
    label_log_likelihoods(*tiny, [*long, "dan " * 40], ["red"], max_source_tokens=20)
    said = [record.getMessage() for record in caplog.records]
    assert len(said) == 2 and all("max_source_tokens" in text and "20" in text for text in said)
    assert said[0].startswith("2 of 3 ") and said[1].startswith("3 of 4 ")


@pytest.mark.parametrize("call", CALLS)
def test_the_question_at_the_end_is_not_cut(tiny, call):
    """It was: what stood last went first."""
    more = {"max_new_tokens": 3} if call == "generate" else {}
    template = Template("t", "t", "who likes {{ text }} what answer :", "{{ text }}")
    prompts = [render(template, {"text": "anna red " * n})[0] for n in (6, 40)]
    cut = CALLS[call](tiny, prompts[1:], max_source_tokens=18, **more)
    assert np.all(np.asarray(cut) == np.asarray(CALLS[call](tiny, prompts[:1], **more)))


def test_a_tokenizer_of_another_model_is_named(tiny):
    model, tokenizer = tiny
    tokenizer.add_tokens([f"word{i}" for i in range(60)])
    assert code_of(generate, model, tokenizer, ["anna word59"]) == "prompts"


def narrow(model):
    """Returns the model with 16 positions."""
    model.config.max_position_embeddings = 16
    return model


def test_a_prompt_over_the_models_positions_is_cut_and_said(tiny, caplog):
    pair = narrow(causal()), tiny[1]
    [answer] = generate(*pair, ["anna " * 40], max_new_tokens=6)
    assert len(answer.split()) <= 6
    assert "10 tokens" in caplog.text and "positions" in caplog.text and "max_new_tokens=6" in caplog.text
    assert len(next_token_probabilities(*pair, "anna " * 40, top=3)) == 3


def test_an_answer_over_the_models_positions_is_named(tiny):
    with pytest.raises(LabError) as caught:
        generate(narrow(causal()), tiny[1], ["anna"], max_new_tokens=16)
    assert caught.value.code == "settings" and "max_new_tokens is 16" in str(caught.value) and "15" in str(caught.value)


def test_an_empty_prompt_of_a_decoder_only_model_is_named(tiny):
    tokenizer = tiny[1]
    tokenizer.backend_tokenizer.post_processor = None  # nothing is added to a text
    assert code_of(generate, causal(), tokenizer, ["anna", ""]) == "prompts"


def test_labels_are_named_where_none_can_be_scored(tiny):
    assert code_of(label_log_likelihoods, *tiny, ["anna"], []) == "labels"
    assert code_of(label_log_likelihoods, causal(), tiny[1], ["anna"], ["red"]) == "encoder_decoder"


@pytest.mark.parametrize("value", [0, 1, -1, 2.5, "3", None, True])
def test_the_length_that_next_tokens_read_is_checked(tiny, value):
    """-1 cut the prompt's last token without a word."""
    assert code_of(next_token_probabilities, *tiny, "anna likes", max_source_tokens=value) == "settings"


@pytest.mark.parametrize("top", [0, -1, 65, 1.5])
def test_next_tokens_are_as_many_as_there_are(tiny, top):
    assert code_of(next_token_probabilities, *tiny, "anna", top) == "settings"


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


# What is of the right kind, and the library refuses in one of its many ways.
REFUSED = [
    {"stop_strings": ["x"]}, {"bad_words_ids": []}, {"bad_words_ids": [5]}, {"suppress_tokens": ["a"]}, {"sequence_bias": {}},
    {"sequence_bias": [1]}, {"exponential_decay_length_penalty": (1,)}, {"logits_processor": [1]}, {"stopping_criteria": [1]},
    {"do_sample": True, "temperature": 1e-300},
]  # fmt: skip


@pytest.mark.parametrize("options", REFUSED, ids=lambda options: "-".join(options))
def test_an_option_that_the_library_refuses_is_named(tiny, options):
    """Ten of the library's own tracebacks."""
    with pytest.raises(LabError) as caught:
        generate(*tiny, ["anna"], max_new_tokens=4, **options)
    assert caught.value.code == "settings" and all(
        f"{name}={value!r}" in str(caught.value) for name, value in options.items()
    )


def test_a_model_that_is_being_trained_answers_without_dropout(tiny):
    """What is asked in the middle of a training is asked of the model, not of one of its many thinned ones."""
    model, tokenizer = lively_model(), tiny[1]
    for module in model.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.5
    calm = label_log_likelihoods(model, tokenizer, ["anna"], ["red", "blue"])
    first = next_token_probabilities(model, tokenizer, "anna")
    model.train()
    assert np.array_equal(label_log_likelihoods(model, tokenizer, ["anna"], ["red", "blue"]), calm)
    assert next_token_probabilities(model, tokenizer, "anna").equals(first)
    assert model.training
