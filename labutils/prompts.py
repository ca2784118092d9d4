"""Prompts: the template library, rendering, few-shot prompts and a linter.

A template is a jinja2 text with the record's fields as variables. The library is one YAML file per task in
``data/templates``; each file says where its templates come from.
"""

import functools
import random
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import yaml
from jinja2 import StrictUndefined, TemplateError, TemplateSyntaxError, UndefinedError, meta
from jinja2 import Template as JinjaTemplate
from jinja2.sandbox import SandboxedEnvironment

from labutils.config import check_count
from labutils.errors import LabError
from labutils.i18n import _
from labutils.interfaces import Tokenizer
from labutils.machine import paths

if TYPE_CHECKING:
    import datasets

OPEN_TAG, CLOSE_TAG = "[INST]", "[/INST]"
# Records of these splits must never be shown to the model as examples; DialogSum's and the shipped ids begin so.
HELD_OUT_ID = re.compile(r"^(test|hiddentest|dev|val|validation)_")


@dataclass(frozen=True)
class Template:
    """One way to put a record into words: ``prompt`` and ``target`` are jinja2 texts over the record's fields."""

    id: str
    task: str
    prompt: str
    target: str
    provenance: str = ""

    @property
    def fields(self) -> set[str]:
        """Names of the record's fields that the prompt and the target use."""
        return set(_fields(self.prompt) | _fields(self.target))


class Prompt(str):
    """A prompt that knows which of its parts give way where it is too long: (start, end) in characters, the first part first."""

    parts: tuple[tuple[int, int], ...] = ()

    @classmethod
    def of(cls, text: str, parts: Iterable[tuple[int, int]], shift: int = 0) -> "Prompt":
        """Return a text as a prompt; ``shift``: characters that stand before the text in which the parts were counted."""
        prompt = cls(text)
        prompt.parts = tuple((start + shift, end + shift) for start, end in parts)
        return prompt


def shown(value: object) -> str:
    """Return the beginning of how a value is written in Python."""
    text = repr(value)
    return text if len(text) <= 100 else text[:100] + "..."


def texts(prompts: object) -> list[str]:
    """Return prompts as a list.

    Raises:
        LabError: code ``"prompts"``: they are no texts, or one text.
    """
    if isinstance(prompts, str):
        text = _("prompts is {value}; it must be a list of str: for one prompt pass [prompt]")
        raise LabError("prompts", text.format(value=shown(prompts)))
    if prompts is None or isinstance(prompts, bytes | Mapping) or not isinstance(prompts, Iterable):
        raise LabError("prompts", _("prompts is {value}; it must be a list of str").format(value=shown(prompts)))
    prompts = list(prompts)
    for i, prompt in enumerate(prompts):
        if not isinstance(prompt, str):
            text = _("prompt {number} of {all} is {value}; it must be str")
            raise LabError("prompts", text.format(number=i + 1, all=len(prompts), value=shown(prompt)))
        if any("\ud800" <= c <= "\udfff" for c in prompt):
            text = _("prompt {number} of {all} holds half a character (a surrogate): {value}")
            raise LabError("prompts", text.format(number=i + 1, all=len(prompts), value=shown(prompt)))
    return prompts


@dataclass(frozen=True)
class Finding:
    """What the linter found: a stable code and a sentence."""

    code: str
    message: str


@functools.cache
def _environment() -> SandboxedEnvironment:
    # Sandboxed: a learner may be handed a template by someone else. Text stays text: nothing is HTML here.
    return SandboxedEnvironment(undefined=StrictUndefined, keep_trailing_newline=False, trim_blocks=True)


@functools.lru_cache(maxsize=256)
def _compiled(text: str) -> JinjaTemplate:
    try:
        return _environment().from_string(text)
    except TemplateSyntaxError as error:
        text = _("template line {line}: {error}; jinja2 writes a field as {{{{ name }}}}")
        raise LabError("template_syntax", text.format(line=error.lineno, error=error)) from error


def load_templates(task: str, folder: Path | None = None) -> list[Template]:
    """Read the templates of one task from ``folder`` (default: the shipped ``data/templates``).

    Raises:
        LabError: no such task (code ``"template_task"``), or a file that is not as it should be (``"template_file"``).
    """
    folder = Path(folder) if folder else paths.data_dir() / "templates"
    path = folder / f"{task}.yaml"
    if not path.is_file():
        choices = ", ".join(sorted(p.stem for p in folder.glob("*.yaml")))
        raise LabError(
            "template_task", _("no templates for {task!r}; there are: {choices}").format(task=task, choices=choices)
        )
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        target = content["target"]
        return [
            Template(
                row["id"],
                content["task"],
                row["prompt"].strip(),
                row.get("target", target).strip(),
                row.get("provenance", content["provenance"]),
            )
            for row in content["templates"]
        ]
    except (yaml.YAMLError, KeyError, TypeError, AttributeError) as error:
        raise LabError(
            "template_file",
            _(
                "{path} is not a template file: {error}; it needs task, provenance, target and templates (id, prompt)"
            ).format(path=path, error=error),
        ) from error


