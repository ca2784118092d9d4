"""Whatever PEFT makes of a T5: our entry points give the library's numbers, and say rightly who computed them."""

import peft
import pytest
import torch

from labutils import t5
from labutils.batches import collate
from labutils.generation import generate

from toys import lively_model, toy_records, word_tokenizer

pytestmark = [
    pytest.mark.filterwarnings("ignore:`lora_bias=True` was passed"),  # PEFT: it cannot be merged; nor is it here
    pytest.mark.filterwarnings("ignore:Model has `tie_word_embeddings=True`"),  # PEFT, of adapters on tied weights
]
BOTH, NEITHER, DECODING = (True, True), (False, False), (False, True)  # is training, is decoding written out
SOME, PROMPTS = ["q", "v", "wo"], [record["text"] for record in toy_records(9, "test")]


def lora(**options):
    return peft.LoraConfig(task_type="SEQ_2_SEQ_LM", **{"r": 4, "target_modules": SOME} | options)


ADAPTERS = {
    "LoRA": (lora(), BOTH),
    "LoRA everywhere": (lora(target_modules="all-linear"), BOTH),
    "LoRA in one block": (lora(layers_to_transform=[1], layers_pattern="block"), BOTH),
    "LoRA with dropout": (lora(lora_dropout=0.1), DECODING),
    "rsLoRA": (lora(use_rslora=True), BOTH),
    "mixed ranks": (lora(rank_pattern={"q": 2, "wo": 7}, alpha_pattern={"v": 3}), BOTH),
    "PiSSA": (lora(init_lora_weights="pissa"), BOTH),
    "DoRA": (lora(use_dora=True), NEITHER),
    "lora_bias": (lora(lora_bias=True), NEITHER),
    "MiCA": (lora(init_lora_weights="mica"), NEITHER),
    "LoRA on the head": (lora(target_modules=["q", "lm_head"]), NEITHER),
    "LoRA on the embeddings": (lora(target_modules=["q", "embed_tokens"]), NEITHER),
    "modules_to_save": (lora(modules_to_save=["final_layer_norm"]), NEITHER),
    "trained tokens": (lora(trainable_token_indices={"shared": [4, 5]}), NEITHER),
    "AdaLoRA": (peft.AdaLoraConfig(task_type="SEQ_2_SEQ_LM", target_modules=SOME, total_step=10), NEITHER),
    "LoHa": (peft.LoHaConfig(task_type="SEQ_2_SEQ_LM", target_modules=SOME), NEITHER),
    "VeRA": (peft.VeraConfig(task_type="SEQ_2_SEQ_LM", target_modules=["q", "v"]), NEITHER),
    "IA3": (peft.IA3Config(task_type="SEQ_2_SEQ_LM"), NEITHER),
    "prompt tuning": (peft.PromptTuningConfig(task_type="SEQ_2_SEQ_LM", num_virtual_tokens=3), NEITHER),
    "prefix tuning": (peft.PrefixTuningConfig(task_type="SEQ_2_SEQ_LM", num_virtual_tokens=3), NEITHER),
}


def active_together(model):
    model.add_adapter("second", lora(r=2, target_modules=["q", "k"]))
    model.base_model.set_adapter(["default", "second"])


def beside_dora(model):
    model.add_adapter("second", lora(use_dora=True))


CHANGES = {
    "two adapters": (active_together, BOTH),
    "one of two, the other DoRA": (beside_dora, NEITHER),
    "merged": (lambda model: model.merge_adapter(), NEITHER),
    "scaled": (lambda model: [part.scale_layer(3.0) for part in model.modules() if hasattr(part, "scale_layer")], BOTH),
}


def moved(model):
    """The model with every weight of its adapters moved: at the start most of them change nothing."""
    torch.manual_seed(4)
    for name, weight in model.named_parameters():
        if weight.requires_grad or "second" in name:
            weight.data += 0.3 * torch.randn_like(weight)
    return model


