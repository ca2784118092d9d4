"""The cards of the shipped folders: generated from results.json, the corpus's MANIFEST.md and the files themselves."""

import re
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from labutils.errors import LabError
from labutils.files import read_json, sha256, write_text
from labutils.i18n import _
from makers.pocket.card import abilities, findings, frontier, sections, targets
from makers.pocket.card.findings import Facts
from makers.pocket.card.tables import listed, number, table
from makers.pocket.measure.models import STAGES
from makers.pocket.recipe.corpus import GROUPS
from makers.pocket.recipe.rows import MADE, entry_for, phrasings

TEMPLATE = Path(__file__).with_name("card.md")
WATTS = 5, 15  # assumed for one busy core of a server with its share of memory and supply


def read_sources(manifest: Path) -> list[dict[str, str]]:
    """Read MANIFEST.md; return [{"name", "source", "licence"}] in its order."""
    if not manifest.is_file():
        raise LabError(
            "corpus", _("{path} is missing: --corpus must name the folder of the corpus").format(path=manifest)
        )
    sources = []
    for block in re.split(r"^### ", manifest.read_text(encoding="utf-8"), flags=re.M)[1:]:
        fields = dict(re.findall(r"^- (source|licence): (.*)$", block, flags=re.M))
        sources.append({"name": block.split("\n", 1)[0].strip(), **fields})
    return sources


def use_of(name: str, instruct_names: Collection[str]) -> str | None:
    """Return how a source was used: its share of pre-training, in instruct; None: not at all."""
    for group, (weight, sets, _cap) in GROUPS.items():
        if name in sets:
            return f"base: {group} ({weight} %)" + (", wording only" if group == "reviews" else "")
    return "instruct" if name in instruct_names else None


def instruct_sources(names: Collection[str]) -> set[str]:
    """Return those of the sources whose rows are in the instruct mixture."""
    entries = phrasings()
    sets = {key.split("/")[0] for key in entries}
    return {name for name in names if name in sets or entry_for(entries, (name, "")) is not None}


def sources_fields(manifest: Path) -> dict[str, str]:
    """Return the table of the sources in use, and the names of the others."""
    sources = read_sources(manifest)
    instruct = instruct_sources([source["name"] for source in sources])
    uses = {source["name"]: use_of(source["name"], instruct) for source in sources}
    rows = [(s["name"], s["source"], s["licence"], uses[s["name"]]) for s in sources if uses[s["name"]]]
    return {
        "sources": table(("set", "source", "licence", "use"), rows),
        "unused": listed(name for name, use in uses.items() if not use),
    }


def stage_table(results: dict[str, Any]) -> str:
    """Return a table of what each stage took, from the notes of the making."""
    rows = []
    for stage in STAGES:
        notes = results["making"].get(stage, {})
        if "elapsed" in notes:  # a base that was there before (make --from) has none
            rows.append(
                (
                    stage,
                    f"{notes['elapsed']:.0f} s",
                    f"{notes['step']:,}",
                    f"{notes['tokens'] / 1e6:.1f} M",
                    f"{notes['recent']:.2f}",
                    number(results["held_out_loss"].get(stage)),
                )
            )
    head = (
        "stage",
        "training time",
        "steps",
        "tokens read and written",
        "training loss at the end",
        "held-out loss, plain text (nats)",
    )
    return table(head, rows)


def energy(results: dict[str, Any], parts: Mapping[str, Facts]) -> str:
    """Return the time of the trainings, recorded, and their energy, estimated from assumed watts of the cores."""
    threads, accelerator = results["hardware"]["threads"], results["hardware"]["accelerator"]
    making = sum(results["making"].get(stage, {}).get("elapsed", 0) for stage in STAGES)
    core_hours = {
        "base and instruct": making * threads / 3600,
        "what the labs show": sum(facts["core_seconds"] for facts in parts.values()) / 3600,
    }
    lines = []
    for what, hours in core_hours.items():
        if hours:
            low, high = (hours * watts for watts in WATTS)
            cost = "" if accelerator else f", an estimated {low:.0f} to {high:.0f} Wh"
            lines.append(f"- {what}: {hours:.1f} core-hours{cost}")
    if not lines:
        return "Time spent: not recorded."
    how = (
        f"Time is recorded. Energy is an estimate: the machine has no meter; {WATTS[0]} to {WATTS[1]} W a busy core "
        "are assumed."
    )
    return "\n".join([*lines, "", how])


