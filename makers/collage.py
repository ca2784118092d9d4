"""`python -m makers.collage`: the course in one picture, course.png: a figure of each committed lab, and a widget.

The widget is a photograph that the tests in a browser leave (`pytest tests/browser -k every_widget`); where it is not there,
the picture does without.
"""

import base64
import html
import io
import re
import textwrap
from pathlib import Path

import nbformat
from matplotlib import rc_context
from matplotlib.figure import Figure
from PIL import Image

from labutils import files
from labutils.errors import LabError
from labutils.i18n import _

ROOT = Path(__file__).parents[1]
TARGET = ROOT / "course.png"
WIDGET = ROOT / "runs" / "browser" / "widget.png"
PICKS = {  # of each lab the cell with the figure that says what it teaches
    "00": "spread", "01": "sixty", "02": "mask-figure", "03": "stored-figure", "04": "opening-figure", "05": "to-scale",
    "06": "grid", "07": "phrasing-figure", "08": "many-figure", "09": "fits",
}  # fmt: skip
COLUMNS, WIDTH, DPI = 3, 4.6, 110  # a panel's width in inches
FIGURE = re.compile(r'<figcaption><b>(?P<title>.*?)</b>.*?base64,(?P<image>[^"]+)"', re.DOTALL)


def figure(lab: str, cell: str) -> tuple[str, Image.Image]:
    """Return (title, image) of the last figure that a committed lab's cell shows.

    Raises:
        LabError: code ``"figure"``: there is no such lab, cell or figure.
    """
    for path in (ROOT / "labs").glob(f"{lab}_*.ipynb"):
        outputs = [o for c in nbformat.read(path, 4).cells if c.id == cell for o in c.get("outputs", [])]
        pages = "".join("".join(output.get("data", {}).get("text/html", "")) for output in outputs)
        for match in reversed(list(FIGURE.finditer(pages))):
            return html.unescape(match["title"]), Image.open(io.BytesIO(base64.b64decode(match["image"])))
    raise LabError("figure", _("lab {lab} shows no figure in a cell {cell}").format(lab=lab, cell=cell))


def draw(panels: list[tuple[str, Image.Image]]) -> Figure:
    """Lay titled images out in rows of COLUMNS, each row as high as its highest image."""
    rows = [panels[i : i + COLUMNS] for i in range(0, len(panels), COLUMNS)]
    heights = [max(image.height / image.width for _title, image in row) * WIDTH + 0.7 for row in rows]
    sheet = Figure(figsize=(COLUMNS * WIDTH, sum(heights)), layout="constrained", facecolor="white")
    grid = sheet.add_gridspec(len(rows), COLUMNS, height_ratios=heights)
    for i, row in enumerate(rows):
        for j, (title, image) in enumerate(row):
            axes = sheet.add_subplot(grid[i, j])
            axes.imshow(image)
            axes.set_title(textwrap.fill(title, 54), fontsize=11, loc="left", parse_math=False)
            axes.set_anchor("N")
            axes.axis("off")
    return sheet


def main() -> None:
    """Draw course.png."""
    panels = []
    for lab, cell in PICKS.items():
        title, image = figure(lab, cell)
        panels.append((f"{lab}  {title}", image))
    if WIDGET.is_file():
        panels.append((_("01  What would these models answer? A widget"), Image.open(WIDGET)))
    with rc_context({"font.family": "DejaVu Sans"}), files.in_one_step(TARGET) as buffer:
        draw(panels).savefig(buffer, format="png", dpi=DPI, metadata={"Software": None})


if __name__ == "__main__":
    main()
