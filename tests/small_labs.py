"""Small labs that `labs run` takes for whole ones."""

from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from labutils import notebooks
from labutils.notebooks import normalize

HEAD = "from pathlib import Path\nimport json, os\n"
RESULTS = (
    "folder = Path(os.environ['LABS_RUNS']) / '{lab}'\n"
    "(folder / 'results.json').write_text(json.dumps(dict(lab='{lab}', profile='pocket', numbers=dict(size=size, bad='<script>'), "
    "models=dict(base='b', tuned='<i>t'), dialogues='pocket', seed=0, figures=[])))\nprint('lab {lab} complete')"
)


def notebook(lab: str, *middle: str):
    """Return a lab of that number with these cells of code in the middle."""
    cells = [
        new_markdown_cell("# A lab"),
        new_code_cell("size: int = 3", metadata={"tags": ["parameters"]}),
        new_markdown_cell("Text."),
        new_code_cell(HEAD + "print(size * 2)", metadata={"tags": ["nbval-check-output"]}),
        *(new_code_cell(source) for source in middle),
        new_markdown_cell("The end."),
        new_code_cell(RESULTS.format(lab=lab)),
    ]
    return new_notebook(cells=cells, metadata=normalize.KERNEL)


def two_labs(there: Path) -> Path:
    """Write the labs 91 and 92 into a new folder, not yet executed; their numbers have no exercises."""
    there.mkdir()
    for lab, name in (("91", "91_first.ipynb"), ("92", "92_second.ipynb")):
        made = notebook(lab)
        made.metadata["finetune_labs"] = {"title": "LoRA & more"} if lab == "92" else {}
        nbformat.write(made, there / name)
    return there


def built(folder: Path) -> nbformat.NotebookNode:
    """Build the lab 91 of these two and return it."""
    normalize.build(["91"], folder)
    return notebooks.read(folder / "91_first.ipynb")