def render(template: Template, record: dict) -> tuple[Prompt, str]:
    """Fill a template with a record.

    Returns:
        (prompt, target); the target is "" where the record lacks the target's fields (nothing to learn from). The prompt
        is a :class:`Prompt`: where it is too long for a model, its longest field is cut, and not the question.

    Raises:
        LabError: code ``"template_field"``: the prompt needs a field that the record lacks; ``"template_syntax"``: a text
            cannot be read; ``"template"``: it fails while it is filled in.
    """
    try:
        prompt = _filled(template, template.prompt, record)
    except UndefinedError as error:
        told = _("template {id}: {error}; the record has: {fields}")
        told = told.format(id=template.id, error=error, fields=", ".join(sorted(record)))
        raise LabError("template_field", told) from error
    try:
        target = _filled(template, template.target, record)
    except UndefinedError:
        target = ""
    return Prompt.of(prompt, _longest_field(template, record, prompt)), target


def _filled(template: Template, text: str, record: dict) -> str:
    compiled = _compiled(text)
    try:
        return compiled.render(**record)
    except UndefinedError:
        raise
    except (TemplateError, TypeError, ValueError, ArithmeticError, LookupError, AttributeError) as error:
        told = _("template {id} cannot be filled in: {error}; a field is written {{{{ name }}}}")
        raise LabError("template", told.format(id=template.id, error=error)) from error


@functools.lru_cache(maxsize=256)
def _fields(text: str) -> frozenset[str]:
    _compiled(text)  # it tells a mistake in the text as one of the learner's
    return frozenset(meta.find_undeclared_variables(_environment().parse(text)))


def _longest_field(template: Template, record: Mapping, prompt: str) -> list[tuple[int, int]]:
    """Return where the longest text of the record stands in its prompt, unless the template changes it."""
    values = [record[name].strip() for name in _fields(template.prompt) if isinstance(record.get(name), str)]
    longest = max(values, key=len, default="")
    start = prompt.find(longest)
    return [(start, start + len(longest))] if longest and start >= 0 else []


def with_tags(prompt: str) -> str:
    """Wrap a prompt in the instruction tags that mark where an instruction begins and ends."""
    return Prompt.of(f"{OPEN_TAG} {prompt} {CLOSE_TAG}", getattr(prompt, "parts", ()), len(OPEN_TAG) + 1)


def pick_shots(train: "Sequence[dict] | datasets.Dataset", number: int, seed: int = 0) -> list[dict]:
    """Draw ``number`` different records from a **training** split to be shown as solved examples.

    Raises:
        LabError: codes ``"shots"``: there are fewer; ``"shot_split"``: a ``datasets`` split that is held out.
    """
    split = str(getattr(train, "split", ""))
    if split in ("validation", "test"):
        raise LabError("shot_split", _("these records are the {name} split; draw from train").format(name=split))
    check_count("number", number, least=0)
    if number > len(train):
        text = _("{number} shots asked for, {have} records to draw from")
        raise LabError("shots", text.format(number=number, have=len(train)))
    return [train[i] for i in random.Random(seed).sample(range(len(train)), number)]


def few_shot(template: Template, shots: list[dict], record: dict, separator: str = "\n\n") -> tuple[str, str]:
    """Build a prompt with solved examples before the question (Brown et al., 2020, arXiv:2005.14165).

    Returns:
        (prompt, target of ``record``).

    Raises:
        LabError: a shot is held-out data or the question itself (code ``"shot_split"``): the score would be a lie.
    """
    wrong = [finding for finding in _shot_findings(template, shots, record) if finding.code == "shot_split"]
    if wrong:
        raise LabError("shot_split", wrong[0].message)
    question, target = render(template, record)
    solved = [" ".join(render(template, shot)) for shot in shots]
    text = separator.join([*solved, question])
    before = len(text) - len(question)
    return Prompt.of(text, [(-before, 0), *question.parts], shift=before), target


def _shot_findings(template: Template, shots: list[dict], record: dict) -> list[Finding]:
    findings = []
    question = render(template, record)[0]
    for shot in shots:
        if HELD_OUT_ID.match(str(shot.get("id", ""))):
            message = _("shot {id} comes from a held-out split; draw shots from train only").format(id=shot["id"])
            findings.append(Finding("shot_split", message))
        elif render(template, shot)[0] == question:
            findings.append(Finding("shot_split", _("a shot is the question itself, answer included")))
    return findings


def lint(
    template: Template,
    record: dict,
    shots: Sequence[dict] = (),
    tokenizer: "Tokenizer | None" = None,
    max_tokens: int = 512,
) -> list[Finding]:
    """Look for mistakes in a prompt before a model sees it.

    Codes: ``missing_field``, ``no_target``, ``target_leak`` (the answer stands in the prompt), ``shot_split``
    (a shot from a held-out split), ``too_long`` (over ``max_tokens``, the length the model was trained with;
    needs ``tokenizer``).
    """
    check_count("max_tokens", max_tokens)
    missing = sorted(template.fields - set(record))
    if missing:
        return [Finding("missing_field", _("the record lacks {fields}").format(fields=", ".join(missing)))]
    prompt, target = render(template, record)
    findings = _shot_findings(template, list(shots), record)
    if not target.strip():
        findings.append(Finding("no_target", _("the target is empty: nothing to learn from")))
    elif len(target.split()) >= 3 and target.strip().lower() in prompt.lower():
        findings.append(Finding("target_leak", _("the target stands in the prompt word for word")))
    if tokenizer is not None:
        clean = [shot for shot in shots if not HELD_OUT_ID.match(str(shot.get("id", "")))]
        text = "\n\n".join([*(" ".join(render(template, shot)) for shot in clean), prompt])
        tokens = len(tokenizer(text)["input_ids"])
        if tokens > max_tokens:
            message = _("{tokens} tokens, {limit} is what the model was trained with").format(
                tokens=tokens, limit=max_tokens
            )
            findings.append(Finding("too_long", message))
    return findings
