"""Pictures for the cards: lines in small panels, as SVG text that is the same on every machine."""

from collections import Counter
from collections.abc import Mapping, Sequence
from html import escape

LINES = (
    ("#1b6ca8", ""),
    ("#d1495b", "6 3"),
    ("#3a7d44", "2 2"),
    ("#7a5195", "8 2 2 2"),
)  # told apart without colour too
WIDTH, HEIGHT, LEFT, TOP, RIGHT, BOTTOM = 340, 210, 46, 34, 12, 42
BINS = 24
Points = Sequence[tuple[float, float]]
Series = Mapping[str, Points]  # by name


def histogram(values: Mapping[str, Sequence[int]]) -> Series:
    """Return for each series the outline of its histogram, in per cent of the series; bins are common to all."""
    pooled = [value for series in values.values() for value in series]
    least, step = min(pooled), max(1, -(-(max(pooled) - min(pooled) + 1) // BINS))
    outlines = {}
    for name, series in values.items():
        counts = Counter((value - least) // step for value in series)
        points = [(float(least), 0.0)]
        for k in range((max(pooled) - least) // step + 1):
            high = 100 * counts[k] / len(series)
            points += [(least + k * step, high), (least + (k + 1) * step, high)]
        outlines[name] = [*points, (points[-1][0], 0.0)]
    return outlines


def cumulative(values: Mapping[str, Sequence[float]], most: float) -> Series:
    """Return for each series the curve that says what per cent of it is at most x, for x up to ``most``."""
    curves = {}
    for name, series in values.items():
        steps = [(x, 100 * k / len(series)) for k, x in enumerate(sorted(series), 1) if x <= most]
        curves[name] = [(0.0, 0.0), *steps, (most, steps[-1][1])]
    return curves


def svg(panels: Sequence[tuple[str, str, Series]]) -> str:
    """Draw panels (what x is, what y is, series) side by side, three to a row."""
    columns = min(3, len(panels))
    rows = -(-len(panels) // columns)
    size = f'width="{columns * WIDTH}" height="{rows * HEIGHT}"'
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="sans-serif" font-size="11">']
    parts.append('<rect width="100%" height="100%" fill="white"/>')
    for k, panel in enumerate(panels):
        parts.append(f'<g transform="translate({k % columns * WIDTH},{k // columns * HEIGHT})">')
        parts += [*_panel(*panel), "</g>"]
    return "\n".join([*parts, "</svg>"]) + "\n"


def _panel(across: str, up: str, series: Series) -> list[str]:
    xs = [x for points in series.values() for x, _y in points]
    top = max(y for points in series.values() for _x, y in points) or 1
    low, high = min(xs), max(*xs, min(xs) + 1e-9)
    right, bottom = WIDTH - RIGHT, HEIGHT - BOTTOM

    def place(x: float, y: float) -> str:
        return f"{LEFT + (x - low) / (high - low) * (right - LEFT):.1f},{bottom - y / top * (bottom - TOP):.1f}"

    parts = [f'<path d="M{LEFT},{TOP}V{bottom}H{right}" fill="none" stroke="#777"/>']
    for x, anchor in ((low, "start"), ((low + high) / 2, "middle"), (high, "end")):
        tick = place(x, 0).split(",")[0]
        parts.append(f'<text x="{tick}" y="{bottom + 14}" text-anchor="{anchor}">{_number(x)}</text>')
    parts.append(f'<text x="{(LEFT + right) / 2}" y="{HEIGHT - 10}" text-anchor="middle">{escape(across)}</text>')
    parts.append(f'<text x="{LEFT - 4}" y="{TOP + 4}" text-anchor="end">{_number(top)} %</text>')
    parts.append(f'<text x="{LEFT - 4}" y="{bottom}" text-anchor="end">0</text>')
    parts.append(f'<text x="{LEFT}" y="12" fill="#555">{escape(up)}</text>')
    for k, (name, points) in enumerate(series.items()):
        colour, dashes = LINES[k % len(LINES)]
        stroke = f'fill="none" stroke="{colour}" stroke-width="1.6" stroke-dasharray="{dashes}"'
        parts.append(f'<polyline points="{" ".join(place(x, y) for x, y in points)}" {stroke}/>')
        x = LEFT + k * (right - LEFT) / len(series)
        parts.append(f'<path d="M{x:.1f},22h16" {stroke}/><text x="{x + 20:.1f}" y="26">{escape(name)}</text>')
    return parts


def _number(value: float) -> str:
    return f"{value:.0f}" if value >= 10 else f"{value:.3g}"
