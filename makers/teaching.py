"""`python -m makers.teaching`: fill the tables of TEACHING.md with the ranges that the project has stored.

The commands of a class stand between two markers as well.
A lab's table stands between two markers: what its last build and other runs of it recorded (data/results), then what is
stored of its trainings (data/trainings), from the lowest seed to the highest. A lab of which no build is stored gets no table.
"""

import re
from argparse import ArgumentParser
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from labutils import files
from labutils.commands import teachers
from labutils.commands.arguments import Call
from labutils.notebooks import lesson
from labutils.notebooks.numbers import WORDS
from labutils.regression import ranges, trainings

TARGET = Path(__file__).parents[1] / "TEACHING.md"
MARKERS = re.compile(r"(<!-- ranges (?P<lab>\d\d) -->\n).*?(<!-- end (?P=lab) -->)", re.DOTALL)
CLASS = re.compile(r"(<!-- class -->\n).*?(<!-- end class -->)", re.DOTALL)
HEAD = "| number | expected | rests on |\n|---|---|---|\n"
COUNT = "number of"  # words that begin so tell of a count


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
    """Yield a row for each key number of a lab's last build, and each number that WORDS names; with its other stored runs."""
    words, numbers, runs = WORDS.get(lab, {}), results["numbers"], ranges.runs(lab, results["profile"])
    for name in dict.fromkeys((*results["key_numbers"], *words)):
        if name not in numbers:
            continue
        said = words.get(name, name.replace("_", " "))
        having = [run for run in runs if name in run["numbers"]]
        if len(having) > 1 and not ranges.of_machine(name):
            low, high = (figure(end(run["numbers"][name] for run in having), said) for end in (min, max))
            told = low if low == high else f"{low} to {high}"
            yield row(said, told, rests_on(having))
        else:
            interval = numbers.get(f"{name}_interval")
            within = f", interval {span(*interval)}" if interval else ""
            yield row(said, figure(numbers[name], said) + within, f"seed {results['seed']}")


def rests_on(runs: Sequence[Mapping]) -> str:
    """Return the seeds of some runs, and how many machines they are of where it is more than one."""
    seeds, machines = sorted({run["seed"] for run in runs}), {run.get("machine") for run in runs}
    told = f"seed{'s' * (len(seeds) > 1)} {', '.join(map(str, seeds))}"
    return told + (f" on {len(machines)} machines" if len(machines) > 1 else "")


def duration(seconds: float) -> str:
    """Return a time in seconds below 90 of them, else in minutes."""
    return f"{seconds:.0f} seconds" if seconds < 90 else f"{seconds / 60:.0f} minutes"


def of_the_trainings(lab: str) -> Iterator[str]:
    """Yield a row for each reading of a lab's stored trainings, from the lowest seed to the highest."""
    for words, of_seed in trainings.readings(lab).items():
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
    told = f"Profile {results['profile']}; at the last build all cells took {duration(results['seconds'])}.\n\n"
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
    files.write_text(TARGET, filled(TARGET.read_text(encoding="utf-8")))


if __name__ == "__main__":
    main()
