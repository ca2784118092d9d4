"""Composing the training pairs of the task ``code``: small Python functions and their JavaScript.

A seeded generator puts the parts of :mod:`makers.records.compose.parts` together and keeps what runs and gives
different results. No two records have the same :func:`skeleton`, and none has that of a validation or test record.

All pairs of the task, the written ones too, follow these rules, so that one answer is right: ``def`` becomes
``function`` and a lambda ``const``; names in camelCase; ``===``; double quotes; ``(x) =>``; an early return on one
line.
"""

import ast
import builtins
import json
import random
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from labutils.machine import paths
from makers.records import jsonl
from makers.records.compose.drawing import RESULTS, VALUES, WORDS, Again, Function, Part, camel
from makers.records.compose.parts import FORMS, PARTS

COUNT, SEED, INPUTS = 300, 4, 4
SILLY = re.compile(
    r"\b(\w+)(\[-?\d\])? (==|!=|[<>]=?|[-+*/%]|//|\*\*|and|or|in|not in) \1\b(?!\[)|\b(\w+), \4\b(?! =)|else \("
    r"|--|- -|not \(|not not|(upper|lower)\(\)\.(upper|lower)|sorted\(sorted|abs\((len|-?\d|\w+ \*\*)"
    r"|len\(([\w.]+\(|\[|\"|str)"
    r'|\[\[|f"[^"]*\{[^}"]*"|list\(.*\)\[|not in .* (in|==) |\]\[::-1\]|f"\{[a-z]+\}"|(\w+) = \w+$|join\(list'
    r"|\b(\w+) if .* else \9\b",
    re.MULTILINE,
)
NONNEGATIVE = re.compile(r"%|range|just|zfill|split")


def skeleton(python: str) -> str:
    """Return a function with its names and constants taken out, the same for a ``def`` and for a lambda."""
    [statement] = ast.parse(python).body
    function = statement.value if isinstance(statement, ast.Assign) else statement
    names: dict[str, str] = {}
    for node in ast.walk(function):
        if isinstance(node, ast.Name) and not hasattr(builtins, node.id):
            node.id = names.setdefault(node.id, f"v{len(names)}")
        elif isinstance(node, ast.arg):
            node.arg = names.setdefault(node.arg, f"v{len(names)}")
        elif isinstance(node, ast.Constant):
            node.value, node.kind = type(node.value).__name__, None
    if isinstance(function, ast.Lambda):
        return ast.dump(function.args) + ast.dump(ast.Return(function.body))
    assert isinstance(function, ast.FunctionDef), python
    return ast.dump(function.args) + "".join(map(ast.dump, function.body))


def compose(held_out: Iterable[dict] = (), count: int = COUNT, seed: int = SEED) -> list[dict]:
    """Return ``count`` records, none of them with the skeleton of a record of ``held_out``."""
    rng, used = random.Random(seed), Counter[str]()
    parts, forms = _read_parts()
    skeletons = {skeleton(record["python"]) for record in held_out}
    rows: list[dict] = []
    while len(rows) < count:
        try:
            python, javascript, inputs = _function(Function(rng, parts, used), forms)
        except Again:
            continue
        if skeleton(python) not in skeletons:
            skeletons.add(skeleton(python))
            texts = {"id": f"train_{len(rows)}", "python": python, "javascript": javascript}
            rows.append({**texts, "inputs": inputs, "origin": "composed"})
    return rows


def compose_code(folder: Path | str | None = None) -> Path:
    """Write ``train.jsonl`` of ``data/tasks/code``, beside the written validation and test records."""
    folder = Path(folder or paths.data_dir() / "tasks" / "code")
    held_out = [row for split in ("validation", "test") for row in jsonl.read(folder / f"{split}.jsonl")]
    path = folder / "train.jsonl"
    jsonl.write(path, compose(held_out))
    return path


def _read_parts() -> tuple[dict[str, list[Part]], list[Part]]:
    """Return the parts of each kind, and the forms."""

    def row(line: str, heading_verbs: Sequence[str] = ()) -> Part:
        text, _at, verbs = line.partition(" @ ")
        python, _tilde, javascript = text.partition(" ~ ")
        return python.strip(), (javascript or python).strip(), verbs.split() or list(heading_verbs)

    parts: dict[str, list[Part]] = {}
    for line in PARTS.strip().splitlines():
        heading = re.fullmatch(r"\[([A-Z])(?:: (.*))?\]", line)
        if heading:
            kind, verbs = heading[1], (heading[2] or "").split()
        else:
            parts.setdefault(kind, []).append(row(line, verbs))
    return parts, [row(line) for line in FORMS.strip().splitlines()]


