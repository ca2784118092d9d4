"""What tests of a Colab edition are made of: an address, and a wheel of the course."""

import zipfile
from pathlib import Path

from labutils import notebooks
from labutils.machine import paths

URL = "https://github.com/a-school/its.course"


def make_wheel(folder: Path, change: bool = False, more: str = "") -> Path:
    """A wheel as far as `labs colab` looks: its name and its labs; ``more``: another file in it."""
    path = folder / "finetune_labs-0.1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        for lab in (*notebooks.find(), *notebooks.appendix()):
            wheel.writestr(f"labutils/_labs/{lab.relative_to(paths.labs_dir())}", lab.read_bytes() + b" " * change)
        if more:
            wheel.writestr(more, "{}")
    return path
