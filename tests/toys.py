"""A two-layer T5 with a word tokenizer, small enough to reason about, records it can learn, and shared folders."""

import os
import random
from pathlib import Path

import pytest

from labutils.errors import LabError

NAMES = ["anna", "ben", "cora", "dan", "eve", "finn", "gus", "hana"]
PEOPLE = "Anna Ben Carla Dora Emil Fritz Greta Hugo Ines Jan".split(" ")
THINGS = "book lamp chair apple bread river garden letter window ticket".split(" ")
COLOURS = ["red", "blue", "green", "black"]
HOSTILE = "<b>cat</b><script>alert(1)</script>"  # what a page must show and not obey
WORDS = [*NAMES, *COLOURS, "likes", "sees", "the", "a", "cat", "dog", "who", "what", "answer", ":"]


def word_tokenizer():
    """Return a tokenizer of whole words that ends every text with ``</s>``, as T5's does."""
    from tokenizers import Tokenizer, models, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    special = ["<pad>", "</s>", "<unk>"]
    vocabulary = {word: i for i, word in enumerate([*special, *WORDS])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(single="$A </s>", special_tokens=[("</s>", 1)])
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="<pad>", eos_token="</s>", unk_token="<unk>", model_max_length=512
    )


def make_tiny_model(seed: int = 0):
    """Return a T5 of two layers and a vocabulary of 64, with weights drawn from ``seed``."""
    import torch
    from transformers import T5Config, T5ForConditionalGeneration

    torch.manual_seed(seed)
    config = T5Config(
        vocab_size=64, d_model=32, d_kv=8, d_ff=64, num_layers=2, num_heads=4, dropout_rate=0.0,
        feed_forward_proj="gated-gelu", decoder_start_token_id=0, pad_token_id=0, eos_token_id=1,
    )  # fmt: skip
    return T5ForConditionalGeneration(config).eval()


def logits(model):
    """Return the logits of a tiny model's first token after one prompt, shape (1, 1, 64)."""
    import torch

    ids = word_tokenizer()("anna likes red", return_tensors="pt")["input_ids"]
    with torch.no_grad():
        return model(input_ids=ids, decoder_input_ids=torch.zeros((1, 1), dtype=torch.long)).logits


def lively_model(seed: int = 0):
    """Return a tiny model whose answers differ from row to row and end at different places."""
    import torch

    model = make_tiny_model(seed)
    torch.manual_seed(seed)
    for name, parameter in model.named_parameters():
        if "layer_norm" in name or "relative_attention_bias" in name:
            parameter.data += 0.5 * torch.randn_like(parameter)
    model.lm_head.weight.data[1] *= 4  # </s> comes now and then
    return model


def toy_records(number: int, split: str, seed: int = 0) -> list[dict]:
    """Return records of a task that a tiny model can learn: say who likes or sees what, of various lengths."""
    rng = random.Random(f"{split} {seed}")
    rows = []
    for i in range(number):
        name, colour = rng.choice(NAMES), rng.choice(COLOURS)
        text = " ".join([name, "likes", colour, *rng.choices(WORDS[12:], k=rng.randint(0, 12))])
        rows.append({"id": f"{split}_{i}", "text": text, "answer": f"{name} {colour}"})
    return rows


class Words:
    """A tokenizer for ROUGE in other languages: what stands between spaces."""

    def tokenize(self, text: str) -> list[str]:
        return text.split()


def library_rouge(predictions, references, stemmer):
    """The library's own F-measures, shape (pairs of one summary, metrics), one array a summary."""
    import numpy as np
    from rouge_score.rouge_scorer import RougeScorer

    from labutils.rouge import METRICS

    scorer = RougeScorer(list(METRICS), use_stemmer=stemmer)
    return [
        np.array([[scorer.score(ref, text)[name].fmeasure for name in METRICS] for ref in group])
        for text, group in zip(predictions, references, strict=True)
    ]


def shared(name: str) -> Path:
    """Return a folder of third-party data (``DIALOGSUM_DIR``, ``SAMSUM_DIR``, ``ANCHORS_DIR`` or ../shared), or skip."""
    folder = Path(os.environ.get(f"{name.upper()}_DIR") or Path(__file__).parents[2] / "shared" / name)
    if not folder.is_dir():
        pytest.skip(f"{folder} is not there; set {name.upper()}_DIR to run this test")
    return folder


def code_of(call, *args, **kwargs):
    """Return the code of the LabError that a call raises."""
    with pytest.raises(LabError) as caught:
        call(*args, **kwargs)
    return caught.value.code


def tune(model, tokenizer, task, folder, resume=True, **changes):
    """A short training on a toy task."""
    from labutils.config import TrainingSettings
    from labutils.training import fine_tune

    fast = {"learning_rate": 5e-3, "epochs": 2, "batch_size": 8, "eval_examples": 4, "precision": "fp32"}
    settings = TrainingSettings(**(fast | changes))
    return fine_tune(model, tokenizer, task, settings, output_dir=folder, resume=resume, quiet=True)


def talk(n, **more):
    """A dialogue of two turns."""
    return {
        "id": f"x_{n}",
        "dialogue": f"#Person1#: Number {n}?\n#Person2#: Yes, {n}.",
        "summary": f"About {n}.",
        **more,
    }


def sentence(generator):
    """One plain sentence."""
    return (
        f"{generator.choice(PEOPLE)} gave the {generator.choice(THINGS)} to {generator.choice(PEOPLE)} "
        f"at {generator.randint(1, 12)}:{generator.randint(10, 59)}."
    )


def html(panel):
    """The HTML of a widget's result."""
    return panel.children[-1].value
