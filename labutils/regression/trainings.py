"""What the stored trainings (``data/trainings``) give: readings seed by seed, and how far the seeds lie apart.

A lab's table in TEACHING.md shows the readings (``python -m makers.teaching``); a number of a lab that is of the same kind
may differ from the stored one by as much as the seeds of such trainings do.
"""

from collections.abc import Callable, Iterator

from labutils import forgetting

Reading = tuple[str, float, list[float]]  # what it is, one seed's value, its interval ([] where none is stored)
Panel = Callable[[list[dict]], Iterator[tuple[int, Reading]]]  # the points of a file -> (seed, reading) of each


def summaries(points: list[dict]) -> Iterator[tuple[int, Reading]]:
    """Read the summaries by training dialogues."""
    for one in points:
        yield one["seed"], (f"stored: ROUGE-1 after {one['rows']:,} dialogues", one["score"], one["interval"][1:])


def curve(points: list[dict]) -> Iterator[tuple[int, Reading]]:
    """Read full fine-tuning on opinions by examples: what it learned, and what it forgot."""
    for one in points:
        if one["method"] == "full":
            of = f"full, {one['examples']:,} opinions"
            yield one["seed"], (f"stored: accuracy, {of}", one["score"], one["interval"][1:])
            yield one["seed"], (f"stored: old tasks forgotten, {of}", one["forgetting"], one["forgetting_interval"])


def ways(points: list[dict]) -> Iterator[tuple[int, Reading]]:
    """Read each way out at the rate that is best on validation: what it gained, and what it forgot."""
    tried: dict[str, dict[float, list[float]]] = {}
    for one in points:
        tried.setdefault(one["way"], {}).setdefault(one["factor"], []).append(one["validation"])
    best = {way: max(rates, key=lambda rate: sum(rates[rate]) / len(rates[rate])) for way, rates in tried.items()}
    for one in points:
        if one["factor"] == best[one["way"]]:
            of = f"{one['way']} at its best rate"
            yield one["seed"], (f"stored: gain on opinions, {of}", one["gain"], one["gain_interval"])
            yield one["seed"], (f"stored: old tasks forgotten, {of}", one["forgetting"], one["forgetting_interval"])


def walk(points: list[dict]) -> Iterator[tuple[int, Reading]]:
    """Read what is forgotten at each stop between the weights."""
    for one in points:
        words = f"stored: old tasks forgotten at share {one['share']:g} of the way"
        yield one["seed"], (words, one["forgetting"], one["forgetting_interval"])


def phrasing(points: list[dict]) -> Iterator[tuple[int, Reading]]:
    """Read the accuracy in words that no training held, after one phrasing and after many."""
    for one in points:
        yield one["seed"], (f"stored: accuracy in unseen words, phrasings: {one['phrasings']}", *_scored(one["unseen"]))


def other_tasks(points: list[dict]) -> Iterator[tuple[int, Reading]]:
    """Read the accuracy on a task that was not trained, after one other task and after four."""
    for one in points:
        yield (
            one["seed"],
            (f"stored: accuracy on opinions, other tasks trained: {one['trained']}", *_scored(one["held_out"])),
        )


def support(points: list[dict]) -> Iterator[tuple[int, Reading]]:
    """Read how much of the agreed action the notes on support chats keep, by the second training."""
    for one in points:
        kept = one["values"]["support"]["action"]
        yield one["seed"], (f"stored: action kept, second training: {one['second']}", sum(kept) / len(kept), [])


def labels(points: list[dict]) -> Iterator[tuple[int, Reading]]:
    """Read the accuracy after few clean and many noisy examples."""
    for one in points:
        yield one["seed"], (f"stored: accuracy, {one['data']} examples", sum(one["right"]) / len(one["right"]), [])


PANELS: dict[str, dict[str, Panel]] = {
    "03": {"summaries": summaries},
    "05": {"ways": ways},
    "06": {"curve": curve, "ways": ways, "walk": walk},
    "07": {"phrasing": phrasing, "tasks": other_tasks, "support": support},
    "08": {"labels": labels},
}


# The numbers of a lab that come of a training like a stored one: number -> (file, what is read of it).
ALIKE: dict[str, dict[str, tuple[str, str]]] = {
    "03": {
        "accuracy_after": ("curve", "stored: accuracy, full, 200 opinions"),
        "tuned_rouge1": ("summaries", "stored: ROUGE-1 after 500 dialogues"),
    },
    "04": {"tuned_rouge1": ("summaries", "stored: ROUGE-1 after 500 dialogues")},
    "05": {
        "accuracy_full": ("curve", "stored: accuracy, full, 500 opinions"),
        "accuracy_lora": ("ways", "stored: gain on opinions, LoRA at its best rate"),
    },
    "06": {
        "new_after": ("curve", "stored: accuracy, full, 500 opinions"),
        "old_after": ("curve", "stored: old tasks forgotten, full, 500 opinions"),
        "old_tasks_after_minus_before_difference": ("curve", "stored: old tasks forgotten, full, 500 opinions"),
    },
    "07": {
        "one_unseen": ("phrasing", "stored: accuracy in unseen words, phrasings: one"),
        "many_unseen": ("phrasing", "stored: accuracy in unseen words, phrasings: many"),
    },
}


def readings(lab: str) -> dict[str, dict[int, Reading]]:
    """Return what is stored of a lab's trainings: words of a reading -> seed -> reading.

    A file that is of other weights than the shipped ones, or not whole, is left out.
    """
    found: dict[str, dict[int, Reading]] = {}
    for file, panel in PANELS.get(lab, {}).items():
        _add(found, file, panel)
    return found


def _add(found: dict[str, dict[int, Reading]], file: str, panel: Panel) -> None:
    measured = forgetting.stored(file)
    for seed, reading in panel(measured["points"]) if measured else ():
        found.setdefault(reading[0], {})[seed] = reading


def spreads(lab: str) -> dict[str, float]:
    """Return for numbers of a lab how far the seeds of like trainings lie apart, highest minus lowest."""
    apart = {}
    for name, (file, words) in ALIKE.get(lab, {}).items():
        found: dict[str, dict[int, Reading]] = {}
        _add(found, file, next(panels[file] for panels in PANELS.values() if file in panels))
        values = [reading[1] for reading in found.get(words, {}).values()]
        if len(values) > 1:
            apart[name] = max(values) - min(values)
    return apart


def _scored(score: list[float]) -> tuple[float, list[float]]:
    """Return (value, [low, high]) of a score that is stored as [value, low, high]."""
    return score[0], score[1:]
