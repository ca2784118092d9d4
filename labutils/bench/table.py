"""The results as tables, a figure and BENCHMARKS.md: ratios first, never typed by hand."""

import operator
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from labutils.bench import limits
from labutils.bench.results import Measured, Results
from labutils.config import TrainingSettings
from labutils.files import markdown_table
from labutils.planning import planner

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Rows = list[tuple]  # of a table
NAMES = {
    ("reference", "fp32"): "reference course", ("example", "fp32"): "Hugging Face example",
    ("example", "bf16"): "the same, bf16", ("library", "fp32"): "ours, nothing written out",
    ("library", "bf16"): "ours, nothing written out", ("ours", "fp32"): "ours, fp32", ("ours", "bf16"): "ours",
}  # fmt: skip
MEAN_TOKENS = 223, 38  # of DialogSum's dialogues and summaries, in T5's tokens
LIMITED = ("full", "lora", "generate")  # what is profiled
SLACK = 0.02  # nats: a recipe may end this much higher before it counts as learning less


def chosen(results: Results, **wanted: object) -> list[Measured]:
    """The findings of the runs whose specification agrees with `wanted`, in order of their repeats, if they fitted."""
    return [
        entry["measured"]
        for entry in results["runs"]
        if all(entry["spec"].get(key) == value for key, value in wanted.items())
        and "does_not_fit" not in entry["measured"]
    ]


def spread(values: Sequence[float], form: str = "{:.1f}") -> str:
    """Mean, and the lowest and highest where there are several."""
    if not values:
        return "-"
    middle = form.format(np.mean(values))
    return middle if len(values) == 1 else f"{middle} [{form.format(min(values))}, {form.format(max(values))}]"


def ratios(ours: Sequence[Measured], theirs: Sequence[Measured], key: str = "examples_per_s") -> list[float]:
    """Ours over theirs in each repeat (scoring takes no memory of a GPU, so none there)."""
    return [a[key] / b[key] for a, b in zip(ours, theirs, strict=False) if b[key]]


def matrix(results: Results, precision: str, repeat: int = 0) -> float:
    """The matrix rate measured in a repeat, TFLOP/s."""
    return chosen(results, kind="matrix", repeat=repeat)[0][precision]


def recipes_of(results: Results, method: str) -> dict[tuple[str, str], list[Measured]]:
    """{(recipe, precision): findings} of the trainings, growth and shapes left aside."""
    runs: dict[tuple[str, str], list[Measured]] = defaultdict(list)
    for entry in results["runs"]:
        spec = entry["spec"]
        plain = spec["kind"] == "train" and "group" not in spec and "does_not_fit" not in entry["measured"]
        if plain and spec["method"] == method:
            runs[spec["recipe"], spec["precision"]].append(entry["measured"])
    return runs


def ratio_rows(results: Results) -> Rows:
    """(work, against, ratio of rates, ratio of memory) for ours against each recipe."""
    rows: Rows = []
    for method in ("full", "lora"):
        runs = recipes_of(results, method)
        best = ("ours", "bf16") if ("ours", "bf16") in runs else ("ours", "fp32")
        others = (("reference", "fp32"), ("example", "fp32"), ("example", "bf16"), ("library", best[1]))
        pairs = [(best, key) for key in others if key in runs]
        pairs += [(("ours", "fp32"), key) for key in (("reference", "fp32"), ("example", "fp32"))]
        for left, right in dict.fromkeys(pair for pair in pairs if set(pair) <= set(runs)):
            rate, memory = (ratios(runs[left], runs[right], key) for key in ("examples_per_s", "peak_mib"))
            against = f"{NAMES[left]} / {NAMES[right]}"
            rows.append((f"{method} training", against, spread(rate, "{:.2f}"), spread(memory, "{:.2f}")))
    for kind in ("generate", "score"):
        ours = chosen(results, kind=kind, recipe="ours")
        for recipe in ("reference", "example", "library"):
            theirs = chosen(results, kind=kind, recipe=recipe)
            if ours and theirs:
                against = f"ours / {NAMES[recipe, 'fp32']}"
                peaks = spread(ratios(ours, theirs, "peak_mib"), "{:.2f}") if "peak_mib" in ours[0] else "-"
                rows.append((kind, against, spread(ratios(ours, theirs), "{:.2f}"), peaks))
    return rows


def training_rows(results: Results) -> Rows:
    """Rates, memory, padding, utilisation and the loss of each recipe."""
    rows: Rows = []
    for method in ("full", "lora"):
        for (recipe, precision), runs in recipes_of(results, method).items():
            share = [run["tflops"] / matrix(results, precision, i) for i, run in enumerate(runs)]
            rows.append((
                method, NAMES[recipe, precision], spread([r["examples_per_s"] for r in runs]),
                spread([r["tokens_per_s"] for r in runs], "{:,.0f}"), spread([r["peak_mib"] for r in runs], "{:,.0f}"),
                f"{runs[0]['padding']:.0%}", spread(share, "{:.0%}"), f"{runs[0]['held_out_loss']:.3f}",
            ))  # fmt: skip
    return rows