def base():
    """A model with a head of its own, whose answers are made of many words."""
    model, words = lively_model(1), len(word_tokenizer())
    model.lm_head.weight = torch.nn.Parameter(torch.randn_like(model.lm_head.weight))
    model.lm_head.weight.data[words:] = 0
    return model


def adapted(config):
    return moved(peft.get_peft_model(base(), config).eval())


@pytest.fixture
def calls(monkeypatch):
    """What the written-out path was called for: "training", "decoding"."""
    names, loss, decode = [], t5.Forward.loss, t5.Greedy.__call__

    def spied(self, *args, **kwargs):
        names.append("training")
        return loss(self, *args, **kwargs)

    def decoded(self, *args, **kwargs):
        names.append("decoding")
        return decode(self, *args, **kwargs)

    monkeypatch.setattr(t5.Forward, "loss", spied)
    monkeypatch.setattr(t5.Greedy, "__call__", decoded)
    return names


def losses(model):
    """(ours, the library's) of a padded batch."""
    torch.manual_seed(2)
    rows = [
        {"input_ids": torch.randint(3, 20, (read,)).tolist(), "labels": torch.randint(3, 20, (write,)).tolist()}
        for read, write in ((9, 4), (5, 6), (12, 2))
    ]
    batch = collate([row | {"attention_mask": [1] * len(row["input_ids"])} for row in rows], pad_token_id=0)
    batch = {name: batch[name] for name in ("input_ids", "attention_mask", "labels")}
    return float(t5.loss_function(model, "fp32")(batch).detach()), float(model(**batch).loss.detach())


def answers(model):
    """(ours, the library's)."""
    tokenizer = word_tokenizer()
    batch = tokenizer(PROMPTS, padding=True, return_tensors="pt")
    options = {"attention_mask": batch["attention_mask"], "max_new_tokens": 8, "do_sample": False}
    tokens = model.generate(input_ids=batch["input_ids"], **options)
    theirs = [text.strip() for text in tokenizer.batch_decode(tokens, skip_special_tokens=True)]
    return generate(model, tokenizer, PROMPTS, max_new_tokens=8, batch_size=9, precision="fp32"), theirs


def check(model, calls, written):
    """The numbers are the library's; the written-out path computed them where it should."""
    assert (t5.fits_training(model), t5.fits_decoding(model)) == written
    calls.clear()
    ours, theirs = losses(model)
    assert ours == pytest.approx(theirs, rel=1e-5)
    assert calls == ["training"] * written[0]
    calls.clear()
    ours, theirs = answers(model)
    assert ours == theirs and len(set(ours)) > 4
    assert calls == ["decoding"] * written[1]


@pytest.mark.parametrize("kind", ADAPTERS)
def test_every_adapter_counts_as_in_the_library(kind, calls):
    config, written = ADAPTERS[kind]
    check(adapted(config), calls, written)


@pytest.mark.parametrize("change", CHANGES)
def test_what_is_done_to_lora_counts_as_in_the_library(change, calls):
    do, written = CHANGES[change]
    model = adapted(lora())
    before = losses(model)
    do(model)
    if change != "merged":
        moved(model)
        assert losses(model) != pytest.approx(before, rel=1e-4)
    check(model, calls, written)


@pytest.mark.filterwarnings("ignore:Input and output embeddings are no longer tied")  # PEFT, of this test's own head
def test_an_adapter_that_is_off_or_merged_for_good_is_the_base(calls):
    model = adapted(lora())
    with model.disable_adapter():
        check(model, calls, BOTH)
    on, off = losses(model), losses(base())
    assert on != pytest.approx(off, rel=1e-4)
    with model.disable_adapter():
        assert losses(model) == pytest.approx(off, rel=1e-5)
    whole = model.merge_and_unload()
    check(whole, calls, BOTH)
    assert losses(whole) == pytest.approx(on, rel=1e-4)


def test_the_adapters_of_transformers_count_as_well(calls):
    model = base()
    model.add_adapter(lora())
    check(moved(model).eval(), calls, BOTH)
