"""Lab 02: a template and a record become prompt, target, token ids and labels."""

from collections.abc import Sequence
from typing import Any

from labutils import models
from labutils.batches import IGNORE, cut
from labutils.errors import LabError
from labutils.i18n import _
from labutils.prompts import Template, lint, render
from labutils.widgets.blocks import Block, Passage, Sentence, Table
from labutils.widgets.panel import Panel, area, choice, whole

MOST_SOURCE, MOST_TARGET = 512, 96  # tokens; the trainings' own limits


def label_rows(target_ids: Sequence[int], tokenizer: Any, width: int) -> list[tuple[str, str, str, str]]:
    """Return for each place of the target: place, what the decoder reads there, label, the token that it must write.

    The decoder reads the labels shifted right by one, after a start token. Padding up to ``width`` has the label -100,
    which is no part of the loss.
    """
    pad = tokenizer.pad_token or ""
    labels = [*target_ids, *[IGNORE] * (width - len(target_ids))]
    names = [pad if label == IGNORE else tokenizer.convert_ids_to_tokens(label) for label in labels]
    reads = [_("(start)"), *names[:-1]]
    writes = [_("(not asked)") if label == IGNORE else name for label, name in zip(labels, names, strict=True)]
    return [
        (str(i), read, str(label), write)
        for i, (read, label, write) in enumerate(zip(reads, labels, writes, strict=True), 1)
    ]


def _blocks(template: Template, record: dict, tokenizer: Any, width: int) -> list[Block]:
    prompt, target = render(template, record)
    source = tokenizer(prompt)["input_ids"]
    target_ids = tokenizer(text_target=target)["input_ids"] if target else []
    kept = cut(target_ids, MOST_TARGET, tokenizer.eos_token_id)
    counts = _("{source} tokens to read ({most_source} at most), {target} to write ({most_target} at most).")
    counts = counts.format(source=len(source), most_source=MOST_SOURCE, target=len(target_ids), most_target=MOST_TARGET)
    findings = lint(template, record, tokenizer=tokenizer, max_tokens=MOST_SOURCE)
    if not findings and len(target_ids) > MOST_TARGET:
        findings_text = [_("The target is cut after {limit} tokens.").format(limit=MOST_TARGET)]
    else:
        findings_text = [finding.message for finding in findings] or [_("The check finds no mistake.")]
    blocks: list[Block] = [Passage(_("prompt"), prompt), Passage(_("target"), target), Sentence(counts)]
    blocks += [
        Sentence(_("Check: {message}").format(message=message), strong=bool(findings)) for message in findings_text
    ]
    if kept:
        header = (_("place"), _("decoder reads"), _("label"), _("must write"))
        blocks.append(Table(_("labels"), header, label_rows(kept, tokenizer, max(width, len(kept)))))
    return blocks


def _name(record: dict, place: int) -> str:
    return str(record.get("id", _("record {place}").format(place=place)))


def template_workbench(
    templates: Sequence[Template], records: Sequence[dict], tokenizer: Any = None, width: int = 16
) -> Panel:
    """Return a bench on which a template is chosen, edited and filled with a record.

    Args:
        templates, records: to choose from; both need at least one.
        tokenizer: default: the shipped model's.
        width: first length that labels are padded to, as they are in a batch whose longest target has so many tokens.

    Raises:
        LabError: code ``"workbench"``: no template, or no record.
    """
    templates, records = list(templates), list(records)
    if not templates or not records:
        raise LabError("workbench", _("the workbench needs at least one template and one record"))
    if tokenizer is None:
        from transformers import AutoTokenizer

        tokenizer = AutoTokenizer.from_pretrained(models.resolve_name("pocket-instruct"))
    chosen = choice(_("Template"), [(template.id, i) for i, template in enumerate(templates)], 0)
    record = choice(_("Record"), [(_name(row, i), i) for i, row in enumerate(records)], 0)
    prompt = area(_("Prompt template (edit it)"), templates[0].prompt, rows=6)
    target = area(_("Target template (edit it)"), templates[0].target, rows=2)
    longest = whole(_("Longest target of the batch, in tokens"), width, 1, MOST_TARGET)

    def fill(change: dict) -> None:
        prompt.value, target.value = templates[change["new"]].prompt, templates[change["new"]].target

    def result(template: int, record: int, prompt: str, target: str, longest: int) -> list[Block]:
        edited = Template(templates[template].id, templates[template].task, prompt, target)
        return _blocks(edited, records[record], tokenizer, longest)

    chosen.observe(fill, names="value")
    controls = {"template": chosen, "record": record, "prompt": prompt, "target": target, "longest": longest}
    return Panel(_("How does this record become something to learn from?"), controls, result)