def _function(function: Function, forms: list[Part]) -> tuple[str, str, list[list]]:
    """Draw one function: its Python, its JavaScript and inputs on which its results differ."""
    rng, depth = function.rng, function.rng.choice((1, 2, 2))
    plain = rng.random() < 0.55
    if plain:
        python, javascript = (f"return {text}" for text in function.expression(rng.choice(RESULTS), depth))
    else:
        form = function.draw(forms)
        function.verbs = form[2] or ["work_out", "settle", "prepare", "handle"]
        python, javascript = function.fill(form, 1, {})
    body, script_body = (
        [line.removeprefix(" ").rstrip() for line in text.split(";;")] for text in (python, javascript)
    )
    fit = function.arguments and function.verbs and _fit("\n".join(body))
    if not fit or "[...[" in javascript or len(javascript) > 150:
        raise Again
    arguments = function.arguments
    verb = rng.choice([verb for verb in function.verbs if verb[:4] != arguments[0][:4]])
    name = f"{verb}_{arguments[0]}"
    if plain and rng.random() < 0.1:
        code = f"{name} = lambda {', '.join(arguments)}: {python.removeprefix('return ')}"
        script = f"const {camel(name)} = ({camel(', '.join(arguments))}) => {javascript.removeprefix('return ')};"
        return code, script, _inputs(function, code, name)
    default = ""
    if len(arguments) > 1 and function.kinds[arguments[-1]] in ("n", "s") and rng.random() < 0.2:
        default = str(rng.randint(1, 9)) if function.kinds[arguments[-1]] == "n" else f'"{rng.choice(WORDS["alt"])}"'
    head, tail = ", ".join(arguments), (f"={default}", f" = {default}") if default else ("", "")
    code = f"def {name}({head}{tail[0]}):\n" + "\n".join("    " + line for line in body)
    script = (
        f"function {camel(name)}({camel(head)}{tail[1]}) {{\n" + "".join(f"  {line};\n" for line in script_body) + "}"
    )
    return code, script, _inputs(function, code, name)


def _fit(python: str) -> bool:
    """Whether a body is one to print: nothing silly, and what it assigns is used afterwards."""
    lines = python.splitlines()
    for number, line in enumerate(lines):
        assigned = re.match(r"\W*(\w+)(?:, \*?(\w+))? [-+*]?= ", line.strip())
        changed = re.match(r"(\w+)\.\w+\(", line)
        for name in filter(None, [*(assigned.groups() if assigned else ()), *(changed.groups() if changed else ())]):
            if not any(re.search(rf"\b{name}\b", later) for later in lines[number + 1 :]):
                return False
    names = [set(re.findall(r"[a-z]\w+", line)) - {"if", "not", "in", "return", "len"} for line in lines]
    if lines[0].startswith("if ") and (not names[0] & names[-1] or lines[1].strip() == lines[-1].strip()):
        return False  # nothing to do with the rest, or the same on both ways
    return not SILLY.search(python) and max(map(len, lines)) <= 72


def _inputs(function: Function, code: str, name: str) -> list[list]:
    """Draw lists of arguments on which the function gives at least two results."""
    scope: dict = {}
    exec(code, scope)
    inputs = [_arguments(function, code) for _number in range(INPUTS - 1)]
    last = _arguments(function, code)
    for number, argument in enumerate(function.arguments):
        kind = function.kinds[argument]
        if re.search(rf"if not {argument}:|\b{argument} is None:", code):
            last[number] = None if "None:" in code else "" if kind == "s" else []
    inputs.append(last[:-1] if re.search(rf"\b{function.arguments[-1]}=", code) else last)
    try:
        results = [json.dumps(scope[name](*json.loads(json.dumps(args)))) for args in inputs]
    except (IndexError, KeyError, ValueError, TypeError, ZeroDivisionError) as error:
        raise Again from error
    if len(set(results)) < 2 or max(map(len, results)) > 120:
        raise Again
    return inputs


def _arguments(function: Function, code: str) -> list:
    """Draw a value for each argument; a number, text or key is often one that its list or table holds."""
    rng = function.rng
    values: dict[str, Any] = {}
    length, low = rng.randint(3, 5), 0 if NONNEGATIVE.search(code) else -6
    keys = re.findall(r'"(\w+)":', code) or rng.sample(VALUES["key"], 3)
    makers: dict[str, Callable[[str], Any]] = {
        "n": lambda _name: rng.randint(1, 20) if rng.random() < 0.8 else rng.randint(low, 4),
        "s": lambda _name: rng.choice(VALUES["s"]),
        "xs": lambda _name: [rng.randint(low, 20) for _number in range(length)],
        "ws": lambda _name: rng.sample(VALUES["ws"], length),
        "t": lambda _name: {key: rng.randint(1, 20) for key in keys},
        "key": lambda name: rng.choice(keys if f"[{name}]" in code else [*keys, "lemon"]),
    }
    for argument in sorted(function.arguments, key=lambda argument: function.kinds[argument] not in ("xs", "ws")):
        kind = function.kinds[argument]
        list_kind = {"n": "xs", "s": "ws"}.get(kind)
        items = [item for name, value in values.items() if function.kinds[name] == list_kind for item in value]
        from_list = items and " in " in code and rng.random() < 0.5
        values[argument] = rng.choice(items) if from_list else makers.get(kind, makers["key"])(argument)
    return [values[argument] for argument in function.arguments]
