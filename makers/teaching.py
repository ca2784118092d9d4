"""`python -m makers.teaching`: fill the tables of TEACHING.md with the ranges that the project has stored.

The commands of a class stand between two markers as well.
A lab's table stands between two markers: what its last build recorded (data/results), then what is stored of its trainings
(data/trainings), from the lowest seed to the highest. A lab of which no build is stored gets no table.
"""

import re
from argparse import ArgumentParser
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from labutils import forgetting
from labutils.commands import teachers
from labutils.commands.arguments import Call
from labutils.notebooks import lesson
from labutils.notebooks.numbers import WORDS

TARGET = Path(__file__).parents[1] / "TEACHING.md"
MARKERS = re.compile(r"(<!-- ranges (?P<lab>\d\d) -->\n).*?(<!-- end (?P=lab) -->)", re.DOTALL)
CLASS = re.compile(r"(<!-- class -->\n).*?(<!-- end class -->)", re.DOTALL)
HEAD = "| number | expected | rests on |\n|---|---|---|\n"
COUNT = "number of"  # words that begin so tell of a count

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


def _scored(score: list[float]) -> tuple[float, list[float]]:
    """Return (value, [low, high]) of a score that is stored as [value, low, high]."""
    return score[0], score[1:]


def figure(value: float, words: str = "") -> str:
    """Return a number with two decimals, a small one with its first digit, a count with none."""
    if words.startswith(COUNT):
        return f"{value:.0f}"
    return f"{value:.2f}" if abs(value) >= 0.005 else f"{value:.1g}" if value else "0.00"


def span(low: float, high: float) -> str:
    """Return a range."""
    return f"{figure(low)} to {figure(high)}"


def row(*cells: str) -> str:
    """Return a line of a table."""
    return f"| {' | '.join(cells)} |\n"


def of_the_build(lab: str, results: Mapping) -> Iterator[str]:
    """Yield a row for each key number of a lab's last build, and each number that WORDS names."""
    words, numbers, seed = WORDS.get(lab, {}), results["numbers"], f"seed {results['seed']}"
    for name in dict.fromkeys((*results["key_numbers"], *words)):
        if name in numbers:
            said = words.get(name, name.replace("_", " "))
            interval = numbers.get(f"{name}_interval")
            within = f", interval {span(*interval)}" if interval else ""
            yield row(said, figure(numbers[name], said) + within, seed)


def of_the_trainings(lab: str) -> Iterator[str]:
    """Yield a row for each reading of a lab's stored trainings, from the lowest seed to the highest."""
    for file, panel in PANELS.get(lab, {}).items():
        measured = forgetting.stored(file)  # None where it is of other weights than the shipped ones, or not whole
        found: dict[str, dict[int, Reading]] = {}
        for seed, reading in panel(measured["points"]) if measured else ():
            found.setdefault(reading[0], {})[seed] = reading
        for words, of_seed in found.items():
            if len(of_seed) > 1:
                values = [value for _words, value, _interval in of_seed.values()]
                yield row(words, span(min(values), max(values)), f"seeds {', '.join(map(str, sorted(of_seed)))}")
            else:
                [(seed, (_words, value, interval))] = of_seed.items()
                within = f", interval {span(*interval)}" if interval else ""
                yield row(words, figure(value) + within, f"seed {seed}")


def table(lab: str) -> str:
    """Return a lab's table with the sentence above it; nothing where no build of it is stored."""
    results = lesson.stored(lab)
    if not results:
        return ""
    told = f"Profile {results['profile']}; at the last build all cells took {results['seconds'] / 60:.0f} minutes.\n\n"
    return told + HEAD + "".join((*of_the_build(lab, results), *of_the_trainings(lab)))


def of_a_class() -> str:
    """Return the commands of a class as a table."""
    texts: list[tuple[str, str]] = []

    def command(name: str, _call: Call, text: str) -> ArgumentParser:
        texts.append((name, text))
        return ArgumentParser()

    teachers.add(command)
    commands = [row(f"`labs {name}`", text) for name, text in texts]
    return f"| command | what it does |\n|---|---|\n{''.join(commands)}"


def filled(text: str) -> str:
    """Return the guide's text with each table as it is now."""
    text = CLASS.sub(lambda place: place[1] + of_a_class() + place[2], text)
    return MARKERS.sub(lambda place: place[1] + table(place["lab"]) + place[3], text)


def main() -> None:
    """Write the tables into TEACHING.md."""
    TARGET.write_text(filled(TARGET.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
