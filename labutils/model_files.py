"""The small files of a model's folder: each is what it should be, or is named; the library takes some faults without a word."""

from pathlib import Path
from typing import Any

from labutils import files, options
from labutils.config import check_kinds
from labutils.errors import LabError
from labutils.i18n import _
from labutils.log import logger

ANSWERING = "generation_config.json"
OBJECTS = (
    ANSWERING, "config.json", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json",
    "model.safetensors.index.json",
)  # fmt: skip
STARTS = ("decoder_start_token_id", "bos_token_id")  # an encoder-decoder's answer begins with one of them
IDS = (*options.TOKENS, *STARTS)


def check(folder: Path) -> None:
    """Raise unless each of a model's JSON files that is there holds an object.

    A generation_config.json that is cut passed for none: answers then began, and ended, where the library's defaults say.

    Raises:
        LabError: code ``"model"``.
    """
    for path in (folder / name for name in OBJECTS):
        if not path.exists():
            continue
        try:
            whole = isinstance(files.parse_json(path.read_text(encoding="utf-8")), dict)
        except (OSError, ValueError):
            whole = False
        if not whole:
            text = _(
                "{file} is cut, empty or no object of JSON, as a model's is; copy it again from where the model comes from"
            )
            raise LabError("model", text.format(file=path))


def check_answering(folder: Path, model: Any) -> None:
    """Raise unless a model's stored settings of answering are of the right kinds, and its tokens are the model's.

    Raises:
        LabError: code ``"model"``.
    """
    path, rows = folder / ANSWERING, options.embedding_rows(model)
    if not path.is_file():
        return
    stored = files.parse_json(path.read_text(encoding="utf-8"))
    wrong = ""
    try:
        check_kinds(options.Options, stored)
    except LabError as error:
        wrong = str(error)
    for name in IDS:
        ids = stored.get(name) if isinstance(stored.get(name), list) else [stored.get(name)]
        if any(type(i) not in (int, list, type(None)) or (type(i) is int and i >= rows) for i in ids):
            wrong = wrong or _("{name} is {value!r:.100}; the model's tokens have the ids 0 to {last}").format(
                name=name, value=stored[name], last=rows - 1
            )
    if model.config.is_encoder_decoder and all(stored.get(name) is None for name in STARTS):
        wrong = wrong or _("it has no {name}, with which an answer begins").format(name=STARTS[0])
    if wrong:
        text = _("{file} is damaged, or another model's: {wrong}; copy it again from where the model comes from, or remove it: the "
                 "settings are then taken from config.json")  # fmt: skip
        raise LabError("model", text.format(file=path, wrong=wrong))
    unknown = sorted(name for name in stored.keys() - vars(type(model.generation_config)()).keys() if name[:1] != "_")
    if unknown:
        text = _("{file} has settings that transformers does not know, and that have no effect: {names:.200}")
        logger.warning(text.format(file=path, names=", ".join(unknown)))