def answering_rows(results: Results) -> Rows:
    """Rates, memory, padding and utilisation of each recipe's generation, in fp32, and of its scoring."""
    rows: Rows = []
    for kind, unit in (("generate", "prompts"), ("score", "dialogues")):
        for recipe in ("reference", "example", "library", "ours"):
            runs = chosen(results, kind=kind, recipe=recipe)
            if runs:
                share = [run["tflops"] / matrix(results, "fp32", i) for i, run in enumerate(runs) if "tflops" in run]
                rows.append((
                    kind, NAMES[recipe, "fp32"].removesuffix(", fp32"),
                    spread([run["examples_per_s"] for run in runs]) + f" {unit}",
                    spread([run["tokens_per_s"] for run in runs], "{:,.0f}"),
                    spread([run["peak_mib"] for run in runs], "{:,.0f}"),
                    f"{runs[0]['padding']:.0%}" if "padding" in runs[0] else "-", spread(share, "{:.0%}"),
                ))  # fmt: skip
    return rows


def learned_as_much(results: Results) -> dict[str, bool]:
    """For each method: whether ours ends no higher than the example's recipe after the same examples, on the mean."""
    answer = {}
    for method in ("full", "lora"):
        runs = recipes_of(results, method)
        ours = [run["held_out_loss"] for key in runs if key[0] == "ours" for run in runs[key]]
        theirs = [run["held_out_loss"] for key in runs if key[0] == "example" for run in runs[key]]
        answer[method] = bool(ours and theirs) and float(np.mean(ours)) <= float(np.mean(theirs)) + SLACK
    return answer


def same_answers(results: Results) -> dict[str, float]:
    """{recipe: share of the answers, 0 to 1, that are the Hugging Face example's word for word}."""
    given = {
        entry["spec"]["recipe"]: entry["measured"] for entry in results["runs"] if entry["spec"]["kind"] == "generate"
    }
    answers = {recipe: measured["answers"] for recipe, measured in given.items() if "answers" in measured}
    theirs = answers.pop("example", [])
    return {recipe: sum(map(operator.eq, ours, theirs)) / len(theirs) for recipe, ours in answers.items() if theirs}


def growth_rows(results: Results) -> Rows:
    """(what grows, examples/s, peak MiB, what the planner said, utilisation)."""
    rows: Rows = []
    for entry in results["runs"]:
        spec, measured = entry["spec"], entry["measured"]
        if "does_not_fit" in measured:
            plain = ": ".join(part for part in (spec.get("recipe"), spec.get("kind")) if part)
            name = f"{spec['shape']}, batch {spec['batch_size']}" if "group" in spec else plain
            rows.append((name, "-", measured["does_not_fit"], "-", "-"))
        elif spec.get("group") in ("growth", "shapes", "batches"):
            size = {
                "growth": f"{measured['examples']:,} examples",
                "shapes": f"{spec['shape']}, batch {spec['batch_size']}",
            }
            share = measured["tflops"] / matrix(results, spec["precision"])
            name = size.get(spec["group"], f"batch {spec['batch_size']}" + ", compiled" * bool(spec.get("compile")))
            sizes = (f"{measured[key]:,.0f}" if key in measured else "-" for key in ("peak_mib", "planned_mib"))
            rows.append((name, f"{measured['examples_per_s']:.2f}", *sizes, f"{share:.0%}"))
    return rows


def limits_rows(results: Results) -> Rows:
    """(kind of work, its share of the time of full training, of LoRA training, of generation)."""
    kinds = [chosen(results, kind="limits", method=method) for method in LIMITED]
    shares: dict[str, float] = next((runs[0]["shares"] for runs in kinds if runs), {})
    return [(label, *(f"{runs[0]['shares'][label]:.0%}" if runs else "-" for runs in kinds)) for label in shares]


def limits_text(results: Results) -> str:
    """One sentence for each kind of run: what its utilisation is made of."""
    parts = []
    for method in LIMITED:
        for run in chosen(results, kind="limits", method=method):
            share, rate = run["shares"][limits.PRODUCTS], matrix(results, run["precision"])
            rest = sorted((label for label in run["shares"] if label != limits.PRODUCTS), key=run["shares"].get)[-1]
            parts.append(
                f"{method}: matrix products take {share:.0%} of the time and reach {run['products_tflops'] / rate:.0%} of the "
                f"{run['precision']} matrix rate on real tokens; most of what remains is {rest} ({run['shares'][rest]:.0%})."
            )
    return "What limits ours, profiled (which takes time itself). " + " ".join(parts) if parts else ""