def files_table(out: Path) -> str:
    """Return a table of size and sha256 of both weights."""
    rows = []
    for stage in STAGES:
        path = out / stage / "model.safetensors"
        rows.append((f"{stage}/{path.name}", f"{path.stat().st_size / 2**20:.1f} MiB", f"`{sha256(path)}`"))
    return table(("file", "size", "sha256"), rows)


def measured_fields(results: dict[str, Any], parts: Mapping[str, Facts]) -> dict[str, str]:
    """Return what card.md takes from the results alone, and from the parts that are measured to their end."""
    hardware, making = results["hardware"], results["making"]
    return {
        "stages": stage_table(results),
        "energy": energy(results, parts),
        "scores": abilities.score_table(results),
        "shipped": abilities.shipped_table(results),
        "likelihood": abilities.likelihood_table(results),
        "verdicts": abilities.verdict_lines(results),
        "manners": abilities.manners_text(results),
        "taught": listed(results["taught"]),
        "trials": abilities.trial_lines(results),
        "targets": targets.text(results, parts),
        "objective": making.get("base", {}).get("objective", ""),
        "made": listed(f"{kind} {count:,}" for kind, count in MADE.items()),
        "machine": f"{hardware['cpu']}, {hardware['cores']} cores, {hardware['threads']} threads, "
        f"{hardware['accelerator'] or 'no accelerator'}",
        "versions": listed(f"{name} {version}" for name, version in results["versions"].items()),
        "date": results["date"],
        "evaluate": results["command"],
        "make": making.get("make", {}).get("command", "python -m makers.pocket make"),
    }


def write_cards(corpus: Path, out: Path) -> Path:
    """Write out/README.md, a short README.md in each model's folder, and the card of the folder of trainings.

    Args:
        corpus: folder of the open corpus, whose MANIFEST.md names the sources.
        out: folder of both models and results.json; the trainings lie in ``forgetting`` beside it.

    Returns:
        The path of the card.

    Raises:
        LabError: ``"results"``: there is no results.json; ``"corpus"``: there is no MANIFEST.md.
    """
    results = read_json(out / "results.json")
    if results is None:
        message = _("{path} is missing: run python -m makers.pocket evaluate first")
        raise LabError("results", message.format(path=out / "results.json"))
    trainings, weights = out.parent / "trainings", results["weights"]["instruct"]
    parts = findings.complete_parts(trainings, weights)
    if "ways" in parts:
        frontier.write(parts["ways"]["points"], out)
    fields = measured_fields(results, parts) | sources_fields(corpus / "MANIFEST.md")
    fields |= {"phenomena": sections.text(trainings, weights), "files": files_table(out)}
    text = re.sub(r"\{(\w+)\}", lambda field: fields[field[1]], TEMPLATE.read_text(encoding="utf-8"))
    write_text(out / "README.md", re.sub(r"\n{3,}", "\n\n", text))  # no gap where a part was not measured
    if trainings.is_dir():
        write_text(trainings / "README.md", sections.folder_card(trainings, weights))
    for stage in STAGES:
        short = (
            f"---\nlicense: cc-by-sa-4.0\nlanguage: en\n---\n# pocket-t5/{stage}\n\nThe card of both models, with "
            "sources, licences, scores, sizes and checksums, is [../README.md](../README.md).\n"
        )
        write_text(out / stage / "README.md", short)
    return out / "README.md"
