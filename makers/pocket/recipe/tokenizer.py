"""The tokenizer: unigram, 8,064 pieces with byte fallback, and T5's hundred sentinels on top.

Ids: <pad> 0, </s> 1, <unk> 2, 256 bytes, the marks of a dialogue and of an instruction, trained pieces up to 8,063,
then <extra_id_99> ... <extra_id_0> as T5 orders them. Unlike T5's own tokenizer this one keeps newlines and runs of
spaces.
"""

import json
from collections.abc import Iterable
from pathlib import Path

from tokenizers import AddedToken, Regex, Tokenizer, decoders, pre_tokenizers, processors
from tokenizers.models import Unigram
from tokenizers.trainers import UnigramTrainer

from labutils.files import write_text

Scored = tuple[str, float]  # a piece and its log probability

PIECES = 8064
SENTINELS = 100
VOCABULARY = 8192  # pieces and sentinels, padded to a multiple of 64
PAD, EOS, UNK = 0, 1, 2
MASK = PIECES + SENTINELS - 1  # <extra_id_0>, the one piece that stands for a missing span
SPACE = "\u2581"
MARKS = ("#Person1#", "#Person2#", "[INST]", "[/INST]")
# Each mark is a piece with and without the space before it, so that "tells #Person1# to" costs no extra piece.
OWN = ("\n", *MARKS, *(SPACE + mark for mark in MARKS))
NEWLINE = 3 + 256
MODEL_LENGTH = 512


# What a piece may not reach across: newlines, marks, numbers, words with their contraction, punctuation. Punctuation
# stands apart from words because a name that ends a sentence must be the same pieces as elsewhere, to be copied.
CHUNKS = (
    f"\n|{SPACE}?#Person[12]#|{SPACE}?\\[/?INST\\]|{SPACE}?\\d+|{SPACE}?\\p{{L}}+(?:'\\p{{L}}+)?"
    f"|{SPACE}?(?:[^\\s{SPACE}\\w\\[#]+|[\\[#])|{SPACE}"
)


def pre_tokenizer() -> pre_tokenizers.PreTokenizer:
    """Split the text into chunks; nothing is dropped."""
    return pre_tokenizers.Sequence(
        [
            pre_tokenizers.Metaspace(prepend_scheme="first", split=False),
            pre_tokenizers.Split(Regex(CHUNKS), "isolated"),
        ]
    )


def train_tokenizer(texts: Iterable[str]) -> Tokenizer:
    """Learn the pieces from an iterable of texts -> tokenizers.Tokenizer with all ids in their places."""
    room = PIECES - 3 - 256 - len(OWN)
    raw = Tokenizer(Unigram())
    raw.pre_tokenizer = pre_tokenizer()
    raw.train_from_iterator(
        texts,
        UnigramTrainer(
            vocab_size=room + 600, unk_token="<unk>", special_tokens=["<unk>"], max_piece_length=16, show_progress=False
        ),
    )
    learned = json.loads(raw.to_str())["model"]["vocab"]
    learned = settled([(piece, score) for piece, score in learned if piece not in OWN and piece != "<unk>"])
    singles = [item for item in learned if len(item[0]) == 1][:400]
    longer = [item for item in learned if len(item[0]) > 1]
    learned = (singles + longer)[:room]
    learned += [(f"<unused_{number}>", -99.0) for number in range(room - len(learned))]
    return assemble(sorted(learned, key=lambda item: (-item[1], item[0])))


def settled(learned: list[Scored]) -> list[Scored]:
    """The (piece, score) pairs in an order and with scores that every run of the trainer gives alike.

    The trainer sums in any order (the last digits differ) and hands the rarest characters scores .0001 apart in any
    order; so scores are rounded, and the rarest characters share the lowest one.
    """
    lowest = min((score for piece, score in learned if len(piece) == 1), default=0.0)
    rounded = [
        (piece, round(lowest if len(piece) == 1 and score < lowest + 0.05 else score, 6)) for piece, score in learned
    ]
    # Single characters come first at equal room: without them words fall to bytes. The rest by score.
    return sorted(rounded, key=lambda item: (len(item[0]) > 1, -item[1], item[0]))


def assemble(learned: list[Scored]) -> Tokenizer:
    """Put the learned (piece, score) pairs behind the fixed ids, and T5's template around the text."""
    vocabulary = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0)]
    vocabulary += [(f"<0x{byte:02X}>", -20.0) for byte in range(256)]
    vocabulary += [(piece, -1.0) for piece in OWN] + learned
    result = Tokenizer(Unigram(vocabulary, unk_id=UNK, byte_fallback=True))
    result.pre_tokenizer = pre_tokenizer()
    result.decoder = decoders.Sequence([decoders.ByteFallback(), decoders.Metaspace(prepend_scheme="first")])
    result.post_processor = processors.TemplateProcessing(
        single="$A </s>", pair="$A </s> $B </s>", special_tokens=[("</s>", EOS)]
    )
    special = [AddedToken(name, special=True, normalized=False) for name in ("<pad>", "</s>", "<unk>")]
    special += [
        AddedToken(f"<extra_id_{number}>", special=True, normalized=False) for number in reversed(range(SENTINELS))
    ]
    result.add_special_tokens(special)
    return result


def save_tokenizer(tokenizer: Tokenizer, folder: Path | str) -> None:
    """Write what AutoTokenizer.from_pretrained(folder) loads."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(folder / "tokenizer.json"))
    config = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "pad_token": "<pad>",
        "eos_token": "</s>",
        "unk_token": "<unk>",
        "additional_special_tokens": [f"<extra_id_{number}>" for number in range(SENTINELS)],
        "model_max_length": MODEL_LENGTH,
        "clean_up_tokenization_spaces": False,
        "model_input_names": ["input_ids", "attention_mask"],
        "padding_side": "right",
    }
    write_text(folder / "tokenizer_config.json", json.dumps(config, indent=2) + "\n")


def load_tokenizer(folder: Path | str) -> Tokenizer:
    """The bare tokenizers.Tokenizer of a folder, faster than AutoTokenizer for whole corpora."""
    return Tokenizer.from_file(str(Path(folder) / "tokenizer.json"))