def epoch_text(results: Results) -> str:
    """A sentence on the whole pass, or nothing where none was run."""
    return "".join(
        f"One pass over {run['examples']:,} dialogues in {run['train_s']:.0f} s, {run['test']} test dialogues summarized and "
        f"scored in {run['evaluate_s']:.0f} s: {run['seconds']:.0f} s in all."
        for run in chosen(results, kind="epoch")
    )


def figure(results: Results) -> "Figure":
    """Examples a second of each recipe, full training and LoRA (a matplotlib figure)."""
    from labutils import plots

    groups = {}
    for method in ("full", "lora"):
        rates = {
            NAMES[key]: np.mean([r["examples_per_s"] for r in runs])
            for key, runs in recipes_of(results, method).items()
        }
        groups["full training" if method == "full" else "LoRA"] = rates
    return plots.grouped_bars(groups, "examples a second").figure


PLANS = (  # model, method, batch a GPU, bits of the base, GPUs
    ("flan-t5-base", "full", 16, 32, 1), ("flan-t5-large", "full", 16, 32, 1), ("flan-t5-xl", "lora", 8, 16, 1),
    ("flan-t5-xl", "lora", 8, 4, 1), ("flan-t5-xxl", "lora", 8, 4, 1), ("flan-t5-xl", "full", 8, 32, 8),
    ("flan-t5-xxl", "full", 8, 32, 8),
)  # fmt: skip


def plan_rows() -> Rows:
    """On paper: what larger models take on one GPU, and on 8 of them fully sharded."""
    rows: Rows = []
    for shape, method, batch, bits, gpus in PLANS:
        large = shape.endswith(("xl", "large"))
        settings = TrainingSettings(method=method, batch_size=batch, precision="bf16", gradient_checkpointing=large)
        estimate = planner.estimate(shape, settings, (512, 96), base_bits=bits)
        fits = [name for name, device in planner.DEVICES.items() if estimate.fits(device, gpus)]
        flops = planner.training_flops(planner.shape_config(shape), *MEAN_TOKENS, method, large)
        minutes = replace(estimate, flops=flops).seconds(3 * 12460, planner.DEVICES["H100"], gpus) / 60
        rows.append((
            shape, method + (f", {bits}-bit base" if bits < 32 else ""), batch, gpus,
            f"{estimate.sharded_mib(gpus) / 1024:.1f}", ", ".join(fits) or "none", f"{minutes:.1f}",
        ))  # fmt: skip
    return rows


def document(all_results: Sequence[Results]) -> str:
    """BENCHMARKS.md from the results of one or several machines."""
    text = Path(__file__).with_name("benchmarks.md").read_text(encoding="utf-8")
    parts = [_machine_part(results) for results in all_results]
    head = (
        "model",
        "method",
        "batch a GPU",
        "GPUs",
        "GiB a GPU",
        "fits on",
        "minutes for 3 epochs of DialogSum on H100",
    )
    text = text.replace("{utilisation}", f"{planner.DEVICES['H100'].utilisation:.0%}")
    return text.replace("{machines}", "\n\n".join(parts)).replace("{plans}", markdown_table(head, plan_rows()))


def _machine_part(results: Results) -> str:
    machine, rates = results["machine"], chosen(results, kind="matrix")
    title = machine["gpu"] or f"{machine['cpu']}, {machine['cores']} cores"
    measured = "; ".join(f"{name} {spread([r[name] for r in rates], '{:.3f}')} TFLOP/s" for name in ("fp32", "bf16"))
    learned = ", ".join(f"{method}: {'yes' if yes else 'no'}" for method, yes in learned_as_much(results).items())
    alike = ", ".join(
        f"{NAMES[recipe, 'fp32'].removesuffix(', fp32')} {share:.0%}" for recipe, share in same_answers(results).items()
    )
    versions = ", ".join(f"{name} {value}" for name, value in results["versions"].items())
    return "\n\n".join((
        f"## {title}",
        f"`{results['command']}`, {results['date']}; {versions}; code {results['code']}. Model: {results['shape']}; dialogues: {results['dialogues']}. Matrix products alone: {measured}.",
        markdown_table(("work", "rates of", "ratio", "ratio of peak memory"), ratio_rows(results)),
        f"Held-out loss after the same examples no higher than the example's (by {SLACK} nats): {learned}. "
        f"Answers that are the example's word for word: {alike}.",
        markdown_table(("training", "recipe", "examples/s", "real tokens/s", "peak MiB", "padding", "utilisation", "held-out loss"),
                 training_rows(results)),
        markdown_table(("work", "recipe", "rate a second", "real tokens/s", "peak MiB", "padding", "utilisation (fp32)"),
                 answering_rows(results)),
        markdown_table(("ours, full training", "examples/s", "peak MiB", "planned MiB", "utilisation"), growth_rows(results)),
        markdown_table(("share of ours' time", *LIMITED), limits_rows(results)),
        limits_text(results),
        epoch_text(results),
    ))  # fmt: skip
