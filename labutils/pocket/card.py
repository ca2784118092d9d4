"""The cards of the shipped folders: generated from results.json, the corpus's MANIFEST.md and the files themselves."""

import hashlib
import json
import re
from pathlib import Path

from . import findings, frontier, sections, targets
from .corpus import GROUPS
from .rows import MADE, entry_for, phrasings
from .tables import number, table

TEMPLATE = Path(__file__).with_name("card.md")
STAGES = ("base", "instruct")


def sources(manifest):
    """MANIFEST.md -> [{"name", "source", "licence"}] in its order."""
    found = []
    for block in re.split(r"^### ", Path(manifest).read_text(encoding="utf-8"), flags=re.M)[1:]:
        fields = dict(re.findall(r"^- (source|licence): (.*)$", block, flags=re.M))
        found.append({"name": block.split("\n", 1)[0].strip(), **fields})
    return found


def use_of(name, tasks):
    """How a source was used: its share of pre-training, in instruct, or not at all."""
    for group, (weight, sets, _) in GROUPS.items():
        if name in sets:
            return f"base: {group} ({weight} %)" + (", wording only" if group == "reviews" else "")
    return "instruct" if name in tasks else "not used"


def tasks_used(manifest_names):
    """Names of the sources whose rows are in the instruct mixture."""
    known = phrasings()
    whole = {key.split("/")[0] for key in known}
    return {name for name in manifest_names if name in whole or entry_for(known, (name, "")) is not None}


def score_table(results):
    """Suite scores of majority, base and instruct with the number of rows."""
    suite, rows = results["suite"], results["suite_rows"]
    measured = {"slots": "F1 of pairs", "entities": "F1 of pairs"}
    return table(
        ("held-out task", "rows", "measure", "majority answer", "base", "instruct"),
        [
            (
                name,
                rows[name],
                measured.get(name, "accuracy"),
                *(number(suite.get(who, {}).get(name)) for who in ("majority", "base", "instruct")),
            )
            for name in rows
        ],
    )


def shipped_table(results):
    """Scores on the shipped suite's test sets, with intervals."""
    found = results.get("shipped", {})
    columns = ("majority", "base", "instruct", "instruct, unseen phrasing")

    def cell(who, name):
        score = found.get(who, {}).get(name)
        return "-" if score is None else f"{number(score[0])} [{number(score[1])}, {number(score[2])}]"

    rows = [(name, *(cell(who, name) for who in columns)) for name in found.get("majority", {})]
    return table(("shipped task", "most frequent answer", *columns[1:]), rows)


def trial_lines(results):
    """Sentences on the two fine-tuning trials, from the figures."""
    lines = []
    if "sentiment" in results:
        trial = results["sentiment"]
        lines.append(
            f"- Sentiment of one-line pros and cons ({trial['test_rows']} test rows; never trained with labels): "
            f"{number(trial['before'])} before, {number(trial['after'])} after full fine-tuning on "
            f"{trial['examples']} rows ({trial['epochs']} epochs, lr {trial['lr']}, {trial['train_s']} s); "
            f"majority {number(trial['majority'])}."
        )
    if "summaries" in results:
        trial = results["summaries"]
        before, after, gain = trial["before"], trial["after"], trial["gain"]
        lines.append(
            f"- Shipped dialogues ({trial['test_dialogues']} test dialogues): ROUGE-1 {number(before[0])} before, "
            f"{number(after[0])} [{number(after[1])}, {number(after[2])}] after {trial['examples']} dialogues, "
            f"{trial['epochs']} epochs, lr {trial['lr']}; paired gain {gain[0]:+.3f} [{gain[1]:+.3f}, {gain[2]:+.3f}]."
        )
    return "\n".join(lines) or "- not yet run"


def stage_table(results):
    """What each stage took, from stages.json."""
    rows = []
    for stage in STAGES:
        made = results["making"].get(stage, {})
        if made:
            rows.append(
                (
                    stage,
                    f"{made['elapsed']:.0f} s",
                    f"{made['step']:,}",
                    f"{made['tokens'] / 1e6:.1f} M",
                    f"{made['recent']:.2f}",
                    number(results["held_out_loss"].get(stage)),
                )
            )
    return table(
        (
            "stage",
            "training time",
            "steps",
            "tokens read and written",
            "training loss at the end",
            "held-out loss, plain text (nats)",
        ),
        rows,
    )


def files_table(out):
    """Size and sha256 of both weights."""
    rows = []
    for stage in STAGES:
        data = (Path(out) / stage / "model.safetensors").read_bytes()
        rows.append(
            (f"{stage}/model.safetensors", f"{len(data) / 2**20:.1f} MiB", f"`{hashlib.sha256(data).hexdigest()}`")
        )
    return table(("file", "size", "sha256"), rows)


def write_cards(corpus, out):
    """Write out/README.md and a short README.md in each model's folder."""
    out = Path(out)
    results = json.loads((out / "results.json").read_text())
    found = sources(Path(corpus) / "MANIFEST.md")
    used = tasks_used([source["name"] for source in found])
    hardware, versions = results["hardware"], results["versions"]
    phenomena = out.parent / "forgetting", results["weights"]["instruct"]
    found_parts = findings.read(*phenomena)
    if "ways" in found_parts:
        frontier.write(found_parts["ways"]["points"], out)
    text = TEMPLATE.read_text(encoding="utf-8")
    fields = {
        "stages": stage_table(results),
        "scores": score_table(results),
        "shipped": shipped_table(results),
        "taught": ", ".join(results["taught"]) or "none",
        "trials": trial_lines(results),
        "phenomena": sections.text(*phenomena),
        "targets": targets.text(results, found_parts),
        "objective": results["making"].get("base", {}).get("objective", ""),
        "files": files_table(out),
        "sources": table(
            ("set", "source", "licence", "use"),
            [
                (source["name"], source["source"], source["licence"], use_of(source["name"], used))
                for source in found
                if use_of(source["name"], used) != "not used"
            ],
        ),
        "unused": ", ".join(source["name"] for source in found if use_of(source["name"], used) == "not used") or "none",
        "made": ", ".join(f"{kind} {count:,}" for kind, count in MADE.items()),
        "machine": f"{hardware['cpu']}, {hardware['cores']} cores, {hardware['threads']} threads, no accelerator",
        "versions": ", ".join(f"{name} {value}" for name, value in versions.items()),
        "date": results["date"],
        "evaluate": results["command"],
        "make": results["making"].get("make", {}).get("command", "python -m labutils.pocket make"),
    }
    for name, value in fields.items():
        text = text.replace("{" + name + "}", value)
    (out / "README.md").write_text(text, encoding="utf-8")
    for stage in STAGES:
        (out / stage / "README.md").write_text(
            f"---\nlicense: cc-by-sa-4.0\nlanguage: en\n---\n# pocket-t5/{stage}\n\nThe card of both models, with sources, licences, "
            "scores, sizes and checksums, is [../README.md](../README.md).\n",
            encoding="utf-8",
        )
    return out / "README.md"
