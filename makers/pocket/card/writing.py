"""The cards of the shipped folders: generated from results.json, the corpus's MANIFEST.md and the files themselves."""

import hashlib
import json
import re
from pathlib import Path

from makers.pocket.card import abilities, findings, frontier, sections, targets
from makers.pocket.card.tables import number, table
from makers.pocket.recipe.corpus import GROUPS
from makers.pocket.recipe.rows import MADE, entry_for, phrasings

TEMPLATE = Path(__file__).with_name("card.md")
STAGES = ("base", "instruct")
WATTS = 5, 15  # assumed for one busy core of a server with its share of memory and supply


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


def energy(results, found):
    """Time that trainings took, recorded, and their energy, estimated: the cores' watts are assumed, and said to be."""
    threads, accelerator = results["hardware"]["threads"], results["hardware"]["accelerator"]
    made = sum(results["making"].get(stage, {}).get("elapsed", 0) for stage in STAGES)
    hours = {  # of one thread
        "base and instruct": made * threads / 3600,
        "what the labs show": sum(facts["core_seconds"] for facts in found.values()) / 3600,
    }
    lines = []
    for what, spent in hours.items():
        if spent:
            low, high = (spent * watts for watts in WATTS)
            cost = "" if accelerator else f", an estimated {low:.0f} to {high:.0f} Wh"
            lines.append(f"- {what}: {spent:.1f} core-hours{cost}")
    if not lines:
        return "Time spent: not recorded."
    how = f"Time is recorded. Energy is an estimate: the machine has no meter; {WATTS[0]} to {WATTS[1]} W a busy core are assumed."
    return "\n".join([*lines, "", how])


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
    fields = {
        "stages": stage_table(results),
        "energy": energy(results, found_parts),
        "scores": abilities.score_table(results),
        "shipped": abilities.shipped_table(results),
        "likelihood": abilities.likelihood_table(results),
        "verdicts": abilities.verdict_lines(results),
        "manners": abilities.manners_text(results),
        "taught": ", ".join(results["taught"]) or "none",
        "trials": abilities.trial_lines(results),
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
        "machine": f"{hardware['cpu']}, {hardware['cores']} cores, {hardware['threads']} threads, "
        f"{hardware['accelerator'] or 'no accelerator'}",
        "versions": ", ".join(f"{name} {value}" for name, value in versions.items()),
        "date": results["date"],
        "evaluate": results["command"],
        "make": results["making"].get("make", {}).get("command", "python -m makers.pocket make"),
    }
    text = re.sub(r"\{(\w+)\}", lambda field: fields[field[1]], TEMPLATE.read_text(encoding="utf-8"))
    text = re.sub(r"\n{3,}", "\n\n", text)  # where a part was not measured
    if phenomena[0].is_dir():
        (phenomena[0] / "README.md").write_text(sections.folder_card(*phenomena), encoding="utf-8")
    (out / "README.md").write_text(text, encoding="utf-8")
    for stage in STAGES:
        (out / stage / "README.md").write_text(
            f"---\nlicense: cc-by-sa-4.0\nlanguage: en\n---\n# pocket-t5/{stage}\n\nThe card of both models, with sources, licences, "
            "scores, sizes and checksums, is [../README.md](../README.md).\n",
            encoding="utf-8",
        )
    return out / "README.md"
