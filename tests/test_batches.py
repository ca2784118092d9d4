"""Tokens, padding with -100, length-grouped order, the X-ray."""

import pytest
import torch

from labutils import batches
from labutils.batches import IGNORE, LengthGroupedSampler, collate, encode, inspect_batch, tokenize
from labutils.config import TrainingSettings
from labutils.errors import LabError
from labutils.prompts import Template

from toys import code_of, toy_records

TEMPLATE = Template("t", "toy", "{{ text }} answer :", "{{ answer }}")


def test_rows_hold_tokens_and_no_padding(tiny):
    _model, tokenizer = tiny
    rows = tokenize(toy_records(5, "train"), tokenizer, TEMPLATE)
    for row, record in zip(rows, toy_records(5, "train"), strict=True):
        assert row["id"] == record["id"] and not row["truncated"]
        assert row["input_ids"][-1] == row["labels"][-1] == tokenizer.eos_token_id
        assert tokenizer.pad_token_id not in row["input_ids"]
        assert tokenizer.decode(row["labels"], skip_special_tokens=True) == record["answer"]


def test_a_long_row_is_cut_and_still_ends(tiny):
    [row] = tokenize([{"text": "cat " * 99, "answer": "dog " * 99}], tiny[1], TEMPLATE, 20, 10)
    assert len(row["input_ids"]) == 20 and len(row["labels"]) == 10 and row["truncated"]
    assert row["input_ids"][-1] == row["labels"][-1] == tiny[1].eos_token_id


@pytest.mark.parametrize("limit", [6, 7, 8, 12, 30, 53])
def test_what_is_cut_is_the_longest_field_and_not_the_question(tiny, limit):
    tokenizer = tiny[1]
    template = Template("t", "toy", "who : {{ text }} what answer :", "{{ answer }}")
    [row] = tokenize([{"text": "cat dog " * 24, "answer": "red"}], tokenizer, template, limit)
    words = tokenizer.decode(row["input_ids"]).split()
    assert len(words) == limit and row["truncated"]
    assert words == ["who", ":", *(["cat", "dog"] * 24)[: limit - 6], "what", "answer", ":", "</s>"]


def test_of_a_text_without_fields_both_ends_stay(tiny):
    tokenizer = tiny[1]
    [row], long = encode(["who what " + "cat " * 50 + "answer :"], tokenizer, 8)
    assert tokenizer.decode(row).split() == ["who", "what", "cat", "cat", "cat", "answer", ":", "</s>"] and long == {0}


@pytest.mark.parametrize("limits", [(0, 96), (-1, 96), (512, 0), (512, 1), (2.5, 96)])
def test_lengths_that_cannot_be_are_named(tiny, limits):
    assert code_of(tokenize, toy_records(2, "train"), tiny[1], TEMPLATE, *limits) == "settings"


@pytest.mark.parametrize("size", [0, -1, 1.5, None])
def test_sizes_of_a_batch_that_cannot_be_are_named(tiny, size):
    assert code_of(LengthGroupedSampler, [1, 2], size) == "settings"
    rows = tokenize(toy_records(2, "train"), tiny[1], TEMPLATE)
    assert code_of(collate, rows, multiple=size) == "settings"
    assert code_of(collate, rows, multiple=(8, size)) == "settings"


@pytest.mark.parametrize(
    ("narrow", "compiler", "lengths"), [(True, "", (16, 8)), (False, "", (1, 1)), (True, "x", (64, 64))]
)
def test_lengths_are_rounded_up_where_each_new_shape_costs_time(monkeypatch, narrow, compiler, lengths):
    """A compiler makes a program for each shape, and so does oneDNN for bf16 on a CPU (torch 2.13.0, seen by
    findings/bf16_shapes_on_a_cpu.sh); fp32 is trained at its own lengths."""
    monkeypatch.setattr(batches.device, "native_bf16", lambda kind=None: narrow)
    assert batches.multiples(TrainingSettings(compile=compiler)) == lengths
    assert batches.multiples(TrainingSettings(precision="fp32", compile=compiler)) == (lengths if compiler else (1, 1))


def test_source_and_target_are_padded_each_to_its_multiple(tiny):
    rows = tokenize(toy_records(3, "train"), tiny[1], TEMPLATE)
    batch = collate(rows, multiple=(16, 8))
    assert batch["input_ids"].shape[1] % 16 == 0 and batch["labels"].shape[1] % 8 == 0
    assert int((batch["labels"] != IGNORE).sum()) == sum(len(row["labels"]) for row in rows)


