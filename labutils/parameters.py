"""``-p name=value`` on the command line: what a text means is decided by the type that its parameter is declared with."""

import contextlib
import json
import math
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import yaml

from labutils.errors import LabError
from labutils.i18n import _

WORDS = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}
MEND = "mend:"  # before the path of dialogues that are to be mended, see labutils.dialogues.load_dialogues
NOTHING = ("none", "null", "~")


class _Loader(yaml.SafeLoader):
    """YAML without dates: 2026-11-01 is a name as likely as a day, and no parameter is a day."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in rules if tag != "tag:yaml.org,2002:timestamp"]
    for first, rules in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def split(pairs: Iterable[str]) -> dict[str, str]:
    """Split ``name=value`` texts.

    Raises:
        LabError: code ``"parameter"``: one is of another form, there twice, or empty (an unset variable of a script).
    """
    values = {}
    for pair in pairs:
        name, equals, text = pair.partition("=")
        if not equals or not name.isidentifier():
            raise LabError("parameter", _("-p {pair!r} is not of the form name=value").format(pair=pair))
        if not text.strip():
            raise LabError("parameter", _("-p {name}= has no value; leave it away for the default").format(name=name))
        if name in values:
            raise LabError("parameter", _("-p {name}= is there twice; leave one away").format(name=name))
        values[name] = text
    return values


def read(name: str, text: str, kind: str = "", *, paths: bool = True) -> object:
    """Return what a text means for a parameter.

    Args:
        kind: its annotation, as ``"int"``, ``"str | None"`` or ``"list[int]"``; "" where there is none: then YAML decides.
        paths: whether a text may be the path of a file or folder that is there; it is then made absolute.

    Raises:
        LabError: code ``"parameter"``: the text is nothing of that kind.
    """
    kinds = [one.strip() for one in kind.split("|") if one.strip()]
    if "None" in kinds and text.strip().lower() in NOTHING:
        return None
    for one in kinds:
        if one in _SIMPLE:
            with contextlib.suppress(ValueError):
                return _SIMPLE[one](text)
    there = existing(text) if paths else None
    if there:
        return there
    if "str" in kinds and not (len(kinds) > 1 and text.lstrip().startswith("[")):
        return text
    value = None if kinds and all(one in (*_SIMPLE, "None") for one in kinds) else _guess(name, text)
    outer = {one.partition("[")[0] for one in kinds}
    if kinds and outer <= _WRITTEN.keys() and not any(isinstance(value, _WRITTEN[one]) for one in outer):
        sentence = _("{name} is {text!r:.200}; it must be of the kind {kind}")
        raise LabError("parameter", sentence.format(name=name, text=text, kind=kind))
    return value


def existing(text: str) -> str | None:
    """Return the absolute path of the file or folder that lies under this very text, or None.

    What stands behind :data:`MEND` is a path, too; it stays behind it.
    """
    with contextlib.suppress(OSError, RuntimeError):  # no name of a file: too long, or of an unknown user
        path = Path(text).expanduser()
        if text.strip() and path.exists():  # no text would be the working directory
            return str(path.resolve())
        there = existing(text.removeprefix(MEND)) if text.startswith(MEND) else None
        return there and MEND + there
    return None


def _whole(text: str) -> int:
    with contextlib.suppress(ValueError):
        return int(text)
    number = _number(text)  # 1e3
    if not number.is_integer():
        raise ValueError(text)
    return int(number)


def _number(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return number


def _truth(text: str) -> bool:
    try:
        return WORDS[text.strip().lower()]
    except KeyError:
        raise ValueError(text) from None


_SIMPLE: Mapping[str, Callable[[str], object]] = {"int": _whole, "float": _number, "bool": _truth}
# What YAML makes of what an annotation says, behind the simple kinds, which are read by then.
_WRITTEN: Mapping[str, type | tuple] = {
    **dict.fromkeys((*_SIMPLE, "None"), ()), "str": str, "list": list, "tuple": list, "dict": dict
}  # fmt: skip


def _guess(name: str, text: str) -> object:
    try:
        value = yaml.load(text, _Loader)
        json.dumps(value, allow_nan=False)  # what holds itself, bytes, sets: no notebook can be given them
    except (yaml.YAMLError, ValueError, TypeError, RecursionError) as error:
        problem = getattr(error, "problem", None) or (str(error).splitlines() or [type(error).__name__])[0]
        sentence = _("-p {name}={text!r:.200} cannot be read as YAML: {problem}; put the value in quotes")
        raise LabError("parameter", sentence.format(name=name, text=text, problem=problem)) from error
    if value is None and text.strip().lower() not in NOTHING:
        return text  # a comment, for YAML
    if not isinstance(value, str) or text.lstrip()[:1] in ("'", '"'):
        return value
    for convert in (_whole, _number):  # YAML 1.1 takes 1e-3 for text
        with contextlib.suppress(ValueError):
            return convert(value)
    return text
