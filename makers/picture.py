"""`python -m makers.picture`: draw the package's rooms and the imports between them into imports.svg."""

import tomllib
from pathlib import Path

import grimp
from matplotlib import rc_context
from matplotlib.figure import Figure

from labutils import files

ROOT = Path(__file__).parents[1]
TARGET = ROOT / "imports.svg"
WIDTH, HEIGHT = 2.2, 0.8  # of a place for a room, in inches
COMMON = ("errors", "i18n", "lazy", "log", "files", "words")  # imported nearly everywhere: their arrows hide the others

Imports = dict[str, set[str]]  # room -> the rooms that it imports


def layers() -> list[list[str]]:
    """Return the rooms of each layer of pyproject's contract, from top to bottom, those of COMMON left out."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    [contract] = [one for one in tomllib.loads(text)["tool"]["importlinter"]["contracts"] if one["type"] == "layers"]
    rows = [[name.strip() for name in line.split("|")] for line in contract["layers"]]
    rows = [[name for name in row if name not in COMMON] for row in rows]
    return [row for row in rows if row]


def imports_down(rows: list[list[str]]) -> Imports:
    """Return for each room the lower rooms that it imports."""
    graph = grimp.build_graph("labutils", exclude_type_checking_imports=True, cache_dir=None)
    return {
        room: {
            other
            for lower in rows[i + 1 :]
            for other in lower
            if graph.direct_import_exists(importer=f"labutils.{room}", imported=f"labutils.{other}", as_packages=True)
        }
        for i, row in enumerate(rows)
        for room in row
    }


def below(room: str, imports: Imports) -> set[str]:
    """Return all that a room imports, directly or through others."""
    return imports[room].union(*(below(other, imports) for other in imports[room]))


def arrows(imports: Imports) -> list[tuple[str, str]]:
    """Return the imports that no longer way through other rooms stands for."""
    return sorted(
        (room, other)
        for room, others in imports.items()
        for other in others
        if not any(other in below(between, imports) for between in others - {other})
    )


def places(rows: list[list[str]], joined: list[tuple[str, str]]) -> dict[str, tuple[float, float]]:
    """Return where each room stands: in the row of its layer, near the middle of what it is joined to."""
    beside = {room: [b if a == room else a for a, b in joined if room in (a, b)] for row in rows for room in row}
    x = {room: i - (len(row) - 1) / 2 for row in rows for i, room in enumerate(row)}
    for sweep in range(9):
        for row in rows if sweep % 2 else rows[::-1]:
            row.sort(key=lambda room: sum(x[other] for other in beside[room]) / max(len(beside[room]), 1))
            middle = sum(x[other] for room in row for other in beside[room]) / max(
                sum(len(beside[room]) for room in row), 1
            )
            shift = max(-1.0, min(1.0, middle)) if len(row) < 3 else 0.0
            x |= {room: i - (len(row) - 1) / 2 + shift for i, room in enumerate(row)}
    return {room: (x[room] * WIDTH, (len(rows) - i) * HEIGHT) for i, row in enumerate(rows) for room in row}


def draw(target: Path = TARGET) -> Path:
    """Write the picture; its description lists the arrows in words."""
    rows = layers()
    drawn = arrows(imports_down(rows))
    where = places(rows, drawn)
    high, wide = max(y for _x, y in where.values()), max(abs(x) for x, _y in where.values()) + 1.5
    figure = Figure(figsize=(2 * wide, high + HEIGHT))
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(-wide, wide), ylim=(0, high + HEIGHT))
    axes.axis("off")
    for start, end in drawn:
        bend = 0 if where[start][1] - where[end][1] < 1.5 * HEIGHT else -0.2 if where[end][0] > 0 else 0.2
        style = {"arrowstyle": "-|>", "color": "#66788a", "lw": 0.9, "shrinkA": 9, "shrinkB": 9}
        axes.annotate("", where[end], where[start], arrowprops=style | {"connectionstyle": f"arc3,rad={bend}"})
    folders = {path.parent.name for path in (ROOT / "labutils").glob("*/__init__.py")}
    for room, (x, y) in where.items():
        box = {
            "boxstyle": "round,pad=0.35",
            "fc": "#d6e6f5" if room in folders else "white",
            "ec": "#23527c",
            "lw": 0.9,
        }
        axes.text(x, y, room + ("/" if room in folders else ".py"), ha="center", va="center", fontsize=9, bbox=box)
    with rc_context({"svg.fonttype": "none", "svg.hashsalt": "imports"}), files.in_one_step(target) as buffer:
        words = "; ".join(f"{start} imports {end}" for start, end in drawn)
        metadata = {"Date": None, "Title": "Imports in labutils", "Description": words}
        figure.savefig(buffer, format="svg", metadata=metadata)
    return target


if __name__ == "__main__":
    print(draw())
