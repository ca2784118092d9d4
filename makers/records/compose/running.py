"""Running the pairs of the task ``code``: a Python function and its JavaScript, on the same inputs.

All functions of a language run in one process of its own, ``python -I`` and ``node``, that answers with a line a pair.
This keeps a loop without an end from stopping the check; it is no sandbox: run only what you would run yourself.
"""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

from labutils.errors import LabError
from labutils.i18n import _

LEAST_INPUTS = 3
NAME = {
    "python": re.compile(r"\s*(?:def (\w+)\(|(\w+) = lambda\b)"),
    "javascript": re.compile(r"\s*(?:function (\w+)\(|const (\w+) = \()"),
}
PYTHON = """
import json, sys
out, sys.stdout = sys.stdout, sys.stderr

def attempt(action):
    try:
        value = action()
        return {"value": json.loads(json.dumps(value, allow_nan=False))}
    except BaseException as error:
        return {"error": f"{type(error).__name__}: {error}"}

for code, name, inputs in json.load(sys.stdin):
    scope = {}
    loaded = attempt(lambda: exec(code, scope))
    if "error" not in loaded:
        loaded = {"results": [attempt(lambda: scope[name](*args)) for args in inputs]}
    print(json.dumps(loaded), file=out, flush=True)
"""
JAVASCRIPT = """
const fs = require("fs"), vm = require("vm");
function plain(key, value) {
  const kind = Object.prototype.toString.call(value);
  const kinds = ["Null", "Boolean", "Number", "String", "Array", "Object"].map((name) => `[object ${name}]`);
  if (!kinds.includes(kind) || (typeof value === "number" && !Number.isFinite(value)))
    throw new TypeError(`${String(value)} is no JSON`);
  return value;
}
function attempt(action) {
  try {
    return { value: JSON.parse(JSON.stringify(action(), plain)) };
  } catch (error) {
    return { error: String(error) };
  }
}
for (const [code, name, inputs] of JSON.parse(fs.readFileSync(0, "utf-8"))) {
  const scope = vm.createContext({});
  const run = (text) => vm.runInContext(text, scope);
  let loaded = attempt(() => (run(code), null));
  if (!("error" in loaded)) {
    const call = (args) => run(`${name}(...JSON.parse(${JSON.stringify(JSON.stringify(args))}))`);
    loaded = { results: inputs.map((args) => attempt(() => call(args))) };
  }
  fs.writeSync(1, JSON.stringify(loaded) + "\\n");
}
"""


def disagreements(records: Sequence[dict], limit: float = 30) -> list[tuple[int, str]]:
    """Run ``python`` and ``javascript`` of each record on its ``inputs``; return (index, message) of what is wrong.

    Results are compared as JSON, 2.0 and 2 being the same. A process that has run for ``limit`` seconds is ended: the
    pair that it was at is reported, and the next ones go on in a new one.

    Raises:
        LabError: there is no node on the PATH (code ``"node"``).
    """
    node = shutil.which("node")
    if not node:
        message = _("node is not on the PATH, so the pairs of code were not run; install nodejs to have them run")
        raise LabError("node", message)
    faults = {i: message for i, record in enumerate(records) if (message := _malformed(record))}
    sound = [i for i in range(len(records)) if i not in faults]
    commands = {"python": [sys.executable, "-I", "-c", PYTHON], "javascript": [node, "-e", JAVASCRIPT]}
    answers = {}
    for language, command in commands.items():
        pairs = [(records[i][language], _name(records[i], language), records[i]["inputs"]) for i in sound]
        answers[language] = _run(command, pairs, limit)
    for i, python, javascript in zip(sound, *answers.values(), strict=True):
        message = _difference(records[i]["inputs"], {"python": python, "javascript": javascript})
        if message:
            faults[i] = message
    return sorted(faults.items())


def _malformed(record: dict) -> str:
    inputs = record.get("inputs")
    if not isinstance(inputs, list) or len(inputs) < LEAST_INPUTS or not all(isinstance(args, list) for args in inputs):
        return _("inputs must be {least} lists of arguments or more").format(least=LEAST_INPUTS)
    for language, head in NAME.items():
        if not head.match(record[language]):
            return _("{language}: does not begin with a function").format(language=language)
    return ""


def _name(record: dict, language: str) -> str:
    head = NAME[language].match(record[language])
    assert head, "_malformed lets only functions through"
    return next(filter(None, head.groups()))


def _run(command: list[str], pairs: list[tuple], limit: float) -> list[dict]:
    """Return one answer for each pair: ``{"results": [...]}``, one a list of arguments, or ``{"error": ...}``."""
    answers: list[dict] = []
    while len(answers) < len(pairs):
        text = json.dumps(pairs[len(answers) :]).encode()
        try:
            process = subprocess.run(command, input=text, capture_output=True, timeout=limit, check=False)
            stderr = process.stderr.decode()[-200:]
            output, why = process.stdout, _("the process ended: {error:.200}").format(error=stderr)
        except subprocess.TimeoutExpired as error:
            output, why = error.stdout or b"", _("did not end in {limit} seconds").format(limit=limit)
        answers += [json.loads(line) for line in output.decode().split("\n")[:-1]]
        if len(answers) < len(pairs):
            answers.append({"error": why})
    return answers


def _difference(inputs: list[list], answers: dict[str, dict]) -> str:
    """Return the first thing that is wrong with a pair, or an empty text."""
    for language, answer in answers.items():
        if "error" in answer:
            return f"{language}: {answer['error']}"
    for number, args in enumerate(inputs):
        results = {language: answer["results"][number] for language, answer in answers.items()}
        for language, result in results.items():
            if "error" in result:
                return _("{language}: {error} on {args}").format(language=language, args=args, error=result["error"])
        python, javascript = (_canonical(result["value"]) for result in results.values())
        if python != javascript:
            message = _("gives {python} in python and {javascript} in javascript on {args}")
            return message.format(python=python, javascript=javascript, args=args)
    return ""


def _canonical(value: object) -> str:
    """Write a value as JSON text that is the same for 2.0 and 2 and for every order of an object's keys."""

    def whole(part: Any) -> Any:
        if isinstance(part, float) and part.is_integer():
            return int(part)
        if isinstance(part, list):
            return [whole(item) for item in part]
        return {key: whole(item) for key, item in part.items()} if isinstance(part, dict) else part

    return json.dumps(whole(value), sort_keys=True)