def test_several_templates_take_turns(tiny):
    other = Template("u", "toy", "who : {{ text }}", "{{ answer }}")
    rows = tokenize(toy_records(4, "train"), tiny[1], [TEMPLATE, other])
    who = tiny[1]("who")["input_ids"][0]
    assert [row["input_ids"][0] == who for row in rows] == [False, True, False, True]


def test_an_empty_target_is_an_error(tiny):
    with pytest.raises(LabError) as caught:
        tokenize([{"id": "train_7", "text": "a", "answer": " "}], tiny[1], TEMPLATE)
    assert caught.value.code == "no_target" and "train_7" in str(caught.value)


def test_no_records_no_rows(tiny):
    assert tokenize([], tiny[1], TEMPLATE) == []


def test_padding_is_masked_everywhere(tiny):
    rows = tokenize(toy_records(6, "train"), tiny[1], TEMPLATE)
    batch = collate(rows)
    for i, row in enumerate(rows):
        n, t = len(row["input_ids"]), len(row["labels"])
        assert batch["input_ids"][i, :n].tolist() == row["input_ids"] and not batch["input_ids"][i, n:].any()
        assert batch["attention_mask"][i].sum() == n
        assert batch["labels"][i, :t].tolist() == row["labels"] and (batch["labels"][i, t:] == IGNORE).all()
        assert batch["decoder_input_ids"][i, 0] == 0
        assert batch["decoder_input_ids"][i, 1:t].tolist() == row["labels"][: t - 1]


def test_decoder_inputs_are_those_of_the_model(tiny):
    batch = collate(tokenize(toy_records(4, "train"), tiny[1], TEMPLATE))
    torch.testing.assert_close(
        batch["decoder_input_ids"], tiny[0].prepare_decoder_input_ids_from_labels(batch["labels"])
    )


def test_padding_changes_no_loss(tiny):
    """A row's loss is the same alone and beside a longer one: the mask and -100 do their work."""
    from labutils.training.loss import token_loss

    rows = sorted(tokenize(toy_records(8, "train"), tiny[1], TEMPLATE), key=lambda r: len(r["input_ids"]))

    def loss(some):
        batch = collate(some)
        labels = batch.pop("labels")
        with torch.no_grad():
            return token_loss(tiny[0](**batch).logits[:1], labels[:1])

    torch.testing.assert_close(loss(rows[:1]), loss([rows[0], rows[-1]]))


@pytest.mark.parametrize("number", [1, 7, 64, 203])
def test_every_example_once_an_epoch(number):
    sampler = LengthGroupedSampler([i % 50 for i in range(number)], 16, seed=3)
    assert sorted(sampler) == list(range(number)) and len(sampler) == number


def test_order_depends_on_seed_and_epoch_alone():
    lengths = [i * 37 % 101 for i in range(100)]
    first, second = LengthGroupedSampler(lengths, 8, seed=1), LengthGroupedSampler(lengths, 8, seed=1)
    assert list(first) == list(second) == list(first)
    second.set_epoch(1)
    assert list(first) != list(second)


def test_batches_hold_like_lengths_in_shuffled_order():
    lengths = [i * 7919 % 997 for i in range(800)]
    order = list(LengthGroupedSampler(lengths, 16))
    batches = [[lengths[k] for k in order[i : i + 16]] for i in range(0, 800, 16)]
    padded = sum(max(batch) * 16 for batch in batches) / sum(lengths)
    assert padded < 1.05  # random order gives about 1.9 here
    means = [sum(batch) for batch in batches]
    assert means != sorted(means) and means != sorted(means, reverse=True)


def test_xray_shows_what_the_model_sees(tiny):
    rows = tokenize(toy_records(6, "train"), tiny[1], TEMPLATE)
    frame = inspect_batch(collate(rows), tiny[1])
    assert list(frame["source_tokens"]) == [len(row["input_ids"]) for row in rows]
    assert list(frame["target"]) == [record["answer"] for record in toy_records(6, "train")]
    assert frame["padding"].between(0, 1).all() and frame["padding"].min() == 0
    assert frame["masked_labels"].between(0, 1).all()


@pytest.mark.parametrize("grouped", [True, False])
def test_a_filled_order_is_the_same_with_whole_batches(grouped):
    lengths = list(range(20))
    plain = list(LengthGroupedSampler(lengths, 8, grouped=grouped))
    filled = LengthGroupedSampler(lengths, 8, grouped=grouped, fill=20)
    assert list(filled) == plain + [20] * 4 and len(filled) == 24
    assert list(LengthGroupedSampler(lengths[:16], 8, grouped=grouped, fill=20)) == list(
        LengthGroupedSampler(lengths[:16], 8, grouped=grouped)
    )
